"""Credits as people meet them: balance, the daily claim, and what moderators change."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.errors import AlreadyClaimed, BadAmount, TooMuchTaken
from bot.ledger import Funds
from bot.services.accounts import Accounts
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.staff import Deed, StaffLog

DAILY_CREDITS = 25


@dataclass(frozen=True)
class Balance:
    """What a person has, and when they may claim next (now, when `daily_at` is past)."""

    funds: Funds
    daily_at: datetime


@dataclass(frozen=True)
class Change:
    """What a moderator changed: what could be spent before and after."""

    before: int
    after: int


class Credits:
    """Reads and changes one server's credits."""

    def __init__(self, resources: Resources, *, accounts: Accounts, staff: StaffLog) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._accounts = accounts
        self._staff = staff

    async def balance(self, *, server_id: int, user_id: int) -> Balance:
        """Return what a person has; a newcomer's account is opened on the way."""
        async with self._db.write() as conn:
            account_id = await self._accounts.admit(conn, server_id=server_id, user_id=user_id)
            funds = await ledger.read_funds(conn, account_id)
            daily_at = await next_daily(conn, account_id, self._clock())
        return Balance(funds=funds, daily_at=daily_at)

    async def claim_daily(self, *, server_id: int, user_id: int) -> Balance:
        """Give today's credits: once per UTC calendar day, however often it is asked.

        Raises:
            AlreadyClaimed, TreasuryEmpty: nothing was written.
        """
        now = self._clock()
        async with self._db.write() as conn:
            account_id = await self._accounts.admit(conn, server_id=server_id, user_id=user_id)
            key = _daily_key(account_id, now)
            if await ledger.is_written(conn, key):
                raise AlreadyClaimed(next_at=_next_day(now))
            await ledger.grant(
                conn, key=key, account_id=account_id, purse="earned", amount=DAILY_CREDITS
            )
            funds = await ledger.read_funds(conn, account_id)
        return Balance(funds=funds, daily_at=_next_day(now))

    async def change(self, origin: Origin, *, target_id: int, delta: int, reason: str) -> Change:
        """Add to or take from a person's credits for a moderator, and write who did it.

        The same interaction again changes nothing twice.

        Raises:
            BadAmount, TooMuchTaken, TreasuryEmpty: nothing was written.
        """
        if not 0 < abs(delta) <= ledger.MAX_AMOUNT:
            raise BadAmount(high=ledger.MAX_AMOUNT)
        key = f"staff:{origin.interaction_id}"
        async with self._db.write() as conn:
            account_id = await self._accounts.admit(
                conn, server_id=origin.server_id, user_id=target_id
            )
            before = (await ledger.read_funds(conn, account_id)).available
            if await ledger.is_written(conn, key):
                return Change(before=before - delta, after=before)
            if before + delta < 0:
                raise TooMuchTaken(available=before)
            await ledger.adjust(conn, key=key, account_id=account_id, delta=delta)
            deed = Deed(
                "credits add" if delta > 0 else "credits remove",
                target_id=target_id,
                before=before,
                after=before + delta,
                reason=reason,
            )
            await self._staff.write(conn, origin, deed)
        self._staff.nudge()
        return Change(before=before, after=before + delta)


async def next_daily(conn: AsyncConnection, account_id: int, now: datetime) -> datetime:
    """Return when an account may claim next: now, or at the next UTC midnight."""
    is_claimed = await ledger.is_written(conn, _daily_key(account_id, now))
    return _next_day(now) if is_claimed else now


def _daily_key(account_id: int, now: datetime) -> str:
    return f"daily:{account_id}:{now:%Y-%m-%d}"


def _next_day(now: datetime) -> datetime:
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=UTC)
