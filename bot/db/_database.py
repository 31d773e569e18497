"""The connection recipe: who may write when, and what a commit promises.

Measured on SQLite: SQLAlchemy's default transaction starts too late and loses updates. So the
driver is put in autocommit and we begin ourselves: IMMEDIATE for writers, plain for readers.

On PostgreSQL writers run beside each other at READ COMMITTED: what is read to be changed is
locked by its row, and what spans rows takes a turn (`take_turn`). Readers get one snapshot.
"""

import asyncio
import functools
import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, nullcontext
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.config import StartError
from bot.db._sqlite import BUSY_TIMEOUT_MS, Driver, QuickConnection, connector

P = ParamSpec("P")
T = TypeVar("T")

_PRAGMAS = (
    # First, so that the others wait too.
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    # FULL, not NORMAL: an attempt row lost in a power cut is a second paid request.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    # What people have deleted must not stay in the file's free pages.
    "PRAGMA secure_delete=ON",
)


class Database:
    """One engine; `write()` and `read()` are the only ways in."""

    def __init__(self, url: str) -> None:
        self._engine = _make_engine(url)
        self._writing = self._engine.execution_options(is_writer=True)
        self._reading = self._engine
        if not self.is_sqlite:
            self._reading = self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        # SQLite has one writer at a time; waiting here is fair, waiting in SQLite is not.
        self._writer = asyncio.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file of our own rather than a server."""
        return self._engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """Open a transaction that may write; commits at the end, rolls back on any error."""
        async with self._writer or nullcontext(), self._writing.begin() as conn:
            if self.is_sqlite and not _driver_of(conn).try_to_write():
                await conn.exec_driver_sql("BEGIN IMMEDIATE")
            yield conn

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """Open a transaction that sees one consistent moment and writes nothing."""
        async with self._reading.begin() as conn:
            if self.is_sqlite:
                _driver_of(conn).read_with_next()
            yield conn

    async def check(self) -> None:
        """Reach the database once.

        Raises:
            StartError: it cannot be reached; the line says why.
        """
        try:
            async with self.read() as conn:
                await conn.execute(sa.select(1))
        except (DatabaseError, OSError) as error:
            reason = str(getattr(error, "orig", error)).splitlines()[0]
            raise StartError(f"DATABASE_URL: cannot open the database: {reason}") from None

    async def migrate(self) -> None:
        """Bring the schema to the newest revision; does nothing when it is there already."""
        # Imported here because alembic is needed once and keeps several MB of modules.
        from bot.db._migrate import upgrade  # noqa: PLC0415

        async with self.write() as conn:
            # Before alembic looks: of two processes that start at once, one finds it all done.
            await take_turn(conn, "migrate")
            await conn.run_sync(upgrade)

    async def close(self) -> None:
        """Close every pooled connection."""
        await self._engine.dispose()


def is_writer(conn: sa.Connection) -> bool:
    """Whether a transaction was opened by `write`, so that it may lock what it reads."""
    return bool(conn.get_execution_options().get("is_writer", False))


def at_once(
    act: Callable[Concatenate[sa.Connection, P], T],
) -> Callable[Concatenate[AsyncConnection, P], Coroutine[Any, Any, T]]:
    """Make a coroutine function of one that asks the database a few things one after another.

    On SQLite all of it is one visit to the connection's thread; whoever is cut off meanwhile waits
    for its end.
    """

    @functools.wraps(act)
    async def visit(conn: AsyncConnection, *args: P.args, **kwargs: P.kwargs) -> T:
        if conn.dialect.name != "sqlite":
            return await conn.run_sync(act, *args, **kwargs)
        inside = functools.partial(act, _inner(conn), *args, **kwargs)
        return await _driver_of(conn).stay(inside)

    return visit


async def take_turn(conn: AsyncConnection, name: str) -> None:
    """Let no other transaction of any process take this turn until ours ends.

    Take it before anything else is locked, so that nobody waits in a circle. On SQLite this does
    nothing, because its writers take turns anyway.
    """
    if conn.dialect.name == "postgresql":
        turn = sa.func.hashtextextended(f"atelier:{name}", 0)
        await conn.execute(sa.select(sa.func.pg_advisory_xact_lock(turn)))


def _make_engine(url: str) -> AsyncEngine:
    # Without their parameters, because an interaction's token and a prompt are among them.
    if not url.startswith("sqlite"):
        return create_async_engine(url, hide_parameters=True)
    engine = create_async_engine(url, hide_parameters=True, creator=connector(sa.make_url(url)))
    # No events of statements or transactions: a single listener slows down every statement.
    event.listen(engine.sync_engine, "invalidate", _roll_back)
    event.listen(engine.sync_engine, "connect", _prepare_connection)
    return engine


def _prepare_connection(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    try:
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
    except sqlite3.Error:
        # The pool drops what it could not prepare without closing it, and its thread stays.
        connection.close()
        raise
    cursor.close()


_rollbacks: set[asyncio.Future[None]] = set()


def _roll_back(connection: DBAPIConnection, _record: object, _error: object) -> None:
    """End the transaction of a connection whose task was cancelled in the middle of a statement.

    It is closed next, but a close with a statement under way leaves a transaction, and with it
    the write lock, to the garbage collector.
    """
    rollback = asyncio.ensure_future(connection.driver_connection.rollback())
    _rollbacks.add(rollback)
    rollback.add_done_callback(_forget)


def _forget(rollback: asyncio.Future[None]) -> None:
    _rollbacks.discard(rollback)
    if not rollback.cancelled():
        # Retrieved, so that a connection that was closed already is no news.
        rollback.exception()


def _driver_of(conn: AsyncConnection) -> Driver:
    connection = _inner(conn).connection.dbapi_connection
    return cast("QuickConnection", connection).driver


def _inner(conn: AsyncConnection) -> sa.Connection:
    assert conn.sync_connection is not None, "closed"
    return conn.sync_connection
