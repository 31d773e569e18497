"""Changes a picture as an instruction says, as far as the painter understands its words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from PIL import Image, ImageChops, ImageStat

from bot.providers._canvas import _finish, _relight
from bot.providers._canvas._above import sky
from bot.providers._canvas._additions import FIGURES, add_things
from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import choose
from bot.providers._canvas._picture import opened
from bot.providers._canvas._sampling import palette_of
from bot.providers._canvas._styles import MEDIA, TOUCHES, Style, tint
from bot.providers._canvas._subject import subject
from bot.providers._canvas._surface import Surface
from bot.providers._canvas._words import Idea, read, words_in

_PHRASES = (
    # What it shall become counts, not what it is.
    (re.compile(r"\b(?:turn|change|transform|convert)\b.*?\b(?:into|to)\b"), ""),
    (re.compile(r"\b(?:replace|swap|exchange)\b.*?\b(?:with|by|for)\b"), ""),
    # Nothing can be taken away; at least it must not be painted instead.
    (re.compile(r"\b(?:remove|delete|erase|without|no|not|rid of|less)\b[^,.;]*"), ""),
    (re.compile(r"\bblack (?:and|&) white\b|\bb ?& ?w\b"), "monochrome"),
    (re.compile(r"\b8[- ]?bit\b"), "pixel"),
)
_ADDS = re.compile(r"\b(?:add|put|place|insert|include|give|paint|draw)\b")
_THAT = re.compile(r"\b(?:the|this|that|these|those|its|his|her|my|their|our)\s+((?:\w+\s+)?\w+)")
_PARTS = {"sky": "sky", "background": "ground", "backdrop": "ground"}
_WEATHERS = {
    "snowfall": "snow snowy snowing snowfall blizzard snowflake",
    "rain": "rain rainy raining drizzle downpour storm stormy thunderstorm",
    "fog": "fog foggy mist misty haze hazy",
}
_LEAST_CHANGE = 1.5
"""What changes a picture less than this, on average, in 1/255 of a channel, is no change."""
_GROUNDS = frozenset({"sea", "lake", "mountain", "hill", "forest", "meadow", "desert", "city"})


@dataclass(frozen=True)
class _Wish:
    """What was understood of an instruction."""

    idea: Idea
    styles: tuple[Style, ...]
    weather: str | None
    part: str | None


def edit(*, prompt: str, image: bytes, seed: int) -> bytes:
    """Change a picture as the words say and give it as PNG of the same size.

    Words it does not understand still change it visibly: it is painted over, in another light.

    Raises:
        ProviderRejected: the picture cannot be decoded.
    """
    picture = opened(image)
    before = picture.on_white()
    dice = Dice.thrown("edit", prompt, str(seed), f"{before.size}")
    surface = Surface(*before.size, dice)
    surface.image = before.copy()
    wish = _understood(prompt.lower())
    _change(surface, wish)
    if not wish.idea.things and _difference(before, surface.image) < _LEAST_CHANGE:
        _paint_over(surface)
    return picture.file_of(surface.image)


def _understood(prompt: str) -> _Wish:
    text = prompt
    for phrase, other in _PHRASES:
        text = phrase.sub(f" {other} ", text)
    words, said = words_in(text), words_in(prompt)
    styles, rest = _styles(words)
    weather = next(iter(_asked(_WEATHERS, rest)), None)
    idea, named = _without_hours(rest, weather), _those_there(prompt)
    is_changed = bool(styles or idea.tone or idea.season or weather or idea.colours)
    has_place = is_changed and not _ADDS.search(prompt)
    spared = named | _GROUNDS if has_place else named
    things = tuple(thing for thing in idea.things if thing not in spared)
    if "tree" in words:
        things = tuple("great tree" if thing == "forest" else thing for thing in things)
    colours = idea.colours or ((idea.coat,) if named and idea.coat else ())
    part = next((part for word, part in _PARTS.items() if word in said), None)
    return _Wish(
        idea=replace(idea, things=things, colours=colours),
        styles=styles,
        weather=weather,
        part=part or ("subject" if named else None),
    )


def _asked(table: Mapping[str, str], words: list[str]) -> list[str]:
    """List what the words ask for, in their order."""
    return list(
        dict.fromkeys(name for word in words for name in table if word in table[name].split())
    )


def _styles(words: list[str]) -> tuple[tuple[Style, ...], list[str]]:
    """Read the styles, at most one medium of them last; give the other words too."""
    media, touches = ({name: each[0] for name, each in of.items()} for of in (MEDIA, TOUCHES))
    medium, asked = _asked(media, words)[:1], _asked(touches, words)
    rest = [word for word in words if not _asked({**media, **touches}, [word])]
    styles = [TOUCHES[name][1] for name in TOUCHES if name in asked]
    return (*styles, *(MEDIA[name][1] for name in medium)), rest


def _without_hours(words: list[str], weather: str | None) -> Idea:
    """Read an idea; seasons and weather stand for themselves here, not for an hour of the day."""
    idea = read(" ".join(words), "")
    hours = [word for word in words if not read(word, "").season]
    if weather and "lightning" not in idea.things:
        hours = [word for word in hours if not _asked(_WEATHERS, [word])]
    return replace(idea, tone=read(" ".join(hours), "").tone)


def _those_there(text: str) -> set[str]:
    """Name the figures that the words speak of as being in the picture already."""
    if _ADDS.search(text):
        return set()
    return {thing for words in _THAT.findall(text) for thing in read(words, "").things} & FIGURES


def _change(surface: Surface, wish: _Wish) -> None:
    """Change light and season first, then add things, then go over everything."""
    idea, dice = wish.idea, surface.dice
    if idea.tone:
        _relight.relight(surface, idea.tone, choose(replace(idea, colours=()), dice.child("light")))
    palette = palette_of(surface.image, dice.child("palette"))
    if idea.season:
        _relight.change_season(surface, idea.season, palette)
    if idea.colours:
        _tint_part(surface, wish)
    add_things(surface, idea, palette)
    if wish.weather:
        _relight.weather(surface, wish.weather, palette)
    for style in wish.styles:
        style(surface, palette)


def _tint_part(surface: Surface, wish: _Wish) -> None:
    """Colour the sky, what stands there, what is behind it, or everything."""
    share = surface.dice.child("tint").uniform(0.62, 0.82)
    tinted = tint(surface.image, wish.idea.colours, share)
    mask: Image.Image | None = None
    if wish.part == "sky":
        mask = sky(surface.image)
    elif wish.part:
        mask = subject(surface.image)
    if mask and wish.part == "ground":
        mask = ImageChops.invert(mask)
    surface.lay(tinted, mask or Image.new("L", surface.size, 255))


def _difference(first: Image.Image, second: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(first, second)).mean)


def _paint_over(surface: Surface) -> None:
    """Change at least the hand it is painted with and the light it stands in."""
    dice = surface.dice.child("over")
    for length, strokes in ((34, 2600), (18, 5200)):
        _finish.brush(surface, f"over {length}", length=length, strokes=strokes, opacity=0.85)
    _finish.relief(surface)
    colour = dice.choice(("gold", "blue", "purple", "teal", "orange", "pink"))
    surface.image = tint(surface.image, (colour,), dice.uniform(0.28, 0.4))
