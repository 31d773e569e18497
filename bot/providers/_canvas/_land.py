"""Everything below the horizon: mountains, water, woods, meadows and sand."""

import math

from PIL import Image, ImageChops, ImageFilter

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import WHITE, Colour, Palette, mix, turn
from bot.providers._canvas._surface import (
    Pen,
    Point,
    Surface,
    around,
    cut,
    gradient,
    ridge,
    sized,
    toned,
)

_RELIEF = ImageFilter.Kernel((3, 3), (-3, -2, 0, -2, 0, 2, 0, 2, 3), scale=1.0, offset=128)


Limb = tuple[Point, Point, float]
"""From, to, and the width."""
_SPREAD = {1: 0.0, 2: 0.0}
"""Few rows of trees stand at the horizon; more come towards the viewer."""
_TINY = 4
"""Flowers smaller than this many dots are one dab."""


def _outline(
    surface: Surface, dice: Dice, base: float, height: float, roughness: float
) -> list[Point]:
    """Lay a ridge across the picture: its lowest point at `base`."""
    line = ridge(dice, 8, roughness)
    step = surface.width / (len(line) - 1)
    return [(i * step, base - value * height) for i, value in enumerate(line)]


def _below(surface: Surface, line: list[Point]) -> list[Point]:
    return [*line, (surface.width, surface.height), (0, surface.height)]


def _mist(surface: Surface, palette: Palette, top: float, bottom: float, strength: float) -> None:
    surface.lay(palette.haze, surface.band(top, bottom), strength)


def paint_mountains(surface: Surface, palette: Palette, horizon: float, *, snowy: bool) -> None:
    """Raise ranges behind each other, the far ones pale, the near ones carved by the light."""
    dice = surface.dice.child("mountains")
    height = surface.height
    relief = surface.noise(dice, cells=7, octaves=6).filter(_RELIEF)
    ranges = dice.randint(3, 4)
    for i in range(ranges):
        near = (i + 1) / ranges
        tall = height * (0.36 - 0.2 * near) * dice.uniform(0.85, 1.15)
        line = _outline(surface, dice, horizon + height * 0.02 * i, tall, 0.5 + 0.04 * i)
        mask = surface.mask(lambda pen, line=line: pen.shape(_below(surface, line), 255))
        colour = mix(palette.haze, palette.shadow, 0.3 + 0.5 * near)
        rock = toned(relief, mix(colour, palette.shadow, 0.75), mix(colour, palette.light, 0.42))
        surface.lay(rock, mask)
        if snowy and i < ranges - 1:
            _snowcap(surface, dice, palette, line, horizon - tall * 0.38)
        _mist(surface, palette, horizon - tall * 0.55, horizon + height * 0.03, 0.72 - 0.3 * near)


def _snowcap(
    surface: Surface, dice: Dice, palette: Palette, line: list[Point], snowline: float
) -> None:
    edge = [(x, y + max(0.0, snowline - y) * dice.uniform(0.15, 0.95)) for x, y in line]
    cap = surface.mask(lambda pen: pen.shape([*line, *reversed(edge)], 255))
    side = surface.noise(dice, cells=9, octaves=5).filter(_RELIEF)
    white = mix(WHITE, palette.light, 0.4)
    surface.lay(toned(cut(side, 60, 190), mix(palette.sky[1], white, 0.35), white), cap, 0.92)


def paint_hills(surface: Surface, palette: Palette, horizon: float) -> None:
    """Roll soft hills towards the viewer."""
    dice = surface.dice.child("hills")
    height = surface.height
    grass = surface.noise(dice, cells=10, octaves=5, stretch=2.5)
    for i in range(4):
        near = i / 3
        base = horizon + (height - horizon) * (0.1 + 0.3 * near)
        line = _outline(surface, dice, base, height * dice.uniform(0.07, 0.14), 0.34)
        mask = surface.mask(lambda pen, line=line: pen.shape(_below(surface, line), 255))
        leaf = palette.lit(dice.choice(palette.foliage))
        colour = mix(palette.haze, leaf, 0.35 + 0.6 * near)
        surface.lay(toned(grass, turn(colour, value=0.72), mix(colour, palette.light, 0.25)), mask)
        _mist(surface, palette, base - height * 0.1, base + height * 0.16, 0.3 * (1 - near))


