"""A ComfyUI that knows how many runs its test means to order, and the ways to order and follow."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from PIL import Image

from bot.providers._protocol import Output, Progress
from tests.standins.comfyui import ComfyAtHome

PATIENCE_S = 20.0


class Ordered(ComfyAtHome):
    """The stand-in, and how many runs its test means to order."""

    bought = 0


@asynccontextmanager
async def open_shop() -> AsyncIterator[Ordered]:
    """Open it; whoever leaves has ordered exactly what the test meant to."""
    async with Ordered().open() as shop:
        yield shop
        assert shop.paid_posts == shop.bought
        assert not [seen for seen in shop.seen if "Origin" in seen.headers]


async def buy(shop, provider, *, endpoint=None, key="attempt-1", **inputs) -> Mapping[str, Any]:
    shop.bought += 1
    return await provider.submit(
        endpoint or shop.endpoint,
        {**shop.inputs, **inputs} if endpoint is None else inputs,
        key=key,
    )


async def follow(provider, handle) -> list[Progress]:
    async with asyncio.timeout(PATIENCE_S):
        return [change async for change in provider.follow(handle)]


async def until(progress, is_it) -> Progress:
    """Read changes up to the first one that fits."""
    async with asyncio.timeout(PATIENCE_S):
        async for change in progress:
            if is_it(change):
                return change
    raise AssertionError("the run was over before")


async def reach(shop, place) -> None:
    """Wait until a run is at a place."""
    await asyncio.wait_for(shop.reached[place].wait(), PATIENCE_S)


async def all_the_way(provider, handle) -> list[Output]:
    await follow(provider, handle)
    return await provider.fetch(handle)


def size_of(output) -> tuple[int, int]:
    return Image.open(io.BytesIO(output.data)).size


def percents_of(changes) -> list[int]:
    return [change.percent for change in changes if change.percent is not None]


def assert_clean(shop, error: BaseException) -> None:
    """Assert that an error's chain shows neither the machine's address nor a request to it."""
    link: BaseException | None = error
    while link is not None:
        assert shop.url.removeprefix("http://") not in repr(link)
        assert not isinstance(link, httpx.HTTPError)
        link = link.__cause__ or link.__context__
