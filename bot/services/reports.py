"""Reports: what people complain about, and what staff decide about it.

All open reports of one picture are one case: one card in the mod log, decided at once.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.db import take_turn
from bot.db.tables import reports
from bot.errors import (
    AlreadyReported,
    CaseClosed,
    JobRemoved,
    JobStillRunning,
    NoSuchPicture,
    NotPermitted,
    TooManyReports,
    UnknownCase,
    UnknownJob,
    Untouchable,
)
from bot.jobs import Job
from bot.services.complaints import (
    LONGEST_NOTE,
    REASONS,
    STATUSES,
    Complaint,
    Decided,
    Decision,
    Line,
    ReportCard,
    ReportOutcome,
)
from bot.services.delivery import Undeliverable
from bot.services.desk import Desk
from bot.services.handing import SAFE_LIMIT_BYTES
from bot.services.moderation import Moderation
from bot.services.outside import Place
from bot.services.removal import Removal, Takeaway
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.sanctions import TURN, Penalty
from bot.services.staff import Deed
from bot.services.views import JobView

MOST_REPORTS = 20
"""How many reports of one person, made within a day, may wait for a decision."""

_A_DAY = timedelta(days=1)


class Reports:
    """Takes reports, shows them to staff, and does what these decide."""

    def __init__(
        self, resources: Resources, desk: Desk, *, moderation: Moderation, removal: Removal
    ) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._decency = desk.decency
        self._errands = desk.errands
        self._handing = desk.handing
        self._outside = desk.outside
        self._servers = desk.servers
        self._staff = desk.staff
        self._views = desk.views
        self._moderation = moderation
        self._removal = removal
        desk.errands.learn("report card", self._show)
        desk.errands.learn("tell reporter", self._tell)

    async def look(self, origin: Origin, job_id: int) -> JobView:
        """Return a job that somebody wants to report.

        Raises:
            UnknownJob, JobStillRunning, JobRemoved: there is none to report.
        """
        async with self._db.read() as conn:
            return await self._views.of(conn, await _visible(conn, origin, job_id))

    async def file(self, origin: Origin, complaint: Complaint) -> int:
        """Note a report; return its id.

        Raises:
            UnknownJob, JobStillRunning, JobRemoved, NoSuchPicture, AlreadyReported,
                TooManyReports: nothing was written.
        """
        try:
            async with self._db.write() as conn:
                report_id = await self._write(conn, origin, complaint)
        except IntegrityError:
            # Another process noted it between our look and our write.
            raise AlreadyReported from None
        self._errands.nudge()
        return report_id

    async def decide(self, origin: Origin, report_id: int, decision: Decision) -> Decided:
        """Close a case, however many press at once: the first decision counts.

        Raises:
            NotPermitted, UnknownCase, CaseClosed, Untouchable: nothing was written.
            NotNow: Discord could not be asked who the person is.
        """
        job = await self.check_open(origin, report_id)
        if decision.action != "remove":
            await self._moderation.check_target(origin, job.user_id)
        async with self._db.write() as conn:
            await take_turn(conn, TURN)
            case = _open(await _case(conn, origin.server_id, report_id))
            decided = await self._close(conn, origin, case, job, decision)
        self._moderation.nudge()
        return decided

    async def owner_of(self, origin: Origin, report_id: int) -> int:
        """Return who made what a case is about, for staff.

        Raises:
            NotPermitted, UnknownCase: they may not know, or there is none.
        """
        if not origin.is_staff:
            raise NotPermitted
        async with self._db.read() as conn:
            case = await _case(conn, origin.server_id, report_id)
            return (await _job_of(conn, case[0])).user_id

    async def check_open(self, origin: Origin, report_id: int) -> Job:
        """Return what a case is about; refuse a decision before its form is filled in.

        Raises:
            NotPermitted, UnknownCase, CaseClosed, Untouchable: they have nothing to decide.
        """
        if not origin.is_staff:
            raise NotPermitted
        async with self._db.read() as conn:
            job = await _job_of(conn, _open(await _case(conn, origin.server_id, report_id))[0])
        if job.user_id == origin.user_id:
            raise Untouchable(why="self")
        return job

    async def waiting(self, conn: AsyncConnection, server_id: int) -> list[tuple[datetime, int]]:
        """Return since when each open case of a server waits, and its first report."""
        report = reports.c
        found = await conn.execute(
            sa.select(sa.func.min(report.created_at), sa.func.min(report.id))
            .where(report.server_id == server_id, report.status == "open")
            .group_by(report.job_id, report.number)
        )
        return [(since, report_id) for since, report_id in found]

    async def card(self, conn: AsyncConnection, report_id: int) -> ReportCard:
        """Return a case as staff see it, without its picture."""
        return await self._card(conn, await _case(conn, None, report_id))

    async def _write(self, conn: AsyncConnection, origin: Origin, complaint: Complaint) -> int:
        job, number = await _reported(conn, origin, complaint)
        same = (
            (reports.c.job_id == job.id)
            & (reports.c.number == number)
            & (reports.c.reporter_id == origin.user_id)
        )
        if await conn.scalar(sa.select(reports.c.id).where(same)) is not None:
            raise AlreadyReported
        await self._check_count(conn, origin)
        written = await conn.execute(
            reports.insert()
            .values(
                server_id=origin.server_id,
                job_id=job.id,
                number=number,
                reporter_id=origin.user_id,
                reason=complaint.reason if complaint.reason in REASONS else "other",
                note=complaint.note.strip()[:LONGEST_NOTE],
                status="open",
                created_at=self._clock(),
            )
            .returning(reports.c.id)
        )
        report_id = written.scalar_one()
        await self._errands.add(conn, "report card", report_id)
        return report_id

    async def _check_count(self, conn: AsyncConnection, origin: Origin) -> None:
        mine = (reports.c.server_id == origin.server_id) & (reports.c.reporter_id == origin.user_id)
        waits = (reports.c.status == "open") & (reports.c.created_at > self._clock() - _A_DAY)
        count = sa.select(sa.func.count()).select_from(reports).where(mine, waits)
        if (await conn.scalar(count) or 0) >= MOST_REPORTS:
            raise TooManyReports(limit=MOST_REPORTS)

    async def _close(
        self,
        conn: AsyncConnection,
        origin: Origin,
        case: list[sa.Row[Any]],
        job: Job,
        decision: Decision,
    ) -> Decided:
        status = STATUSES[decision.action]
        await conn.execute(
            reports.update()
            .where(reports.c.id.in_([row.id for row in case]))
            .values(status=status, closed_by=origin.user_id, closed_at=self._clock())
        )
        punished = taken = None
        if decision.action in ("warn", "suspend", "ban"):
            punished = await self._moderation.write(conn, origin, _penalty(decision, job))
        if decision.action == "remove" or decision.removes:
            # Of what its maker had deleted we do not know the pictures any more, only the messages.
            is_known = case[0].number and not jobs.is_forgotten(job)
            number = case[0].number if is_known else None
            takeaway = Takeaway(job.id, number, decision.reason, refunds=decision.refunds)
            # Gone before by another way is as good.
            with suppress(JobRemoved, NoSuchPicture):
                taken = await self._removal.write(conn, origin, takeaway)
        if decision.action == "dismiss":
            deed = Deed("dismiss report", job.user_id, "open", status, decision.reason)
            await self._staff.write(conn, origin, deed)
        await self._errands.add(conn, "report card", case[0].id)
        for row in case:
            await self._errands.add(conn, "tell reporter", row.id)
        return Decided(status, job.user_id, punished, taken)

    async def _show(self, report_id: int) -> None:
        """Post a case's card in the mod log, or bring it up to date."""
        async with self._db.read() as conn:
            case = await _case(conn, None, report_id)
            channel_id = self._servers.of(case[0].server_id).mod_log_channel
            card = await self._card(conn, case)
        place = next(
            (Place(row.channel_id, row.message_id) for row in case if row.message_id), None
        )
        if place is None and (channel_id is None or not card.is_open):
            return
        card = await self._with_picture(card, place.channel_id if place else channel_id or 0)
        try:
            if place is not None:
                await self._outside.edit(place, card)
        except Undeliverable:
            # Somebody deleted it; what is decided needs none any more.
            place = None
            if not card.is_open:
                return
        if place is None:
            if channel_id is None:
                return
            place = await self._outside.post(channel_id, card, nonce=f"report-{card.id}")
        async with self._db.write() as conn:
            await conn.execute(
                reports.update()
                .where(reports.c.id.in_([row.id for row in case]))
                .values(channel_id=place.channel_id, message_id=place.message_id)
            )

    async def _card(self, conn: AsyncConnection, case: list[sa.Row[Any]]) -> ReportCard:
        first = case[0]
        job = await _job_of(conn, first)
        return ReportCard(
            id=first.id,
            view=await self._views.of(conn, job),
            number=first.number,
            lines=tuple(
                Line(row.reporter_id, row.reason, row.note, row.created_at) for row in case
            ),
            record=await self._moderation.record_in(conn, job.server_id, job.user_id),
            status=first.status,
            decided_by=first.closed_by,
            decided_at=first.closed_at,
        )

    async def _with_picture(self, card: ReportCard, channel_id: int) -> ReportCard:
        """Add the picture, unless it must not be shown in that channel."""
        meant = tuple(one for one in card.view.pictures if card.number in (0, one.number))[:1]
        if not meant:
            return card
        allows = await self._decency.allows(server_id=card.view.server_id, channel_id=channel_id)
        view = replace(card.view, pictures=meant, answer=None)
        files = await self._handing.files_of(view, SAFE_LIMIT_BYTES, allows_nsfw=allows)
        return replace(card, picture=files[0] if files else None)

    async def _tell(self, report_id: int) -> None:
        async with self._db.read() as conn:
            row = (await _case(conn, None, report_id, is_whole=False))[0]
        told = ReportOutcome(row.server_id, row.job_id, row.status)
        await self._outside.tell(row.reporter_id, told)


