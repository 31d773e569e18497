"""A getimg.ai of our own on the loopback: version 2."""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.providers import Inputs, getimg
from tests.standins import StandIn
from tests.standins._at_once import (
    MEGABYTE,
    AtOnceAtHome,
    draw,
    missing_or_unknown,
    size_in,
)

AT_ONCE = True
_KNOWN = {"aspect_ratio", "resolution", "output_format", "images"}
_SIZES = {"1:1": (64, 64), "4:5": (64, 80)}


class GetimgAtHome(AtOnceAtHome):
    adapter = getimg
    base_url_setting = "getimg_base_url"
    endpoint = "flux-2-pro"
    inputs: Mapping[str, Any] = {"prompt": "a fox", "aspect_ratio": "4:5", "output_format": "png"}
    sizes: Sequence[tuple[int, int]] = [(64, 80)]
    seeds: Sequence[int | None] = [None]
    free: Mapping[str, Any] = {"/v2/billing/balance": {"balance": "12.50", "currency": "USD"}}

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        return self.endpoint, {"prompt": "a fox", "images": uploaded}

    def faults_in(self, path: str, order: Mapping[str, Any]) -> str | None:
        if path != "/v2/images/generations":
            return f"no such path: {path}"
        for image in order.get("images", []):
            if not image["url"].startswith(("https://", "data:image/")):
                return "a picture is neither https nor a data URL"
            if len(base64.b64decode(image["url"].partition(";base64,")[2])) > 10 * MEGABYTE:
                return "a picture is too large"
        return missing_or_unknown(order, needed={"model", "prompt"}, known=_KNOWN)

    def answer_to(self, path: str, order: Mapping[str, Any]) -> web.Response:
        images = order.get("images")
        size = size_in(images[0]["url"]) if images else _SIZES[order.get("aspect_ratio", "1:1")]
        picture = {
            "url": f"{self.put_file(draw(size))}?signature=s1",
            "mime_type": "image/png",
            "deletes_at": "2099-01-01T00:00:00Z",
            "width": size[0],
            "height": size[1],
        }
        usage = {"billable_unit": "image", "quantity": 1, "unit_price": 0.03, "total_cost": 0.03}
        body = {"id": "g1", "model": order["model"], "status": "completed"}
        return self.json({**body, "data": [picture], "usage": usage})


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with GetimgAtHome().open() as getimg_at_home:
        yield getimg_at_home
