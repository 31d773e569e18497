"""The index: thousands of words, phrases and wildcards, looked for in one go."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, chain
from typing import Generic, TypeVar

from bot.errors import BadPattern
from bot.policy._letters import Letters, fold
from bot.policy._screen_engines import Automaton, automaton_of
from bot.policy._screen_readings import WORDLESS, Readings, in_row, side_by_side
from bot.policy._screen_words import Squeezed, squeeze

T = TypeVar("T")

SHORTEST = 2
SHORTEST_WILDCARD = 3
"""Letters of a pattern, at least; a shorter one would match half of what people write."""

_WORDLESS = re.compile(f"[{WORDLESS}]")
_THRICE, _TWICE = 3, 2
_LONGEST_WORD = 24
_CUT_LEAST = 3
_TOGETHER_LEAST = 6
_LONG_WORD = re.compile(r"(?<= )([^\W\d_]{3})[^\W\d_]{3,37}(?= )")
_DOUBLED = re.compile(r"(?<= )([^\W\d_]*?([a-z])\2[^\W\d_]*)(?= )")
_DOUBLE = re.compile(r"([a-z])\1")
_FILLER_WORDS = (
    "big body boy boys full girl girls guy hot image lady man men model person photo pic very with "
    "woman women"
)
_FILLERS = frozenset(_FILLER_WORDS.split())
"""Words beside which another one is recognised when nothing but its letters is spelled out."""


@dataclass(frozen=True)
class Pattern:
    """A word, a phrase or a part of a word, as the readings write it.

    `opens` and `goes_on` say that other letters may stand before or after it; `is_greedy` that
    those are part of what is found.
    """

    core: str
    opens: bool = False
    goes_on: bool = False
    is_greedy: bool = False

    @staticmethod
    @lru_cache(maxsize=20_000)
    def parse(text: str) -> "Pattern":
        """Read `word`, `two words`, `begin*`, `*end` or `*inside*`.

        Raises:
            BadPattern: it has no letters, too few of them, or an asterisk within.
        """
        folded = fold(text).text.strip()
        opens, goes_on = folded.startswith("*"), folded.endswith("*")
        core = in_row(folded.strip("*")).strip()
        if "*" in folded.strip("*"):
            raise BadPattern("an asterisk stands at the beginning or the end")
        is_short = len(core) < (SHORTEST_WILDCARD if opens or goes_on else SHORTEST)
        if not core or (is_short and not _WORDLESS.search(core)):
            raise BadPattern("it has too few letters")
        return Pattern(core, opens=opens, goes_on=goes_on)

    @property
    def key(self) -> str:
        """What is looked for: a space stands for a word's edge, where the script knows words."""
        before = "" if self.opens or _WORDLESS.match(self.core) else " "
        after = "" if self.goes_on or _WORDLESS.match(self.core[-1]) else " "
        return f"{before}{self.core}{after}"


@dataclass(frozen=True)
class Hit(Generic[T]):
    """Something that was found, and where its letters were typed, in order."""

    what: T
    at: Sequence[int]


class Stretches:
    """Stretches of a text, from the first to the last letter of whatever was found."""

    def __init__(self, found: Iterable[Sequence[int]]) -> None:
        ordered = sorted((at[0], at[-1]) for at in found)
        self._starts = [start for start, _ in ordered]
        self._ends = list(accumulate((end for _, end in ordered), max))

    def cover(self, at: Sequence[int]) -> bool:
        """Whether one of them holds all of some letters."""
        return self._reach(at[0]) >= at[-1]

    def touch(self, at: Sequence[int]) -> bool:
        """Whether one of them holds any of some letters, or lies between them."""
        return self._reach(at[-1]) >= at[0]

    def _reach(self, start: int) -> int:
        """Return how far those reach that begin no later than here."""
        before = bisect_right(self._starts, start)
        return self._ends[before - 1] if before else -1


@dataclass(frozen=True)
class _Entry(Generic[T]):
    what: T
    start: int
    length: int
    is_put_together: bool = False
    is_greedy: bool = False


