"""Readings: every way in which a text may be meant to be read.

As it stands; with digits and signs for letters ("n4ked"); with repeated letters ("nakeeed"); with
its letters set apart ("n a k e d", "n.a.k.e.d"), a word in pieces ("na-ked", "nake d"), or a letter
hidden behind a sign ("n*ked"). A reading writes one space around each word and a full stop where
more than white space, a hyphen or an apostrophe parts two: " a fox . asleep ".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from bot.policy._letters import Letters, fold
from bot.policy._screen_words import SIGNS, Squeezed, has_repeats, meant, squeeze, thinned

SPELLED_LEAST = 3
PIECED_LEAST = 4
"""How long a word must be to be found in pieces: shorter ones come about by chance."""

MOST_RIDDLES = 600
MOST_PIECED = 1500
"""What is read at most. A long prompt of honest words has some dozens of odd ones, a long list of
tags some hundreds of tied ones. All of a riddle would take too long, a part leave a way around."""

_MOST = 40
"""Letters of a word that is put together; no rule needs a longer one."""

_KANA = "\u30a1-\u30fa\u30fc-\u30fe"
WORDLESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u309f\u3400-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Letters of scripts that put no space between words, as a range for a regular expression: Thai
and its neighbours, Hiragana, Chinese and, since what follows a noun is tied to it, Korean."""

# Katakana beside other Japanese letters is a word of its own.
_WORD = re.compile(f"[{_KANA}]+|[{WORDLESS}]+|[^\\W_{_KANA}{WORDLESS}]+")
_TIE = re.compile(r"[\s_'\u2019\-\u2010-\u2015]*")

_SIGN = re.escape(SIGNS)
_LEET = re.compile(f"[^\\W\\d_][0-9{_SIGN}]|[0-9{_SIGN}][^\\W\\d_]")
_LEET_WORD = re.compile(f"(?:[^\\W_]|[{_SIGN}])+")

_SPELLED = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,5}[^\W_](?![^\W_])){2,}")
_GAP = re.compile(r"[\W_]+")
_LETTER = re.compile(r"[^\W_]")
_PIECES = re.compile(r"(?<![^\W_])[^\W_]+(?:(?:[^\w\s,;:()\[\]{}<>\"“”]{1,3}|_)[^\W_]+)+")
_MASKED = re.compile(r"(?<![^\W_])[^\W_]+([*#%?^~•·✱★☆♥❤_\-])[^\W_]+(?![^\W_])")
_MOST_LONE = 2
_LAST_ALPHABET = "\u0530"
"""Latin, Greek and Cyrillic come before this; in later scripts one letter may well be a word."""

Span = tuple[int, int]


@dataclass
class Readings:
    """All readings of one text.

    `plain` is the text as it stands and `likely` the same with odd words as they are likely to be
    meant; `words` are further readings of odd words. `spelled` and `pieced` hold what was put
    together, so that only whole words count there. `riddles` counts readings of odd words; a
    text that is more riddles than words `is_garbled`, and not all of them were read.
    """

    folded: Letters
    plain: Letters
    likely: Letters | None = None
    words: list[Letters] = field(default_factory=list[Letters])
    spelled: list[Letters] = field(default_factory=list[Letters])
    pieced: list[Letters] = field(default_factory=list[Letters])
    squeezed: list[Squeezed] = field(default_factory=list[Squeezed])
    masked: list[Letters] = field(default_factory=list[Letters])
    riddles: int = 0
    is_garbled: bool = False

    @property
    def put_together(self) -> Iterator[tuple[list[Letters], int]]:
        """Words that were put together, and how long one must be to be found there."""
        for words, least in ((self.spelled, SPELLED_LEAST), (self.pieced, PIECED_LEAST)):
            if words:
                yield words, least


def read(typed: str) -> Readings:
    """Return all readings of a text; together they are a bounded multiple of its length."""
    folded = fold(typed)
    words = [match.span() for match in _WORD.finditer(folded.text)]
    readings = Readings(folded, _row(folded, words))
    for word in _each_once(_spelled(folded)):
        readings.spelled += _all_of(readings, word, least=SPELLED_LEAST)
    _read_odd_words(readings, words)
    pieced = list(islice(chain(_pieced(folded), _torn(folded, words)), MOST_PIECED))
    readings.is_garbled |= len(pieced) == MOST_PIECED
    for word in _each_once(pieced):
        readings.pieced += _all_of(readings, word, least=PIECED_LEAST)
    readings.masked = list(_masked(folded))
    return readings


def in_row(text: str) -> str:
    """Return folded words as the readings write them."""
    words = [match.span() for match in _WORD.finditer(text)]
    return _row(Letters(text, range(len(text))), words).text


def side_by_side(words: Iterable[Letters]) -> Letters:
    """Return words that have nothing to do with each other as one reading."""
    text, at = [" "], [-1]
    for word in words:
        text += word.text, " | "
        at += *word.at, -1, -1, -1
    return Letters("".join(text), at)


def _row(folded: Letters, words: Sequence[Span]) -> Letters:
    parts = [folded.part(start, end) for start, end in words]
    return _in_their_places(folded.text, words, parts)


def _in_their_places(text: str, words: Sequence[Span], parts: Sequence[Letters]) -> Letters:
    """Return `parts`, which stand for the words of a text, parted as those are."""
    row, at = [" "], [-1]
    last = None
    for (start, end), part in zip(words, parts, strict=True):
        if last is not None:
            is_tied = text[last:start] == " " or _TIE.fullmatch(text, last, start) is not None
            row.append(" " if is_tied else " . ")
            at += (-1,) if is_tied else (-1, -1, -1)
        row.append(part.text)
        at += part.at
        last = end
    row.append(" ")
    at.append(-1)
    return Letters("".join(row), at)


