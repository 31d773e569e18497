"""Segmind: many open models; the answer is the picture, in version 1 of its API.

An endpoint is a model's slug: `flux-schnell`. Source: docs.segmind.com and its model pages, which
disagree on whether the answer is a picture or JSON, so the type of the answer decides.
"""

from http import HTTPStatus

import httpx

from bot.providers._at_once import AtOnce, Check, Company, Order
from bot.providers._at_once_answers import Made, bytes_in, pictures_in
from bot.providers._at_once_wire import Manners
from bot.providers._http import object_in
from bot.providers._protocol import Inputs, Setup

KEY_ENV = "SEGMIND_API_KEY"
_PATIENCE_S = 300.0
"""A model that nobody used for a while takes minutes to start; giving up loses what is paid."""


def connect(setup: Setup, *, patience_s: float = _PATIENCE_S) -> AtOnce:
    """Set up the adapter for an account; no request is made."""
    base_url = setup.settings.segmind_base_url
    return AtOnce(_SEGMIND, setup, base_url=base_url, patience_s=patience_s)


def _order(endpoint: str, inputs: Inputs) -> Order:
    return Order(f"/v1/{endpoint}", inputs, _read)


def _read(response: httpx.Response) -> Made:
    made = bytes_in(response)
    return made if made is not None else Made(pictures_in(object_in(response).get("image")))


_SEGMIND = Company(
    name="Segmind",
    order=_order,
    check=Check("/v1/get-user-credits", balance="credits"),
    key_header="x-api-key",
    key_prefix="",
    manners=Manners(no_funds=frozenset({HTTPStatus.NOT_ACCEPTABLE})),
)
