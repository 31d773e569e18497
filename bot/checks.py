"""What `main.py check` can tell without Discord: each thing a start needs, in words."""

import asyncio
from collections.abc import Awaitable, Callable

from bot import catalog, config, providers
from bot.app import open_http, prepare_data_dir
from bot.config import Settings, StartError
from bot.db import Database
from bot.errors import BadKey, OutOfFunds, ProviderError
from bot.providers import Provider

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


async def _providers(settings: Settings) -> str:
    found = await asyncio.to_thread(providers.find_all)
    missing = [one.key_env for one in found if one.key_env and not config.secret(one.key_env)]
    async with open_http() as http:
        # Nothing is uploaded by a check, and nothing bought.
        ready = providers.connect_all(
            settings,
            http,
            secret=config.secret,
            read_picture=_no_picture,
            keep_bytes=_nothing_kept,
        )
        for name, provider in ready.items():
            await _check_provider(name, provider)
    hint = f"; without a key: {', '.join(missing)}" if missing else ""
    return f"{', '.join(ready)} ready{hint}"


async def _check_provider(name: str, provider: Provider) -> None:
    try:
        await provider.check()
    except BadKey as error:
        raise StartError(f"{name} refuses the key: {error}") from None
    except OutOfFunds as error:
        raise StartError(f"the account at {name} is empty: {error}") from None
    except ProviderError as error:
        raise StartError(f"{name} cannot be asked just now: {error}") from None


async def _no_picture(sha256: str) -> bytes:
    raise FileNotFoundError(sha256)


async def _nothing_kept(data: bytes) -> str:
    raise AssertionError(len(data))


CHECKS: dict[str, Check] = {
    "settings": _read_settings,
    "data folder": _data_folder,
    "database": _database,
    "catalog": _catalog,
    "providers": _providers,
}
