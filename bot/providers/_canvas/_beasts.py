"""Animals, seated and looking at the viewer.

Drawn in a frame of -0.5..0.5 across and 0..1 down; outlines name the right half only.
"""

import math
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import COLOURS, INK, WHITE, Colour, Palette, mix, turn
from bot.providers._canvas._surface import Pen, Point, Surface, toned

_FINE = 2
Coat = tuple[Colour, Colour, Colour]
"""Main, light and dark."""


@dataclass(frozen=True)
class _Kind:
    """What tells one animal from another."""

    coats: tuple[Coat, ...]
    ears: str
    tail: str
    eyes: tuple[Colour, ...]
    head: float = 0.22
    cheeks: bool = False
    snout: float = 0.0


_GREY: Coat = ((126, 130, 138), (224, 222, 216), (66, 68, 78))
_GINGER: Coat = ((214, 128, 58), (250, 234, 208), (156, 80, 34))
_RUST: Coat = ((218, 98, 36), (250, 238, 220), (58, 34, 34))
_BROWN: Coat = ((120, 80, 52), (190, 150, 108), (74, 46, 32))
_SNOW: Coat = ((236, 234, 230), (252, 252, 250), (172, 172, 182))
_NIGHT: Coat = ((46, 44, 54), (92, 88, 98), (24, 22, 30))

_KINDS: dict[str, _Kind] = {
    "cat": _Kind(
        (_GINGER, _GREY, _NIGHT, _SNOW),
        ears="pointed",
        tail="thin",
        eyes=((112, 178, 84), (226, 176, 52), (92, 160, 206)),
        head=0.225,
    ),
    "fox": _Kind(
        (_RUST, _RUST, _SNOW),
        "tall",
        "bushy",
        ((196, 130, 40),),
        head=0.215,
        cheeks=True,
        snout=0.06,
    ),
    "wolf": _Kind(
        (_GREY, _NIGHT, _SNOW, _GINGER),
        "pointed",
        "bushy",
        ((214, 170, 60),),
        head=0.22,
        cheeks=True,
        snout=0.05,
    ),
    "bear": _Kind((_BROWN, _NIGHT), "round", "none", ((62, 38, 24),), head=0.235, snout=0.02),
    "panda": _Kind((_SNOW,), "round", "none", ((50, 36, 30),), 0.245),
    "rabbit": _Kind((_BROWN, _GREY, _SNOW), "long", "none", ((84, 48, 40),), 0.19),
    "owl": _Kind((_BROWN, _GREY, _SNOW), "tufts", "none", ((238, 176, 40),), 0.235),
    "lion": _Kind((_GINGER,), "round", "thin", ((198, 140, 46),), head=0.205, snout=0.04),
    "deer": _Kind((_BROWN, _GINGER), "leaf", "none", ((58, 38, 28),), head=0.17, snout=0.07),
}


def paint_beast(
    surface: Surface,
    palette: Palette,
    name: str,
    coat_colour: str | None,
    *,
    place: tuple[Point, float],
) -> None:
    """Seat an animal with its feet at `place[0]`, `place[1]` tall."""
    (foot_x, foot_y), tall = place
    dice, kind = surface.dice.child("beast"), _KINDS[name]
    coat = _coat(kind, dice, palette, coat_colour)
    side = max(8, round(tall * _FINE))
    layer = Image.new("RGBA", (side, side))
    pen = Pen(layer, side, origin=(-0.5, 0))
    sitter = _Sitter(pen, name, kind, coat, dice)
    sitter.paint()
    sprite = _shaded(layer.reduce(_FINE), palette, dice)
    if dice.says(0.5):
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    corner = round(foot_x - sprite.width / 2), round(foot_y - sprite.height)
    _shadow(surface, palette, (foot_x, foot_y), tall)
    surface.image.paste(sprite, corner, sprite)


def _coat(kind: _Kind, dice: Dice, palette: Palette, wanted: str | None) -> Coat:
    main, light, dark = dice.choice(kind.coats)
    if wanted:
        colour = COLOURS[wanted]
        main, light, dark = colour, mix(colour, WHITE, 0.75), turn(colour, value=0.5)
    main = turn(main, hue=dice.uniform(-0.015, 0.015), value=dice.uniform(0.92, 1.06))
    return palette.lit(main, 0.3), palette.lit(light, 0.25), palette.lit(dark, 0.3)


