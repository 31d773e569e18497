"""Hugging Face: one key for several companies, through its router.

An endpoint is `<company>:<its id of the model>`, for example `fal-ai:fal-ai/flux/dev`,
`replicate:black-forest-labs/flux-dev` (or `...:<version>`),
`together:black-forest-labs/FLUX.1-dev`, `nscale:black-forest-labs/FLUX.1-schnell` and
`hf-inference:<owner>/<model>`. The inputs are that company's; where it wants the model among them,
or an envelope around them, `_huggingface_routes` sees to it.

Source: huggingface_hub 2.4.0, inference/_providers. Its client is not used: it blocks the event
loop while it looks the model up, and gives a decoded picture instead of the bytes that came.
"""

import re
from http import HTTPStatus

import httpx

from bot.errors import ProviderDown
from bot.providers._at_once import PATIENCE_S, AtOnce, Check, Company, Order
from bot.providers._at_once_answers import fields_of, number_of
from bot.providers._at_once_wire import Manners
from bot.providers._huggingface_routes import ROUTES
from bot.providers._protocol import Inputs, Setup

KEY_ENV = "HF_TOKEN"
_MODERATED = re.compile(
    r"\bcontent_policy_violation\b|flagged by a content checker|flagged as sensitive|\bE005\b"
)
"""fal's type of such an error and its words, and those of Replicate's hosted models."""
_RESET = re.compile(r"\bt=(\d{1,6})\b")


def connect(setup: Setup, *, patience_s: float = PATIENCE_S) -> AtOnce:
    """Set up the adapter for an account; no request is made."""
    base_url = setup.settings.hf_base_url
    return AtOnce(_HUGGING_FACE, setup, base_url=base_url, patience_s=patience_s)


def _order(endpoint: str, inputs: Inputs) -> Order:
    company, _, model = endpoint.partition(":")
    route = ROUTES.get(company)
    if route is None or not model:
        raise ProviderDown("the catalog names no route of Hugging Face's router")
    return route(model, inputs)


def _pause_s(response: httpx.Response) -> float | None:
    """Read how long to wait from a limit's own header, or from a model that is being loaded."""
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        found = _RESET.search(response.headers.get("RateLimit", ""))
        return float(found[1]) if found else None
    if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    try:
        seconds = number_of(fields_of(response.json()).get("estimated_time"))
    except (ValueError, RecursionError):
        return None
    return None if seconds is None else float(seconds)


_HUGGING_FACE = Company(
    name="Hugging Face",
    order=_order,
    # Who a key belongs to is told on another host, where the router's key must not go from here.
    # So a key's form is all that is checked, and that the router answers.
    check=Check("/", key_form="hf_[!-~]+", is_keyless=True),
    manners=Manners(pause_s=_pause_s),
    moderated=_MODERATED,
)
