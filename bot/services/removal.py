"""Removal: pictures that staff take away, wherever they are shown, and what they cost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs, ledger
from bot.db import take_turn
from bot.db.tables import reports
from bot.errors import (
    JobRemoved,
    JobStillRunning,
    NoSuchPicture,
    NotPermitted,
    OwnCredits,
    TreasuryEmpty,
)
from bot.errors import UnknownJob as Unknown
from bot.jobs import Job, Removed
from bot.services.delivery import NotNow, PictureFile, TooLarge, Undeliverable
from bot.services.desk import TAKE_DOWN, Desk
from bot.services.feed import FeedPost
from bot.services.handing import SAFE_LIMIT_BYTES
from bot.services.outside import Place, Post
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.sanctions import TURN
from bot.services.staff import Deed
from bot.services.views import JobView

_LINK = "https://discord.com/channels/{}/{}/{}"
_DELETE_IT = "It shows what was removed, and I may not delete it. Delete it by hand."


@dataclass(frozen=True)
class Showing(Post):
    """A job's outcome in a message that is there already."""

    view: JobView
    files: Sequence[PictureFile]


@dataclass(frozen=True)
class Takeaway:
    """What is to go: a job, or one picture of it, with the credits given back or not."""

    job_id: int
    number: int | None = None
    reason: str = ""
    refunds: bool = False


@dataclass(frozen=True)
class Taken:
    """What went: whose it was, how many jobs showed it, and the credits given back.

    `owed` are credits that the treasury could not pay.
    """

    job_id: int
    user_id: int
    jobs: int
    refunded: int = 0
    owed: int = 0


