"""A Segmind of our own on the loopback: version 1, which answers with the picture or with JSON."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.providers import Inputs, segmind
from tests.standins import StandIn
from tests.standins._at_once import (
    AtOnceAtHome,
    as_base64,
    draw,
    missing_or_unknown,
    size_in,
)

AT_ONCE = True
_KNOWN = {"steps", "seed", "sampler_name", "scheduler", "samples", "width", "height", "denoise"} | {
    "aspect_ratio",
    "base64",
    "guidance",
    "prompt_strength",
    "output_format",
    "output_quality",
    "image",
}


class SegmindAtHome(AtOnceAtHome):
    adapter = segmind
    base_url_setting = "segmind_base_url"
    key_header = "x-api-key"
    key_prefix = ""
    endpoint = "flux-schnell"
    inputs: Mapping[str, Any] = {"prompt": "a fox", "seed": 7, "width": 512, "height": 640}
    sizes: Sequence[tuple[int, int]] = [(512, 640)]
    seeds: Sequence[int | None] = [7]
    free: Mapping[str, Any] = {"/v1/get-user-credits": {"credits": 4.5}}

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        return "flux-dev", {"prompt": "a fox", "seed": 7, "image": uploaded}

    def faults_in(self, path: str, order: Mapping[str, Any]) -> str | None:
        if not path.startswith("/v1/flux-"):
            return f"no such path: {path}"
        for side in (order.get("width", 512), order.get("height", 512)):
            if not 512 <= side <= 2048 or side % 8:
                return f"{side} pixels are not taken"
        return missing_or_unknown(order, needed={"prompt"}, known=_KNOWN)

    def answer_to(self, path: str, order: Mapping[str, Any]) -> web.Response:
        width, height = order.get("width", 512), order.get("height", 512)
        data = draw(size_in(order["image"]) if "image" in order else (width, height))
        if order.get("base64"):
            return self.json({"image": as_base64(data)})
        headers = {"x-remaining-credits": "4.4"}
        return web.Response(body=data, content_type="image/png", headers=headers)


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with SegmindAtHome().open() as segmind_at_home:
        yield segmind_at_home
