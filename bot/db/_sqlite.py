"""SQLite behind SQLAlchemy, with as few visits to its thread as can be.

Measured: a visit takes longer than what SQLite does meanwhile, and SQLAlchemy with aiosqlite makes
four for a statement (a cursor, the statement, its rows, the cursor's end) and one to roll back what
is committed already. Here a statement is one visit, and what belongs together can be one as a
whole (`stay`).
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import aiosqlite
import sqlalchemy as sa
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_cursor
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util import EMPTY_DICT, await_only

T = TypeVar("T")

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another process before it gives up."""


def connector(url: sa.URL) -> Callable[[], "QuickConnection"]:
    """Return what SQLAlchemy shall call, in place of its own, for a new connection."""
    dialect = SQLiteDialect_aiosqlite(dbapi=SQLiteDialect_aiosqlite.import_dbapi())
    [path], options = dialect.create_connect_args(url)

    def connect() -> QuickConnection:
        driver = Driver(lambda: sqlite3.connect(path, isolation_level=None, **options))
        await_only(driver)
        return QuickConnection(dialect.dbapi, driver)

    return connect


class Driver(aiosqlite.Connection):
    """SQLite's connection, in a thread of its own."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=1000)
        # Whoever forgets to close a connection can still end the process.
        self._thread.daemon = True
        self._beginning: str | None = None
        self._was_cut_off = False

    @property
    def is_here(self) -> bool:
        """Whether this is the driver's thread already."""
        return threading.get_ident() == self._thread.ident

    @property
    def sqlite(self) -> sqlite3.Connection:
        """The connection itself, for use in the driver's thread."""
        return self._conn

    def try_to_write(self) -> bool:
        """Begin a writer's transaction without a visit; return whether nobody else was writing.

        This takes locks in shared memory and waits for nothing, so the loop can do it.
        """
        self._conn.execute("PRAGMA busy_timeout=0")
        try:
            self._conn.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            self._conn.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        return True

    def read_with_next(self) -> None:
        """Begin a reader's transaction with the next visit: SQLite would wait for it anyway."""
        self._beginning = "BEGIN"

    async def visit(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """Call `act` with the connection in the driver's thread."""
        beginning, self._beginning = self._beginning, None

        def arrive() -> T:
            if beginning is not None:
                self._conn.execute(beginning)
            return act(self._conn)

        try:
            return await self._execute(arrive)  # pyright: ignore[reportUnknownMemberType]
        except asyncio.CancelledError:
            self._was_cut_off = True
            raise

    async def stay(self, act: Callable[[], T]) -> T:
        """Call `act` in the driver's thread, where all that it asks of SQLite is no visit."""
        staying = asyncio.ensure_future(self.visit(lambda _: act()))
        try:
            return await asyncio.shield(staying)
        except asyncio.CancelledError:
            self._was_cut_off = True
            # SQLAlchemy's connection is in use there until it is over.
            await asyncio.wait([staying])
            raise

    async def end(self, act: Callable[[sqlite3.Connection], None]) -> None:
        """Commit or roll back what was begun, if anything was.

        A visit that was cut off goes on all the same, and may begin something yet.
        """
        self._beginning = None
        if self._connection is not None and (self._was_cut_off or self.in_transaction):
            await self.visit(act)
            self._was_cut_off = False


class QuickConnection(AsyncAdapt_aiosqlite_connection):
    """A connection whose statements are one visit each."""

    __slots__ = ("driver",)

    def __init__(self, dbapi: object, driver: Driver) -> None:
        super().__init__(dbapi, cast("Any", driver))
        self.driver = driver

    def cursor(self, server_side: bool = False) -> AsyncAdapt_dbapi_cursor:  # noqa: FBT001, FBT002 - SQLAlchemy's
        """Return a cursor; one that streams its rows is as SQLAlchemy has it."""
        if not server_side:
            return QuickCursor(self)
        self.visit(lambda _: None)
        return super().cursor(server_side=True)

    def commit(self) -> None:
        """Commit."""
        self._wait_for(self.driver.end(sqlite3.Connection.commit))

    def rollback(self) -> None:
        """Roll back; the pool does that with whatever comes back to it."""
        self._wait_for(self.driver.end(sqlite3.Connection.rollback))

    def visit(self, act: Callable[[sqlite3.Connection], None]) -> None:
        """Call `act` with SQLite's connection."""
        if self.driver.is_here:
            act(self.driver.sqlite)
        else:
            self._wait_for(self.driver.visit(act))

    def _wait_for(self, coroutine: Awaitable[None]) -> None:
        try:
            await_only(coroutine)
        except Exception as error:  # noqa: BLE001 - what it raises is what SQLAlchemy knows
            self._handle_exception(error)


class QuickCursor(AsyncAdapt_dbapi_cursor):
    """A cursor that is made with its statement, and has all its rows then."""

    __slots__ = ("_quick",)

    def __init__(self, connection: QuickConnection) -> None:
        # Not the inherited one: it makes a cursor at once.
        self._quick = connection
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = deque()

    def execute(self, operation: Any, parameters: Any = None) -> None:  # noqa: ANN401 - SQLAlchemy's
        """Execute a statement."""
        self._quick.visit(lambda sqlite: self._keep(sqlite.execute(operation, parameters or ())))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        """Execute a statement once with each set of parameters."""
        self._quick.visit(
            lambda sqlite: self._keep(sqlite.executemany(operation, seq_of_parameters))
        )

    def close(self) -> None:
        """Forget the rows; SQLite is done with the statement already."""
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        pass

    def _keep(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cast("Any", cursor)
        if cursor.description is not None:
            self._rows = deque(cursor.fetchall())