def _shaded(sprite: Image.Image, palette: Palette, dice: Dice) -> Image.Image:
    """Give fur and volume: light from above one side, a bright rim, fine hairs."""
    alpha = sprite.getchannel("A")
    body = Surface(*sprite.size, dice.child("fur"))
    body.image = sprite.convert("RGB")
    body.shade(body.noise(body.dice, cells=34, octaves=3, stretch=0.4), 0.26)
    body.shade(body.noise(body.dice, cells=4, octaves=2), 0.14)
    body.lay(palette.shadow, body.band(body.height * 0.42, body.height), 0.36)
    near = max(1, round(sprite.width * 0.013))
    inner = ImageChops.offset(alpha, near, near).filter(ImageFilter.GaussianBlur(near * 0.8))
    body.lay(mix(palette.light, WHITE, 0.2), ImageChops.subtract(alpha, inner), 0.62)
    glow = toned(Image.new("L", sprite.size), palette.light, palette.light)
    body.image = Image.blend(body.image, ImageChops.multiply(body.image, glow), 0.5)
    body.image.putalpha(alpha)
    return body.image


def _shadow(surface: Surface, palette: Palette, at: Point, tall: float) -> None:
    mask = surface.mask(
        lambda pen: pen.oval(at[0], at[1] - tall * 0.01, tall * 0.4, tall * 0.05, 255)
    )
    surface.lay(palette.shadow, mask.filter(ImageFilter.GaussianBlur(tall * 0.025)), 0.6)


