"""The book itself: purses, entries, and the one place that writes either."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import is_writer, utc_now
from bot.db.tables import accounts, ledger_entries, purses
from bot.errors import LedgerConflict

MAX_AMOUNT = 1_000_000_000
"""The most credits one write may move; sums then stay far inside 64 bits."""

# PostgreSQL's; SQLite has one writer at a time, who has looked.
_UNIQUE_VIOLATION = "23505"

HOST_SERVER_ID = 0
TREASURY_USER_ID = 0


@dataclass(frozen=True)
class Entry:
    """One row: an amount that leaves the debit purse and arrives in the credit purse."""

    kind: str
    debit_purse_id: int
    credit_purse_id: int
    amount: int
    job_id: int | None = None


@dataclass(frozen=True)
class Move:
    """What a verb is asked for, before it is known which purse gives how much of it."""

    kind: str
    amount: int
    debits: frozenset[int]
    credits: frozenset[int]
    job_id: int | None = None

    def made(self, entries: Sequence[Entry]) -> bool:
        """Whether these entries are what was asked for."""
        return sum(entry.amount for entry in entries) == self.amount and all(
            (entry.kind, entry.job_id) == (self.kind, self.job_id)
            and entry.debit_purse_id in self.debits
            and entry.credit_purse_id in self.credits
            for entry in entries
        )


@dataclass(frozen=True)
class Purse:
    """One of an account's purses and what is in it, in credits."""

    id: int
    kind: str
    amount: int


@dataclass(frozen=True)
class Hold:
    """A reservation: the purse it waits in, and the purses it came from."""

    purse_id: int
    account_id: int
    server_id: int
    job_id: int | None
    amount: int
    parts: tuple[tuple[int, int], ...]


async def find_account(conn: AsyncConnection, *, server_id: int, user_id: int) -> int | None:
    """Return the account of a person in a server, if they have one."""
    return await conn.scalar(
        sa.select(accounts.c.id).where(
            accounts.c.server_id == server_id, accounts.c.user_id == user_id
        )
    )


async def open_purses(
    conn: AsyncConnection, *, server_id: int, user_id: int, kinds: Sequence[str]
) -> int:
    found = await find_account(conn, server_id=server_id, user_id=user_id)
    if found is not None:
        return found
    try:
        # A savepoint, because on PostgreSQL a refused row ends the whole transaction.
        async with conn.begin_nested():
            return await _insert_account(conn, server_id, user_id, kinds)
    except IntegrityError:
        # Another process opened it between our look and our write; it has committed by now.
        found = await find_account(conn, server_id=server_id, user_id=user_id)
        if found is None:
            raise
        return found


async def _insert_account(
    conn: AsyncConnection, server_id: int, user_id: int, kinds: Sequence[str]
) -> int:
    opened = await conn.execute(
        accounts.insert()
        .values(server_id=server_id, user_id=user_id, opened_at=utc_now())
        .returning(accounts.c.id)
    )
    account_id = opened.scalar_one()
    await conn.execute(
        purses.insert(), [{"account_id": account_id, "kind": kind} for kind in kinds]
    )
    return account_id


async def read_purses(conn: AsyncConnection, account_id: int) -> dict[str, Purse]:
    """Return an account's purses by kind; a writer locks them until its transaction ends."""
    query = (
        sa.select(purses.c.id, purses.c.kind, purses.c.balance)
        .where(purses.c.account_id == account_id)
        .order_by(purses.c.id)
    )
    rows = await conn.execute(query.with_for_update() if is_writer(conn) else query)
    return {row.kind: Purse(row.id, row.kind, row.balance) for row in rows}


async def bank_purse(conn: AsyncConnection) -> Purse:
    account_id = await open_purses(
        conn, server_id=HOST_SERVER_ID, user_id=TREASURY_USER_ID, kinds=("bank",)
    )
    return (await read_purses(conn, account_id))["bank"]


