"""Moderation: what staff do about a person, and what it keeps the person from."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.db import take_turn
from bot.db.tables import appeals, jobs, reports, sanctions, staff_actions
from bot.errors import NoSuchPicture, NotPermitted, NotSanctioned, Untouchable
from bot.jobs import check_shown, read_pictures
from bot.jobs import get as get_job
from bot.services.desk import Desk
from bot.services.gates import Asked
from bot.services.outside import Rank
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.sanctions import (
    COLUMNS,
    TURN,
    Penalty,
    Punished,
    Sanction,
    SanctionNotice,
    Standing,
    check_standing,
    find_sanction,
    lift_one,
    points_of,
    read_sanctions,
    standing_of,
)
from bot.services.staff import Deed

PER_PAGE = 6
FOR_POINTS = timedelta(days=1)
"""How long somebody is suspended whose warnings add up."""

AS_GOOD = timedelta(hours=1)
"""A suspension that ends so much earlier is as good: warnings at once suspend once."""

BLOCKED_PROMPT = "blocked prompt"
"""The action of `staff_actions` that a refused prompt is counted by."""


_RANKS = {Rank.MODERATOR: "staff", Rank.ADMINISTRATOR: "administrator", Rank.OWNER: "owner"}


@dataclass(frozen=True)
class Record:
    """What is known of a person: their work, what was refused, who complained, active points."""

    jobs: int
    withheld: int
    blocked: int
    reports: int
    points: int
    standing: Standing


@dataclass(frozen=True)
class RecordPage:
    """A page of what staff did about somebody, newest first."""

    user_id: int
    record: Record
    sanctions: tuple[Sanction, ...]
    page: int
    pages: int


class Moderation:
    """Warns, suspends, bans and forgives; as a gate, it keeps people from making anything."""

    def __init__(self, resources: Resources, desk: Desk) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._errands = desk.errands
        self._outside = desk.outside
        self._servers = desk.servers
        self._staff = desk.staff
        desk.errands.learn("tell sanction", self._tell)
        desk.errands.learn("tell lifted", self._tell_lifted)

    async def standing(self, server_id: int, user_id: int) -> Standing:
        """Return how somebody stands."""
        async with self._db.read() as conn:
            return await self.standing_in(conn, server_id, user_id)

    async def standing_in(self, conn: AsyncConnection, server_id: int, user_id: int) -> Standing:
        """Return how somebody stands, within a transaction."""
        return standing_of(await read_sanctions(conn, server_id, user_id), self._clock())

    async def check(self, conn: AsyncConnection, asked: Asked) -> None:
        """Refuse those who were banned, suspended, or warned and did not say that they read it.

        What was removed since the person saw it is refused too.

        Raises:
            Banned, Suspended, MustAcknowledge, JobRemoved, NoSuchPicture: nothing is written.
        """
        await _check_kept(conn, asked)
        origin = asked.origin
        check_standing(
            await self.standing_in(conn, origin.server_id, origin.user_id), origin.server_id
        )

    async def check_target(self, origin: Origin, user_id: int) -> None:
        """Refuse staff who would moderate whom they may not. Bots are refused by whoever knows.

        Raises:
            NotPermitted: they are no staff.
            Untouchable: it is themselves, or somebody who stands as high as they do.
            NotNow: Discord could not be asked.
        """
        if not origin.is_staff:
            raise NotPermitted
        if user_id == origin.user_id:
            raise Untouchable(why="self")
        rank = await self._outside.rank_of(origin.server_id, user_id)
        if rank >= await self._rank_against(origin, rank):
            raise Untouchable(why=_RANKS[rank])

    async def _rank_against(self, origin: Origin, rank: Rank) -> Rank:
        """Return how high staff stand, as far as it matters against somebody of a rank."""
        if not origin.is_admin:
            return Rank.MODERATOR
        if rank < Rank.ADMINISTRATOR:
            return Rank.ADMINISTRATOR
        return await self._outside.rank_of(origin.server_id, origin.user_id)

    async def punish(self, origin: Origin, penalty: Penalty) -> Punished:
        """Note something about somebody, warn, suspend or ban them, and tell them.

        The same interaction again does nothing twice.

        Raises:
            NotPermitted, Untouchable: nothing was written.
        """
        await self.check_target(origin, penalty.user_id)
        async with self._db.write() as conn:
            punished = await self.write(conn, origin, penalty)
        self.nudge()
        return punished

    async def write(self, conn: AsyncConnection, origin: Origin, penalty: Penalty) -> Punished:
        """Do what `punish` does, within a transaction and unchecked; `nudge` follows it."""
        await take_turn(conn, TURN)
        days = self._servers.of(origin.server_id).points_expire_days
        now = self._clock()
        before = await read_sanctions(conn, origin.server_id, penalty.user_id)
        known = await find_sanction(conn, origin.interaction_id, by="interaction_id")
        if known is not None:
            return Punished(known, points_of(before, now, days))
        sanction = await self._add(conn, origin, penalty, interaction_id=origin.interaction_id)
        after = [*before, sanction]
        points = points_of(after, now, days)
        if penalty.kind == "warn":
            stood, stands = _points_words(points_of(before, now, days)), _points_words(points)
        elif penalty.kind == "note":
            stood = stands = ""
        else:
            stood, stands = standing_of(before, now).words, standing_of(after, now).words
        deed = Deed(penalty.kind, penalty.user_id, stood, stands, penalty.reason)
        await self._staff.write(conn, origin, deed)
        return Punished(
            sanction=sanction,
            points=points,
            suspended=await self._suspend_for_points(conn, origin, after, points),
        )

    async def lift(self, origin: Origin, user_id: int, reason: str) -> Sanction:
        """End somebody's ban and suspensions; return the one that counted.

        Raises:
            NotPermitted, Untouchable: nothing was written.
            NotSanctioned: there is none.
        """
        await self.check_target(origin, user_id)
        async with self._db.write() as conn:
            await take_turn(conn, TURN)
            now = self._clock()
            found = await read_sanctions(conn, origin.server_id, user_id)
            ended = [one for one in found if one.is_in_force(now)]
            if not ended:
                raise NotSanctioned
            before = standing_of(found, now)
            for one in ended:
                await lift_one(conn, one.id, staff_id=origin.user_id, now=now)
                await self._answer_appeal(conn, origin, one, reason)
            deed = Deed("unban", user_id, before.words, "free", reason)
            await self._staff.write(conn, origin, deed)
            counted = next(one for one in ended if one.id == before.sanction_id)
            await self._errands.add(conn, "tell lifted", counted.id)
        self.nudge()
        return counted

    async def acknowledge(self, user_id: int, sanction_id: int) -> None:
        """Note that somebody read a warning; again changes nothing.

        Raises:
            NotSanctioned: it is no warning of theirs.
        """
        mine = (
            (sanctions.c.id == sanction_id)
            & (sanctions.c.user_id == user_id)
            & (sanctions.c.kind == "warn")
        )
        unread = sanctions.c.acknowledged_at.is_(None)
        async with self._db.write() as conn:
            await conn.execute(
                sanctions.update().where(mine, unread).values(acknowledged_at=self._clock())
            )
            if await conn.scalar(sa.select(sanctions.c.id).where(mine)) is None:
                raise NotSanctioned

    async def record(self, origin: Origin, user_id: int, page: int = 0) -> RecordPage:
        """Return what is known of somebody, for staff.

        Raises:
            NotPermitted: they are no staff.
        """
        if not origin.is_staff:
            raise NotPermitted
        async with self._db.read() as conn:
            found = await read_sanctions(conn, origin.server_id, user_id)
            record = await self.record_in(conn, origin.server_id, user_id)
        newest = found[::-1]
        pages = max(1, -(-len(newest) // PER_PAGE))
        page = min(max(page, 0), pages - 1)
        shown = newest[page * PER_PAGE : (page + 1) * PER_PAGE]
        return RecordPage(user_id, record, tuple(shown), page, pages)

    async def record_in(self, conn: AsyncConnection, server_id: int, user_id: int) -> Record:
        """Count what is known of somebody, within a transaction."""
        account_id = await ledger.find_account(conn, server_id=server_id, user_id=user_id)
        made = jobs.c.account_id == account_id
        action = staff_actions.c
        found = await read_sanctions(conn, server_id, user_id)
        days = self._servers.of(server_id).points_expire_days
        return Record(
            jobs=await _count(conn, made, jobs.c.action != "pick"),
            withheld=await _count(conn, made, jobs.c.failure == "withheld"),
            blocked=await _count(
                conn,
                action.server_id == server_id,
                action.target_id == user_id,
                action.action == BLOCKED_PROMPT,
            ),
            reports=await _count(conn, reports.c.job_id == jobs.c.id, made),
            points=points_of(found, self._clock(), days),
            standing=standing_of(found, self._clock()),
        )

    def nudge(self) -> None:
        """Show what was written, soon. Called after the transaction."""
        self._staff.nudge()
        self._errands.nudge()

    async def _answer_appeal(
        self, conn: AsyncConnection, origin: Origin, sanction: Sanction, reason: str
    ) -> None:
        """Grant an open appeal against what was lifted by another way."""
        answered = await conn.execute(
            appeals.update()
            .where(appeals.c.sanction_id == sanction.id, appeals.c.status == "open")
            .values(
                status="granted", outcome=reason, closed_by=origin.user_id, closed_at=self._clock()
            )
        )
        if answered.rowcount:
            await self._errands.add(conn, "appeal card", sanction.id)

    async def _add(
        self,
        conn: AsyncConnection,
        origin: Origin,
        penalty: Penalty,
        *,
        interaction_id: int | None = None,
    ) -> Sanction:
        now = self._clock()
        written = await conn.execute(
            sanctions.insert()
            .values(
                server_id=origin.server_id,
                user_id=penalty.user_id,
                kind=penalty.kind,
                points=penalty.points,
                reason=penalty.reason,
                staff_id=origin.user_id,
                job_id=penalty.job_id,
                interaction_id=interaction_id,
                created_at=now,
                until=None if penalty.duration is None else now + penalty.duration,
            )
            .returning(*COLUMNS)
        )
        sanction = Sanction(*written.one())
        if penalty.kind != "note":
            await self._errands.add(conn, "tell sanction", sanction.id)
        return sanction

    async def _suspend_for_points(
        self, conn: AsyncConnection, origin: Origin, found: list[Sanction], points: int
    ) -> Sanction | None:
        """Suspend somebody whose last warning made it too many."""
        limit = self._servers.of(origin.server_id).suspend_at_points
        last, now = found[-1], self._clock()
        before = standing_of(found, now)
        if last.kind != "warn" or not 0 < limit <= points:
            return None
        ends_at = now + FOR_POINTS - AS_GOOD
        if before.is_banned or (before.until is not None and before.until > ends_at):
            return None
        reason = f"{_points_words(points)} of warnings"
        penalty = Penalty("suspend", last.user_id, reason, duration=FOR_POINTS)
        suspended = await self._add(conn, origin, penalty)
        after = standing_of([*found, suspended], now)
        deed = Deed("suspend", last.user_id, before.words, after.words, reason)
        await self._staff.write(conn, origin, deed)
        return suspended

    async def _tell(self, sanction_id: int) -> None:
        sanction = await self._find(sanction_id)
        if sanction.lifted_at is None:
            await self._outside.tell(sanction.user_id, SanctionNotice(sanction))

    async def _tell_lifted(self, sanction_id: int) -> None:
        sanction = await self._find(sanction_id)
        await self._outside.tell(sanction.user_id, SanctionNotice(sanction, is_lifted=True))

    async def _find(self, sanction_id: int) -> Sanction:
        async with self._db.read() as conn:
            sanction = await find_sanction(conn, sanction_id)
        assert sanction is not None, sanction_id
        return sanction


async def _check_kept(conn: AsyncConnection, asked: Asked) -> None:
    """Refuse to go on from what was taken away between the look at it and now."""
    parent = None if asked.parent is None else await get_job(conn, asked.parent.id)
    if parent is None:
        return
    check_shown(parent)
    kept = {picture.sha256 for picture in await read_pictures(conn, parent.id)}
    if any(picture.sha256 not in kept for picture in asked.pictures):
        raise NoSuchPicture


def _points_words(points: int) -> str:
    return f"{points} point{'' if points == 1 else 's'}"


async def _count(conn: AsyncConnection, *conditions: sa.ColumnElement[bool]) -> int:
    return await conn.scalar(sa.select(sa.func.count()).where(*conditions)) or 0
