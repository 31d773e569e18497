"""Servers: what their staff decided, known at once wherever it counts."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import take_turn
from bot.db.tables import server_settings, tiers
from bot.policy import ServerSettings, Tier, best_tier
from bot.services.requests import Origin
from bot.services.resources import Resources

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
"""How late another process learns of a change; the one that made it knows at once."""

_USUAL = ServerSettings()
_TURN = "server settings"


class Servers:
    """Every server's settings and tiers, in memory; the rows are the truth."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._settings: Mapping[int, ServerSettings] = {}
        self._tiers: Mapping[int, Mapping[int, Tier]] = {}
        # Who reads first must not have the last word.
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learn everything before the first request; where others may change it, keep looking."""
        await self.refresh()
        if not self._db.is_sqlite:
            self._task = asyncio.create_task(self._keep_refreshing())

    def stop(self) -> None:
        """Learn no more."""
        if self._task is not None:
            self._task.cancel()

    def of(self, server_id: int) -> ServerSettings:
        """Return a server's settings."""
        return self._settings.get(server_id, _USUAL)

    def all(self) -> Mapping[int, ServerSettings]:
        """Return the settings of every server whose staff changed any."""
        return self._settings

    def tiers_of(self, server_id: int) -> Mapping[int, Tier]:
        """Return a server's tiers by role; the server's own id stands for everybody."""
        return self._tiers.get(server_id, {})

    def tier_of(self, origin: Origin) -> Tier:
        """Return what a person may do."""
        tiers = self.tiers_of(origin.server_id)
        return best_tier(tiers, origin.role_ids, server_id=origin.server_id)

    async def refresh(self) -> None:
        """Read everything that was decided."""
        async with self._turn, self._db.read() as conn:
            chosen = await conn.execute(
                sa.select(server_settings.c.server_id, server_settings.c.chosen)
            )
            settings = {server_id: ServerSettings.read(values) for server_id, values in chosen}
            by_server: dict[int, dict[int, Tier]] = {}
            for row in await conn.execute(sa.select(tiers)):
                by_server.setdefault(row.server_id, {})[row.role_id] = _tier(row.limits)
            self._settings, self._tiers = settings, by_server

    async def write(
        self, conn: AsyncConnection, server_id: int, changes: Mapping[str, Any]
    ) -> tuple[ServerSettings, ServerSettings]:
        """Change settings, checked before by their options; return those before and after.

        In memory they change with `refresh`, which the caller does after the transaction.
        """
        await take_turn(conn, _TURN)
        mine = server_settings.c.server_id == server_id
        chosen = await conn.scalar(sa.select(server_settings.c.chosen).where(mine))
        before = ServerSettings.read(chosen or {})
        after = replace(before, **changes)
        await conn.execute(server_settings.delete().where(mine))
        await conn.execute(
            server_settings.insert().values(
                server_id=server_id, chosen=after.chosen, updated_at=self._clock()
            )
        )
        return before, after

    async def write_tier(
        self, conn: AsyncConnection, server_id: int, role_id: int, tier: Tier | None
    ) -> Tier | None:
        """Set or, with None, remove the tier of a role; return the one of before."""
        await take_turn(conn, _TURN)
        mine = (tiers.c.server_id == server_id) & (tiers.c.role_id == role_id)
        limits = await conn.scalar(sa.select(tiers.c.limits).where(mine))
        await conn.execute(tiers.delete().where(mine))
        if tier is not None:
            await conn.execute(
                tiers.insert().values(
                    server_id=server_id,
                    role_id=role_id,
                    limits=tier.limits,
                    updated_at=self._clock(),
                )
            )
        return _tier(limits) if limits else None

    async def _keep_refreshing(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.refresh()
            except SQLAlchemyError as error:
                log.warning("server settings not read", reason=str(error))


def _tier(limits: Mapping[str, Any]) -> Tier:
    known = {name: value for name, value in limits.items() if name in Tier.__dataclass_fields__}
    return Tier(**known)
