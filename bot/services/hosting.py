"""Hosting: which servers the bot works for, and the credits that their treasuries get."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from bot import jobs, ledger
from bot.db.tables import accounts, purses, servers
from bot.errors import BadAmount, ServersFixed, UnknownServer
from bot.services.days import month_start
from bot.services.decisions import Decision, write_decision
from bot.services.requests import Origin
from bot.services.resources import Resources

ServerState = Literal["allowed", "denied"]


@dataclass(frozen=True)
class ServerSheet:
    """A server as the host sees it.

    `cost_usd_micros` is what it cost this calendar month (UTC), in 1e-6 USD; `treasury` holds
    credits.
    """

    server_id: int
    state: ServerState
    added_at: datetime
    cost_usd_micros: int
    treasury: int


class Hosting:
    """Keeps the list of servers, and fills treasuries out of the host's bank."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._settings = resources.settings
        self._clock = resources.clock

    @property
    def is_fixed(self) -> bool:
        """Whether the settings say which servers are served, so that nobody else can."""
        return bool(self._settings.allowed_servers)

    async def servers(self) -> list[ServerSheet]:
        """Return every server that the bot was ever in, the dearest of this month first."""
        treasury = (accounts.c.user_id == 0) & (purses.c.kind == "funds")
        async with self._db.read() as conn:
            known = list(await conn.execute(sa.select(servers)))
            costs = await jobs.cost_by_server(conn, since=month_start(self._clock()))
            found = await conn.execute(
                sa.select(accounts.c.server_id, purses.c.balance)
                .join(purses, purses.c.account_id == accounts.c.id)
                .where(treasury)
            )
            treasuries: dict[int, int] = {row.server_id: row.balance for row in found}
        sheets = [
            ServerSheet(
                server_id=row.id,
                state=self._state(row.id, is_allowed=row.is_allowed),
                added_at=row.added_at,
                cost_usd_micros=costs.get(row.id, 0),
                treasury=treasuries.get(row.id, 0),
            )
            for row in known
        ]
        return sorted(sheets, key=lambda one: (-one.cost_usd_micros, one.added_at, one.server_id))

    async def set_allowed(self, origin: Origin, server_id: int, *, is_allowed: bool) -> ServerSheet:
        """Let a server's people make things or not; what runs already is finished.

        Raises:
            ServersFixed: the settings decide that.
            UnknownServer: the bot was never there. Nothing was written.
        """
        if self.is_fixed:
            raise ServersFixed
        async with self._db.write() as conn:
            mine = servers.c.id == server_id
            before = await conn.scalar(sa.select(servers.c.is_allowed).where(mine))
            if before is None:
                raise UnknownServer(name=str(server_id))
            if before != is_allowed:
                await conn.execute(servers.update().where(mine).values(is_allowed=is_allowed))
                words = [self._state(server_id, is_allowed=one) for one in (before, is_allowed)]
                await write_decision(
                    conn, origin, Decision("server", str(server_id), *words), now=self._clock()
                )
        return await self._sheet(server_id)

    async def grant(self, origin: Origin, server_id: int, amount: int) -> ServerSheet:
        """Put credits into a server's treasury; the same interaction again does it once.

        Raises:
            BadAmount, UnknownServer: nothing was written.
        """
        if not 1 <= amount <= ledger.MAX_AMOUNT:
            raise BadAmount(high=ledger.MAX_AMOUNT)
        key = f"host:{origin.interaction_id}"
        async with self._db.write() as conn:
            if await conn.scalar(sa.select(servers.c.id).where(servers.c.id == server_id)) is None:
                raise UnknownServer(name=str(server_id))
            if not await ledger.is_written(conn, key):
                before = await ledger.read_treasury(conn, server_id)
                await ledger.fund(conn, key=key, server_id=server_id, amount=amount)
                decision = Decision("server grant", str(server_id), before, before + amount)
                await write_decision(conn, origin, decision, now=self._clock())
        return await self._sheet(server_id)

    async def _sheet(self, server_id: int) -> ServerSheet:
        return next(one for one in await self.servers() if one.server_id == server_id)

    def _state(self, server_id: int, *, is_allowed: bool) -> ServerState:
        fixed = self._settings.allowed_servers
        return "allowed" if (server_id in fixed if fixed else is_allowed) else "denied"
