"""Quoting: a wish checked against its model, and what it costs. Nothing is written here."""

import hashlib
import json
import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalog import (
    AUTO,
    PIXELS_PER_MEGAPIXEL,
    USUAL_SCALE,
    Catalog,
    Model,
    Offer,
    Preset,
    Route,
    Task,
    units,
)
from bot.errors import (
    AdultsOnly,
    BadPicture,
    BadPrompt,
    NoRoute,
    OutOfRange,
    UnknownLora,
    UnsupportedInput,
    UserError,
)
from bot.media import framed_size, shrunk_size
from bot.routing import Routing
from bot.services.choosing import by_fitness
from bot.services.requests import ImageWish, Source
from bot.services.servers import Servers

MAX_SEED = 2**32 - 1

_USUAL_PRESET: dict[Task, Preset] = {"vary": "normal", "upscale": "subtle"}
LARGEST_PIXELS = 16_800_000
"""What is delivered at most: 4096 × 4096."""

_INSISTED = ("negative_prompt", "steps", "guidance", "strength", "scale")
_INPUT_WORDS = {
    "negative_prompt": "negative prompt",
    "loras": "LoRA from Hugging Face",
    "air_loras": "LoRA from CivitAI",
}
MAX_LORA_WEIGHT = 2
AIR = "urn:air:"
_LORA = re.compile(
    r"(?:(?P<id>[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95})"
    r"|(?P<air>urn:air:[a-z0-9]{1,20}:(?:lora|lycoris|dora):civitai:\d{1,12}@\d{1,12}))"
    r"(?:\s+(?P<weight>\d(?:\.\d{1,2})?))?"
)
"""A LoRA as people name it: an id of Hugging Face or an AIR of CivitAI, and perhaps its weight."""


