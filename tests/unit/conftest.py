"""A migrated database of its own for every test that names one."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot import ledger
from bot.db import Database


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


@pytest.fixture
def database_url(tmp_path: Path, migrated_file: Path) -> str:
    """Where this test's database is, migrated and empty."""
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
