"""What belongs together and is done in one visit to SQLite's thread."""

import asyncio
import threading

import pytest
import sqlalchemy as sa

from bot.db import Database, at_once, upsert
from bot.db.tables import notes
from tests.postgres import ON_BOTH

DEADLINE_S = 20.0
SHORT_S = 0.05


def note(name: str, value: str = "x") -> sa.Insert:
    return notes.insert().values(name=name, value=value)


async def names(db: Database) -> list[str]:
    async with db.read() as conn:
        return list(await conn.scalars(sa.select(notes.c.name).order_by(notes.c.name)))


class Slow:
    """Writes one note, waits to be told, and writes another."""

    def __init__(self):
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()

    @staticmethod
    @at_once
    def write(conn: sa.Connection, slow: "Slow") -> None:
        conn.execute(note("first"))
        slow.has_begun.set()
        assert slow.may_go_on.wait(DEADLINE_S)
        conn.execute(note("second"))


@pytest.fixture
async def slow_writer(db):
    """A task in the middle of what it does at once, and what it waits for."""

    async def write() -> None:
        async with db.write() as conn:
            await Slow.write(conn, slow)

    slow = Slow()
    task = asyncio.create_task(write())
    assert await asyncio.to_thread(slow.has_begun.wait, DEADLINE_S)
    yield task, slow
    slow.may_go_on.set()
    await asyncio.wait({task})


@at_once
def _twice(conn: sa.Connection, name: str, *, value: str) -> str:
    conn.execute(note(name, value))
    return conn.execute(sa.select(notes.c.value).where(notes.c.name == name)).scalar_one()


@ON_BOTH
async def test_arguments_and_the_answer_come_through(db, database_url):
    async with db.write() as conn:
        assert await _twice(conn, "a", value="1") == "1"

    assert await names(db) == ["a"]


@ON_BOTH
async def test_error_comes_out_as_it_is_and_the_transaction_goes_on(db, database_url):
    @at_once
    def fail(conn: sa.Connection) -> None:
        conn.execute(note("a"))
        raise ZeroDivisionError

    async with db.write() as conn:
        with pytest.raises(ZeroDivisionError):
            await fail(conn)
        await conn.execute(note("b"))

    assert await names(db) == ["a", "b"]


async def test_statement_that_fails_is_the_error_that_sqlalchemy_has_for_it(db):
    async with db.write() as conn:
        await _twice(conn, "a", value="1")
        with pytest.raises(sa.exc.IntegrityError):
            await _twice(conn, "a", value="2")

    assert await names(db) == ["a"]


async def test_loop_is_free_meanwhile(slow_writer):
    task, slow = slow_writer

    # Nothing would come here if the loop waited in its place.
    assert not task.done()
    slow.may_go_on.set()
    async with asyncio.timeout(DEADLINE_S):
        await task


async def test_writer_cut_off_meanwhile_ends_when_its_thread_does_and_leaves_nothing(
    db, slow_writer
):
    task, slow = slow_writer

    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=SHORT_S)
    slow.may_go_on.set()
    await asyncio.wait({task})

    assert not done
    assert task.cancelled()
    async with asyncio.timeout(DEADLINE_S), db.write() as conn:
        await conn.execute(note("other"))
    assert await names(db) == ["other"]


async def test_writer_cut_off_twice_keeps_neither_the_lock_nor_what_it_wrote(db, slow_writer):
    task, slow = slow_writer

    for _ in range(3):
        task.cancel()
        await asyncio.wait({task}, timeout=SHORT_S)
    slow.may_go_on.set()
    await asyncio.wait({task})

    async with asyncio.timeout(DEADLINE_S), db.write() as conn:
        await conn.execute(note("other"))
    assert await names(db) == ["other"]


async def test_reader_that_streams_first_sees_one_moment(db):
    count = 2500
    async with db.write() as conn:
        await conn.execute(notes.insert(), [{"name": f"{n:04}", "value": ""} for n in range(count)])

    seen = []
    async with db.read() as conn, conn.stream(sa.select(notes.c.name)) as rows:
        async for [name] in rows:
            if not seen:
                async with db.write() as writer:
                    await writer.execute(notes.delete())
            seen.append(name)
        assert await conn.scalar(sa.select(sa.func.count()).select_from(notes)) == count

    assert len(seen) == count
    assert await names(db) == []


@ON_BOTH
async def test_upsert_inserts_and_then_changes(db, database_url):
    for value in ("1", "2"):
        async with db.write() as conn:
            await upsert(conn, notes, {"name": "a", "value": value})

    async with db.read() as conn:
        assert await conn.scalar(sa.select(notes.c.value)) == "2"
