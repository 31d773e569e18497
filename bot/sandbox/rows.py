"""The bot's jobs and ledger as rows to look at: read-only, the newest, without its secrets."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.sandbox.wire import Json

MOST_ROWS = 50
_PATIENCE_S = 0.2
_NO_DATABASE = "The bot has not made its database yet."

Show = Callable[[str, Any], str | None]
"""Writes the value of a named column for people."""


@dataclass(frozen=True)
class _Table:
    """What is asked of the database, and which columns of the answer may be shown."""

    query: str
    columns: tuple[str, ...]


# Only what is named here leaves this module: a new column, a token above all, does not.
_TABLES: Mapping[str, _Table] = {
    "jobs": _Table(
        "SELECT * FROM jobs ORDER BY id DESC LIMIT ?",
        (
            "id",
            "status",
            "user_id",
            "task",
            "action",
            "model",
            "count",
            "delivered",
            "price",
            "lane",
            "parent_id",
            "is_cancel_requested",
            "failure",
            "failure_text",
            "inputs",
            "created_at",
            "finished_at",
        ),
    ),
    "attempts": _Table(
        "SELECT * FROM attempts ORDER BY id DESC LIMIT ?",
        (
            "id",
            "job_id",
            "provider",
            "endpoint",
            "status",
            "cost_usd_micros",
            "failure_text",
            "created_at",
            "finished_at",
        ),
    ),
    "ledger_entries": _Table(
        "SELECT entry.*, debit.kind AS from_purse, giver.user_id AS from_user_id,"
        " credit.kind AS to_purse, taker.user_id AS to_user_id FROM ledger_entries AS entry"
        " JOIN purses AS debit ON debit.id = entry.debit_purse_id"
        " JOIN accounts AS giver ON giver.id = debit.account_id"
        " JOIN purses AS credit ON credit.id = entry.credit_purse_id"
        " JOIN accounts AS taker ON taker.id = credit.account_id"
        " ORDER BY entry.id DESC LIMIT ?",
        (
            "id",
            "kind",
            "amount",
            "from_user_id",
            "from_purse",
            "to_user_id",
            "to_purse",
            "job_id",
            "key",
            "created_at",
        ),
    ),
    "purses": _Table(
        "SELECT purses.*, accounts.user_id FROM purses"
        " JOIN accounts ON accounts.id = purses.account_id ORDER BY purses.id DESC LIMIT ?",
        ("id", "user_id", "kind", "balance"),
    ),
}


def read_tables(path: Path, show: Show) -> list[Json]:
    """Return every table with its newest rows; one that cannot be read is empty, with a word.

    Blocks for as long as the file does: not for the event loop.
    """
    if not path.exists():
        return [_empty(name, _NO_DATABASE) for name in _TABLES]
    # Read-only, so that looking at the database can never be what breaks it.
    where = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(where, uri=True, timeout=_PATIENCE_S)) as connection:
            return [_read(connection, name, table, show) for name, table in _TABLES.items()]
    except sqlite3.Error as error:
        return [_empty(name, _unreadable(error)) for name in _TABLES]


def _read(connection: sqlite3.Connection, name: str, table: _Table, show: Show) -> Json:
    try:
        cursor = connection.execute(table.query, (MOST_ROWS,))
        found = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
    except sqlite3.Error as error:
        return _empty(name, _unreadable(error))
    places = {column: found.index(column) for column in table.columns if column in found}
    return {
        "name": name,
        "note": "" if rows else "Nothing yet.",
        "columns": list(places),
        "rows": [[show(column, row[place]) for column, place in places.items()] for row in rows],
    }


def _empty(name: str, note: str) -> Json:
    return {"name": name, "note": note, "columns": [], "rows": []}


def _unreadable(error: sqlite3.Error) -> str:
    return f"The bot's database cannot be read just now ({error})."
