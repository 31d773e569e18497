"""The lists: the words of the always-on rule, in `words/*.toml`, a file for each language.

* `minors` and `ages` beside `sexual` in one prompt, in whichever languages; `suggestive` words
  count near a minor only. What is also an ordinary word in other languages is in `minors_here` and
  `sexual_here`, and counts beside words of its own language alone.
* `small` near `youths` says a minor where neither does by itself: "little blonde girl".
* `forbidden` says it all by itself.
* `innocent` phrases take back the words that they touch, but only while nothing else in the text
  speaks for the worse: "naked cat", "baby blue". `harmless` ones take back a sexual word even
  beside a minor, unless they turn out to describe one: "naked eye", not "naked eye child". `fixed`
  ones mean something else wherever they stand: "same sex".
* `clothes`, `garments`, `underwear` and `grown` are for negative prompts.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Self

from bot.policy._letters import fold
from bot.policy._screen_index import Index, Pattern

OF_AGE = 18

PARTS = (
    "minors",
    "sexual",
    "suggestive",
    "small",
    "youths",
    "forbidden",
    "innocent",
    "harmless",
    "fixed",
    "clothes",
    "garments",
    "underwear",
    "grown",
)
_WITH_HERE = ("minors", "sexual")
_UNITS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")


@dataclass(frozen=True)
class Word:
    """What a word of the lists says, and in which language."""

    part: str
    language: str
    is_here: bool = False

    def speaks_like(self, other: "Word") -> bool:
        """Whether two words count together: those of one language alone keep to themselves."""
        return not (self.is_here or other.is_here) or self.language == other.language


@cache
def the_index() -> Index[Word]:
    """Return the index of all lists; made once, as it takes a moment."""
    return Index(list(_words()), is_thorough=True)


def _words() -> Iterator[tuple[Pattern, Word]]:
    for file in resources.files("bot.policy").joinpath("words").iterdir():
        if file.name.endswith(".toml"):
            lists = tomllib.loads(file.read_text("utf-8"))
            yield from _words_of(file.name.removesuffix(".toml"), lists)


def _words_of(language: str, lists: Mapping[str, Sequence[str]]) -> Iterator[tuple[Pattern, Word]]:
    digits = [str(number) for number in range(1, OF_AGE)]
    numbers = [_Number.of(number) for number in (*digits, *lists["numbers"])]
    older = [_Number.of(ten + unit) for ten in lists.get("tens", ()) for unit in _UNITS]
    for part in PARTS:
        yield from _as(lists.get(part, ()), numbers, Word(part, language))
    for part in _WITH_HERE:
        here = Word(part, language, is_here=True)
        yield from _as(lists.get(f"{part}_here", ()), numbers, here)
    yield from _as(lists["ages"], numbers, Word("minors", language))
    yield from _as(lists["ages"], older, Word("fixed", language))
    yield from _as(lists.get("grown_innocent", ()), numbers, Word("innocent", language))


@dataclass(frozen=True)
class _Number:
    """A number as it is read, and one that a phrase can be read with in its place.

    Thousands of phrases come of it, and each would have to be read by itself.
    """

    text: str
    stand_in: str

    @classmethod
    def of(cls, text: str) -> Self:
        is_wordless = Pattern.parse(f"{text}零").core == f"{text}零"
        return cls(fold(text).text, "零" if is_wordless else "0")


def _as(
    texts: Iterable[str], numbers: Sequence[_Number], word: Word
) -> Iterator[tuple[Pattern, Word]]:
    for text in texts:
        if "{n}" not in text:
            yield Pattern.parse(text), word
            continue
        phrases = {one: Pattern.parse(text.replace("{n}", one)) for one in "0零"}
        for number in numbers:
            phrase = phrases[number.stand_in]
            core = phrase.core.replace(number.stand_in, number.text)
            yield Pattern(core, opens=phrase.opens, goes_on=phrase.goes_on), word
