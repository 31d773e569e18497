"""Sexual content with minors: always looked for, and no server's rule or setting changes that.

The words are in `words/*.toml`, a file for each language:

* `minors` and `ages` beside `sexual` in one prompt, in whichever languages; `suggestive` words
  count near a minor only. What is also an ordinary word in other languages is in `minors_here` and
  `sexual_here`, and counts beside words of its own language alone.
* `forbidden` says it all by itself.
* `innocent` phrases take back the words that they touch: "nude lipstick", "16 year old whisky".

A negative prompt says what shall not be seen, so "nude, child" there is what careful people write,
and counts for nothing. Only what takes something away counts there: clothes from a minor, or
grown-ups from something sexual.
"""

import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bot.policy._letters import fold
from bot.policy._screen_index import Hit, Index, Pattern, Stretches
from bot.policy._screen_readings import Readings

OF_AGE = 18
NEAR = 60
"""Characters between a suggestive word and a minor, at most."""

LONGEST_WORD = 100
"""Characters of a suggestive word as it may be typed, at most: with its letters set apart."""

_UNITS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")


@dataclass(frozen=True)
class _Word:
    """What a word of the lists says, and in which language."""

    part: str
    language: str
    is_here: bool = False


_Parts = Mapping[str, Sequence[Hit[_Word]]]
_PARTS = ("minors", "sexual", "suggestive", "forbidden", "innocent", "clothes", "grown")
_NOTHING: _Parts = dict.fromkeys(_PARTS, ())


@dataclass(frozen=True)
class Combination:
    """Letters that together say what is never made, by where they were typed."""

    in_prompt: Sequence[int]
    in_negative: Sequence[int] = ()


def find_combination(prompt: Readings, negative: Readings | None = None) -> Combination | None:
    """Return why words are never drawn, if so."""
    avoided = _NOTHING if negative is None else _by_part(negative)
    return next(_combinations(_by_part(prompt), avoided), None)


def _combinations(found: _Parts, avoided: _Parts) -> Iterator[Combination]:
    yield from (Combination(hit.at) for hit in found["forbidden"])
    minors = _first_of_each(found["minors"])
    sexual = _first_of_each(found["sexual"])
    for minor, other in (*_pairs(minors, sexual), *_neighbours(found)):
        yield Combination(sorted({*minor.at, *other.at}))
    for hit, other in (
        *_pairs(minors, _first_of_each(avoided["clothes"])),
        *_pairs(sexual, _first_of_each(avoided["grown"])),
    ):
        yield Combination(hit.at, other.at)


def _first_of_each(hits: Sequence[Hit[_Word]]) -> Sequence[Hit[_Word]]:
    """Return one hit for each kind of word: where it stands makes no difference."""
    return list({hit.what: hit for hit in reversed(hits)}.values())


def _pairs(
    some: Sequence[Hit[_Word]], others: Sequence[Hit[_Word]]
) -> Iterator[tuple[Hit[_Word], Hit[_Word]]]:
    return ((one, other) for one in some for other in others if _speak_alike(one, other))


def _neighbours(found: _Parts) -> Iterator[tuple[Hit[_Word], Hit[_Word]]]:
    """Return minors with a suggestive word near them."""
    others = sorted(found["suggestive"], key=_start)
    for minor in found["minors"]:
        first = bisect_left(others, minor.at[0] - NEAR - LONGEST_WORD, key=_start)
        last = bisect_right(others, minor.at[-1] + NEAR, key=_start)
        for other in others[first:last]:
            if _distance(minor.at, other.at) <= NEAR and _speak_alike(minor, other):
                yield minor, other


def _start(hit: Hit[_Word]) -> int:
    return hit.at[0]


def _speak_alike(first: Hit[_Word], second: Hit[_Word]) -> bool:
    is_free = not (first.what.is_here or second.what.is_here)
    return is_free or first.what.language == second.what.language


def _distance(first: Sequence[int], second: Sequence[int]) -> int:
    return max(first[0] - second[-1], second[0] - first[-1])


def _by_part(readings: Readings) -> _Parts:
    """Return the words that are found and not innocent."""
    hits = list(_index().find(readings))
    if not hits:
        return _NOTHING
    innocent = Stretches(hit.at for hit in hits if hit.what.part == "innocent")
    parts: dict[str, list[Hit[_Word]]] = {part: [] for part in _PARTS}
    for hit in hits:
        if not innocent.touch(hit.at):
            parts[hit.what.part].append(hit)
    return parts


@cache
def _index() -> Index[_Word]:
    return Index(list(_words()), cuts_words=True)


def _words() -> Iterator[tuple[Pattern, _Word]]:
    for file in resources.files("bot.policy").joinpath("words").iterdir():
        if file.name.endswith(".toml"):
            lists = tomllib.loads(file.read_text("utf-8"))
            yield from _words_of(file.name.removesuffix(".toml"), lists)


def _words_of(language: str, lists: Mapping[str, Sequence[str]]) -> Iterator[tuple[Pattern, _Word]]:
    digits = [str(number) for number in range(1, OF_AGE)]
    numbers = [_Number.of(number) for number in (*digits, *lists["numbers"])]
    older = [_Number.of(ten + unit) for ten in lists.get("tens", ()) for unit in _UNITS]
    for part in ("minors", "sexual"):
        yield from _as(lists[part], numbers, _Word(part, language))
        here = _Word(part, language, is_here=True)
        yield from _as(lists.get(f"{part}_here", ()), numbers, here)
    yield from _as(lists["ages"], numbers, _Word("minors", language))
    yield from _as(lists["ages"], older, _Word("innocent", language))
    for part in ("suggestive", "forbidden", "innocent", "clothes", "grown"):
        yield from _as(lists.get(part, ()), numbers, _Word(part, language))
    yield from _as(lists.get("grown_innocent", ()), numbers, _Word("innocent", language))


@dataclass(frozen=True)
class _Number:
    """A number as it is read, and one that a phrase can be read with in its place.

    Thousands of phrases come of it, and each would have to be read by itself.
    """

    text: str
    stand_in: str

    @classmethod
    def of(cls, text: str) -> "_Number":
        is_wordless = Pattern.parse(f"{text}零").core == f"{text}零"
        return cls(fold(text).text, "零" if is_wordless else "0")


def _as(
    texts: Iterable[str], numbers: Sequence[_Number], word: _Word
) -> Iterator[tuple[Pattern, _Word]]:
    for text in texts:
        if "{n}" not in text:
            yield Pattern.parse(text), word
            continue
        phrases = {one: Pattern.parse(text.replace("{n}", one)) for one in "0零"}
        for number in numbers:
            phrase = phrases[number.stand_in]
            core = phrase.core.replace(number.stand_in, number.text)
            yield Pattern(core, opens=phrase.opens, goes_on=phrase.goes_on), word
