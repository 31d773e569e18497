"""The two ways into the database: what they promise to tasks that overlap."""

import asyncio
import sqlite3
import threading
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.config import StartError
from bot.db import Database, utc_now
from bot.db.tables import notes, processes

DEADLINE_S = 20.0


async def set_note(conn, value: str) -> None:
    await conn.execute(notes.delete())
    await conn.execute(notes.insert().values(name="count", value=value))


async def read_note(conn) -> str | None:
    return await conn.scalar(sa.select(notes.c.value).where(notes.c.name == "count"))


async def count_up(db: Database) -> None:
    async with db.write() as conn:
        seen = int(await read_note(conn) or 0)
        await asyncio.sleep(0)
        await set_note(conn, str(seen + 1))


async def test_overlapping_writers_lose_no_update(db):
    await asyncio.gather(*(count_up(db) for _ in range(20)))

    async with db.read() as conn:
        assert await read_note(conn) == "20"


async def test_writers_of_two_processes_lose_no_update(db, database_url):
    other = Database(database_url)

    await asyncio.gather(*(count_up(one) for one in (db, other) * 10))
    await other.close()

    async with db.read() as conn:
        assert await read_note(conn) == "20"


async def test_reader_sees_one_moment(db):
    await count_up(db)

    async with db.read() as conn:
        first = await read_note(conn)
        await count_up(db)
        second = await read_note(conn)
    async with db.read() as conn:
        afterwards = await read_note(conn)

    assert (first, second, afterwards) == ("1", "1", "2")


async def test_writer_does_not_wait_for_readers(db):
    async with db.read() as reader:
        await read_note(reader)

        async with asyncio.timeout(DEADLINE_S):
            await count_up(db)


def is_write_locked(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


async def test_writer_has_the_write_lock_before_its_first_statement(db, tmp_path):
    path = tmp_path / "atelier.sqlite"

    async with db.read() as conn:
        await read_note(conn)
        is_locked_by_reader = is_write_locked(path)
    async with db.write():
        is_locked_by_writer = is_write_locked(path)

    assert (is_locked_by_reader, is_locked_by_writer) == (False, True)


async def test_every_pooled_connection_has_the_pragmas(db):
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    found = []

    async with AsyncExitStack() as open_ones:
        for _ in range(4):
            conn = await open_ones.enter_async_context(db.read())
            found.append([await conn.scalar(sa.text(f"PRAGMA {name}")) for name in names])

    full = 2
    assert found == [["wal", full, 1, 10_000]] * 4


async def test_exception_rolls_everything_back(db):
    async def write_and_break() -> None:
        async with db.write() as conn:
            await set_note(conn, "7")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_break()

    async with db.read() as conn:
        assert await read_note(conn) is None


async def test_cancelled_writer_rolls_back_and_lets_the_next_one_in(db):
    is_inside = asyncio.Event()

    async def write_for_ever() -> None:
        async with db.write() as conn:
            await set_note(conn, "7")
            is_inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_for_ever())
    await is_inside.wait()
    task.cancel()
    await asyncio.wait({task})

    async with asyncio.timeout(DEADLINE_S):
        await count_up(db)
    async with db.read() as conn:
        assert await read_note(conn) == "1"


async def test_writers_cancelled_at_any_moment_leave_the_database_usable(db):
    for pauses in range(40):
        task = asyncio.create_task(count_up(db))
        for _ in range(pauses):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})

    async with db.write() as conn:
        await set_note(conn, "0")
    async with asyncio.timeout(DEADLINE_S):
        await count_up(db)
    async with db.read() as conn:
        assert await read_note(conn) == "1"


async def test_waiting_writer_that_is_cancelled_does_not_take_the_lock_with_it(db):
    async with db.write():
        waiting = asyncio.create_task(count_up(db))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})

    async with asyncio.timeout(DEADLINE_S):
        await count_up(db)
    async with db.read() as conn:
        assert await read_note(conn) == "1"


async def test_moments_come_back_aware_and_in_utc(db):
    in_tokyo = datetime(2026, 1, 1, 8, 30, tzinfo=timezone(timedelta(hours=9)))

    async with db.write() as conn:
        await conn.execute(processes.insert().values(id="p", seen_at=in_tokyo))
        seen_at = await conn.scalar(sa.select(processes.c.seen_at))

    assert seen_at == in_tokyo
    assert seen_at.tzinfo is UTC


async def test_naive_moment_is_refused(db):
    naive = utc_now().replace(tzinfo=None)

    with pytest.raises((AssertionError, sa.exc.StatementError)):
        async with db.write() as conn:
            await conn.execute(processes.insert().values(id="p", seen_at=naive))


async def drivers_end() -> None:
    """Wait for the driver's threads: one that could not connect says so to the loop last of all."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if not any("connection_worker" in thread.name for thread in threading.enumerate()):
                return
            await asyncio.sleep(0.002)


async def test_database_that_cannot_be_opened_stops_the_start(tmp_path):
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'atelier.sqlite'}")

    with pytest.raises(StartError, match=r"^DATABASE_URL: cannot open the database: .+$"):
        await db.check()
    await db.close()
    await drivers_end()


async def test_file_that_is_no_database_stops_the_start(tmp_path):
    (tmp_path / "atelier.sqlite").write_bytes(b"not a database " * 100)
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'atelier.sqlite'}")

    with pytest.raises(StartError, match=r"^DATABASE_URL: cannot open the database: .+$"):
        await db.check()
    await db.close()
    await drivers_end()
