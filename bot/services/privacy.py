"""Privacy: everything stored about a person in a server, handed over or deleted."""

import asyncio
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.db.tables import (
    accounts,
    asks,
    favourites,
    ledger_entries,
    preferences,
    presets,
    purses,
    staff_actions,
)
from bot.errors import ExportTooLarge, WorkUnderWay
from bot.jobs import Attempt, Job, Picture
from bot.services.dealings import dealings_of, forget_dealings
from bot.services.owners import find_owner, lock
from bot.services.preferences import read_preferences
from bot.services.presets import read_presets
from bot.services.requests import Origin
from bot.services.resources import Resources

ZIPPED_ABOVE_BYTES = 1_000_000
SAFE_LIMIT_BYTES = 10 * 1024 * 1024
"""What every place takes, direct messages too."""

_AMONG_STAFF = ("note", "dismiss report")
"""Deeds that the person they are about is not told of."""

# What a job's row says about the person; tokens, runners and keys are the machine's own.
_JOB_FIELDS = (
    "id", "created_at", "started_at", "finished_at", "action", "parent_id", "parent_picture",
    "status", "failure", "failure_text", "model", "task", "inputs", "answer", "count", "delivered",
    "price", "lane", "is_private", "locale",
)  # fmt: skip


@dataclass(frozen=True)
class Export:
    """One file with everything: JSON, or a ZIP with the JSON in it."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Holdings:
    """How much of a person there is to delete."""

    jobs: int = 0
    pictures: int = 0
    presets: int = 0
    favourites: int = 0


class Privacy:
    """Hands over and deletes what is stored about a person in one server."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._clock = resources.clock

    async def export(self, origin: Origin) -> Export:
        """Return everything stored about a person: no secret, and nobody else's data.

        Raises:
            ExportTooLarge: it does not fit where it is to go, not even zipped.
        """
        async with self._db.read() as conn:
            account_id = await find_owner(conn, origin)
            told: dict[str, Any] = {
                "server_id": str(origin.server_id),
                "user_id": str(origin.user_id),
                "exported_at": self._clock(),
            }
            if account_id is not None:
                told |= await _everything(conn, account_id)
                told["moderation"] = await _moderation(conn, origin)
                told["asked"] = await _asked(conn, origin)
                told |= await dealings_of(conn, origin, account_id)
        # A long history takes a while to write down and to zip.
        export = await asyncio.to_thread(_packed, told, f"atelier-{origin.user_id}")
        limit_bytes = min(origin.file_limit_bytes, SAFE_LIMIT_BYTES)
        if len(export.data) > limit_bytes:
            raise ExportTooLarge(size_bytes=len(export.data), limit_bytes=limit_bytes)
        return export

    async def holdings(self, origin: Origin) -> Holdings:
        """Count what `forget` would delete.

        Raises:
            WorkUnderWay: a job of theirs is not over.
        """
        async with self._db.read() as conn:
            account_id = await find_owner(conn, origin)
            return Holdings() if account_id is None else await _holdings(conn, account_id)

    async def forget(self, origin: Origin) -> Holdings:
        """Delete a person's words, pictures and choices in one transaction; return how much.

        Rows of jobs and of the ledger stay, with ids and numbers only. Again does nothing.

        Raises:
            WorkUnderWay: a job of theirs is not over; nothing was deleted.
        """
        async with self._db.write() as conn:
            account_id = await find_owner(conn, origin)
            if account_id is None:
                return Holdings()
            await lock(conn, account_id)
            gone = await _holdings(conn, account_id)
            for table in (preferences, presets, favourites):
                await conn.execute(table.delete().where(table.c.account_id == account_id))
            await conn.execute(asks.delete().where(_is_asked(origin)))
            await forget_dealings(conn, origin, account_id)
            await jobs.forget(conn, account_id)
            return gone


async def _holdings(conn: AsyncConnection, account_id: int) -> Holdings:
    if await jobs.active_of(conn, account_id):
        raise WorkUnderWay
    counts: dict[str, int] = {}
    for table in (presets, favourites):
        count = sa.select(sa.func.count()).where(table.c.account_id == account_id)
        counts[table.name] = (await conn.execute(count)).scalar_one()
    told = [job for job in await jobs.all_of(conn, account_id) if not jobs.is_forgotten(job)]
    pictures = await jobs.pictures_of(conn, account_id)
    return Holdings(jobs=len(told), pictures=len(pictures), **counts)


