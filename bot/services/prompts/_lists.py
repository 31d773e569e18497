r"""Lists: `a {red, blue} fox` is two prompts.

Several lists in one prompt multiply, a list may stand inside another, an alternative may be empty.
Braces that do not pair, or that hold no comma, are text. `\{` and `\}` are always braces as text,
`\,` between braces is a comma as text; any other backslash is a backslash.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Union

from bot.errors import TooManyPrompts

_COUNTED = 1000
"""Where counting stops: a prompt of 4000 characters can make 2 ** 1333."""
_PIECES = re.compile(r"\\[{},]|[{},]|[^\\{},]+|\\")

_Part = Union[str, "_List"]


@dataclass(frozen=True)
class _List:
    alternatives: list[list[_Part]]


@dataclass
class _Reading:
    """A list, or the whole prompt, that is being read; counted are the prompts that it makes."""

    alternatives: list[list[_Part]] = field(default_factory=lambda: [[]])
    count_before: int = 0
    """Made by the alternatives that are over."""
    count: int = 1
    """Made by the alternative that is being read."""

    def end_alternative(self) -> None:
        self.alternatives[-1] = _trimmed(self.alternatives[-1])
        self.count_before += self.count

    def begin_alternative(self) -> None:
        self.alternatives.append([])
        self.count = 1


def expand(words: str, *, limit: int = 10) -> list[str]:
    """Return every prompt that the lists make, in the order written: the first varies slowest.

    Where an empty alternative leaves two spaces, one of them stays.

    Raises:
        TooManyPrompts: more than `limit`.
    """
    whole = _read(words, ceiling=max(_COUNTED, limit + 1))
    if whole.count > limit:
        raise TooManyPrompts(count=whole.count, limit=limit)
    return [_glued(pieces) for pieces in _variants(whole.alternatives[0])]


def _read(words: str, *, ceiling: int) -> _Reading:
    """Read the lists without recursion: people can nest them as deep as a prompt is long."""
    whole = _Reading()
    readings = [whole]
    for piece, is_sign in _parted(words):
        inner = readings[-1]
        if not is_sign:
            inner.alternatives[-1].append(piece)
        elif piece == "{":
            readings.append(_Reading())
        elif piece == ",":
            inner.end_alternative()
            inner.begin_alternative()
        else:
            readings.pop().end_alternative()
            outer = readings[-1]
            outer.alternatives[-1].append(_List(inner.alternatives))
            outer.count = min(ceiling, outer.count * inner.count_before)
    return whole


def _parted(words: str) -> Iterator[tuple[str, bool]]:
    """Yield the signs of lists, each with True, and the whole text between two with False."""
    pieces = _PIECES.findall(words)
    start = 0
    for at in sorted(_find_signs(pieces)):
        if at > start:
            yield "".join(pieces[start:at]), False
        yield pieces[at], True
        start = at + 1
    if start < len(pieces):
        yield "".join(pieces[start:]), False


def _find_signs(pieces: list[str]) -> set[int]:
    """Return where lists begin, part and end; backslashes that did their work are taken away."""
    signs: set[int] = set()
    still_open: list[list[int]] = []
    for at, piece in enumerate(pieces):
        if piece in (r"\{", r"\}"):
            pieces[at] = piece[1]
        elif piece == "{":
            still_open.append([at])
        elif still_open and piece in (",", r"\,"):
            still_open[-1].append(at)
        elif still_open and piece == "}":
            pair = [*still_open.pop(), at]
            escaped = {one for one in pair if pieces[one] == r"\,"}
            if any(pieces[one] == "," for one in pair):
                signs.update(set(pair) - escaped)
            for one in escaped:
                pieces[one] = ","
    return signs


def _trimmed(parts: list[_Part]) -> list[_Part]:
    """Take the white space off both ends; nothing at all is one empty piece."""
    trimmed = parts or [""]
    if isinstance(trimmed[0], str):
        trimmed[0] = trimmed[0].lstrip()
    if isinstance(trimmed[-1], str):
        trimmed[-1] = trimmed[-1].rstrip()
    return trimmed


def _variants(parts: list[_Part]) -> Iterator[list[str]]:
    """Yield the pieces of each prompt.

    Each list around another makes at least one prompt more, so recursion ends before the limit.
    """
    choices = [
        [[part]]
        if isinstance(part, str)
        else [pieces for one in part.alternatives for pieces in _variants(one)]
        for part in parts
    ]
    for chosen in itertools.product(*choices):
        yield list(itertools.chain.from_iterable(chosen))


def _glued(pieces: Iterable[str]) -> str:
    """Join pieces; of the white space on both sides of an empty one, only the left stays."""
    glued: list[str] = []
    is_gap = False
    for piece in pieces:
        follows_space = bool(glued) and glued[-1][-1].isspace()
        kept = piece.lstrip() if is_gap and follows_space else piece
        if kept:
            glued.append(kept)
        is_gap = not piece
    return "".join(glued).strip()
