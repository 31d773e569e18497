"""The audit of a server's credits: what staff did and what the ledger says, side by side."""

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import accounts, ledger_entries, purses, staff_actions
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.spreadsheets import as_words
from bot.services.staff_credits import check_staff

PER_PAGE = 10
USUAL_DAYS = 30
MOST_DAYS = 366
MOST_IN_FILE = 50_000


@dataclass(frozen=True)
class Audited:
    """What is looked at: one person or, with 0, the server's treasury; so many days back."""

    user_id: int = 0
    days: int = USUAL_DAYS


@dataclass(frozen=True)
class AuditLine:
    """A deed of staff, or an entry of the ledger.

    `what` is the deed or the entry's kind, `by` who did it or gave it and `whom` it was done or
    given to, 0 for nobody. Of entries only: `change` is how much more, or less, that person can
    spend since; what is charged from a hold changes nothing any more.
    """

    at: datetime
    source: Literal["staff", "ledger"]
    id: int
    what: str
    by: int
    whom: int
    amount: int | None
    change: int | None
    before: str
    after: str
    reason: str
    key: str


@dataclass(frozen=True)
class AuditPage:
    """Up to ten lines, the newest first."""

    audited: Audited
    number: int
    lines: tuple[AuditLine, ...]
    has_older: bool


class CreditsAudit:
    """Looks back for a server's staff."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._clock = resources.clock

    async def page(self, origin: Origin, audited: Audited, number: int = 0) -> AuditPage:
        """Return one page of what happened; `number` counts from the newest, 0.

        Raises:
            NotPermitted: who asks is no staff.
        """
        check_staff(origin)
        start = number * PER_PAGE
        lines = await self._lines(origin, audited, start + PER_PAGE + 1)
        shown = lines[start : start + PER_PAGE]
        return AuditPage(audited, number, tuple(shown), has_older=len(lines) > start + PER_PAGE)

    async def file(self, origin: Origin, audited: Audited) -> bytes:
        """Return everything as CSV, the newest first, `MOST_IN_FILE` lines at most.

        Raises:
            NotPermitted: who asks is no staff.
        """
        check_staff(origin)
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(field.name for field in fields(AuditLine))
        for line in await self._lines(origin, audited, MOST_IN_FILE):
            rows.writerow([_cell(value) for value in astuple(line)])
        return text.getvalue().encode()

    async def _lines(self, origin: Origin, audited: Audited, limit: int) -> Sequence[AuditLine]:
        days = min(max(1, audited.days), MOST_DAYS)
        since = self._clock() - timedelta(days=days)
        async with self._db.read() as conn:
            deeds = await _deeds(conn, origin.server_id, audited.user_id, since, limit)
            entries = await _entries(conn, origin.server_id, audited.user_id, since, limit)
        lines = [*deeds, *entries]
        lines.sort(key=lambda line: (line.at, line.source, line.id), reverse=True)
        return lines[:limit]


async def _deeds(
    conn: AsyncConnection, server_id: int, user_id: int, since: datetime, limit: int
) -> list[AuditLine]:
    deed = staff_actions.c
    query = sa.select(
        deed.created_at,
        deed.id,
        deed.action,
        deed.staff_id,
        deed.target_id,
        deed.before,
        deed.after,
        deed.reason,
    ).where(deed.server_id == server_id, deed.created_at >= since, _is_about_credits())
    if user_id:
        query = query.where(deed.target_id == user_id)
    rows = await conn.execute(query.order_by(deed.id.desc()).limit(limit))
    return [
        AuditLine(at, "staff", number, what, by, whom, None, None, before, after, reason, "")
        for at, number, what, by, whom, before, after, reason in rows
    ]


def _is_about_credits() -> sa.ColumnElement[bool]:
    return sa.or_(
        *(staff_actions.c.action.startswith(word) for word in ("credits", "stipend", "tier"))
    )


async def _entries(
    conn: AsyncConnection, server_id: int, user_id: int, since: datetime, limit: int
) -> list[AuditLine]:
    """Return a person's entries or, of a treasury, those that are about no job."""
    entry = ledger_entries.c
    found = await conn.scalars(
        sa.select(purses.c.id)
        .join(accounts, accounts.c.id == purses.c.account_id)
        .where(accounts.c.server_id == server_id, accounts.c.user_id == user_id)
    )
    own = list(found)
    debit, credit = purses.alias("debit"), purses.alias("credit")
    giver, taker = accounts.alias("giver"), accounts.alias("taker")
    query = (
        sa.select(
            ledger_entries,
            giver.c.user_id.label("giver_id"),
            taker.c.user_id.label("taker_id"),
            debit.c.kind.label("given_from"),
            credit.c.kind.label("taken_into"),
        )
        .join(debit, debit.c.id == entry.debit_purse_id)
        .join(credit, credit.c.id == entry.credit_purse_id)
        .join(giver, giver.c.id == debit.c.account_id)
        .join(taker, taker.c.id == credit.c.account_id)
        .where(
            entry.debit_purse_id.in_(own) | entry.credit_purse_id.in_(own),
            entry.created_at >= since,
        )
    )
    if not user_id:
        query = query.where(entry.job_id.is_(None))
    rows = await conn.execute(query.order_by(entry.id.desc()).limit(limit))
    return [_entry(row, user_id) for row in rows]


def _entry(row: sa.Row[tuple[object, ...]], user_id: int) -> AuditLine:
    # A treasury's entries are told from the side of the person at their other end.
    whom = user_id or row.taker_id or row.giver_id
    came = row.taker_id == whom and row.taken_into != "held"
    went = row.giver_id == whom and row.given_from != "held"
    what = row.kind if row.job_id is None else f"{row.kind} for job #{row.job_id}"
    return AuditLine(
        at=row.created_at,
        source="ledger",
        id=row.id,
        what=what,
        by=row.giver_id if row.taker_id == whom else row.taker_id,
        whom=whom,
        amount=row.amount,
        change=row.amount * (came - went),
        before="",
        after="",
        reason="",
        key=row.key,
    )


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return as_words(value) if isinstance(value, str) else value
