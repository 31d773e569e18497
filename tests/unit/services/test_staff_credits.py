"""What staff do to somebody's credits and limits: before and after, written once."""

import asyncio

import pytest
import sqlalchemy as sa

from bot.db.tables import staff_actions
from bot.errors import (
    AccountFrozen,
    AdministratorsOnly,
    BadAmount,
    DiscordSilent,
    NotAMember,
    NotPermitted,
    OutOfRange,
    OwnCredits,
    ServerNotAllowed,
    TooMuchTaken,
    TreasuryEmpty,
    UnknownTier,
)
from bot.ledger import MAX_AMOUNT
from bot.policy import Tier
from bot.services import NotNow
from tests.unit.services.presses import pick, refused, request
from tests.unit.services.studio import MIA, SAM, SERVER

ROLE = 500


@pytest.fixture
def studio(studio):
    """A studio whose people are members."""
    for user_id in (MIA, SAM):
        studio.outside.roles[SERVER, user_id] = frozenset()
    return studio


def staff(studio, **changes):
    return studio.origin(**{"is_staff": True, **changes})


def change(studio, delta, *, origin=None, target_id=SAM):
    return studio.services.staff_credits.change(
        origin or staff(studio), target_id=target_id, delta=delta, reason="contest"
    )


def set_to(studio, amount, *, origin=None, target_id=SAM):
    return studio.services.staff_credits.set_to(
        origin or staff(studio), target_id=target_id, amount=amount, reason="contest"
    )


def freeze(studio, *, is_frozen=True, origin=None, target_id=SAM):
    return studio.services.staff_credits.freeze(
        origin or staff(studio), target_id=target_id, is_frozen=is_frozen, reason="contest"
    )


def set_tier(studio, role_id=ROLE, *, origin=None, **changes):
    origin = origin or studio.origin(is_admin=True)
    return studio.services.staff_credits.set_tier(origin, role_id, changes)


async def deeds(studio):
    async with studio.db.read() as conn:
        found = await conn.execute(sa.select(staff_actions).order_by(staff_actions.c.id))
        return [(one.action, one.target_id, one.before, one.after) for one in found]


@pytest.mark.parametrize(
    ("delta", "after", "action"), [(50, 150, "credits add"), (-50, 50, "credits remove")]
)
async def test_change_moves_credits_and_is_written_down(studio, delta, after, action):
    changed = await change(studio, delta)

    assert (changed.before, changed.after) == (100, after)
    assert await studio.funds(SAM) == (after, 0)
    assert await deeds(studio) == [(action, SAM, "100", str(after))]


@pytest.mark.parametrize("amount", [0, 30, 100, 400])
async def test_set_gives_exactly_so_much_to_spend(studio, amount):
    await studio.accepted(count=4, origin=studio.origin(user_id=SAM))

    changed = await set_to(studio, amount)

    assert (changed.before, changed.after) == (88, amount)
    assert await studio.funds(SAM) == (amount, 12)
    assert await deeds(studio) == [("credits set", SAM, "88", str(amount))]


async def test_set_to_what_there_is_changes_nothing(studio):
    changed = await set_to(studio, 100)

    assert changed.before == changed.after == 100
    assert await deeds(studio) == []


@pytest.mark.parametrize("act", [change, set_to])
async def test_same_interaction_ten_times_at_once_changes_once(studio, act):
    origin = staff(studio)

    answers = await asyncio.gather(*(act(studio, 50, origin=origin) for _ in range(10)))

    assert len(set(answers)) == 1
    assert len(await deeds(studio)) == 1
    assert await studio.funds(SAM) == (answers[0].after, 0)


async def test_freezing_stops_new_work_and_is_undone(studio):
    made = await studio.finished(count=2, origin=studio.origin(user_id=SAM))
    under_way = await studio.accepted(origin=studio.origin(user_id=SAM))

    assert await freeze(studio)
    assert not await freeze(studio)
    await refused(studio, request(studio, user_id=SAM), AccountFrozen)
    picked = await pick(studio, made.id, user_id=SAM)
    done = await studio.render(under_way)
    assert await freeze(studio, is_frozen=False)
    again = await request(studio, user_id=SAM)

    assert picked.is_new
    assert done.status == "done"
    assert again.is_new
    assert await deeds(studio) == [
        ("credits freeze", SAM, "free", "frozen"),
        ("credits unfreeze", SAM, "frozen", "free"),
    ]


