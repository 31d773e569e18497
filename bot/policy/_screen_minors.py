"""Sexual content with minors: always looked for, and no server's rule or setting changes that.

`_screen_lists.py` says which words there are, `_screen_near.py` which say a minor only together. An
innocent phrase takes back a sexual word only while the text holds no minor, and a minor only while
it holds nothing sexual; otherwise "naked cat" would be the way to write "naked catgirl, a child".

What a picture was made from counts when it is changed. Its words are not carried along, for they
could be drowned; what they say is, as `Held`.

A negative prompt says what shall not be seen, so "nude, child" there is what careful people write,
and counts for nothing. Only what takes something away counts there: clothes from a minor, or
grown-ups from something sexual.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.policy._screen_index import Hit, Stretches
from bot.policy._screen_lists import PARTS, Word, the_index
from bot.policy._screen_near import Places, describe_one, find_births, find_young
from bot.policy._screen_readings import Readings

NEAR = 60
"""Characters between a suggestive word and a minor, at most."""

LONGEST_WORD = 100
"""Characters of a suggestive word as it may be typed, at most: with its letters set apart."""

LEAST_GARMENTS = 2
"""How many of them somebody must want away: one alone may only be the wrong one."""

Held = frozenset[str]
"""What words say, for those who change what was made from them: "minors en", "sexual fr here"."""

_HELD = ("minors", "sexual", "suggestive")
_Hits = Sequence[Hit[Word]]
_Parts = Mapping[str, _Hits]
_NOTHING: _Parts = dict.fromkeys(PARTS, ())


@dataclass(frozen=True)
class Combination:
    """Letters that together say what is never made, by where they were typed."""

    in_prompt: Sequence[int]
    in_negative: Sequence[int] = ()


@dataclass(frozen=True)
class Combined:
    """Why words are never drawn, if so; and what they say, together with what lies behind them."""

    found: Combination | None
    held: Held


def combine(
    prompt: Readings, negative: Readings | None = None, behind: Collection[str] = ()
) -> Combined:
    """Look at words, and at what is held by those that a picture was made from."""
    said = _said(prompt)
    before = _remembered(behind)
    avoided = _NOTHING if negative is None else _avoided(negative)
    found = next(_combinations(said, before, avoided), None)
    return Combined(found, Held(behind) | _held(said))


def _combinations(said: _Parts, before: _Parts, avoided: _Parts) -> Iterator[Combination]:
    yield from (Combination(hit.at) for hit in said["forbidden"])
    minors = _first_of_each((*said["minors"], *before["minors"]))
    sexual = _first_of_each((*said["sexual"], *before["sexual"]))
    for one, other in (
        *_pairs(minors, sexual),
        *_neighbours(said),
        *_pairs(before["minors"], _first_of_each(said["suggestive"])),
        *_pairs(_first_of_each(said["minors"]), before["suggestive"]),
    ):
        yield Combination(sorted({*one.at, *other.at}))
    for one, other in (
        *_pairs(minors, _first_of_each(avoided["clothes"])),
        *_pairs(sexual, _first_of_each(avoided["grown"])),
    ):
        yield Combination(one.at, other.at)


def _first_of_each(hits: Iterable[Hit[Word]]) -> _Hits:
    """Return one hit for each kind of word: where it stands makes no difference."""
    return list({hit.what: hit for hit in reversed(list(hits))}.values())


def _pairs(some: _Hits, others: _Hits) -> Iterator[tuple[Hit[Word], Hit[Word]]]:
    return ((one, other) for one in some for other in others if one.what.speaks_like(other.what))


def _neighbours(found: _Parts) -> Iterator[tuple[Hit[Word], Hit[Word]]]:
    """Return minors with a suggestive word near them."""
    others = sorted(found["suggestive"], key=_start)
    for minor in found["minors"]:
        first = bisect_left(others, minor.at[0] - NEAR - LONGEST_WORD, key=_start)
        last = bisect_right(others, minor.at[-1] + NEAR, key=_start)
        for other in others[first:last]:
            if _distance(minor.at, other.at) <= NEAR and minor.what.speaks_like(other.what):
                yield minor, other


def _start(hit: Hit[Word]) -> int:
    return hit.at[0]


def _distance(first: Sequence[int], second: Sequence[int]) -> int:
    return max(first[0] - second[-1], second[0] - first[-1])


def _said(readings: Readings) -> _Parts:
    """Return the words of a prompt that count, whatever innocent phrases they stand in."""
    parts = _by_part(readings)
    places = Places(readings)
    births = list(find_births(places))
    parts["minors"] = [*parts["minors"], *find_young(places, parts["small"], parts["youths"])]
    parts = _without(parts, _standing(places, parts))
    open_parts = _without(parts, [hit.at for hit in parts["innocent"]])
    if births or open_parts["minors"]:
        open_parts = {**open_parts, "sexual": parts["sexual"], "suggestive": parts["suggestive"]}
    elif open_parts["sexual"] or open_parts["suggestive"]:
        open_parts = {**open_parts, "minors": parts["minors"]}
    return {**open_parts, "minors": [*births, *open_parts["minors"]]}


def _standing(places: Places, parts: _Parts) -> list[Sequence[int]]:
    """Return the phrases that take words back even beside a minor."""
    young = (*parts["minors"], *parts["youths"])
    followers = sorted({places.first_of(hit) for hit in young})
    harmless = [hit.at for hit in parts["harmless"] if not describe_one(places, hit, followers)]
    return [*harmless, *(hit.at for hit in parts["fixed"])]


def _without(parts: _Parts, phrases: Iterable[Sequence[int]]) -> dict[str, _Hits]:
    """Return the words that no phrase touches."""
    stretches = Stretches(phrases)
    return {
        part: [hit for hit in hits if part in _PHRASES or not stretches.touch(hit.at)]
        for part, hits in parts.items()
    }


_PHRASES = ("innocent", "harmless", "fixed")


def _avoided(readings: Readings) -> _Parts:
    """Return what a negative prompt takes away."""
    parts = _by_part(readings)
    parts = _without(parts, [hit.at for part in _PHRASES for hit in parts[part]])
    garments = {tuple(hit.at): hit for hit in parts["garments"]}
    underwear = {tuple(hit.at): hit for hit in parts["underwear"]}
    if garments and len({**garments, **underwear}) >= LEAST_GARMENTS:
        parts["clothes"] = [*parts["clothes"], *garments.values(), *underwear.values()]
    return parts


def _by_part(readings: Readings) -> dict[str, _Hits]:
    parts: dict[str, list[Hit[Word]]] = {part: [] for part in PARTS}
    for hit in the_index().find(readings):
        parts[hit.what.part].append(hit)
    return dict(parts)


def _held(said: _Parts) -> Held:
    words = {hit.what for part in _HELD for hit in said[part]}
    return Held(
        f"{word.part} {word.language}{' here' if word.is_here else ''}".strip() for word in words
    )


def _remembered(behind: Collection[str]) -> _Parts:
    """Return what is held as words that were typed nowhere."""
    parts: dict[str, list[Hit[Word]]] = {part: [] for part in PARTS}
    for one in sorted(behind):
        part, *others = one.split(" ")
        if part in _HELD:
            word = Word(part, others[0] if others else "", is_here="here" in others)
            parts[part].append(Hit(word, ()))
    return dict(parts)
