"""Sanctions: what staff did about somebody, and how the person stands by it."""

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import sanctions
from bot.errors import BadDuration, Banned, MustAcknowledge, Suspended
from bot.services.outside import Post

Kind = Literal["note", "warn", "suspend", "ban"]

LONGEST_REASON = 600
LONGEST_DAYS = 365
MOST_POINTS = 10
TURN = "moderation"
"""The turn of whoever decides about somebody: what two decide at once is decided once."""

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PART = re.compile(r"([0-9]{1,5})\s*([mhdw])")


@dataclass(frozen=True)
class Sanction:
    """What staff did about somebody, as it was written; `until` is when it ends by itself."""

    id: int
    server_id: int
    user_id: int
    kind: Kind
    points: int
    reason: str
    staff_id: int
    job_id: int | None
    created_at: datetime
    until: datetime | None
    lifted_at: datetime | None
    lifted_by: int | None
    acknowledged_at: datetime | None

    def is_in_force(self, now: datetime) -> bool:
        """Whether it keeps the person from making anything."""
        is_over = self.until is not None and self.until <= now
        return self.kind in ("suspend", "ban") and self.lifted_at is None and not is_over


@dataclass(frozen=True)
class SanctionNotice(Post):
    """What the person is told of a sanction, or of its end."""

    sanction: Sanction
    is_lifted: bool = False


@dataclass(frozen=True)
class Standing:
    """How a person stands in a server; `sanction_id` is what keeps them from making anything."""

    is_banned: bool = False
    is_suspended: bool = False
    must_acknowledge: bool = False
    until: datetime | None = None
    reason: str = ""
    sanction_id: int = 0

    @property
    def words(self) -> str:
        """The standing, for the log of staff."""
        until = f" until {self.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if self.until else ""
        if self.is_banned:
            return f"banned{until}"
        return f"suspended{until}" if self.is_suspended else "free"


@dataclass(frozen=True)
class Penalty:
    """What is to be done about somebody; a suspension needs a duration, a ban may have one."""

    kind: Kind
    user_id: int
    reason: str
    points: int = 0
    duration: timedelta | None = None
    job_id: int | None = None


@dataclass(frozen=True)
class Punished:
    """What was done, the points that the person has by now, and what these led to."""

    sanction: Sanction
    points: int
    suspended: Sanction | None = None


COLUMNS = [sanctions.c[field.name] for field in fields(Sanction)]


def check_standing(standing: Standing, server_id: int) -> None:
    """Refuse those who may make or pay nothing just now.

    Raises:
        Banned, Suspended, MustAcknowledge: they may not.
    """
    for is_so, kind in (
        (standing.is_banned, Banned),
        (standing.is_suspended, Suspended),
        (standing.must_acknowledge, MustAcknowledge),
    ):
        if is_so:
            raise kind(
                sanction_id=standing.sanction_id,
                server_id=server_id,
                reason=standing.reason,
                until=standing.until,
            )


def read_duration(text: str) -> timedelta:
    """Return a length of time as people write it: `12h`, `3d`, `1w 2d`.

    Raises:
        BadDuration: it is none, or longer than a year.
    """
    line = text.strip().casefold()
    parts = _PART.findall(line)
    limit = timedelta(days=LONGEST_DAYS)
    total = sum(
        (timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), start=timedelta(0)
    )
    if _PART.sub("", line).strip() or not timedelta(0) < total <= limit:
        raise BadDuration(text=text, limit_days=LONGEST_DAYS)
    return total


async def find_sanction(
    conn: AsyncConnection, number: int, *, by: Literal["id", "interaction_id"] = "id"
) -> Sanction | None:
    """Return a sanction by its id, or by the interaction that asked for it."""
    row = (await conn.execute(sa.select(*COLUMNS).where(sanctions.c[by] == number))).first()
    return None if row is None else Sanction(*row)


async def lift_one(
    conn: AsyncConnection, sanction_id: int, *, staff_id: int, now: datetime
) -> None:
    """End a sanction, unless that was done before."""
    await conn.execute(
        sanctions.update()
        .where(sanctions.c.id == sanction_id, sanctions.c.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=staff_id)
    )


async def read_sanctions(conn: AsyncConnection, server_id: int, user_id: int) -> list[Sanction]:
    """Return everything that staff did about somebody, oldest first."""
    found = await conn.execute(
        sa.select(*COLUMNS)
        .where(sanctions.c.server_id == server_id, sanctions.c.user_id == user_id)
        .order_by(sanctions.c.id)
    )
    return [Sanction(*row) for row in found]


def standing_of(found: list[Sanction], now: datetime) -> Standing:
    """Return what counts most: a ban, then what ends last, then the oldest unread warning."""
    in_force = [one for one in found if one.is_in_force(now)]
    if in_force:
        forever = datetime.max.replace(tzinfo=UTC)
        hardest = max(in_force, key=lambda one: (one.kind == "ban", one.until or forever))
        return Standing(
            is_banned=hardest.kind == "ban",
            is_suspended=hardest.kind == "suspend",
            until=hardest.until,
            reason=hardest.reason,
            sanction_id=hardest.id,
        )
    for one in found:
        if one.kind == "warn" and one.lifted_at is None and one.acknowledged_at is None:
            return Standing(must_acknowledge=True, reason=one.reason, sanction_id=one.id)
    return Standing()


def points_of(found: list[Sanction], now: datetime, expire_days: int) -> int:
    """Return the points of somebody's warnings that have not expired."""
    since = now - timedelta(days=expire_days)
    return sum(one.points for one in found if one.lifted_at is None and one.created_at > since)
