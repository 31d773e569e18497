"""The book itself: purses, entries, and the one place that writes either.

The statements are made once and filled in, because making one takes SQLAlchemy longer than the
database needs to carry it out. A verb sends few of them: each is a visit to the database.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError

from bot.db import is_writer, utc_now
from bot.db.tables import accounts, ledger_entries, purses
from bot.errors import InsufficientCredits, LedgerConflict, TreasuryEmpty
from bot.ledger._moves import Account, Entry, Hold, Move, Purse

MAX_AMOUNT = 1_000_000_000
"""The most credits one write may move; sums then stay far inside 64 bits."""

# PostgreSQL's; SQLite has one writer at a time, who has looked.
_UNIQUE_VIOLATION = "23505"

HOST_SERVER_ID = 0
TREASURY_USER_ID = 0

_FIND_ACCOUNT = sa.select(accounts.c.id).where(
    accounts.c.server_id == bindparam("server_id"), accounts.c.user_id == bindparam("user_id")
)
_PURSES = sa.select(
    purses.c.account_id, accounts.c.server_id, purses.c.id, purses.c.kind, purses.c.balance
).join(accounts, accounts.c.id == purses.c.account_id)
_READ_ACCOUNTS = _PURSES.where(
    purses.c.account_id.in_([bindparam("one"), bindparam("other")])
).order_by(purses.c.account_id, purses.c.id)
_READ_TREASURY = _PURSES.where(
    accounts.c.server_id == bindparam("server_id"), accounts.c.user_id == TREASURY_USER_ID
)
_LOCK_ACCOUNTS = _READ_ACCOUNTS.with_for_update(of=purses)
_LOCK_TREASURY = _READ_TREASURY.with_for_update(of=purses)

_KEY = bindparam("key", type_=ledger_entries.c.key.type)
_WRITTEN = sa.select(ledger_entries.c.id).where(ledger_entries.c.key == _KEY)
_READ_ENTRIES = (
    sa.select(*(ledger_entries.c[field.name] for field in fields(Entry)))
    .where(ledger_entries.c.key == _KEY)
    .order_by(ledger_entries.c.part)
)
_READ_HOLD = (
    _READ_ENTRIES.add_columns(accounts.c.id.label("account_id"), accounts.c.server_id)
    .join(purses, purses.c.id == ledger_entries.c.credit_purse_id)
    .join(accounts, accounts.c.id == purses.c.account_id)
)
_COLUMNS = ("key", "part", *(field.name for field in fields(Entry)), "created_at")
# Looks for the key itself: what another transaction wrote while we waited for the purses is seen.
_APPEND_UNLESS_WRITTEN = (
    ledger_entries.insert()
    .from_select(
        _COLUMNS,
        sa.select(
            *(bindparam(name, type_=ledger_entries.c[name].type).label(name) for name in _COLUMNS)
        ).where(~_WRITTEN.exists()),
        include_defaults=False,
    )
    .execution_options(preserve_rowcount=True)
)
_APPEND = ledger_entries.insert()
# Relative, so that an overlapping transaction cannot write a stale sum over ours; the table's
# check refuses what would go below zero.
_CHANGE_BALANCE = (
    purses.update()
    .where(purses.c.id == bindparam("purse_id"))
    .values(balance=purses.c.balance + bindparam("delta"))
)


def find_purses(conn: sa.Connection, *, server_id: int, user_id: int) -> int | None:
    """Return the account of a person in a server, if they have one."""
    return conn.scalar(_FIND_ACCOUNT, {"server_id": server_id, "user_id": user_id})


def open_purses(conn: sa.Connection, *, server_id: int, user_id: int, kinds: Sequence[str]) -> int:
    found = find_purses(conn, server_id=server_id, user_id=user_id)
    if found is not None:
        return found
    try:
        # A savepoint, because on PostgreSQL a refused row ends the whole transaction.
        with conn.begin_nested():
            return _insert_account(conn, server_id, user_id, kinds)
    except IntegrityError:
        # Another process opened it between our look and our write; it has committed by now.
        found = find_purses(conn, server_id=server_id, user_id=user_id)
        if found is None:
            raise
        return found


def _insert_account(conn: sa.Connection, server_id: int, user_id: int, kinds: Sequence[str]) -> int:
    opened = conn.execute(
        accounts.insert()
        .values(server_id=server_id, user_id=user_id, opened_at=utc_now())
        .returning(accounts.c.id)
    )
    account_id = opened.scalar_one()
    conn.execute(purses.insert(), [{"account_id": account_id, "kind": kind} for kind in kinds])
    return account_id


def read_account(conn: sa.Connection, account_id: int) -> Account:
    """Return one account; a writer locks its purses until its transaction ends."""
    return read_accounts(conn, account_id, account_id)[account_id]


def read_accounts(conn: sa.Connection, one: int, other: int) -> dict[int, Account]:
    """Return two accounts; a writer locks their purses, in one order whoever is named first."""
    query = _LOCK_ACCOUNTS if is_writer(conn) else _READ_ACCOUNTS
    found: dict[int, Account] = {}
    for account_id, server_id, *purse in conn.execute(query, {"one": one, "other": other}):
        account = found.setdefault(account_id, Account(server_id, {}))
        opened = Purse(*purse)
        account.purses[opened.kind] = opened
    return found


def find_treasury(conn: sa.Connection, server_id: int) -> Purse | None:
    """Return a server's treasury, if it is open; a writer locks it until its transaction ends."""
    query = _LOCK_TREASURY if is_writer(conn) else _READ_TREASURY
    row = conn.execute(query, {"server_id": server_id}).first()
    return None if row is None else Purse(row.id, row.kind, row.balance)


