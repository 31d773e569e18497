"""History: everything a person made, page by page, and what they marked."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.catalog import Catalog, Task
from bot.errors import UnknownModel
from bot.jobs import Job, Looked
from bot.services.favourites import count_marks
from bot.services.owners import find_owner
from bot.services.requests import Origin
from bot.services.resources import Resources

PER_PAGE = 8


@dataclass(frozen=True)
class PastJob:
    """One job as a line of the history; `pictures` were delivered, `marks` are everybody's.

    `answer` are the words that a job for words gave.
    """

    id: int
    status: str
    task: Task
    prompt: str
    answer: str | None
    model_title: str
    user_id: int
    is_own: bool
    pictures: int
    charged: int
    server_id: int
    channel_id: int
    message_id: int | None
    marks: int


@dataclass(frozen=True)
class HistoryPage:
    """Up to eight jobs, newest first, and whether there are newer or older ones."""

    looked: Looked
    lines: tuple[PastJob, ...]
    has_newer: bool
    has_older: bool


@dataclass(frozen=True)
class Turn:
    """A step from a page: to what is older, or newer, than the job at its edge."""

    job_id: int
    is_newer: bool


class History:
    """Finds a person's past work."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._catalog = resources.catalog

    async def page(self, origin: Origin, looked: Looked, turn: Turn | None = None) -> HistoryPage:
        """Return the newest page, or the one that a turn leads to.

        A turn holds on to a job's number, so that what came or went meanwhile shifts nothing;
        where it leads to nothing, or to less than a page of the newest, that is the newest page.
        """
        async with self._db.read() as conn:
            account_id = await find_owner(conn, origin)
            if account_id is None:
                return HistoryPage(looked, (), has_newer=False, has_older=False)
            found = await _turned(conn, account_id, looked, turn)
            if len(found) < PER_PAGE and (turn is None or turn.is_newer or not found):
                found = await _before(conn, account_id, looked, None)
            return await self._page(conn, account_id, looked, found)

    async def _page(
        self, conn: AsyncConnection, account_id: int, looked: Looked, found: list[Job]
    ) -> HistoryPage:
        marks = await count_marks(conn, [job.id for job in found])
        has_newer = has_older = False
        if found:
            newest, oldest = found[0].id, found[-1].id
            newer = await jobs.find_past(conn, account_id, looked, after=newest, limit=1)
            older = await jobs.find_past(conn, account_id, looked, before=oldest, limit=1)
            has_newer, has_older = bool(newer), bool(older)
        lines = tuple(
            _line(job, account_id, self._catalog, marks=marks.get(job.id, 0)) for job in found
        )
        return HistoryPage(looked, lines, has_newer=has_newer, has_older=has_older)


async def _turned(
    conn: AsyncConnection, account_id: int, looked: Looked, turn: Turn | None
) -> list[Job]:
    if turn is None:
        return []
    if turn.is_newer:
        return await jobs.find_past(conn, account_id, looked, after=turn.job_id, limit=PER_PAGE)
    return await _before(conn, account_id, looked, turn.job_id)


async def _before(
    conn: AsyncConnection, account_id: int, looked: Looked, job_id: int | None
) -> list[Job]:
    return await jobs.find_past(conn, account_id, looked, before=job_id, limit=PER_PAGE)


def _line(job: Job, account_id: int, catalog: Catalog, *, marks: int) -> PastJob:
    return PastJob(
        id=job.id,
        status=job.status,
        task=job.task,
        prompt=job.inputs["prompt"],
        answer=job.answer,
        model_title=title_of(job.model, catalog),
        user_id=job.user_id,
        is_own=job.account_id == account_id,
        pictures=job.delivered,
        charged=job.charged,
        server_id=job.server_id,
        channel_id=job.channel_id,
        message_id=job.message_id,
        marks=marks,
    )


def title_of(name: str, catalog: Catalog) -> str:
    """Return the title of a model, or the name of one that is gone."""
    try:
        return catalog.get(name).title
    except UnknownModel:
        return name
