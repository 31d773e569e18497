"""How large a picture becomes: plain numbers, known before any picture is touched."""

import math

from bot.errors import BadPicture

INTAKE_PIXELS = 4_194_304
"""The most pixels of a picture that people gave, and of a canvas made around one."""

_STEP = 16
# How many times as wide and as high as the picture inside it a canvas is.
_GROWTH = {
    "zoom_out": (2.0, 2.0),
    "pan_left": (1.5, 1.0),
    "pan_right": (1.5, 1.0),
    "pan_up": (1.0, 1.5),
    "pan_down": (1.0, 1.5),
}
# Where the picture lies in its canvas, across and down; in the middle when not said.
_PLACE = {
    "pan_left": (1.0, 0.5),
    "pan_right": (0.0, 0.5),
    "pan_up": (0.5, 1.0),
    "pan_down": (0.5, 0.0),
}
Box = tuple[int, int, int, int]


def shrunk_size(width: int, height: int, max_pixels: int, *, step: int = 8) -> tuple[int, int]:
    """Give the same sides when they are few enough pixels, else the largest of about that shape.

    The shrunk sides are multiples of `step`, and at least that long.
    """
    if width * height <= max_pixels:
        return width, height
    scale = math.sqrt(max_pixels / (width * height))
    return _floored(width * scale, step), _floored(height * scale, step)


def framed_size(width: int, height: int, kind: str) -> tuple[int, int]:
    """Give the canvas that `frame` makes: sides are multiples of 16, 4 megapixels at most.

    `zoom_out` keeps the size, `pan_left`, `pan_right`, `pan_up` and `pan_down` make one side 1.5
    times as long, `square` takes the longer side for both.

    Raises:
        BadPicture: `square`, and the sides differ by less than 16 pixels.
    """
    wide, high = _canvas(width, height, kind)
    scale = math.sqrt(min(1.0, INTAKE_PIXELS / (wide * high)))
    nearest = [max(_STEP, round(side * scale / _STEP) * _STEP) for side in (wide, high)]
    if math.prod(nearest) > INTAKE_PIXELS:
        return _floored(wide * scale, _STEP), _floored(high * scale, _STEP)
    return nearest[0], nearest[1]


def picture_box(width: int, height: int, kind: str) -> Box:
    """Tell where in its canvas a picture of this size comes to lie: left, top, right, bottom."""
    canvas = framed_size(width, height, kind)
    grown = _growth(width, height, kind)
    inside = [round(side / times) for side, times in zip(canvas, grown, strict=True)]
    place = _PLACE.get(kind, (0.5, 0.5))
    left, top = (
        round((side - part) * share)
        for side, part, share in zip(canvas, inside, place, strict=True)
    )
    return left, top, left + inside[0], top + inside[1]


def _canvas(width: int, height: int, kind: str) -> tuple[float, float]:
    if kind == "zoom_out":
        return width, height
    if kind == "square":
        if abs(width - height) < _STEP:
            raise BadPicture("the picture is square already")
        return max(width, height), max(width, height)
    wide, high = _growth(width, height, kind)
    return width * wide, height * high


def _growth(width: int, height: int, kind: str) -> tuple[float, float]:
    if kind == "square":
        longer = max(width, height)
        return longer / width, longer / height
    return _GROWTH[kind]


def _floored(side: float, step: int) -> int:
    return max(step, int(side) // step * step)
