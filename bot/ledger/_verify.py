"""Proof: recompute everything from the entries."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import ledger_entries, purses


async def verify(conn: AsyncConnection) -> list[str]:
    """Recompute everything from the entries; return what is wrong, one line each."""
    return [
        *await _verify_balances(conn),
        *await _verify_holds(conn),
    ]


async def _verify_balances(conn: AsyncConnection) -> list[str]:
    incoming = _sum_by(ledger_entries.c.credit_purse_id, "incoming")
    outgoing = _sum_by(ledger_entries.c.debit_purse_id, "outgoing")
    computed = sa.func.coalesce(incoming.c.total, 0) - sa.func.coalesce(outgoing.c.total, 0)
    rows = await conn.execute(
        sa.select(purses.c.id, purses.c.kind, purses.c.balance, computed.label("computed"))
        .outerjoin(incoming, incoming.c.purse_id == purses.c.id)
        .outerjoin(outgoing, outgoing.c.purse_id == purses.c.id)
    )
    wrong: list[str] = []
    total = 0
    for row in rows:
        total += row.balance
        if row.balance != row.computed:
            wrong.append(
                f"purse {row.id} ({row.kind}) says {row.balance}, its entries {row.computed}"
            )
        if row.balance < 0 and row.kind != "bank":
            wrong.append(f"purse {row.id} ({row.kind}) is below zero: {row.balance}")
    if total != 0:
        wrong.append(f"all balances together are {total}, not 0")
    return wrong


async def _verify_holds(conn: AsyncConnection) -> list[str]:
    """Compare each hold with its resolution; an open hold is fine."""
    resolved = ledger_entries.alias("resolved")
    held = (
        sa.select(ledger_entries.c.key, sa.func.sum(ledger_entries.c.amount).label("amount"))
        .where(ledger_entries.c.kind == "hold")
        .group_by(ledger_entries.c.key)
        .subquery()
    )
    rows = await conn.execute(
        sa.select(held.c.key, held.c.amount, sa.func.sum(resolved.c.amount).label("resolved"))
        .join(resolved, resolved.c.key == held.c.key + ":resolved")
        .group_by(held.c.key, held.c.amount)
        .having(sa.func.sum(resolved.c.amount) != held.c.amount)
    )
    wrong = [f"hold {row.key} of {row.amount} was resolved with {row.resolved}" for row in rows]
    strays = await conn.execute(
        sa.select(resolved.c.key)
        .distinct()
        .where(
            resolved.c.kind.in_(("capture", "release")),
            resolved.c.key.not_in(sa.select(held.c.key + ":resolved")),
        )
    )
    return wrong + [f"{row.key} resolves no hold" for row in strays]


def _sum_by(column: sa.Column[int], name: str) -> sa.Subquery:
    return (
        sa.select(column.label("purse_id"), sa.func.sum(ledger_entries.c.amount).label("total"))
        .group_by(column)
        .subquery(name)
    )
