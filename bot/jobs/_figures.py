"""Figures: what jobs and attempts come to, added up by the database."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import attempts, jobs, ledger_entries
from bot.jobs._job import SHOWN_ONLY

_UNFINISHED = ("submitting", "running")
_REFUND = "refund:"
_AT_ONCE = 500

BUCKETS = {7: "YYYY-MM", 10: "YYYY-MM-DD", 13: "YYYY-MM-DD HH24"}
"""How many letters name a month, a day or an hour, and how PostgreSQL writes them."""


@dataclass(frozen=True)
class Spending:
    """What a provider's attempts cost, in 1e-6 USD: those that are over, and those under way."""

    provider: str
    spent_usd_micros: int
    open_usd_micros: int


async def spending_by_provider(conn: AsyncConnection, *, since: datetime) -> list[Spending]:
    """Return what each provider cost since a moment, the dearest first."""
    cost, is_open = attempts.c.cost_usd_micros, attempts.c.status.in_(_UNFINISHED)
    total = sa.func.sum(cost)
    found = await conn.execute(
        sa.select(attempts.c.provider, total, sa.func.sum(sa.case((is_open, cost), else_=0)))
        .where(attempts.c.created_at >= since)
        .group_by(attempts.c.provider)
        .order_by(total.desc(), attempts.c.provider)
    )
    return [Spending(name, int(whole - still), int(still)) for name, whole, still in found]


async def cost_by_server(conn: AsyncConnection, *, since: datetime) -> dict[int, int]:
    """Return what the attempts for each server cost since a moment, in 1e-6 USD."""
    found = await conn.execute(
        sa.select(jobs.c.server_id, sa.func.sum(attempts.c.cost_usd_micros))
        .join(jobs, jobs.c.id == attempts.c.job_id)
        .where(attempts.c.created_at >= since)
        .group_by(jobs.c.server_id)
    )
    return {server_id: int(cost) for server_id, cost in found}


async def first_attempt_at(conn: AsyncConnection) -> datetime | None:
    """Return when the very first attempt was made."""
    query = sa.select(attempts.c.created_at).order_by(attempts.c.created_at).limit(1)
    return await conn.scalar(query)


@dataclass(frozen=True)
class Costing:
    """What a finished attempt cost, beside what it was expected to cost, in 1e-6 USD.

    `pixels` are those of one picture; None where the job was never told.
    """

    provider: str
    endpoint: str
    model: str
    task: str
    count: int
    pixels: int | None
    cost_usd_micros: int
    quoted_usd_micros: int


async def latest_costs(conn: AsyncConnection, *, since: datetime, limit: int) -> list[Costing]:
    """Return what the latest finished attempts cost, the newest first."""
    found = await conn.execute(
        sa.select(
            attempts.c.provider,
            attempts.c.endpoint,
            jobs.c.model,
            jobs.c.task,
            jobs.c.count,
            jobs.c.inputs["pixels"].as_integer(),
            attempts.c.cost_usd_micros,
            sa.func.coalesce(attempts.c.quoted_usd_micros, jobs.c.cost_usd_micros),
        )
        .join(jobs, jobs.c.id == attempts.c.job_id)
        .where(attempts.c.created_at >= since, attempts.c.status == "done")
        .order_by(attempts.c.id.desc())
        .limit(limit)
    )
    return [Costing(*row) for row in found]


@dataclass(frozen=True)
class Span:
    """Which jobs are added up: those since a moment, of one server or of all.

    `letters` is how many letters of a moment name its bucket (`BUCKETS`).
    """

    since: datetime
    letters: int
    server_id: int | None = None


@dataclass(frozen=True)
class Spent:
    """What a model cost at a provider in a bucket, in 1e-6 USD."""

    bucket: str
    provider: str
    model: str
    cost_usd_micros: int


@dataclass(frozen=True)
class Produced:
    """The jobs of a model in a bucket; `captured` are the credits paid and not given back."""

    bucket: str
    model: str
    jobs: int
    failed: int
    captured: int


