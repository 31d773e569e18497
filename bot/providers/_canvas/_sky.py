"""Everything above the horizon."""

import math

from PIL import Image, ImageChops, ImageFilter

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import WHITE, Colour, Palette, mix, turn
from bot.providers._canvas._surface import (
    Point,
    Surface,
    around,
    cut,
    faded,
    gradient,
    shifted,
    sized,
    toned,
)


def paint_air(surface: Surface, palette: Palette) -> None:
    """Lay the sky from the zenith to the lower edge, a little uneven as paint is."""
    surface.image = gradient(surface.size, palette.sky)
    surface.shade(surface.noise(surface.dice.child("air"), cells=3, stretch=2.5), 0.16)


def paint_stars(surface: Surface, palette: Palette, horizon: float) -> None:
    """Scatter stars, most of them faint, along a band of star dust."""
    dice, unit = surface.dice.child("stars"), surface.unit
    dust = cut(surface.noise(dice, cells=3, octaves=6, stretch=1.6), 110, 255)
    dust = ImageChops.multiply(dust, surface.band(horizon, 0))
    colour = mix(turn(palette.sky[2], richness=1.2, value=1.5), palette.accent, 0.35)
    surface.lay(colour, dust, 0.42)
    pen = surface.pen()
    for _ in range(420):
        at = dice.uniform(0, surface.width), horizon * dice.random() ** 1.2
        size = unit * (0.5 + 1.5 * dice.random() ** 5)
        pen.oval(*at, size, size, mix(palette.sky[1], WHITE, dice.uniform(0.35, 1)))
    for _ in range(7):
        at = dice.uniform(0, surface.width), horizon * dice.uniform(0.05, 0.75)
        surface.glow(at, unit * dice.uniform(10, 26), WHITE, 0.85)


def paint_orb(surface: Surface, palette: Palette, at: Point, *, is_moon: bool) -> None:
    """Hang up the sun or the moon, with its light around it."""
    dice, unit = surface.dice.child("orb"), surface.unit
    radius = unit * dice.uniform(48, 84)
    surface.glow(at, radius * 7, mix(palette.light, palette.sky[2], 0.35), 0.5)
    surface.glow(at, radius * 2.6, palette.light, 0.55)
    disc = surface.mask(lambda pen: pen.oval(*at, radius, radius, 255))
    if not is_moon:
        surface.lay(mix(palette.light, WHITE, 0.45), disc)
        return
    if dice.says(0.4):
        lean = dice.choice((-1, 1)) * radius * 0.5
        bite = surface.mask(
            lambda pen: pen.oval(at[0] + lean, at[1] - radius * 0.12, radius, radius, 255)
        )
        disc = ImageChops.subtract(disc, bite)
    seas = surface.noise(dice, cells=14 * 1000 * unit / radius / 12, octaves=3)
    surface.lay(toned(seas, mix(palette.light, palette.sky[2], 0.28), WHITE), disc)


def paint_clouds(surface: Surface, palette: Palette, horizon: float, *, heavy: bool) -> None:
    """Drift clouds across: lit from one side, thin at the edges, flat near the horizon."""
    dice = surface.dice.child("clouds")
    shape = surface.noise(dice, cells=dice.uniform(2.2, 3.6), octaves=6, stretch=2.6)
    low = 96 if heavy else dice.randint(128, 158)
    veil = cut(shape, low, low + 90)
    veil = ImageChops.multiply(veil, surface.band(horizon, horizon * 0.55, low=40))
    shift = round(surface.unit * 16)
    lit = ImageChops.subtract(shape, shifted(shape, -shift, shift), 0.5, 128)
    dark = mix(palette.sky[1], palette.shadow, 0.45 if heavy else 0.12)
    bright = mix(palette.light, palette.sky[3], 0.3)
    if palette.is_dark:
        bright = mix(bright, palette.sky[2], 0.72)
    surface.lay(toned(cut(lit, 70, 200), dark, bright), veil, 0.9)


