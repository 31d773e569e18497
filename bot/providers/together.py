"""Together AI: the FLUX family and others; the picture comes with the answer.

An endpoint is a model's id: `black-forest-labs/FLUX.1-schnell`.
Source: its OpenAPI description of 2026-04 and the documentation of POST /v1/images/generations.
"""

import httpx

from bot.providers._at_once import PATIENCE_S, AtOnce, Check, Company, Order
from bot.providers._at_once_answers import Made, pictures_in
from bot.providers._http import object_in
from bot.providers._protocol import Inputs, Setup

KEY_ENV = "TOGETHER_API_KEY"


def connect(setup: Setup, *, patience_s: float = PATIENCE_S) -> AtOnce:
    """Set up the adapter for an account; no request is made."""
    base_url = setup.settings.together_base_url
    return AtOnce(_TOGETHER, setup, base_url=base_url, patience_s=patience_s)


def _order(endpoint: str, inputs: Inputs) -> Order:
    references = inputs.get("reference_images")
    listed = {"reference_images": [references]} if isinstance(references, str) else {}
    # The request says base64 where the answer says b64_json. Its file host turns some clients away.
    body = {**inputs, **listed, "model": endpoint, "response_format": "base64"}
    return Order("/v1/images/generations", body, _read)


def _read(response: httpx.Response) -> Made:
    """Read the pictures of an answer in OpenAI's shape, base64 or addresses."""
    return Made(pictures_in(object_in(response).get("data")))


_TOGETHER = Company(name="Together AI", order=_order, check=Check("/v1/models"))
