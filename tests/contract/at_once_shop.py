"""One of the companies that answer at once, which knows how many orders its test means to send."""

import io
from contextlib import asynccontextmanager
from importlib import import_module

import httpx
from PIL import Image

COMPANIES = ["deepinfra", "getimg", "huggingface", "segmind", "together"]
SHORT_S = 0.5
"""For an adapter that shall give up; what must succeed is asked of one with the usual patience."""


@asynccontextmanager
async def open_shop(name):
    """Open it; whoever leaves has sent what the test meant to, and the key to nobody else."""
    async with import_module(f"tests.standins.{name}").open_stand_in() as shop:
        shop.bought = 0
        yield shop
        assert shop.paid_posts == shop.bought
        assert not any(seen.has_key for seen in shop.asked("files"))


async def buy(shop, provider=None, *, endpoint=None, inputs=None, **more):
    """Send an order; return the handle."""
    shop.bought += 1
    inputs = shop.inputs if inputs is None else inputs
    provider = provider or shop.connect()
    return await provider.submit(endpoint or shop.endpoint, {**inputs, **more}, key="attempt-1")


async def make(shop, **order):
    """Send an order and fetch its pictures."""
    provider = shop.connect()
    return await provider.fetch(await buy(shop, provider, **order))


def size_of(output) -> tuple[int, int]:
    return Image.open(io.BytesIO(output.data)).size


def assert_clean(error: BaseException, key: str) -> None:
    """Assert that nothing in an error's chain holds a request, which would hold the key."""
    link: BaseException | None = error
    while link is not None:
        assert key not in repr(link)
        assert not isinstance(link, httpx.HTTPError)
        link = link.__cause__ or link.__context__
