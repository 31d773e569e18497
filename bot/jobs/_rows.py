"""The jobs table: accepting, claiming, advancing, finding."""

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import utc_now
from bot.db.tables import IS_ACTIVE, jobs
from bot.jobs._job import FINAL_STATUSES, Job, NewJob, NotOurs

_COLUMNS = tuple(jobs.c[field.name] for field in fields(Job))


async def accept(conn: AsyncConnection, new: NewJob) -> Job:
    """Write a job; the unique interaction id claims the interaction in the same breath."""
    written = await conn.execute(
        jobs.insert()
        .values(**asdict(new), is_cancel_requested=False, delivered=0, created_at=utc_now())
        .returning(*_COLUMNS)
    )
    return Job(*written.one())


async def get(conn: AsyncConnection, job_id: int) -> Job | None:
    """Return a job by its id."""
    return await _first(conn, sa.select(*_COLUMNS).where(jobs.c.id == job_id))


async def find_by_interaction(
    conn: AsyncConnection, interaction_id: int, *, user_id: int
) -> Job | None:
    """Return the job that a person's interaction was accepted as, however often it is delivered."""
    number = await number_for(conn, interaction_id, user_id=user_id)
    return await _first(conn, sa.select(*_COLUMNS).where(jobs.c.interaction_id == number))


async def number_for(
    conn: AsyncConnection, interaction_id: int, *, user_id: int | None = None
) -> int:
    """Return the interaction's id, or the next one, that no other person's job goes by.

    One press may be several jobs, and Discord knows nothing of the ids of all but the first.
    Without a person, it is one that no job goes by at all.
    """
    taken = sa.select(jobs.c.user_id).where(jobs.c.interaction_id == sa.bindparam("number"))
    while (owner := await conn.scalar(taken, {"number": interaction_id})) is not None:
        if owner == user_id:
            break
        interaction_id += 1
    return interaction_id


async def find_by_click(conn: AsyncConnection, click_key: str) -> Job | None:
    """Return the newest job of this very click, finished or not."""
    query = sa.select(*_COLUMNS).where(jobs.c.click_key == click_key).order_by(jobs.c.id.desc())
    return await _first(conn, query)


async def claim(
    conn: AsyncConnection, job_id: int, *, runner: str, live: Collection[str]
) -> Job | None:
    """Become the runner of a job that is not over and has no live runner but us."""
    has_no_runner = jobs.c.runner.is_(None) | (jobs.c.runner == runner) | jobs.c.runner.not_in(live)
    claimed = await conn.execute(
        jobs.update()
        .where(jobs.c.id == job_id, IS_ACTIVE, has_no_runner)
        .values(runner=runner)
        .returning(*_COLUMNS)
    )
    row = claimed.first()
    return None if row is None else Job(*row)


async def advance(conn: AsyncConnection, job: Job, *, status: str, **changes: object) -> Job:
    """Move a job to its next status, for the runner it was claimed by.

    Raises:
        NotOurs: another runner has it, or somebody moved it meanwhile; nothing was written.
    """
    # Without a runner the comparison below would hold for everybody.
    assert job.runner is not None, job
    moved = await conn.execute(
        jobs.update()
        .where(jobs.c.id == job.id, jobs.c.runner == job.runner, jobs.c.status == job.status)
        .values(status=status, **changes)
        .returning(*_COLUMNS)
    )
    row = moved.first()
    if row is None:
        raise NotOurs(f"job {job.id} is not {job.runner}'s in {job.status}")
    return Job(*row)


async def request_cancel(conn: AsyncConnection, job_id: int) -> bool:
    """Raise the flag that the job's runner watches; False when the job is over."""
    flagged = await conn.execute(
        jobs.update().where(jobs.c.id == job_id, IS_ACTIVE).values(is_cancel_requested=True)
    )
    return flagged.rowcount == 1


async def set_message(conn: AsyncConnection, job_id: int, message_id: int) -> None:
    """Remember which message is the job's card."""
    await conn.execute(jobs.update().where(jobs.c.id == job_id).values(message_id=message_id))


async def unattended(conn: AsyncConnection, live: Collection[str]) -> list[Job]:
    """Return every job that is not over and has no live runner, oldest first."""
    has_no_runner = jobs.c.runner.is_(None) | jobs.c.runner.not_in(live)
    found = await _all(conn, sa.select(*_COLUMNS).where(IS_ACTIVE, has_no_runner))
    # Asked for in order, SQLite would go through all jobs in that order.
    return sorted(found, key=lambda job: job.id)


async def active_of(conn: AsyncConnection, account_id: int) -> list[Job]:
    """Return an account's jobs that are not over, oldest first."""
    return await _all(
        conn,
        sa.select(*_COLUMNS).where(jobs.c.account_id == account_id, IS_ACTIVE).order_by(jobs.c.id),
    )


async def busy_slots(conn: AsyncConnection, account_id: int, lane: str) -> Counter[int]:
    """Count an account's jobs that are not over, by their slot of a lane."""
    mine = (jobs.c.account_id == account_id) & (jobs.c.lane == lane)
    slots = await conn.scalars(sa.select(jobs.c.slot).where(mine, IS_ACTIVE))
    return Counter(slots)


async def recent_of(conn: AsyncConnection, account_id: int, *, limit: int) -> list[Job]:
    """Return an account's newest jobs that are over, newest first."""
    query = sa.select(*_COLUMNS).where(
        jobs.c.account_id == account_id, jobs.c.status.in_(FINAL_STATUSES)
    )
    return await _all(conn, query.order_by(jobs.c.id.desc()).limit(limit))


async def ahead_of(conn: AsyncConnection, job: Job) -> int:
    """Count the jobs that go before this one in its slot."""
    count = await conn.scalar(
        sa.select(sa.func.count())
        .select_from(jobs)
        .where(
            jobs.c.account_id == job.account_id,
            jobs.c.lane == job.lane,
            jobs.c.slot == job.slot,
            jobs.c.id < job.id,
            IS_ACTIVE,
        )
    )
    return count or 0


async def _first(conn: AsyncConnection, query: sa.Select[Any]) -> Job | None:
    row = (await conn.execute(query.limit(1))).first()
    return None if row is None else Job(*row)


async def _all(conn: AsyncConnection, query: sa.Select[Any]) -> list[Job]:
    return [Job(*row) for row in await conn.execute(query)]
