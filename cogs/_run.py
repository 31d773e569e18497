"""The bot as a process: app, client, and a stop in the right order."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from bot.app import App, open_app
from bot.config import Settings, Shards, StartError
from cogs._client import ImageBot
from cogs._delivery import DiscordDelivery
from cogs._library import prepare_library
from cogs._outside import DiscordOutside
from cogs._supervisor import LOGIN_MISSING, keep_running

log = structlog.get_logger()


async def run_bot(settings: Settings, stop_signal: Callable[[], asyncio.Event]) -> None:
    """Run until the stop signal.

    Raises:
        StartError: something the host must mend.
    """
    token = settings.discord_token.get_secret_value()
    if not token:
        raise StartError(LOGIN_MISSING)
    prepare_library(settings)
    stop = stop_signal()
    delivery = DiscordDelivery(owner_ids=settings.owner_ids)
    outside = DiscordOutside()
    async with open_app(settings, delivery, outside) as app:

        def make_client() -> ImageBot:
            shards = Shards.parse(settings.shards)
            client = ImageBot(app.services, shards=shards, owner_ids=settings.owner_ids)
            delivery.attach(client)
            outside.attach(client)
            return client

        await app.start()
        supervisor = asyncio.create_task(keep_running(make_client, token))
        await _until_stopped(app, supervisor, stop)


async def _until_stopped(app: App, supervisor: asyncio.Task[None], stop: asyncio.Event) -> None:
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({supervisor, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        # Work first, connection last: the last edits of a job still need the client.
        log.info("stopping")
        await app.stop()
        supervisor.cancel()
        with suppress(asyncio.CancelledError):
            await supervisor