def paint_dunes(surface: Surface, palette: Palette, horizon: float) -> None:
    """Blow sand into dunes with a bright and a dark flank."""
    dice = surface.dice.child("dunes")
    sand = palette.lit((226, 168, 102), 0.4)
    ripples = surface.noise(dice, cells=12, octaves=4, stretch=5)
    for i in range(4):
        near = i / 3
        base = horizon + (surface.height - horizon) * (0.06 + 0.42 * near)
        line = _outline(surface, dice, base, surface.height * (0.07 + 0.1 * near), 0.3)
        mask = surface.mask(lambda pen, line=line: pen.shape(_below(surface, line), 255))
        colour = mix(palette.haze, sand, 0.35 + 0.65 * near)
        surface.lay(toned(ripples, turn(colour, value=0.84), mix(colour, palette.light, 0.3)), mask)
        top = min(range(len(line)), key=lambda n: line[n][1])
        crest, swing = line[top], surface.unit * dice.uniform(90, 240)
        steps = [
            (k / 12, crest[1] + (surface.height * 1.05 - crest[1]) * k / 12) for k in range(13)
        ]
        edge = [(crest[0] + swing * math.sin(t * 4.6) * t**0.6, y) for t, y in steps]
        flank = [*line[top:], (surface.width, surface.height), *reversed(edge)]
        dark = surface.mask(lambda pen, flank=flank: pen.shape(flank, 255))
        soft = ImageChops.multiply(mask, dark.filter(ImageFilter.GaussianBlur(surface.unit * 5)))
        surface.lay(mix(colour, palette.shadow, 0.55), soft, 0.5)


def paint_water(surface: Surface, palette: Palette, horizon: float, light_x: float) -> None:
    """Mirror what stands above the horizon and let ripples break it."""
    dice = surface.dice.child("water")
    top, depth = round(horizon), surface.height - round(horizon)
    mirror = surface.image.crop((0, max(0, top - depth), surface.width, top))
    mirror = sized(mirror.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (surface.width, depth))
    tone = gradient(mirror.size, (mix(palette.sky[2], palette.shadow, 0.2), palette.shadow))
    mirror = Image.blend(mirror.filter(ImageFilter.GaussianBlur(surface.unit * 2)), tone, 0.3)
    _ripple(surface, dice, mirror, top)
    waves = surface.noise(dice, cells=9, octaves=4, stretch=12)
    path = surface.band(horizon, surface.height, low=30, high=150)
    surface.lay(mix(palette.sky[0], palette.shadow, 0.5), _under(cut(waves, 150, 235), path, top))
    glint = _under(cut(waves, 40, 0), surface.band(horizon, surface.height, low=210), top)
    surface.lay(mix(palette.light, palette.sky[2], 0.35), glint, 0.5)
    _glitter(surface, dice, palette, horizon, light_x)


def _under(mask: Image.Image, share: Image.Image, top: int) -> Image.Image:
    mask = ImageChops.multiply(mask, share)
    mask.paste(0, (0, 0, mask.width, top))
    return mask


def _ripple(surface: Surface, dice: Dice, mirror: Image.Image, top: int) -> None:
    phase, rows = dice.uniform(0, 6), max(1, round(surface.unit * 2))
    for y in range(0, mirror.height, rows):
        near = y / mirror.height
        swing = math.sin(phase + 60 * near**0.6) + 0.6 * math.sin(phase * 3 + 170 * near**0.6)
        shift = round(surface.unit * (2 + 26 * near) * 0.5 * swing)
        row = mirror.crop((0, y, mirror.width, y + rows))
        surface.image.paste(ImageChops.offset(row, shift, 0), (0, top + y))


