"""Our routes to companies whose schemas are not stored, against what their pages say.

The tables below were read in Black Forest Labs' OpenAPI document (2026-04), the model pages of
Segmind and DeepInfra (2026), Together's OpenAPI description (2026-04) and huggingface_hub 2.4.0.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract.test_catalog import SERVED, corners, table_faults, usual_wish

Table = Mapping[str, Mapping[str, Any]]

TEXT = {"type": "string"}
NEEDED = {"type": "string", "required": True}
FLAG = {"type": "boolean"}
WHOLE = {"type": "integer"}
SEED = {"type": "integer", "min": 0, "max": 2**32 - 1}

_BFL: Table = {
    "prompt": NEEDED,
    "seed": SEED,
    "safety_tolerance": {"type": "integer", "min": 0, "max": 6},
    "output_format": {"type": "string", "enum": ["jpeg", "png", "webp"]},
}
_UPSAMPLING: Table = {"prompt_upsampling": FLAG}
_BFL_SIDE = {"type": "integer", "min": 256, "max": 1440, "multiple": 32, "required": True}
_FLUX_2: Table = {
    **_BFL,
    "safety_tolerance": {"type": "integer", "min": 0, "max": 5},
    "width": {"type": "integer", "min": 64, "max": 2048, "multiple": 16},
    "height": {"type": "integer", "min": 64, "max": 2048, "multiple": 16},
}
BFL: Mapping[str, Table] = {
    "flux-dev": {
        **_BFL,
        **_UPSAMPLING,
        "width": _BFL_SIDE,
        "height": _BFL_SIDE,
        "steps": {"type": "integer", "min": 1, "max": 50},
        "guidance": {"type": "number", "min": 1.5, "max": 5},
    },
    "flux-pro-1.1": {**_BFL, **_UPSAMPLING, "width": _BFL_SIDE, "height": _BFL_SIDE},
    "flux-pro-1.1-ultra": {**_BFL, **_UPSAMPLING, "aspect_ratio": NEEDED, "raw": FLAG},
    "flux-kontext-pro": {**_BFL, **_UPSAMPLING, "input_image": NEEDED, "aspect_ratio": TEXT},
    "flux-kontext-max": {**_BFL, **_UPSAMPLING, "input_image": NEEDED, "aspect_ratio": TEXT},
    "flux-pro-1.0-fill": {
        **_BFL,
        **_UPSAMPLING,
        "image": NEEDED,
        "mask": NEEDED,
        "steps": {"type": "integer", "min": 15, "max": 50},
        "guidance": {"type": "number", "min": 1.5, "max": 100},
    },
    "flux-2-klein-4b": _FLUX_2,
    "flux-2-pro": _FLUX_2,
    "flux-2-max": _FLUX_2,
    "flux-2-flex": {
        **_FLUX_2,
        **_UPSAMPLING,
        "steps": {"type": "integer", "min": 1, "max": 50},
        "guidance": {"type": "number", "min": 1.5, "max": 10},
    },
}
_SEGMIND_SIDE = {"type": "integer", "min": 512, "max": 2048, "multiple": 8}
SEGMIND: Mapping[str, Table] = {
    "flux-schnell": {
        "prompt": NEEDED,
        "steps": {"type": "integer", "min": 1, "max": 8},
        "seed": SEED,
        "width": _SEGMIND_SIDE,
        "height": _SEGMIND_SIDE,
    },
    "flux-dev": {
        "prompt": NEEDED,
        "steps": WHOLE,
        "seed": SEED,
        "guidance": {"type": "integer", "min": 0, "max": 10},
        "aspect_ratio": {
            "type": "string",
            "enum": ["1:1", "16:9", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"],
        },
        "output_format": {"type": "string", "enum": ["webp", "jpg", "png"]},
    },
}
_DEEPINFRA_SIDE = {"type": "integer", "min": 128, "max": 1024, "multiple": 128, "required": True}
_DEEPINFRA: Table = {
    "prompt": NEEDED,
    "seed": SEED,
    "width": _DEEPINFRA_SIDE,
    "height": _DEEPINFRA_SIDE,
}
DEEPINFRA: Mapping[str, Table] = {
    "black-forest-labs/FLUX-1-schnell": {
        **_DEEPINFRA,
        # Its default would be one.
        "num_inference_steps": {"type": "integer", "min": 1, "max": 50, "required": True},
    },
    "black-forest-labs/FLUX-1-dev": {
        **_DEEPINFRA,
        "num_inference_steps": {"type": "integer", "min": 1, "max": 512},
        "guidance_scale": {"type": "number", "min": 1, "max": 20},
    },
}
_TOGETHER: Table = {
    "prompt": NEEDED,
    "seed": SEED,
    "steps": {"type": "integer", "min": 1, "max": 50},
    "width": {"type": "integer", "multiple": 8, "required": True},
    "height": {"type": "integer", "multiple": 8, "required": True},
    "n": {"type": "integer", "min": 1, "max": 4},
    "output_format": {"type": "string", "enum": ["jpeg", "png"]},
}
TOGETHER: Mapping[str, Table] = {
    # The default of twenty steps would be billed.
    "black-forest-labs/FLUX.1-schnell": {**_TOGETHER, "steps": {**WHOLE, "required": True}},
    "black-forest-labs/FLUX.1.1-pro": _TOGETHER,
}
HUGGINGFACE: Mapping[str, Table] = {
    "nscale:black-forest-labs/FLUX.1-schnell": {
        "prompt": NEEDED,
        "size": {"type": "object", "required": True},
    },
    "fal-ai:fal-ai/flux/dev": {
        "prompt": NEEDED,
        "image_size": {"type": "object", "required": True},
        "num_inference_steps": {"type": "integer", "min": 1, "max": 50},
        "guidance_scale": {"type": "number", "min": 1, "max": 20},
        "seed": SEED,
        "enable_safety_checker": FLAG,
        "output_format": {"type": "string", "enum": ["jpeg", "png"]},
    },
}
COMPANIES: Mapping[str, Mapping[str, Table]] = {
    "bfl": BFL,
    "deepinfra": DEEPINFRA,
    "huggingface": HUGGINGFACE,
    "segmind": SEGMIND,
    "together": TOGETHER,
}

BY_OTHERS = [served for served in SERVED if served.route.provider in COMPANIES]
each_of_others = pytest.mark.parametrize("served", BY_OTHERS, ids=str)


def faults(served, inputs):
    return table_faults(inputs, COMPANIES[served.route.provider][served.route.endpoint])


@each_of_others
def test_inputs_fit_the_companys_page(served):
    found = {name: faults(served, inputs) for name, inputs in corners(served)}

    assert {name: listed for name, listed in found.items() if listed} == {}


@each_of_others
def test_faults_would_be_noticed(served):
    inputs = served.inputs(usual_wish(served))

    assert len(faults(served, inputs | {"promt": "a fox"})) == 1
    for name in inputs:
        assert faults(served, inputs | {name: object()}), name


def test_every_table_is_of_use():
    used = {(served.route.provider, served.route.endpoint) for served in BY_OTHERS}

    assert used == {(company, name) for company, tables in COMPANIES.items() for name in tables}


@each_of_others
def test_safety_is_as_strict_as_the_company_allows_for_everybody(served):
    known = COMPANIES[served.route.provider][served.route.endpoint]

    for name in ("enable_safety_checker", "safety_tolerance"):
        assert (name in served.route.fixed) == (name in known)


@each_of_others
def test_words_are_not_rewritten_unseen(served):
    known = COMPANIES[served.route.provider][served.route.endpoint]

    assert ("prompt_upsampling" in known) == (served.route.fixed.get("prompt_upsampling") is False)
