"""What people build: cities, houses, castles, lighthouses, boats and balloons."""

import math
from collections.abc import Callable

from PIL import Image, ImageFilter

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import WHITE, Colour, Palette, mix, turn
from bot.providers._canvas._surface import Pen, Point, Surface, faded, sized

_LAMP: Colour = (255, 214, 132)


def paint_skyline(surface: Surface, palette: Palette, horizon: float) -> None:
    """Raise three rows of towers; at night their windows are lit."""
    dice, unit = surface.dice.child("skyline"), surface.unit
    for i in range(3):
        near = (i + 1) / 3
        wall = mix(palette.haze, mix(palette.shadow, palette.sky[0], 0.3), 0.25 + 0.65 * near)
        x = -unit * 40
        while x < surface.width:
            wide = unit * dice.uniform(46, 110)
            rise = 1 - 0.5 * abs(x / surface.width - 0.5) * 2
            tall = surface.height * dice.uniform(0.12, 0.46) * rise * (1.25 - 0.4 * near)
            _tower(surface, dice, palette, (x, horizon - tall, wide, tall), wall)
            x += wide * dice.uniform(0.72, 1.25)
        surface.lay(
            palette.haze, surface.band(horizon - surface.height * 0.3, horizon), 0.3 * (1.2 - near)
        )


def _tower(
    surface: Surface,
    dice: Dice,
    palette: Palette,
    box: tuple[float, float, float, float],
    wall: Colour,
) -> None:
    x, y, wide, tall = box
    pen, unit = surface.pen(), surface.unit
    pen.shape([(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)], wall)
    side = turn(wall, value=0.78)
    pen.shape(
        [(x + wide * 0.7, y), (x + wide, y), (x + wide, y + tall), (x + wide * 0.7, y + tall)], side
    )
    if dice.says(0.45):
        pen.line(
            [(x + wide / 2, y), (x + wide / 2, y - unit * dice.uniform(24, 70))], unit * 3, wall
        )
    elif dice.says(0.4):
        step = wide * 0.22
        pen.shape(
            [
                (x + step, y),
                (x + wide - step, y),
                (x + wide - step, y - step),
                (x + step, y - step),
            ],
            wall,
        )
    lamps = (_LAMP, mix(_LAMP, WHITE, 0.4), palette.accent, mix(palette.accent, WHITE, 0.4))
    share = 0.5 if palette.is_dark else 0.22
    cell, row = unit * dice.uniform(10, 15), unit * dice.uniform(13, 19)
    for j in range(int((tall - row) / row)):
        for i in range(int((wide - cell * 0.6) / cell)):
            if dice.says(share):
                left, top = x + cell * (i + 0.45), y + row * (j + 0.5)
                glass = mix(dice.choice(lamps), wall, dice.uniform(0, 0.45))
                pen.shape(
                    [
                        (left, top),
                        (left + cell * 0.5, top),
                        (left + cell * 0.5, top + row * 0.5),
                        (left, top + row * 0.5),
                    ],
                    glass,
                )


def paint_road(surface: Surface, palette: Palette, horizon: float) -> None:
    """Lay a wet road that runs to the horizon and mirrors the lights."""
    unit, middle = surface.unit, surface.width * surface.dice.child("road").uniform(0.4, 0.6)
    depth = surface.height - round(horizon)
    above = surface.image.crop((0, max(0, round(horizon) - depth), surface.width, round(horizon)))
    mirror = sized(above.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (surface.width, depth))
    mirror = mirror.filter(ImageFilter.BoxBlur((unit * 3, unit * 26)))
    dark = Image.new("RGB", mirror.size, mix(palette.shadow, (0, 0, 0), 0.35))
    surface.image.paste(Image.blend(mirror, dark, 0.52), (0, round(horizon)))
    pen = surface.pen()
    for i in range(9):
        near, far = ((i + 0.55) / 9) ** 1.8, (i / 9) ** 1.8
        y, top = horizon + depth * near, horizon + depth * far
        corners = ((-12 * far, top), (12 * far, top), (12 * near, y), (-12 * near, y))
        pen.shape(
            [(middle + unit * x, row) for x, row in corners],
            mix(palette.light, palette.shadow, 0.35),
        )


