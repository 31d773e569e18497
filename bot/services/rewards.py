"""Rewards: what a server gives for the first picture of a day, and for favourites received.

They come from the server's treasury. One that is empty, or a frozen account, gets none, and what
they are for happens all the same.
"""

from contextlib import suppress
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.catalog import WORD_TASKS
from bot.db.tables import ledger_entries, purses
from bot.errors import TreasuryEmpty
from bot.jobs import SHOWN_ONLY, Job
from bot.services.accounts import is_frozen
from bot.services.days import day_start
from bot.services.resources import Resources
from bot.services.servers import Servers

_AT_ONCE = 100
_FAVOURITE = "fav:"


class Rewards:
    """Gives rewards in the transaction that does what they are for."""

    def __init__(self, resources: Resources, servers: Servers) -> None:
        self._clock = resources.clock
        self._servers = servers

    async def first_picture(self, conn: AsyncConnection, job: Job) -> None:
        """Reward a person's first delivered picture of the UTC day; later ones do nothing."""
        amount = self._servers.of(job.server_id).reward_first_picture
        is_made = job.task not in WORD_TASKS and job.action not in SHOWN_ONLY
        if not (amount and is_made and job.delivered):
            return
        key = f"first:{job.account_id}:{self._clock():%Y-%m-%d}"
        await _give(conn, key, job.account_id, amount)

    async def favourite(
        self, conn: AsyncConnection, job: Job, number: int, *, giver_account_id: int
    ) -> None:
        """Reward the maker of a picture that somebody else marked.

        Once for each person and picture, also when the mark is taken back and made again, and so
        many times a day as the server says.
        """
        settings = self._servers.of(job.server_id)
        if not settings.reward_favourite or giver_account_id == job.account_id:
            return
        # Locks the purses, so that two marks at once are counted one after the other.
        await ledger.read_funds(conn, job.account_id)
        since = day_start(self._clock())
        rewarded = await _favourites_since(conn, job.account_id, since)
        if rewarded < settings.reward_favourites_a_day:
            key = f"{_FAVOURITE}{job.id}:{number}:{giver_account_id}"
            await _give(conn, key, job.account_id, settings.reward_favourite)


async def _give(conn: AsyncConnection, key: str, account_id: int, amount: int) -> None:
    await ledger.read_funds(conn, account_id)
    # The amount may have changed since; the first one stands.
    if await ledger.is_written(conn, key) or await is_frozen(conn, account_id):
        return
    with suppress(TreasuryEmpty):
        await ledger.grant(conn, key=key, account_id=account_id, purse="earned", amount=amount)


async def _favourites_since(conn: AsyncConnection, account_id: int, since: datetime) -> int:
    """Count rewarded favourites since a moment, reading no entry that is much older."""
    purse_id = await conn.scalar(
        sa.select(purses.c.id).where(purses.c.account_id == account_id, purses.c.kind == "earned")
    )
    entry = ledger_entries.c
    query = sa.select(entry.id, entry.key, entry.created_at).where(
        entry.credit_purse_id == purse_id
    )
    query = query.order_by(entry.id.desc()).limit(_AT_ONCE)
    count, page = 0, (await conn.execute(query)).all()
    while page:
        today = [row for row in page if row.created_at >= since]
        count += sum(row.key.startswith(_FAVOURITE) for row in today)
        if len(today) < _AT_ONCE:
            break
        page = (await conn.execute(query.where(entry.id < page[-1].id))).all()
    return count
