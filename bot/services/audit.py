"""The nightly audit: the ledger is proved at 03:00 UTC, and the host told when it is wrong."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import ledger
from bot.services.alerts import Alerts
from bot.services.notes import Notes
from bot.services.resources import Resources

log = structlog.get_logger()

AUDIT_HOUR_UTC = 3
LOOK_EVERY_S = 3600.0
_NOTE = "ledger audited at"


class Audit:
    """Proves the ledger once a night, whichever process is there to do it."""

    def __init__(self, resources: Resources, *, notes: Notes, alerts: Alerts) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._notes = notes
        self._alerts = alerts
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Audit now when a night was missed, and every night at 03:00 UTC."""
        self._task = asyncio.create_task(self._keep_looking())

    async def stop(self) -> None:
        """Audit no more; when this returns, nothing of it uses the database."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def run_if_due(self) -> bool:
        """Prove the ledger unless that was done since the last 03:00; return whether it was due.

        A wrong ledger that the host could not be told of counts as not looked at. Two processes
        may both look, and both tell: better twice than not at all.
        """
        now = self._clock()
        last = await self._notes.read(_NOTE)
        if last is not None and datetime.fromisoformat(last) >= last_audit_time(now):
            return False
        async with self._db.read() as conn:
            wrong = await ledger.verify(conn)
        if not wrong:
            log.info("ledger verifies")
        if not wrong or await self._alerts.ledger_is_wrong(wrong):
            await self._notes.write(_NOTE, now.isoformat())
        return True

    async def _keep_looking(self) -> None:
        while True:
            try:
                await self.run_if_due()
            except SQLAlchemyError as error:
                # A database that is away now is asked again within the hour.
                log.warning("ledger not audited", reason=str(error))
            now = self._clock()
            until_next = last_audit_time(now) + timedelta(days=1) - now
            # Not in one go: a machine that was asleep would wake up late.
            await asyncio.sleep(min(LOOK_EVERY_S, until_next.total_seconds()))


def last_audit_time(now: datetime) -> datetime:
    """Return the latest 03:00 UTC that is not after a moment."""
    at = now.replace(hour=AUDIT_HOUR_UTC, minute=0, second=0, microsecond=0)
    return at if at <= now else at - timedelta(days=1)