@dataclass(frozen=True)
class Quote:
    """What a wish comes down to and costs: `price` in credits, all pictures together."""

    model: Model
    task: Task
    inputs: dict[str, Any]
    count: int
    price: int
    cost_usd_micros: int
    is_served: bool
    """Whether a provider would take it just now, rather than when it is well again."""

    @property
    def likeness(self) -> str | None:
        """A name that only requests for the very same pictures share; None without a seed."""
        if "seed" not in self.inputs.get("insists", ()):
            return None
        by_whom = ("avoid", "is_tame")
        asked = {name: value for name, value in self.inputs.items() if name not in by_whom}
        text = json.dumps([self.model.name, self.task, asked], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def unit_price(self) -> int:
        """Credits per picture."""
        return self.price // self.count


class Quoting:
    """Knows what each model takes, and what it costs where it is served just now.

    Its prices are those without a markup; `at` a server, they are what people pay there.
    """

    def __init__(
        self,
        catalog: Catalog,
        routing: Routing,
        servers: Servers | None = None,
        *,
        markup_percent: int = 0,
    ) -> None:
        self._catalog = catalog
        self._routing = routing
        self._servers = servers
        self._markup_percent = markup_percent

    def at(self, server_id: int | None) -> "Quoting":
        """Return the same with the prices of a server, as they are now."""
        if self._servers is None or server_id is None:
            return self
        percent = self._servers.of(server_id).markup_percent
        return Quoting(self._catalog, self._routing, self._servers, markup_percent=percent)

    def models(self, typed: str, task: Task, *, limit: int | None = None) -> list[Model]:
        """Return the models that can do a task now and match what was typed so far."""
        return self._priced(self._served(typed, task)[:limit])

    def presets(self, typed: str) -> list[Model]:
        """Return the presets of `/edit` that can be had now and match what was typed so far."""
        found = self._catalog.presets(typed)
        served = [model for model in found if self._routing.serves(model, "edit")]
        return self._priced(served)

    def _served(self, typed: str, task: Task) -> list[Model]:
        found = self._catalog.search(typed, task)
        return [model for model in found if self._routing.serves(model, task)]

    def _priced(self, models: Sequence[Model]) -> list[Model]:
        percent = self._markup_percent
        return [self._routing.priced(model, markup_percent=percent) for model in models]

    def serves(self, name: str, task: Task) -> bool:
        """Whether a model of this name is there and does this task just now."""
        return any(
            model.name == name and self._routing.serves(model, task)
            for model in self._catalog.offering(task)
        )

    def quote(self, wish: ImageWish) -> Quote:
        """Check a wish against its model and price it.

        Raises:
            UserError: what is wrong with it, in a class of its own.
        """
        if wish.model == AUTO:
            return self.choose(self._candidates(wish), wish)
        model = self._catalog.get(wish.model)
        if wish.task not in model.tasks:
            raise UnsupportedInput(model_title=model.title, name=_TASK_WORDS[wish.task])
        return self._quote(model, wish)

    def choose(self, models: Sequence[Model], wish: ImageWish) -> Quote:
        """Quote a wish by the first of some models that takes it.

        Raises:
            NoRoute: there are no models.
            UserError: none takes it; what is wrong is said of the first one.
        """
        refusal: UserError = NoRoute(model_title=AUTO)
        for number, model in enumerate(models):
            try:
                return self._quote(model, wish)
            except UserError as error:
                refusal = refusal if number else error
        raise refusal

    def _candidates(self, wish: ImageWish) -> list[Model]:
        """Return what `auto` may mean: models that are well first, and the best for the wish."""
        # As the catalog has them: a price that is marked up already would be marked up twice.
        there = self._served("", wish.task)
        # Who asks for an AI's picture gets none of the painter's because a company is down.
        real = [model for model in there if not model.is_fallback] or there
        is_well = {
            model.name: bool(self._routing.choices(model.tasks[wish.task])) for model in real
        }
        return sorted(by_fitness(real, wish), key=lambda model: not is_well[model.name])

    def _quote(self, model: Model, wish: ImageWish) -> Quote:
        offer = model.tasks[wish.task]
        _check_range("count", wish.count, 1, offer.max_count)
        inputs = _words(wish, model, offer) | _settings(wish, model, offer)
        inputs |= _pictures(wish, model, offer)
        pixels = _pixels(wish, offer, inputs)
        inputs |= {"count": wish.count, "pixels": pixels, "insists": _insists(wish)}
        if wish.avoid:
            inputs["avoid"] = list(wish.avoid)
        if wish.is_tame:
            inputs["is_tame"] = True
        route = self._route(model, wish, inputs)
        price = self._routing.price_of(model, wish.task, markup_percent=self._markup_percent)
        price *= units(offer.unit, pixels)
        return Quote(
            model=model,
            task=wish.task,
            inputs=inputs,
            count=wish.count,
            price=price * wish.count,
            cost_usd_micros=offer.cost_of(route, pixels) * wish.count,
            is_served=bool(self._routing.choices(offer, inputs, avoid=wish.avoid)),
        )

    def _route(self, model: Model, wish: ImageWish, inputs: dict[str, Any]) -> Route:
        """Return the route that a job goes by first, if its provider is well.

        Raises:
            NoRoute: no provider of this model is there.
            UnsupportedInput, OutOfRange: one is, and cannot be told all that the wish insists on.
            AdultsOnly: only those could do it who must not where it is asked for.
        """
        offer = model.tasks[wish.task]
        found = self._routing.choices(offer, inputs, avoid=wish.avoid)
        found = found or self._routing.routes(offer, inputs, avoid=wish.avoid)
        if found:
            return found[0].route
        there = [choice.route for choice in self._routing.routes(offer, avoid=wish.avoid)]
        if not there:
            raise NoRoute(model_title=model.title)
        if any(route.serves({**inputs, "is_tame": False}) for route in there):
            raise AdultsOnly(model_title=model.title)
        most = max(route.max_count for route in there)
        _check_range("count", wish.count, 1, most)
        told: set[str] = {value for route in there for value in route.sends.values()}
        insists: list[str] = inputs["insists"]
        names = [name for name in insists if name not in told]
        name = names[0] if names else "such a combination just now"
        raise UnsupportedInput(model_title=model.title, name=_INPUT_WORDS.get(name, name))


_TASK_WORDS: dict[Task, str] = {
    "imagine": "words alone: it needs a picture",
    "vary": "picture to start from",
    "edit": "instructions for a picture",
    "fill": "mask",
    "upscale": "picture to enlarge",
    "cutout": "picture to cut out",
    "blend": "several pictures",
    "describe": "picture to describe",
    "enhance": "words to better",
}


def _insists(wish: ImageWish) -> list[str]:
    """Return what a route must be able to tell its endpoint; a seed nobody chose may be lost."""
    names = [name for name in _INSISTED if getattr(wish, name) is not None]
    if wish.seed is not None and "seed" in wish.said:
        names.append("seed")
    if wish.lora:
        names.append("air_loras" if wish.lora.startswith(AIR) else "loras")
    return names


def random_seed() -> int:
    """Return a seed that any provider takes."""
    return random.randint(0, MAX_SEED)  # noqa: S311 - a seed is no secret


def _words(wish: ImageWish, model: Model, offer: Offer) -> dict[str, Any]:
    prompt = wish.prompt.strip()
    needs_words = wish.task in ("imagine", "vary", "edit", "enhance") and not model.is_preset
    if len(prompt) > offer.max_prompt or (needs_words and not prompt):
        raise BadPrompt(length=len(prompt), limit=offer.max_prompt)
    words = {"prompt": prompt}
    negative = (wish.negative_prompt or "").strip()
    if negative:
        _check_takes(model, "negative prompt", takes=offer.takes.negative_prompt)
        if len(negative) > offer.max_prompt:
            raise BadPrompt(length=len(negative), limit=offer.max_prompt)
        words["negative_prompt"] = negative
    return words


def _settings(wish: ImageWish, model: Model, offer: Offer) -> dict[str, Any]:
    settings = _seed(wish, model, offer)
    preset = wish.preset or _USUAL_PRESET.get(wish.task)
    if preset is not None:
        settings |= {"preset": preset, **offer.presets.get(preset, {})}
    if wish.task == "upscale":
        settings["scale"] = USUAL_SCALE
    for name in ("steps", "guidance", "strength", "scale"):
        value, limits = getattr(wish, name), getattr(offer.takes, name)
        if value is not None:
            _check_takes(model, name, takes=limits is not None)
            _check_range(name, value, *limits)
            settings[name] = value
    return settings | _quality(wish, model, offer) | _loras(wish, model, offer)


def _seed(wish: ImageWish, model: Model, offer: Offer) -> dict[str, Any]:
    if wish.seed is None:
        return {"seed": random_seed()} if offer.takes.seed else {}
    _check_takes(model, "seed", takes=offer.takes.seed)
    _check_range("seed", wish.seed, 0, MAX_SEED)
    return {"seed": wish.seed}


def _loras(wish: ImageWish, model: Model, offer: Offer) -> dict[str, Any]:
    if not wish.lora:
        return {}
    _check_takes(model, "LoRA", takes=offer.takes.loras)
    read = _LORA.fullmatch(wish.lora.strip())
    if read is None:
        raise UnknownLora(name=wish.lora)
    weight = float(read["weight"] or 1)
    _check_range("LoRA weight", weight, 0, MAX_LORA_WEIGHT)
    if read["air"]:
        return {"air_loras": {read["air"]: weight}}
    return {"loras": [{"path": read["id"], "scale": weight}]}


def _quality(wish: ImageWish, model: Model, offer: Offer) -> dict[str, Any]:
    """Return the steps that a quality means, unless the steps themselves were chosen."""
    quality = wish.quality or wish.drawn_as
    if quality is None:
        return {}
    asked = {"quality": quality}
    if wish.steps is not None:
        return asked
    if quality in offer.quality_steps:
        return asked | {"steps": offer.quality_steps[quality]}
    # With `auto` the choice of the model was the answer.
    _check_takes(model, "quality setting", takes=wish.model == AUTO or wish.quality is None)
    return asked


def _pictures(wish: ImageWish, model: Model, offer: Offer) -> dict[str, Any]:
    if wish.task == "enhance":
        return {}
    if not offer.sizes and wish.task != "blend":
        _check_takes(model, "aspect ratio for a picture", takes=wish.aspect_ratio is None)
        _check_takes(model, "mask", takes=wish.mask is None or wish.task == "fill")
        assert wish.image is not None, wish
        named = {"image": wish.image, "mask": wish.mask}
        found = {name: source.as_inputs() for name, source in named.items() if source}
        return found | ({"frame": wish.frame} if wish.frame else {})
    found: dict[str, Any] = {}
    if wish.images:
        found["images"] = [source.as_inputs() for source in wish.images]
    ratio = wish.aspect_ratio or offer.default_ratio
    if ratio is None:
        return found
    if ratio not in offer.sizes:
        raise UnsupportedInput(model_title=model.title, name=f"aspect ratio {ratio}")
    return found | {"aspect_ratio": ratio}


def _pixels(wish: ImageWish, offer: Offer, inputs: dict[str, Any]) -> int:
    """Return how large one picture of this wish will be.

    Raises:
        BadPicture: the picture is as large, or as square, as it gets.
    """
    if wish.image is None:
        size = offer.sizes.get(inputs.get("aspect_ratio", ""))
        return size.width * size.height if size else PIXELS_PER_MEGAPIXEL
    width, height = wish.image.width, wish.image.height
    if wish.frame:
        width, height = framed_size(width, height, wish.frame)
    if offer.max_pixels:
        width, height = shrunk_size(width, height, offer.max_pixels)
    pixels = width * height
    if wish.task == "upscale":
        return _enlarged(pixels, inputs["scale"], wish.image)
    return pixels


def _enlarged(pixels: int, scale: float, image: Source) -> int:
    if pixels * scale**2 > LARGEST_PIXELS:
        most = math.floor(math.sqrt(LARGEST_PIXELS / pixels) * 10) / 10
        if most <= 1:
            raise BadPicture("it is as large as pictures get here already")
        raise OutOfRange(name="scale", value=scale, low=1, high=most)
    if pixels * scale**2 <= image.width * image.height:
        raise BadPicture("it is as large as this model makes it already")
    return round(pixels * scale**2)


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise OutOfRange(name=name, value=value, low=low, high=high)


def _check_takes(model: Model, words: str, *, takes: bool) -> None:
    if not takes:
        raise UnsupportedInput(model_title=model.title, name=words)
