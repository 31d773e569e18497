"""Appeals: a person's answer to a sanction, once for each, and what staff say to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import take_turn
from bot.db.tables import appeals
from bot.errors import AlreadyAppealed, CaseClosed, NotPermitted, NotSanctioned, UnknownCase
from bot.services.delivery import Undeliverable
from bot.services.desk import Desk
from bot.services.moderation import Moderation
from bot.services.outside import Place, Post
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.sanctions import TURN, Sanction, find_sanction, lift_one
from bot.services.staff import Deed

LONGEST_APPEAL = 1000
LONGEST_OUTCOME = 600


@dataclass(frozen=True)
class AppealCard(Post):
    """An appeal as staff see it; `status` is open, granted or denied."""

    sanction: Sanction
    words: str
    status: str
    outcome: str
    created_at: datetime
    decided_by: int | None
    decided_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.status == "open"


@dataclass(frozen=True)
class AppealOutcome(Post):
    """What the person is told; never by whom it was decided."""

    card: AppealCard


class Appeals:
    """Takes appeals, shows them to staff, and does what these decide."""

    def __init__(self, resources: Resources, desk: Desk, *, moderation: Moderation) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._errands = desk.errands
        self._outside = desk.outside
        self._servers = desk.servers
        self._staff = desk.staff
        self._moderation = moderation
        desk.errands.learn("appeal card", self._show)
        desk.errands.learn("tell appeal", self._tell)

    async def check_new(self, user_id: int, sanction_id: int) -> Sanction:
        """Return a sanction that somebody may appeal, before they write anything.

        Raises:
            NotSanctioned: it is none of theirs, or it was lifted.
            AlreadyAppealed: they did before.
        """
        async with self._db.read() as conn:
            return await self._appealable(conn, user_id, sanction_id)

    async def file(self, user_id: int, sanction_id: int, words: str) -> None:
        """Note an appeal; raises as `check_new` does."""
        try:
            async with self._db.write() as conn:
                sanction = await self._appealable(conn, user_id, sanction_id)
                await conn.execute(
                    appeals.insert().values(
                        sanction_id=sanction.id,
                        server_id=sanction.server_id,
                        user_id=user_id,
                        words=words.strip()[:LONGEST_APPEAL],
                        status="open",
                        outcome="",
                        created_at=self._clock(),
                    )
                )
                await self._errands.add(conn, "appeal card", sanction.id)
        except IntegrityError:
            # Another process noted it between our look and our write.
            raise AlreadyAppealed from None
        self._errands.nudge()

    async def check_open(self, origin: Origin, sanction_id: int) -> None:
        """Refuse a decision before its form is filled in; raises as `decide` does."""
        async with self._db.read() as conn:
            row = await self._open(conn, origin, sanction_id)
        await self._moderation.check_target(origin, row.user_id)

    async def decide(
        self, origin: Origin, sanction_id: int, *, is_granted: bool, outcome: str = ""
    ) -> None:
        """Grant an appeal, which lifts the sanction, or deny it: the first decision counts.

        Raises:
            NotPermitted, UnknownCase, CaseClosed, Untouchable: nothing was written.
            NotNow: Discord could not be asked who the person is.
        """
        await self.check_open(origin, sanction_id)
        status = "granted" if is_granted else "denied"
        async with self._db.write() as conn:
            await take_turn(conn, TURN)
            row = await self._open(conn, origin, sanction_id)
            now = self._clock()
            await conn.execute(
                appeals.update()
                .where(appeals.c.sanction_id == sanction_id)
                .values(
                    status=status,
                    outcome=outcome.strip()[:LONGEST_OUTCOME],
                    closed_by=origin.user_id,
                    closed_at=now,
                )
            )
            sanction = await find_sanction(conn, sanction_id)
            assert sanction is not None, sanction_id
            if is_granted:
                await lift_one(conn, sanction_id, staff_id=origin.user_id, now=now)
            after = f"{sanction.kind} lifted" if is_granted else f"{sanction.kind} stays"
            deed = Deed(f"appeal {status}", row.user_id, sanction.kind, after, outcome)
            await self._staff.write(conn, origin, deed)
            await self._errands.add(conn, "appeal card", sanction_id)
            await self._errands.add(conn, "tell appeal", sanction_id)
        self._staff.nudge()
        self._errands.nudge()

    async def waiting(self, conn: AsyncConnection, server_id: int) -> list[tuple[datetime, int]]:
        """Return since when each open appeal of a server waits, and against which sanction."""
        found = await conn.execute(
            sa.select(appeals.c.created_at, appeals.c.sanction_id).where(
                appeals.c.server_id == server_id, appeals.c.status == "open"
            )
        )
        return [(since, sanction_id) for since, sanction_id in found]

    async def card(self, conn: AsyncConnection, sanction_id: int) -> AppealCard:
        """Return an appeal as staff see it."""
        row = await _read(conn, sanction_id)
        assert row is not None, sanction_id
        return await _card(conn, row)

    async def _appealable(self, conn: AsyncConnection, user_id: int, sanction_id: int) -> Sanction:
        sanction = await find_sanction(conn, sanction_id)
        if sanction is None or sanction.user_id != user_id or sanction.kind == "note":
            raise NotSanctioned
        known = sa.select(appeals.c.sanction_id).where(appeals.c.sanction_id == sanction_id)
        if await conn.scalar(known) is not None:
            raise AlreadyAppealed
        if sanction.lifted_at is not None:
            raise NotSanctioned
        return sanction

    async def _open(self, conn: AsyncConnection, origin: Origin, sanction_id: int) -> sa.Row[Any]:
        if not origin.is_staff:
            raise NotPermitted
        row = await _read(conn, sanction_id)
        if row is None or row.server_id != origin.server_id:
            raise UnknownCase
        if row.status != "open":
            raise CaseClosed(staff_id=row.closed_by)
        return row

    async def _show(self, sanction_id: int) -> None:
        """Post an appeal's card in the mod log, or bring it up to date."""
        async with self._db.read() as conn:
            row = await _read(conn, sanction_id)
            assert row is not None, sanction_id
            card = await _card(conn, row)
        place: Place | None = None
        if row.message_id is not None:
            place = Place(row.channel_id, row.message_id)
            try:
                await self._outside.edit(place, card)
            except Undeliverable:
                # Somebody deleted it.
                place = None
        channel_id = self._servers.of(row.server_id).mod_log_channel
        if place is not None or channel_id is None or not card.is_open:
            return
        place = await self._outside.post(channel_id, card, nonce=f"appeal-{sanction_id}")
        async with self._db.write() as conn:
            await conn.execute(
                appeals.update()
                .where(appeals.c.sanction_id == sanction_id)
                .values(channel_id=place.channel_id, message_id=place.message_id)
            )

    async def _tell(self, sanction_id: int) -> None:
        async with self._db.read() as conn:
            row = await _read(conn, sanction_id)
            assert row is not None, sanction_id
            card = await _card(conn, row)
        await self._outside.tell(row.user_id, AppealOutcome(card))


async def _read(conn: AsyncConnection, sanction_id: int) -> sa.Row[Any] | None:
    query = sa.select(appeals).where(appeals.c.sanction_id == sanction_id)
    return (await conn.execute(query)).first()


async def _card(conn: AsyncConnection, row: sa.Row[Any]) -> AppealCard:
    sanction = await find_sanction(conn, row.sanction_id)
    assert sanction is not None, row
    return AppealCard(
        sanction=sanction,
        words=row.words,
        status=row.status,
        outcome=row.outcome,
        created_at=row.created_at,
        decided_by=row.closed_by,
        decided_at=row.closed_at,
    )
