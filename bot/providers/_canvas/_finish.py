"""The last touch: what the picture is made with, and its light."""

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from bot.providers._canvas._palette import Palette, mix
from bot.providers._canvas._surface import Surface, curved, cut, sized

_GRAIN = ImageFilter.Kernel((3, 3), (-2, -1, 0, -1, 0, 1, 0, 1, 2), scale=2, offset=128)

_LIT = [bytes(max(0, min(255, value + light)) for value in range(256)) for light in range(-9, 10)]
"""The values of a colour a little darker or lighter, as no two strokes are quite alike."""

_EDGE = 14
"""How far two neighbouring greys differ where one thing ends and the next begins."""


def brush(surface: Surface, name: str, *, length: float, strokes: int, opacity: float) -> None:
    """Go over the picture with strokes of this length (in units) that follow its forms."""
    dice, unit = surface.dice.child(name), surface.unit
    step = max(1, round(unit * length / 3))
    small = surface.image.reduce(step)
    colours = small.tobytes()
    forms = small.convert("L").filter(ImageFilter.GaussianBlur(1)).tobytes()
    painted = surface.image.copy()
    line, throw = ImageDraw.Draw(painted).line, dice.random
    wide, high, phase = small.width, small.height, dice.uniform(0, 6)
    thick = max(1, round(unit * length * 0.22))
    # Thousands of strokes make a picture: what they share is worked out beforehand.
    for _ in range(strokes):
        column, row = int(throw() * wide), int(throw() * high)
        at = row * wide + column
        angle = _flow(forms, wide, at, phase)
        x, y = (column + throw()) * step, (row + throw()) * step
        half = unit * length * (0.25 + 0.3 * throw())
        dx, dy = math.cos(angle) * half, math.sin(angle) * half
        lit = _LIT[int(throw() * len(_LIT))]
        colour = lit[colours[3 * at]], lit[colours[3 * at + 1]], lit[colours[3 * at + 2]]
        line((x - dx, y - dy, x + dx, y + dy), colour, thick)
    surface.image = Image.blend(surface.image, painted, opacity)


def _flow(forms: bytes, wide: int, at: int, phase: float) -> float:
    """Find the direction at one dot: along an edge if there is one, else a slow wave."""
    if wide < at < len(forms) - wide - 1:
        across, down = forms[at + 1] - forms[at - 1], forms[at + wide] - forms[at - wide]
        if abs(across) + abs(down) > _EDGE:
            return math.atan2(down, across) + math.pi / 2
    return 0.45 * math.sin(phase + (at % wide) * 5 / wide) + 0.3 * math.sin(at // wide * 0.11)


def bloom(surface: Surface, strength: float) -> None:
    """Let the brightest places shine over their edges."""
    small = surface.image.reduce(6)
    bright = curved(small, lambda v: (v - 150) * 255 / 105)
    soft = bright.filter(ImageFilter.GaussianBlur(max(1.0, surface.unit * 5)))
    soft = curved(sized(soft, surface.size), lambda v: v * strength)
    surface.image = ImageChops.screen(surface.image, soft)


def vignette(surface: Surface, palette: Palette, strength: float) -> None:
    """Darken the corners a little."""
    edge = sized(cut(Image.radial_gradient("L"), 110, 330), surface.size)
    surface.lay(palette.shadow, edge, strength)


def weave(surface: Surface, strength: float) -> None:
    """Show the threads of the canvas or the tooth of the paper under the paint."""
    dice, side = surface.dice.child("weave"), max(64, round(256 * max(1.0, surface.unit)))
    tile = Image.frombytes("L", (256, 256), dice.randbytes(65536)).filter(ImageFilter.BoxBlur(1))
    tile = sized(tile.filter(_GRAIN), (side, side))
    sheet = Image.new("L", surface.size)
    for top in range(0, surface.height, side):
        for left in range(0, surface.width, side):
            sheet.paste(tile, (left, top))
    surface.shade(sheet, strength)


def relief(surface: Surface) -> None:
    """Light the paint from the side, so that strokes stand out."""
    height = surface.image.convert("L").filter(ImageFilter.GaussianBlur(surface.unit))
    surface.shade(height.filter(_GRAIN), 0.55)


def watercolour(surface: Surface) -> None:
    """Thin the paint: pools, dark rims, paper shining through and left bare at the edge."""
    dice = surface.dice.child("watercolour")
    paper = Image.new("RGB", surface.size, (250, 246, 236))
    soft = surface.image.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.SMOOTH)
    soft = ImageOps.posterize(soft, 4).filter(ImageFilter.GaussianBlur(surface.unit * 1.6))
    edges = ImageOps.invert(cut(soft.convert("L").filter(ImageFilter.FIND_EDGES), 4, 60))
    surface.image = Image.blend(soft, paper, 0.26)
    surface.shade(surface.noise(dice, cells=4, octaves=6), 0.34)
    rim = Image.blend(edges, Image.new("L", edges.size, 255), 0.62)
    surface.image = ImageChops.multiply(surface.image, Image.merge("RGB", (rim,) * 3))
    frame = surface.noise(dice, cells=7, octaves=5)
    distance = Image.new("L", (64, 64), 255)
    distance.paste(0, (3, 3, 61, 61))
    distance = sized(distance.filter(ImageFilter.GaussianBlur(2.2)), surface.size)
    bare = cut(ImageChops.add(distance, frame, 2.0), 108, 124)
    surface.lay((250, 246, 236), bare)


def ink(surface: Surface, palette: Palette) -> None:
    """Draw in one dark ink on warm paper, with hatched shadows."""
    dice, unit = surface.dice.child("ink"), surface.unit
    grey = ImageOps.autocontrast(surface.image.convert("L"), cutoff=1)
    edges = cut(grey.filter(ImageFilter.GaussianBlur(unit)).filter(ImageFilter.FIND_EDGES), 8, 46)
    hatch = Image.new("L", surface.size, 255)
    sheet = Surface(1, 1, dice)
    sheet.image = hatch
    pen, gap = sheet.pen(), unit * 7
    for i in range(math.ceil((surface.width + surface.height) / gap)):
        x = i * gap + unit * dice.uniform(-1, 1)
        pen.line([(x, 0), (x - surface.height, surface.height)], unit * 1.7, 70)
    dark = cut(ImageOps.invert(grey), 120, 200)
    wash = curved(grey, lambda v: 96 + v * 2 / 3)
    drawn = Image.composite(ImageChops.multiply(wash, hatch), wash, dark)
    drawn = ImageChops.multiply(drawn, ImageOps.invert(edges))
    tone = mix(palette.shadow, (20, 18, 28), 0.6)
    surface.image = ImageOps.colorize(drawn, tone, (248, 242, 228))
