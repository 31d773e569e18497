"""Our routes to Replicate against the inputs of its models, where those are at hand."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from tests.contract.test_catalog import SERVED, Served, contracts, corners, table_faults, usual_wish

TABLE = contracts("replicate") / "model-inputs.json"

needs_table = pytest.mark.skipif(not TABLE.exists(), reason="Replicate's inputs are not here")

# No table of it is stored: it is held to that of the model it was made from.
UNDESCRIBED = {"black-forest-labs/flux-krea-dev": "black-forest-labs/flux-dev"}

BY_REPLICATE = [served for served in SERVED if served.route.provider == "replicate"]
each_of_replicate = pytest.mark.parametrize("served", BY_REPLICATE, ids=str)


@cache
def models() -> dict[str, Any]:
    return json.loads(TABLE.read_text(encoding="utf-8"))["models"]


def model_of(served: Served) -> dict[str, Any]:
    name = served.route.endpoint.removesuffix(":latest")
    return models()[UNDESCRIBED.get(name, name)]


def faults(served: Served, inputs: Mapping[str, Any]) -> list[str]:
    return table_faults(inputs, model_of(served)["inputs"])


@needs_table
@each_of_replicate
def test_inputs_fit_the_model(served):
    found = {name: faults(served, inputs) for name, inputs in corners(served)}

    assert {name: listed for name, listed in found.items() if listed} == {}


@needs_table
@each_of_replicate
def test_faults_would_be_noticed(served):
    inputs = served.inputs(usual_wish(served))

    assert len(faults(served, inputs | {"promt": "a fox"})) == 1
    for name, rules in model_of(served)["inputs"].items():
        if name in inputs:
            assert faults(served, inputs | {name: object()}), name
            without = {other: value for other, value in inputs.items() if other != name}
            assert bool(faults(served, without)) == bool(rules.get("required")), name


@needs_table
@each_of_replicate
def test_official_models_are_named_and_others_run_in_their_newest_version(served):
    is_official = model_of(served)["official"]

    assert served.route.endpoint.endswith(":latest") == (not is_official)


@needs_table
@each_of_replicate
def test_safety_is_set_wherever_the_model_lets_us(served):
    known = model_of(served)["inputs"]

    for name in ("disable_safety_checker", "safety_tolerance", "safety_filter_level"):
        assert (name in served.route.fixed) == (name in known)


@needs_table
@each_of_replicate
def test_model_that_gives_one_file_is_asked_for_one(served):
    known = model_of(served)["inputs"]

    assert ("count" in served.sent) == ("num_outputs" in known)


@each_of_replicate
def test_prompt_for_a_language_model_has_its_place_in_the_template(served):
    template = served.route.fixed.get("prompt_template")

    assert template is None or template.count("{prompt}") == 1
    assert (template is not None) == (served.task == "enhance")
