"""Names the main colours of a picture."""

import colorsys
from collections import Counter

from PIL import Image

from bot.providers._canvas._palette import Colour

# Up to so many degrees of the colour circle it is called this.
_HUES = (
    (14, "red"),
    (42, "orange"),
    (68, "yellow"),
    (158, "green"),
    (196, "teal"),
    (254, "blue"),
    (292, "purple"),
    (345, "pink"),
    (360, "red"),
)
_BLACK, _WHITE = 0.16, 0.88
"""Darker and lighter than this (0-1) it is black, or white if it has little colour."""
_COLOURLESS = 0.13
_BROWN = 0.62
"""An orange or a yellow that is darker than this is brown."""
_PALE_RED = (0.55, 0.72)
"""A red of less colour and more light than this is pink."""
_MAIN, _TOUCH = 0.18, 0.03
_MOST = 3
"""How much of a picture a main colour covers, and one that is worth naming; how many of each."""


def colours_in(picture: Image.Image) -> str:
    """Say which colours an RGB picture has, most of it first: "mostly blue, with some red"."""
    dots, count = picture.tobytes(), picture.width * picture.height
    colours = zip(dots[::3], dots[1::3], dots[2::3], strict=True)
    shares = [(name, dots / count) for name, dots in Counter(map(_name, colours)).most_common()]
    main = [name for name, share in shares if share >= _MAIN][:_MOST] or [shares[0][0]]
    rest = [name for name, share in shares if share >= _TOUCH and name not in main][:_MOST]
    said = f"mostly {_listed(main)}" if rest else f"all {_listed(main)}"
    return f"{said}, with some {_listed(rest)}" if rest else said


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _name(colour: Colour) -> str:
    hue, richness, value = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    if value < _BLACK:
        return "black"
    if richness < _COLOURLESS:
        return "white" if value > _WHITE else "grey"
    name = next(name for limit, name in _HUES if hue * 360 <= limit)
    if name in {"orange", "yellow"} and value < _BROWN:
        return "brown"
    is_pale = richness < _PALE_RED[0] and value > _PALE_RED[1]
    return "pink" if name == "red" and is_pale else name
