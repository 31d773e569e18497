"""Running a job: read its row, do the next thing, until it is over.

Nothing is remembered between two steps but the rows, so a run can be cut off anywhere and taken
up again by another process. `render` never raises for what a job does wrong; the job says it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import jobs
from bot.jobs import Job, NotOurs
from bot.services.buying import Buying
from bot.services.following import Following
from bot.services.handing import Handing, Unsettled
from bot.services.resources import Resources

log = structlog.get_logger()

Step = Callable[[Job], Awaitable[Job]]


class Renderer:
    """The runner of this process's jobs."""

    def __init__(
        self,
        resources: Resources,
        *,
        buying: Buying,
        following: Following,
        handing: Handing,
        process_id: str,
    ) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._handing = handing
        self._buying = buying
        self._process_id = process_id
        self._tasks: dict[int, asyncio.Task[object] | None] = {}
        self._steps: Mapping[str, Step] = {
            "queued": buying.submit,
            "submitting": buying.recover,
            "running": following.follow,
            "delivering": handing.deliver,
        }

    @property
    def running(self) -> frozenset[int]:
        """The ids of the jobs that this process works on now."""
        return frozenset(self._tasks)

    async def render(self, job_id: int) -> None:
        """Carry a job to its end; does nothing when somebody does so already, or it is over."""
        if job_id in self._tasks:
            return
        with self._registered(job_id):
            job = await self._claim(job_id)
            if job is not None:
                await self._carry(job)

    async def stop(self) -> None:
        """Cut every run off where it stands, paid requests on their way excepted."""
        tasks = [task for task in self._tasks.values() if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Last, so that no run sends a new request while we wait for another's.
        await self._buying.settle_down()

    @contextmanager
    def _registered(self, job_id: int) -> Generator[None]:
        self._tasks[job_id] = asyncio.current_task()
        try:
            yield
        finally:
            del self._tasks[job_id]

    async def _claim(self, job_id: int) -> Job | None:
        async with self._db.write() as conn:
            live = await jobs.live_processes(conn, now=self._clock())
            others = [process_id for process_id in live if process_id != self._process_id]
            return await jobs.claim(conn, job_id, runner=self._process_id, live=others)

    async def _carry(self, job: Job) -> None:
        try:
            while not job.is_final:
                job = await self._steps[job.status](job)
        except NotOurs:
            log.info("job is another runner's", job_id=job.id)
        except (SQLAlchemyError, OSError, Unsettled):
            # A full disk or a locked database proves nothing against the job, and what was
            # delivered must still be paid: the sweep takes it up where its row stands.
            log.exception("job interrupted", job_id=job.id, status=job.status)
        except Exception:
            # The edge of the workflow: whatever broke, the person is told and gets everything
            # back. Should that break too, the sweep comes by again.
            log.exception("job broke", job_id=job.id, status=job.status)
            await self._give_up(job.id)

    async def _give_up(self, job_id: int) -> None:
        async with self._db.write() as conn:
            job = await jobs.get(conn, job_id)
            if job is None or job.is_final or job.runner != self._process_id:
                return
            job = await jobs.advance(
                conn, job, status="delivering", failure="internal", failure_text=None
            )
        await self._handing.deliver(job)
