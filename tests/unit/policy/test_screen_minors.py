"""What is never made: found however it is put together, and not where it is innocent."""

from datetime import UTC, datetime

import pytest

from bot.policy import Asking, Rule, Screen


def findings(prompt, negative_prompt="", rules=()):
    verdict = Screen(rules).check(Asking(prompt, negative_prompt))
    return [finding for finding in verdict.findings if finding.why == "minors"]


@pytest.mark.parametrize(
    "prompt",
    [
        "a nude child",
        "a child. A long way away, in another sentence altogether: nudity",
        "14 year old, naked",
        "n a k e d c h i l d",
        "#nudechild",
        "sexy little girl",
        "14歳の全裸",
        "голая school girl",
    ],
)
def test_minors_and_sex_never_go_together(prompt):
    assert [finding.action for finding in findings(prompt)] == ["block"]


@pytest.mark.parametrize(
    "prompt",
    [
        "a child",
        "a nude woman",
        "a 24 year old, naked",
        "18 years old, nude",
        "二十四歳 裸",
        "24岁 裸体",
        "kind eyes, nude woman",
        "nude lipstick for teens",
        "16 year old whisky, nude lipstick",
        "a sexy car" + " on a very long road" * 4 + " and a child",
    ],
)
def test_one_without_the_other_is_none_of_our_business(prompt):
    assert findings(prompt) == []


def test_no_rule_of_a_server_changes_that():
    rules = [Rule("allow", "nude child"), Rule("allow", "nude"), Rule("allow", "*child*")]

    assert findings("nude child", rules=rules)


def test_innocent_words_take_back_only_themselves():
    assert findings("nude lipstick, nude child")


@pytest.mark.parametrize("negative", ["nude, child", "nsfw, naked, kids", "child", "bad hands"])
def test_a_careful_negative_prompt_is_no_sin(negative):
    assert findings("a family on the beach, children playing", negative) == []
    assert findings("a nude woman, oil painting", negative) == []


@pytest.mark.parametrize(
    ("prompt", "negative"),
    [
        ("a child on the beach", "clothes, blurry"),
        ("teenager", "clothing"),
        ("ein Kleinkind", "Kleidung"),
        ("nude woman", "adult, old"),
        ("nackte Frau", "erwachsen"),
    ],
)
def test_a_negative_prompt_cannot_take_away_clothes_or_age(prompt, negative):
    assert {finding.field for finding in findings(prompt, negative)} == {
        "prompt",
        "negative_prompt",
    }


@pytest.mark.parametrize("negative", ["dress, shirt, pants, underwear", "shirt, panties"])
def test_garments_are_clothes_when_there_are_several(negative):
    assert findings("a little girl", negative)


@pytest.mark.parametrize("negative", ["red jacket", "bikini, underwear, nsfw", "hat, scarf"])
def test_one_garment_may_only_be_the_wrong_one(negative):
    assert findings("a little girl", negative) == []


@pytest.mark.parametrize(("years", "is_found"), [(5, True), (18, True), (19, False), (-3, False)])
def test_whoever_was_born_lately_is_a_minor(years, is_found):
    year = datetime.now(UTC).year - years

    assert bool(findings(f"nude woman, born on the 3rd of May {year}")) == is_found


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("a child on the beach", "make her naked"),
        ("a child on the beach", "sexy"),
        ("a nude woman", "make her 12 years old"),
        ("a woman in lingerie", "as a little girl"),
        ("ein Kind", "nackt"),
    ],
)
def test_what_words_hold_counts_for_what_is_made_of_their_pictures(first, then):
    held = Screen().check(Asking(first)).held

    assert Screen().check(Asking(then, behind=held)).action == "block"
    assert Screen().check(Asking("make it night", behind=held)).action is None


@pytest.mark.parametrize(
    ("first", "then"),
    [("kind eyes", "nude"), ("a fox", "naked"), ("nude lipstick", "a child"), ("nude", "a woman")],
)
def test_what_is_no_minor_holds_nothing(first, then):
    held = Screen().check(Asking(first)).held

    assert Screen().check(Asking(then, behind=held)).action is None


def test_two_pictures_are_looked_at_together():
    both = {"minors en", "sexual en"}

    assert Screen().check(Asking("blend them", behind=both)).action == "block"
    assert Screen().check(Asking("", "clothes", behind={"minors en"})).action == "block"


def test_words_that_nobody_typed_count_for_this_alone():
    asking = Asking("a little girl", background="someone/nude-undress")

    assert Screen().check(asking).action == "block"
    assert Screen([Rule("word", "someone")]).check(Asking("x", background="someone")).action is None


def test_a_negative_prompt_may_ask_for_no_adult_content():
    assert findings("nude lipstick and a child", "adult content") == []


def test_the_letters_of_both_words_are_shown():
    prompt = "the child is quite nude"

    [finding] = findings(prompt)

    assert [prompt[start:end] for start, end in finding.spans] == ["child", "nude"]
