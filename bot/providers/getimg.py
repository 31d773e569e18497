"""getimg.ai: one picture for each order, without seeds, in version 2 of its API.

An endpoint is a model's id. The answer holds an address that expires, and what the picture cost.
Source: the official client, getimg 0.4.0.
"""

import httpx

from bot.providers._at_once import PATIENCE_S, AtOnce, Check, Company, Order
from bot.providers._at_once_answers import Made, fields_of, micros_of, pictures_in
from bot.providers._http import object_in
from bot.providers._protocol import Inputs, Setup

KEY_ENV = "GETIMG_API_KEY"
_LARGEST_PICTURE = 10 * 1024 * 1024


def connect(setup: Setup, *, patience_s: float = PATIENCE_S) -> AtOnce:
    """Set up the adapter for an account; no request is made."""
    base_url = setup.settings.getimg_base_url
    return AtOnce(_GETIMG, setup, base_url=base_url, patience_s=patience_s)


def _order(endpoint: str, inputs: Inputs) -> Order:
    """Wrap the picture that `images` names as the API wants it."""
    image = inputs.get("images")
    listed = {"images": [{"url": image}]} if isinstance(image, str) else {}
    return Order("/v2/images/generations", {**inputs, **listed, "model": endpoint}, _read)


def _read(response: httpx.Response) -> Made:
    answer = object_in(response)
    cost = fields_of(answer.get("usage")).get("total_cost")
    return Made(pictures_in(answer.get("data")), cost_usd_micros=micros_of(cost))


_GETIMG = Company(
    name="getimg.ai",
    order=_order,
    check=Check("/v2/billing/balance", balance="balance"),
    has_seeds=False,
    largest_picture_bytes=_LARGEST_PICTURE,
)
