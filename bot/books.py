"""The books from outside: what `main.py ledger` does, beside a running bot or without one."""

import csv
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import astuple, fields
from typing import TextIO

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.config import Settings, StartError
from bot.db import Database
from bot.ledger import Line

_NO_LEDGER = "{}: there is no ledger yet"


async def verify_ledger(settings: Settings) -> list[str]:
    """Prove the ledger, beside a running bot or without one; return what is wrong.

    Raises:
        StartError: the database cannot be opened, or has no ledger.
    """
    async with _reading_ledger(settings) as conn:
        return await ledger.verify(conn)


async def export_ledger(settings: Settings, file: TextIO) -> int:
    """Write every entry as CSV, the oldest first; return how many they are.

    Raises:
        StartError: the database cannot be opened, or has no ledger.
    """
    count = 0
    rows = csv.writer(file)
    async with _reading_ledger(settings) as conn:
        rows.writerow(field.name for field in fields(Line))
        async for line in ledger.read_lines(conn):
            rows.writerow(astuple(line))
            count += 1
    return count


@asynccontextmanager
async def _reading_ledger(settings: Settings) -> AsyncGenerator[AsyncConnection]:
    is_file = settings.is_sqlite and not settings.database_url
    no_ledger = _NO_LEDGER.format(f"DATA_DIR: {settings.data_dir}" if is_file else "DATABASE_URL")
    if is_file and not (settings.data_dir / "atelier.sqlite").exists():
        raise StartError(no_ledger)
    db = Database(settings.async_database_url)
    try:
        await db.check()
        async with db.read() as conn:
            # An empty file, as `check` leaves it, or a server that was never started on.
            if not await conn.run_sync(lambda sync: sa.inspect(sync).has_table("ledger_entries")):
                raise StartError(no_ledger)
            yield conn
    finally:
        await db.close()
