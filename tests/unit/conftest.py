"""A migrated database of its own for every test that names one.

A file that runs on both kinds says so: `pytestmark = ON_BOTH` of `tests.postgres`.
"""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot import ledger
from bot.db import Database
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


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once: migrating for each test would be most of the time."""
    path = tmp_path_factory.mktemp("migrated") / "atelier.sqlite"
    db = Database(url_of(path))
    await db.migrate()
    await db.close()
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[PostgresAtHome]:
    """A PostgreSQL server, started for the first test that wants one."""
    with PostgresAtHome.open() as server:
        await server.make_template()
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> str:
    """Where this test's database is, migrated and empty; SQLite unless a test names the other."""
    if getattr(request, "param", "sqlite") == "postgresql":
        server: PostgresAtHome = request.getfixturevalue("postgres")
        return server.new_database()
    path = tmp_path / "atelier.sqlite"
    shutil.copyfile(migrated_file, path)
    return url_of(path)


@pytest.fixture
async def unproved_db(database_url: str) -> AsyncIterator[Database]:
    """A database that nobody checks afterwards: for tests that damage it."""
    db = Database(database_url)
    yield db
    await db.close()


@pytest.fixture
async def db(unproved_db: Database) -> AsyncIterator[Database]:
    """A database whose ledger must verify when the test is over."""
    yield unproved_db
    async with unproved_db.read() as conn:
        assert await ledger.verify(conn) == []
