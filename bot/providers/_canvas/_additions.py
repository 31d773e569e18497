"""Paints things into a picture that is there already: before it, into its sky, onto its ground."""

from collections.abc import Callable

from PIL import ImageChops

from bot.providers._canvas import _beasts, _figures, _land, _sky, _works
from bot.providers._canvas._above import sky
from bot.providers._canvas._palette import Palette
from bot.providers._canvas._subject import subject
from bot.providers._canvas._surface import Surface
from bot.providers._canvas._words import BEASTS, Idea

Raise = Callable[[Surface, Palette, tuple[float, float], float], None]
"""Paints something with its foot at a point, of this height in pixels."""
Spread = Callable[[Surface, Palette, float], None]
"""Paints something that has a horizon at this row."""

_STANDING: dict[str, Raise] = {
    "house": _works.paint_house,
    "castle": _works.paint_castle,
    "lighthouse": _works.paint_lighthouse,
    "boat": _works.paint_boat,
    "great tree": _land.paint_great_tree,
}
_HIGH: dict[str, Spread] = {
    "sun": lambda surface, palette, row: _sky.paint_orb(
        surface, palette, (surface.width * 0.76, row * 0.34), is_moon=False
    ),
    "stars": _sky.paint_stars,
    "cloud": lambda surface, palette, row: _sky.paint_clouds(surface, palette, row, heavy=False),
    "aurora": _sky.paint_aurora,
    "rainbow": lambda surface, _, row: _sky.paint_rainbow(surface, row),
    "lightning": lambda surface, _, row: _sky.paint_lightning(surface, row),
    "balloon": _works.paint_balloons,
    "bird": _sky.paint_birds,
    "planet": lambda surface, palette, _: _sky.paint_planets(surface, palette),
    "mountain": lambda surface, palette, row: _land.paint_mountains(
        surface, palette, row, snowy=True
    ),
    "city": _works.paint_skyline,
}
_LOW: dict[str, Spread] = {
    "sea": lambda surface, palette, row: _land.paint_water(
        surface, palette, row, surface.width / 2
    ),
    "meadow": lambda surface, palette, row: _land.paint_meadow(surface, palette, row, flowery=True),
    "desert": _land.paint_dunes,
    "hill": _land.paint_hills,
    "forest": lambda surface, palette, row: _land.paint_conifers(surface, palette, row, rows=1),
}
_LOW["lake"] = _LOW["sea"]
FIGURES = BEASTS | {*_STANDING, "portrait", "flower", "balloon", "planet", "bird"}
"""What stands there or flies by itself, so that one can say "the cat"."""
_SPOTS = (0.2, 0.8, 0.42, 0.62)
_TALL = 0.46
_GROUND = 0.68
"""Where new ground begins, as a share of the height."""


def add_things(surface: Surface, idea: Idea, palette: Palette) -> None:
    """Paint what an idea names where such a thing belongs in this picture."""
    _add_ground(surface, idea, palette, surface.height * _GROUND)
    _add_sky(surface, idea, palette)
    turned = surface.dice.randrange(2)
    standing = [name for name in idea.things if name in FIGURES and name not in _HIGH]
    for number, name in enumerate(standing):
        x = surface.width * _SPOTS[(number + turned) % len(_SPOTS)]
        place = (x, surface.height * 0.96), surface.height * _TALL
        _stand(surface, palette, name, idea.coat, place)


def fill_with_surroundings(
    surface: Surface, idea: Idea, palette: Palette, *, top: float, bottom: float
) -> None:
    """Paint grounds and skies that an idea names, no figures, to be seen between two rows."""
    _add_ground(surface, idea, palette, top + (bottom - top) * 0.2)
    for name in idea.things:
        if name in _HIGH and name not in FIGURES:
            _HIGH[name](surface, palette, bottom)


def fill_with_figures(surface: Surface, idea: Idea, palette: Palette) -> None:
    """Paint the figures of an idea as large as the surface is."""
    for name in idea.things:
        tall = min(surface.height * 0.94, surface.width)
        if name in FIGURES and name in _HIGH:
            _HIGH[name](surface, palette, surface.height)
        elif name in FIGURES:
            place = (surface.width / 2, surface.height * 0.97), tall
            _stand(surface, palette, name, idea.coat, place)


def _stand(
    surface: Surface,
    palette: Palette,
    name: str,
    coat: str | None,
    place: tuple[tuple[float, float], float],
) -> None:
    (x, foot), tall = place
    if name in _STANDING:
        _STANDING[name](surface, palette, (x, foot), tall)
    elif name in BEASTS:
        _beasts.paint_beast(surface, palette, name, coat, place=place)
    else:
        half = min(tall, surface.width) / 2
        left = min(max(0, round(x - half)), surface.width - round(half * 2))
        box = (left, round(foot - tall), left + round(half * 2), surface.height)
        part = Surface(box[2] - box[0], box[3] - box[1], surface.dice.child(name))
        part.image = surface.image.crop(box)
        paint = _figures.paint_portrait if name == "portrait" else _figures.paint_blossoms
        paint(part, palette, coat)
        surface.image.paste(part.image, box)


def _add_sky(surface: Surface, idea: Idea, palette: Palette) -> None:
    """Paint into the sky, behind all that reaches into it."""
    names = [name for name in idea.things if name in _HIGH]
    if not names:
        return
    before, above = surface.image, sky(surface.image)
    surface.image = before.copy()
    row = float((above.getbbox() or (0, 0, 0, surface.height * 0.5))[3])
    for name in names:
        _HIGH[name](surface, palette, row)
    after, surface.image = surface.image, before
    surface.lay(after, above)


def _add_ground(surface: Surface, idea: Idea, palette: Palette, row: float) -> None:
    """Paint over the lower part, but not over what stands there."""
    names = [name for name in idea.things if name in _LOW]
    if not names:
        return
    before = surface.image
    surface.image = before.copy()
    for name in names:
        _LOW[name](surface, palette, row)
    after, surface.image = surface.image, before
    soft = surface.band(row - surface.height * 0.05, row + surface.height * 0.05)
    found = subject(before)
    surface.lay(after, ImageChops.subtract(soft, found) if found else soft)
