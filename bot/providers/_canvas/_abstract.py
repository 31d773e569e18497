"""Pictures of nothing: ribbons, discs and arcs in a few colours."""

import math

from PIL import ImageChops, ImageFilter

from bot.providers._canvas._palette import WHITE, Colour, Palette, mix, turn
from bot.providers._canvas._surface import Point, Surface, around, cut, gradient, shifted, toned


def paint_abstract(surface: Surface, palette: Palette) -> None:
    """Choose one of three ways to arrange the colours."""
    surface.image = gradient(surface.size, palette.sky[::-1])
    surface.shade(surface.noise(surface.dice.child("ground"), cells=3, octaves=5), 0.3)
    ways = (_ribbons, _discs, _terraces)
    surface.dice.child("abstract").choice(ways)(surface, palette)


def _tones(palette: Palette) -> tuple[Colour, ...]:
    accent = palette.accent
    return (
        accent,
        turn(accent, hue=0.5, richness=0.9),
        turn(accent, hue=0.08, value=1.2),
        palette.sky[0],
        palette.sky[2],
        mix(palette.light, WHITE, 0.4),
        palette.shadow,
    )


def _ribbons(surface: Surface, palette: Palette) -> None:
    dice, unit = surface.dice.child("ribbons"), surface.unit
    for i in range(11):
        level = surface.height * (0.05 + 0.9 * i / 10)
        waves = [
            (dice.uniform(60, 170) / k, dice.uniform(0.6, 1.5) * k, dice.uniform(0, 6))
            for k in (1, 2, 3)
        ]
        top: list[Point] = []
        low: list[Point] = []
        for step in range(81):
            t = step / 80
            y = level + unit * sum(a * math.sin(f * math.tau * t + p) for a, f, p in waves)
            half = unit * (
                24 + 62 * (0.5 + 0.5 * math.sin(math.tau * t * waves[1][1] + waves[0][2]))
            )
            top.append((t * surface.width, y - half))
            low.append((t * surface.width, y + half))
        mask = surface.mask(lambda pen, edge=top + low[::-1]: pen.shape(edge, 255))
        fall = shifted(mask, 0, round(unit * 16)).filter(ImageFilter.GaussianBlur(unit * 14))
        surface.lay(palette.shadow, fall, 0.4)
        tone = dice.choice(_tones(palette))
        sheen = surface.noise(dice, cells=4, octaves=2, stretch=0.6)
        surface.lay(toned(sheen, turn(tone, value=0.62), mix(tone, WHITE, 0.4)), mask)


def _discs(surface: Surface, palette: Palette) -> None:
    dice, unit = surface.dice.child("discs"), surface.unit
    tones = _tones(palette)
    for i in range(22):
        at = surface.width * dice.uniform(0.08, 0.92), surface.height * dice.uniform(0.08, 0.92)
        size = unit * (250 - 10 * i) * dice.uniform(0.5, 1.1)
        tone = dice.choice(tones)
        disc = surface.mask(lambda pen, at=at, size=size: pen.oval(*at, size, size, 255))
        if dice.says(0.35):
            inner = size * dice.uniform(0.5, 0.85)
            hole = surface.mask(lambda pen, at=at, size=inner: pen.oval(*at, size, size, 255))
            disc = ImageChops.subtract(disc, hole)
        elif dice.says(0.4):
            angle = dice.uniform(0, math.tau)
            half = [around(*at, size * 2, angle + k * math.pi / 2) for k in (0, 1, 2)]
            cutter = surface.mask(lambda pen, half=half: pen.shape(half, 255))
            disc = ImageChops.multiply(disc, cutter)
        surface.lay(tone, disc, dice.uniform(0.55, 0.95))
    pen = surface.pen()
    for _ in range(9):
        start = surface.width * dice.random(), surface.height * dice.random()
        end = around(*start, unit * dice.uniform(200, 760), dice.uniform(0, math.tau))
        pen.line([start, end], unit * dice.uniform(1.5, 7), dice.choice(tones))


def _terraces(surface: Surface, palette: Palette) -> None:
    """Stack sheets of cut paper, each casting a shadow on the one below."""
    dice, unit = surface.dice.child("terraces"), surface.unit
    form = surface.noise(dice, cells=dice.uniform(1.8, 2.8), octaves=3)
    tones = dice.sample(_tones(palette), 3)
    grain = surface.noise(dice, cells=40, octaves=2)
    for i in range(9):
        level = 34 + i * 22
        sheet = cut(form, level, level + 3)
        fall = shifted(sheet, round(unit * 6), round(unit * 14))
        surface.lay(palette.shadow, fall.filter(ImageFilter.GaussianBlur(unit * 10)), 0.5)
        half, share = divmod(i, 5)
        tone = mix(tones[half], tones[half + 1], share / 5)
        surface.lay(toned(grain, turn(tone, value=0.93), mix(tone, WHITE, 0.12)), sheet)