async def treasury_purse(conn: AsyncConnection, server_id: int) -> Purse:
    account_id = await open_purses(
        conn, server_id=server_id, user_id=TREASURY_USER_ID, kinds=("funds",)
    )
    return (await read_purses(conn, account_id))["funds"]


async def server_of(conn: AsyncConnection, account_id: int) -> int:
    found = await conn.execute(sa.select(accounts.c.server_id).where(accounts.c.id == account_id))
    return found.scalar_one()


async def is_repeat(conn: AsyncConnection, key: str, move: Move) -> bool:
    """Whether this very write happened before.

    Asked before the purses are drawn from: by now they may hold too little for a second time.

    Raises:
        LedgerConflict: `key` was used before with other content.
    """
    assert 0 < move.amount <= MAX_AMOUNT, move
    written = await _read_entries(conn, key)
    if written and not move.made(written):
        raise LedgerConflict(f"{key}: written before with other content")
    return bool(written)


async def write(conn: AsyncConnection, *, key: str, entries: list[Entry]) -> None:
    """Append entries and move their amounts, once per key.

    Raises:
        LedgerConflict: `key` was used before with other content; nothing was written.
    """
    written = await _read_entries(conn, key)
    if not written:
        await append(conn, key=key, entries=entries)
    elif written != entries:
        raise LedgerConflict(f"{key}: written before with other content")


async def append(conn: AsyncConnection, *, key: str, entries: list[Entry]) -> None:
    """Append entries under a key that the caller has just found unused.

    Raises:
        LedgerConflict: another transaction used it meanwhile, for something else; ours can only
            be rolled back.
    """
    assert entries, key
    now = utc_now()
    rows = [
        {"key": key, "part": part, "created_at": now, **asdict(entry)}
        for part, entry in enumerate(entries)
    ]
    try:
        await conn.execute(ledger_entries.insert(), rows)
    except IntegrityError as error:
        # The same content would have waited for the same purses, and found the key used.
        if getattr(error.orig, "sqlstate", None) != _UNIQUE_VIOLATION:
            raise
        raise LedgerConflict(f"{key}: written meanwhile with other content") from None
    await _change_balances(conn, entries)


async def _change_balances(conn: AsyncConnection, entries: list[Entry]) -> None:
    deltas: Counter[int] = Counter()
    for entry in entries:
        deltas[entry.debit_purse_id] -= entry.amount
        deltas[entry.credit_purse_id] += entry.amount
    # Relative, so that an overlapping transaction cannot write a stale sum over ours; the
    # table's check refuses what would go below zero.
    await conn.execute(
        purses.update()
        .where(purses.c.id.in_(deltas))
        .values(balance=purses.c.balance + sa.case(deltas, value=purses.c.id))
    )


async def _read_entries(conn: AsyncConnection, key: str) -> list[Entry]:
    columns = (ledger_entries.c[field.name] for field in fields(Entry))
    found = await conn.execute(
        sa.select(*columns).where(ledger_entries.c.key == key).order_by(ledger_entries.c.part)
    )
    return [Entry(*row) for row in found]


async def read_hold(conn: AsyncConnection, hold_key: str) -> Hold:
    """Return what a hold reserved, and from where.

    Raises:
        LedgerConflict: there is no such hold.
    """
    entries = await _read_entries(conn, hold_key)
    if not entries or {entry.kind for entry in entries} != {"hold"}:
        raise LedgerConflict(f"{hold_key}: there is no such hold")
    first = entries[0]
    found = await conn.execute(
        sa.select(accounts.c.id, accounts.c.server_id)
        .join(purses, purses.c.account_id == accounts.c.id)
        .where(purses.c.id == first.credit_purse_id)
    )
    account_id, server_id = found.one()
    return Hold(
        purse_id=first.credit_purse_id,
        account_id=account_id,
        server_id=server_id,
        job_id=first.job_id,
        amount=sum(entry.amount for entry in entries),
        parts=tuple((entry.debit_purse_id, entry.amount) for entry in entries),
    )