class Removal:
    """Takes pictures away: nothing shows them again, and the messages that do are deleted."""

    def __init__(self, resources: Resources, desk: Desk) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._desk = desk
        self._decency = desk.decency
        self._errands = desk.errands
        self._handing = desk.handing
        self._outside = desk.outside
        self._servers = desk.servers
        self._staff = desk.staff
        self._views = desk.views
        desk.errands.learn(TAKE_DOWN, self._take_down)

    async def remove(self, origin: Origin, takeaway: Takeaway) -> Taken:
        """Take a job of the server away.

        Raises:
            NotPermitted, UnknownJob, JobStillRunning, JobRemoved, NoSuchPicture, OwnCredits:
                nothing was written.
        """
        async with self._db.write() as conn:
            taken = await self.write(conn, origin, takeaway)
        self._desk.nudge()
        return taken

    async def write(self, conn: AsyncConnection, origin: Origin, takeaway: Takeaway) -> Taken:
        """Do what `remove` does, within a transaction; staff log and errands are nudged after."""
        if not origin.is_staff:
            raise NotPermitted
        await take_turn(conn, TURN)
        job = await _find(conn, origin, takeaway)
        if takeaway.refunds and job.user_id == origin.user_id and not origin.is_admin:
            raise OwnCredits
        gone = await jobs.remove(conn, job, takeaway.number)
        refunded = owed = 0
        for one in gone:
            await self._errands.add(conn, TAKE_DOWN, one.job.id)
            await self._close_reports(conn, origin, one)
            if takeaway.refunds:
                paid, unpaid = await _refund(conn, one)
                refunded, owed = refunded + paid, owed + unpaid
        taken = Taken(job.id, job.user_id, len(gone), refunded, owed)
        which = f", picture {takeaway.number}" if takeaway.number else ""
        back = f", {refunded} credits given back" if takeaway.refunds else ""
        deed = Deed(
            "remove", job.user_id, f"job {job.id}{which}", f"removed{back}", takeaway.reason
        )
        await self._staff.write(conn, origin, deed)
        return taken

    async def note_copy(self, job_id: int, *, channel_id: int, message_id: int) -> None:
        """Remember a message that shows a job beside its card, so that it can be deleted too."""
        async with self._db.write() as conn:
            await self._desk.note_copy(conn, job_id, Place(channel_id, message_id))
        self._errands.nudge()

    async def _close_reports(self, conn: AsyncConnection, origin: Origin, gone: Removed) -> None:
        """Close the open cases of pictures that went, but not one's own."""
        if gone.job.user_id == origin.user_id:
            return
        is_meant = reports.c.number.in_(gone.numbers) | sa.literal(gone.is_whole)
        closed = await conn.execute(
            reports.update()
            .where(reports.c.job_id == gone.job.id, reports.c.status == "open", is_meant)
            .values(status="removed", closed_by=origin.user_id, closed_at=self._clock())
            .returning(reports.c.id, reports.c.number)
        )
        carded: set[int] = set()
        for report_id, number in sorted(closed):
            if number not in carded:
                carded.add(number)
                await self._errands.add(conn, "report card", report_id)
            await self._errands.add(conn, "tell reporter", report_id)

    async def _take_down(self, job_id: int) -> None:
        """Delete the messages that show a removed job; where pictures are left, show those."""
        async with self._db.read() as conn:
            job = await jobs.get(conn, job_id)
            assert job is not None, job_id
            if not job.is_final:
                raise NotNow(f"job {job_id} is just being shown")
            view = await self._views.of(conn, job)
            copies = await jobs.copies_of(conn, job_id)
        places: dict[Place, type[Showing] | type[FeedPost]] = {}
        if job.message_id is not None:
            places[Place(job.channel_id, job.message_id)] = Showing
        for copy in copies:
            kind = FeedPost if copy.is_feed else Showing
            places[Place(copy.channel_id, copy.message_id)] = kind
        stay = [place for place, kind in places.items() if not await self._went(place, view, kind)]
        if stay:
            await self._tell_what_stays(job, stay)

    async def _went(
        self, place: Place, view: JobView, kind: type[Showing] | type[FeedPost]
    ) -> bool:
        """Take what went out of a message, or the message away; return whether that was done."""
        try:
            await self._clear(place, view, kind)
        except (TooLarge, Undeliverable):
            try:
                await self._outside.remove(place)
            except Undeliverable:
                return False
        return True

    async def _tell_what_stays(self, job: Job, places: Collection[Place]) -> None:
        async with self._db.write() as conn:
            for place in places:
                link = _LINK.format(job.server_id, place.channel_id, place.message_id)
                deed = Deed("message stays", job.user_id, f"job {job.id}", link, _DELETE_IT)
                await self._staff.note(conn, job.server_id, deed)
        self._staff.nudge()

    async def _clear(
        self, place: Place, view: JobView, kind: type[Showing] | type[FeedPost]
    ) -> None:
        left: Sequence[PictureFile] = ()
        if view.pictures:
            allows = await self._decency.allows(
                server_id=view.server_id, channel_id=place.channel_id
            )
            left = await self._handing.files_of(view, SAFE_LIMIT_BYTES, allows_nsfw=allows)
        if not left:
            await self._outside.remove(place)
            return
        unit = view.price // view.count
        is_hidden = place.channel_id in self._servers.of(view.server_id).spoiler_channels
        # What is gone was taken, not given back for want of a picture.
        shown = replace(
            view,
            count=len(left),
            price=unit * len(left),
            is_spoiler=view.is_spoiler or is_hidden,
        )
        await self._outside.edit(place, kind(shown, left))


async def _find(conn: AsyncConnection, origin: Origin, takeaway: Takeaway) -> Job:
    job = await jobs.get(conn, takeaway.job_id)
    if job is None or job.server_id != origin.server_id:
        raise Unknown(job_id=str(takeaway.job_id))
    if not job.is_final:
        raise JobStillRunning
    if job.is_removed:
        raise JobRemoved
    numbers = [picture.number for picture in await jobs.read_pictures(conn, job.id)]
    if takeaway.number is not None and takeaway.number not in numbers:
        raise NoSuchPicture
    return job


async def _refund(conn: AsyncConnection, gone: Removed) -> tuple[int, int]:
    """Give back what the taken pictures of one job cost; return that, and what could not be paid.

    Each picture has a key of its own, so that none is given back twice.
    """
    job = gone.job
    keys = [f"refund:{job.id}:{number}" for number in range(1, job.count + 1)]
    done = {key for key in keys if await ledger.is_written(conn, key)}
    left = min(
        job.charged // job.unit_price - len(done) if job.unit_price else 0,
        job.count if gone.is_whole else len(gone.numbers),
    )
    refunded = owed = 0
    numbers = range(1, job.count + 1) if gone.is_whole else gone.numbers
    for key in [f"refund:{job.id}:{number}" for number in numbers][: job.count]:
        if key in done or left <= 0:
            continue
        left -= 1
        try:
            await ledger.adjust(conn, key=key, account_id=job.account_id, delta=job.unit_price)
        except TreasuryEmpty:
            owed += job.unit_price
        else:
            refunded += job.unit_price
    return refunded, owed
