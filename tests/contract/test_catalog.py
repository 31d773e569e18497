"""Our catalog, route by route: what a job carries arrives in the words of whoever serves it."""

import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import catalog
from bot.catalog import PIXELS_PER_MEGAPIXEL, Model, Offer, Route, Task
from bot.routing import inputs_for

MAX_SEED = 2**32 - 1
LORAS = [{"path": "somebody/a-lora", "scale": 1.0}]
AIR_LORAS = {"urn:air:flux1:lora:civitai:12@34": 0.8}
IMAGE = {"image": "https://files.example/fox.png"}
PICTURES: dict[Task, dict[str, Any]] = {
    "vary": IMAGE,
    "edit": IMAGE,
    "fill": {**IMAGE, "mask": "https://files.example/mask.png"},
    "upscale": IMAGE,
    "cutout": IMAGE,
    "blend": {"images": ["https://files.example/fox.png", "https://files.example/hare.png"]},
    "describe": IMAGE,
}
USUAL_PRESETS = {"vary": "normal", "upscale": "subtle"}
SIZES = {"size", "size_text", "width", "height"}


def contracts(company: str) -> Path:
    """Return where a company's own descriptions of its API are, should they be at hand."""
    places = [folder / "shared" / "contracts" / company for folder in Path(__file__).parents]
    return next((place for place in places if place.exists()), places[0])


@dataclass(frozen=True)
class Served:
    """What one endpoint does for one of our models."""

    model: Model
    task: Task
    offer: Offer
    route: Route

    @property
    def sent(self) -> set[str]:
        return set(self.route.sends.values())

    def inputs(self, wish: Mapping[str, object], *, count: int = 1) -> dict[str, Any]:
        pictures = PICTURES.get(self.task, {})
        return inputs_for(self.offer, self.route, wish, count=count, pictures=pictures)

    def name_of(self, value: str) -> str:
        return next(name for name, sent in self.route.sends.items() if sent == value)

    def named(self, value: str, found: object) -> object:
        names: Mapping[Any, Mapping[str, object]] = self.route.names
        return names[value][str(found)] if value in names else found

    def __str__(self) -> str:
        return f"{self.model.name}-{self.task}-{self.route.provider}"


SERVED = [
    Served(model, task, offer, route)
    for model in catalog.load().all()
    for task, offer in model.tasks.items()
    for route in offer.routes
]
each_served = pytest.mark.parametrize("served", SERVED, ids=str)


def usual_wish(served: Served) -> dict[str, object]:
    """Return what a job carries that chooses nothing but its words."""
    offer = served.offer
    wish: dict[str, object] = {"prompt": "a fox"}
    wish |= offer.presets.get(USUAL_PRESETS.get(served.task, ""), {})
    if offer.takes.seed:
        wish["seed"] = 20_260_611
    if offer.sizes:
        wish["aspect_ratio"] = offer.default_ratio
    if served.task == "upscale":
        wish["scale"] = 2.0
    return wish


def choices(served: Served) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield everything that people may choose and that this route serves, one choice at a time."""
    for name, choice in _choices(served.offer):
        insisted = [value for value in choice if value not in ("prompt", "aspect_ratio")]
        if served.route.serves({**choice, "insists": insisted}):
            yield name, choice


def _choices(offer: Offer) -> Iterator[tuple[str, dict[str, object]]]:
    yield "nothing", {}
    yield "longest prompt", {"prompt": "x" * offer.max_prompt}
    for name in ("steps", "guidance", "strength", "scale"):
        for value in getattr(offer.takes, name) or ():
            yield f"{name} {value}", {name: value}
    if offer.takes.seed:
        yield from ((f"seed {seed}", {"seed": seed}) for seed in (0, MAX_SEED))
    if offer.takes.negative_prompt:
        yield "negative prompt", {"negative_prompt": "hares"}
    if offer.takes.loras:
        yield "LoRAs", {"loras": LORAS}
        yield "LoRAs of CivitAI", {"air_loras": AIR_LORAS}
    yield from ((f"ratio {ratio}", {"aspect_ratio": ratio}) for ratio in offer.sizes)
    yield from (
        (f"quality {name}", {"steps": steps}) for name, steps in offer.quality_steps.items()
    )
    yield from ((f"preset {name}", dict(preset)) for name, preset in offer.presets.items())


def corners(served: Served) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the inputs at every corner of what a route may be asked for."""
    for name, choice in choices(served):
        yield name, served.inputs(usual_wish(served) | choice)
    most = min(served.offer.max_count, served.route.max_count)
    for count in range(2, most + 1):
        yield f"count {count}", served.inputs(usual_wish(served), count=count)