class Index(Generic[T]):
    """Finds patterns in the readings of a text, in a time that hardly depends on their number.

    One that `is_thorough` also finds words that are nothing but two or more of them, phrases
    without their spaces, and words in which a single letter is doubled; for rules that people
    make, too much else would be found.
    """

    def __init__(self, patterns: Iterable[tuple[Pattern, T]], *, is_thorough: bool = False) -> None:
        self._is_thorough = is_thorough
        self._automaton: Automaton | None = None
        self._whole: dict[str, list[T]] = {}
        entries: dict[str, list[tuple[_Entry[T], int]]] = {}
        for pattern, what in patterns:
            core, key = pattern.core, pattern.key
            is_open = pattern.opens or pattern.goes_on
            entry = _Entry(what, int(key[0] == " "), len(core), is_greedy=pattern.is_greedy)
            entries.setdefault(key, []).append((entry, len(key)))
            if is_open:
                continue
            if core.isalnum():
                self._whole.setdefault(core, []).append(what)
            else:
                together = core.replace(" ", "")
                is_found = is_thorough and len(together) >= _TOGETHER_LEAST
                alias = _Entry(what, 1, len(together), is_put_together=not is_found)
                entries.setdefault(f" {together} ", []).append((alias, len(together) + 2))
                if is_found:
                    self._whole.setdefault(together, []).append(what)
        if entries:
            self._automaton = automaton_of(entries.items())

    def find(self, readings: Readings) -> Iterator[Hit[T]]:
        """Return whatever is found in any reading of a text; the same may come twice."""
        if self._automaton is None:
            return
        yield from self._find_in(self._automaton, readings.plain)
        if readings.likely is not None:
            yield from self._find_in(self._automaton, readings.likely)
        if readings.words:
            yield from self._find_in(self._automaton, side_by_side(readings.words))
        for words, least in readings.put_together:
            yield from self._find_whole(self._automaton, side_by_side(words), least)
        strings = chain(readings.spelled, self._long_words(readings))
        for word in strings:
            yield from self._find_in_a_string(word)
        yield from self._find_hidden(readings)

    def _find_in(self, automaton: Automaton, row: Letters) -> Iterator[Hit[T]]:
        for last, entries in automaton.iter(row.text):
            for entry, key_length in entries:
                if not entry.is_put_together:
                    start = last - key_length + 1 + entry.start
                    end = start + entry.length
                    if entry.is_greedy:
                        start = row.text.rfind(" ", 0, start + 1) + 1
                        end = row.text.find(" ", end)
                    yield Hit(entry.what, row.typed(start, end))

    def _find_whole(self, automaton: Automaton, row: Letters, least: int) -> Iterator[Hit[T]]:
        for last, entries in automaton.iter(row.text):
            for entry, key_length in entries:
                start = last - key_length + 1 + entry.start
                end = start + entry.length
                is_whole = row.text[start - 1] == " " and row.text[end] == " "
                if is_whole and entry.length >= least:
                    yield Hit(entry.what, row.typed(start, end))

    def _find_hidden(self, readings: Readings) -> Iterator[Hit[T]]:
        for word in readings.squeezed:
            yield from self._find_squeezed(word)
        if self._is_thorough:
            yield from self._find_doubled(readings.plain)
        for word in readings.masked:
            for what in self._masked.get(word.text, ()):
                yield Hit(what, word.typed(0, len(word.text)))

    def _find_in_a_string(self, word: Letters) -> Iterator[Hit[T]]:
        """Find words in letters that can be cut into known words and nothing else."""
        text = word.text
        spans = [
            (start, end)
            for start in range(len(text))
            for end in range(start + 1, min(len(text), start + _LONGEST_WORD) + 1)
            if text[start:end] in self._whole or text[start:end] in _FILLERS
        ]
        reached, leading = {0}, {len(text)}
        for start, end in spans:
            if start in reached:
                reached.add(end)
        for start, end in reversed(spans):
            if end in leading:
                leading.add(start)
        for start, end in spans:
            if start in reached and end in leading:
                for what in self._whole.get(text[start:end], ()):
                    yield Hit(what, word.typed(start, end))

    def _long_words(self, readings: Readings) -> Iterator[Letters]:
        if self._is_thorough:
            for match in _LONG_WORD.finditer(readings.plain.text):
                if match[1] in self._beginnings:
                    yield readings.plain.part(*match.span())

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        return frozenset(word[:_CUT_LEAST] for word in (*self._whole, *_FILLERS))

    @cached_property
    def _squeezed(self) -> dict[str, list[tuple[Sequence[int], int, T]]]:
        """The words with each run of a letter written once, and how long each run is."""
        squeezed: dict[str, list[tuple[Sequence[int], int, T]]] = {}
        for word, whats in self._whole.items():
            one = squeeze(Letters(word, range(len(word))))
            squeezed.setdefault(one.text, []).extend((one.runs, len(word), what) for what in whats)
        return squeezed

    def _find_squeezed(self, word: Squeezed) -> Iterator[Hit[T]]:
        for runs, length, what in self._squeezed.get(word.text, ()):
            if length >= word.least and _may_be(word.runs, runs):
                yield Hit(what, sorted(set(word.at)))

    def _find_doubled(self, row: Letters) -> Iterator[Hit[T]]:
        """Find words with one letter doubled, which is how a slip looks, or a first try."""
        for match in _DOUBLED.finditer(row.text):
            start, end = match.span(1)
            if end - start > _LONGEST_WORD:
                continue
            for index in (one.start() for one in _DOUBLE.finditer(match[1])):
                word = match[1][:index] + match[1][index + 1 :]
                for what in self._whole.get(word, ()):
                    yield Hit(what, row.typed(start, end))

    @cached_property
    def _masked(self) -> dict[str, list[T]]:
        """The words with any one letter but the first and last replaced by an asterisk."""
        masked: dict[str, list[T]] = {}
        for word, whats in self._whole.items():
            for index in range(1, len(word) - 1):
                masked.setdefault(f"{word[:index]}*{word[index + 1 :]}", []).extend(whats)
        return masked


def _may_be(typed: Sequence[int], meant: Sequence[int]) -> bool:
    """Whether runs of letters are those of a word that somebody stretched.

    Three of a letter may stand for any number. Two stand for one only when that is so at two
    places: "coon" is no stretched "con".
    """
    stretched = doubled = 0
    for there, asked in zip(typed, meant, strict=True):
        if there >= _THRICE:
            stretched += 1
        elif there == _TWICE and asked == 1:
            doubled += 1
        elif there != asked:
            return False
    return doubled == 0 or doubled + stretched >= _TWICE
