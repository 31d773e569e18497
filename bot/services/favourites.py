"""Favourites: pictures that people mark, so that they find them again."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.db.tables import favourites
from bot.errors import JobStillRunning, NoSuchPicture, UnknownJob
from bot.jobs import SHOWN_ONLY, Job
from bot.services.accounts import Accounts
from bot.services.owners import admit_owner
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.rewards import Rewards


@dataclass(frozen=True)
class _Mark:
    """One picture, by the job that made it."""

    job: Job
    number: int

    @property
    def job_id(self) -> int:
        """The number of its job."""
        return self.job.id


class Favourites:
    """Marks pictures for one person, and counts the marks."""

    def __init__(self, resources: Resources, accounts: Accounts, rewards: Rewards) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._accounts = accounts
        self._rewards = rewards

    async def toggle(self, origin: Origin, job_id: int, number: int) -> bool:
        """Mark a picture, or take the mark back; return whether it is marked now.

        Anybody in the server may mark what is public, private work its owner alone. A picture
        that was brought alone is the same picture. Its maker is rewarded as the server says.

        Raises:
            UnknownJob, JobStillRunning, JobForgotten, NoSuchPicture, ServerNotAllowed: nothing
                was written.
        """
        async with self._db.write() as conn:
            mark = await _find(conn, origin, job_id, number)
            account_id = await admit_owner(conn, self._accounts, origin)
            is_same = (
                (favourites.c.account_id == account_id)
                & (favourites.c.job_id == mark.job_id)
                & (favourites.c.number == mark.number)
            )
            deleted = await conn.execute(favourites.delete().where(is_same))
            if deleted.rowcount:
                return False
            await conn.execute(
                favourites.insert().values(
                    account_id=account_id,
                    job_id=mark.job_id,
                    number=mark.number,
                    created_at=self._clock(),
                )
            )
            await self._rewards.favourite(conn, mark.job, mark.number, giver_account_id=account_id)
            return True

    async def count_of(self, job_id: int) -> int:
        """Return how many marks a job's pictures have, by the jobs that made them."""
        async with self._db.read() as conn:
            job = await jobs.get(conn, job_id)
            if job is None:
                return 0
            made = await jobs.read_pictures(conn, job_id)
            count = 0
            for picture in made:
                mark = await _made_by(conn, _Mark(job, picture.number))
                is_meant = (favourites.c.job_id == mark.job_id) & (
                    favourites.c.number == mark.number
                )
                count += await conn.scalar(sa.select(sa.func.count()).where(is_meant)) or 0
            return count


async def count_marks(conn: AsyncConnection, job_ids: Collection[int]) -> dict[int, int]:
    """Return how many marks the pictures of each job have; jobs without any are left out."""
    rows = await conn.execute(
        sa.select(favourites.c.job_id, sa.func.count())
        .where(favourites.c.job_id.in_(job_ids))
        .group_by(favourites.c.job_id)
    )
    return dict(rows.all())


async def _find(conn: AsyncConnection, origin: Origin, job_id: int, number: int) -> _Mark:
    job = await _read(conn, origin, job_id)
    made = await jobs.read_pictures(conn, job.id)
    if number not in [picture.number for picture in made]:
        raise NoSuchPicture
    mark = await _made_by(conn, _Mark(job, number))
    if mark.job_id != job.id:
        await _read(conn, origin, mark.job_id)
    return mark


async def _made_by(conn: AsyncConnection, mark: _Mark) -> _Mark:
    """Return a picture by the job that made it, where it was only shown again.

    What somebody shows in public of their own private work stays what it is: others see no more.
    """
    while mark.job.action in SHOWN_ONLY and mark.job.parent_id is not None:
        parent = await jobs.get(conn, mark.job.parent_id)
        if parent is None or (parent.is_private and not mark.job.is_private):
            break
        number = await _number_in(conn, parent, mark)
        if number is None:
            break
        mark = _Mark(parent, number)
    return mark


async def _number_in(conn: AsyncConnection, parent: Job, mark: _Mark) -> int | None:
    """Return which of a job's pictures is the one that another job shows again, if it is there."""
    if mark.job.parent_picture is not None:
        return mark.job.parent_picture
    shown = await jobs.read_pictures(conn, mark.job_id)
    [sha256] = [one.sha256 for one in shown if one.number == mark.number]
    made = await jobs.read_pictures(conn, parent.id)
    return next((one.number for one in made if one.sha256 == sha256), None)


async def _read(conn: AsyncConnection, origin: Origin, job_id: int) -> Job:
    job = await jobs.get(conn, job_id)
    # What somebody may not see looks the same as what never was.
    if job is None or job.server_id != origin.server_id:
        raise UnknownJob(job_id=str(job_id))
    if job.is_private and job.user_id != origin.user_id:
        raise UnknownJob(job_id=str(job_id))
    if not job.is_final:
        raise JobStillRunning
    jobs.check_shown(job)
    return job
