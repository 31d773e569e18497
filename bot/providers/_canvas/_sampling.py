"""Takes the colours of a picture, so that what is painted into it belongs there."""

import colorsys

from PIL import Image, ImageStat

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import INK, WHITE, Colour, Palette, mix, turn
from bot.providers._canvas._surface import means

_SIDE = 96
_TONES = 16
_DARK = 88
"""Up to this mean grey a picture is a dark one."""


def palette_of(picture: Image.Image, dice: Dice) -> Palette:
    """Find a sky, a light and the colours of things in an RGB picture."""
    small = means(picture, (_SIDE, _SIDE))
    rows = [_mean(small.crop((0, top, _SIDE, top + _SIDE // 8))) for top in (0, 16, 32, 44)]
    tones = sorted(_tones(small), key=_brightness)
    leaves = _tones(small.crop((0, _SIDE // 2, _SIDE, _SIDE)))
    is_dark = ImageStat.Stat(small.convert("L")).mean[0] < _DARK
    return Palette(
        sky=(rows[0], rows[1], rows[2], rows[3]),
        light=mix(tones[-1], WHITE, 0.35),
        shadow=mix(tones[0], INK, 0.3),
        accent=turn(max(tones, key=_richness), richness=1.15),
        foliage=tuple(dice.choice(leaves) for _ in range(4)),
        is_dark=is_dark,
    )


def _mean(part: Image.Image) -> Colour:
    red, green, blue = (round(value) for value in ImageStat.Stat(part).mean)
    return red, green, blue


def _tones(part: Image.Image) -> list[Colour]:
    """Sum a picture up in its main colours."""
    palette = part.quantize(_TONES, kmeans=1).getpalette() or []
    return list(zip(*(palette[band::3] for band in range(3)), strict=True))


def _brightness(tone: Colour) -> int:
    return sum(tone)


def _richness(tone: Colour) -> float:
    _, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in tone))
    return saturation * value
