"""Small facts that outlive the process, such as which commands Discord knows already."""

import sqlalchemy as sa

from bot.db import upsert
from bot.db.tables import notes
from bot.services.resources import Resources


class Notes:
    """Named texts in the database."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db

    async def read(self, name: str) -> str | None:
        """Return what was noted under a name."""
        async with self._db.read() as conn:
            return await conn.scalar(sa.select(notes.c.value).where(notes.c.name == name))

    async def write(self, name: str, value: str) -> None:
        """Note a text, in place of an older one."""
        async with self._db.write() as conn:
            await upsert(conn, notes, {"name": name, "value": value})
