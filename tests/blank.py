"""A migrated SQLite database without a row: tests copy it rather than migrate their own."""

import asyncio
import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from bot.db import Database


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@cache
def migrated_file() -> Path:
    """Return the file, which each process that runs tests makes once; not from an event loop."""
    folder = Path(tempfile.mkdtemp(prefix="atelier-blank-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "atelier.sqlite"
    asyncio.run(_migrate(path))
    return path


async def _migrate(path: Path) -> None:
    db = Database(url_of(path))
    await db.migrate()
    await db.close()
