"""Composes a picture: which layers, where the horizon is, and in what order they are painted."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PIL import ImageFilter

from bot.providers._canvas import _abstract, _beasts, _figures, _finish, _land, _sky, _words, _works
from bot.providers._canvas._dice import Dice
from bot.providers._canvas._palette import Palette, choose, mix
from bot.providers._canvas._picture import DRAWN, png
from bot.providers._canvas._surface import Surface
from bot.providers._canvas._words import BEASTS, Idea

Layer = Callable[[], None]
_GROUNDS = frozenset({"sea", "lake", "mountain", "hill", "forest", "meadow", "desert", "city"})
_WORKS = frozenset({"house", "castle", "lighthouse", "boat", "balloon"})
_STROKES = {
    "oil": ((46, 2400, 0.75), (26, 5200, 0.75), (14, 7000, 0.6)),
    "brush": ((26, 3000, 0.4), (14, 6000, 0.5)),
}
"""By medium: the passes of the brush as length in units, strokes, opacity."""
_FIGURES = BEASTS | {"portrait", "abstract", "planet", "flower"}


def draw(
    prompt: str,
    negative_prompt: str,
    seed: int,
    width: int,
    height: int,
    on_step: Callable[[float], None] = lambda _share: None,
) -> bytes:
    """Draw a picture and give it as PNG; the same arguments give the same bytes.

    `on_step` is told the finished share (0-1) after each layer, the last time with 1. What it
    raises stops the painting.
    """
    dice = Dice.thrown(prompt, negative_prompt, str(seed), f"{width}x{height}")
    idea = _words.read(prompt, negative_prompt)
    surface = Surface(width, height, dice)
    compose(idea, surface, choose(idea, dice.child("palette")), on_step)
    drawn = png(surface.image, DRAWN)
    on_step(1.0)
    return drawn


def compose(
    idea: Idea,
    surface: Surface,
    palette: Palette,
    on_step: Callable[[float], None] = lambda _share: None,
) -> None:
    """Paint an idea over the whole surface."""
    layers = _Scene(idea, surface, palette).layers()
    for done, layer in enumerate(layers, start=1):
        layer()
        on_step(done / (len(layers) + 1))


@dataclass(frozen=True)
class _Stage:
    """Where things stand: rows and columns in pixels."""

    horizon: float
    light_x: float
    light_y: float


class _Scene:
    """One idea on its way to a picture."""

    def __init__(self, idea: Idea, surface: Surface, palette: Palette) -> None:
        self.surface = surface
        self._palette = palette
        self._dice = surface.dice.child("scene")
        self._idea = idea if idea.first(_GROUNDS | _WORKS | _FIGURES) else self._imagined(idea)
        self._figure = self._idea.first(_FIGURES)
        if self._figure == "flower" and self._idea.first(_GROUNDS | _WORKS):
            self._figure = None
        self._medium = idea.finish or self._dice.choice(("brush", "brush", "oil", "smooth"))
        low, high = (0.42, 0.52) if self._figure in BEASTS else (0.5, 0.66)
        horizon = surface.height * self._dice.uniform(low, high)
        self._stage = _Stage(
            horizon=horizon,
            light_x=surface.width * self._dice.uniform(0.18, 0.82),
            light_y=horizon * self._dice.uniform(0.22, 0.72),
        )

    def _imagined(self, idea: Idea) -> Idea:
        """Choose what to paint for words the lexicon does not know."""
        motifs = (
            ("mountain", "lake"),
            ("mountain", "forest"),
            ("sea", "boat"),
            ("sea", "lighthouse"),
            ("hill", "house"),
            ("meadow", "flower", "great tree"),
            ("forest", "lake"),
            ("desert",),
            ("hill", "balloon"),
            ("city",),
            ("mountain", "castle"),
            ("abstract",),
            ("abstract",),
        )
        things = idea.things + self._dice.choice(motifs)
        return Idea(things, idea.tone, idea.season, idea.finish, idea.colours, idea.coat)

    def layers(self) -> list[Layer]:
        """Name every step of the work in order."""
        if self._figure == "abstract":
            motif: list[Layer] = [lambda: _abstract.paint_abstract(self.surface, self._palette)]
        elif self._figure == "planet":
            motif = [*self._heaven(), lambda: _sky.paint_planets(self.surface, self._palette)]
        elif self._figure in {"portrait", "flower"}:
            motif = [*self._backdrop(), self._paint_figure]
        elif self._figure:
            motif = [*self._heaven(), *self._ground(), self._step_back]
            motif += [*self._strokes("behind"), self._paint_figure]
        else:
            motif = [*self._heaven(), *self._ground(), *self._built(), *self._passing()]
        return [*motif, *self._weather(), *self._finish()]

    def _heaven(self) -> list[Layer]:
        surface, palette, horizon = self.surface, self._palette, self._stage.horizon
        idea, at = self._idea, (self._stage.light_x, self._stage.light_y)
        is_space = self._figure == "planet"
        steps: list[Layer] = [lambda: _sky.paint_air(surface, palette)]
        is_night = palette.is_dark and idea.tone in {"night", "neon", None}
        reach = surface.height if is_space else horizon
        if idea.has("stars", "planet") or is_night:
            steps.append(lambda: _sky.paint_stars(surface, palette, reach))
        if idea.has("aurora"):
            steps.append(lambda: _sky.paint_aurora(surface, palette, horizon))
        elif not is_space and (idea.has("sun", "moon") or idea.tone not in {"storm", "mist"}):
            moon = idea.has("moon") or (is_night and not idea.has("sun"))
            steps.append(lambda: _sky.paint_orb(surface, palette, at, is_moon=moon))
        heavy = idea.tone == "storm" or idea.has("cloud")
        if not is_space and (heavy or (not is_night and self._dice.says(0.85))):
            steps.append(lambda: _sky.paint_clouds(surface, palette, horizon, heavy=heavy))
        if idea.has("rainbow"):
            steps.append(lambda: _sky.paint_rainbow(surface, horizon))
        if idea.has("lightning"):
            steps.append(lambda: _sky.paint_lightning(surface, horizon))
        return steps

    def _ground(self) -> list[Layer]:
        """Paint the land from the horizon to the viewer's feet."""
        surface, palette, stage, idea = self.surface, self._palette, self._stage, self._idea
        horizon = stage.horizon
        winter = idea.season == "winter"
        steps: list[Layer] = []
        if idea.has("mountain"):
            snowy = winter or self._dice.says(0.6)
            steps.append(lambda: _land.paint_mountains(surface, palette, horizon, snowy=snowy))
        if idea.has("city"):
            steps.append(lambda: _works.paint_skyline(surface, palette, horizon))
        open_ground = self._figure is not None or idea.has("lake", "sea")
        rows = 2 if open_ground else 4
        woods = partial(_land.paint_conifers, surface, palette, horizon, rows=rows)
        floor = self._floor(winter=winter)
        if not idea.has("forest"):
            return [*steps, floor]
        return [*steps, woods, floor] if open_ground else [*steps, floor, woods]

    def _floor(self, *, winter: bool) -> Layer:
        surface, palette, stage, idea = self.surface, self._palette, self._stage, self._idea
        horizon = stage.horizon
        stands = self._figure in BEASTS
        if idea.has("sea", "lake", "boat", "lighthouse") and not stands:
            return lambda: _land.paint_water(surface, palette, horizon, stage.light_x)
        if idea.has("city") and not stands:
            return lambda: _works.paint_road(surface, palette, horizon)
        if idea.has("desert"):
            return lambda: _land.paint_dunes(surface, palette, horizon)
        if winter or idea.has("snowfall"):
            return lambda: _land.paint_snowfield(surface, palette, horizon)
        if stands or idea.has("meadow", "flower"):
            flowery = stands or idea.has("flower", "meadow")
            return lambda: _land.paint_meadow(surface, palette, horizon, flowery=flowery)
        return lambda: _land.paint_hills(surface, palette, horizon)

    def _built(self) -> list[Layer]:
        surface, palette, idea = self.surface, self._palette, self._idea
        horizon, unit, dice = self._stage.horizon, surface.unit, self._dice.child("built")
        x = surface.width * dice.uniform(0.28, 0.72)
        near = horizon + (surface.height - horizon) * dice.uniform(0.3, 0.5)
        steps: list[Layer] = []
        if idea.has("castle"):
            steps.append(lambda: _works.paint_castle(surface, palette, (x, near), unit * 430))
        if idea.has("house"):
            steps.append(lambda: _works.paint_house(surface, palette, (x, near), unit * 230))
        if idea.has("lighthouse"):
            foot = surface.width * dice.choice((0.24, 0.76)), horizon + unit * 70
            steps.append(lambda: _works.paint_lighthouse(surface, palette, foot, unit * 480))
        if idea.has("boat"):
            steps.append(lambda: _works.paint_boat(surface, palette, (x, near), unit * 250))
        if idea.has("great tree"):
            foot = x, horizon + (surface.height - horizon) * 0.42
            steps.append(lambda: _land.paint_great_tree(surface, palette, foot, unit * 520))
        return steps

    def _passing(self) -> list[Layer]:
        surface, palette, horizon = self.surface, self._palette, self._stage.horizon
        steps: list[Layer] = []
        if self._idea.has("balloon"):
            steps.append(lambda: _works.paint_balloons(surface, palette, horizon))
        if self._idea.has("bird") or (not palette.is_dark and self._dice.says(0.5)):
            steps.append(lambda: _sky.paint_birds(surface, palette, horizon))
        return steps

    def _backdrop(self) -> list[Layer]:
        """Prepare a quiet, blurred ground for what stands before it."""
        surface, palette = self.surface, self._palette

        def soften() -> None:
            dice = surface.dice.child("backdrop")
            for _ in range(26):
                at = surface.width * dice.random(), surface.height * dice.random()
                tone = mix(
                    dice.choice((*palette.foliage, palette.sky[1], palette.accent)),
                    palette.light,
                    0.3,
                )
                surface.glow(
                    at, surface.unit * dice.uniform(40, 150), tone, dice.uniform(0.1, 0.42)
                )

        return [lambda: _sky.paint_air(surface, palette), soften]

    def _step_back(self) -> None:
        """Put everything painted so far out of focus, the far more than the near."""
        surface = self.surface
        soft = surface.image.filter(ImageFilter.GaussianBlur(surface.unit * 5))
        surface.lay(soft, surface.band(surface.height * 0.98, self._stage.horizon), 0.9)

    def _paint_figure(self) -> None:
        surface, palette, coat = self.surface, self._palette, self._idea.coat
        if self._figure == "portrait":
            _figures.paint_portrait(surface, palette, coat)
        elif self._figure == "flower":
            _figures.paint_blossoms(surface, palette, coat)
        elif self._figure:
            dice = self._dice.child("figure")
            tall = min(surface.height * 0.74, surface.width * 0.86) * dice.uniform(0.86, 1.02)
            foot = surface.width * dice.uniform(0.42, 0.58), surface.height * 0.965
            _beasts.paint_beast(surface, palette, self._figure, coat, place=(foot, tall))

    def _weather(self) -> list[Layer]:
        surface, palette, idea = self.surface, self._palette, self._idea
        if idea.has("snowfall") or (idea.season == "winter" and self._dice.says(0.6)):
            return [lambda: _sky.paint_weather(surface, palette, is_snow=True)]
        if idea.has("rain"):
            return [lambda: _sky.paint_weather(surface, palette, is_snow=False)]
        return []

    def _finish(self) -> list[Layer]:
        surface, palette, finish = self.surface, self._palette, self._medium
        if finish == "watercolour":
            touch: list[Layer] = [lambda: _finish.watercolour(surface)]
        elif finish == "ink":
            touch = [lambda: _finish.ink(surface, palette)]
        else:
            strength = 0.55 if palette.is_dark else 0.35
            touch = [
                *self._strokes("before"),
                lambda: _finish.bloom(surface, strength),
                lambda: _finish.vignette(surface, palette, 0.4),
            ]
        return [*touch, lambda: _finish.weave(surface, 0.12)]

    def _strokes(self, where: str) -> list[Layer]:
        """Lay strokes from coarse to fine; in front of a face only the finest, and thinly."""
        surface = self.surface
        steps = _STROKES.get(self._medium, ())
        if where == "before" and self._figure in BEASTS | {"portrait"}:
            steps = tuple((size, count // 2, 0.3) for size, count, _ in steps[-1:])
        strokes: list[Layer] = [
            lambda size=size, count=count, opacity=opacity: _finish.brush(
                surface, f"{where} {size}", length=size, strokes=count, opacity=opacity
            )
            for size, count, opacity in steps
        ]
        if self._medium == "oil" and where == "before":
            strokes.append(lambda: _finish.relief(surface))
        return strokes
