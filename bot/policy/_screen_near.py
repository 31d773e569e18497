"""Nearness: words that say a minor only together, and phrases that turn out to describe one."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate

from bot.policy._screen_index import Hit
from bot.policy._screen_lists import OF_AGE, Word
from bot.policy._screen_readings import Readings

Hits = list[Hit[Word]]

NEAR_WORDS = 3
"""How many words further one may stand from another that it belongs to, at most."""

_LEAST_AGE = 3
"""Smaller numbers count pictures and people, unless they stand alone: "girl 1, left; girl 2"."""

_MOST_COUNTED = 4
"""Up to this, a number before a plural says how many there are; above, only before some."""


_TOKEN = re.compile(r"[^ ]+")
_JOIN_WORDS = (
    "and or for with by of in on at to as from near behind beside under over und mit im am auf "
    "et avec y con e i z ve и из на под"
)
_JOINS = frozenset(_JOIN_WORDS.split())
"""Words behind which something else begins than what stands before them."""

_TEEN_WORDS = "eleven twelve thirteen fourteen fifteen sixteen seventeen"
_TEENS = {name: number for number, name in enumerate(_TEEN_WORDS.split(), start=11)}
_NUMBER = re.compile(rf"(?<!\d)\d{{1,2}}(?!\w)|\b(?:{'|'.join(_TEENS)})\b")
_ATTACHED = re.compile(r"(?:girl|boy)s?[\s_#/|*=@]*$")
_NO_AGE_BEFORE = re.compile(
    r"[\w./\\#$€£+*=@^]$|\d,$|\d\s?:$|--?[a-z]+[ =:]*$"
    r"|\b(?:seed|steps?|cfg|scale|skip|v|ver|version|no|nr|part|vol|volume|chapter|episode|page"
    r"|room|top|level|type|size|score|rating|iso|weight|strength|model|style|channel|route|day"
    r"|week|night|scene|act|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)[ .:=]*$"
)
_NO_AGE_AFTER = re.compile(
    r"[%°:/_*]|[.,]\d|\s?[x×]\s?\d|\s?-?\s?(?:k|bit|mm|cm|m|px|fps|am|pm|kg|lbs?|inch|inches|ft"
    r"|feet|steps?|percent|o'clock)\b"
    r"|\s(?:fingers|candles|roses|flowers|stars|people|men|women|adults|persons|cats|dogs|tattoos"
    r"|views|poses|images|pictures|photos|panels|frames|variations|arms|legs|wings|tails|minutes"
    r"|hours|days|weeks|pounds|dollars|euros|miles|colors|colours|styles"
    r"|dwarfs|dancers|friends|models|poster)\b"
)
_COUNTED = re.compile(r"\s[a-z]+s\b(?<!years)(?<!yrs)")
_PLURALS_IN_S = ("de", "en", "es", "fr", "pt")
_AROUND = 16
_BORN = re.compile(
    r"\b(?:born|dob|birth(?:day|date|year)?|geboren|nee|nacid[ao]|nascid[ao]|nat[ao]|urodzon[ay]"
    r"|рожд\w{1,6}|родил\w{1,4})\b[^\n]{0,24}?\b((?:19|20)\d\d)\b|\b((?:19|20)\d\d)年生"
)


class Places:
    """The words of a text by number, and what parts them."""

    def __init__(self, readings: Readings) -> None:
        self.folded = readings.folded
        self._words: list[str] = []
        self._starts: list[int] = []
        parted: list[int] = []
        is_parted = False
        for token in _TOKEN.finditer(readings.plain.text):
            if token[0] == ".":
                is_parted = True
                continue
            self._words.append(token[0])
            self._starts.append(readings.plain.at[token.start()])
            parted.append(int(is_parted))
            is_parted = False
        self._parted = list(accumulate(parted))

    def first_of(self, hit: Hit[Word]) -> int:
        """Return the number of the word where something begins."""
        return self.number_at(hit.at[0])

    def last_of(self, hit: Hit[Word]) -> int:
        """Return the number of the word where something ends."""
        return self.number_at(hit.at[-1])

    def number_at(self, index: int) -> int:
        """Return the number of the word that was typed at a place, or the last one before it."""
        return max(bisect_right(self._starts, index) - 1, 0)

    def are_parted(self, first: int, last: int) -> bool:
        """Whether more than white space lies somewhere between two words; so it does at the end."""
        return last >= len(self._words) or self._parted[first] != self._parted[last]

    def is_joining(self, number: int) -> bool:
        """Whether a word only joins others."""
        return number < len(self._words) and self._words[number] in _JOINS


def find_young(places: Places, small: Sequence[Hit[Word]], youths: Sequence[Hit[Word]]) -> Hits:
    """Return the minors that no single word says; each names the language of its girl or boy."""
    by_word: dict[int, Hit[Word]] = {places.first_of(hit): hit for hit in youths}
    if not by_word:
        return []
    found: dict[int, Hit[Word]] = {}
    for hit in small:
        last = places.last_of(hit)
        for there, one in _around(by_word, last):
            if last not in found and _is_small(places, last, there):
                found[last] = _joined(hit.at, one)
    for at in _numbers(places):
        here = places.number_at(at[0])
        for there, one in _around(by_word, here):
            if here not in found and (here >= there or not _are_many(places, one)):
                found[here] = _joined(at, one)
    return list(found.values())


def find_births(places: Places) -> Iterator[Hit[Word]]:
    """Return the years in which whoever was born is no grown-up yet."""
    text = places.folded.text
    this_year = datetime.now(UTC).year
    for match in _BORN.finditer(text):
        # Who is 18 this year may not be so yet.
        if this_year - OF_AGE <= int(match[1] or match[2]) <= this_year:
            yield Hit(Word("minors", ""), places.folded.typed(*match.span()))


def describe_one(places: Places, phrase: Hit[Word], followers: Sequence[int]) -> bool:
    """Whether one of some words, by number, follows a phrase so closely that it is about them."""
    last = places.last_of(phrase)
    for number in range(last, last + NEAR_WORDS + 1):
        if places.are_parted(last, number) or (number > last and places.is_joining(number)):
            return False
        if _holds(followers, number) and number > places.first_of(phrase):
            return True
    return False


def _holds(ordered: Sequence[int], number: int) -> bool:
    index = bisect_left(ordered, number)
    return index < len(ordered) and ordered[index] == number


def _around(by_word: Mapping[int, Hit[Word]], number: int) -> Iterator[tuple[int, Hit[Word]]]:
    near = range(number - NEAR_WORDS, number + NEAR_WORDS + 1)
    return ((one, by_word[one]) for one in near if one in by_word)


def _joined(at: Sequence[int], one: Hit[Word]) -> Hit[Word]:
    return Hit(Word("minors", one.what.language), sorted({*at, *one.at}))


def _is_small(places: Places, here: int, there: int) -> bool:
    """Whether "small" says how a girl or boy is, rather than something about them."""
    if here <= there:
        return not places.are_parted(here, there) or places.are_parted(here, here + 1)
    # "a girl, tiny, asleep"; not "a girl, small hat".
    return places.are_parted(here, here + 1)


def _are_many(places: Places, youth: Hit[Word]) -> bool:
    """Whether a number before a word is how many there are, rather than how old one is."""
    if youth.what.language not in _PLURALS_IN_S:
        return True
    last = bisect_right(places.folded.at, youth.at[-1]) - 1
    return places.folded.text[last] in "sz"


def _numbers(places: Places) -> Iterator[Sequence[int]]:
    """Return where numbers below 18 stand that may be ages."""
    text = places.folded.text
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        number = _TEENS.get(match[0]) or int(match[0])
        if 1 <= number < OF_AGE and _may_be_age(text, start, end, number):
            yield places.folded.typed(start, end)


def _may_be_age(text: str, start: int, end: int, number: int) -> bool:
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    if not _ATTACHED.search(before) and _NO_AGE_BEFORE.search(before):
        return False
    if _NO_AGE_AFTER.match(after) or (before.endswith(":") and number <= _LEAST_AGE):
        return False
    if number < _LEAST_AGE:
        return before.rstrip().endswith((",", "(", " of")) and after.lstrip()[:1] in ("", ",", ")")
    return number > _MOST_COUNTED or not _COUNTED.match(after)
