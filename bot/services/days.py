"""Days and months as the bot counts them: by the calendar, UTC."""

from datetime import UTC, datetime, time, timedelta

PACE_OVER = timedelta(days=7)
"""How far back one looks to tell what a day uses up as of late."""


def day_start(now: datetime) -> datetime:
    """Return the first moment of a moment's calendar day."""
    return datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)


def next_day(now: datetime) -> datetime:
    """Return the first moment of the calendar day after a moment's."""
    return day_start(now) + timedelta(days=1)


def month_start(now: datetime) -> datetime:
    """Return the first moment of a moment's calendar month."""
    return day_start(now).replace(day=1)


def next_month(now: datetime) -> datetime:
    """Return the first moment of the calendar month after a moment's."""
    first = month_start(now)
    year, month = divmod(first.year * 12 + first.month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)
