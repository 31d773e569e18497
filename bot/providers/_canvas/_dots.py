"""Looks at small copies of pictures dot by dot: which lie beside each other, what is connected.

Masks are L, 255 on 0.
"""

from collections import deque
from collections.abc import Iterator

from PIL import Image, ImageChops, ImageFilter

_LONGEST = 160
"""The longer side of a small copy, in dots."""


def small_copy(picture: Image.Image) -> Image.Image:
    """Shrink an RGB picture to what is looked at, without its smallest things."""
    small = picture.copy()
    small.thumbnail((_LONGEST, _LONGEST), Image.Resampling.BOX)
    return small.filter(ImageFilter.MedianFilter(5))


def apart(first: Image.Image, second: Image.Image) -> Image.Image:
    """Measure how far two pictures are apart, dot by dot."""
    red, green, blue = ImageChops.difference(first, second).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def beside(at: int, wide: int, high: int) -> Iterator[int]:
    """Yield the dots left, right, above and below, counted row by row."""
    row, column = divmod(at, wide)
    if column:
        yield at - 1
    if column < wide - 1:
        yield at + 1
    if row:
        yield at - wide
    if row < high - 1:
        yield at + wide


def pieces(flags: bytearray, wide: int, value: int) -> Iterator[list[int]]:
    """Yield each connected piece of dots with this value."""
    seen = bytearray(len(flags))
    for start, flag in enumerate(flags):
        if flag == value and not seen[start]:
            yield _piece(flags, seen, wide, start)


def _piece(flags: bytearray, seen: bytearray, wide: int, start: int) -> list[int]:
    value, piece, line = flags[start], [start], deque([start])
    high = len(flags) // wide
    seen[start] = 1
    while line:
        at = line.popleft()
        for other in beside(at, wide, high):
            if flags[other] == value and not seen[other]:
                seen[other] = 1
                piece.append(other)
                line.append(other)
    return piece
