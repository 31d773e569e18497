"""A DeepInfra of our own on the loopback: its own API, not the one in OpenAI's shape."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.providers import Inputs, deepinfra
from tests.standins import StandIn
from tests.standins._at_once import (
    AtOnceAtHome,
    as_data_uri,
    draw,
    missing_or_unknown,
    size_in,
)

AT_ONCE = True
_KNOWN = {"seed", "num_inference_steps", "guidance_scale", "strength", "width", "height", "image"}


class DeepInfraAtHome(AtOnceAtHome):
    adapter = deepinfra
    base_url_setting = "deepinfra_base_url"
    endpoint = "black-forest-labs/FLUX-1-schnell"
    inputs: Mapping[str, Any] = {"prompt": "a fox", "seed": 7, "width": 128, "height": 256}
    sizes: Sequence[tuple[int, int]] = [(128, 256)]
    seeds: Sequence[int | None] = [7]
    free: Mapping[str, Any] = {"/v1/me": {"uid": "mia"}}

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        return "black-forest-labs/FLUX-1-dev", {"prompt": "a fox", "seed": 7, "image": uploaded}

    def faults_in(self, path: str, order: Mapping[str, Any]) -> str | None:
        if not path.startswith("/v1/inference/black-forest-labs/FLUX-"):
            return f"no such path: {path}"
        for side in (order.get("width", 512), order.get("height", 512)):
            if not 128 <= side <= 1024 or side % 128:
                return f"{side} pixels are not taken"
        return missing_or_unknown(order, needed={"prompt"}, known=_KNOWN)

    def answer_to(self, path: str, order: Mapping[str, Any]) -> web.Response:
        width, height = order.get("width", 512), order.get("height", 512)
        data = draw(size_in(order["image"]) if "image" in order else (width, height))
        body = {
            "images": [as_data_uri(data)],
            "nsfw_content_detected": [False],
            "seed": order.get("seed", 12345),
            "request_id": "r1",
            "inference_status": {"status": "succeeded", "runtime_ms": 913, "cost": 0.0005},
        }
        return self.json(body)


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with DeepInfraAtHome().open() as deepinfra_at_home:
        yield deepinfra_at_home
