"""Lays pictures out side by side in one, each in a band of its own with a flowing edge."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageOps

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._surface import Surface, cut, faded, sized

_DOTS = 96
"""How many dots the slope of the bands is worked out in, across and down."""
_WAVES = 0.3
"""How much of the bands' course is chance; the rest goes straight."""
_FORMS = 0.12
"""How much the forms of the pictures themselves push the edges around."""
_SOFT = 13
_RIBBON = 8
"""How wide an edge is, and the light on it, in 1/255 of the way across all bands."""
_LIGHT = 0.3
_SLANT = 0.45
"""How far the bands of a wide or tall picture lean at most, in radians."""
_LONG = 1.2
"""From this ratio of its sides on a picture is wide or tall."""

Centre = tuple[float, float]


@dataclass(frozen=True)
class Part:
    """A picture (RGB) to lay out, and the place in it that shall be seen (shares, 0-1)."""

    image: Image.Image
    centre: Centre = (0.5, 0.5)


def lay_out(surface: Surface, parts: Sequence[Part]) -> None:
    """Give every picture an equal share of the surface, in their order."""
    size, dice = surface.size, surface.dice.child("bands")
    course = _course(surface, dice, parts)
    limits = _limits(course, len(parts))
    surface.image = fitted(parts[0], size)
    for number, part in enumerate(parts):
        low, high = limits[number], limits[number + 1]
        mask = _band(course, low, high).filter(ImageFilter.GaussianBlur(surface.unit * 5))
        box = mask.getbbox() or (0, 0, *size)
        placed = Image.new("RGB", size)
        placed.paste(fitted(part, (box[2] - box[0], box[3] - box[1])), box[:2])
        # The first one lies under all others, so that no seam shows what is below both.
        under = mask if number else cut(mask, 0, 1)
        surface.lay(placed, under)
    for limit in limits[1:-1]:
        _light_edge(surface, course, limit)


def fitted(part: Part, size: tuple[int, int]) -> Image.Image:
    """Fill a size with a picture, cropped around what shall be seen."""
    return ImageOps.fit(
        part.image, size, Image.Resampling.LANCZOS, bleed=0.0, centering=part.centre
    )


def _course(surface: Surface, dice: Dice, parts: Sequence[Part]) -> Image.Image:
    """Make a slope over the surface, 0-255, whose level lines are the edges of the bands."""
    slope = sized(_slope(_angle(surface, dice)), surface.size)
    waves = surface.noise(dice.child("waves"), cells=1.6, octaves=3)
    course = Image.blend(slope, waves, _WAVES)
    forms = ImageChops.add(
        *(fitted(part, surface.size).convert("L") for part in (parts[0], parts[-1])), scale=2.0
    )
    forms = forms.filter(ImageFilter.GaussianBlur(surface.unit * 14))
    return ImageOps.autocontrast(Image.blend(course, forms, _FORMS))


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


def _band(course: Image.Image, low: int, high: int) -> Image.Image:
    """Cover everything above one level; what is above the next is covered after it."""
    reached = cut(course, low - _SOFT, low + _SOFT)
    beyond = cut(course, high, high + 2 * _SOFT)
    return ImageChops.subtract(reached, beyond)


def _light_edge(surface: Surface, course: Image.Image, limit: int) -> None:
    """Let a little light run along an edge: it shall look like one that is meant."""
    rising = cut(course, limit - _RIBBON, limit)
    falling = cut(course, limit, limit + 2 * _RIBBON)
    ribbon = ImageChops.subtract(rising, falling).filter(
        ImageFilter.GaussianBlur(surface.unit * 3)
    )
    light = faded(ribbon, _LIGHT)
    surface.image = ImageChops.screen(surface.image, Image.merge("RGB", (light,) * 3))
