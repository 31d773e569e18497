"""Streaks: how many days in a row somebody came for the daily credits."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import streaks

WEEK = 7
BONUS_A_WEEK = 5
MOST_BONUS = 25
"""Credits on top of the daily ones: so many for each full week of the streak, up to the most."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Streak:
    """Days (UTC) that were claimed in a row, the last on `last_on`; `grace_on` was forgiven.

    One missed day is forgiven, and another one only after seven more that were claimed.
    """

    days: int = 0
    last_on: date | None = None
    grace_on: date | None = None

    @property
    def bonus(self) -> int:
        """Credits that its last claim brought on top."""
        return min(self.days // WEEK * BONUS_A_WEEK, MOST_BONUS)

    def claimed(self, today: date) -> "Streak":
        """Return the streak after today's claim."""
        lived = self.as_of(today)
        if lived.days and lived.last_on == today - 2 * _DAY:
            lived = replace(lived, grace_on=today - _DAY)
        return replace(lived, days=lived.days + 1, last_on=today)

    def as_of(self, today: date) -> "Streak":
        """Return what of it a claim today would go on with: all of it, or nothing."""
        if self.last_on is None or self.last_on >= today - _DAY:
            return self
        is_forgiven = self.last_on == today - 2 * _DAY and (
            self.grace_on is None or self.last_on - self.grace_on >= WEEK * _DAY
        )
        return self if is_forgiven else Streak()


def is_alive(today: date) -> sa.ColumnElement[bool]:
    """Say in SQL which streaks `Streak.as_of` keeps."""
    before_yesterday = today - 2 * _DAY
    is_forgiven = streaks.c.grace_on.is_(None) | (
        streaks.c.grace_on <= before_yesterday - WEEK * _DAY
    )
    return (streaks.c.last_on > before_yesterday) | (
        (streaks.c.last_on == before_yesterday) & is_forgiven
    )


async def read_streak(conn: AsyncConnection, account_id: int) -> Streak:
    """Return the streak of an account as its last claim left it."""
    found = await conn.execute(
        sa.select(streaks.c.days, streaks.c.last_on, streaks.c.grace_on).where(
            streaks.c.account_id == account_id
        )
    )
    row = found.first()
    return Streak() if row is None else Streak(*row)


async def write_streak(conn: AsyncConnection, account_id: int, streak: Streak) -> None:
    """Keep the streak of an account that the caller has locked."""
    values = {"days": streak.days, "last_on": streak.last_on, "grace_on": streak.grace_on}
    updated = await conn.execute(
        streaks.update().where(streaks.c.account_id == account_id).values(values)
    )
    if updated.rowcount == 0:
        await conn.execute(streaks.insert().values(account_id=account_id, **values))
