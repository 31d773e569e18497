"""What is never made: found however it is put together, and not where it is innocent."""

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
        "16 year old whisky, nude label",
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


def test_a_negative_prompt_may_ask_for_no_adult_content():
    assert findings("nude lipstick and a child", "adult content") == []


def test_the_letters_of_both_words_are_shown():
    prompt = "the child is quite nude"

    [finding] = findings(prompt)

    assert [prompt[start:end] for start, end in finding.spans] == ["child", "nude"]
