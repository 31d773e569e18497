"""The painter stands in for itself: it has no network and costs nothing."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bot.config import Settings
from bot.providers import Setup
from bot.providers.painter import ENDPOINT, Painter, connect
from tests.standins import StandIn


class PainterAtHome:
    endpoint = ENDPOINT
    inputs: Mapping[str, Any] = {
        "prompt": "a fox",
        "negative_prompt": "",
        "seed": 7,
        "width": 256,
        "height": 320,
        "count": 2,
    }
    paid_posts = 0
    posts_per_run = 0

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._seconds_per_picture = 0.0

    def connect(self, *, patience_s: float = 20.0) -> Painter:
        settings = Settings(painter_seconds=self._seconds_per_picture)
        return connect(Setup(settings=settings, http=self._http))

    async def next_submit(self, fate: str) -> None:
        raise AssertionError("the painter sells nothing")

    def lose_next_look(self) -> None:
        raise AssertionError("the painter has no connection")

    def hold_runs(self) -> None:
        self._seconds_per_picture = 600.0


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with httpx.AsyncClient() as http:
        yield PainterAtHome(http)