def _sprite(
    surface: Surface,
    foot: Point,
    tall: float,
    paint: Callable[[Pen], None],
) -> None:
    """Paint in a frame of -0.5..0.5 across and 0..1 down, standing at `foot`."""
    fine = 2
    side = max(8, round(tall * fine))
    layer = Image.new("RGBA", (side, side))
    paint(Pen(layer, side, origin=(-0.5, 0)))
    layer = layer.reduce(fine)
    surface.image.paste(layer, (round(foot[0] - tall / 2), round(foot[1] - tall)), layer)


def paint_house(surface: Surface, palette: Palette, foot: Point, tall: float) -> None:
    """Build a small house with lit windows and smoke over its chimney."""
    dice = surface.dice.child("house")
    wall = palette.lit(dice.choice(((236, 222, 198), (206, 178, 144), (178, 96, 78))))
    roof = palette.lit(mix(palette.accent, (92, 56, 48), 0.6))
    lamp = _LAMP if palette.is_dark else mix(_LAMP, palette.sky[1], 0.35)

    def paint(pen: Pen) -> None:
        pen.shape([(0.14, 0.2), (0.22, 0.2), (0.22, 0.5), (0.14, 0.5)], turn(wall, value=0.6))
        pen.shape([(-0.34, 0.52), (0.34, 0.52), (0.34, 1), (-0.34, 1)], wall)
        pen.shape([(0.05, 0.52), (0.34, 0.52), (0.34, 1), (0.05, 1)], turn(wall, value=0.84))
        pen.shape([(-0.44, 0.56), (-0.26, 0.26), (0.26, 0.26), (0.44, 0.56)], roof)
        pen.shape([(0.05, 0.56), (0.26, 0.26), (0.44, 0.56)], turn(roof, value=0.8))
        for x in (-0.27, 0.12):
            pen.shape([(x, 0.66), (x + 0.15, 0.66), (x + 0.15, 0.82), (x, 0.82)], lamp)
            pen.line([(x + 0.075, 0.66), (x + 0.075, 0.82)], 0.012, roof)
        pen.shape([(-0.07, 0.7), (0.06, 0.7), (0.06, 1), (-0.07, 1)], turn(roof, value=0.7))

    _smoke(surface, dice, palette, (foot[0] + tall * 0.18, foot[1] - tall * 0.82), tall)
    _sprite(surface, foot, tall, paint)
    surface.glow(
        (foot[0], foot[1] - tall * 0.26), tall * 0.7, _LAMP, 0.42 if palette.is_dark else 0.12
    )


def _smoke(surface: Surface, dice: Dice, palette: Palette, at: Point, tall: float) -> None:
    puffs = Image.new("L", surface.size)
    pen = Pen(puffs)
    for i in range(9):
        size = tall * (0.03 + 0.012 * i)
        x = at[0] + tall * 0.05 * math.sin(i * 0.9) + tall * 0.03 * i
        pen.oval(x, at[1] - tall * 0.075 * i, size * dice.uniform(1, 1.5), size, 150 - i * 13)
    surface.lay(mix(palette.haze, WHITE, 0.4), puffs.filter(ImageFilter.GaussianBlur(tall * 0.025)))