def table_faults(inputs: Mapping[str, Any], table: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Hold inputs to a table of `{type, required, enum, min, max, maxLength}` by input."""
    found = [f"{name} is not known" for name in inputs if name not in table]
    found += [
        f"{name} is missing"
        for name, rules in table.items()
        if rules.get("required") and name not in inputs
    ]
    for name in inputs.keys() & table.keys():
        found += [f"{name}: {fault}" for fault in _faults(inputs[name], table[name])]
    return found


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "enum": str,
    "integer": int,
    "number": (int, float),
    "object": dict,
}


def _faults(value: object, rules: Mapping[str, Any]) -> Iterator[str]:
    kind = re.split(r"[<|]", rules["type"])[0]
    is_flag = isinstance(value, bool)
    if not isinstance(value, _TYPES.get(kind, str)) or is_flag != (kind == "boolean"):
        yield f"{value!r} is no {kind}"
    elif "enum" in rules and value not in rules["enum"]:
        yield f"{value!r} is not among {rules['enum']}"
    elif isinstance(value, int | float) and not is_flag:
        if not rules.get("min", value) <= value <= rules.get("max", value):
            yield f"{value} is out of range"
        if value % rules.get("multiple", 1 if kind == "integer" else value or 1):
            yield f"{value} is between two steps"
    elif isinstance(value, str) and len(value) > rules.get("maxLength", len(value)):
        yield "too long"


@each_served
def test_what_was_chosen_is_sent(served):
    for choice in dict(choices(served)).values():
        inputs = served.inputs(usual_wish(served) | choice)

        for name, value in choice.items():
            if name == "loras" and "loras" not in served.sent:
                assert (
                    inputs[served.name_of("lora_reference")] == f"huggingface.co/{LORAS[0]['path']}"
                )
            elif name == "aspect_ratio" and served.sent & SIZES:
                _check_size(served, inputs, str(value))
            elif name != "prompt" or "prompt" in served.sent:
                assert inputs[served.name_of(name)] == served.named(name, value)


def _check_size(served: Served, inputs: Mapping[str, Any], ratio: str) -> None:
    width, height = served.route.sizes.get(ratio) or served.offer.sizes[ratio]
    told = {"width": width, "height": height, "size_text": f"{width}x{height}"}
    told["size"] = {"width": width, "height": height}
    for sent in served.sent & SIZES:
        assert inputs[served.name_of(sent)] == told[sent]


@each_served
def test_number_of_pictures_is_sent_where_there_may_be_several(served):
    most = min(served.offer.max_count, served.route.max_count)

    inputs = [served.inputs(usual_wish(served), count=count) for count in range(1, most + 1)]

    if most > 1:
        assert [one[served.name_of("count")] for one in inputs] == list(range(1, most + 1))
    else:
        assert "count" not in served.sent


@each_served
def test_pictures_to_start_from_are_sent(served):
    inputs = served.inputs(usual_wish(served))

    for name, picture in PICTURES.get(served.task, {}).items():
        if name == "image" and "images" in served.sent:
            assert inputs[served.name_of("images")] == [picture]
        else:
            assert inputs[served.name_of(name)] == picture


@each_served
def test_empty_words_do_not_take_the_place_of_the_endpoints_own(served):
    inputs = served.inputs(usual_wish(served) | {"prompt": ""})

    assert "" not in inputs.values()


@each_served
def test_presets_stay_within_what_people_may_set(served):
    for name, preset in served.offer.presets.items():
        for value in preset:
            limits = getattr(served.offer.takes, value, None) or (0, 1)
            assert limits[0] <= preset[value] <= limits[1], (name, value)


ENDPOINTS = {
    "bfl": r"flux-[a-z0-9.-]+",
    "civitai": r"textToImage|imageGen|imageUpscaler|imageBackgroundRemoval",
    "comfyui": r"[a-z0-9-]+",
    "deepinfra": r"[\w.-]+/[\w.-]+",
    "fal": r"fal-ai/[a-z0-9./-]+",
    "huggingface": r"(fal-ai|hf-inference|nscale|replicate|together):[\w./-]+",
    "painter": r"[a-z-]+",
    "replicate": r"[\w.-]+/[\w.-]+(:latest)?",
    "segmind": r"[a-z0-9.-]+",
    "together": r"[\w.-]+/[\w.-]+",
}


@each_served
def test_endpoint_is_in_the_words_of_a_provider_of_ours(served):
    provider = served.route.provider

    assert importlib.util.find_spec(f"bot.providers.{provider}") is not None
    assert re.fullmatch(ENDPOINTS[provider], served.route.endpoint)


@each_served
def test_safety_is_never_loosened(served):
    fixed = served.route.fixed

    assert fixed.get("enable_safety_checker", True) is True
    assert fixed.get("disable_safety_checker", False) is False
    assert fixed.get("safety_tolerance", "2") in ("2", 2)
    assert fixed.get("safety_filter_level", "block_medium_and_above") == "block_medium_and_above"
    assert "allow_mature" not in fixed


# They are asked last, and only where nobody else serves the model.
DEARER_THAN_THE_PRICE = {
    "flux-pro-imagine-civitai",
    "flux-schnell-imagine-segmind",
    "flux-ultra-imagine-civitai",
    "imagen-4-imagine-civitai",
}


def test_price_covers_what_a_picture_costs_but_for_a_few_that_come_last():
    dearer = {
        str(served) for served in SERVED if served.route.cost_usd_micros > served.offer.price * 1000
    }

    assert dearer == DEARER_THAN_THE_PRICE
    lasts = {str(served) for served in SERVED if served.route == served.offer.routes[-1]}
    assert dearer <= lasts


PRICED_BY_SIZE = [
    served for served in SERVED if served.offer.sizes and served.offer.unit == "megapixel"
]


@pytest.mark.parametrize("served", PRICED_BY_SIZE, ids=str)
def test_every_size_is_billed_as_one_megapixel(served):
    for width, height in {**served.offer.sizes, **served.route.sizes}.values():
        assert width * height <= PIXELS_PER_MEGAPIXEL or served.route.unit == "picture"
        assert (width % 32, height % 32) == (0, 0)


@pytest.mark.parametrize("served", [served for served in SERVED if served.offer.sizes], ids=str)
def test_every_size_is_of_its_ratio(served):
    # An endpoint that is told the ratio picks pixels near it; its makers publish which.
    tolerance = 0.04 if served.sent & SIZES else 0.08
    for ratio, (width, height) in [*served.offer.sizes.items(), *served.route.sizes.items()]:
        across, down = map(int, ratio.split(":"))
        assert width / height == pytest.approx(across / down, rel=tolerance), ratio


@pytest.mark.parametrize(
    "served",
    [served for served in SERVED if served.task in ("vary", "edit", "blend")],
    ids=str,
)
def test_picture_to_start_from_is_at_most_one_megapixel_where_it_is_paid_for(served):
    assert served.offer.max_pixels is not None
    assert served.offer.max_pixels <= PIXELS_PER_MEGAPIXEL or served.offer.price <= 3


@each_served
def test_flux_1_is_never_told_what_to_leave_out(served):
    if re.match(r"flux-(?!2)", served.model.name):
        assert not served.offer.takes.negative_prompt
