"""A migrated database of its own for every test that names one.

A file that runs on both kinds says so: `pytestmark = ON_BOTH` of `tests.postgres`.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from bot import ledger
from bot.db import Database
from tests.blank import migrated_file, url_of
from tests.postgres import PostgresAtHome

TOLD = "told"
"""The name of a property that the summary prints: what a test tried, however it ends."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what property tests tried; their own output would be lost on the way from xdist."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == TOLD and report.when == "call":
                    terminalreporter.write_line(f"{report.nodeid}: {value}")


@dataclass(frozen=True)
class FirstDatabase:
    """The SQLite database that those of the tests are copies of."""

    path: Path
    engine: sa.Engine

    def share_statements(self, other: Database) -> None:
        """Let a database use what SQLAlchemy compiled for others: else each compiles it all."""
        for engine in (other._engine, other._reading, other._writing):
            engine.sync_engine.dialect = self.engine.dialect
            engine.sync_engine._compiled_cache = self.engine._compiled_cache


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def first_database() -> FirstDatabase:
    """A migrated database, made once: migrating for each test would be most of the time."""
    path = await asyncio.to_thread(migrated_file)
    db = Database(url_of(path))
    await db.check()
    await db.close()
    return FirstDatabase(path, db._engine.sync_engine)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[PostgresAtHome]:
    """A PostgreSQL server, started for the first test that wants one."""
    with PostgresAtHome.open() as server:
        await server.make_template()
        yield server


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, first_database: FirstDatabase
) -> str:
    """Where this test's database is, migrated and empty; SQLite unless a test names the other."""
    if getattr(request, "param", "sqlite") == "postgresql":
        server: PostgresAtHome = request.getfixturevalue("postgres")
        return server.new_database()
    path = tmp_path / "atelier.sqlite"
    shutil.copyfile(first_database.path, path)
    return url_of(path)


@pytest.fixture
async def unproved_db(database_url: str, first_database: FirstDatabase) -> AsyncIterator[Database]:
    """A database that nobody checks afterwards: for tests that damage it."""
    db = Database(database_url)
    if db.is_sqlite:
        first_database.share_statements(db)
    yield db
    await db.close()


@pytest.fixture
async def db(unproved_db: Database) -> AsyncIterator[Database]:
    """A database whose ledger must verify when the test is over."""
    yield unproved_db
    async with unproved_db.read() as conn:
        assert await ledger.verify(conn) == []
