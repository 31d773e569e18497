"""Hugging Face's router of our own on the loopback, and the companies behind it."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.providers import Inputs, huggingface
from tests.standins import KEY, StandIn
from tests.standins._at_once import AtOnceAtHome, as_base64, draw, missing_or_unknown, size_in

AT_ONCE = True
HF_KEY = f"hf_{KEY}"
_PATHS = {
    "fal-ai": r"/fal-ai/fal-ai/.+",
    "together": r"/together/v1/images/generations",
    "nscale": r"/nscale/v1/images/generations",
    "replicate": r"/replicate/v1/(models/[^/]+/[^/:]+/)?predictions",
    "hf-inference": r"/hf-inference/models/[^/]+/.+",
}
_FIELDS: dict[str, tuple[set[str], set[str]]] = {
    "fal-ai": ({"prompt"}, {"seed", "image_size", "num_images", "num_inference_steps"}),
    "together": (
        {"prompt", "model", "response_format"},
        {"seed", "width", "height", "steps", "n", "image_url"},
    ),
    "nscale": ({"prompt", "model", "response_format"}, {"size", "seed"}),
    "replicate": ({"input"}, {"version"}),
    "hf-inference": ({"inputs", "parameters"}, set()),
}
_FORMATS = {"together": "base64", "nscale": "b64_json"}


class HuggingFaceAtHome(AtOnceAtHome):
    adapter = huggingface
    base_url_setting = "hf_base_url"
    key = HF_KEY
    endpoint = "fal-ai:fal-ai/flux/dev"
    inputs: Mapping[str, Any] = {
        "prompt": "a fox",
        "seed": 7,
        "image_size": {"width": 64, "height": 80},
        "num_images": 2,
    }
    sizes: Sequence[tuple[int, int]] = [(64, 80)] * 2
    seeds: Sequence[int | None] = [7, 7]

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        endpoint = "together:black-forest-labs/FLUX.1-kontext-dev"
        return endpoint, {"prompt": "a fox", "seed": 7, "image_url": uploaded}

    def faults_in(self, path: str, order: Mapping[str, Any]) -> str | None:
        company = _company_of(path)
        if company is None:
            return f"no such path: {path}"
        needed, known = _FIELDS[company]
        if order.get("response_format") != _FORMATS.get(company):
            return "response_format is odd"
        if "size" in order and not re.fullmatch(r"\d+x\d+", str(order["size"])):
            return "size is odd"
        return missing_or_unknown(order, needed=needed, known=known)

    def answer_to(self, path: str, order: Mapping[str, Any]) -> web.Response:
        company = _company_of(path)
        data = draw(_size_for(order))
        if company == "hf-inference":
            return web.Response(body=data, content_type="image/png")
        if company == "fal-ai":
            images = [{"url": self.put_file(data)} for _ in range(order.get("num_images", 1))]
            return self.json({"images": images, "seed": order.get("seed", 12345)})
        if company == "replicate":
            output = [self.put_file(data)]
            return self.json({"id": "p1", "status": "succeeded", "output": output}, status=201)
        return self.json({"data": [{"b64_json": as_base64(data)}]})


def _company_of(path: str) -> str | None:
    return next((name for name, form in _PATHS.items() if re.fullmatch(form, path)), None)


def _size_for(order: Mapping[str, Any]) -> tuple[int, int]:
    """Find the size wherever one of the companies wants it."""
    if "image_url" in order:
        return size_in(order["image_url"])
    if "size" in order:
        width, _, height = order["size"].partition("x")
        return int(width), int(height)
    inner = order.get("image_size") or order.get("input") or order.get("parameters") or order
    return inner.get("width", 64), inner.get("height", 64)


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with HuggingFaceAtHome().open() as hugging_face:
        yield hugging_face
