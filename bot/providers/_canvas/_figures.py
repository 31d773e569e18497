"""People and single flowers: what stands large in front of a quiet ground."""

import math

from PIL import Image, ImageFilter

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import COLOURS, INK, WHITE, Colour, Palette, mix, turn
from bot.providers._canvas._surface import Pen, Point, Surface, around

_FINE = 2
_SKINS: tuple[Colour, ...] = (
    (246, 212, 184),
    (228, 178, 138),
    (186, 128, 88),
    (120, 78, 56),
    (250, 222, 202),
)
_HAIRS: tuple[Colour, ...] = (
    (36, 28, 32),
    (92, 56, 36),
    (178, 116, 56),
    (222, 188, 122),
    (150, 56, 36),
)


def paint_portrait(surface: Surface, palette: Palette, hair_colour: str | None) -> None:
    """Paint a person with closed eyes, head and shoulders, a halo of light behind."""
    dice = surface.dice.child("portrait")
    tall = min(surface.height * 0.92, surface.width * 1.15)
    side = round(tall * _FINE)
    middle = surface.width * dice.uniform(0.47, 0.53)
    surface.glow(
        (middle, surface.height * 0.42), tall * 0.62, mix(palette.light, palette.accent, 0.3), 0.7
    )
    layer = Image.new("RGBA", (side, side))
    _Person(Pen(layer, side, origin=(-0.5, 0)), palette, dice, hair_colour).paint()
    sprite = layer.reduce(_FINE)
    body = Surface(*sprite.size, dice.child("skin"))
    body.image = sprite.convert("RGB")
    body.shade(body.noise(body.dice, cells=3, octaves=4), 0.16)
    body.lay(palette.shadow, body.band(body.height * 0.6, body.height), 0.3)
    corner = round(middle - sprite.width / 2), surface.height - sprite.height + 2
    surface.image.paste(body.image, corner, sprite.getchannel("A"))