def _read_odd_words(readings: Readings, words: Sequence[Span]) -> None:
    """Read words with digits, signs, repeats or letters of two alphabets in them."""
    folded = readings.folded
    has_leet = _LEET.search(folded.text) is not None
    if folded.text.isascii() and not has_leet and not has_repeats(folded.text):
        return
    if has_leet:
        words = [match.span() for match in _LEET_WORD.finditer(folded.text)]
    likely: list[Letters] = []
    for start, end in words:
        found = _all_of(readings, folded.part(start, end))
        likely.append(found[1] if len(found) > 1 else found[0])
        readings.words += found[1:]
    if readings.words:
        readings.likely = _in_their_places(folded.text, words, likely)


def _all_of(readings: Readings, word: Letters, *, least: int = 0) -> list[Letters]:
    """Return a word and whatever else it may be meant to be; note those with repeats as well."""
    if readings.is_garbled:
        return [word]
    found: list[Letters] = []
    for one in (word, *meant(word)):
        found.append(one)
        if has_repeats(one.text):
            readings.squeezed.append(squeeze(one, least=least))
            found += thinned(one, 1), thinned(one, 2)
    readings.riddles += len(found) - 1
    readings.is_garbled |= readings.riddles > MOST_RIDDLES
    return found


def _each_once(words: Iterable[Letters]) -> Iterable[Letters]:
    return {word.text: word for word in words if len(word.text) <= _MOST}.values()


def _spelled(folded: Letters) -> Iterator[Letters]:
    """Return what is written with its letters set apart: all of it, and its parts."""
    for match in _SPELLED.finditer(folded.text):
        start, end = match.span()
        gaps = [gap.span() for gap in _GAP.finditer(folded.text, start, end)]
        for first, last in _stretches(folded.text, (start, end), gaps):
            parts = [letter.span() for letter in _LETTER.finditer(folded.text, first, last)]
            word = _together(folded, parts)
            yield word
            if word.text[0] in "ai":
                yield word.part(1, len(word.text))


def _stretches(text: str, whole: Span, gaps: Sequence[Span]) -> Iterator[Span]:
    """Return the whole, and what lies between its wider gaps, or between white space."""
    yield whole
    widths = {end - start for start, end in gaps}
    is_blank = {gap: text[slice(*gap)].isspace() for gap in gaps}
    if len(widths) > 1:
        wide = [gap for gap in gaps if gap[1] - gap[0] > min(widths)]
    elif len(set(is_blank.values())) > 1:
        wide = [gap for gap in gaps if is_blank[gap]]
    else:
        return
    starts = [whole[0], *(end for _, end in wide)]
    ends = [*(start for start, _ in wide), whole[1]]
    yield from zip(starts, ends, strict=True)


def _pieced(folded: Letters) -> Iterator[Letters]:
    """Return words that something else than white space runs through."""
    for match in _PIECES.finditer(folded.text):
        parts = [part.span() for part in _WORD.finditer(folded.text, *match.span())]
        # All of it, and no more than three pieces of it, for others may be tied to it.
        for many in {2, 3, len(parts)}:
            for some in _windows(parts, many):
                if any(end - start > 1 for start, end in some):
                    yield _together(folded, some)


def _windows(parts: Sequence[Span], many: int) -> Iterator[Sequence[Span]]:
    for first in range(len(parts) - many + 1):
        yield parts[first : first + many]


def _torn(folded: Letters, words: Sequence[Span]) -> Iterator[Letters]:
    """Return words with a letter or two that stand apart from the rest."""
    text = folded.text
    count = len(words)
    index = 0
    while index < count:
        first = index
        while index < count and _is_lone(text, words[index]):
            index += 1
        if not 1 <= index - first <= _MOST_LONE:
            index += index == first
            continue
        before = bool(first) and _blank(text, words, first)
        after = index < count and _blank(text, words, index)
        if before:
            yield _together(folded, words[first - 1 : index])
        if after:
            yield _together(folded, words[first : index + 1])
        if before and after:
            yield _together(folded, words[first - 1 : index + 1])


def _is_lone(text: str, word: Span) -> bool:
    start, end = word
    letter = text[start]
    return (
        end - start == 1
        and letter not in "ai"
        and letter < _LAST_ALPHABET
        and letter.isalpha()
        # "The brother's exit" is not about what the end of it spells.
        and (start == 0 or text[start - 1] not in "'\u2019")
    )


def _blank(text: str, words: Sequence[Span], index: int) -> bool:
    """Whether only white space lies before a word."""
    return text[words[index - 1][1] : words[index][0]].isspace()


def _together(folded: Letters, parts: Sequence[Span]) -> Letters:
    text, at = folded.text, folded.at
    letters = "".join([text[start:end] for start, end in parts])
    return Letters(letters, [index for start, end in parts for index in at[start:end]])


def _masked(folded: Letters) -> Iterator[Letters]:
    """Return words with one letter hidden behind a sign, which is written as an asterisk."""
    for match in _MASKED.finditer(folded.text):
        word = folded.part(*match.span())
        hidden = match.start(1) - match.start()
        yield Letters(f"{word.text[:hidden]}*{word.text[hidden + 1 :]}", word.at)
