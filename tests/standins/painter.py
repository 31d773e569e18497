"""The painter stands in for itself: it has no network and costs nothing."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

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

    def __init__(self) -> None:
        self._seconds_per_picture = 0.0

    def connect(self, *, patience_s: float = 20.0) -> Painter:
        return connect(seconds_per_picture=self._seconds_per_picture)

    async def next_submit(self, fate: str) -> None:
        raise AssertionError("the painter sells nothing")

    def lose_next_look(self) -> None:
        raise AssertionError("the painter has no connection")

    def hold_runs(self) -> None:
        self._seconds_per_picture = 3600.0


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    yield PainterAtHome()