def _glitter(
    surface: Surface, dice: Dice, palette: Palette, horizon: float, light_x: float
) -> None:
    pen, unit = surface.pen(), surface.unit
    depth = surface.height - horizon
    for _ in range(330):
        near = dice.random() ** 1.4
        x = light_x + dice.gauss(0, unit * (26 + 120 * near))
        y, wide = horizon + depth * near, unit * dice.uniform(3, 10 + 26 * near)
        tone = mix(palette.light, palette.sky[2], dice.uniform(0, 0.6))
        pen.oval(x, y, wide, unit * (0.5 + 1.6 * near), tone)


def paint_conifers(surface: Surface, palette: Palette, horizon: float, *, rows: int) -> None:
    """Plant rows of conifers, mist between them."""
    dice = surface.dice.child("conifers")
    height = surface.height
    for i in range(rows):
        near = (i + 1) / rows
        base = horizon + (height - horizon) * (0.02 + _SPREAD.get(rows, 0.3) * near)
        tall = height * (0.06 + 0.16 * near)
        leaf = palette.lit(dice.choice(palette.foliage), 0.7)
        colour = mix(palette.haze, mix(leaf, palette.shadow, 0.66), 0.4 + 0.55 * near)
        row = _row(surface, dice, base, tall)
        mask = surface.mask(lambda pen, row=row: _stand(pen, row))
        texture = surface.noise(dice, cells=26, octaves=3)
        surface.lay(toned(texture, turn(colour, value=0.72), turn(colour, value=1.25)), mask)
        _mist(surface, palette, base - tall * 0.8, base + tall * 0.25, 0.42 * (1.15 - near))


def _row(surface: Surface, dice: Dice, base: float, tall: float) -> list[list[Point]]:
    ground = _outline(surface, dice, base, tall * 0.22, 0.5)
    shapes = [_below(surface, ground)]
    x = -tall * 0.2
    while x < surface.width + tall * 0.2:
        size = tall * dice.uniform(0.45, 1.2)
        at = min(len(ground) - 1, max(0, round(x / surface.width * (len(ground) - 1))))
        shapes.append(_conifer(dice, (x, ground[at][1] + size * 0.05), size))
        x += tall * dice.uniform(0.08, 0.42)
    return shapes


def _stand(pen: Pen, shapes: list[list[Point]]) -> None:
    for shape in shapes:
        pen.shape(shape, 255)


def _conifer(dice: Dice, foot: Point, tall: float) -> list[Point]:
    tiers, wide = dice.randint(6, 9), tall * dice.uniform(0.15, 0.23)
    left: list[Point] = [(foot[0], foot[1] - tall)]
    right: list[Point] = []
    for i in range(1, tiers + 1):
        y = foot[1] - tall * (1 - i / tiers)
        reach = wide * (i / tiers) ** 0.85
        left += [(foot[0] - dice.near(reach, 0.2), y), (foot[0] - reach * 0.45, y - tall * 0.015)]
        right += [(foot[0] + dice.near(reach, 0.2), y), (foot[0] + reach * 0.45, y - tall * 0.015)]
    return left + right[::-1]


def paint_meadow(surface: Surface, palette: Palette, horizon: float, *, flowery: bool) -> None:
    """Spread a meadow: fine and hazy far away, blades and flowers near."""
    dice, unit = surface.dice.child("meadow"), surface.unit
    leaf, haze = palette.lit(palette.foliage[0]), palette.haze
    near_leaf = mix(leaf, palette.shadow, 0.35)
    field = gradient(surface.size, (leaf, leaf, mix(haze, leaf, 0.55), leaf, near_leaf))
    line = _outline(surface, dice, horizon + unit * 8, unit * 22, 0.4)
    mask = surface.mask(lambda pen: pen.shape(_below(surface, line), 255))
    surface.lay(field, mask)
    pen = surface.pen()
    petals = (palette.accent, turn(palette.accent, hue=0.08), mix(palette.accent, WHITE, 0.55))
    for i in range(2600):
        near = (i / 2600) ** 0.8
        foot = (
            dice.uniform(0, surface.width),
            horizon + unit * 14 + (surface.height - horizon) * near * 1.04,
        )
        tall = unit * (5 + 46 * near) * dice.uniform(0.6, 1.3)
        tip = around(*foot, tall, -math.pi / 2 + dice.gauss(0, 0.22))
        shade = mix(mix(haze, leaf, 0.45 + 0.5 * near), near_leaf, dice.random() * near)
        tone = mix(shade, palette.light, 0.3 * dice.random() ** 2)
        pen.line([foot, tip], unit * (1 + 2.4 * near), tone)
        if flowery and dice.says(0.2):
            flower = mix(haze, dice.choice(petals), 0.55 + 0.45 * near)
            _small_flower(pen, dice, tip, unit * (2 + 12 * near), flower)


