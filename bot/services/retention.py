"""Retention: picture files are kept as long as a server wants; later their message still has them.

A picture that several servers show is kept for the longest of their times.
"""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import jobs
from bot.policy import ServerSettings
from bot.services.gifts import forget_old_gifts
from bot.services.resources import Resources
from bot.services.servers import Servers
from bot.services.wishing import forget_old_asks

log = structlog.get_logger()

SWEEP_EVERY_S = 24 * 3600.0
_USUAL_DAYS = ServerSettings().retention_days
KEPT_FOR = timedelta(days=_USUAL_DAYS)
"""How long where a server's staff did not say."""


class Retention:
    """Deletes picture files whose time is over."""

    def __init__(self, resources: Resources, servers: Servers) -> None:
        self._db = resources.db
        self._media = resources.media
        self._clock = resources.clock
        self._servers = servers
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Sweep now and once a day."""
        self._task = asyncio.create_task(self._keep_sweeping())

    def stop(self) -> None:
        """Sweep no more."""
        if self._task is not None:
            self._task.cancel()

    async def sweep(self) -> int:
        """Delete pictures that every server's time is over for; return how many.

        Questions that nobody answered go too, gifts that were not given among them.
        """
        now = self._clock()
        async with self._db.write() as conn:
            await forget_old_asks(conn, now=now)
            await forget_old_gifts(conn, now=now)
        others = self._unusual()
        kept = await self._kept(now, others)
        # What belongs to no job, or to one that is just being asked for, is as young as this.
        youngest = now - timedelta(days=min([_USUAL_DAYS, *others]))
        return await self._media.sweep(kept, older_than=youngest)

    async def _kept(self, now: datetime, others: dict[int, list[int]]) -> frozenset[str]:
        """Return the hashes of what some server still wants."""
        ids = [server_id for group in others.values() for server_id in group]
        async with self._db.read() as conn:
            kept = await jobs.used_since(conn, now - KEPT_FOR, server_ids=ids, but=True)
            for days, group in others.items():
                since = now - timedelta(days=days)
                kept |= await jobs.used_since(conn, since, server_ids=group)
        return kept

    def _unusual(self) -> dict[int, list[int]]:
        """Return the servers that want another time than usual, by their days."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for server_id, settings in self._servers.all().items():
            if settings.retention_days != _USUAL_DAYS:
                found[settings.retention_days].append(server_id)
        return dict(found)

    async def _keep_sweeping(self) -> None:
        while True:
            try:
                deleted = await self.sweep()
                log.info("pictures swept", deleted=deleted)
            except (OSError, SQLAlchemyError) as error:
                # A full disk or a locked database now is no reason to stop looking.
                log.warning("pictures not swept", reason=str(error))
            await asyncio.sleep(SWEEP_EVERY_S)
