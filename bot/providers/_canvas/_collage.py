"""Cuts what stands in one picture out and puts it into another, in that one's light."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageStat

from bot.providers._canvas._bands import Centre
from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import INK
from bot.providers._canvas._surface import Surface, curved, faded, sized

_TALL = (0.6, 0.74)
_WIDE = 0.72
"""How much of the height a figure takes, and of the width that it has at most."""
_STANDS_AT = 0.95
"""How far down a figure stands whose feet are to be seen."""
_CUT_OFF = 0.985
"""A figure that reaches further down than this in its own picture is cut off there."""
_LIGHT = 0.32
"""How far a figure goes into the light of where it is put."""
_SHADOW = 0.5
_EDGE = 0.8


@dataclass(frozen=True)
class Figure:
    """A picture (RGB) and a mask (L) of what stands in it."""

    image: Image.Image
    mask: Image.Image
    box: tuple[int, int, int, int]

    @property
    def centre(self) -> Centre:
        """Where it is in its picture, in shares of the sides."""
        left, top, right, bottom = self.box
        return (left + right) / 2 / self.image.width, (top + bottom) / 2 / self.image.height

    @property
    def is_cut_off(self) -> bool:
        """Whether the lower edge of its picture cuts through it."""
        return self.box[3] >= self.image.height * _CUT_OFF


def figure_of(image: Image.Image, mask: Image.Image | None) -> Figure | None:
    """Take what a mask shows, if it shows anything."""
    box = mask.getbbox() if mask else None
    return Figure(image, mask, box) if mask and box else None


def place(surface: Surface, figures: Sequence[Figure]) -> None:
    """Put the figures beside each other before what is there, in chance's order."""
    dice = surface.dice.child("collage")
    for number, figure in enumerate(dice.sample(figures, len(figures))):
        middle = (number + 0.5) / len(figures)
        spread = 0.16 if len(figures) == 1 else 0.04
        _stand(surface, figure, dice, middle + dice.uniform(-spread, spread))


def _stand(surface: Surface, figure: Figure, dice: Dice, middle: float) -> None:
    left, top, right, bottom = figure.box
    scale = min(
        surface.height * dice.uniform(*_TALL) / (bottom - top),
        surface.width * _WIDE / (right - left),
    )
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    ground = surface.height * (1.0 if figure.is_cut_off else _STANDS_AT)
    corner = round(surface.width * middle - size[0] / 2), round(ground - size[1])
    how = Image.Resampling.LANCZOS
    shape = Image.new("L", surface.size)
    shape.paste(sized(figure.mask.crop(figure.box), size, how), corner)
    shape = shape.filter(ImageFilter.GaussianBlur(_EDGE))
    shown = Image.new("RGB", surface.size)
    shown.paste(sized(figure.image.crop(figure.box), size, how), corner)
    _cast_shadow(surface, shape, is_standing=not figure.is_cut_off)
    surface.lay(_in_its_light(surface, shown, shape), shape)


def _in_its_light(surface: Surface, shown: Image.Image, shape: Image.Image) -> Image.Image:
    """Shift all colours of a figure towards those around it."""
    around = ImageStat.Stat(surface.image).mean
    own = ImageStat.Stat(shown, shape).mean
    bands = [
        curved(band, lambda v, shift=(there - here) * _LIGHT: v + shift * (1 - abs(v - 128) / 160))
        for band, there, here in zip(shown.split(), around, own, strict=True)
    ]
    return Image.merge("RGB", bands)


def _cast_shadow(surface: Surface, shape: Image.Image, *, is_standing: bool) -> None:
    """Darken what is right behind a figure, and the ground it stands on."""
    behind = shape.filter(ImageFilter.GaussianBlur(surface.unit * 26))
    surface.lay(INK, behind, _SHADOW)
    box = shape.getbbox()
    if is_standing and box:
        left, _, right, bottom = box
        wide, high = (right - left) * 0.5, (right - left) * 0.07
        spot = surface.mask(lambda pen: pen.oval((left + right) / 2, bottom, wide, high, 255))
        spot = spot.filter(ImageFilter.GaussianBlur(high / 2))
        surface.lay(INK, ImageChops.darker(spot, faded(spot, _SHADOW)))