class _Sitter:
    """One animal while it is drawn."""

    def __init__(self, pen: Pen, name: str, kind: _Kind, coat: Coat, dice: Dice) -> None:
        self._pen = pen
        self._name = name
        self._kind = kind
        self._main, self._light, self._dark = coat
        self._dice = dice

    def paint(self) -> None:
        """Draw from the back to the front."""
        self._tail()
        if self._name == "lion":
            self._mane()
        if self._name == "owl":
            self._feathers()
        else:
            self._body()
        self._ears()
        self._head()
        self._eyes()
        self._nose()

    def _both(self, half: list[Point], fill: Colour) -> None:
        """Mirror a right-hand outline that starts and ends near the axis."""
        self._pen.blob(half + [(-x, y) for x, y in reversed(half) if x], fill)

    def _pair(self, half: list[Point], fill: Colour) -> None:
        """Draw a shape on the right and its mirror image on the left."""
        self._pen.blob(half, fill)
        self._pen.blob([(-x, y) for x, y in half], fill)

    def _ovals(self, x: float, y: float, size: tuple[float, float], fill: Colour) -> None:
        self._pen.oval(x, y, *size, fill)
        self._pen.oval(-x, y, *size, fill)

    def _tail(self) -> None:
        lift = self._dice.uniform(-0.05, 0.05)
        if self._kind.tail == "bushy":
            tail = [
                (0.12, 0.97),
                (0.3, 0.97),
                (0.43, 0.86),
                (0.47, 0.7 + lift),
                (0.41, 0.55 + lift),
            ]
            tail += [(0.34, 0.66 + lift), (0.3, 0.8), (0.16, 0.88)]
            self._pen.blob(tail, mix(self._main, self._dark, 0.12))
            tip = [(0.41, 0.55 + lift), (0.47, 0.7 + lift), (0.43, 0.71 + lift)]
            tip += [(0.41, 0.67 + lift), (0.37, 0.72 + lift), (0.345, 0.66 + lift)]
            self._pen.blob(tip, self._light)
        elif self._kind.tail == "thin":
            curve = [
                (0.18, 0.95),
                (0.32, 0.96),
                (0.4, 0.88),
                (0.385, 0.74 + lift),
                (0.44, 0.62 + lift),
            ]
            self._pen.line(curve, 0.05, mix(self._main, self._dark, 0.25))
            self._pen.oval(*curve[-1], 0.03, 0.045, self._dark)

    def _body(self) -> None:
        slim = 0.86 if self._name in {"deer", "rabbit", "cat"} else 1.0
        body = [(0.0, 0.4), (0.13 * slim, 0.46), (0.2 * slim, 0.6), (0.27 * slim, 0.8)]
        body += [(0.26 * slim, 0.95), (0.0, 0.985)]
        self._both(body, self._main)
        self._pair(
            [(0.13, 0.74), (0.24, 0.78), (0.27, 0.93), (0.2, 0.985), (0.1, 0.97)],
            mix(self._main, self._dark, 0.16),
        )
        if self._name == "panda":
            self._both([(0.0, 0.42), (0.16, 0.46), (0.21, 0.6), (0.1, 0.66), (0.0, 0.64)], INK)
        bib = self._light if self._kind.cheeks else mix(self._main, self._light, 0.6)
        if self._name != "panda":
            self._both([(0.0, 0.46), (0.1, 0.52), (0.1, 0.66), (0.045, 0.76), (0.0, 0.82)], bib)
        sock = {"fox": self._dark, "panda": INK}.get(self._name, self._main)
        leg = INK if self._name == "panda" else mix(self._main, self._light, 0.12)
        self._pair([(0.03, 0.62), (0.125, 0.62), (0.125, 0.8), (0.13, 0.985), (0.03, 0.985)], leg)
        self._pair(
            [(0.028, 0.84), (0.127, 0.84), (0.14, 0.955), (0.085, 0.995), (0.024, 0.98)], sock
        )
        crease = mix(leg, mix(self._dark, INK, 0.4), 0.55)
        for x in (-0.129, 0.0, 0.129):
            self._pen.line([(x, 0.72), (x * 1.03, 0.86), (x * 1.06, 0.965)], 0.007, crease)
        for x in (-0.105, -0.062, 0.062, 0.105):
            self._pen.line([(x, 0.955), (x, 0.985)], 0.006, mix(sock, INK, 0.35))
        if self._name == "deer":
            for _ in range(16):
                spot = (
                    self._dice.choice((-1, 1)) * self._dice.uniform(0.13, 0.2),
                    self._dice.uniform(0.6, 0.86),
                )
                self._pen.oval(*spot, 0.011, 0.013, self._light)

    def _feathers(self) -> None:
        body = [(0.0, 0.3), (0.2, 0.36), (0.27, 0.6), (0.2, 0.88), (0.0, 0.97)]
        self._both(body, mix(self._main, self._light, 0.5))
        for row in range(7):
            for i in range(-3, 4):
                x = (i + 0.5 * (row % 2)) * 0.055
                self._pen.oval(x, 0.54 + row * 0.05, 0.011, 0.02, mix(self._dark, self._main, 0.3))
        wing = [(0.17, 0.38), (0.27, 0.48), (0.3, 0.7), (0.2, 0.95), (0.15, 0.72)]
        self._pair(wing, mix(self._main, self._dark, 0.3))
        for i in range(4):
            low = 0.62 + i * 0.07
            self._pair(
                [(0.19, low), (0.27, low + 0.02), (0.21, low + 0.13)],
                mix(self._main, self._dark, 0.45 + 0.1 * (i % 2)),
            )
        self._pen.shape([(-0.5, 0.965), (0.5, 0.945), (0.5, 0.985), (-0.5, 1.0)], (84, 60, 44))
        for x in (-0.1, -0.06, 0.06, 0.1):
            self._pen.oval(x, 0.965, 0.016, 0.025, (226, 170, 70))

    def _mane(self) -> None:
        for ring, tone in ((0.3, self._dark), (0.255, mix(self._main, self._dark, 0.6))):
            points: list[Point] = []
            for i in range(26):
                reach = ring * (1 if i % 2 else 0.84) * self._dice.uniform(0.95, 1.05)
                angle = i / 26 * math.tau
                points.append((math.cos(angle) * reach, 0.3 + math.sin(angle) * reach * 0.98))
            self._pen.blob(points, tone)

    def _ears(self) -> None:
        inner = mix(self._main, (226, 150, 140), 0.5)
        wide = self._kind.head
        if self._kind.ears in {"pointed", "tall", "tufts"}:
            top = {"pointed": 0.045, "tall": 0.0, "tufts": 0.07}[self._kind.ears]
            ear = [
                (wide * 0.25, 0.2),
                (wide * 0.5, 0.12),
                (wide * 0.84, top),
                (wide * 0.98, 0.16),
                (wide * 0.95, 0.3),
            ]
            self._pair(ear, self._dark if self._name == "fox" else self._main)
            hollow = [
                (wide * 0.42, 0.21),
                (wide * 0.6, 0.14),
                (wide * 0.78, top + 0.05),
                (wide * 0.86, 0.17),
                (wide * 0.8, 0.26),
            ]
            self._pair(hollow, self._main if self._name in {"fox", "owl"} else inner)
        elif self._kind.ears == "round":
            edge = INK if self._name == "panda" else self._main
            self._ovals(wide * 0.78, 0.15, (0.075, 0.075), edge)
            self._ovals(wide * 0.78, 0.155, (0.045, 0.045), mix(edge, inner, 0.5))
        elif self._kind.ears == "long":
            flop = self._dice.uniform(0, 0.06)
            self._pair(
                [
                    (0.03, 0.22),
                    (0.04, 0.08),
                    (0.085 + flop, 0.0),
                    (0.13 + flop, 0.06),
                    (0.12, 0.22),
                ],
                self._main,
            )
            self._pair(
                [(0.055, 0.2), (0.065, 0.1), (0.088 + flop, 0.04), (0.11 + flop, 0.1), (0.1, 0.2)],
                inner,
            )
        else:
            self._antlers()
            self._pair(
                [(0.11, 0.23), (0.2, 0.16), (0.3, 0.17), (0.24, 0.25), (0.14, 0.28)], self._main
            )
            self._pair([(0.15, 0.23), (0.2, 0.19), (0.27, 0.18), (0.22, 0.235)], inner)

    def _antlers(self) -> None:
        horn = mix(self._dark, (222, 196, 150), 0.55)
        for side in (-1, 1):
            beam = [(0.05, 0.2), (0.11, 0.12), (0.2, 0.07), (0.21, 0.0)]
            self._pen.line([(side * x, y) for x, y in beam], 0.022, horn)
            for (x, y), (end_x, end_y) in (
                ((0.1, 0.13), (0.09, 0.03)),
                ((0.17, 0.085), (0.15, 0.0)),
            ):
                self._pen.line([(side * x, y), (side * end_x, end_y)], 0.017, horn)

    def _head(self) -> None:
        wide = self._kind.head
        tuft = 1.18 if self._kind.cheeks else 1.0
        chin = 0.475 + self._kind.snout
        head = [(0.0, 0.165), (wide * 0.55, 0.185), (wide * 0.93, 0.27), (wide * tuft, 0.385)]
        head += [(wide * 0.62, 0.46), (wide * 0.3, chin - 0.01), (0.0, chin)]
        self._both(head, self._main)
        if self._kind.cheeks:
            cheek = [(0.012, chin - 0.003), (wide * 0.3, chin - 0.015), (wide * 0.62, 0.455)]
            cheek += [
                (wide * tuft * 0.98, 0.385),
                (wide * 0.7, 0.36),
                (wide * 0.3, 0.375),
                (0.03, 0.46),
            ]
            self._pair(cheek, self._light)
        elif self._name == "owl":
            self._ovals(0.1, 0.31, (0.108, 0.118), mix(self._light, self._main, 0.15))
        elif self._name not in {"panda", "rabbit"}:
            low = 0.42 + self._kind.snout * 0.6
            self._pen.oval(0, low, wide * 0.42, 0.072, mix(self._main, self._light, 0.75))
        self._stripes()

    def _stripes(self) -> None:
        if self._name == "cat":
            for x in (-0.05, 0.0, 0.05):
                self._pen.line([(x, 0.185 + abs(x) * 0.2), (x * 0.7, 0.235)], 0.013, self._dark)
            for side in (-1, 1):
                for y in (0.36, 0.395):
                    self._pen.line([(side * 0.21, y - 0.01), (side * 0.15, y)], 0.01, self._dark)
        elif self._name == "panda":
            for side in (-1, 1):
                patch = [
                    (0.05, 0.27),
                    (0.1, 0.25),
                    (0.14, 0.3),
                    (0.145, 0.36),
                    (0.09, 0.37),
                    (0.05, 0.33),
                ]
                self._pen.blob([(side * x, y) for x, y in patch], INK)

    def _eyes(self) -> None:
        iris = self._dice.choice(self._kind.eyes)
        big = 0.058 if self._name == "owl" else 0.033
        gap = 0.1 if self._name == "owl" else self._kind.head * 0.42
        slit = 0.4 if self._name in {"cat", "fox"} else 0.62
        self._ovals(gap, 0.315, (big * 1.16, big * 1.1), mix(self._dark, INK, 0.6))
        self._ovals(gap, 0.315, (big, big * 0.95), iris)
        self._ovals(gap, 0.317, (big * slit, big * 0.86), INK)
        for side in (-1, 1):
            self._pen.oval(side * gap - big * 0.3, 0.315 - big * 0.4, big * 0.26, big * 0.26, WHITE)
            self._pen.oval(
                side * gap + big * 0.3, 0.315 + big * 0.35, big * 0.12, big * 0.12, WHITE
            )

    def _nose(self) -> None:
        if self._name == "owl":
            self._both([(0.0, 0.335), (0.026, 0.36), (0.012, 0.4), (0.0, 0.425)], (226, 170, 70))
            return
        low = 0.395 + self._kind.snout
        pink = self._name in {"cat", "rabbit"}
        tone = (208, 122, 122) if pink else mix(INK, self._dark, 0.25)
        size = 0.02 if pink else 0.032
        self._both(
            [
                (0.0, low - size * 0.5),
                (size, low - size * 0.5),
                (size * 0.9, low + size * 0.2),
                (0.0, low + size),
            ],
            tone,
        )
        mouth = [(0.0, low + size), (0.0, low + 0.035)]
        self._pen.line(mouth, 0.006, mix(INK, self._dark, 0.4))
        for side in (-1, 1):
            smile = [(0.0, low + 0.035), (side * 0.022, low + 0.045), (side * 0.042, low + 0.034)]
            self._pen.line(smile, 0.006, mix(INK, self._dark, 0.4))
            if self._name in {"cat", "rabbit"}:
                for tip in (0.36, 0.4, 0.44):
                    self._pen.line(
                        [(side * 0.06, 0.415), (side * 0.26, tip)],
                        0.003,
                        mix(self._light, WHITE, 0.5),
                    )
