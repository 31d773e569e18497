# ruff: noqa: RUF001 - letters that look like others are what this is about
"""The letters of a text: whatever they are dressed up as, and where they were typed."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy._letters import fold, in_latin
from tests.unit.policy.tricks import TRICKS

DISGUISES = (
    *("plain", "capitals", "mixed case", "full width", "bold", "script", "fraktur", "monospace"),
    *("circled", "in parentheses", "white on black", "flags", "small capitals", "raised"),
    *("accents", "strokes", "invisible"),
)


@pytest.mark.parametrize("name", DISGUISES)
def test_letters_of_any_shape_are_the_same_letters(name):
    disguised = TRICKS[name]("topless", random.Random(1))

    assert fold(disguised).text == "topless"


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Straße", "strasse"),
        ("Œuvre Øl Łódź", "oeuvre ol lodz"),
        ("İSTANBUL ılık", "istanbul ilik"),
        ("ñandú ёлка Й", "nandu елка и"),
        ("ﾊﾀﾞｶ が パ", "ハダカ が パ"),
        ("한국어", "한국어"),
        ("a\u00a0b\u3000c\u2028d", "a b c\nd"),
        ("na\x00ke\x1bd", "naked"),
        ("na\ud800ked", "naked"),
        ("👍🏽 ❤️", "👍🏽 ❤"),
    ],
)
def test_folding_keeps_what_is_read(typed, folded):
    assert fold(typed).text == folded


@settings(deadline=None)
@given(st.text())
def test_every_letter_knows_where_it_was_typed(typed):
    folded = fold(typed)

    assert len(folded.at) == len(folded.text)
    assert list(folded.at) == sorted(folded.at)
    assert all(0 <= index < len(typed) for index in folded.at)


@settings(deadline=None)
@given(st.text())
def test_folding_again_changes_nothing(typed):
    once = fold(typed).text

    assert fold(once).text == once


def test_one_character_never_becomes_a_sentence():
    assert len(fold("\ufdfa" * 100).text) <= 300


@pytest.mark.parametrize(
    ("word", "latin"),
    [
        ("nаkеd", "naked"),
        ("ѕех", "sex"),
        ("ꓠꓴꓓꓰ", "nude"),
        ("ηude", "nude"),
        ("дом", None),
        ("naked", None),
        ("裸", None),
    ],
)
def test_look_alikes_are_read_as_latin_where_they_pass_for_it(word, latin):
    assert in_latin(fold(word).text) == latin
