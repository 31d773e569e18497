"""A writer that is cut off in the middle of a statement must not keep the write lock."""

import asyncio
import gc
import random
import sqlite3
from contextlib import closing

from bot.db import Database
from bot.db.tables import notes

WRITERS = 150


async def write_much(db: Database, name: str) -> None:
    async with db.write() as conn:
        for part in range(20):
            await conn.execute(notes.insert().values(name=f"{name}.{part}", value="x" * 1000))


async def test_writer_cut_off_mid_statement_frees_the_lock_at_once(tmp_path):
    path = tmp_path / "atelier.sqlite"
    db = Database(f"sqlite+aiosqlite:///{path}")
    await db.migrate()
    chance = random.Random(7)
    stuck: list[int] = []
    # Collected garbage would end a forgotten transaction and hide it.
    gc.disable()
    try:
        for number in range(WRITERS):
            writer = asyncio.create_task(write_much(db, str(number)))
            await asyncio.sleep(chance.uniform(0, 0.006))
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            await asyncio.sleep(0.01)
            with closing(sqlite3.connect(path, timeout=0.5, isolation_level=None)) as other:
                try:
                    other.execute("BEGIN IMMEDIATE")
                    other.execute("ROLLBACK")
                except sqlite3.OperationalError:
                    stuck.append(number)
    finally:
        gc.enable()
    await db.close()

    assert stuck == []
