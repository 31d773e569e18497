"""Cuts what stands in one picture out and puts it into another, in that one's light."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageStat

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._dots import pieces
from bot.providers._canvas._palette import INK
from bot.providers._canvas._subject import subject
from bot.providers._canvas._surface import Surface, curved, sized, swapped

_TALL = (0.62, 0.76)
_WIDE = (0.72, 0.52, 0.4, 0.34, 0.3)
"""How much of the height a figure takes, and of the width at most, for 1-5 figures."""
_STANDS_AT = 0.95
"""How far down a figure stands whose feet are to be seen."""
_BELOW = 1.02
"""How far down one reaches that is cut off in its own picture: its edge must not be seen."""
_CUT_OFF = 0.9
"""A figure that reaches further down than this in its own picture is cut off there."""
_LIGHT = 0.42
"""How far a figure goes into the light of where it is put."""
_SHADOW = 0.4
_EDGE = 0.8
_LONGEST = 160
_BRIDGE = 7
"""What is as narrow as this in a copy whose longer side is `_LONGEST` holds nothing together."""
# A figure that was found by its colours is trusted only if it is tall, solid, low and in the
# middle: otherwise it is more likely a piece of a landscape.
_LEAST_TALL = 0.5
_OFF_CENTRE = 0.16
_LEAST_SOLID = 0.52
_LEAST_LOW = 0.85


@dataclass(frozen=True)
class Figure:
    """A picture (RGB) and a mask (L) of what stands in it."""

    image: Image.Image
    mask: Image.Image
    box: tuple[int, int, int, int]

    @property
    def is_sure(self) -> bool:
        """Whether it looks like somebody or something that stands there."""
        left, top, right, bottom = self.box
        solid = ImageStat.Stat(self.mask.crop(self.box)).mean[0] / 255
        return (
            solid >= _LEAST_SOLID
            and bottom >= _LEAST_LOW * self.image.height
            and bottom - top >= _LEAST_TALL * self.image.height
            and abs((left + right) / 2 / self.image.width - 0.5) <= _OFF_CENTRE
        )

    @property
    def is_cut_off(self) -> bool:
        """Whether the lower edge of its picture cuts through it."""
        return self.box[3] >= self.image.height * _CUT_OFF


def figure_of(image: Image.Image, mask: Image.Image) -> Figure | None:
    """Take what a mask shows, if it shows anything."""
    box = mask.getbbox()
    return Figure(image, mask, box) if box else None


def found_in(image: Image.Image) -> Figure | None:
    """Find a figure by its colours, without what only touches it."""
    mask = subject(image)
    figure = figure_of(image, _body(mask)) if mask else None
    return figure if figure and figure.is_sure else None


def _body(mask: Image.Image) -> Image.Image:
    """Keep the largest piece of a mask: a sun behind an ear hangs on it by a few dots only."""
    small = mask.copy()
    small.thumbnail((_LONGEST, _LONGEST))
    thin = swapped(small, [0] * 128 + [255] * 128).filter(ImageFilter.MinFilter(_BRIDGE))
    found = sorted(pieces(bytearray(thin.tobytes()), thin.width, 255), key=len)
    flags = bytearray(thin.width * thin.height)
    for piece in found[-1:]:
        for at in piece:
            flags[at] = 255
    body = Image.frombytes("L", thin.size, bytes(flags)).filter(ImageFilter.MaxFilter(_BRIDGE + 4))
    return ImageChops.darker(mask, sized(body, mask.size))


def place(surface: Surface, figures: Sequence[Figure]) -> None:
    """Put the figures beside each other before what is there, in chance's order."""
    dice = surface.dice.child("collage")
    for number, figure in enumerate(dice.sample(figures, len(figures))):
        middle = (number + 0.5) / len(figures)
        spread = 0.16 if len(figures) == 1 else 0.04
        middle += dice.uniform(-spread, spread)
        _stand(surface, figure, dice, middle=middle, widest=_WIDE[len(figures) - 1])


def _stand(surface: Surface, figure: Figure, dice: Dice, *, middle: float, widest: float) -> None:
    """Put one figure on the lower edge, or on the ground if its feet can be seen."""
    left, top, right, bottom = figure.box
    scale = min(
        surface.height * dice.uniform(*_TALL) / (bottom - top),
        surface.width * widest / (right - left),
    )
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    ground = surface.height * (_BELOW if figure.is_cut_off else _STANDS_AT)
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
        surface.lay(INK, spot, _SHADOW)
