"""Streaks: days in a row, one forgiven now and then."""

from datetime import date, timedelta

import pytest

from bot.services.streaks import Streak

FIRST = date(2026, 3, 1)
WEEK = range(7)


def claimed(days) -> Streak:
    """Claim on days counted from the first."""
    streak = Streak()
    for day in days:
        streak = streak.claimed(FIRST + timedelta(days=day))
    return streak


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([0], 1),
        ([0, 1, 2], 3),
        ([0, 2], 2),
        ([0, 3], 1),
        ([0, 2, 4], 1),
        ([0, 2, 3, 4, 5, 6, 7, 9], 1),
        ([0, 2, 3, 4, 5, 6, 7, 8, 10], 9),
        ([0, 2, 5, 7], 2),
    ],
)
def test_one_missed_day_is_forgiven_once_in_seven_claims(days, expected):
    assert claimed(days).days == expected


@pytest.mark.parametrize(
    ("days", "bonus"), [(1, 0), (6, 0), (7, 5), (13, 5), (14, 10), (35, 25), (400, 25)]
)
def test_each_full_week_brings_more_up_to_the_most(days, bonus):
    assert Streak(days=days).bonus == bonus


@pytest.mark.parametrize(("later", "days"), [(0, 7), (1, 7), (2, 7), (3, 0)])
def test_streak_lives_as_long_as_a_claim_would_go_on_with_it(later, days):
    streak = claimed(WEEK)

    assert streak.as_of(streak.last_on + timedelta(days=later)).days == days
