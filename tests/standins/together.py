"""A Together AI of our own on the loopback."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.providers import Inputs, together
from tests.standins import StandIn
from tests.standins._at_once import (
    AtOnceAtHome,
    as_base64,
    draw,
    missing_or_unknown,
    size_in,
)

AT_ONCE = True
_KNOWN = {"steps", "width", "height", "n", "seed", "negative_prompt", "guidance_scale"} | {
    "response_format",
    "output_format",
    "image_url",
    "reference_images",
    "image_loras",
    "disable_safety_checker",
    "aspect_ratio",
}


class TogetherAtHome(AtOnceAtHome):
    adapter = together
    base_url_setting = "together_base_url"
    endpoint = "black-forest-labs/FLUX.1-schnell"
    inputs: Mapping[str, Any] = {"prompt": "a fox", "seed": 7, "width": 64, "height": 80, "n": 2}
    sizes: Sequence[tuple[int, int]] = [(64, 80)] * 2
    seeds: Sequence[int | None] = [7, 7]
    free: Mapping[str, Any] = {"/v1/models": []}

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        endpoint = "black-forest-labs/FLUX.1-kontext-pro"
        return endpoint, {"prompt": "a fox", "seed": 7, "image_url": uploaded}

    def faults_in(self, path: str, order: Mapping[str, Any]) -> str | None:
        if path != "/v1/images/generations":
            return f"no such path: {path}"
        if not 1 <= order.get("n", 1) <= 4:
            return "n is not in 1-4"
        if order.get("response_format", "url") not in {"url", "base64"}:
            return "response_format is neither url nor base64"
        if not isinstance(order.get("reference_images", []), list):
            return "reference_images is no list"
        return missing_or_unknown(order, needed={"model", "prompt"}, known=_KNOWN)

    def answer_to(self, path: str, order: Mapping[str, Any]) -> web.Response:
        pictures = [draw(_size_for(order)) for _ in range(order.get("n", 1))]
        kind = "b64_json" if order.get("response_format") == "base64" else "url"
        wrap = as_base64 if kind == "b64_json" else self.put_file
        data = [{"index": n, "type": kind, kind: wrap(one)} for n, one in enumerate(pictures)]
        return self.json({"id": "o1", "model": order["model"], "object": "list", "data": data})


def _size_for(order: Mapping[str, Any]) -> tuple[int, int]:
    picture = order.get("image_url") or next(iter(order.get("reference_images", [])), None)
    return size_in(picture) if picture else (order.get("width", 64), order.get("height", 64))


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with TogetherAtHome().open() as together_at_home:
        yield together_at_home
