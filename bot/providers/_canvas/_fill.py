"""Paints a part of a picture anew: more of the same around it, or something else inside it."""

from PIL import Image, ImageChops, ImageFilter

from bot.providers._canvas import _words
from bot.providers._canvas._additions import fill_with_figures, fill_with_surroundings
from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import Palette
from bot.providers._canvas._picture import opened, opened_mask
from bot.providers._canvas._quilt import continued
from bot.providers._canvas._sampling import palette_of
from bot.providers._canvas._scene import compose
from bot.providers._canvas._subject import subject
from bot.providers._canvas._surface import Surface, cut
from bot.providers._canvas._words import Idea

Box = tuple[int, int, int, int]

_SEAM = 2.0
"""The softness of the seam in pixels; all of it lies on the side that is painted."""
_SMALLEST = 48
"""A hole less wide or high than this, in pixels, is too small for anything to stand in it."""


def fill(*, prompt: str, image: bytes, mask: bytes, seed: int) -> bytes:
    """Paint what is white in the mask and give the picture as PNG; the rest stays as it is.

    What is missing around the picture is continued. In a hole inside it, things that the words
    name are painted before that.

    Raises:
        ProviderRejected: the picture or the mask cannot be decoded.
    """
    picture = opened(image)
    hole = opened_mask(mask, picture.colours.size)
    dice = Dice.thrown("fill", prompt, str(seed), f"{picture.colours.size}")
    surface = Surface(*picture.colours.size, dice)
    kept = ImageChops.invert(hole).getbbox()
    idea, palette = _words.read(prompt, ""), palette_of(picture.on_white(), dice)
    if kept is None:
        compose(idea, surface, palette)
    else:
        surface.image = _more_of(picture.on_white(), hole, kept, dice)
        box = hole.getbbox()
        if box and kept == (0, 0, *surface.size):
            _paint_inside(surface, box, idea, palette)
    return picture.file_of(_joined(picture.colours, picture.alpha, surface.image, hole))


def _more_of(picture: Image.Image, hole: Image.Image, kept: Box, dice: Dice) -> Image.Image:
    unique = Image.new("L", picture.size)
    found = subject(picture.crop(kept))
    if found:
        unique.paste(found, kept)
    return continued(picture, hole, unique, dice)


def _paint_inside(surface: Surface, box: Box, idea: Idea, palette: Palette) -> None:
    """Paint figures as large as the hole is, grounds and skies across the whole picture."""
    wide, high = box[2] - box[0], box[3] - box[1]
    fill_with_surroundings(surface, idea, palette, top=box[1], bottom=box[3])
    if min(wide, high) >= _SMALLEST:
        part = Surface(wide, high, surface.dice.child("inside"))
        part.image = surface.image.crop(box)
        fill_with_figures(part, idea, palette)
        surface.image.paste(part.image, box)


def _joined(
    colours: Image.Image, alpha: Image.Image | None, painted: Image.Image, hole: Image.Image
) -> Image.Image:
    """Lay what was painted over the picture where the hole is, with a soft seam."""
    soft = cut(hole.filter(ImageFilter.GaussianBlur(_SEAM)), 128, 255)
    soft = ImageChops.multiply(soft, hole)
    joined = Image.composite(painted, colours, soft)
    if alpha:
        joined.putalpha(ImageChops.lighter(alpha, soft))
    return joined
