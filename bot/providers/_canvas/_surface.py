"""The canvas and the tools: pens with smooth edges, noise, gradients and glows.

Positions are pixels of the finished picture; `unit` is a thousandth of its shorter side, so a
layer that measures in units looks the same at every size.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol, cast

from PIL import Image, ImageChops, ImageDraw, ImageOps

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import Colour, mix

Point = tuple[float, float]
Fill = Colour | int
_FINE = 2
"""Masks are drawn this much larger and reduced: Pillow's own edges are not smooth."""


class Pen:
    """Draws shapes, scaled into an image."""

    def __init__(self, image: Image.Image, scale: float = 1.0, origin: Point = (0, 0)) -> None:
        self._draw = ImageDraw.Draw(image)
        self._scale = scale
        self._origin = origin

    def _placed(self, points: Sequence[Point]) -> list[Point]:
        left, top = self._origin
        return [((x - left) * self._scale, (y - top) * self._scale) for x, y in points]

    def shape(self, points: Sequence[Point], fill: Fill) -> None:
        """Fill a polygon."""
        self._draw.polygon(self._placed(points), fill=fill)

    def blob(self, points: Sequence[Point], fill: Fill) -> None:
        """Fill a closed curve that passes through the points."""
        self.shape(smooth(points), fill)

    def oval(self, x: float, y: float, wide: float, high: float, fill: Fill) -> None:
        """Fill an ellipse given by its centre and half axes."""
        first, last = self._placed([(x - wide, y - high), (x + wide, y + high)])
        self._draw.ellipse([first, last], fill=fill)

    def line(self, points: Sequence[Point], width: float, fill: Fill) -> None:
        """Draw a line of this width, at least one dot wide."""
        self._draw.line(self._placed(points), fill, max(1, round(width * self._scale)), "curve")


class Surface:
    """One picture in the making."""

    def __init__(self, width: int, height: int, dice: Dice) -> None:
        self.width = width
        self.height = height
        self.unit = min(width, height) / 1000
        self.dice = dice
        self.image = Image.new("RGB", (width, height))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    def pen(self) -> Pen:
        """Draw straight onto the picture, for things too small to need smooth edges."""
        return Pen(self.image)

    def mask(self, paint: Callable[[Pen], None]) -> Image.Image:
        """Draw shapes in 255 on 0, with smooth edges."""
        large = Image.new("L", (self.width * _FINE, self.height * _FINE))
        paint(Pen(large, _FINE))
        return large.reduce(_FINE)

    def lay(self, fill: Colour | Image.Image, mask: Image.Image, opacity: float = 1.0) -> None:
        """Cover the picture with a colour or another picture where the mask is white."""
        if opacity < 1:
            mask = faded(mask, opacity)
        if isinstance(fill, Image.Image):
            self.image.paste(fill, (0, 0), mask)
        else:
            self.image.paste(fill, (0, 0, self.width, self.height), mask)

    def noise(
        self, dice: Dice, *, cells: float, octaves: int = 4, stretch: float = 1.0
    ) -> Image.Image:
        """Make smooth chance, 0-255 over the whole range; `stretch` above 1 makes it wide."""
        total: Image.Image | None = None
        weight = 0.0
        for octave in range(octaves):
            columns = max(2, round(cells * 2**octave))
            rows = max(2, round(columns * stretch * self.height / self.width))
            grid = Image.frombytes("L", (columns, rows), dice.randbytes(columns * rows))
            grid = sized(grid, self.size)
            weight += 0.5**octave
            total = Image.blend(total, grid, 0.5**octave / weight) if total else grid
        assert total is not None, octaves
        return ImageOps.autocontrast(total)

    def band(self, top: float, bottom: float, *, low: int = 0, high: int = 255) -> Image.Image:
        """Make a mask that goes from `low` at `top` to `high` at `bottom`, straight beyond."""
        values = bytes(
            round(low + (high - low) * min(1, max(0, (y - top) / max(1, bottom - top))))
            for y in range(self.height)
        )
        return sized(Image.frombytes("L", (1, self.height), values), self.size)

    def glow(self, at: Point, radius: float, colour: Colour, strength: float = 1.0) -> None:
        """Add light around a point."""
        side = max(2, round(radius * 2))
        # Pillow's gradient is 255 in the corners; 180 is the circle that touches the sides.
        light = curved(
            Image.radial_gradient("L"), lambda v: 255 * strength * max(0.0, 1 - v / 180) ** 1.9
        )
        light = sized(light, (side, side))
        corner = round(at[0] - radius), round(at[1] - radius)
        box = (*corner, corner[0] + side, corner[1] + side)
        below = self.image.crop(box)
        shine = ImageChops.multiply(
            Image.merge("RGB", (light,) * 3), Image.new("RGB", light.size, colour)
        )
        self.image.paste(ImageChops.screen(below, shine), corner)

    def shade(self, texture: Image.Image, strength: float) -> None:
        """Darken and lighten by a grey texture; 128 changes nothing."""
        grey = curved(texture, lambda v: 128 + (v - 128) * strength)
        self.image = ImageChops.overlay(self.image, Image.merge("RGB", (grey,) * 3))