class _Person:
    """One person while they are drawn."""

    def __init__(self, pen: Pen, palette: Palette, dice: Dice, hair_colour: str | None) -> None:
        self._pen = pen
        self._dice = dice
        self._palette = palette
        self._skin = palette.lit(dice.choice(_SKINS), 0.22)
        hair = COLOURS[hair_colour] if hair_colour else dice.choice((*_HAIRS, palette.accent))
        self._hair = palette.lit(hair, 0.25)
        self._cloth = palette.lit(
            dice.choice((palette.accent, palette.sky[1], palette.foliage[0])), 0.3
        )
        self._long = dice.says(0.6)

    def paint(self) -> None:
        """Draw from the back to the front."""
        if self._long:
            fall = [
                (0.0, 0.1),
                (0.19, 0.14),
                (0.25, 0.32),
                (0.26, 0.56),
                (0.31, 0.8),
                (0.18, 0.86),
                (0.0, 0.84),
            ]
            self._both(fall, turn(self._hair, value=0.78))
        self._shoulders()
        self._face()
        self._fringe()
        if self._dice.says(0.5):
            self._wreath()

    def _both(self, half: list[Point], fill: Colour) -> None:
        self._pen.blob(half + [(-x, y) for x, y in reversed(half) if x], fill)

    def _shoulders(self) -> None:
        shade = turn(self._skin, value=0.8)
        self._both([(0.0, 0.5), (0.065, 0.5), (0.07, 0.66), (0.13, 0.74), (0.0, 0.84)], shade)
        self._both(
            [
                (0.0, 0.82),
                (0.07, 0.75),
                (0.15, 0.7),
                (0.33, 0.77),
                (0.41, 0.92),
                (0.43, 1.1),
                (0.0, 1.1),
            ],
            self._cloth,
        )
        trim = mix(self._cloth, WHITE, 0.55)
        self._pen.line(
            [(-0.14, 0.71), (-0.07, 0.77), (0.0, 0.825), (0.07, 0.77), (0.14, 0.71)], 0.012, trim
        )
        for i in range(9):
            x = -0.36 + i * 0.09
            self._pen.line([(x * 0.9, 0.86), (x, 1.0)], 0.006, turn(self._cloth, value=0.82))

    def _face(self) -> None:
        skin, dark = self._skin, mix(self._hair, INK, 0.5)
        for side in (-1, 1):
            self._pen.oval(side * 0.155, 0.37, 0.022, 0.04, turn(skin, value=0.88))
        self._both(
            [
                (0.0, 0.165),
                (0.1, 0.185),
                (0.152, 0.3),
                (0.142, 0.42),
                (0.09, 0.525),
                (0.035, 0.57),
                (0.0, 0.575),
            ],
            skin,
        )
        blush = mix(skin, (232, 96, 96), 0.3)
        for side in (-1, 1):
            self._pen.oval(side * 0.092, 0.44, 0.034, 0.024, blush)
            eye = [(0.038, 0.372), (0.052, 0.386), (0.072, 0.391), (0.093, 0.385), (0.108, 0.37)]
            self._pen.line([(side * x, y) for x, y in eye], 0.008, dark)
            for x, y in eye[2:]:
                self._pen.line([(side * x, y), (side * (x + 0.01), y + 0.014)], 0.005, dark)
            brow = [(0.036, 0.325), (0.072, 0.311), (0.112, 0.326)]
            self._pen.line([(side * x, y) for x, y in brow], 0.01, dark)
        nose = turn(skin, value=0.82)
        self._pen.line([(0.006, 0.37), (0.02, 0.445), (0.002, 0.455), (-0.012, 0.45)], 0.007, nose)
        lips = mix((192, 72, 82), skin, 0.25)
        self._both(
            [(0.0, 0.493), (0.018, 0.487), (0.045, 0.5), (0.02, 0.503), (0.0, 0.504)],
            turn(lips, value=0.86),
        )
        self._both([(0.0, 0.503), (0.042, 0.501), (0.022, 0.521), (0.0, 0.524)], lips)

    def _fringe(self) -> None:
        part = self._dice.uniform(-0.07, 0.07)
        tone, light = self._hair, mix(self._hair, self._palette.light, 0.22)
        for side in (-1, 1):
            low = 0.5 if self._long else 0.36
            lock = [(part, 0.2), (side * 0.08, 0.24), (side * 0.142, 0.32), (side * 0.155, low)]
            lock += [
                (side * 0.19, low + 0.02),
                (side * 0.2, 0.26),
                (side * 0.13, 0.12),
                (part, 0.1),
            ]
            self._pen.blob(lock, tone)
            for i in range(6):
                share = 0.14 + 0.12 * i
                strand = [
                    (part + side * 0.02, 0.12 + 0.1 * share),
                    (part * (1 - share) + side * (0.06 + 0.1 * share), 0.15 + 0.07 * (1 - share)),
                    (side * (0.11 + 0.075 * share), 0.26),
                ]
                self._pen.line(strand, 0.0045, mix(tone, light, self._dice.random()))

    def _wreath(self) -> None:
        for i in range(11):
            angle = math.pi * (1.12 + 0.76 * i / 10)
            at = around(0, 0.29, 0.19, angle)
            at = (at[0], 0.29 + (at[1] - 0.29) * 0.82)
            tone = mix(self._palette.accent, WHITE, self._dice.uniform(0, 0.6))
            size = self._dice.uniform(0.02, 0.034)
            for k in range(5):
                self._pen.oval(
                    *around(*at, size * 0.6, k * math.tau / 5), size * 0.5, size * 0.5, tone
                )
            self._pen.oval(*at, size * 0.3, size * 0.3, (250, 214, 96))


def paint_blossoms(surface: Surface, palette: Palette, petal_colour: str | None) -> None:
    """Fill the picture with a few great flowers, leaves behind them."""
    dice, unit = surface.dice.child("blossoms"), surface.unit
    warm = tuple(COLOURS[name] for name in ("red", "orange", "yellow", "pink", "purple", "white"))
    colour = COLOURS[petal_colour] if petal_colour else dice.choice(warm)
    spots = sorted(
        (
            (
                unit * 130
                + (surface.width - unit * 260) * ((i * 0.618 + dice.uniform(-0.08, 0.08)) % 1),
                dice.uniform(0.2, 0.72) * surface.height,
            )
            for i in range(dice.randint(4, 6))
        ),
        key=lambda spot: spot[1],
    )
    for x, y in spots:
        _stem(surface, dice, palette, (x, y))
    for i, (x, y) in enumerate(spots):
        size = unit * (95 + 90 * (i + 1) / len(spots)) * dice.uniform(0.85, 1.15)
        tone = turn(colour, hue=dice.uniform(-0.05, 0.05), value=dice.uniform(0.9, 1.1))
        _blossom(surface, dice, palette, ((x, y), size), tone)


