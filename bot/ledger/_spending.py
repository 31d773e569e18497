"""Spending: what went through an account, or a server's treasury, since a moment."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import accounts, ledger_entries, purses
from bot.ledger._book import TREASURY_USER_ID

_SUM = sa.func.coalesce(sa.func.sum(ledger_entries.c.amount), 0)


@dataclass(frozen=True)
class Flow:
    """What a treasury gave to people, got back for finished jobs, and was filled with.

    What staff took back counts against what was given.
    """

    given: int
    captured: int
    filled: int


async def last_before(conn: AsyncConnection, moment: datetime) -> int:
    """Return the id of the last entry that was written before a moment; 0 when there is none.

    It walks back over what was written since, so whoever asks often remembers the answer.
    """
    query = (
        sa.select(ledger_entries.c.id)
        .where(ledger_entries.c.created_at < moment)
        .order_by(ledger_entries.c.id.desc())
        .limit(1)
    )
    return await conn.scalar(query) or 0


async def spent_after(conn: AsyncConnection, account_id: int, entry_id: int) -> int:
    """Return what was held for an account's jobs after an entry and was not given back.

    What is charged by now and what is still held count alike.
    """
    purse_id = _purse(accounts.c.id == account_id, "held")
    held = (
        sa.select(ledger_entries.c.job_id, ledger_entries.c.amount)
        .where(
            ledger_entries.c.credit_purse_id == purse_id,
            ledger_entries.c.kind == "hold",
            ledger_entries.c.id > entry_id,
        )
        .cte("held")
    )
    total = sa.select(sa.func.coalesce(sa.func.sum(held.c.amount), 0)).scalar_subquery()
    released = (
        sa.select(_SUM)
        .where(
            ledger_entries.c.debit_purse_id == purse_id,
            ledger_entries.c.kind == "release",
            ledger_entries.c.id > entry_id,
            # What was held before and is given back today was never part of today's.
            ledger_entries.c.job_id.in_(sa.select(held.c.job_id)),
        )
        .scalar_subquery()
    )
    # PostgreSQL sums whole numbers into its decimal type.
    return int(await conn.scalar(sa.select(total - released)) or 0)


async def treasury_flow(conn: AsyncConnection, server_id: int, *, after: int) -> Flow:
    """Return what went through a server's treasury after an entry."""
    purse_id = _purse(_is_treasury(server_id), "funds")
    is_later = ledger_entries.c.id > after
    given = await conn.scalar(
        sa.select(_SUM).where(ledger_entries.c.debit_purse_id == purse_id, is_later)
    )
    rows = await conn.execute(
        sa.select(ledger_entries.c.kind, _SUM)
        .where(ledger_entries.c.credit_purse_id == purse_id, is_later)
        .group_by(ledger_entries.c.kind)
    )
    came = {kind: int(total) for kind, total in rows}
    return Flow(
        given=int(given or 0) - came.get("adjust", 0),
        captured=came.get("capture", 0),
        filled=came.get("grant", 0),
    )


async def held_in(conn: AsyncConnection, server_id: int) -> int:
    """Return what is held for the jobs of a server that are not over."""
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(purses.c.balance), 0))
        .join(accounts, accounts.c.id == purses.c.account_id)
        .where(accounts.c.server_id == server_id, purses.c.kind == "held")
    )
    return int(await conn.scalar(query) or 0)


def _is_treasury(server_id: int) -> sa.ColumnElement[bool]:
    return (accounts.c.server_id == server_id) & (accounts.c.user_id == TREASURY_USER_ID)


def _purse(is_its: sa.ColumnElement[bool], kind: str) -> sa.ScalarSelect[int]:
    return (
        sa.select(purses.c.id)
        .join(accounts, accounts.c.id == purses.c.account_id)
        .where(is_its, purses.c.kind == kind)
        .scalar_subquery()
    )
