"""Puts a picture into a larger canvas, for a model to paint what surrounds it."""

from dataclasses import dataclass
from itertools import product

from PIL import Image, ImageFilter, ImageOps

from bot.media._check import opened
from bot.media._pixels import encoded, plain, sized, upright_size
from bot.media._sizes import INTAKE_PIXELS, Box, framed_size, picture_box, shrunk_size

_OVERLAP = 8
"""How far into the picture a model may paint, in pixels, so that no seam is left."""
_COARSENESS = 8
"""How many pixels of the canvas are one of what its blurred colours are made of."""
_EDGE = 2
_BLUR = 6
Span = tuple[int, int]


@dataclass(frozen=True)
class Framed:
    """A canvas and its mask, two PNGs of one size; white in the mask is to be painted."""

    image: bytes
    mask: bytes


def frame(data: bytes, kind: str) -> Framed:
    """Put a picture into the canvas that `framed_size` tells; see there for the kinds.

    What is to be painted is laid out in blurred colours of the picture's edge. The picture is
    never stretched: a few pixels of its sides may go. What is transparent in it becomes white.

    Raises:
        BadPicture: damaged, too large, or `square` already.
    """
    picture, size = _decoded(data)
    canvas, box = framed_size(*size, kind), picture_box(*size, kind)
    sides = (box[2] - box[0], box[3] - box[1])
    inside = ImageOps.fit(_on_white(picture), sides, Image.Resampling.LANCZOS)
    image = _surroundings(inside, canvas, box)
    image.paste(inside, box)
    return Framed(image=encoded(image, "PNG"), mask=encoded(_mask(canvas, box), "PNG"))


def _decoded(data: bytes) -> tuple[Image.Image, tuple[int, int]]:
    """Decode a picture, smaller when it is huge, and tell its upright size as it was."""
    with opened(data) as image:
        size = image.size
        picture = plain(image, shrunk_size(*size, INTAKE_PIXELS, step=1))
        return picture, upright_size(image, size)


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture).convert("RGB")


def _surroundings(inside: Image.Image, canvas: tuple[int, int], box: Box) -> Image.Image:
    """Stretch the picture's edges over the canvas, coarse and blurred: models dislike black."""
    width, height = (side // _COARSENESS for side in canvas)
    left, top, right, bottom = (round(side / _COARSENESS) for side in box)
    small = sized(inside, (max(1, right - left), max(1, bottom - top)))
    coarse = Image.new("RGB", (width, height))
    for (x, to_x, columns), (y, to_y, rows) in product(
        _bands(left, right, width, small.width), _bands(top, bottom, height, small.height)
    ):
        edge = (columns[0], rows[0], columns[1], rows[1])
        coarse.paste(sized(small, (to_x - x, to_y - y), box=edge), (x, y))
    return sized(coarse.filter(ImageFilter.GaussianBlur(_BLUR)), canvas)


def _bands(start: int, end: int, canvas: int, inside: int) -> list[tuple[int, int, Span]]:
    """Cut one axis into before, picture and after, each with what of the picture fills it."""
    edge = min(_EDGE, inside)
    bands = [
        (0, start, (0, edge)),
        (start, end, (0, inside)),
        (end, canvas, (inside - edge, inside)),
    ]
    return [band for band in bands if band[0] < band[1]]


def _mask(canvas: tuple[int, int], box: Box) -> Image.Image:
    mask = Image.new("L", canvas, 255)
    mask.paste(0, _kept(canvas, box))
    return mask


def _kept(canvas: tuple[int, int], box: Box) -> Box:
    """Tell the part of the picture that stays: all but a rim where it meets what is new."""
    left, top, right, bottom = box
    rim = min(_OVERLAP, (right - left) // 4, (bottom - top) // 4)
    return (
        left + rim * (left > 0),
        top + rim * (top > 0),
        right - rim * (right < canvas[0]),
        bottom - rim * (bottom < canvas[1]),
    )
