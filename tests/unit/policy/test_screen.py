"""A server's rules: what each kind matches, what takes it back, and for whom where it counts."""

import pytest

from bot.errors import BadChoice, BadPattern
from bot.policy import LONGEST_PATTERN, Asking, Rule, Screen

SERVER_ROLE, CHANNEL, THREAD = 7, 70, 71


def found(rules, prompt, **asking):
    """Return the letters that matched, for each pattern that did."""
    verdict = Screen(rules).check(Asking(prompt, **asking))
    return {
        finding.rule.pattern: [prompt[start:end] for start, end in finding.spans]
        for finding in verdict.findings
        if finding.rule is not None
    }


@pytest.mark.parametrize(
    ("rule", "prompt", "letters"),
    [
        (Rule("word", "ass"), "an ass, a class and an assassin", ["ass"]),
        (Rule("word", "Ass"), "ASS", ["ASS"]),
        (Rule("word", "gore"), "gore and GORE", ["gore", "GORE"]),
        (Rule("word", "café"), "a Cafe at night", ["Cafe"]),
        (Rule("word", "taylor swift"), "Taylor  Swift on stage", ["Taylor", "Swift"]),
        (Rule("word", "taylor swift"), "taylor-swift on stage", ["taylor-swift"]),
        (Rule("word", "taylor swift"), "t a y l o r s w i f t", list("taylorswift")),
        (Rule("word", "裸"), "美しい裸の絵", ["裸"]),
        (Rule("word", "ロリ"), "ロリ服の絵", ["ロリ"]),
        (Rule("wildcard", "cat*"), "a catalogue for cats", ["cat", "cat"]),
        (Rule("wildcard", "*cat"), "a tomcat", ["cat"]),
        (Rule("wildcard", "*cat*"), "education", ["cat"]),
        (Rule("regex", r"\bgo+re\b"), "so gooore", ["gooore"]),
        (Rule("regex", r"caf[é]\s\d"), "CAFÉ 9", ["CAFÉ 9"]),
        (Rule("regex", "(?-i)caf"), "cafe", ["caf"]),
    ],
)
def test_rule_matches(rule, prompt, letters):
    assert found([rule], prompt) == {rule.pattern: letters}


@pytest.mark.parametrize(
    ("rule", "prompt"),
    [
        (Rule("word", "nude"), "nudes"),
        (Rule("word", "god"), "a good dog"),
        (Rule("word", "con"), "a coon"),
        (Rule("word", "shit"), "the women's hit"),
        (Rule("word", "taylor swift"), "taylor, swift as the wind"),
        (Rule("word", "ロリ"), "カロリー"),
        (Rule("wildcard", "cat*"), "a tomcat"),
        (Rule("wildcard", "*cat"), "a catalogue"),
        (Rule("regex", "x{3}"), "xx"),
    ],
)
def test_rule_does_not_match(rule, prompt):
    assert found([rule], prompt) == {}


@pytest.mark.parametrize(
    ("allowed", "prompt", "letters"),
    [
        ("pegboard", "a pegboard", None),
        ("peg*", "pegboards on a wall", None),
        ("peg board", "a peg board", None),
        ("peg board", "a board beside a peg", ["board"]),
        ("board", "a board", None),
        ("*board*", "keyboards and boards", None),
        ("pegboard", "p e g b o a r d", None),
    ],
)
def test_allowed_words_take_back_what_they_cover(allowed, prompt, letters):
    rules = [Rule("wildcard", "*board"), Rule("word", "board"), Rule("allow", allowed)]

    assert found(rules, prompt).get("board") == letters
    if letters is None:
        assert found(rules, prompt) == {}


def test_allowed_words_take_nothing_back_from_a_regex():
    rules = [Rule("regex", "board"), Rule("allow", "board")]

    assert "board" in found(rules, "board")


