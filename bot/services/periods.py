"""Periods: the calendar days, ISO weeks and months (UTC) that something is paid once in."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from bot.services.days import day_start, month_start, next_month

Every = Literal["day", "week", "month"]
EVERY: tuple[Every, ...] = get_args(Every)

TIMES_A_MONTH: Mapping[Every, float] = {"day": 30.4, "week": 4.35, "month": 1.0}


def name_of(every: Every, now: datetime) -> str:
    """Return the name of the present period; no other one ever has it."""
    now = now.astimezone(UTC)
    if every == "day":
        return f"{now:%Y-%m-%d}"
    return f"{now:%G-W%V}" if every == "week" else f"{now:%Y-%m}"


def start_of(every: Every, now: datetime, *, ago: int) -> datetime:
    """Return when the period that is so many before the present one begins; below 0, after it."""
    day = day_start(now)
    if every == "day":
        return day - timedelta(days=ago)
    if every == "week":
        return day - timedelta(days=day.weekday(), weeks=ago)
    if ago < 0:
        return next_month(now)
    first = month_start(now)
    return month_start(first - timedelta(days=1)) if ago else first
