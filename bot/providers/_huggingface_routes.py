"""The companies behind Hugging Face's router: where each takes orders, and how it answers."""

import re
from collections.abc import Callable, Mapping
from typing import cast

import httpx

from bot.errors import Moderated, ProviderRejected
from bot.providers._at_once import FILTERED, Order
from bot.providers._at_once_answers import Made, bytes_in, fields_of, pictures_in, seed_of
from bot.providers._http import object_in
from bot.providers._protocol import Inputs

_DATA_URI = re.compile(r"\Adata:image/[a-z]+;base64,")
_FILTERED = re.compile(r"nsfw|flagged as sensitive|E005|safety", re.IGNORECASE)
"""What Replicate's models say when a safety filter stopped them."""


def _fal(model: str, inputs: Inputs) -> Order:
    return Order(f"/fal-ai/{model}", inputs, _read_images)


def _together(model: str, inputs: Inputs) -> Order:
    body = {**inputs, "model": model, "response_format": "base64"}
    return Order("/together/v1/images/generations", body, _read_data)


def _nscale(model: str, inputs: Inputs) -> Order:
    body = {**inputs, "model": model, "response_format": "b64_json"}
    size = fields_of(inputs.get("size"))
    if size:
        body["size"] = f"{size['width']}x{size['height']}"
    return Order("/nscale/v1/images/generations", body, _read_data)


def _replicate(model: str, inputs: Inputs) -> Order:
    """Ask to wait: what is not over when Replicate answers cannot be asked for again."""
    name, _, version = model.partition(":")
    if version:
        path, body = "/replicate/v1/predictions", {"version": version, "input": inputs}
    else:
        path, body = f"/replicate/v1/models/{name}/predictions", {"input": inputs}
    return Order(path, body, _read_prediction, {"Prefer": "wait"})


def _hf_inference(model: str, inputs: Inputs) -> Order:
    """Put everything but `inputs` itself, the words or the bare picture, under `parameters`."""
    parameters = {name: value for name, value in inputs.items() if name != "inputs"}
    first = cast("object", inputs.get("inputs"))
    if isinstance(first, str):
        first = _DATA_URI.sub("", first)
    body = {"inputs": first, "parameters": parameters}
    return Order(f"/hf-inference/models/{model}", body, _read_bytes, {"Accept": "image/png"})


ROUTES: Mapping[str, Callable[[str, Inputs], Order]] = {
    "fal-ai": _fal,
    "hf-inference": _hf_inference,
    "nscale": _nscale,
    "replicate": _replicate,
    "together": _together,
}


def _read_bytes(response: httpx.Response) -> Made:
    made = bytes_in(response)
    return Made() if made is None else made


def _read_data(response: httpx.Response) -> Made:
    return Made(pictures_in(object_in(response).get("data")))


def _read_images(response: httpx.Response) -> Made:
    answer = object_in(response)
    pictures = pictures_in(answer.get("images"), flags=answer.get("has_nsfw_concepts"))
    return Made(pictures, seed_of(answer.get("seed")))


def _read_prediction(response: httpx.Response) -> Made:
    """Read a prediction: one that holds pictures is read whatever its status, for they are paid."""
    prediction = object_in(response)
    pictures = pictures_in(prediction.get("output"))
    if pictures:
        return Made(pictures)
    if prediction.get("status") == "canceled":
        raise ProviderRejected("cancelled")
    if prediction.get("status") == "failed":
        if _FILTERED.search(str(prediction.get("error"))):
            raise Moderated(FILTERED)
        raise ProviderRejected("the run failed on its side")
    return Made()
