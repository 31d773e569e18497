"""A writer that is cut off in the middle of a statement must not keep the write lock."""

import asyncio
import gc
import random
import sqlite3
from contextlib import closing

import pytest

from bot.db import Database
from bot.db.tables import notes

WRITERS = 150


async def write_much(db: Database, name: str) -> None:
    async with db.write() as conn:
        for part in range(20):
            # With an answer to read, so that the statement is under way for longer.
            insert = notes.insert().values(name=f"{name}.{part}", value="x" * 1000)
            await conn.execute(insert.returning(notes))


def is_free(path) -> bool:
    """Tell whether another process could write now."""
    with closing(sqlite3.connect(path, timeout=0.5, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        other.execute("ROLLBACK")
        return True


@pytest.fixture
def no_collection():
    """Collected garbage would end a forgotten transaction and hide it."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
async def test_writer_cut_off_mid_statement_frees_the_lock_at_once(tmp_path):
    path = tmp_path / "atelier.sqlite"
    db = Database(f"sqlite+aiosqlite:///{path}")
    await db.migrate()
    chance = random.Random(7)
    kept: list[list[BaseException | None]] = []

    async with asyncio.timeout(60):
        for number in range(WRITERS):
            writer = asyncio.create_task(write_much(db, str(number)))
            await asyncio.sleep(chance.uniform(0, 0.006))
            writer.cancel()
            # Kept, as a log or a task keeps it: its traceback holds on to the statement.
            kept.append(await asyncio.gather(writer, return_exceptions=True))
            await asyncio.sleep(0.01)
            assert await asyncio.to_thread(is_free, path), f"writer {number} kept the lock"
    await db.close()