@pytest.mark.parametrize("act", [change, set_to])
async def test_nobody_but_staff_may(studio, act):
    origin = studio.origin(user_id=SAM)
    await refused(studio, act(studio, 5, origin=origin, target_id=MIA), NotPermitted)
    await refused(studio, freeze(studio, origin=origin, target_id=MIA), NotPermitted)
    await refused(studio, set_tier(studio, origin=staff(studio), slots=4), AdministratorsOnly)


async def test_moderators_leave_their_own_credits_alone_and_administrators_may(studio):
    own = staff(studio)
    for asking in (
        change(studio, 5, origin=own, target_id=MIA),
        set_to(studio, 5, origin=own, target_id=MIA),
        freeze(studio, origin=own, target_id=MIA),
    ):
        await refused(studio, asking, OwnCredits)

    changed = await change(studio, 5, origin=studio.origin(is_admin=True), target_id=MIA)

    assert changed.after == 105


async def test_strangers_get_no_account(studio):
    stranger = SAM + 1
    await refused(studio, change(studio, 5, target_id=stranger), NotAMember)
    await refused(studio, set_to(studio, 5, target_id=stranger), NotAMember)
    await refused(studio, freeze(studio, target_id=stranger), NotAMember)


async def test_who_has_left_can_be_taken_from_and_frozen_but_not_given(studio):
    await studio.services.credits.balance(server_id=SERVER, user_id=SAM)
    studio.outside.roles.clear()

    await refused(studio, change(studio, 5), NotAMember)

    assert (await change(studio, -5)).after == 95
    assert (await set_to(studio, 10)).after == 10
    assert await freeze(studio)


async def test_silence_of_discord_is_said(studio):
    studio.outside.script.will("roles", NotNow("away"))

    await refused(studio, change(studio, 5), DiscordSilent)


@pytest.mark.parametrize("delta", [0, MAX_AMOUNT + 1, -MAX_AMOUNT - 1, int(1e30)])
async def test_amount_that_cannot_be_moved_is_refused(studio, delta):
    error = await refused(studio, change(studio, delta), BadAmount)

    assert error.high == MAX_AMOUNT


@pytest.mark.parametrize("amount", [-1, MAX_AMOUNT + 1, int(1e30)])
async def test_amount_that_cannot_be_set_is_refused(studio, amount):
    await refused(studio, set_to(studio, amount), OutOfRange)


async def test_more_than_there_is_can_neither_be_taken_nor_given(studio):
    await studio.services.credits.balance(server_id=SERVER, user_id=SAM)

    taken = await refused(studio, change(studio, -101), TooMuchTaken)
    given = await refused(studio, change(studio, 20_000), TreasuryEmpty)

    assert taken.available == 100
    assert (given.needed, given.available) == (20_000, 19_900)


async def test_server_that_is_not_allowed_has_no_credits(studio):
    studio.outside.roles[SERVER + 1, SAM] = frozenset()
    origin = staff(studio, server_id=SERVER + 1)

    await refused(studio, change(studio, 5, origin=origin), ServerNotAllowed)


async def test_tier_counts_at_once_and_its_change_is_written_down(studio):
    first = await set_tier(studio, slots=5, credits_per_day=100, lane="relax")
    second = await set_tier(studio, requests_per_minute=100, credits_per_day=0)
    there = dict(studio.services.servers.tiers_of(SERVER))
    await studio.services.staff_credits.remove_tier(studio.origin(is_admin=True), ROLE)

    assert first == Tier(slots=5, credits_per_day=100, lane="relax")
    assert second == Tier(requests_per_minute=100, slots=5, lane="relax")
    assert there == {ROLE: second}
    assert studio.services.servers.tiers_of(SERVER) == {}
    written = await deeds(studio)
    assert [one[0] for one in written] == ["tier set", "tier set", "tier remove"]
    assert "credits per day 100" in written[0][3]
    assert written[1][2] == written[0][3]


@pytest.mark.parametrize(
    "changes", [{"slots": 21}, {"slots": 0}, {"requests_per_minute": 0}, {"largest_count": -1}]
)
async def test_limit_that_cannot_be_kept_is_refused(studio, changes):
    await refused(studio, set_tier(studio, **changes), OutOfRange)


async def test_role_without_limits_of_its_own_has_none_to_remove(studio):
    origin = studio.origin(is_admin=True)

    await refused(studio, studio.services.staff_credits.remove_tier(origin, ROLE), UnknownTier)
