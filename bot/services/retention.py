"""Retention: picture files are kept for 30 days; later they are read from their message again."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import jobs
from bot.services.resources import Resources
from bot.services.wishing import forget_old_asks

log = structlog.get_logger()

KEPT_FOR = timedelta(days=30)
SWEEP_EVERY_S = 24 * 3600.0


class Retention:
    """Deletes picture files that nobody asked for in a month."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._media = resources.media
        self._clock = resources.clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Sweep now and once a day."""
        self._task = asyncio.create_task(self._keep_sweeping())

    def stop(self) -> None:
        """Sweep no more."""
        if self._task is not None:
            self._task.cancel()

    async def sweep(self) -> int:
        """Delete pictures older than 30 days and not delivered since; return how many.

        Questions that nobody answered go too.
        """
        before = self._clock() - KEPT_FOR
        async with self._db.write() as conn:
            await forget_old_asks(conn, now=self._clock())
        async with self._db.read() as conn:
            kept = await jobs.pictures_since(conn, before)
        return await self._media.sweep(kept, older_than=before)

    async def _keep_sweeping(self) -> None:
        while True:
            try:
                deleted = await self.sweep()
                log.info("pictures swept", deleted=deleted)
            except (OSError, SQLAlchemyError) as error:
                # A full disk or a locked database now is no reason to stop looking.
                log.warning("pictures not swept", reason=str(error))
            await asyncio.sleep(SWEEP_EVERY_S)