def test_the_gravest_comes_first():
    rules = [
        Rule("word", "one", "flag"),
        Rule("word", "two", "block"),
        Rule("word", "three", "warn"),
    ]

    verdict = Screen(rules).check(Asking("one two three"))

    assert [finding.action for finding in verdict.findings] == ["block", "warn", "flag"]
    assert verdict.action == "block"
    assert Screen(rules).check(Asking("four")).action is None


def test_a_rule_of_a_channel_counts_there_and_in_its_threads():
    rules = [Rule("word", "gore", channel_id=CHANNEL)]

    assert found(rules, "gore", channel_ids=(CHANNEL,))
    assert found(rules, "gore", channel_ids=(THREAD, CHANNEL))
    assert not found(rules, "gore", channel_ids=(THREAD,))
    assert not found(
        [Rule("word", "gore"), Rule("allow", "gore", channel_id=CHANNEL)],
        "gore",
        channel_ids=(CHANNEL,),
    )


def test_exempt_roles_may_say_it():
    rules = [
        Rule("word", "gore", exempt_role_ids=(SERVER_ROLE,)),
        Rule("regex", "g", exempt_role_ids=(SERVER_ROLE,)),
    ]

    assert not found(rules, "gore", role_ids=(1, SERVER_ROLE))
    assert len(found(rules, "gore", role_ids=(1,))) == 2


def test_the_negative_prompt_is_screened_alike():
    verdict = Screen([Rule("word", "gore")]).check(Asking("a fox", "blur, gore"))

    assert [(one.field, one.spans) for one in verdict.findings] == [("negative_prompt", ((6, 10),))]


@pytest.mark.parametrize(
    "rule",
    [
        Rule("word", ""),
        Rule("word", " ! "),
        Rule("word", "a"),
        Rule("word", "a*b"),
        Rule("word", "abc*"),
        Rule("wildcard", "abc"),
        Rule("wildcard", "*a*"),
        Rule("wildcard", "*"),
        Rule("allow", "a*b"),
        Rule("regex", "("),
        Rule("regex", "x*"),
        Rule("regex", r"(?=x)y"),
        Rule("regex", r"(a)\1"),
        Rule("regex", "(a{1,100}){1,9}b"),
        Rule("word", "x" * (LONGEST_PATTERN + 1)),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(rule):
    with pytest.raises(BadPattern):
        rule.checked()


@pytest.mark.parametrize("rule", [Rule("wrod", "abc"), Rule("word", "abc", "ban")])
def test_a_rule_of_no_kind_is_refused(rule):
    with pytest.raises(BadChoice):
        rule.checked()


def test_rules_that_cannot_be_used_any_more_are_left_out():
    screen = Screen([Rule("regex", "("), Rule("word", "gore")])

    assert [rule.pattern for rule in screen.unusable] == ["("]
    assert screen.check(Asking("gore")).action == "block"


def test_more_riddle_than_text_is_refused():
    riddle = " ".join(f"b{number}x!c" for number in range(700))

    verdict = Screen().check(Asking(riddle[:4000]))

    assert [finding.why for finding in verdict.findings] == ["garbled"]


def test_long_lists_of_tags_are_no_riddle():
    tags = ", ".join(
        f"looking_at_{chr(97 + number % 26) * 2}_viewer, {number}girls" for number in range(110)
    )

    assert Screen().check(Asking(tags[:4000])).findings == ()


def test_rules_within_rules_are_refused_before_they_take_too_long():
    nested = [Rule("wildcard", f"*{'a' * length}*") for length in range(3, 60)]

    verdict = Screen(nested).check(Asking("a" * 4000))

    assert "garbled" in [finding.why for finding in verdict.findings]
    assert "garbled" not in [
        finding.why for finding in Screen(nested).check(Asking("a" * 60)).findings
    ]


def test_what_many_words_are_allowed_stays_allowed_among_many():
    rules = [Rule("word", "gore"), Rule("allow", "gore of")]

    assert found(rules, "gore of gore " * 90) == {"gore": ["gore"] * 90}