def paint_castle(surface: Surface, palette: Palette, foot: Point, tall: float) -> None:
    """Build a castle of pointed towers."""
    dice = surface.dice.child("castle")
    stone = palette.lit(mix((186, 178, 176), palette.haze, 0.25))
    roof = palette.lit(mix(palette.accent, (64, 70, 116), 0.4))
    towers = sorted(
        (
            (dice.uniform(-0.36, 0.36), dice.uniform(0.34, 0.7), dice.uniform(0.05, 0.09))
            for _ in range(6)
        ),
        key=lambda tower: tower[1],
        reverse=True,
    )

    def paint(pen: Pen) -> None:
        for x, high, wide in [(0.0, 0.84, 0.085), *towers]:
            top = 1 - high
            pen.shape([(x - wide, top), (x + wide, top), (x + wide, 1), (x - wide, 1)], stone)
            pen.shape(
                [(x + wide * 0.2, top), (x + wide, top), (x + wide, 1), (x + wide * 0.2, 1)],
                turn(stone, value=0.8),
            )
            pen.shape([(x - wide * 1.35, top), (x, top - wide * 2.6), (x + wide * 1.35, top)], roof)
            pen.shape(
                [(x + wide * 0.2, top), (x, top - wide * 2.6), (x + wide * 1.35, top)],
                turn(roof, value=0.76),
            )
            pen.oval(x, top + wide * 1.5, wide * 0.24, wide * 0.5, _LAMP)
        pen.shape([(-0.46, 0.78), (0.46, 0.78), (0.46, 1), (-0.46, 1)], turn(stone, value=0.92))
        for i in range(16):
            left = -0.46 + i * 0.0588
            pen.shape(
                [(left, 0.75), (left + 0.03, 0.75), (left + 0.03, 0.79), (left, 0.79)],
                turn(stone, value=0.92),
            )
        pen.shape([(-0.07, 1), (-0.07, 0.89), (0, 0.83), (0.07, 0.89), (0.07, 1)], palette.shadow)

    _sprite(surface, foot, tall, paint)


def paint_lighthouse(surface: Surface, palette: Palette, foot: Point, tall: float) -> None:
    """Stand a striped lighthouse on its rock and light it."""
    dice = surface.dice.child("lighthouse")
    white, red = palette.lit((240, 236, 226)), palette.lit(mix((196, 52, 48), palette.accent, 0.4))
    rock = mix(palette.shadow, palette.haze, 0.15)
    pile = [(-0.44, 1.0), (-0.34, 0.9), (-0.2, 0.84), (0.1, 0.82), (0.3, 0.88), (0.44, 1.0)]

    def paint(pen: Pen) -> None:
        pen.blob([(x, y + dice.uniform(-0.02, 0.02)) for x, y in pile], rock)
        for i in range(7):
            top, low = 0.24 + i * 0.09, 0.24 + (i + 1) * 0.09
            a, b = 0.06 + 0.05 * i / 7, 0.06 + 0.05 * (i + 1) / 7
            tone = red if i % 2 else white
            pen.shape([(-a, top), (a, top), (b, low), (-b, low)], tone)
            pen.shape(
                [(a * 0.25, top), (a, top), (b, low), (b * 0.25, low)], turn(tone, value=0.78)
            )
        pen.shape(
            [(-0.085, 0.225), (0.085, 0.225), (0.085, 0.245), (-0.085, 0.245)], palette.shadow
        )
        pen.shape([(-0.048, 0.14), (0.048, 0.14), (0.048, 0.225), (-0.048, 0.225)], (255, 240, 190))
        pen.shape([(-0.065, 0.145), (0, 0.07), (0.065, 0.145)], red)

    lamp = foot[0], foot[1] - tall * 0.82
    beam = dice.choice((-1, 1)) * surface.width
    ray = [lamp, (lamp[0] + beam, lamp[1] - tall * 0.3), (lamp[0] + beam, lamp[1] + tall * 0.16)]
    light = surface.mask(lambda pen: pen.shape(ray, 255)).filter(
        ImageFilter.GaussianBlur(surface.unit * 8)
    )
    surface.lay((255, 240, 190), light, 0.3 if palette.is_dark else 0.14)
    _sprite(surface, foot, tall, paint)
    surface.glow(lamp, tall * 0.42, (255, 236, 176), 0.8)