def paint_aurora(surface: Surface, palette: Palette, horizon: float) -> None:
    """Hang curtains of light that fade upwards."""
    dice, unit = surface.dice.child("aurora"), surface.unit
    hues: tuple[Colour, ...] = ((70, 255, 170), (90, 210, 255), (190, 110, 255), palette.accent)
    for colour in (hues[0], dice.choice(hues), dice.choice(hues)):
        curtain = Image.new("L", surface.size)
        pen_line = _wave(surface, dice, horizon * dice.uniform(0.4, 0.8))
        for x, y in pen_line:
            tall = round(unit * dice.uniform(150, 380))
            ray = sized(Image.linear_gradient("L"), (max(2, round(unit * 9)), tall))
            curtain.paste(faded(ray, dice.uniform(0.35, 0.95)), (round(x), round(y) - tall))
        curtain = curtain.filter(ImageFilter.GaussianBlur(unit * 7))
        light = ImageChops.multiply(
            Image.merge("RGB", (curtain,) * 3), Image.new("RGB", surface.size, colour)
        )
        surface.image = ImageChops.screen(surface.image, light)


def _wave(surface: Surface, dice: Dice, level: float) -> list[Point]:
    first, second = dice.uniform(0, 6), dice.uniform(0, 6)
    step, unit = surface.unit * 6, surface.unit
    count = math.ceil(surface.width / step)
    return [
        (
            i * step,
            level
            + unit * 90 * math.sin(first + i * step / unit / 190)
            + unit * 34 * math.sin(second + i * step / unit / 70),
        )
        for i in range(count)
    ]


def paint_rainbow(surface: Surface, horizon: float) -> None:
    """Bend a rainbow over the land."""
    dice, unit = surface.dice.child("rainbow"), surface.unit
    middle = surface.width * dice.uniform(0.3, 0.7), horizon * 1.15
    outer = min(surface.width * 0.62, horizon * 1.05)
    bows = Image.new("RGB", surface.size)
    for i in range(14):
        ring = surface.mask(lambda pen, r=outer - i * unit * 5: pen.oval(*middle, r, r, 255))
        bows.paste(turn((255, 70, 70), hue=i / 14 * 0.78), (0, 0, *surface.size), ring)
    inner = outer - 14 * unit * 5
    hole = surface.mask(lambda pen: pen.oval(*middle, inner, inner, 255))
    bows.paste((0, 0, 0), (0, 0, *surface.size), hole)
    bows = faded(bows.filter(ImageFilter.GaussianBlur(unit * 5)), 0.4)
    surface.image = ImageChops.screen(surface.image, bows)


def paint_lightning(surface: Surface, horizon: float) -> None:
    """Strike once or twice, with the cloud lit up behind."""
    dice, unit = surface.dice.child("lightning"), surface.unit
    for _ in range(dice.randint(1, 2)):
        at = surface.width * dice.uniform(0.15, 0.85), 0.0
        bolt = [at]
        while bolt[-1][1] < horizon:
            x, y = bolt[-1]
            bolt.append((x + unit * dice.uniform(-34, 34), y + unit * dice.uniform(14, 46)))
        surface.glow((at[0], horizon * 0.2), unit * 460, (180, 190, 255), 0.6)
        mask = surface.mask(lambda pen, bolt=bolt: pen.line(bolt, unit * 4, 255))
        surface.lay((220, 226, 255), mask.filter(ImageFilter.GaussianBlur(unit * 9)), 0.9)
        surface.lay(WHITE, mask)


def paint_weather(surface: Surface, palette: Palette, *, is_snow: bool) -> None:
    """Let it rain or snow in front of everything."""
    dice, unit = surface.dice.child("weather"), surface.unit
    drops = Image.new("L", surface.size)
    layer = Surface(1, 1, dice)
    layer.image = drops
    pen = layer.pen()
    lean = dice.uniform(-0.3, 0.3)
    for _ in range(420 if is_snow else 620):
        x, y = dice.uniform(-0.1, 1.1) * surface.width, dice.uniform(-0.1, 1) * surface.height
        if is_snow:
            size = unit * (1.5 + 6 * dice.random() ** 4)
            pen.oval(x, y, size, size, dice.randint(140, 255))
        else:
            end = around(x, y, unit * dice.uniform(24, 64), math.pi / 2 + lean)
            pen.line([(x, y), end], unit * 1.2, dice.randint(50, 150))
    surface.lay(mix(WHITE, palette.haze, 0.15), drops.filter(ImageFilter.GaussianBlur(unit * 0.9)))


