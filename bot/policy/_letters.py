"""Letters: a text as a reader sees it, without the tricks that hide words from a filter.

Compatibility forms (full width, mathematical, circled), case, accents, invisible characters and
letters that only look like Latin ones are undone, pictures of children become words, and each
letter knows where it was typed.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Letters:
    """A text and, for each of its characters, where it was typed; -1 is nowhere."""

    text: str
    at: Sequence[int]

    def part(self, start: int, end: int, read_as: str | None = None) -> "Letters":
        """Return what lies between two places, or as many letters that are read in its place."""
        return Letters(self.text[start:end] if read_as is None else read_as, self.at[start:end])

    def typed(self, start: int, end: int) -> list[int]:
        """Return where the characters between two places were typed, in order, each once."""
        if end - start == 1 and self.at[start] >= 0:
            # Chinese has many words of one letter, and a text of nothing else has thousands.
            return [self.at[start]]
        return sorted({index for index in self.at[start:end] if index >= 0})


def fold(typed: str) -> Letters:
    """Return a text in lower case without accents and hidden characters, positions kept.

    Letters of other alphabets stay what they are; see `in_latin`.
    """
    if typed.isascii() and not _CONTROL.search(typed):
        return Letters(typed.lower(), range(len(typed)))
    letters: list[str] = []
    at: list[int] = []
    last = ""
    for index, character in enumerate(typed):
        known = _FOLDED.get(character)
        folded = _remember(character) if known is None else known
        if folded in _KANA_MARKS and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + folded)[:1]
            continue
        if folded == last and len(folded) > _MOST_LETTERS:
            # A row of them says it once.
            continue
        last = folded
        for letter in folded:
            letters.append(letter)
            at.append(index)
    return Letters("".join(letters), at)


def in_latin(word: str) -> str | None:
    """Return a folded word with the letters that look like Latin ones taken for them.

    Among Latin letters, whatever comes close counts; a word without any is read so only if each
    of its letters is the very image of a Latin one, since it may well be honest Russian or Greek.
    None when there is nothing to take for Latin.
    """
    if word.isascii() or not _LOOKING_LATIN.search(word):
        return None
    if _LATIN.search(word):
        return word.translate(_ALIKE)
    return word.translate(_ALIKE) if all(letter in _VERY_ALIKE for letter in word) else None


_LATIN = re.compile("[a-z]")
_KANA_MARKS = ("\u3099", "\u309a")
_MOST_REMEMBERED = 50_000
_FOLDED: dict[str, str] = {}

# Letters by name: "LATIN SMALL LETTER N WITH TILDE", "NEGATIVE SQUARED LATIN CAPITAL LETTER N".
_NAMED = re.compile(
    r"(?:.* )?LATIN (?:SMALL|CAPITAL) LETTER (?:(?:TURNED|REVERSED|SIDEWAYS|SCRIPT|DOTLESS|LONG|"
    r"INSULAR|BLACKLETTER|CLOSED|SMALL CAPITAL) )*([A-Z]{1,2})(?: WITH .*| DIGRAPH)?"
    r"|(?:LATIN LETTER SMALL CAPITAL|MODIFIER LETTER (?:SMALL|CAPITAL)|REGIONAL INDICATOR SYMBOL "
    r"LETTER) (?:(?:TURNED|REVERSED|BARRED) )?([A-Z]{1,2})"
)
# Marks on the letter before them, in scripts that are read without, and what chooses a variant.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u05b0-\u05bd\u05bf-\u05c7\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
# Blank, though no space and of no class of invisible characters: braille, Hangul and Khmer fillers.
_BLANK = frozenset("\u2800\u115f\u1160\u3164\uffa0\u17b4\u17b5\u034f")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_MOST_LETTERS = 3
"""Of one character; some stand for a whole sentence, and a text of them would be a long one."""


def _pairs() -> dict[str, dict[str, str]]:
    """Read the pairs of letters by the title of their part."""
    parts: dict[str, dict[str, str]] = {}
    title = ""
    text = resources.files("bot.policy").joinpath("words/alike.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            title = line.strip("[]")
            parts[title] = {}
        elif line and not line.startswith("#"):
            parts[title] |= {pair[0]: pair[1:] for pair in line.split()}
    return parts


_PAIRS = _pairs()
_VERY_ALIKE = _PAIRS["the very image"]
_OTHERS = _PAIRS["Latin without a decomposition"] | _PAIRS["read otherwise when decomposed"]
_PICTURED = {picture: f" {word} " for picture, word in _PAIRS["pictures for words"].items()}
_ALIKE = str.maketrans(_VERY_ALIKE | _PAIRS["close among Latin letters"])
_LOOKING_LATIN = re.compile("[" + "".join(chr(code) for code in _ALIKE) + "]")


def _remember(character: str) -> str:
    folded = _folded(character)
    if len(_FOLDED) < _MOST_REMEMBERED:
        _FOLDED[character] = folded
    return folded


def _folded(character: str) -> str:
    if character in _PICTURED:
        return _PICTURED[character]
    if _is_unseen(character):
        return ""
    if character.isspace():
        return "\n" if character in "\n\r\v\f\u2028\u2029\x85" else " "
    named = _named(character)
    if named is not None:
        return named
    plain = unicodedata.normalize("NFKC", character).casefold()
    parts = unicodedata.normalize("NFKD", plain)
    bare = "".join(part for part in parts if not _ACCENT.match(part))
    whole = unicodedata.normalize("NFC", bare)
    return "".join(_named(letter) or letter for letter in whole[:_MOST_LETTERS])


def _named(character: str) -> str | None:
    if character.isascii():
        return None
    if character in _OTHERS:
        return _OTHERS[character]
    match = _NAMED.fullmatch(unicodedata.name(character, ""))
    return (match[1] or match[2]).lower() if match else None


def _is_unseen(character: str) -> bool:
    if character in _BLANK:
        return True
    category = unicodedata.category(character)
    if category == "Cc":
        return not character.isspace()
    return category in ("Cf", "Cs") or _ACCENT.match(character) is not None
