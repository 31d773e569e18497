"""Credits as people meet them: what they have, and the daily claim."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.errors import (
    AlreadyClaimed,
    DailyOff,
    DiscordSilent,
    NotAMember,
)
from bot.ledger import Funds
from bot.policy import Tier
from bot.services.accounts import Accounts, check_not_frozen, is_frozen
from bot.services.days import next_day
from bot.services.limits import Limits, Usage
from bot.services.members import member_roles
from bot.services.outside import Outside
from bot.services.owners import lock
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.servers import Servers
from bot.services.streaks import Streak, read_streak, write_streak


@dataclass(frozen=True)
class Balance:
    """What a person has, and when they may claim next.

    That is now, when `daily_at` is past, and never, when it is None.
    """

    funds: Funds
    daily_at: datetime | None


@dataclass(frozen=True)
class Claim:
    """What the daily credits brought: the server's amount, and a bonus for the streak."""

    amount: int
    streak: Streak
    funds: Funds
    daily_at: datetime


@dataclass(frozen=True)
class Statement:
    """Everything about somebody's credits; without a tier, nobody could tell their roles."""

    balance: Balance
    streak: Streak
    is_frozen: bool
    tier: Tier | None
    usage: Usage | None


class Credits:
    """Reads credits, and gives the daily ones."""

    def __init__(
        self,
        resources: Resources,
        *,
        accounts: Accounts,
        limits: Limits,
        outside: Outside,
        servers: Servers,
    ) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._accounts = accounts
        self._limits = limits
        self._outside = outside
        self._servers = servers

    async def balance(self, *, server_id: int, user_id: int) -> Balance:
        """Return what a person has; a newcomer's account is opened on the way."""
        async with self._db.write() as conn:
            account_id = await self._accounts.admit(conn, server_id=server_id, user_id=user_id)
            return await self._balance(conn, server_id, account_id)

    async def look(self, origin: Origin, user_id: int) -> Statement:
        """Return all about the credits of a person, who may be another one than asks.

        Raises:
            NotAMember, DiscordSilent: somebody else has no account yet and, as far as can be told,
                is no member who could have one. Nothing was written.
        """
        tier = await self._tier_of(origin, user_id)
        now = self._clock()
        async with self._db.write() as conn:
            account_id = await self._accounts.admit(
                conn, server_id=origin.server_id, user_id=user_id
            )
            streak = await read_streak(conn, account_id)
            usage = tier and await self._limits.usage(conn, account_id, tier, now)
            return Statement(
                balance=await self._balance(conn, origin.server_id, account_id),
                streak=streak.as_of(now.astimezone(UTC).date()),
                is_frozen=await is_frozen(conn, account_id),
                tier=tier,
                usage=usage,
            )

    async def claim_daily(self, *, server_id: int, user_id: int) -> Claim:
        """Give today's credits: once per UTC calendar day, however often it is asked.

        Raises:
            DailyOff, AccountFrozen, AlreadyClaimed, TreasuryEmpty: nothing was written.
        """
        now = self._clock()
        amount = self._servers.of(server_id).daily_credits
        if not amount:
            raise DailyOff
        today = now.astimezone(UTC).date()
        async with self._db.write() as conn:
            account_id = await self._accounts.admit(conn, server_id=server_id, user_id=user_id)
            await lock(conn, account_id)
            await check_not_frozen(conn, account_id)
            key = _daily_key(account_id, now)
            last = await read_streak(conn, account_id)
            # The clock of another process may be ahead of ours, over midnight.
            is_ahead = last.last_on is not None and last.last_on > today
            if is_ahead or await ledger.is_written(conn, key):
                raise AlreadyClaimed(next_at=next_day(now))
            streak = last.claimed(today)
            await ledger.grant(
                conn, key=key, account_id=account_id, purse="earned", amount=amount + streak.bonus
            )
            await write_streak(conn, account_id, streak)
            funds = await ledger.read_funds(conn, account_id)
        return Claim(amount=amount, streak=streak, funds=funds, daily_at=next_day(now))

    async def _balance(self, conn: AsyncConnection, server_id: int, account_id: int) -> Balance:
        funds = await ledger.read_funds(conn, account_id)
        if not self._servers.of(server_id).daily_credits:
            return Balance(funds=funds, daily_at=None)
        return Balance(funds=funds, daily_at=await next_daily(conn, account_id, self._clock()))

    async def _tier_of(self, origin: Origin, user_id: int) -> Tier | None:
        if user_id == origin.user_id:
            return self._servers.tier_of(origin)
        try:
            roles = await member_roles(self._outside, origin.server_id, user_id)
        except (NotAMember, DiscordSilent):
            if not await self._has_account(origin.server_id, user_id):
                raise
            return None
        return self._servers.tier_of(replace(origin, role_ids=tuple(roles)))

    async def _has_account(self, server_id: int, user_id: int) -> bool:
        async with self._db.read() as conn:
            found = await ledger.find_account(conn, server_id=server_id, user_id=user_id)
        return found is not None


async def next_daily(conn: AsyncConnection, account_id: int, now: datetime) -> datetime:
    """Return when an account may claim next: now, or at the next UTC midnight."""
    is_claimed = await ledger.is_written(conn, _daily_key(account_id, now))
    return next_day(now) if is_claimed else now


def _daily_key(account_id: int, now: datetime) -> str:
    return f"daily:{account_id}:{now:%Y-%m-%d}"
