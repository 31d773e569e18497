"""History: the jobs that are over, looked back at, and what they tell about a model."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalog import Task
from bot.db.tables import FINAL_STATUSES, attempts, favourites, jobs, pictures
from bot.errors import JobForgotten, JobRemoved
from bot.jobs._attempts import Attempt
from bot.jobs._job import Job
from bot.jobs._pictures import Picture

FORGOTTEN = "is_forgotten"
"""The mark among the inputs of a job whose words were deleted."""

_JOB_COLUMNS = tuple(jobs.c[field.name] for field in fields(Job))
_PICTURE_COLUMNS = tuple(pictures.c[field.name] for field in fields(Picture))
_PROMPT = jobs.c.inputs["prompt"].as_string()
_IS_TOLD = (
    jobs.c.status.in_(FINAL_STATUSES)
    & (jobs.c.action != "pick")
    & jobs.c.inputs[FORGOTTEN].as_string().is_(None)
    & ~jobs.c.is_removed
)


@dataclass(frozen=True)
class Looked:
    """What somebody looks for in their history: words of the prompt, or what they marked."""

    text: str = ""
    is_favourite: bool = False


@dataclass(frozen=True)
class Example:
    """A finished picture that everybody in the server may see, and the job that made it."""

    job: Job
    picture: Picture


def is_forgotten(job: Job) -> bool:
    """Whether the words of a job were deleted at its owner's wish."""
    return FORGOTTEN in job.inputs


def check_shown(job: Job) -> None:
    """Refuse to go on from a job that nobody may see anything of any more.

    Raises:
        JobForgotten: its owner wished so.
        JobRemoved: moderators took it away.
    """
    if is_forgotten(job):
        raise JobForgotten
    if job.is_removed:
        raise JobRemoved


async def find_past(
    conn: AsyncConnection,
    account_id: int,
    looked: Looked,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int,
) -> list[Job]:
    """Return jobs that are over, newest first: the nearest before or after a job, or the latest.

    Favourites are whatever the person marked, also other people's public work. Pictures brought
    alone are left out: their job is there.
    """
    words = sa.func.coalesce(jobs.c.answer, "")
    query = sa.select(jobs.c.id, _PROMPT, words).where(_IS_TOLD, _belongs(account_id, looked))
    if before is not None:
        query = query.where(jobs.c.id < before)
    if after is not None:
        query = query.where(jobs.c.id > after)
    order = jobs.c.id.desc() if after is None else jobs.c.id
    ids = await _matching(conn, query.order_by(order), looked.text, limit)
    found = await conn.execute(
        sa.select(*_JOB_COLUMNS).where(jobs.c.id.in_(ids)).order_by(jobs.c.id.desc())
    )
    return [Job(*row) for row in found]


async def recent_seconds(
    conn: AsyncConnection, *, model: str, task: Task, limit: int
) -> list[float]:
    """Return how long the latest runs of a model took, submit to pictures, the newest first."""
    query = (
        sa.select(attempts.c.created_at, attempts.c.finished_at)
        .join(jobs, jobs.c.id == attempts.c.job_id)
        .where(jobs.c.model == model, jobs.c.task == task, attempts.c.status == "done")
        .order_by(jobs.c.id.desc())
        .limit(limit)
    )
    return [(end - start).total_seconds() for start, end in await conn.execute(query)]


async def find_alike(
    conn: AsyncConnection, likeness: str, *, account_id: int | None, server_id: int
) -> Job | None:
    """Return the newest job for the very same pictures: one's own, or a public one of the server.

    All of its pictures were delivered; somebody else's have all been called harmless.
    """
    is_doubtful = sa.exists().where(
        pictures.c.job_id == jobs.c.id, pictures.c.is_nsfw.is_not(False)
    )
    is_open = (jobs.c.server_id == server_id) & jobs.c.is_private.is_(False) & ~is_doubtful
    query = (
        sa.select(*_JOB_COLUMNS)
        .where(
            _IS_TOLD,
            jobs.c.likeness == likeness,
            jobs.c.status == "done",
            jobs.c.delivered == jobs.c.count,
            (jobs.c.account_id == account_id) | is_open,
        )
        .order_by(jobs.c.id.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).first()
    return None if row is None else Job(*row)


async def latest_public(
    conn: AsyncConnection, *, channel_id: int, model: str, task: Task
) -> Example | None:
    """Return the newest picture of a model in a channel, for whoever sees that channel.

    A picture that nobody has called harmless is left out, not only one that was flagged, and so is
    one that is hidden until somebody clicks it.
    """
    query = (
        sa.select(*_JOB_COLUMNS, *_PICTURE_COLUMNS)
        .join(pictures, pictures.c.job_id == jobs.c.id)
        .where(
            _IS_TOLD,
            jobs.c.model == model,
            jobs.c.task == task,
            jobs.c.channel_id == channel_id,
            jobs.c.is_private.is_(False),
            jobs.c.is_spoiler.is_(False),
            jobs.c.delivered > 0,
            pictures.c.is_nsfw.is_(False),
        )
        .order_by(jobs.c.id.desc(), pictures.c.number)
        .limit(1)
    )
    row = (await conn.execute(query)).first()
    if row is None:
        return None
    values: tuple[Any, ...] = tuple(row)
    width = len(_JOB_COLUMNS)
    return Example(Job(*values[:width]), Picture(*values[width:]))


async def all_of(conn: AsyncConnection, account_id: int) -> list[Job]:
    """Return every job of an account, oldest first."""
    found = await conn.execute(
        sa.select(*_JOB_COLUMNS).where(jobs.c.account_id == account_id).order_by(jobs.c.id)
    )
    return [Job(*row) for row in found]


async def attempts_of(conn: AsyncConnection, account_id: int) -> list[Attempt]:
    """Return every attempt of an account's jobs, oldest first."""
    found = await conn.execute(
        sa.select(attempts)
        .join(jobs, jobs.c.id == attempts.c.job_id)
        .where(jobs.c.account_id == account_id)
        .order_by(attempts.c.id)
    )
    return [Attempt(*row) for row in found]


async def pictures_of(conn: AsyncConnection, account_id: int) -> list[tuple[int, Picture]]:
    """Return every picture of an account's jobs with the job's id, oldest first."""
    found = await conn.execute(
        sa.select(jobs.c.id, *_PICTURE_COLUMNS)
        .join(jobs, jobs.c.id == pictures.c.job_id)
        .where(jobs.c.account_id == account_id)
        .order_by(jobs.c.id, pictures.c.number)
    )
    return [(job_id, Picture(*values)) for job_id, *values in found]


def _belongs(account_id: int, looked: Looked) -> sa.ColumnElement[bool]:
    is_own = jobs.c.account_id == account_id
    if not looked.is_favourite:
        return is_own
    marked = sa.select(favourites.c.job_id).where(favourites.c.account_id == account_id)
    return jobs.c.id.in_(marked) & (is_own | jobs.c.is_private.is_(False))


async def _matching(
    conn: AsyncConnection, query: sa.Select[int, str, str], text: str, limit: int
) -> Collection[int]:
    if not text:
        return list(await conn.scalars(query.limit(limit)))
    # Not by LIKE: SQLite knows the two cases of ASCII letters only.
    sought = text.casefold()
    ids: list[int] = []
    async with conn.stream(query) as rows:
        async for job_id, prompt, answer in rows:
            if sought in f"{prompt}\n{answer}".casefold():
                ids.append(job_id)
            if len(ids) == limit:
                break
    return ids
