"""Consent: a server's terms, which everybody agrees to before their first picture."""

import hashlib

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import take_turn
from bot.db.tables import consents
from bot.errors import NeedsConsent
from bot.services.gates import Asked
from bot.services.resources import Resources
from bot.services.servers import Servers


class Consents:
    """Knows who agreed to what; a gate for those who did not. Other words are other terms."""

    def __init__(self, resources: Resources, servers: Servers) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._servers = servers

    async def check(self, conn: AsyncConnection, asked: Asked) -> None:
        """Refuse whoever has not agreed to the terms as they are now.

        Raises:
            NeedsConsent: nothing is written.
        """
        needed = self._needed(asked.origin.server_id)
        if needed is None:
            return
        mine = _of(asked.origin.server_id, asked.origin.user_id)
        if await conn.scalar(sa.select(consents.c.terms).where(mine)) != needed.digest:
            raise needed

    async def agree(self, *, server_id: int, user_id: int, digest: str) -> None:
        """Write that somebody agrees; again changes nothing.

        Raises:
            NeedsConsent: these are not the server's terms any more; nothing was written.
        """
        needed = self._needed(server_id)
        if needed is not None and needed.digest != digest:
            raise needed
        mine = _of(server_id, user_id)
        async with self._db.write() as conn:
            # Ten presses of one button come at once.
            await take_turn(conn, f"consent:{server_id}:{user_id}")
            if await conn.scalar(sa.select(consents.c.terms).where(mine)) == digest:
                return
            await conn.execute(consents.delete().where(mine))
            await conn.execute(
                consents.insert().values(
                    server_id=server_id, user_id=user_id, terms=digest, agreed_at=self._clock()
                )
            )

    def _needed(self, server_id: int) -> NeedsConsent | None:
        terms = self._servers.of(server_id).terms
        if not terms:
            return None
        return NeedsConsent(server_id=server_id, terms=terms, digest=_digest(terms))


def _digest(terms: str) -> str:
    """Return the hash that stands for some words; 32 hex digits, to fit into a button."""
    return hashlib.sha256(terms.encode()).hexdigest()[:32]


def _of(server_id: int, user_id: int) -> sa.ColumnElement[bool]:
    return (consents.c.server_id == server_id) & (consents.c.user_id == user_id)
