"""Gifts: credits that one member gives to another, asked about first and moved once."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.db.tables import gifts
from bot.errors import (
    AskOver,
    BadAmount,
    GiftCapReached,
    GiftsOff,
    GiftTooSmall,
    GiftToSelf,
    InsufficientCredits,
    TakesNoGifts,
    TooMuchGiven,
)
from bot.services.accounts import Accounts, check_not_frozen, is_frozen
from bot.services.days import day_start, next_day
from bot.services.delivery import NotNow, Undeliverable
from bot.services.members import member_roles
from bot.services.outside import Outside, Post
from bot.services.owners import lock
from bot.services.preferences import read_preferences
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.screening import Screening
from bot.services.servers import Servers

log = structlog.get_logger()

LONGEST_MESSAGE = 200
STANDS_FOR = timedelta(minutes=15)
_HIGHEST_ID = 2**63


@dataclass(frozen=True)
class Gift(Post):
    """A gift as it was asked about; as a post, it is what its taker is told."""

    id: int
    server_id: int
    giver_id: int
    taker_id: int
    amount: int
    message: str
    status: str
    is_new: bool = False
    """Whether this very answer gave it."""


_ROW = [
    gifts.c[name]
    for name in ("id", "server_id", "giver_id", "taker_id", "amount", "message", "status")
]


class Gifts:
    """Asks about gifts, and gives them."""

    def __init__(
        self,
        resources: Resources,
        *,
        accounts: Accounts,
        outside: Outside,
        screening: Screening,
        servers: Servers,
    ) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._accounts = accounts
        self._outside = outside
        self._screening = screening
        self._servers = servers

    async def ask(self, origin: Origin, *, taker_id: int, amount: int, message: str = "") -> Gift:
        """Write down what somebody wants to give; `give` moves it.

        The same interaction again returns the same gift.

        Raises:
            UserError: why it cannot be given; nothing was written.
        """
        if type(amount) is not int or not 1 <= amount <= ledger.MAX_AMOUNT:
            raise BadAmount(high=ledger.MAX_AMOUNT)
        if taker_id == origin.user_id:
            raise GiftToSelf
        asked = Gift(
            id=origin.interaction_id,
            server_id=origin.server_id,
            giver_id=origin.user_id,
            taker_id=taker_id,
            amount=amount,
            message=" ".join(message.split())[:LONGEST_MESSAGE],
            status="asked",
        )
        self._check_size(asked)
        verdict = await self._screening.check(origin, asked.message)
        await member_roles(self._outside, origin.server_id, taker_id)
        async with self._db.write() as conn:
            known = await _find(conn, asked.id)
            if known is not None:
                return known
            giver, _ = await self._check(conn, asked)
            available = (await ledger.read_funds(conn, giver)).available
            if asked.amount > available:
                raise TooMuchGiven(available=available)
            await self._write(conn, asked)
            await self._screening.note_gift(conn, origin, verdict, asked.message)
        self._screening.nudge()
        return asked

    async def give(self, origin: Origin, gift_id: int) -> Gift:
        """Move what was asked about, however often that is said.

        Raises:
            AskOver: it was dropped, is too old, or is nobody's of this name.
            UserError: it cannot be given (any more); nothing was written.
        """
        asked = await self._look(origin, gift_id)
        if asked.status == "asked":
            await member_roles(self._outside, origin.server_id, asked.taker_id)
        async with self._db.write() as conn:
            asked = await self._mine(conn, origin, gift_id)
            if asked.status == "given":
                return asked
            self._check_size(asked)
            giver, taker = await self._check(conn, asked)
            await _transfer(conn, asked, giver, taker)
            return replace(await self._answer(conn, asked, "given"), is_new=True)

    async def drop(self, origin: Origin, gift_id: int) -> Gift:
        """Give nothing after all; what was given meanwhile stays given.

        Raises:
            AskOver: as `give` does.
        """
        async with self._db.write() as conn:
            asked = await self._mine(conn, origin, gift_id)
            if asked.status == "given":
                return asked
            return await self._answer(conn, replace(asked, message=""), "dropped")

    async def tell(self, gift: Gift) -> None:
        """Tell the taker; whoever takes no direct messages finds it in `/transactions`."""
        try:
            await self._outside.tell(gift.taker_id, gift)
        except (NotNow, Undeliverable) as error:
            log.info("gift not told", gift_id=gift.id, reason=str(error))

    def _check_size(self, asked: Gift) -> None:
        settings = self._servers.of(asked.server_id)
        if not settings.gift_daily_cap:
            raise GiftsOff
        if asked.amount < settings.gift_least:
            raise GiftTooSmall(least=settings.gift_least)

    async def _check(self, conn: AsyncConnection, asked: Gift) -> tuple[int, int]:
        """Return the accounts of giver and taker, if the one may give and the other takes."""
        giver, taker = await self._accounts.admit_all(
            conn, server_id=asked.server_id, user_ids=(asked.giver_id, asked.taker_id)
        )
        # Two gifts of one person are counted one after the other.
        await lock(conn, giver)
        await check_not_frozen(conn, giver)
        wanted = await read_preferences(conn, taker)
        if not wanted.takes_gifts or await is_frozen(conn, taker):
            raise TakesNoGifts
        await self._check_cap(conn, asked)
        return giver, taker

    async def _check_cap(self, conn: AsyncConnection, asked: Gift) -> None:
        now = self._clock()
        cap = self._servers.of(asked.server_id).gift_daily_cap
        given = await conn.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(gifts.c.amount), 0)).where(
                gifts.c.server_id == asked.server_id,
                gifts.c.giver_id == asked.giver_id,
                gifts.c.status == "given",
                # What was asked about before midnight may have been given after it.
                gifts.c.created_at >= day_start(now) - STANDS_FOR,
                gifts.c.answered_at >= day_start(now),
            )
        )
        left = max(cap - int(given or 0), 0)
        if asked.amount > left:
            raise GiftCapReached(cap=cap, left=left, resets_at=next_day(now))

    async def _write(self, conn: AsyncConnection, asked: Gift) -> None:
        now = self._clock()
        # Words that nobody answers for are not kept.
        await conn.execute(
            gifts.delete().where(
                gifts.c.server_id == asked.server_id,
                gifts.c.giver_id == asked.giver_id,
                gifts.c.status != "given",
                gifts.c.created_at < now - STANDS_FOR,
            )
        )
        values = {column.name: getattr(asked, column.name) for column in _ROW}
        await conn.execute(gifts.insert().values(**values, created_at=now))

    async def _look(self, origin: Origin, gift_id: int) -> Gift:
        async with self._db.read() as conn:
            return self._checked(origin, await _find(conn, gift_id, since=self._oldest()))

    async def _mine(self, conn: AsyncConnection, origin: Origin, gift_id: int) -> Gift:
        """Return somebody's own gift that stands or was given, locked for its answer."""
        found = await _find(conn, gift_id, since=self._oldest(), is_locked=True)
        return self._checked(origin, found)

    def _checked(self, origin: Origin, found: Gift | None) -> Gift:
        if found is None or found.status == "dropped":
            raise AskOver
        if (found.server_id, found.giver_id) != (origin.server_id, origin.user_id):
            raise AskOver
        return found

    def _oldest(self) -> datetime:
        return self._clock() - STANDS_FOR

    async def _answer(self, conn: AsyncConnection, asked: Gift, status: str) -> Gift:
        answered = replace(asked, status=status)
        await conn.execute(
            gifts.update()
            .where(gifts.c.id == asked.id)
            .values(status=status, message=answered.message, answered_at=self._clock())
        )
        return answered