async def _everything(conn: AsyncConnection, account_id: int) -> dict[str, Any]:
    opened_at = await conn.scalar(
        sa.select(accounts.c.opened_at).where(accounts.c.id == account_id)
    )
    return {
        "account": {"opened_at": opened_at, "purses": await _purses(conn, account_id)},
        "ledger": await _ledger(conn, account_id),
        "preferences": asdict(await read_preferences(conn, account_id)),
        "presets": [asdict(preset) for preset in await read_presets(conn, account_id)],
        "favourites": await _rows(
            conn,
            sa.select(favourites.c.job_id, favourites.c.number, favourites.c.created_at)
            .where(favourites.c.account_id == account_id)
            .order_by(favourites.c.created_at),
        ),
        "jobs": await _jobs(conn, account_id),
    }


async def _jobs(conn: AsyncConnection, account_id: int) -> list[dict[str, Any]]:
    attempts: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for attempt in await jobs.attempts_of(conn, account_id):
        attempts[attempt.job_id].append(_attempt(attempt))
    pictures: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for job_id, picture in await jobs.pictures_of(conn, account_id):
        pictures[job_id].append(_picture(picture))
    return [
        {**_job(job), "attempts": attempts[job.id], "pictures": pictures[job.id]}
        for job in await jobs.all_of(conn, account_id)
    ]


def _job(job: Job) -> dict[str, Any]:
    whole = asdict(job)
    link = f"https://discord.com/channels/{job.server_id}/{job.channel_id}/{job.message_id}"
    return {
        **{name: whole[name] for name in _JOB_FIELDS},
        "charged": job.charged,
        "message": link if job.message_id else None,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "provider": attempt.provider,
        "status": attempt.status,
        "created_at": attempt.created_at,
        "finished_at": attempt.finished_at,
    }


def _picture(picture: Picture) -> dict[str, Any]:
    return asdict(picture)


async def _purses(conn: AsyncConnection, account_id: int) -> dict[str, int]:
    rows = await conn.execute(
        sa.select(purses.c.kind, purses.c.balance).where(purses.c.account_id == account_id)
    )
    return dict(rows.all())


async def _ledger(conn: AsyncConnection, account_id: int) -> list[dict[str, Any]]:
    """Return what moved in and out of a person's purses; whose the other purse is stays out."""
    rows = await conn.execute(
        sa.select(purses.c.id, purses.c.kind).where(purses.c.account_id == account_id)
    )
    own = dict(rows.all())
    entry = ledger_entries.c
    found = await conn.execute(
        sa.select(ledger_entries)
        .where(entry.debit_purse_id.in_(own) | entry.credit_purse_id.in_(own))
        .order_by(entry.id)
    )
    return [
        {
            "kind": row.kind,
            "amount": row.amount,
            "from_purse": own.get(row.debit_purse_id),
            "to_purse": own.get(row.credit_purse_id),
            "job_id": row.job_id,
            "created_at": row.created_at,
        }
        for row in found
    ]


async def _moderation(conn: AsyncConnection, origin: Origin) -> list[dict[str, Any]]:
    """Return what moderators did about a person; who it was stays out."""
    action = staff_actions.c
    return await _rows(
        conn,
        sa.select(action.action, action.before, action.after, action.reason, action.created_at)
        .where(
            action.server_id == origin.server_id,
            action.target_id == origin.user_id,
            action.action.not_in(_AMONG_STAFF),
        )
        .order_by(action.id),
    )


async def _asked(conn: AsyncConnection, origin: Origin) -> list[dict[str, Any]]:
    """Return what still waits for the person's confirmation."""
    query = sa.select(asks.c.requests, asks.c.created_at).where(_is_asked(origin))
    return await _rows(conn, query.order_by(asks.c.id))


def _is_asked(origin: Origin) -> sa.ColumnElement[bool]:
    return (asks.c.server_id == origin.server_id) & (asks.c.user_id == origin.user_id)


async def _rows(conn: AsyncConnection, query: sa.Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(row) for row in (await conn.execute(query)).mappings()]


def _packed(told: Mapping[str, Any], stem: str) -> Export:
    text = json.dumps(told, indent=1, ensure_ascii=False, default=_in_words).encode()
    if len(text) <= ZIPPED_ABOVE_BYTES:
        return Export(f"{stem}.json", text)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{stem}.json", text)
    return Export(f"{stem}.zip", packed.getvalue())


def _in_words(value: object) -> str:
    assert isinstance(value, date), value
    return value.isoformat()