async def spent_in(conn: AsyncConnection, span: Span) -> list[Spent]:
    """Return what was spent, by bucket, provider and model."""
    bucket = _bucket(conn, attempts.c.created_at, span.letters)
    names = (bucket, attempts.c.provider, jobs.c.model)
    found = await conn.execute(
        sa.select(*names, sa.func.sum(attempts.c.cost_usd_micros))
        .join(jobs, jobs.c.id == attempts.c.job_id)
        .where(attempts.c.created_at >= span.since, *_of_server(span))
        .group_by(*names)
    )
    return [Spent(when, provider, model, int(cost)) for when, provider, model, cost in found]


async def made_in(conn: AsyncConnection, span: Span) -> list[Produced]:
    """Return what was made, by bucket and model; what was only shown again is left out."""
    bucket = _bucket(conn, jobs.c.created_at, span.letters)
    paid_for = jobs.c.delivered + sa.func.coalesce(jobs.c.withheld_paid, 0)
    captured = jobs.c.price // jobs.c.count * paid_for
    has_failed = sa.case((jobs.c.status == "failed", 1), else_=0)
    found = await conn.execute(
        sa.select(
            bucket,
            jobs.c.model,
            sa.func.count(),
            sa.func.sum(has_failed),
            sa.func.sum(captured),
        )
        .where(jobs.c.created_at >= span.since, jobs.c.action.not_in(SHOWN_ONLY), *_of_server(span))
        .group_by(bucket, jobs.c.model)
    )
    refunded = await _refunded_in(conn, span)
    return [
        Produced(when, model, count, int(failed), int(paid) - refunded.get((when, model), 0))
        for when, model, count, failed, paid in found
    ]


async def _refunded_in(conn: AsyncConnection, span: Span) -> dict[tuple[str, str], int]:
    """Return the credits that staff gave back for jobs of a span, by their bucket and model."""
    entry = ledger_entries.c
    found = await conn.execute(
        sa.select(entry.key, sa.func.sum(entry.amount))
        .where(entry.key.startswith(_REFUND), entry.created_at >= span.since)
        .group_by(entry.key)
    )
    by_job = Counter[int]()
    for key, amount in found:
        by_job[int(key.removeprefix(_REFUND).split(":")[0])] += int(amount)
    bucket = _bucket(conn, jobs.c.created_at, span.letters)
    refunded = Counter[tuple[str, str]]()
    for some in _batches(list(by_job)):
        rows = await conn.execute(
            sa.select(jobs.c.id, bucket, jobs.c.model).where(
                jobs.c.id.in_(some), jobs.c.created_at >= span.since, *_of_server(span)
            )
        )
        for job_id, when, model in rows:
            refunded[when, model] += by_job[job_id]
    return refunded


async def rerouted_in(conn: AsyncConnection, span: Span) -> tuple[int, int]:
    """Return how many jobs were tried at a provider at all, and how many at several of them."""
    tried = (
        sa.select(sa.func.count(attempts.c.provider.distinct()).label("providers"))
        .where(attempts.c.created_at >= span.since)
        .group_by(attempts.c.job_id)
    )
    if span.server_id is not None:
        tried = tried.join(jobs, jobs.c.id == attempts.c.job_id).where(*_of_server(span))
    each = tried.subquery()
    several = sa.func.coalesce(sa.func.sum(sa.case((each.c.providers > 1, 1), else_=0)), 0)
    row = (await conn.execute(sa.select(sa.func.count(), several).select_from(each))).one()
    return row[0], int(row[1])


def _batches(ids: list[int]) -> Iterator[list[int]]:
    """Cut ids into lists that fit into one statement."""
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _of_server(span: Span) -> list[sa.ColumnElement[bool]]:
    return [] if span.server_id is None else [jobs.c.server_id == span.server_id]


def _bucket(
    conn: AsyncConnection, moment: sa.Column[datetime], letters: int
) -> sa.ColumnElement[str]:
    """Return the bucket of a moment, in UTC on every dialect."""
    if conn.dialect.name == "postgresql":
        return sa.func.to_char(sa.func.timezone("UTC", moment), BUCKETS[letters])
    return sa.func.substr(moment, 1, letters, type_=sa.String)
