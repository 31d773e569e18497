"""Makes one picture of several: they share the canvas, its light and the hand that paints it."""

from collections.abc import Sequence
from dataclasses import replace

from PIL import Image, ImageStat

from bot.providers._canvas import _finish, _words
from bot.providers._canvas._bands import Part, lay_out
from bot.providers._canvas._collage import Figure, figure_of, place
from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import choose
from bot.providers._canvas._picture import ALTERED, ALTERED_AI, Picture, opened, png
from bot.providers._canvas._relight import relight
from bot.providers._canvas._sampling import palette_of
from bot.providers._canvas._styles import MEDIA, tint
from bot.providers._canvas._subject import subject
from bot.providers._canvas._surface import Surface, curved

_COLLAGES = 0.75
"""How often what stands in one picture is put before the others, where it can be."""
_TOGETHER = (0.45, 0.4, 0.4)
"""How far light and the two differences of colour (YCbCr) are drawn to what is common."""
_STRETCH = (0.7, 1.4)
_FLAT = 8.0
"""Contrast is never changed more than `_STRETCH`; less than `_FLAT` counts as this."""
_TINT = 0.5


def blend(*, prompt: str, images: Sequence[bytes], seed: int, width: int, height: int) -> bytes:
    """Paint one picture of 2-5 others and give it as PNG; words set its light and its style.

    Where something stands in a picture it may be put before the others; else they lie side by side.

    Raises:
        ProviderRejected: a picture cannot be decoded.
    """
    pictures = [opened(image) for image in images]
    surface = Surface(width, height, Dice.thrown("blend", prompt, str(seed), f"{width}x{height}"))
    _arrange(surface, pictures)
    _follow(surface, prompt)
    _unite(surface)
    is_ai = any(picture.origin == ALTERED_AI for picture in pictures)
    return png(surface.image, ALTERED_AI if is_ai else ALTERED)


def _arrange(surface: Surface, pictures: Sequence[Picture]) -> None:
    """Choose what shall be the ground and what stands before it, and put it all in its place."""
    shown = _drawn_together([picture.on_white() for picture in pictures])
    found = [
        figure_of(image, picture.alpha or subject(image))
        for image, picture in zip(shown, pictures, strict=True)
    ]
    before = _before(surface.dice, pictures, found)
    grounds = [
        Part(image, figure.centre if figure else (0.5, 0.5))
        for number, (image, figure) in enumerate(zip(shown, found, strict=True))
        if number not in before
    ]
    lay_out(surface, grounds)
    place(surface, [figure for number in before if (figure := found[number])])


def _before(
    dice: Dice, pictures: Sequence[Picture], found: Sequence[Figure | None]
) -> list[int]:
    """List the pictures whose figures stand before the others; what is cut out always does."""
    cut_out = [number for number, picture in enumerate(pictures) if picture.alpha]
    figures = [number for number, figure in enumerate(found) if figure]
    before = figures if dice.child("layout").says(_COLLAGES) else cut_out
    if len(before) == len(pictures):
        before = cut_out[1:]
    return [number for number in before if found[number]]


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


def _follow(surface: Surface, prompt: str) -> None:
    """Change hour, colours and medium as the words say; what they name is not painted."""
    idea, dice = _words.read(prompt, ""), surface.dice
    if idea.tone:
        relight(surface, idea.tone, choose(replace(idea, colours=()), dice.child("light")))
    if idea.colours:
        surface.image = tint(surface.image, idea.colours, _TINT)
    said = set(_words.words_in(prompt))
    for names, style in MEDIA.values():
        if said & set(names.split()):
            style(surface, palette_of(surface.image, dice.child("palette")))
            break


def _unite(surface: Surface) -> None:
    """Go over everything with one hand, so that it is one picture."""
    for length, strokes, opacity in ((20, 4200, 0.4), (9, 7000, 0.45)):
        _finish.brush(surface, f"unite {length}", length=length, strokes=strokes, opacity=opacity)
    palette = palette_of(surface.image, surface.dice.child("air"))
    _finish.bloom(surface, 0.3)
    _finish.vignette(surface, palette, 0.4)
    _finish.weave(surface, 0.12)
