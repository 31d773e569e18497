"""Paints a picture again, otherwise: a little moved, or the same words in its light and colours."""

from PIL import Image, ImageChops, ImageFilter

from bot.providers._canvas import _finish, _words
from bot.providers._canvas._dice import Dice
from bot.providers._canvas._picture import opened
from bot.providers._canvas._sampling import palette_of
from bot.providers._canvas._scene import compose
from bot.providers._canvas._surface import Surface, curved, shifted_by, sized, swapped

_NEW_FROM = 0.6
"""The strength from which on nothing but light and colour is taken from the picture."""
_CELLS = 12
"""How many cells across and down a picture is bent in; the bends are wider than a cell."""
_KNOTS = 4
_BEND = 0.16
_CLOSER = 0.24
"""How far strength 1 would bend the picture and step closer to it, as shares of its sides."""


def vary(*, prompt: str, negative_prompt: str, image: bytes, strength: float, seed: int) -> bytes:
    """Paint a variation of the same size and give it as PNG.

    Strength 0 leaves the picture nearly as it is, 1 takes hardly more than its colours.

    Raises:
        ProviderRejected: the picture cannot be decoded.
    """
    picture = opened(image)
    source = picture.on_white()
    dice = Dice.thrown("vary", prompt, negative_prompt, str(seed), f"{source.size}")
    surface = Surface(*source.size, dice)
    if strength < _NEW_FROM:
        surface.image = source
        _rework(surface, strength)
    else:
        compose(_words.read(prompt, negative_prompt), surface, palette_of(source, dice))
        share = (1 - strength) / (1 - _NEW_FROM)
        drawn = _tinted(surface.image, dice.child("rework"), 0.6 * strength)
        surface.image = _in_the_light_of(source, drawn, 0.5 * share)
    return picture.file_of(surface.image)


def _rework(surface: Surface, strength: float) -> None:
    """Move, bend, tint and brush over what is there."""
    dice = surface.dice.child("rework")
    surface.image = _bent(surface.image, dice, strength)
    surface.image = _tinted(surface.image, dice, strength)
    surface.shade(surface.noise(dice.child("light"), cells=2, octaves=3), 0.5 * strength)
    for length, strokes in ((30, 2600), (16, 5200)):
        _finish.brush(
            surface, f"vary {length}", length=length, strokes=strokes, opacity=min(0.7, strength)
        )


def _bent(image: Image.Image, dice: Dice, strength: float) -> Image.Image:
    """Step closer to the picture and pull its dots a little in all directions."""
    wide, high = image.size
    part = 1 - _CLOSER * strength * dice.uniform(0.6, 1)
    left, top = (wide * (1 - part) * dice.random(), high * (1 - part) * dice.random())
    reach = _BEND * strength * min(wide, high)
    across, down = _pulls(dice), _pulls(dice)

    def pulled(column: int, row: int) -> tuple[float, float]:
        at = row * (_CELLS + 1) + column
        x = left + wide * part * column / _CELLS + reach * (across[at] / 255 - 0.5)
        y = top + high * part * row / _CELLS + reach * (down[at] / 255 - 0.5)
        return min(max(x, 0.0), wide - 1), min(max(y, 0.0), high - 1)

    knots = [[pulled(column, row) for column in range(_CELLS + 1)] for row in range(_CELLS + 1)]
    mesh = [
        (
            tuple(
                round(side * place / _CELLS)
                for side, place in ((wide, i), (high, j), (wide, i + 1), (high, j + 1))
            ),
            (*knots[j][i], *knots[j + 1][i], *knots[j + 1][i + 1], *knots[j][i + 1]),
        )
        for j in range(_CELLS)
        for i in range(_CELLS)
    ]
    return image.transform(
        image.size, Image.Transform.MESH, mesh, resample=Image.Resampling.BICUBIC
    )


def _pulls(dice: Dice) -> bytes:
    """Make smooth chance for every knot between the cells, 0-255."""
    coarse = Image.frombytes("L", (_KNOTS, _KNOTS), dice.randbytes(_KNOTS**2))
    return sized(coarse, (_CELLS + 1, _CELLS + 1)).tobytes()


def _tinted(image: Image.Image, dice: Dice, strength: float) -> Image.Image:
    """Turn all hues a little and change the light."""
    hue, richness, value = image.convert("HSV").split()
    turned = round(dice.uniform(-18, 18) * strength)
    hue = swapped(hue, [(value + turned) % 256 for value in range(256)])
    rich, light = (1 + strength * dice.uniform(-0.3, 0.3) for _ in range(2))
    richness = curved(richness, lambda v: v * rich)
    value = curved(value, lambda v: 255 * (v / 255) ** light)
    return Image.merge("HSV", (hue, richness, value)).convert("RGB")


def _in_the_light_of(source: Image.Image, image: Image.Image, share: float) -> Image.Image:
    """Lay out light and colour as in the source, all forms as in the image."""
    scale = max(1, max(source.size) // 64)
    soft = ImageFilter.GaussianBlur(4)
    wanted, there = (each.reduce(scale).filter(soft) for each in (source, image))
    wanted = Image.blend(there, wanted, share)
    lift, drop = ImageChops.subtract(wanted, there), ImageChops.subtract(there, wanted)
    return shifted_by(image, lift, drop)
