"""Who may spend: servers on the host's list, their monthly funds, a newcomer's first credits."""

from contextlib import suppress
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.db.tables import servers
from bot.errors import ServerNotAllowed, TreasuryEmpty
from bot.services.resources import Resources

SIGN_UP_CREDITS = 100


class Accounts:
    """Opens accounts in servers that the host allows."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._settings = resources.settings
        self._clock = resources.clock
        self._settled: dict[tuple[int, int], int] = {}
        self._settled_in = ""

    async def remember_servers(self, server_ids: list[int]) -> None:
        """Note the servers the bot is in; those of the very first start are allowed.

        Later ones wait for the host, unless `ALLOWED_SERVERS` says otherwise.
        """
        async with self._db.write() as conn:
            known = set(await conn.scalars(sa.select(servers.c.id)))
            is_first_start = not known
            new = [
                {"id": server_id, "is_allowed": is_first_start, "added_at": self._clock()}
                for server_id in server_ids
                if server_id not in known
            ]
            if new:
                await conn.execute(servers.insert(), new)

    async def admit(self, conn: AsyncConnection, *, server_id: int, user_id: int) -> int:
        """Return the account of a person, funded treasury and sign-up credits included.

        Raises:
            ServerNotAllowed: the host has not allowed this server.
        """
        await self.check_allowed(conn, server_id)
        # Once seen in the database, none of what follows can come undone; what is only
        # written now may still be rolled back, so it is remembered at the next visit.
        month = f"{self._clock():%Y-%m}"
        if month != self._settled_in:
            self._settled_in = month
            self._settled.clear()
        if (server_id, user_id) in self._settled:
            return self._settled[server_id, user_id]
        is_funded = await self._fund_month(conn, server_id)
        account_id = await ledger.open_account(conn, server_id=server_id, user_id=user_id)
        is_welcomed = await self._welcome(conn, account_id)
        if is_funded and is_welcomed:
            self._settled[server_id, user_id] = account_id
        return account_id

    async def check_allowed(self, conn: AsyncConnection, server_id: int) -> None:
        """Refuse a server that is not on the host's list.

        Raises:
            ServerNotAllowed: it is not.
        """
        if server_id not in await self._allowed(conn):
            raise ServerNotAllowed

    async def _allowed(self, conn: AsyncConnection) -> frozenset[int]:
        if self._settings.allowed_servers:
            return self._settings.allowed_servers
        return frozenset(await conn.scalars(sa.select(servers.c.id).where(servers.c.is_allowed)))

    async def _fund_month(self, conn: AsyncConnection, server_id: int) -> bool:
        """Fill the treasury with the server's share of the budget, once a month (UTC).

        Returns whether that had happened before.
        """
        key = f"treasury:{server_id}:{self._clock():%Y-%m}"
        if await ledger.is_written(conn, key):
            return True
        share = self._settings.monthly_credits // len(await self._allowed(conn))
        if share > 0:
            await ledger.fund(conn, key=key, server_id=server_id, amount=share)
        return False

    async def _welcome(self, conn: AsyncConnection, account_id: int) -> bool:
        """Give a newcomer the first credits; returns whether that had happened before."""
        key = f"signup:{account_id}"
        if await ledger.is_written(conn, key):
            return True
        # An empty treasury keeps nobody out; the credits come with the next funding.
        with suppress(TreasuryEmpty):
            await ledger.grant(
                conn, key=key, account_id=account_id, purse="earned", amount=SIGN_UP_CREDITS
            )
        return False


SPENDING = "spending"
"""The turn of whoever sums what the month cost and adds to it (`bot.db.take_turn`)."""


def month_start(now: datetime) -> datetime:
    """Return the first moment of a moment's calendar month, UTC."""
    return datetime(now.year, now.month, 1, tzinfo=UTC)


def next_month(now: datetime) -> datetime:
    """Return the first moment of the calendar month after a moment's, UTC."""
    year, month = divmod(now.year * 12 + now.month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)