async def forget_old_gifts(conn: AsyncConnection, *, now: datetime) -> None:
    """Delete gifts that nobody gave in time: they hold people's words."""
    is_old = (gifts.c.status != "given") & (gifts.c.created_at < now - STANDS_FOR)
    await conn.execute(gifts.delete().where(is_old))


async def _find(
    conn: AsyncConnection, gift_id: int, *, since: datetime | None = None, is_locked: bool = False
) -> Gift | None:
    if not 0 <= gift_id < _HIGHEST_ID:
        return None
    query = sa.select(*_ROW).where(gifts.c.id == gift_id)
    if since is not None:
        query = query.where(gifts.c.created_at >= since)
    row = (await conn.execute(query.with_for_update() if is_locked else query)).first()
    return None if row is None else Gift(*row)


async def _transfer(conn: AsyncConnection, asked: Gift, giver: int, taker: int) -> None:
    # The ledger locks the purses of both in one order; to look at the giver's before would be
    # another order, and two who give to each other would wait in a circle.
    try:
        await ledger.transfer(
            conn,
            key=f"gift:{asked.id}",
            from_account_id=giver,
            to_account_id=taker,
            amount=asked.amount,
        )
    except InsufficientCredits as error:
        raise TooMuchGiven(available=error.available) from error
