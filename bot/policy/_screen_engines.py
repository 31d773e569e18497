"""Engines: the two libraries that match, which bring no types, as this package uses them.

Aho-Corasick finds any number of words in one pass. RE2 never takes longer than its program's size
times the text's length, which `re` may: a moderator's pattern must not hold up the whole bot.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, cast

import ahocorasick
import re2  # pyright: ignore[reportMissingTypeStubs]

from bot.errors import BadPattern

MOST_MEMORY_BYTES = 1 << 18


class Automaton(Protocol):
    """Words with a value each; see https://pyahocorasick.readthedocs.io."""

    def add_word(self, key: str, value: object, /) -> bool:
        """Add a word; before `make_automaton`."""
        ...

    def make_automaton(self) -> None:
        """Get ready to search."""
        ...

    def iter(self, text: str, /) -> Iterator[tuple[int, Any]]:
        """Return each word's last place in a text, and its value."""
        ...


class Match(Protocol):
    """Where an expression matched."""

    def span(self, group: int = 0) -> tuple[int, int]:
        """Return its first place and the one behind its last."""
        ...


class Expression(Protocol):
    """A compiled regular expression."""

    @property
    def programsize(self) -> int:
        """How many instructions it has."""
        ...

    def search(self, text: str) -> Match | None:
        """Return the first match."""
        ...

    def finditer(self, text: str) -> Iterator[Match]:
        """Return the matches that do not overlap."""
        ...


def automaton_of(words: Iterable[tuple[str, object]]) -> Automaton:
    """Return an automaton that finds words."""
    automaton = _new_automaton()
    for key, value in words:
        automaton.add_word(key, value)
    automaton.make_automaton()
    return automaton


def expression_of(pattern: str) -> Expression:
    """Compile a regular expression, whatever the case of its letters.

    Raises:
        BadPattern: it is none that RE2 knows, or too large.
    """
    options = _new_options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = MOST_MEMORY_BYTES
    try:
        return _compile(pattern, options)
    except _Error as error:
        words = error.args[0] if error.args else ""
        text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        raise BadPattern(f"it is no regular expression ({text[:100]})") from None


_new_automaton = cast(
    "Callable[[], Automaton]",
    ahocorasick.Automaton,  # pyright: ignore[reportUnknownMemberType]
)
_new_options = cast("Callable[[], Any]", re2.Options)
_compile = cast("Callable[[str, object], Expression]", re2.compile)  # pyright: ignore[reportUnknownMemberType]
_Error = cast("type[Exception]", re2.error)  # pyright: ignore[reportUnknownMemberType]
