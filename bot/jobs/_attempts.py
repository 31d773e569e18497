"""Attempts: one row for each submit, written before the paid request goes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import utc_now
from bot.db.tables import IS_ACTIVE, attempts, jobs


@dataclass(frozen=True)
class Attempt:
    """One submit of a job. `status`: submitting, running, done, failed or uncertain."""

    id: int
    job_id: int
    provider: str
    endpoint: str
    inputs: dict[str, Any]
    status: str
    handle: dict[str, Any] | None
    cost_usd_micros: int
    failure_text: str | None
    created_at: datetime
    finished_at: datetime | None
    quoted_usd_micros: int | None

    @property
    def key(self) -> str:
        """A name for the run, for providers that can name runs."""
        return f"atelier-{self.job_id}-{self.id}"


async def add_attempt(
    conn: AsyncConnection,
    *,
    job_id: int,
    provider: str,
    endpoint: str,
    inputs: Mapping[str, Any],
    cost_usd_micros: int,
) -> Attempt:
    """Write that a request is about to go out; it costs what it may cost until told otherwise."""
    written = await conn.execute(
        attempts.insert()
        .values(
            job_id=job_id,
            provider=provider,
            endpoint=endpoint,
            inputs=dict(inputs),
            status="submitting",
            cost_usd_micros=cost_usd_micros,
            quoted_usd_micros=cost_usd_micros,
            created_at=utc_now(),
        )
        .returning(attempts)
    )
    return Attempt(*written.one())


async def save_handle(conn: AsyncConnection, attempt_id: int, handle: Mapping[str, Any]) -> None:
    """Write what finds the run again."""
    await conn.execute(
        attempts.update()
        .where(attempts.c.id == attempt_id)
        .values(handle=dict(handle), status="running")
    )


async def close_attempt(
    conn: AsyncConnection,
    attempt_id: int,
    *,
    status: str,
    cost_usd_micros: int | None = None,
    failure_text: str | None = None,
) -> None:
    """Write how an attempt ended; without a cost the expected one stands."""
    changes: dict[str, object] = {"status": status, "failure_text": failure_text}
    if cost_usd_micros is not None:
        changes["cost_usd_micros"] = cost_usd_micros
    await conn.execute(
        attempts.update()
        .where(attempts.c.id == attempt_id)
        .values(finished_at=utc_now(), **changes)
    )


async def last_attempt(conn: AsyncConnection, job_id: int) -> Attempt | None:
    """Return the newest attempt of a job."""
    found = await conn.execute(
        sa.select(attempts)
        .where(attempts.c.job_id == job_id)
        .order_by(attempts.c.id.desc())
        .limit(1)
    )
    row = found.first()
    return None if row is None else Attempt(*row)


async def attempts_for(conn: AsyncConnection, job_id: int) -> list[Attempt]:
    """Return every attempt of a job, the oldest first."""
    found = await conn.execute(
        sa.select(attempts).where(attempts.c.job_id == job_id).order_by(attempts.c.id)
    )
    return [Attempt(*row) for row in found]


async def spent_usd_micros(conn: AsyncConnection, *, since: datetime) -> dict[str, int]:
    """Sum what attempts cost since a moment, by provider."""
    found = await conn.execute(
        sa.select(attempts.c.provider, sa.func.sum(attempts.c.cost_usd_micros))
        .where(attempts.c.created_at >= since)
        .group_by(attempts.c.provider)
    )
    return {provider: int(spent) for provider, spent in found}


@dataclass(frozen=True)
class Timing:
    """How long one run took, from the order to its pictures."""

    provider: str
    endpoint: str
    seconds: float


async def latest_timings(conn: AsyncConnection, *, limit: int) -> list[Timing]:
    """Return how long the latest finished runs took, the oldest of them first."""
    found = await conn.execute(
        sa.select(attempts)
        .where(attempts.c.status == "done")
        .order_by(attempts.c.id.desc())
        .limit(limit)
    )
    timings: list[Timing] = []
    for attempt in (Attempt(*row) for row in found):
        if attempt.finished_at is not None:
            seconds = (attempt.finished_at - attempt.created_at).total_seconds()
            timings.append(Timing(attempt.provider, attempt.endpoint, seconds))
    return timings[::-1]


async def committed_usd_micros(conn: AsyncConnection, *, since: datetime) -> int:
    """Sum what attempts cost since a moment, and what waiting jobs are going to cost."""
    spent = sa.select(sa.func.coalesce(sa.func.sum(attempts.c.cost_usd_micros), 0)).where(
        attempts.c.created_at >= since
    )
    waiting = sa.select(sa.func.coalesce(sa.func.sum(jobs.c.cost_usd_micros), 0)).where(
        jobs.c.status == "queued", IS_ACTIVE
    )
    found = await conn.execute(sa.select(spent.scalar_subquery() + waiting.scalar_subquery()))
    return int(found.scalar_one())
