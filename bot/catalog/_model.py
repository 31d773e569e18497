"""One catalog entry: a model, what it can be asked to do, and who does it at what price."""

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_STRICT = ConfigDict(extra="forbid", frozen=True)

Task = Literal[
    "imagine", "vary", "edit", "fill", "upscale", "cutout", "blend", "describe", "enhance"
]
"""What a job asks of a model: a picture from words, variations of a picture, a picture changed as
told, its masked part painted anew, the same larger, the same without its background, one picture
of several, words for a picture, better words for a picture that is still to be made."""

WORD_TASKS: frozenset[Task] = frozenset({"describe", "enhance"})
"""These give words, not pictures."""

Unit = Literal["picture", "megapixel"]
"""What is paid for: a picture, or each begun million pixels of it. Words count as one picture."""

Quality = Literal["draft", "standard", "high"]
Preset = Literal["normal", "subtle", "strong", "creative"]
Rating = Literal["safe", "nsfw"]
"""What a picture counts as when nobody flagged it either way: `safe` where whoever makes it filters
by themselves, or nothing new is drawn; `nsfw` where nothing stands in the way."""
Ratio = Annotated[str, StringConstraints(pattern=r"^[1-9]\d?:[1-9]\d?$")]

Value = Literal[
    "prompt",
    "negative_prompt",
    "seed",
    "count",
    "width",
    "height",
    "size",
    "size_text",
    "aspect_ratio",
    "steps",
    "guidance",
    "strength",
    "scale",
    "creativity",
    "resemblance",
    "loras",
    "lora_reference",
    "lora_scale",
    "air_loras",
    "image",
    "images",
    "mask",
]
"""What a job can carry, in our words; a route says what its endpoint calls it.

`size` is `{"width": ..., "height": ...}`, `size_text` is `1024x768`. `loras` is a list of `{"path":
..., "scale": ...}` with Hugging Face ids, `lora_reference` and `lora_scale` the only one of them,
and `air_loras` an object of CivitAI's AIR names and weights. `images` are those of a blend, and
elsewhere a list of the only one. `lora_reference` is `huggingface.co/<id>`.
"""

PIXELS_PER_MEGAPIXEL = 1_000_000
USUAL_SCALE = 2.0
"""How many times as wide and high an enlarged picture is when nobody says."""

_SIZED: tuple[Task, ...] = ("imagine", "blend")
_RANGES = ("guidance", "strength", "scale")
_PRESETS_NEEDED: dict[Task, frozenset[Preset]] = {
    "vary": frozenset({"normal", "subtle", "strong"}),
    "upscale": frozenset({"subtle", "creative"}),
}

_ALWAYS_SENT: dict[Task, tuple[Value, ...]] = {
    "imagine": ("prompt",),
    "vary": ("prompt", "image", "strength"),
    "edit": ("prompt", "image"),
    "fill": ("prompt", "image", "mask"),
    "upscale": ("image", "scale"),
    "cutout": ("image",),
    "blend": ("images",),
    "describe": ("image",),
    "enhance": ("prompt",),
}
_LORAS: tuple[Value, ...] = ("loras", "lora_reference", "air_loras")


class Size(NamedTuple):
    """Pixels."""

    width: int = Field(ge=64, le=4096)
    height: int = Field(ge=64, le=4096)


class Steps(NamedTuple):
    """The fewest and the most steps a model takes."""

    low: int = Field(ge=1)
    high: int = Field(ge=1)


class Range(NamedTuple):
    """The least and the most a model takes."""

    low: float = Field(ge=0)
    high: float = Field(ge=0)


class Takes(BaseModel):
    """What people may set; the rest a model does not take, and says so."""

    model_config = _STRICT

    seed: bool = False
    negative_prompt: bool = False
    loras: bool = False
    steps: Steps | None = None
    guidance: Range | None = None
    strength: Range | None = None
    scale: Range | None = None

    def names(self) -> Iterable[str]:
        """Yield what may be set."""
        return (name for name in type(self).model_fields if getattr(self, name))


