"""Processes: who is alive, so that the jobs of the dead can be taken over."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import processes

PRESUMED_DEAD_AFTER = timedelta(seconds=90)
"""Three missed beats of the 30 s sweep."""


async def beat(conn: AsyncConnection, process_id: str, *, now: datetime) -> None:
    """Say that a process is alive."""
    beaten = await conn.execute(
        processes.update().where(processes.c.id == process_id).values(seen_at=now)
    )
    if beaten.rowcount == 0:
        await conn.execute(processes.insert().values(id=process_id, seen_at=now))


async def live_processes(conn: AsyncConnection, *, now: datetime) -> list[str]:
    """Return the ids of the processes that beat lately."""
    found = await conn.scalars(
        sa.select(processes.c.id).where(processes.c.seen_at > now - PRESUMED_DEAD_AFTER)
    )
    return list(found)


async def forget_others(conn: AsyncConnection, process_id: str) -> None:
    """Remove every process but this one: on SQLite the lock file proves that they are gone."""
    await conn.execute(processes.delete().where(processes.c.id != process_id))


async def leave(conn: AsyncConnection, process_id: str) -> None:
    """Remove a process that stops, so that its jobs can be taken over at once."""
    await conn.execute(processes.delete().where(processes.c.id == process_id))
