"""Lays pictures out side by side in one, each in a band of its own with a flowing edge."""

import math
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageFilter, ImageOps

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import INK
from bot.providers._canvas._surface import Surface, sized, swapped

_DOTS = 96
"""How many dots the slope of the bands is worked out in, across and down."""
_WAVES = 0.2
"""How much of the bands' course is chance; the rest goes straight."""
_SOFT = 9
"""How soft an edge is, in units."""
_DEPTH = 22
_DARK = 0.42
"""How soft (in units) and dark the shadow is that a picture casts on the one it covers."""
_SLANT = 0.45
"""How far the bands of a wide or tall picture lean at most, in radians."""
_LONG = 1.2
"""From this ratio of its sides on a picture is wide or tall."""


def lay_out(surface: Surface, pictures: Sequence[Image.Image]) -> None:
    """Give every picture (RGB) an equal share of the surface, in their order."""
    course = _course(surface)
    limits = _limits(course, len(pictures))
    for picture, low, high in zip(pictures, limits, limits[1:], strict=False):
        _cover(surface, picture, _above(course, low), _above(course, high))


def _cover(surface: Surface, picture: Image.Image, mask: Image.Image, rest: Image.Image) -> None:
    """Cover what a mask shows with a picture, fitted into the part that will stay seen."""
    if mask.getextrema() != (255, 255):
        surface.lay(INK, mask.filter(ImageFilter.GaussianBlur(surface.unit * _DEPTH)), _DARK)
    reach = rest if rest.getbbox() else Image.new("L", surface.size)
    seen = ImageChops.subtract(mask, reach).filter(ImageFilter.MaxFilter(3))
    left, top, right, bottom = seen.getbbox() or (0, 0, *surface.size)
    margin = round(surface.unit * _SOFT * 3)
    left, top = max(0, left - margin), max(0, top - margin)
    right, bottom = min(surface.width, right + margin), min(surface.height, bottom + margin)
    placed = surface.image.copy()
    placed.paste(_fitted(picture, (right - left, bottom - top)), (left, top))
    surface.lay(placed, mask.filter(ImageFilter.GaussianBlur(surface.unit * _SOFT)))


def _fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Fill a size with the middle of a picture."""
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def _course(surface: Surface) -> Image.Image:
    """Make a slope over the surface, 0-255, whose level lines are the edges of the bands."""
    dice = surface.dice.child("bands")
    slope = sized(_slope(_angle(surface, dice)), surface.size)
    waves = surface.noise(dice, cells=2, octaves=2)
    # One octave has no islands at this share; the second one gives the edge its smaller bends.
    return ImageOps.autocontrast(Image.blend(slope, waves, _WAVES))


def _angle(surface: Surface, dice: Dice) -> float:
    """Choose where the bands go: along the longer side, or anywhere where there is none."""
    ratio = surface.width / surface.height
    if ratio > _LONG:
        return dice.uniform(-_SLANT, _SLANT)
    if ratio < 1 / _LONG:
        return math.pi / 2 + dice.uniform(-_SLANT, _SLANT)
    return dice.uniform(0, math.pi / 2)


def _slope(angle: float) -> Image.Image:
    """Rise evenly in a direction, from the corner it comes from to that it goes to."""
    across, down = math.cos(angle), math.sin(angle)
    least = min(0.0, across) + min(0.0, down)
    reach = abs(across) + abs(down)
    dots = bytes(
        round(255 * (across * x + down * y - least * (_DOTS - 1)) / (reach * (_DOTS - 1)))
        for y in range(_DOTS)
        for x in range(_DOTS)
    )
    return Image.frombytes("L", (_DOTS, _DOTS), dots)


def _limits(course: Image.Image, count: int) -> list[int]:
    """Find the levels between which equal parts of the surface lie, from 0 to 256."""
    limits, seen, total = [0], 0, course.width * course.height
    for level, dots in enumerate(course.histogram()):
        seen += dots
        if len(limits) < count and seen * count >= total * len(limits):
            limits.append(level + 1)
    return [*limits, 256]


def _above(course: Image.Image, level: int) -> Image.Image:
    return swapped(course, [0] * level + [255] * (256 - level))