class Route(BaseModel):
    """One provider's endpoint that serves a model."""

    model_config = _STRICT

    provider: str = Field(min_length=1)
    endpoint: str = Field(min_length=1)
    cost_usd_micros: int = Field(ge=0)
    """What one unit costs the host, in 1e-6 USD."""
    unit: Unit | None = None
    """What the provider bills, where that is not what the offer's price is for."""
    rating: Rating | None = None
    """What its pictures count as without a flag; the model's own where it is not said."""
    max_count: int = Field(default=4, ge=1, le=4)
    """How many pictures one run gives at most."""
    sends: dict[str, Value] = Field(min_length=1)
    """The endpoint's name of each input, and what of a job goes into it."""
    fixed: dict[str, Any] = {}
    """Inputs that are the same for every job."""
    names: dict[Value, dict[str, Any]] = {}
    """The endpoint's own word for each of our values; one that is not there it does not take."""
    sizes: dict[Ratio, Size] = {}
    """Pixels for each aspect ratio, where the endpoint cannot have those of the offer."""

    @model_validator(mode="after")
    def _check_fixed(self) -> Self:
        both = self.sends.keys() & self.fixed.keys()
        if both:
            raise ValueError(f"{min(both)} is both sent and fixed")
        unsent = self.names.keys() - set(self.sends.values())
        if unsent:
            raise ValueError(f"{min(unsent)} has names and is not sent")
        return self

    def serves(self, inputs: Mapping[str, Any]) -> bool:
        """Whether the endpoint can be told everything that a job insists on."""
        values: set[str] = set(self.sends.values())
        if "lora_reference" in values:
            values.add("loras")
        return (
            inputs.get("count", 1) <= self.max_count
            # Where nothing for adults may appear, nobody draws who might give it unflagged.
            and not (inputs.get("is_tame") and self.rating == "nsfw")
            and values.issuperset(inputs.get("insists", ()))
            and all(
                str(inputs[value]) in names
                for value, names in self.names.items()
                if value in inputs
            )
        )


def units(unit: Unit, pixels: int) -> int:
    """Return how often a price is due for one picture of so many pixels."""
    return math.ceil(pixels / PIXELS_PER_MEGAPIXEL) if unit == "megapixel" else 1


