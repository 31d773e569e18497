"""A world and a plain client in it, for every test that names them."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.people import Person
from bot.sandbox.world import World
from tests.worlds import PlainBot, running_client, running_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running_world() as world:
        yield world


@pytest.fixture
async def bot(world: World) -> AsyncIterator[PlainBot]:
    """A client that is ready, with the command /go."""
    async with running_client(world, PlainBot()) as client:
        yield client


@pytest.fixture
def mia(world: World) -> Person:
    return world.person("mia")
