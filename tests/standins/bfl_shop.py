"""A Black Forest Labs that knows how many runs its test means to buy, and the way to buy them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bot.providers._protocol import Output
from tests.standins.bfl import BflAtHome, State


class Bought(BflAtHome):
    """The stand-in, and how many runs its test means to buy."""

    bought = 0


@asynccontextmanager
async def open_shop() -> AsyncIterator[Bought]:
    """Open it; whoever leaves has sent exactly the orders that the test meant to."""
    async with Bought().open() as shop:
        yield shop
        assert shop.paid_posts == shop.bought


async def buy(
    shop: Bought,
    provider: Any,
    *,
    script: Sequence[State] | None = None,
    endpoint: str | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """Order one run, which then passes through the states of the script."""
    if script is not None:
        shop.script = script
    shop.bought += 1
    return await provider.submit(
        endpoint or shop.endpoint, shop.inputs if inputs is None else inputs, key="attempt-1"
    )


async def follow(provider: Any, handle: Mapping[str, Any]) -> list[Any]:
    """Follow a run to its end; return the changes."""
    return [change async for change in provider.follow(handle)]


async def all_the_way(provider: Any, handle: Mapping[str, Any]) -> list[Output]:
    """Follow a run to its end and fetch what it gave."""
    await follow(provider, handle)
    return await provider.fetch(handle)


async def make(shop: Bought, *, script: Sequence[State] | None = None) -> list[Output]:
    """Buy a run, follow it to its end and fetch what it gave."""
    provider = shop.connect()
    return await all_the_way(provider, await buy(shop, provider, script=script))
