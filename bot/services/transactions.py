"""Transactions: a person's own ledger entries, newest first, in pages or as a file."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import accounts, ledger_entries, purses, staff_actions
from bot.services.owners import find_owner
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.spreadsheets import as_words

PER_PAGE = 10
MOST_IN_FILE = 50_000
"""Entries: some 4 MB, less than any place takes."""

_AT_ONCE = 1000
_BY_STAFF = ("staff", "grant")
_HEADER = ("id", "at", "what", "change", "amount", "purse", "job", "with", "reason")


@dataclass(frozen=True)
class Entry:
    """One ledger entry as it concerns one person; amounts are credits.

    `what` is the beginning of the entry's key, which says what it was for (`daily`, `gift`), or
    the entry's kind where a job is what it was for. `change` is how much more, or less, can be
    spent since; what is taken from a hold changes nothing any more. `purse` is the person's own.
    """

    id: int
    at: datetime
    what: str
    change: int
    amount: int
    purse: str
    job_id: int | None = None
    other_id: int | None = None
    reason: str = ""
    interaction_id: int | None = None


@dataclass(frozen=True)
class EntryPage:
    """Up to ten entries, newest first, and whether there are newer or older ones."""

    entries: tuple[Entry, ...]
    has_newer: bool = False
    has_older: bool = False


@dataclass(frozen=True)
class EntryTurn:
    """A step from a page: to what is older, or newer, than the entry at its edge."""

    entry_id: int
    is_newer: bool


@dataclass(frozen=True)
class EntryFile:
    """Entries as CSV, the newest first; `is_whole` says that none was too many."""

    name: str
    data: bytes
    is_whole: bool


class Transactions:
    """Finds a person's own entries."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db

    async def page(self, origin: Origin, turn: EntryTurn | None = None) -> EntryPage:
        """Return the newest page, or the one that a turn leads to.

        A turn that leads to nothing, or to less than a page of the newest, is the newest page.
        """
        async with self._db.read() as conn:
            own = await _own_purses(conn, origin)
            if not own:
                return EntryPage(())
            page = await _turned(conn, own, turn) if turn else None
            page = page or await _newest(conn, own)
            return replace(page, entries=await _with_reasons(conn, origin, page.entries))

    async def file(self, origin: Origin) -> EntryFile:
        """Return all of a person's entries, or the newest of very many."""
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(_HEADER)
        async with self._db.read() as conn:
            own = await _own_purses(conn, origin)
            count, before, is_whole = 0, None, not own
            while not is_whole and count <= MOST_IN_FILE:
                entries = await _find(conn, own, before=before, limit=_AT_ONCE)
                entries = await _with_reasons(conn, origin, entries)
                rows.writerows(_csv_row(entry) for entry in entries)
                count += len(entries)
                is_whole = len(entries) < _AT_ONCE
                before = entries[-1].id if entries else None
        name = f"transactions-{origin.user_id}.csv"
        return EntryFile(name, text.getvalue().encode(), is_whole=is_whole)


def _csv_row(entry: Entry) -> tuple[object, ...]:
    reason = entry.reason
    return (
        entry.id,
        entry.at.isoformat(timespec="seconds"),
        entry.what,
        entry.change,
        entry.amount,
        entry.purse,
        entry.job_id,
        entry.other_id,
        as_words(reason),
    )


async def _own_purses(conn: AsyncConnection, origin: Origin) -> dict[int, str]:
    account_id = await find_owner(conn, origin)
    rows = await conn.execute(
        sa.select(purses.c.id, purses.c.kind).where(purses.c.account_id == account_id)
    )
    return dict(rows.all())


async def _newest(conn: AsyncConnection, own: dict[int, str]) -> EntryPage:
    found = await _find(conn, own, limit=PER_PAGE + 1)
    return EntryPage(found[:PER_PAGE], has_older=len(found) > PER_PAGE)


