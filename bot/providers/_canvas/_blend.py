"""Makes one picture of several: they share the canvas, its light and the hand that paints it."""

from collections.abc import Sequence
from dataclasses import replace

from PIL import Image, ImageFilter, ImageStat

from bot.providers._canvas import _finish, _words
from bot.providers._canvas._bands import lay_out
from bot.providers._canvas._collage import Figure, figure_of, found_in, place
from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import choose
from bot.providers._canvas._picture import ALTERED, ALTERED_AI, Picture, opened, png
from bot.providers._canvas._relight import relight
from bot.providers._canvas._sampling import palette_of
from bot.providers._canvas._styles import MEDIA, tint
from bot.providers._canvas._surface import Surface, curved
from bot.providers._canvas._words import Idea

_HAZE = 0.12
"""How wide a ground is blurred, in shares of its shorter side."""
_FULL = 220
"""From this mean opacity on, in 1/255, nothing was cut out of a picture."""
_TOGETHER = (0.45, 0.4, 0.4)
"""How far light and the two differences of colour (YCbCr) are drawn to what is common."""
_STRETCH = (0.7, 1.4)
_FLAT = 8.0
"""Contrast is never changed more than `_STRETCH`; less than `_FLAT` counts as this."""
_TINT = 0.5


def blend(*, prompt: str, images: Sequence[bytes], seed: int, width: int, height: int) -> bytes:
    """Paint one picture of 2-5 others and give it as PNG; words set its light and its style.

    Pictures lie side by side with flowing edges; a figure that stands in one comes before them all.

    Raises:
        ProviderRejected: a picture cannot be decoded.
    """
    pictures = [opened(image) for image in images]
    surface = Surface(width, height, Dice.thrown("blend", prompt, str(seed), f"{width}x{height}"))
    idea = _words.read(prompt, "")
    _arrange(surface, pictures, idea)
    _follow(surface, idea, prompt)
    _unite(surface)
    is_ai = any(picture.origin == ALTERED_AI for picture in pictures)
    return png(surface.image, ALTERED_AI if is_ai else ALTERED)


def _arrange(surface: Surface, pictures: Sequence[Picture], idea: Idea) -> None:
    """Lay out the grounds, bring them into the hour asked for, and put the figures before them."""
    shown = _drawn_together([picture.on_white() for picture in pictures])
    found = [_figure(picture, image) for image, picture in zip(shown, pictures, strict=True)]
    grounds = [image for image, figure in zip(shown, found, strict=True) if figure is None]
    lay_out(surface, grounds or [_hazy(image) for image in shown])
    if idea.tone:
        colours = choose(replace(idea, colours=()), surface.dice.child("light"))
        relight(surface, idea.tone, colours)
    place(surface, [figure for figure in found if figure])


def _figure(picture: Picture, shown: Image.Image) -> Figure | None:
    """Take what was cut out, but not a picture that only has round corners; else look for one."""
    if picture.alpha and ImageStat.Stat(picture.alpha).mean[0] < _FULL:
        return figure_of(shown, picture.alpha)
    return found_in(shown)


def _hazy(image: Image.Image) -> Image.Image:
    """Leave hardly more of a picture than its colours, as a ground for its own figure."""
    return image.filter(ImageFilter.GaussianBlur(min(image.size) * _HAZE))


def _drawn_together(pictures: Sequence[Image.Image]) -> list[Image.Image]:
    """Bring light, contrast and colours of all pictures some of the way to their common mean."""
    sheets = [picture.convert("YCbCr") for picture in pictures]
    stats = [ImageStat.Stat(sheet) for sheet in sheets]
    common = [sum(each) / len(stats) for each in zip(*(stat.mean for stat in stats), strict=True)]
    spread = [
        sum(max(_FLAT, value) for value in each) / len(stats)
        for each in zip(*(stat.stddev for stat in stats), strict=True)
    ]
    together: list[Image.Image] = []
    for sheet, stat in zip(sheets, stats, strict=True):
        bands = [
            _drawn_to(band, (mean, deviation), (common[at], spread[at]), _TOGETHER[at])
            for at, (band, mean, deviation) in enumerate(
                zip(sheet.split(), stat.mean, stat.stddev, strict=True)
            )
        ]
        together.append(Image.merge("YCbCr", bands).convert("RGB"))
    return together


def _drawn_to(
    band: Image.Image, own: tuple[float, float], common: tuple[float, float], share: float
) -> Image.Image:
    """Bring mean and deviation of one channel a share of the way to others."""
    (mean, deviation), (other, spread) = own, common
    least, most = _STRETCH
    stretch = min(most, max(least, spread / max(_FLAT, deviation)))
    return curved(band, lambda v: v + share * ((v - mean) * stretch + other - v))


def _follow(surface: Surface, idea: Idea, prompt: str) -> None:
    """Change colours and medium as the words say; what they name is not painted."""
    if idea.colours:
        surface.image = tint(surface.image, idea.colours, _TINT)
    said = set(_words.words_in(prompt))
    for names, style in MEDIA.values():
        if said & set(names.split()):
            style(surface, palette_of(surface.image, surface.dice.child("palette")))
            break


def _unite(surface: Surface) -> None:
    """Go over everything with one hand, so that it is one picture."""
    for length, strokes, opacity in ((20, 2600, 0.4), (9, 4200, 0.45)):
        _finish.brush(surface, f"unite {length}", length=length, strokes=strokes, opacity=opacity)
    palette = palette_of(surface.image, surface.dice.child("air"))
    _finish.bloom(surface, 0.3)
    _finish.vignette(surface, palette, 0.4)
    _finish.weave(surface, 0.12)
