"""Worlds for tests: a loopback Discord on a free port, and real clients pointed at it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import discord
import yarl
from discord.asset import Asset
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.sandbox.requests import RequestRecord
from bot.sandbox.server import WorldServer
from bot.sandbox.world import World
from tests.openapi import ContractViolation, check_request

GUILDS = discord.Intents(guilds=True)
TOKEN = "MTE0MzI5MDQzMjE1MzkxOTQ4OA.sandbox.not-a-secret"


@contextlib.asynccontextmanager
async def running_server(
    world: World, *, port: int = 0, folder: Path | None = None, check_bodies: bool = True
) -> AsyncIterator[WorldServer]:
    """Serve a world; at the exit every body that broke Discord's schemas fails the test."""
    violations: list[str] = []

    def check(record: RequestRecord) -> None:
        # What the world refused was perhaps wrong on purpose.
        if record.status < 400:
            try:
                check_request(record)
            except ContractViolation as violation:
                violations.append(str(violation))

    if check_bodies:
        world.on_request.append(check)
    server = WorldServer(world, port=port, folder=folder)
    async with server:
        yield server
    if check_bodies:
        world.on_request.remove(check)
    assert not violations, "\n".join(violations)


@contextlib.asynccontextmanager
async def running_world(**options: Any) -> AsyncIterator[World]:
    """Serve a new world on a free port; options are those of `World`."""
    world = World(options.pop("token", TOKEN), **options)
    async with running_server(world):
        yield world


@contextlib.contextmanager
def pointed_at(world: World) -> Iterator[None]:
    """Point discord.py's process-wide addresses at a world, and back."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE
    Route.BASE = f"{world.files.base_url}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(world.gateway.url)
    Asset.BASE = f"{world.files.base_url}/cdn"
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = before


@contextlib.asynccontextmanager
async def running_client(
    world: World, client: discord.Client, *, token: str = TOKEN
) -> AsyncIterator[discord.Client]:
    """Log a real client in, wait until it is ready, close it at the exit.

    The addresses are the whole process's: two clients of two worlds cannot overlap.
    """
    client._connection.guild_ready_timeout = 0.05
    with pointed_at(world):
        async with client:
            await client.login(token)
            connected = asyncio.create_task(client.connect())
            ready = asyncio.create_task(client.wait_until_ready())
            try:
                await asyncio.wait(
                    {connected, ready}, timeout=20, return_when=asyncio.FIRST_COMPLETED
                )
                if connected.done():
                    connected.result()
                assert ready.done(), "the client was not ready within 20 seconds"
                yield client
            finally:
                ready.cancel()
                await client.close()
                await asyncio.wait({connected})


class PlainBot(commands.AutoShardedBot):
    """A real client that answers nothing by itself: each interaction lands in `caught`.

    It has the command /go; more may be added to `tree` before it runs. It syncs at the login.
    """

    def __init__(self, *, intents: discord.Intents = GUILDS, **options: Any) -> None:
        super().__init__(command_prefix=[], help_command=None, intents=intents, **options)
        self.caught: asyncio.Queue[discord.Interaction] = asyncio.Queue()
        self.tree.add_command(
            discord.app_commands.Command(name="go", description="Go", callback=_go)
        )

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        self.caught.put_nowait(interaction)

    async def next_interaction(self) -> discord.Interaction:
        """Wait for the next interaction, whatever its type."""
        async with asyncio.timeout(10):
            return await self.caught.get()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once: the five seconds between shards are no part of these tests."""


async def _go(interaction: discord.Interaction) -> None:
    """Leave the answer to the test."""
