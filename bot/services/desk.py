"""The desk: what every service that staff decide by works with."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.db import take_turn
from bot.services.decency import Decency
from bot.services.errands import Errands
from bot.services.handing import Handing
from bot.services.outside import Outside, Place
from bot.services.sanctions import TURN
from bot.services.servers import Servers
from bot.services.staff import StaffLog
from bot.services.views import Views

TAKE_DOWN = "take down"
"""The errand of deleting the messages that show a removed job."""


@dataclass(frozen=True)
class Desk:
    """Settings, the log, what is still to be shown, and the ways of showing it."""

    decency: Decency
    errands: Errands
    handing: Handing
    outside: Outside
    servers: Servers
    staff: StaffLog
    views: Views

    def nudge(self) -> None:
        """Show what was written, soon. Called after the transaction."""
        self.staff.nudge()
        self.errands.nudge()

    async def note_copy(
        self, conn: AsyncConnection, job_id: int, place: Place, *, is_feed: bool = False
    ) -> None:
        """Remember a message that shows a job beside its card; one that comes too late goes."""
        # A removal sees the message, or we see the removal.
        await take_turn(conn, TURN)
        await jobs.note_copy(
            conn,
            job_id,
            channel_id=place.channel_id,
            message_id=place.message_id,
            is_feed=is_feed,
        )
        job = await jobs.get(conn, job_id)
        if job is not None and job.is_removed:
            await self.errands.add(conn, TAKE_DOWN, job_id)
