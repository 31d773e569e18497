# ruff: noqa: RUF001 - letters that look like others are what this is about
"""Readings: where their letters were typed, and how many they may be."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy import Asking, Rule, Screen
from bot.policy._screen_readings import MOST_PIECED, MOST_RIDDLES, read

TRICKY = st.text(alphabet="aabbno013!@$*-._ '\n裸ロе\u0301\u200bé9")
LETTERS, SIGNS, CYRILLIC = "bcdfghklmnprst", "0134579!$@", "асеорху"
SHAPES = (
    "x*x ",
    "1ж!xx-ж!1xx ",
    "11xx11-",
    "x xx ",
    "xx-",
    "жxx1! ",
    "x.x.",
    "x  x ",
    "a@x.",
    "555-",
)


def rows(readings):
    yield readings.plain
    if readings.likely is not None:
        yield readings.likely
    yield from (*readings.words, *readings.spelled, *readings.pieced, *readings.masked)
    yield from readings.squeezed


@settings(deadline=None)
@given(TRICKY)
def test_every_letter_of_every_reading_was_typed_somewhere(typed):
    for row in rows(read(typed)):
        assert len(row.at) == len(row.text)
        assert all(-1 <= index < len(typed) for index in row.at)


@settings(deadline=None)
@given(TRICKY)
def test_readings_are_a_bounded_multiple_of_the_text(typed):
    readings = read(typed)

    assert sum(len(row.text) for row in rows(readings)) <= 150 * len(typed) + 10


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(SHAPES), st.integers())
def test_there_is_an_end_to_riddles(shape, seed):
    readings = read(drawn(shape, seed, length=8000))

    assert readings.riddles <= MOST_RIDDLES + 30
    assert len(readings.pieced) <= MOST_PIECED + MOST_RIDDLES + 30


@pytest.mark.parametrize(
    "shape",
    [
        *SHAPES,
        "x",
        " ",
        "-",
        "x ",
        "xxx ",
        "xx",
        "裸",
        "1",
        "\ufdfa",
        "x -",
        "little girl ",
        "girl 16 ",
    ],
)
def test_twice_the_text_takes_about_twice_the_time(shape):
    """Nothing takes the square of a text's length; measured on this thread alone."""
    screen = Screen([Rule("wildcard", "*bcd*"), Rule("regex", "b.{0,9}c"), Rule("word", "naked")])
    short, long = drawn(shape, 1, length=1000), drawn(shape, 1, length=4000)
    screen.check(Asking(long))

    assert spent(screen, long) < 9 * spent(screen, short)


def drawn(shape, seed, *, length):
    """Return a text of one shape: x is a letter by chance, 1 a sign, ж a Cyrillic letter."""
    chance = random.Random(seed)
    kinds = {"x": LETTERS, "1": SIGNS, "ж": CYRILLIC}
    text = shape * (length // len(shape))
    return "".join(chance.choice(kinds[one]) if one in kinds else one for one in text)


def spent(screen, text):
    times = []
    for _ in range(5):
        started = time.thread_time()
        screen.check(Asking(text))
        times.append(time.thread_time() - started)
    return max(min(times), 1e-4)
