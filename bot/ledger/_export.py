"""The book as a table: every entry, in the order it was written."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import ledger_entries, purses

_AT_ONCE = 1000


@dataclass(frozen=True)
class Line:
    """One entry with its purses spelled out; amounts are credits."""

    id: int
    created_at: datetime
    key: str
    part: int
    kind: str
    amount: int
    from_account_id: int
    from_purse: str
    to_account_id: int
    to_purse: str
    job_id: int | None


async def read_lines(conn: AsyncConnection) -> AsyncIterator[Line]:
    """Yield every entry, the oldest first, without keeping them all in memory."""
    debit, credit = purses.alias("debit"), purses.alias("credit")
    query = (
        sa.select(
            ledger_entries.c.id,
            ledger_entries.c.created_at,
            ledger_entries.c.key,
            ledger_entries.c.part,
            ledger_entries.c.kind,
            ledger_entries.c.amount,
            debit.c.account_id,
            debit.c.kind,
            credit.c.account_id,
            credit.c.kind,
            ledger_entries.c.job_id,
        )
        .join(debit, debit.c.id == ledger_entries.c.debit_purse_id)
        .join(credit, credit.c.id == ledger_entries.c.credit_purse_id)
        .order_by(ledger_entries.c.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    async with conn.stream(query) as rows:
        async for row in rows:
            yield Line(*row)
