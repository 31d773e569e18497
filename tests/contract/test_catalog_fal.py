"""Our routes to fal.ai against fal's own schemas and list prices, where those are at hand."""

import json
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.contract.test_catalog import (
    SERVED,
    Served,
    contracts,
    corners,
    table_faults,
    usual_wish,
)

CONTRACTS = contracts("fal")

needs_contracts = pytest.mark.skipif(not CONTRACTS.exists(), reason="fal's contracts are not here")

# Served by fal, but no contract of it is stored: it is held to that of the model it was made from.
UNDESCRIBED = {"fal-ai/flux/krea": "fal-ai/flux/dev"}

# Off fal's list of 2026-06: older tables of their inputs are at hand, and no schemas.
WITHDRAWN = {
    "fal-ai/any-llm",
    "fal-ai/any-llm/vision",
    "fal-ai/bytedance/seededit/v3/edit-image",
    "fal-ai/imagen4/preview/ultra",
}

UNITS = {
    "image": "picture",
    "compute second": "picture",
    "request": "picture",
    "megapixel of output": "megapixel",
    "megapixel (each image rounded up to a whole MP)": "megapixel",
}
# By rendering speed, where the table has that of the usual one.
IDEOGRAM_USD = {"TURBO": 0.03, "BALANCED": 0.06, "QUALITY": 0.09}
BILLED_BY_THE_SECOND = {"fal-ai/fast-sdxl"}

BY_FAL = [served for served in SERVED if served.route.provider == "fal"]
each_of_fal = pytest.mark.parametrize("served", BY_FAL, ids=str)
SCHEMED = [served for served in BY_FAL if served.route.endpoint not in WITHDRAWN]
each_schemed = pytest.mark.parametrize("served", SCHEMED, ids=str)


def described_as(served: Served) -> str:
    return UNDESCRIBED.get(served.route.endpoint, served.route.endpoint)


@cache
def index() -> dict[str, Any]:
    return json.loads((CONTRACTS / "models.json").read_text(encoding="utf-8"))["models"]


@cache
def checker(endpoint: str) -> Draft202012Validator:
    """Return what checks the inputs of an endpoint, keys that it does not know included."""
    file = CONTRACTS / index()[endpoint]["schema_file"]
    document = json.loads(file.read_text(encoding="utf-8"))
    if "paths" not in document:
        return Draft202012Validator(closed(document["input"]))
    body = document["paths"][f"/{endpoint}"]["post"]["requestBody"]["content"]
    schema = {**body["application/json"]["schema"], "components": document["components"]}
    return Draft202012Validator(closed(schema))


def closed(schema: Any) -> Any:
    """Refuse unknown keys in every object, and say `nullable` as JSON Schema does."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: closed(part) for key, part in schema.items()}
    if isinstance(told.get("properties"), dict) and told.get("type") == "object":
        told.setdefault("additionalProperties", False)
    if told.pop("nullable", None) is True:
        return {"anyOf": [told, {"type": "null"}]}
    return told


def faults(served: Served, inputs: Mapping[str, Any]) -> list[str]:
    if served.route.endpoint in WITHDRAWN:
        return table_faults(inputs, index()[served.route.endpoint]["input"])
    found = checker(described_as(served)).iter_errors(inputs)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


def test_fal_serves_something_for_every_task():
    assert {served.task for served in BY_FAL} == {
        "imagine",
        "vary",
        "edit",
        "fill",
        "upscale",
        "cutout",
        "blend",
        "describe",
        "enhance",
    }


@needs_contracts
@each_of_fal
def test_inputs_fit_the_endpoints_schema(served):
    found = {name: faults(served, inputs) for name, inputs in corners(served)}

    assert {name: listed for name, listed in found.items() if listed} == {}


@needs_contracts
@each_of_fal
def test_input_that_the_endpoint_does_not_know_would_be_noticed(served):
    inputs = served.inputs(usual_wish(served)) | {"promt": "a fox"}

    assert len(faults(served, inputs)) == 1


@needs_contracts
@pytest.mark.parametrize("served", [one for one in BY_FAL if "size" in one.sent], ids=str)
def test_unknown_key_within_a_size_would_be_noticed(served):
    inputs = served.inputs(usual_wish(served))
    inputs[served.name_of("size")]["depth"] = 3

    with pytest.raises(ValidationError):
        checker(described_as(served)).validate(inputs)


@needs_contracts
@each_of_fal
def test_our_ranges_lie_within_the_endpoints(served):
    taken = {
        name: getattr(served.offer.takes, name)
        for name in ("steps", "guidance", "strength", "scale")
        if getattr(served.offer.takes, name) and name in served.sent
    }
    if "count" in served.sent:
        taken["count"] = (1, served.offer.max_count)

    for name, (low, high) in taken.items():
        limits = index()[described_as(served)]["input"][served.name_of(name)]
        assert limits["min"] <= low <= high <= limits["max"], name


@needs_contracts
@pytest.mark.parametrize("served", [one for one in BY_FAL if "aspect_ratio" in one.sent], ids=str)
def test_ratio_that_is_sent_by_name_is_one_the_endpoint_lists(served):
    # The schema itself takes any text there.
    listed = index()[described_as(served)]["input"][served.name_of("aspect_ratio")]["enum"]

    assert set(served.offer.sizes) <= set(listed)


@needs_contracts
@each_schemed
def test_cost_is_the_list_price(served):
    listed = index()[described_as(served)]["price"]
    speed = served.route.fixed.get("rendering_speed")
    usd = listed["usd"] if speed is None else IDEOGRAM_USD[speed]

    if served.route.endpoint in BILLED_BY_THE_SECOND:
        assert usd is None
        return
    assert served.route.cost_usd_micros == round(usd * 1_000_000)
    # What costs the host nothing costs a credit all the same.
    assert served.offer.price >= max(1, math.ceil(round(usd * 1000, 6)))
    size = served.route.fixed.get("image_size")
    is_one_megapixel = isinstance(size, dict) and size["width"] * size["height"] <= 1_000_000
    unit = "picture" if is_one_megapixel else UNITS[listed["unit"]]
    assert (served.route.unit or served.offer.unit) == unit


@needs_contracts
def test_endpoints_are_active_but_for_four_and_one_alone_has_no_contract():
    described = [served.route.endpoint for served in BY_FAL if served.route.endpoint in index()]
    states = {endpoint: index()[endpoint]["status_2026_06"] for endpoint in described}

    assert {endpoint for endpoint, state in states.items() if state != "active"} == WITHDRAWN
    assert {served.route.endpoint for served in BY_FAL} - set(described) == set(UNDESCRIBED)


@needs_contracts
@each_of_fal
def test_safety_is_set_wherever_the_endpoint_lets_us(served):
    known = index()[described_as(served)]["input"]

    for name in ("enable_safety_checker", "safety_tolerance"):
        assert (name in served.route.fixed) == (name in known)


@needs_contracts
def test_every_pipeline_for_editing_is_a_preset():
    pipelines = {name for name in index() if name.startswith("fal-ai/image-editing/")}
    presets = {served.route.endpoint for served in BY_FAL if served.model.is_preset}

    assert len(pipelines) == 10
    assert pipelines <= presets
