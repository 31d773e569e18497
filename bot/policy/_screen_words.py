"""Words: what a single word may be meant to be, when it is not quite what it looks like."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.policy._letters import Letters, in_latin

SIGNS = "@$!|+€£¢§¡¥"
"""Signs that people write for letters; at a word's end, some of them only mark the sentence's."""

_ENDS = "!|+"
_NO_LETTERS = SIGNS + "0123456789"
_LEET = str.maketrans("0134567892@$!|+€£¢§¡¥", "oieasgtbgzasiitelcsiy")
_LEET_ONE_IS_L = str.maketrans("1!|", "lll")
_LETTER = re.compile(r"[^\W\d_]")
_RUN = re.compile(r"(.)\1*")
_TRIPLE = re.compile(r"([^\W\d_])\1\1")
_DOUBLES = re.compile(r"([^\W\d_])\1[^\W\d_]*?([^\W\d_])\2")


@dataclass(frozen=True)
class Squeezed:
    """A word with each run of one letter written once, and how long each run was.

    `least` is how long a word must be to be found in it.
    """

    text: str
    runs: Sequence[int]
    at: Sequence[int]
    least: int = 0


def has_repeats(text: str) -> bool:
    """Whether a letter is repeated as no spelling would: thrice, or two of them in one word."""
    return _TRIPLE.search(text) is not None or _DOUBLES.search(text) is not None


def squeeze(word: Letters, *, least: int = 0) -> Squeezed:
    """Return a word with each run of a letter written once."""
    runs = list(_RUN.finditer(word.text))
    return Squeezed(
        "".join(run[1] for run in runs),
        [run.end() - run.start() for run in runs],
        [word.at[run.start()] for run in runs],
        least,
    )


def thinned(word: Letters, most: int) -> Letters:
    """Return a word in which no letter stands more than `most` times in a row, if it had three."""
    if not _TRIPLE.search(word.text):
        return word
    kept = [
        index
        for run in _RUN.finditer(word.text)
        for index in range(run.start(), min(run.end(), run.start() + most))
    ]
    return Letters("".join(word.text[index] for index in kept), [word.at[i] for i in kept])


def meant(word: Letters) -> list[Letters]:
    """Return what else a word may be meant to be, the likeliest first; mostly nothing."""
    if word.text.isalpha() and word.text.isascii():
        return []
    latin = in_latin(word.text)
    found = {} if latin is None else {latin: word.part(0, len(latin), latin)}
    for base in (*found.values(), word):
        if not base.text.isalpha() and _LETTER.search(base.text):
            for reading in _without_leet(base):
                found.setdefault(reading.text, reading)
    found.pop(word.text, None)
    return list(found.values())


def _without_leet(word: Letters) -> Iterator[Letters]:
    """Return a word with letters in the place of digits and signs, then without those around it."""
    text = word.text
    trimmed = text.strip(_ENDS)
    start = text.index(trimmed)
    parts = [(trimmed, start)] if trimmed == text else [(trimmed, start), (text, 0)]
    for part, first in parts:
        plain = part.translate(_LEET)
        yield word.part(first, first + len(part), plain)
        as_l = part.translate(_LEET_ONE_IS_L)
        if as_l != part:
            yield word.part(first, first + len(part), as_l.translate(_LEET))
    bare = text.strip(_NO_LETTERS)
    if bare != text:
        start = text.index(bare)
        yield word.part(start, start + len(bare))