def treasury_purse(conn: sa.Connection, server_id: int) -> Purse:
    """Return a server's treasury, opened when it is new; the host's is the bank."""
    found = find_treasury(conn, server_id)
    if found is not None:
        return found
    kind = "bank" if server_id == HOST_SERVER_ID else "funds"
    account_id = open_purses(conn, server_id=server_id, user_id=TREASURY_USER_ID, kinds=(kind,))
    return read_account(conn, account_id).purses[kind]


def is_key_used(conn: sa.Connection, key: str) -> bool:
    """Whether a write with this key happened."""
    return conn.scalar(_WRITTEN.limit(1), {"key": key}) is not None


def carry_out(
    conn: sa.Connection,
    *,
    key: str,
    move: Move,
    refusal: type[InsufficientCredits | TreasuryEmpty],
) -> None:
    """Move credits, once per key.

    Raises:
        InsufficientCredits, TreasuryEmpty: whichever `refusal` is; nothing was written.
        LedgerConflict: `key` was used before with other content.
    """
    if move.amount <= move.available:
        append(conn, key=key, entries=move.draw(), is_same=move.made)
    # It may be here already, and the purses hold too little for a second time.
    elif not _is_repeat(conn, key, move.made):
        raise refusal(needed=move.amount, available=move.available)


def append(
    conn: sa.Connection,
    *,
    key: str,
    entries: Sequence[Entry],
    is_same: Callable[[list[Entry]], bool],
) -> None:
    """Append entries and move their amounts, once per key.

    `is_same` tells whether what the key was used for before is what is asked for now.

    Raises:
        LedgerConflict: it is not; nothing was written. Or another transaction used the key
            meanwhile, for something else; ours can only be rolled back.
    """
    now = utc_now()
    first, *others = (
        {"key": key, "part": part, "created_at": now, **vars(entry)}
        for part, entry in enumerate(entries)
    )
    try:
        appended = conn.execute(_APPEND_UNLESS_WRITTEN, first)
        if appended.rowcount == 0:
            _is_repeat(conn, key, is_same)
            return
        if others:
            conn.execute(_APPEND, others)
    except IntegrityError as error:
        # The same content would have waited for the same purses, and found the key used.
        if getattr(error.orig, "sqlstate", None) != _UNIQUE_VIOLATION:
            raise
        raise LedgerConflict(f"{key}: written meanwhile with other content") from None
    _change_balances(conn, entries)


def _is_repeat(conn: sa.Connection, key: str, is_same: Callable[[list[Entry]], bool]) -> bool:
    """Whether this very write happened before.

    Raises:
        LedgerConflict: `key` was used before with other content.
    """
    found = conn.execute(_READ_ENTRIES, {"key": key})
    written = [Entry(*row) for row in found]
    if written and not is_same(written):
        raise LedgerConflict(f"{key}: written before with other content")
    return bool(written)


def _change_balances(conn: sa.Connection, entries: Sequence[Entry]) -> None:
    deltas: Counter[int] = Counter()
    for entry in entries:
        deltas[entry.debit_purse_id] -= entry.amount
        deltas[entry.credit_purse_id] += entry.amount
    changes = [{"purse_id": purse_id, "delta": delta} for purse_id, delta in deltas.items()]
    conn.execute(_CHANGE_BALANCE, changes)


def read_hold(conn: sa.Connection, hold_key: str) -> Hold:
    """Return what a hold reserved, and from where.

    Raises:
        LedgerConflict: there is no such hold.
    """
    rows = conn.execute(_READ_HOLD, {"key": hold_key}).all()
    if not rows or {row.kind for row in rows} != {"hold"}:
        raise LedgerConflict(f"{hold_key}: there is no such hold")
    first = rows[0]
    return Hold(
        purse_id=first.credit_purse_id,
        account_id=first.account_id,
        server_id=first.server_id,
        job_id=first.job_id,
        amount=sum(row.amount for row in rows),
        parts=tuple((row.debit_purse_id, row.amount) for row in rows),
    )
