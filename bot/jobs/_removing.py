"""Removing: pictures that moderators took away are shown nowhere any more; the rows stay."""

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import utc_now
from bot.db.tables import IS_ACTIVE, copies, jobs, pictures
from bot.jobs._job import Job
from bot.jobs._pictures import read_pictures
from bot.jobs._rows import get
from bot.jobs._sources import sources_in


@dataclass(frozen=True)
class Removed:
    """What was taken from one job: all of it, or the pictures of these numbers."""

    job: Job
    numbers: tuple[int, ...]
    is_whole: bool


@dataclass(frozen=True)
class Copy:
    """A message that shows a job beside its card: in a feed, or as somebody wanted it."""

    channel_id: int
    message_id: int
    is_feed: bool


async def remove(conn: AsyncConnection, job: Job, number: int | None = None) -> list[Removed]:
    """Take a job, or one picture of it, away; return what is gone by that, this job's part first.

    Whatever shows the very same picture in the server goes with it: picked alone, or shown again.
    A job that has other pictures keeps those. What was taken before is not among it. Work under
    way that starts from what goes is stopped; it ends without showing anything.
    """
    await _stop_dependent(conn, job, await _hashes(conn, job, number))
    gone = await same_pictures(conn, job, number)
    if number is None and not job.is_removed and all(one.job.id != job.id for one in gone):
        gone = [Removed(job, (), is_whole=True), *gone]
    for one in gone:
        if one.is_whole:
            change = jobs.update().where(jobs.c.id == one.job.id)
            await conn.execute(change.values(is_removed=True))
            continue
        await conn.execute(
            pictures.delete().where(
                pictures.c.job_id == one.job.id, pictures.c.number.in_(one.numbers)
            )
        )
        # What is left of it is not what the same wish would ask for.
        await conn.execute(jobs.update().where(jobs.c.id == one.job.id).values(likeness=None))
    return gone


async def same_pictures(
    conn: AsyncConnection, job: Job, number: int | None = None
) -> list[Removed]:
    """Return every job of the server that shows a job's pictures, or one of them; this one first.

    Jobs that were removed before are left out.
    """
    hashes = await _hashes(conn, job, number)
    found = await conn.execute(
        sa.select(pictures.c.job_id, pictures.c.number)
        .join(jobs, jobs.c.id == pictures.c.job_id)
        .where(
            pictures.c.sha256.in_(hashes),
            jobs.c.server_id == job.server_id,
            ~jobs.c.is_removed,
        )
        .order_by(jobs.c.id != job.id, jobs.c.id, pictures.c.number)
    )
    numbers: defaultdict[int, list[int]] = defaultdict(list)
    for job_id, at in found:
        numbers[job_id].append(at)
    return [await _removed(conn, job_id, tuple(those)) for job_id, those in numbers.items()]


async def _hashes(conn: AsyncConnection, job: Job, number: int | None) -> set[str]:
    """Return the pictures of a job, or one of them, also those it has lost but others brought."""
    mine = await read_pictures(conn, job.id)
    is_alone = (jobs.c.action == "pick") & (jobs.c.parent_id == job.id)
    if number is not None:
        is_alone &= jobs.c.parent_picture == number
    brought = sa.select(pictures.c.sha256).join(jobs, jobs.c.id == pictures.c.job_id)
    alone = await conn.scalars(brought.where(is_alone))
    return {*alone, *(one.sha256 for one in mine if number in (None, one.number))}


async def _stop_dependent(conn: AsyncConnection, job: Job, hashes: set[str]) -> None:
    """Mark the work under way in the server that starts from one of these pictures."""
    under_way = (jobs.c.server_id == job.server_id) & IS_ACTIVE
    found = await conn.execute(sa.select(jobs.c.id, jobs.c.inputs).where(under_way))
    dependent = [job_id for job_id, inputs in found if hashes & sources_in(inputs)]
    await conn.execute(
        jobs.update()
        .where(jobs.c.id.in_(dependent), under_way)
        .values(is_removed=True, is_cancel_requested=True)
    )


async def _removed(conn: AsyncConnection, job_id: int, numbers: tuple[int, ...]) -> Removed:
    job = await get(conn, job_id)
    assert job is not None, job_id
    is_whole = len(await read_pictures(conn, job_id)) == len(numbers)
    return Removed(job, numbers, is_whole=is_whole)


async def note_copy(
    conn: AsyncConnection,
    job_id: int,
    *,
    channel_id: int,
    message_id: int,
    is_feed: bool = False,
) -> None:
    """Remember a message that shows a job beside its card; again changes nothing."""
    if await conn.scalar(sa.select(copies.c.job_id).where(copies.c.message_id == message_id)):
        return
    await conn.execute(
        copies.insert().values(
            message_id=message_id,
            channel_id=channel_id,
            job_id=job_id,
            created_at=utc_now(),
            is_feed=is_feed,
        )
    )


async def copies_of(conn: AsyncConnection, job_id: int) -> list[Copy]:
    """Return the messages that show a job beside its card."""
    found = await conn.execute(
        sa.select(copies.c.channel_id, copies.c.message_id, copies.c.is_feed)
        .where(copies.c.job_id == job_id)
        .order_by(copies.c.message_id)
    )
    return [Copy(*row) for row in found]
