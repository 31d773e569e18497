"""The calendar: days and months begin at midnight, UTC."""

from datetime import datetime

import pytest

from bot.services.days import day_start, month_start, next_day, next_month


@pytest.mark.parametrize(
    ("now", "start", "following"),
    [
        ("2026-01-01T00:00Z", "2026-01-01T00:00Z", "2026-02-01T00:00Z"),
        ("2026-11-30T23:59Z", "2026-11-01T00:00Z", "2026-12-01T00:00Z"),
        ("2026-12-31T23:59Z", "2026-12-01T00:00Z", "2027-01-01T00:00Z"),
    ],
)
def test_months_begin_on_their_first_day(now, start, following):
    moment = datetime.fromisoformat(now)

    assert month_start(moment) == datetime.fromisoformat(start)
    assert next_month(moment) == datetime.fromisoformat(following)


def test_days_begin_at_midnight_of_utc_wherever_the_moment_comes_from():
    moment = datetime.fromisoformat("2026-03-01T01:30+02:00")

    assert day_start(moment) == datetime.fromisoformat("2026-02-28T00:00Z")
    assert next_day(moment) == datetime.fromisoformat("2026-03-01T00:00Z")
    assert month_start(moment) == datetime.fromisoformat("2026-02-01T00:00Z")
    assert next_month(moment) == datetime.fromisoformat("2026-03-01T00:00Z")