def paint_birds(surface: Surface, palette: Palette, horizon: float) -> None:
    """Let a flock pass."""
    dice, unit = surface.dice.child("birds"), surface.unit
    middle = surface.width * dice.uniform(0.25, 0.75), horizon * dice.uniform(0.2, 0.55)
    pen = surface.pen()
    for _ in range(dice.randint(5, 13)):
        x = middle[0] + unit * dice.gauss(0, 120)
        y = middle[1] + unit * dice.gauss(0, 50)
        wing, lift = unit * dice.uniform(10, 26), dice.uniform(0.2, 0.7)
        curve = [
            (x - wing, y - wing * lift * 0.7),
            (x - wing * 0.5, y - wing * lift),
            (x, y),
            (x + wing * 0.5, y - wing * lift),
            (x + wing, y - wing * lift * 0.6),
        ]
        pen.line(curve, unit * 2.6, mix(palette.shadow, palette.sky[2], 0.1))


def paint_planets(surface: Surface, palette: Palette) -> None:
    """Float a ringed planet and its moons among the stars."""
    dice, unit = surface.dice.child("planets"), surface.unit
    at = surface.width * dice.uniform(0.35, 0.65), surface.height * dice.uniform(0.34, 0.5)
    _planet(surface, dice, at, unit * dice.uniform(190, 270), palette.accent)
    for _ in range(dice.randint(1, 3)):
        at = surface.width * dice.uniform(0.08, 0.92), surface.height * dice.uniform(0.06, 0.9)
        tone = turn(palette.accent, hue=dice.uniform(0.2, 0.8))
        _planet(surface, dice, at, unit * dice.uniform(18, 60), tone, ringed=False)


def _planet(
    surface: Surface, dice: Dice, at: Point, radius: float, colour: Colour, *, ringed: bool = True
) -> None:
    surface.glow(at, radius * 2.1, colour, 0.45)
    bands = surface.noise(dice, cells=2, octaves=5, stretch=dice.uniform(4, 9))
    dark, bright = (
        turn(colour, hue=0.06, value=0.55),
        turn(colour, hue=-0.05, richness=0.5, value=1.7),
    )
    disc = surface.mask(lambda pen: pen.oval(*at, radius, radius, 255))
    lean = dice.uniform(-0.5, 0.1)
    ring = _ring(surface, at, radius, lean) if ringed else None
    light = mix(colour, WHITE, 0.55)
    if ring:
        surface.lay(light, ring, 0.75)
    surface.lay(toned(bands, dark, bright), disc)
    day = surface.mask(
        lambda pen: pen.oval(at[0] - radius * 0.42, at[1] - radius * 0.36, radius, radius, 255)
    )
    night = ImageChops.subtract(disc, day.filter(ImageFilter.GaussianBlur(radius * 0.22)))
    surface.lay((4, 4, 16), ImageChops.multiply(night, disc), 0.85)
    if ring:
        front = surface.mask(
            lambda pen: pen.shape(
                [around(*at, radius * 4, lean + part * math.pi) for part in (0, 0.25, 0.75, 1)],
                255,
            )
        )
        surface.lay(light, ImageChops.multiply(ring, front), 0.85)


def _ring(surface: Surface, at: Point, radius: float, lean: float) -> Image.Image:
    def turned(size: float) -> list[Point]:
        flat = [
            (math.cos(a / 40 * math.tau) * size, math.sin(a / 40 * math.tau) * size * 0.24)
            for a in range(40)
        ]
        cos, sin = math.cos(lean), math.sin(lean)
        return [(at[0] + x * cos - y * sin, at[1] + x * sin + y * cos) for x, y in flat]

    mask = Image.new("L", surface.size)
    for size, value in ((2.15, 150), (1.95, 60), (1.88, 255), (1.6, 110), (1.45, 0)):
        band = surface.mask(lambda pen, size=size: pen.shape(turned(radius * size), 255))
        mask.paste(value, (0, 0, *surface.size), band)
    return mask
