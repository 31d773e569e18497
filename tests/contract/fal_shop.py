"""A fal.ai that knows how many runs its test means to buy, and the ways to buy and follow them."""

import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import fal_client
import httpx
from PIL import Image

from bot.providers._protocol import Output
from tests.standins import KEY
from tests.standins.answers import Answer
from tests.standins.fal import FalAtHome
from tests.standins.fal_runs import State

DONE = State("COMPLETED")
NOT_SSE = Answer(200, "{}", {"Content-Type": "application/json"})
STREAMLESS = Answer(405, '{"detail": "Method Not Allowed"}')
NGINX = Answer(502, "<html><center>nginx</center></html>", {"Content-Type": "text/html"})
SHORT_S = 0.25
"""For an adapter that shall give up; what must succeed is asked of one with the usual patience."""


class Bought(FalAtHome):
    """The stand-in, and how many runs its test means to buy."""

    bought = 0


@asynccontextmanager
async def open_shop() -> AsyncIterator[Bought]:
    """Open it; whoever leaves has bought exactly what the test meant to."""
    async with Bought().open() as shop:
        yield shop
        assert shop.paid_posts == shop.bought


async def buy(shop, provider, *, endpoint=None, outcome=None, **inputs) -> Mapping[str, str]:
    if outcome is not None:
        shop.outcomes.append(outcome)
    shop.bought += 1
    endpoint = endpoint or shop.endpoint
    return await provider.submit(endpoint, {**shop.inputs, **inputs}, key="attempt-1")


async def follow(provider, handle):
    return [change async for change in provider.follow(handle)]


async def make(shop, *, outcome=None, patience_s=20.0, **inputs) -> list[Output]:
    """Buy a run, follow it to its end and fetch its pictures."""
    provider = shop.connect(patience_s=patience_s)
    handle = await buy(shop, provider, outcome=outcome, **inputs)
    await follow(provider, handle)
    return await provider.fetch(handle)


def size_of(output) -> tuple[int, int]:
    return Image.open(io.BytesIO(output.data)).size


def percents_of(changes) -> list[int]:
    return [change.percent for change in changes if change.percent is not None]


def assert_clean(error: BaseException) -> None:
    """Assert that nothing in an error's chain holds a request, which would hold the key."""
    link: BaseException | None = error
    while link is not None:
        assert KEY not in repr(link)
        assert not isinstance(link, httpx.HTTPError | fal_client.FalClientError)
        link = link.__cause__ or link.__context__


async def all_the_way(provider, handle) -> list[Output]:
    await follow(provider, handle)
    return await provider.fetch(handle)