class Offer(BaseModel):
    """How a model does one task."""

    model_config = _STRICT

    price: int = Field(ge=0)
    """Credits per unit."""
    unit: Unit = "picture"
    """What is priced."""
    max_count: int = Field(default=1, ge=1, le=4)
    max_prompt: int = Field(default=4000, ge=1, le=4000)
    max_pixels: int | None = Field(default=None, ge=PIXELS_PER_MEGAPIXEL // 2)
    """A larger input picture is scaled down to this."""
    takes: Takes = Takes()
    quality_steps: dict[Quality, int] = {}
    """How many steps each quality means."""
    presets: dict[Preset, dict[Value, float]] = {}
    """What `subtle`, `strong` and the like mean here."""
    sizes: dict[Ratio, Size] = {}
    """Pixels for each aspect ratio; the first one is the default."""
    routes: tuple[Route, ...] = Field(min_length=1)

    @property
    def default_ratio(self) -> str | None:
        """The aspect ratio of a request that names none; None where the input picture decides."""
        return next(iter(self.sizes), None)

    def price_of(self, pixels: int) -> int:
        """Return the credits for one picture of so many pixels."""
        return self.price * units(self.unit, pixels)

    def cost_of(self, route: Route, pixels: int) -> int:
        """Return what one picture of so many pixels costs the host there, in 1e-6 USD."""
        return route.cost_usd_micros * units(route.unit or self.unit, pixels)

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        """See to it that whatever we choose for people is something the model takes."""
        limits = {name: getattr(self.takes, name) for name in ("steps", *_RANGES)}
        for name, found in limits.items():
            if found is not None and found.low > found.high:
                raise ValueError(f"{name}: {found.low:g} is more than {found.high:g}")
        for quality, steps in self.quality_steps.items():
            if not _within(limits["steps"], steps):
                raise ValueError(f"quality {quality}: {steps} steps are not taken")
        for preset, values in self.presets.items():
            for name, value in values.items():
                if name in limits and not _within(limits[name], value):
                    raise ValueError(f"preset {preset}: {name} {value:g} is not taken")
        return self


def _within(limits: Steps | Range | None, value: float) -> bool:
    return limits is not None and limits.low <= value <= limits.high


class Model(BaseModel):
    """A model that people can choose."""

    model_config = _STRICT

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,59}$")
    title: str = Field(min_length=1, max_length=60)
    description: str = Field(min_length=1, max_length=200)
    rating: Rating
    """What its pictures count as without a flag; there is no default that would pass for safe."""
    label: str = "AI-generated"
    """What stands under every picture; it says whether an AI made it."""
    is_ai: bool = True
    """Whether a trained model draws."""
    rank: int
    """`auto` takes the lowest rank that some route can serve."""
    quality: Quality = "standard"
    """What `auto` takes this model for."""
    writes: bool = False
    """Whether it can be trusted with letters: `auto` takes it for words that shall be read."""
    is_fallback: bool = False
    """Whether `auto` takes it only where no other model is there at all."""
    is_preset: bool = False
    """Whether it is one fixed change, listed by `/edit preset` and not among the models."""
    lora_bases: tuple[str, ...] = Field(default=(), max_length=25)
    """What LoRAs from CivitAI must be made for, in CivitAI's own words, such as `Flux.1 D`."""
    tasks: dict[Task, Offer] = Field(min_length=1)

    def rating_at(self, task: Task, provider: str, endpoint: str) -> Rating:
        """Return what a picture made there counts as without a flag."""
        offer = self.tasks.get(task)
        for route in offer.routes if offer else ():
            if (route.provider, route.endpoint) == (provider, endpoint):
                return route.rating or self.rating
        return self.rating

    @model_validator(mode="after")
    def _hand_down_rating(self) -> Self:
        """Give each route without a rating of its own the model's."""
        for offer in self.tasks.values():
            for route in offer.routes:
                if route.rating is None:
                    # Frozen for everybody else; nobody has seen it yet.
                    object.__setattr__(route, "rating", self.rating)
        return self

    @model_validator(mode="after")
    def _check_tasks(self) -> Self:
        for task, offer in self.tasks.items():
            if (task == "imagine" and not offer.sizes) or (offer.sizes and task not in _SIZED):
                raise ValueError(f"{task}: sizes belong to imagine and blend")
            missing = _PRESETS_NEEDED.get(task, frozenset()) - offer.presets.keys()
            if missing:
                raise ValueError(f"{task}: preset {min(missing)} is missing")
            if task == "upscale" and not _within(offer.takes.scale, USUAL_SCALE):
                raise ValueError(f"upscale: scale {USUAL_SCALE:g} is not taken")
            _check_served(task, offer)
            for route in offer.routes:
                _check_sent(task, offer, route, needs_words=not self.is_preset)
        if self.is_preset and set(self.tasks) != {"edit"}:
            raise ValueError("a preset does nothing but edit")
        return self


def _check_served(task: Task, offer: Offer) -> None:
    """Refuse an offer of something that none of its routes can be told."""
    for name in offer.takes.names():
        values = _LORAS if name == "loras" else (name,)
        if not any(set(values) & set(route.sends.values()) for route in offer.routes):
            raise ValueError(f"{task}: no route is sent {name}")
    if all(route.max_count < offer.max_count for route in offer.routes):
        raise ValueError(f"{task}: no route makes {offer.max_count}")
    for ratio in offer.sizes:
        wanted = {"aspect_ratio": ratio}
        if not any(route.serves(wanted) for route in offer.routes):
            raise ValueError(f"{task}: no route takes {ratio}")


def _check_sent(task: Task, offer: Offer, route: Route, *, needs_words: bool) -> None:
    """Refuse a route that would silently lose something."""
    sent: set[str] = set(route.sends.values())
    if "images" in sent:
        # One picture alone goes there as a list of one.
        sent.add("image")
    needed: set[str] = {name for name in _ALWAYS_SENT[task] if needs_words or name != "prompt"}
    needed |= {name for preset in offer.presets.values() for name in preset}
    if min(offer.max_count, route.max_count) > 1:
        needed.add("count")
    missing = needed - sent
    if missing:
        raise ValueError(f"{task}: {route.provider} is not sent {min(missing)}")
    sizes = {"size", "size_text", "aspect_ratio"}
    if task == "imagine" and not (sent & sizes or {"width", "height"} <= sent):
        raise ValueError(f"{task}: {route.provider} is not sent the size")
