"""Work that is done whenever somebody says that there is some, until nothing is left of it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger()

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0

Work = Callable[[], Awaitable[bool]]
"""Does what there is; returns whether nothing is left."""


class Nudged:
    """A task that does its work when it is nudged, and again, ever later, while some is left."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Do what an earlier process left, and all that follows."""
        self._news.set()
        self._task = asyncio.create_task(self._keep_working())

    def nudge(self) -> None:
        """Say that there is work; returns at once."""
        self._news.set()

    async def stop(self) -> None:
        """Do no more; when this returns, nothing of it uses the database."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_working(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                is_done = await self._work()
            except SQLAlchemyError as error:
                # A database that is away now is asked again.
                log.warning("work put off", reason=str(error))
                is_done = False
            if is_done:
                pause_s = FIRST_PAUSE_S
                continue
            self._news.set()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
