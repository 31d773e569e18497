"""Our routes to CivitAI against its own OpenAPI document, where that is at hand."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.contract.test_catalog import SERVED, Served, contracts, corners, usual_wish

FILE = contracts("civitai") / "orchestration-v2-consumers.openapi.json"

needs_document = pytest.mark.skipif(not FILE.exists(), reason="CivitAI's document is not here")

BY_CIVITAI = [served for served in SERVED if served.route.provider == "civitai"]
each_of_civitai = pytest.mark.parametrize("served", BY_CIVITAI, ids=str)
_ROOT = "#/components/schemas/"


@cache
def schemas() -> dict[str, Any]:
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return relaxed(document["components"]["schemas"])


def relaxed(schema: Any) -> Any:
    """Drop what no validator gets along with: `allOf` of closed objects, patterns of .NET."""
    if isinstance(schema, list):
        return [relaxed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: relaxed(part)
        for key, part in schema.items()
        if not (key == "additionalProperties" and part is False)
        and not (key == "pattern" and isinstance(part, str))
    }


def inputs_schema(endpoint: str, inputs: Mapping[str, Any]) -> str:
    """Return the name of the schema that these inputs of a step fall under."""
    name = f"{endpoint[0].upper()}{endpoint[1:]}Input"
    while True:
        chosen = next(
            (part["discriminator"] for part in parts(name) if "discriminator" in part), {}
        )
        mapping = chosen.get("mapping", {})
        next_name = mapping.get(str(inputs.get(chosen.get("propertyName"))), "")
        if not next_name or next_name.removeprefix(_ROOT) == name:
            assert not mapping or next_name, f"{name} is of no kind"
            return name
        name = next_name.removeprefix(_ROOT)


def parts(name: str) -> list[dict[str, Any]]:
    """Return a schema and what it is made of, without those it refers to."""
    schema = schemas()[name]
    return [schema, *(part for part in schema.get("allOf", ()) if "$ref" not in part)]


def properties(name: str) -> Iterator[str]:
    for part in [schemas()[name], *schemas()[name].get("allOf", ())]:
        yield from part.get("properties", {})
        if "$ref" in part:
            yield from properties(part["$ref"].removeprefix(_ROOT))


@cache
def checker(name: str) -> Draft202012Validator:
    schema = {"$ref": f"{_ROOT}{name}", "components": {"schemas": schemas()}}
    return Draft202012Validator(schema)


def faults(served: Served, inputs: Mapping[str, Any]) -> list[str]:
    name = inputs_schema(served.route.endpoint, inputs)
    found = checker(name).iter_errors(inputs)
    unknown = inputs.keys() - set(properties(name))
    return [f"{error.json_path}: {error.message[:200]}" for error in found] + sorted(unknown)


@needs_document
@each_of_civitai
def test_inputs_fit_the_step(served):
    found = {name: faults(served, inputs) for name, inputs in corners(served)}

    assert {name: listed for name, listed in found.items() if listed} == {}


@needs_document
@each_of_civitai
def test_faults_would_be_noticed(served):
    inputs = served.inputs(usual_wish(served))

    assert len(faults(served, inputs | {"promt": "a fox"})) == 1
    for name in served.route.sends:
        assert faults(served, inputs | {name: {"odd": True}}), name


@needs_document
@each_of_civitai
def test_engine_and_operation_lead_to_one_schema(served):
    inputs = served.inputs(usual_wish(served))

    name = inputs_schema(served.route.endpoint, inputs)

    assert not any("discriminator" in part for part in parts(name))


@each_of_civitai
def test_model_is_named_by_its_full_air(served):
    model = served.route.fixed.get("model")

    if model not in (None, "imagen4"):
        assert re.fullmatch(r"urn:air:[a-z0-9]+:(checkpoint|upscaler):civitai:\d+@\d+", model)


def test_steps_are_sent_only_as_far_as_the_cost_covers_them():
    """CivitAI's price grows with the steps: 8 Buzz are twenty of FLUX, or thirty of SD and SDXL."""
    offers = {served.model.name: served.offer for served in BY_CIVITAI if served.task == "imagine"}
    routes = {s.model.name: s.route for s in BY_CIVITAI if s.task == "imagine"}

    for name in ("flux-dev", "flux-krea", "flux-lora"):
        assert routes[name].cost_usd_micros >= offers[name].takes.steps.high * 8000 / 20
    most = offers["dreamshaper"].takes.steps.high
    assert routes["dreamshaper"].cost_usd_micros >= most * 8000 / 30
    assert offers["dreamshaper"].price * 1000 >= routes["dreamshaper"].cost_usd_micros
    assert not routes["sdxl"].serves({"insists": ["steps"]})
    assert any(route.serves({"insists": ["steps"]}) for route in offers["sdxl"].routes)
