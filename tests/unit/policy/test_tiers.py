"""Tiers: of each limit, the most that any role gives."""

import pytest

from bot.errors import BadChoice, OutOfRange
from bot.policy import Tier, best_tier

SERVER, FRIENDS, PATRONS = 1, 2, 3
FRIEND = Tier(requests_per_minute=100, slots=2, credits_per_day=50, lane="relax")
PATRON = Tier(requests_per_minute=30, slots=6, credits_per_day=200, largest_count=4)


def test_without_tiers_everybody_has_the_usual_limits():
    assert best_tier({}, (FRIENDS,), server_id=SERVER) == Tier()


def test_somebody_with_several_roles_has_the_best_of_each():
    both = best_tier({FRIENDS: FRIEND, PATRONS: PATRON}, (FRIENDS, PATRONS), server_id=SERVER)

    assert both == Tier(
        requests_per_minute=100, slots=6, credits_per_day=200, largest_count=None, lane="fast"
    )


def test_a_role_may_have_less_than_usual():
    assert best_tier({FRIENDS: FRIEND}, (FRIENDS,), server_id=SERVER) == FRIEND


def test_everybodys_tier_counts_for_everybody():
    tiers = {SERVER: Tier(requests_per_minute=5, credits_per_day=10), FRIENDS: FRIEND}

    assert best_tier(tiers, (), server_id=SERVER).requests_per_minute == 5
    friend = best_tier(tiers, (FRIENDS,), server_id=SERVER)
    assert (friend.requests_per_minute, friend.credits_per_day) == (100, 50)


@pytest.mark.parametrize("limits", [{"slots": 0}, {"slots": 21}, {"credits_per_day": 0}])
def test_limit_out_of_bounds_is_refused(limits):
    with pytest.raises(OutOfRange):
        Tier(**limits).check()


def test_unknown_lane_is_refused():
    with pytest.raises(BadChoice):
        Tier(lane="express").check()
