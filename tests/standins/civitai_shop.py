"""A CivitAI that knows how many runs its test means to buy, and the ways to buy and follow them."""

import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from PIL import Image

from bot.providers._protocol import Output, Progress
from tests.standins import KEY
from tests.standins.answers import Answer
from tests.standins.civitai import CivitaiAtHome

NGINX = Answer(502, "<html><center>nginx</center></html>", {"Content-Type": "text/html"})
SHORT_S = 0.25
"""For an adapter that shall give up; what must succeed is asked of one with the usual patience."""


class Bought(CivitaiAtHome):
    """The stand-in, and how many paid requests its test means to send."""

    bought = 0


@asynccontextmanager
async def open_shop() -> AsyncIterator[Bought]:
    """Open it; whoever leaves has bought exactly what the test meant to, and leaked no key."""
    async with Bought().open() as shop:
        yield shop
        assert shop.paid_posts == shop.bought
        assert shop.contract_faults == []
        assert not any(seen.has_key for seen in shop.asked("blob", "file", "nowhere"))


async def buy(
    shop: Bought, provider: Any, *, endpoint: str | None = None, outcome: Any = None, **inputs: Any
) -> Mapping[str, Any]:
    if outcome is not None:
        shop.outcomes.append(outcome)
    shop.bought += 1
    given = inputs if endpoint else {**shop.inputs, **inputs}
    return await provider.submit(endpoint or shop.endpoint, given, key="attempt-1")


async def follow(provider: Any, handle: Mapping[str, Any]) -> list[Progress]:
    return [change async for change in provider.follow(handle)]


async def all_the_way(provider: Any, handle: Mapping[str, Any]) -> list[Output]:
    await follow(provider, handle)
    return await provider.fetch(handle)


async def make(shop: Bought, **wishes: Any) -> list[Output]:
    """Buy a run, follow it to its end and fetch its pictures."""
    provider = shop.connect()
    return await all_the_way(provider, await buy(shop, provider, **wishes))


def order_in(shop: Bought, place: str = "submit") -> dict[str, Any]:
    """Return the only order that was sent."""
    (sent,) = shop.asked(place)
    return sent.json


def size_of(output: Output) -> tuple[int, int]:
    return Image.open(io.BytesIO(output.data)).size


def assert_clean(error: BaseException) -> None:
    """Assert that nothing in an error's chain holds a request, which would hold the key."""
    link: BaseException | None = error
    while link is not None:
        assert KEY not in repr(link)
        assert not isinstance(link, httpx.HTTPError)
        link = link.__cause__ or link.__context__