async def _visible(conn: AsyncConnection, origin: Origin, job_id: int) -> Job:
    job = await jobs.get(conn, job_id)
    # What somebody may not see looks the same as what never was.
    if job is None or job.server_id != origin.server_id:
        raise UnknownJob(job_id=str(job_id))
    if job.is_private and job.user_id != origin.user_id and not origin.is_staff:
        raise UnknownJob(job_id=str(job_id))
    if not job.is_final:
        raise JobStillRunning
    if job.is_removed:
        raise JobRemoved
    return job


def _penalty(decision: Decision, job: Job) -> Penalty:
    assert decision.action in ("warn", "suspend", "ban"), decision
    is_warning = decision.action == "warn"
    return Penalty(
        decision.action,
        job.user_id,
        decision.reason,
        points=decision.points if is_warning else 0,
        duration=None if is_warning else decision.duration,
        job_id=job.id,
    )


async def _case(
    conn: AsyncConnection, server_id: int | None, report_id: int, *, is_whole: bool = True
) -> list[sa.Row[Any]]:
    """Return the reports that are decided together with one, the first of them first.

    Raises:
        UnknownCase: there is none in this server.
    """
    row = (await conn.execute(sa.select(reports).where(reports.c.id == report_id))).first()
    if row is None or server_id not in (None, row.server_id):
        raise UnknownCase
    if not is_whole:
        return [row]
    together = sa.select(reports).where(
        reports.c.job_id == row.job_id,
        reports.c.number == row.number,
        reports.c.status == row.status,
    )
    if row.closed_at is not None:
        together = together.where(reports.c.closed_at == row.closed_at)
    return list(await conn.execute(together.order_by(reports.c.id)))


def _open(case: list[sa.Row[Any]]) -> list[sa.Row[Any]]:
    """Return a case that waits for a decision.

    Raises:
        CaseClosed: it does not any more.
    """
    if case[0].status != "open":
        raise CaseClosed(staff_id=case[0].closed_by)
    return case


async def _job_of(conn: AsyncConnection, row: sa.Row[Any]) -> Job:
    job = await jobs.get(conn, row.job_id)
    assert job is not None, row
    return job


async def _reported(conn: AsyncConnection, origin: Origin, complaint: Complaint) -> tuple[Job, int]:
    """Return the picture that is meant: of one brought alone, the job that made it.

    Raises:
        UnknownJob, JobStillRunning, JobRemoved, NoSuchPicture: there is none to report.
    """
    job = await _visible(conn, origin, complaint.job_id)
    numbers = [picture.number for picture in await jobs.read_pictures(conn, job.id)]
    if complaint.number not in (numbers or [0]):
        raise NoSuchPicture
    if job.action == "pick" and job.parent_id is not None and job.parent_picture is not None:
        parent = await jobs.get(conn, job.parent_id)
        if parent is not None and not parent.is_removed:
            return parent, job.parent_picture
    return job, complaint.number
