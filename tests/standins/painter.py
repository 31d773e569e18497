"""The painter stands in for itself: it has no network and costs nothing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bot.config import Settings
from bot.providers import Inputs, Setup
from bot.providers.painter import Painter, connect
from tests.standins import KEY, Shelf, StandIn


class PainterAtHome:
    endpoint = "text-to-image"
    inputs: Mapping[str, Any] = {
        "prompt": "a fox",
        "negative_prompt": "",
        "seed": 7,
        "width": 256,
        "height": 320,
        "count": 2,
    }
    sizes: Sequence[tuple[int, int]] = [(256, 320), (256, 320)]
    seeds: Sequence[int | None] = [7, 8]
    paid_posts = 0
    posts_per_run = 0

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.shelf = Shelf()
        self._http = http
        self._seconds_per_picture = 0.0

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        return "edit", {"prompt": "at night", "image": uploaded, "seed": 7, "count": 1}

    def connect(self, *, patience_s: float = 20.0, key: str = KEY) -> Painter:
        settings = Settings(painter_seconds=self._seconds_per_picture)
        return connect(Setup(settings, self._http, self.shelf.read, self.shelf.take))

    async def next_submit(self, fate: str) -> None:
        raise AssertionError("the painter sells nothing")

    def lose_looks(self) -> None:
        raise AssertionError("the painter has no connection")

    def find_looks(self) -> None:
        raise AssertionError("the painter has no connection")

    def hold_runs(self) -> None:
        self._seconds_per_picture = 600.0


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with httpx.AsyncClient() as http:
        yield PainterAtHome(http)