async def _turned(conn: AsyncConnection, own: dict[int, str], turn: EntryTurn) -> EntryPage | None:
    if turn.is_newer:
        found = await _find(conn, own, after=turn.entry_id, limit=PER_PAGE + 1)
        if len(found) < PER_PAGE:
            return None
        return EntryPage(found[-PER_PAGE:], has_newer=len(found) > PER_PAGE, has_older=True)
    found = await _find(conn, own, before=turn.entry_id, limit=PER_PAGE + 1)
    if not found:
        return None
    return EntryPage(found[:PER_PAGE], has_newer=True, has_older=len(found) > PER_PAGE)


async def _find(
    conn: AsyncConnection,
    own: dict[int, str],
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int,
) -> tuple[Entry, ...]:
    """Return entries of some purses, newest first: the nearest before or after one, or the last."""
    rows = await conn.execute(entries_of(own, before=before, after=after, limit=limit))
    return tuple(_entry(row, own) for row in rows)


def entries_of(
    purse_ids: Iterable[int], *, before: int | None = None, after: int | None = None, limit: int
) -> sa.Select[*tuple[Any, ...]]:
    """Ask for entries of purses by the ends of their two indexes, however many lie between."""
    entry = ledger_entries.c
    is_rising = after is not None
    nearest: list[sa.Select[tuple[int]]] = []
    for purse_id in purse_ids:
        for end in (entry.debit_purse_id, entry.credit_purse_id):
            ids = sa.select(entry.id).where(end == purse_id)
            if before is not None:
                ids = ids.where(entry.id < before)
            if after is not None:
                ids = ids.where(entry.id > after)
            ids = ids.order_by(entry.id if is_rising else entry.id.desc()).limit(limit)
            nearest.append(sa.select(ids.subquery().c.id))
    every = sa.union(*nearest).subquery()
    chosen = sa.select(every.c.id).order_by(every.c.id if is_rising else every.c.id.desc())
    debit, credit = purses.alias("debit"), purses.alias("credit")
    giver, taker = accounts.alias("giver"), accounts.alias("taker")
    return (
        sa.select(
            ledger_entries,
            giver.c.user_id.label("giver_id"),
            taker.c.user_id.label("taker_id"),
        )
        .join(debit, debit.c.id == entry.debit_purse_id)
        .join(credit, credit.c.id == entry.credit_purse_id)
        .join(giver, giver.c.id == debit.c.account_id)
        .join(taker, taker.c.id == credit.c.account_id)
        .where(entry.id.in_(chosen.limit(limit)))
        .order_by(entry.id.desc())
    )


def _entry(row: sa.Row[Any], own: dict[int, str]) -> Entry:
    came, went = own.get(row.credit_purse_id), own.get(row.debit_purse_id)
    spendable = ("earned", "granted")
    change = row.amount * ((came in spendable) - (went in spendable))
    what, _, rest = row.key.partition(":")
    first = rest.partition(":")[0]
    about = int(first) if first.isascii() and first.isdecimal() else None
    is_gift = row.kind == "transfer"
    return Entry(
        id=row.id,
        at=row.created_at,
        what=row.kind if row.job_id is not None else what,
        change=change,
        amount=row.amount,
        purse=next(purse for purse in (went, came) if purse in spendable)
        if change
        else (came or went or ""),
        job_id=about if what in ("fav", "refund") else row.job_id,
        other_id=(row.giver_id if came else row.taker_id) if is_gift else None,
        interaction_id=about if what in _BY_STAFF else None,
    )


async def _with_reasons(
    conn: AsyncConnection, origin: Origin, entries: Sequence[Entry]
) -> tuple[Entry, ...]:
    """Return entries with what staff gave as reasons; who it was stays out."""
    asked = {entry.interaction_id for entry in entries if entry.interaction_id is not None}
    if not asked:
        return tuple(entries)
    action = staff_actions.c
    found = await conn.execute(
        sa.select(action.interaction_id, action.reason).where(
            action.server_id == origin.server_id, action.interaction_id.in_(asked)
        )
    )
    reasons: dict[int | None, str] = dict(found.all())
    return tuple(replace(entry, reason=reasons.get(entry.interaction_id, "")) for entry in entries)
