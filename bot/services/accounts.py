"""Who may spend: servers on the host's list, their monthly funds, a newcomer's first credits."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.db import take_turn
from bot.db.tables import accounts, notes, servers
from bot.errors import AccountFrozen, LedgerConflict, ServerNotAllowed, TreasuryEmpty
from bot.services.resources import Resources
from bot.services.servers import Servers

if TYPE_CHECKING:
    from bot.services.budget import Budget

_FIRST_START = "first start"


class Accounts:
    """Opens accounts in servers that the host allows."""

    def __init__(self, resources: Resources, servers: Servers, budget: "Budget") -> None:
        self._db = resources.db
        self._settings = resources.settings
        self._clock = resources.clock
        self._servers = servers
        self.budget = budget
        self._settled: dict[tuple[int, int], int] = {}
        self._settled_in = ""

    async def remember_servers(self, server_ids: list[int]) -> None:
        """Note the servers the bot is in; those of the very first start are allowed.

        Later ones wait for the host, unless `ALLOWED_SERVERS` says otherwise. Each process, of
        whichever shards, names every server at its start; the first one to come decides.
        """
        async with self._db.write() as conn:
            await take_turn(conn, _FIRST_START)
            known = set(await conn.scalars(sa.select(servers.c.id)))
            is_first_start = await self._is_first_start(conn) and not known
            new = [
                {"id": server_id, "is_allowed": is_first_start, "added_at": self._clock()}
                for server_id in server_ids
                if server_id not in known
            ]
            if new:
                await conn.execute(servers.insert(), new)

    async def _is_first_start(self, conn: AsyncConnection) -> bool:
        """Whether nobody asked this before: a bot may be in no server when it starts first."""
        noted = await conn.scalar(sa.select(notes.c.value).where(notes.c.name == _FIRST_START))
        if noted is None:
            value = self._clock().isoformat()
            await conn.execute(notes.insert().values(name=_FIRST_START, value=value))
        return noted is None

    async def admit(self, conn: AsyncConnection, *, server_id: int, user_id: int) -> int:
        """Return the account of a person, funded treasury and sign-up credits included.

        Raises:
            ServerNotAllowed: the host has not allowed this server.
        """
        [account_id] = await self.admit_all(conn, server_id=server_id, user_ids=(user_id,))
        return account_id

    async def admit_all(
        self, conn: AsyncConnection, *, server_id: int, user_ids: Sequence[int]
    ) -> list[int]:
        """Return the accounts of several people whose credits one transaction will move.

        Admitted one by one, they could wait in a circle with others who move theirs.

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
        people = {(server_id, user_id) for user_id in user_ids}
        if not people <= self._settled.keys():
            found = {
                (server_id, user_id): await ledger.open_account(
                    conn, server_id=server_id, user_id=user_id
                )
                for _, user_id in sorted(people)
            }
            if not await self._settle(conn, server_id, sorted(found.values())):
                return [found[server_id, user_id] for user_id in user_ids]
            self._settled.update(found)
        return [self._settled[server_id, user_id] for user_id in user_ids]

    async def _settle(
        self, conn: AsyncConnection, server_id: int, account_ids: Sequence[int]
    ) -> bool:
        """Fill the treasury and welcome newcomers; return whether all that had happened before."""
        is_settled = await ledger.is_written(conn, self._funding(server_id))
        for account_id in account_ids:
            is_settled = is_settled and await self._is_welcomed(conn, account_id)
        if is_settled:
            return True
        # Locked in one order and before the treasury, as every verb of the ledger does it: a
        # capture that has the person and waits for the treasury would wait for ever.
        for account_id in account_ids:
            await ledger.read_funds(conn, account_id)
        await self._fund_month(conn, server_id)
        for account_id in account_ids:
            await self._welcome(conn, server_id, account_id)
        return False

    async def admit_server(self, conn: AsyncConnection, server_id: int) -> None:
        """Fill the treasury of a server, should nobody have come by yet this month.

        Raises:
            ServerNotAllowed: the host has not allowed this server.
        """
        await self.check_allowed(conn, server_id)
        await self._fund_month(conn, server_id)

    async def check_allowed(self, conn: AsyncConnection, server_id: int) -> None:
        """Refuse a server that is not on the host's list.

        Raises:
            ServerNotAllowed: it is not.
        """
        if server_id not in await self._allowed(conn):
            raise ServerNotAllowed

    async def monthly_share(self, conn: AsyncConnection) -> int:
        """Return what each allowed server's treasury is filled with a month, in credits."""
        return self.budget.credits // len(await self._allowed(conn))

    async def _allowed(self, conn: AsyncConnection) -> frozenset[int]:
        if self._settings.allowed_servers:
            return self._settings.allowed_servers
        return frozenset(await conn.scalars(sa.select(servers.c.id).where(servers.c.is_allowed)))

    def _funding(self, server_id: int) -> str:
        return f"treasury:{server_id}:{self._clock():%Y-%m}"

    async def _fund_month(self, conn: AsyncConnection, server_id: int) -> None:
        """Fill the treasury with the server's share of the budget, once a month (UTC)."""
        key = self._funding(server_id)
        share = await self.monthly_share(conn)
        if share <= 0 or await ledger.is_written(conn, key):
            return
        # Of two who saw different budgets, the first one's share stands.
        with suppress(LedgerConflict):
            await ledger.fund(conn, key=key, server_id=server_id, amount=share)

    async def _is_welcomed(self, conn: AsyncConnection, account_id: int) -> bool:
        amount = await self._promised(conn, account_id)
        return amount == 0 or (
            amount is not None and await ledger.is_written(conn, _welcoming(account_id))
        )

    async def _promised(self, conn: AsyncConnection, account_id: int) -> int | None:
        """Return the first credits of an account, as they were at its first visit."""
        query = sa.select(accounts.c.sign_up).where(accounts.c.id == account_id)
        return await conn.scalar(query)

    async def _welcome(self, conn: AsyncConnection, server_id: int, account_id: int) -> None:
        """Give a newcomer the first credits: as many as there were for newcomers when they came."""
        amount = await self._promised(conn, account_id)
        if amount is None:
            amount = self._servers.of(server_id).sign_up_credits
            mine = accounts.c.id == account_id
            await conn.execute(accounts.update().where(mine).values(sign_up=amount))
        if not amount or await ledger.is_written(conn, _welcoming(account_id)):
            return
        # An empty treasury keeps nobody out; the credits come with the next funding.
        with suppress(TreasuryEmpty):
            await ledger.grant(
                conn,
                key=_welcoming(account_id),
                account_id=account_id,
                purse="earned",
                amount=amount,
            )


def _welcoming(account_id: int) -> str:
    return f"signup:{account_id}"


async def is_frozen(conn: AsyncConnection, account_id: int) -> bool:
    """Whether moderators froze an account."""
    query = sa.select(accounts.c.is_frozen).where(accounts.c.id == account_id)
    return bool(await conn.scalar(query))


async def check_not_frozen(conn: AsyncConnection, account_id: int) -> None:
    """Refuse to move the credits of a frozen account.

    Raises:
        AccountFrozen: it is one.
    """
    if await is_frozen(conn, account_id):
        raise AccountFrozen


SPENDING = "spending"
"""The turn of whoever sums what the month cost and adds to it (`bot.db.take_turn`)."""
