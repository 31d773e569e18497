"""What `main.py check` can tell without Discord: each thing a start needs, in words."""

import asyncio
from collections.abc import Awaitable, Callable

from bot import catalog, config, providers
from bot.app import prepare_data_dir
from bot.config import Settings
from bot.db import Database

Check = Callable[[Settings], Awaitable[str]]
"""Returns what was found; raises `StartError` with the fix when it is not well."""


async def _read_settings(settings: Settings) -> str:
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
    models = (await asyncio.to_thread(catalog.load)).all()
    return f"{len(models)} model{'' if len(models) == 1 else 's'}, each with a price"


async def _providers(_settings: Settings) -> str:
    found = await asyncio.to_thread(providers.find_all)
    ready = [one.name for one in found if one.key_env is None or config.secret(one.key_env)]
    missing = [one.key_env for one in found if one.key_env and one.name not in ready]
    hint = f"; without a key: {', '.join(missing)}" if missing else ""
    return f"{', '.join(ready)} ready{hint}"


CHECKS: dict[str, Check] = {
    "settings": _read_settings,
    "data folder": _data_folder,
    "database": _database,
    "catalog": _catalog,
    "providers": _providers,
}