def paint_boat(surface: Surface, palette: Palette, foot: Point, tall: float) -> None:
    """Set a sailing boat on the water, with its mirror image."""
    dice = surface.dice.child("boat")
    hull = palette.lit(mix((104, 62, 44), palette.shadow, 0.3))
    sail = palette.lit(mix((250, 242, 226), palette.accent, dice.choice((0.05, 0.1, 0.6))), 0.25)
    lean = dice.uniform(-0.03, 0.03)

    def paint(pen: Pen) -> None:
        pen.line([(0, 0.9), (lean, 0.06)], 0.016, hull)
        pen.blob(
            [
                (lean + 0.02, 0.1),
                (0.24, 0.5),
                (0.34, 0.78),
                (0.16, 0.8),
                (0.02, 0.78),
                (0.03, 0.45),
            ],
            sail,
        )
        pen.blob(
            [
                (lean - 0.02, 0.16),
                (-0.02, 0.5),
                (-0.03, 0.78),
                (-0.15, 0.79),
                (-0.27, 0.77),
                (-0.15, 0.5),
            ],
            turn(sail, value=0.86),
        )
        pen.shape([(-0.36, 0.84), (0.42, 0.82), (0.3, 0.96), (-0.26, 0.96)], hull)
        pen.line([(-0.36, 0.845), (0.42, 0.825)], 0.012, mix(hull, WHITE, 0.6))

    top = round(foot[1])
    _sprite(surface, foot, tall, paint)
    area = (round(foot[0] - tall / 2), round(foot[1] - tall * 0.5), round(foot[0] + tall / 2), top)
    image = surface.image.crop(area).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    fade = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    fade = faded(sized(fade, image.size), 0.4)
    surface.image.paste(
        image.filter(ImageFilter.BoxBlur((surface.unit * 4, surface.unit * 2))),
        (area[0], top),
        fade,
    )


def paint_balloons(surface: Surface, palette: Palette, horizon: float) -> None:
    """Let hot-air balloons rise, the nearest one large."""
    dice = surface.dice.child("balloons")
    count = dice.randint(3, 6)
    for i in range(count):
        near = (i + 1) / count
        tall = surface.unit * (60 + 300 * near**2) * dice.uniform(0.85, 1.15)
        x = surface.width * (0.1 + 0.8 * ((i * 0.618 + dice.uniform(0, 0.25)) % 1))
        y = tall + (horizon - tall * 0.9) * dice.uniform(0.05, 0.75)
        colours = (
            palette.accent,
            turn(palette.accent, hue=dice.uniform(0.1, 0.9)),
            (250, 240, 220),
        )
        _balloon(surface, dice, palette, ((x, y), tall, near), colours)


def _balloon(
    surface: Surface,
    dice: Dice,
    palette: Palette,
    place: tuple[Point, float, float],
    colours: tuple[Colour, ...],
) -> None:
    foot, tall, near = place
    order = dice.sample(colours, 3)

    def paint(pen: Pen) -> None:
        for i in range(6, -1, -1):
            wide = 0.36 * math.sin((i + 0.5) / 7 * math.pi / 2)
            tone = mix(order[i % 3], palette.shadow, 0.05 + 0.3 * i / 7)
            tone = mix(palette.haze, tone, 0.4 + 0.6 * near)
            pen.blob(
                [
                    (0, 0.01),
                    (wide * 0.8, 0.1),
                    (wide, 0.3),
                    (wide * 0.66, 0.54),
                    (0.05, 0.74),
                    (-0.05, 0.74),
                    (-wide * 0.66, 0.54),
                    (-wide, 0.3),
                    (-wide * 0.8, 0.1),
                ],
                tone,
            )
        pen.line([(-0.05, 0.74), (-0.04, 0.88)], 0.006, palette.shadow)
        pen.line([(0.05, 0.74), (0.04, 0.88)], 0.006, palette.shadow)
        pen.shape(
            [(-0.055, 0.87), (0.055, 0.87), (0.045, 0.98), (-0.045, 0.98)],
            palette.lit((132, 88, 52)),
        )

    _sprite(surface, foot, tall, paint)
