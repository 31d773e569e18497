"""`main.py check`: each thing a start needs, with a verdict and the fix."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import discord
import typer

from bot import catalog, config, providers
from bot.app import prepare_data_dir
from bot.config import Settings
from bot.db import Database
from bot.errors import StartError
from cogs._library import prepare_library

Check = Callable[[Settings], Awaitable[str]]


async def check_all(settings: Settings) -> bool:
    """Run every check and print a line for each; True when all is well."""
    verdicts = [await _verdict(name, check, settings) for name, check in _CHECKS.items()]
    return all(verdicts)


async def _verdict(name: str, check: Check, settings: Settings) -> bool:
    try:
        found = await check(settings)
    except StartError as error:
        typer.echo(f"✗ {name}: {error}")
        return False
    typer.echo(f"✓ {name}: {found}")
    return True


async def _settings(settings: Settings) -> str:
    # A malformed value would have stopped us before this line.
    return f"read; budget {settings.monthly_budget_usd:g} USD a month"


async def _data_folder(settings: Settings) -> str:
    await asyncio.to_thread(prepare_data_dir, settings)
    return f"{settings.data_dir} can be written to"


async def _database(settings: Settings) -> str:
    db = Database(settings.async_database_url)
    try:
        await db.check()
    finally:
        await db.close()
    return "SQLite opens" if settings.is_sqlite else "PostgreSQL answers"


async def _catalog(_settings: Settings) -> str:
    models = await asyncio.to_thread(catalog.load)
    return f"{len(models.all())} model{'s' * (len(models.all()) != 1)}, each with a price"


async def _providers(_settings: Settings) -> str:
    found = await asyncio.to_thread(providers.find_all)
    ready = [one.name for one in found if one.key_env is None or config.secret(one.key_env)]
    missing = [one.key_env for one in found if one.key_env and one.name not in ready]
    hint = f"; without a key: {', '.join(missing)}" if missing else ""
    return f"{', '.join(ready)} ready{hint}"


async def _token(settings: Settings) -> str:
    token = settings.discord_token.get_secret_value()
    if not token:
        raise StartError(
            "DISCORD_TOKEN is not set; put the bot's token into .env, or run: "
            "python main.py sandbox"
        )
    prepare_library(settings)
    try:
        async with discord.Client(intents=discord.Intents(guilds=True)) as client:
            await client.login(token)
            return f"Discord knows it as {client.user}"
    except discord.LoginFailure:
        raise StartError(
            "DISCORD_TOKEN: Discord refuses it; copy the bot's token from the developer portal"
        ) from None
    except (aiohttp.ClientError, OSError) as error:
        raise StartError(f"Discord cannot be reached: {error}") from None


_CHECKS: dict[str, Check] = {
    "settings": _settings,
    "data folder": _data_folder,
    "database": _database,
    "catalog": _catalog,
    "providers": _providers,
    "token": _token,
}