class _Sheet(Protocol):
    """Two methods of an image as we use them: Pillow's own annotations name numpy."""

    def resize(self, size: tuple[int, int], resample: int) -> Image.Image: ...

    def point(self, lut: Sequence[int]) -> Image.Image: ...


def sized(
    image: Image.Image, size: tuple[int, int], how: Image.Resampling = Image.Resampling.BICUBIC
) -> Image.Image:
    """Stretch to a size, smoothly if not told how."""
    return cast("_Sheet", image).resize(size, how)


def means(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Shrink to a size; each dot is the mean of what it stands for."""
    return sized(image, size, Image.Resampling.BOX)


def curved(image: Image.Image, curve: Callable[[int], float]) -> Image.Image:
    """Put every value of every channel through a curve; the result is clipped to 0-255."""
    return swapped(image, [max(0, min(255, round(curve(value)))) for value in range(256)])


def swapped(image: Image.Image, table: Sequence[int]) -> Image.Image:
    """Swap every value of every channel for that at its place in the table."""
    return cast("_Sheet", image).point([*table] * len(image.getbands()))


def shifted_by(image: Image.Image, lift: Image.Image, drop: Image.Image) -> Image.Image:
    """Raise and lower an image's colours by two smaller images, stretched smoothly over it."""
    raised = ImageChops.add(image, sized(lift, image.size))
    return ImageChops.subtract(raised, sized(drop, image.size))


def faded(mask: Image.Image, opacity: float) -> Image.Image:
    """Weaken a mask."""
    return curved(mask, lambda v: v * opacity)


def cut(mask: Image.Image, low: int, high: int) -> Image.Image:
    """Spread the range `low`-`high` of a mask over 0-255; the rest is clipped."""
    return curved(mask, lambda v: (v - low) * 255 / (high - low))


def shifted(mask: Image.Image, right: int, down: int) -> Image.Image:
    """Move a mask; what comes free at the edge stays as it was."""
    moved = mask.copy()
    moved.paste(mask, (right, down))
    return moved


def toned(grey: Image.Image, dark: Colour, light: Colour) -> Image.Image:
    """Colour a grey picture between two colours."""
    return ImageOps.colorize(grey, dark, light)


def gradient(size: tuple[int, int], stops: Sequence[Colour]) -> Image.Image:
    """Run through the colours from top to bottom."""
    rows = 256
    strip = Image.new("RGB", (1, rows))
    for y in range(rows):
        place = y / (rows - 1) * (len(stops) - 1)
        lower = min(int(place), len(stops) - 2)
        share = place - lower
        strip.putpixel((0, y), mix(stops[lower], stops[lower + 1], share))
    return sized(strip, size)


def smooth(points: Sequence[Point], pieces: int = 8) -> list[Point]:
    """Lay a closed Catmull-Rom curve through the points."""
    curve: list[Point] = []
    count = len(points)
    for i in range(count):
        p0, p1, p2, p3 = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        curve += [
            (
                _spline(p0[0], p1[0], p2[0], p3[0], step / pieces),
                _spline(p0[1], p1[1], p2[1], p3[1], step / pieces),
            )
            for step in range(pieces)
        ]
    return curve


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )


def ridge(dice: Dice, steps: int, roughness: float) -> list[float]:
    """Make a jagged line by midpoint displacement: 2**steps + 1 heights of 0-1."""
    line = [dice.random(), dice.random()]
    spread = 0.5
    for _ in range(steps):
        middles = [(a + b) / 2 + dice.uniform(-spread, spread) for a, b in pairwise(line)]
        line = [p for pair in zip(line, middles, strict=False) for p in pair] + [line[-1]]
        spread *= roughness
    low, high = min(line), max(line)
    return [(value - low) / max(1e-9, high - low) for value in line]


def around(x: float, y: float, radius: float, angle: float) -> Point:
    """Go `radius` from a point in a direction, in radians."""
    return x + math.cos(angle) * radius, y + math.sin(angle) * radius
