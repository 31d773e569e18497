"""Withholding: what a filter kept back, counted for each person, as refunds for it are."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import jobs
from bot.jobs._job import Job


async def withheld_refunds(conn: AsyncConnection, job: Job, *, since: datetime) -> int:
    """Count the withheld pictures of an account's other jobs that are, or will be, given back."""
    given_back = sa.func.sum(jobs.c.withheld + jobs.c.hidden - jobs.c.withheld_paid)
    found = await conn.scalar(
        sa.select(given_back).where(
            jobs.c.account_id == job.account_id,
            jobs.c.id != job.id,
            jobs.c.price > 0,
            jobs.c.finished_at.is_(None) | (jobs.c.finished_at >= since),
        )
    )
    return int(found or 0)


async def last_withheld_paid(
    conn: AsyncConnection, account_id: int, *, since: datetime
) -> datetime | None:
    """Return when a job last ended of which something withheld was charged; None when none did."""
    return await conn.scalar(
        sa.select(sa.func.max(jobs.c.finished_at)).where(
            jobs.c.account_id == account_id, jobs.c.withheld_paid > 0, jobs.c.finished_at >= since
        )
    )
