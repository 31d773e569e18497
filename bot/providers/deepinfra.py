"""DeepInfra: the FLUX family; the picture comes with the answer, and so does its cost.

An endpoint is a model's id: `black-forest-labs/FLUX-1-schnell`. This is DeepInfra's own API; the
one in OpenAI's shape knows no seed and tells no cost. Source: the API pages of its models.
"""

import httpx

from bot.errors import ProviderRejected
from bot.providers._at_once import PATIENCE_S, AtOnce, Check, Company, Order
from bot.providers._at_once_answers import Made, fields_of, micros_of, pictures_in, seed_of
from bot.providers._http import object_in
from bot.providers._protocol import Inputs, Setup

KEY_ENV = "DEEPINFRA_API_KEY"


def connect(setup: Setup, *, patience_s: float = PATIENCE_S) -> AtOnce:
    """Set up the adapter for an account; no request is made."""
    base_url = setup.settings.deepinfra_base_url
    return AtOnce(_DEEPINFRA, setup, base_url=base_url, patience_s=patience_s)


def _order(endpoint: str, inputs: Inputs) -> Order:
    return Order(f"/v1/inference/{endpoint}", inputs, _read)


def _read(response: httpx.Response) -> Made:
    answer = object_in(response)
    status = fields_of(answer.get("inference_status"))
    pictures = pictures_in(answer.get("images"), flags=answer.get("nsfw_content_detected"))
    is_empty = not any(picture.is_something for picture in pictures)
    if is_empty and status.get("status") == "failed":
        raise ProviderRejected("the run failed on its side")
    return Made(pictures, seed_of(answer.get("seed")), micros_of(status.get("cost")))


_DEEPINFRA = Company(
    name="DeepInfra",
    order=_order,
    # The list of models is open to everybody, so it would prove nothing.
    check=Check("/v1/me"),
)