def _stem(surface: Surface, dice: Dice, palette: Palette, top: Point) -> None:
    unit, pen = surface.unit, surface.pen()
    leaf = palette.lit(dice.choice(palette.foliage))
    foot = top[0] + unit * dice.uniform(-120, 120), surface.height * 1.02
    bend = (top[0] + foot[0]) / 2 + unit * dice.uniform(-50, 50), (top[1] + foot[1]) / 2
    pen.line([top, bend, foot], unit * 9, turn(leaf, value=0.75))
    for side in (-1, 1):
        angle = -math.pi / 2 + side * dice.uniform(0.5, 1.0)
        tip = around(*bend, unit * dice.uniform(130, 230), angle)
        half = (bend[0] + tip[0]) / 2, (bend[1] + tip[1]) / 2
        low = around(*half, unit * 34, angle + math.pi / 2)
        high = around(*half, unit * 30, angle - math.pi / 2)
        pen.blob([bend, low, tip, high], turn(leaf, value=dice.uniform(0.8, 1.1)))
        pen.line([bend, tip], unit * 2.5, mix(leaf, palette.light, 0.3))


def _blossom(
    surface: Surface, dice: Dice, palette: Palette, place: tuple[Point, float], colour: Colour
) -> None:
    (x, y), size = place
    shadow = surface.mask(lambda pen: pen.oval(x, y + size * 0.16, size * 0.95, size * 0.95, 255))
    surface.lay(palette.shadow, shadow.filter(ImageFilter.GaussianBlur(size * 0.12)), 0.4)
    petals, lean = dice.choice((6, 8, 10, 13)), dice.uniform(0, 1)
    for ring in range(3):
        reach = size * (1 - 0.27 * ring)
        tone = mix(palette.lit(colour, 0.25), WHITE, 0.1 + 0.16 * ring)
        for i in range(petals):
            angle = lean + (i + 0.5 * ring) * math.tau / petals
            shade = turn(tone, value=0.84 + 0.2 * math.sin(angle + 2.4) ** 2)
            _petal(surface, (x, y), dice.near(reach, 0.06), angle, (math.pi / petals, shade))
    heart = palette.lit((236, 178, 58), 0.2)
    pen = surface.pen()
    pen.oval(x, y, size * 0.2, size * 0.2, turn(heart, value=0.72))
    for i in range(90):
        at = around(x, y, size * 0.2 * math.sqrt(i / 90), i * 2.39996)
        pen.oval(*at, size * 0.017, size * 0.017, mix(heart, WHITE, 0.5 * dice.random()))


def _petal(
    surface: Surface, at: Point, reach: float, angle: float, look: tuple[float, Colour]
) -> None:
    half, tone = look
    pen = surface.pen()
    outline = [
        around(*at, reach * 0.1, angle),
        around(*at, reach * 0.6, angle - half * 0.92),
        around(*at, reach * 0.92, angle - half * 0.6),
        around(*at, reach, angle),
        around(*at, reach * 0.92, angle + half * 0.6),
        around(*at, reach * 0.6, angle + half * 0.92),
    ]
    pen.blob(outline, turn(tone, value=0.8))
    inner = [around(at[0], at[1], reach * 0.02, angle)] + [
        (at[0] + (px - at[0]) * 0.95, at[1] + (py - at[1]) * 0.95) for px, py in outline[1:]
    ]
    pen.blob(inner, tone)
    pen.line(
        [around(*at, reach * 0.2, angle), around(*at, reach * 0.8, angle)],
        reach * 0.014,
        turn(tone, value=0.88),
    )
