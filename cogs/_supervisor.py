"""Keeping a client alive: one that dies is replaced, with pauses that grow.

Any exception while the library parses an event ends its client, and identifying too often makes
Discord reset the token; so it is restarted, but never in a hurry.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import discord
import structlog

from bot.config import StartError
from cogs._client import ImageBot

log = structlog.get_logger()

LOGIN_MISSING = (
    "DISCORD_TOKEN is not set. Put the bot's token into .env, or try everything without one: "
    "python main.py sandbox"
)
LOGIN_REFUSED = "DISCORD_TOKEN: Discord refuses it; copy the bot's token from the developer portal"
FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 300.0
STABLE_AFTER_S = 600.0


async def keep_running(make_client: Callable[[], ImageBot], token: str) -> None:
    """Run clients, one after the other, until cancelled.

    Raises:
        StartError: Discord refuses the token; no restart mends that.
    """
    loop = asyncio.get_running_loop()
    pause_s = FIRST_PAUSE_S
    while True:
        started = loop.time()
        try:
            await _run_once(make_client(), token)
        except discord.LoginFailure:
            raise StartError(LOGIN_REFUSED) from None
        except Exception:
            log.exception("client died", restart_in_s=pause_s)
        else:
            log.warning("client stopped by itself", restart_in_s=pause_s)
        await asyncio.sleep(pause_s)
        is_stable = loop.time() - started > STABLE_AFTER_S
        pause_s = FIRST_PAUSE_S if is_stable else min(pause_s * 2, MAX_PAUSE_S)


async def _run_once(client: ImageBot, token: str) -> None:
    try:
        await client.start(token)
    finally:
        with suppress(Exception):
            await client.close()
