"""Dealings: what somebody's account holds beside work, handed over and deleted with the rest.

The streak, gifts, and what lies between the person and the moderators.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import appeals, consents, gifts, reports, sanctions, streaks
from bot.services.requests import Origin


async def dealings_of(
    conn: AsyncConnection, origin: Origin, account_id: int
) -> dict[str, list[dict[str, Any]]]:
    """Return a person's dealings by kind; who the others are stays out."""
    queries: Mapping[str, sa.Select[*tuple[Any, ...]]] = {
        "streak": sa.select(streaks.c.days, streaks.c.last_on, streaks.c.grace_on).where(
            streaks.c.account_id == account_id
        ),
        "gifts_given": _gifts(gifts.c.giver_id, origin),
        "gifts_received": _gifts(gifts.c.taker_id, origin).where(gifts.c.status == "given"),
        "reports": _columns(
            reports, "job_id", "number", "reason", "note", "status", "created_at", "closed_at"
        ).where(_is_of(reports, reports.c.reporter_id, origin)),
        "sanctions": _columns(
            sanctions, "kind", "points", "reason", "created_at", "until", "lifted_at",
            "acknowledged_at",
        ).where(
            # What staff write down for themselves is theirs.
            _is_of(sanctions, sanctions.c.user_id, origin), sanctions.c.kind != "note"
        ),
        "appeals": _columns(
            appeals, "sanction_id", "words", "status", "outcome", "created_at", "closed_at"
        ).where(_is_of(appeals, appeals.c.user_id, origin)),
        "consents": _columns(consents, "terms", "agreed_at").where(
            _is_of(consents, consents.c.user_id, origin)
        ),
    }  # fmt: skip
    return {
        name: [dict(row) for row in (await conn.execute(query)).mappings()]
        for name, query in queries.items()
    }


async def forget_dealings(conn: AsyncConnection, origin: Origin, account_id: int) -> None:
    """Delete the streak, the consent and every word of the person; the books keep the numbers."""
    await conn.execute(streaks.delete().where(streaks.c.account_id == account_id))
    await conn.execute(consents.delete().where(_is_of(consents, consents.c.user_id, origin)))
    given = _is_of(gifts, gifts.c.giver_id, origin)
    # What is only asked about could still be given, without its words.
    await conn.execute(gifts.delete().where(given, gifts.c.status == "asked"))
    await conn.execute(gifts.update().where(given).values(message=""))
    mine = _is_of(reports, reports.c.reporter_id, origin)
    await conn.execute(reports.update().where(mine).values(note=""))
    mine = _is_of(appeals, appeals.c.user_id, origin)
    await conn.execute(appeals.update().where(mine).values(words=""))


def _gifts(person: sa.Column[int], origin: Origin) -> sa.Select[*tuple[Any, ...]]:
    query = _columns(gifts, "amount", "message", "status", "created_at", "answered_at")
    return query.where(_is_of(gifts, person, origin)).order_by(gifts.c.id)


def _columns(table: sa.Table, *names: str) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(*(table.c[name] for name in names))


def _is_of(table: sa.Table, person: sa.Column[int], origin: Origin) -> sa.ColumnElement[bool]:
    return (table.c.server_id == origin.server_id) & (person == origin.user_id)
