"""A Replicate that knows how many runs its test means to buy, and the ways to buy and follow."""

import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from PIL import Image
from replicate.exceptions import ReplicateException

from bot.providers import Output
from tests.standins import KEY
from tests.standins.answers import Answer
from tests.standins.replicate import ReplicateAtHome
from tests.standins.replicate_wire import Oddity

NGINX = Answer(502, "<html><center>nginx</center></html>", {"Content-Type": "text/html"})
NO_TOKEN = '{"title": "Unauthenticated", "detail": "You did not pass a valid authentication token"}'
SHORT_S = 0.25
"""For an adapter that shall give up; what must succeed is asked of one with the usual patience."""


class Bought(ReplicateAtHome):
    """The stand-in, and how many orders its test means to send."""

    bought = 0


@asynccontextmanager
async def open_shop() -> AsyncIterator[Bought]:
    """Open it; whoever leaves has sent exactly the orders that the test meant to."""
    async with Bought().open() as shop:
        yield shop
        assert shop.paid_posts == shop.bought
        assert shop.breaches == []


async def buy(shop, provider, *, endpoint=None, outcome=None, **inputs) -> Mapping[str, str]:
    if outcome is not None:
        shop.outcomes.append(outcome)
    shop.bought += 1
    endpoint = endpoint or shop.endpoint
    return await provider.submit(endpoint, {**shop.inputs, **inputs}, key="attempt-1")


async def follow(provider, handle):
    return [change async for change in provider.follow(handle)]


async def all_the_way(provider, handle) -> list[Output]:
    await follow(provider, handle)
    return await provider.fetch(handle)


async def make(shop, *, outcome=None, **inputs) -> list[Output]:
    """Buy a run, follow it to its end and fetch its pictures."""
    provider = shop.connect()
    return await all_the_way(provider, await buy(shop, provider, outcome=outcome, **inputs))


def size_of(output) -> tuple[int, int]:
    return Image.open(io.BytesIO(output.data)).size


def patience_for(fault) -> float:
    return SHORT_S if fault is Oddity.HANGING else 20


def assert_clean(error: BaseException) -> None:
    """Assert that nothing in an error's chain holds a request, which would hold the key."""
    link: BaseException | None = error
    while link is not None:
        assert KEY not in repr(link)
        assert not isinstance(link, httpx.HTTPError | ReplicateException)
        link = link.__cause__ or link.__context__
