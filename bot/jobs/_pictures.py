"""Pictures: what a job made, by the hash under which the media store keeps it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import utc_now
from bot.db.tables import jobs, pictures


@dataclass(frozen=True)
class Picture:
    """One finished picture; `number` counts from 1, as the buttons do."""

    number: int
    sha256: str
    mime: str
    width: int
    height: int
    size_bytes: int
    seed: int | None
    is_nsfw: bool | None


@dataclass(frozen=True)
class Posted:
    """A message that shows a picture: as `number` of a job."""

    job_id: int
    channel_id: int
    message_id: int
    number: int


async def add_pictures(conn: AsyncConnection, job_id: int, made: Sequence[Picture]) -> None:
    """Write a job's pictures."""
    if not made:
        return
    now = utc_now()
    await conn.execute(
        pictures.insert(),
        [{"job_id": job_id, "created_at": now, **asdict(picture)} for picture in made],
    )


async def read_pictures(conn: AsyncConnection, job_id: int) -> list[Picture]:
    """Return a job's pictures in order."""
    columns = (pictures.c[field.name] for field in fields(Picture))
    found = await conn.execute(
        sa.select(*columns).where(pictures.c.job_id == job_id).order_by(pictures.c.number)
    )
    return [Picture(*row) for row in found]


async def posted(conn: AsyncConnection, sha256: str) -> list[Posted]:
    """Return the messages that show a picture, the newest first, three at most."""
    found = await conn.execute(
        sa.select(jobs.c.id, jobs.c.channel_id, jobs.c.message_id, pictures.c.number)
        .join(jobs, jobs.c.id == pictures.c.job_id)
        .where(pictures.c.sha256 == sha256, jobs.c.delivered > 0)
        .order_by(jobs.c.id.desc())
        .limit(3)
    )
    return [Posted(*row) for row in found]