def _small_flower(pen: Pen, dice: Dice, at: Point, size: float, colour: Colour) -> None:
    if size > _TINY:
        lean = dice.uniform(0, 1)
        for i in range(5):
            x, y = around(*at, size * 0.62, lean + i * math.tau / 5)
            pen.oval(x, y, size * 0.52, size * 0.46, turn(colour, value=dice.uniform(0.86, 1.1)))
        pen.oval(*at, size * 0.32, size * 0.3, (250, 214, 96))
    else:
        pen.oval(*at, size, size * 0.8, colour)


def paint_snowfield(surface: Surface, palette: Palette, horizon: float) -> None:
    """Cover the ground with drifts of snow."""
    dice = surface.dice.child("snowfield")
    soft = surface.noise(dice, cells=3, octaves=4, stretch=4).filter(ImageFilter.GaussianBlur(2))
    for i in range(3):
        base = horizon + (surface.height - horizon) * (0.1 + 0.28 * i)
        line = _outline(surface, dice, base, surface.unit * (40 + 30 * i), 0.3)
        mask = surface.mask(lambda pen, line=line: pen.shape(_below(surface, line), 255))
        white = mix(palette.light, WHITE, 0.5)
        white = mix(white, palette.sky[2], 0.42) if palette.is_dark else white
        blue = mix(white, palette.sky[1], 0.62 - 0.12 * i)
        surface.lay(toned(soft, blue, white), mask)


def paint_great_tree(surface: Surface, palette: Palette, foot: Point, tall: float) -> None:
    """Grow one broad tree, branch by branch, and hang leaves on its ends."""
    dice = surface.dice.child("great tree")
    ends: list[Point] = []
    limbs: list[Limb] = []
    _grow(dice, (foot, -math.pi / 2, tall * 0.3, tall * 0.055), limbs, ends)
    bark = mix(palette.lit((96, 68, 50)), palette.shadow, 0.5)
    wood = surface.mask(lambda pen: _draw_limbs(pen, limbs))
    surface.lay(bark, wood)
    pen = surface.pen()
    for _ in range(1500):
        x, y = dice.choice(ends)
        x, y = x + dice.gauss(0, tall * 0.045), y + dice.gauss(0, tall * 0.04)
        lit = max(0.0, min(1.0, (foot[1] - y) / tall)) * dice.random()
        leaf = palette.lit(dice.choice(palette.foliage))
        tone = mix(mix(leaf, palette.shadow, 0.4 * (1 - lit)), palette.light, 0.32 * lit)
        size = tall * dice.uniform(0.007, 0.016)
        pen.oval(x, y, size * 1.2, size, tone)


def _draw_limbs(pen: Pen, limbs: list[Limb]) -> None:
    for start, end, width in limbs:
        pen.line([start, end], width, 255)


def _grow(
    dice: Dice,
    limb: tuple[Point, float, float, float],
    limbs: list[Limb],
    ends: list[Point],
) -> None:
    start, angle, length, width = limb
    end = around(*start, length, angle)
    limbs.append((start, end, width))
    if length < limbs[0][2] * 1.4:
        ends.append(end)
        return
    for side in (-1, 1, dice.uniform(-0.4, 0.4)):
        bend = angle + side * dice.uniform(0.3, 0.65)
        _grow(dice, (end, bend, length * dice.uniform(0.6, 0.84), width * 0.62), limbs, ends)
