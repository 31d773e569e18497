"""Dispatch: sees to it that every job that is not over has somebody working on it."""

import asyncio
from datetime import timedelta

import structlog

from bot import jobs
from bot.jobs import Job
from bot.services.engine import Engine
from bot.services.following import Following
from bot.services.render import Renderer
from bot.services.resources import Resources

log = structlog.get_logger()

SWEEP_EVERY_S = 30.0
# A younger job is still being answered; its own interaction dispatches it.
SWEEP_MIN_AGE = timedelta(seconds=15)


class Dispatch:
    """Hands jobs to the engine, and takes up what a crash left behind."""

    def __init__(
        self,
        resources: Resources,
        *,
        engine: Engine,
        renderer: Renderer,
        following: Following,
        process_id: str,
    ) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._engine = engine
        self._renderer = renderer
        self._following = following
        self._process_id = process_id
        self._sweeper: asyncio.Task[None] | None = None
        self._direct: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start the engine, take up everything left behind, then sweep every 30 s."""
        async with self._db.write() as conn:
            if self._db.is_sqlite:
                await jobs.forget_others(conn, self._process_id)
            await jobs.beat(conn, self._process_id, now=self._clock())
        await self._engine.start()
        await self.sweep(min_age=timedelta(0))
        self._sweeper = asyncio.create_task(self._keep_sweeping())

    async def send(self, job_id: int) -> None:
        """See to a job: at once when nothing is to be bought for it, else in its slot's turn."""
        async with self._db.read() as conn:
            job = await jobs.get(conn, job_id)
        if job is not None and not job.is_final:
            await self._send(job)

    async def cancel(self, job_id: int) -> bool:
        """Ask for a job to stop; False when it is over. Its runner decides what that means."""
        async with self._db.write() as conn:
            is_flagged = await jobs.request_cancel(conn, job_id)
        if is_flagged:
            self._following.notice_cancel(job_id)
            await self.send(job_id)
        return is_flagged

    async def sweep(self, *, min_age: timedelta = SWEEP_MIN_AGE) -> None:
        """Dispatch every job that is not over and that nobody alive works on."""
        now = self._clock()
        async with self._db.write() as conn:
            await jobs.beat(conn, self._process_id, now=now)
            live = await jobs.live_processes(conn, now=now)
            others = [process_id for process_id in live if process_id != self._process_id]
            left = await jobs.unattended(conn, others)
        await self._engine.bury(live)
        for job in left:
            if job.id not in self._renderer.running and now - job.created_at >= min_age:
                await self._send(job)

    async def stop(self) -> None:
        """Take no more jobs, cut the running ones off, and say goodbye."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        await self._engine.stop()
        await self._renderer.stop()
        async with self._db.write() as conn:
            await jobs.leave(conn, self._process_id)

    async def _send(self, job: Job) -> None:
        # A job that we started already passed its slot; the engine would not run it again.
        is_started = job.status != "queued" or job.runner == self._process_id
        if is_started or job.is_cancel_requested:
            task = asyncio.create_task(self._renderer.render(job.id))
            self._direct.add(task)
            task.add_done_callback(self._direct.discard)
        else:
            await self._engine.enqueue(job)

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                await self.sweep()
            except Exception:
                # Whatever broke, jobs depend on the next round; it must come.
                log.exception("sweep broke")
