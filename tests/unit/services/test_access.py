"""Access: the rules about places, roles, ages and pauses, inside the accept transaction."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import (
    ButtonsKept,
    ClosedPlace,
    MissingRole,
    NeedsAnswer,
    ServerOnly,
    TooNew,
    TooSoon,
)
from bot.services import ImageWish
from bot.services.access import created_at
from tests.unit.services.studio import SAM, SERVER

GARDEN, CELLAR, PATRONS = 30, 31, 40


async def decide(studio, **changes):
    servers = studio.services.servers
    async with studio.db.write() as conn:
        await servers.write(conn, SERVER, changes)
    await servers.refresh()


def ask(studio, **origin):
    return studio.imagine(count=1, origin=studio.origin(**origin))


async def test_pictures_are_made_in_the_chosen_channels_and_their_threads(studio):
    await decide(studio, maker_channels=(GARDEN,))
    before = await studio.rows()

    with pytest.raises(ClosedPlace) as refused:
        await ask(studio, channel_id=CELLAR)

    assert refused.value.channel_ids == (GARDEN,)
    assert await studio.rows() == before
    await ask(studio, channel_id=GARDEN)
    await ask(studio, channel_id=99, parent_channel_id=GARDEN)


async def test_closed_channel_is_closed_for_staff_and_in_its_threads_too(studio):
    await decide(studio, closed_channels=(CELLAR,))

    for origin in (
        {"channel_id": CELLAR, "is_staff": True},
        {"channel_id": 99, "parent_channel_id": CELLAR},
    ):
        with pytest.raises(ClosedPlace):
            await ask(studio, **origin)
    await ask(studio, channel_id=GARDEN)


async def test_only_chosen_roles_and_staff_make_pictures(studio):
    await decide(studio, maker_roles=(PATRONS,))

    with pytest.raises(MissingRole):
        await ask(studio, role_ids=(41,))

    await ask(studio, role_ids=(41, PATRONS))
    await ask(studio, is_staff=True)


async def test_buttons_may_be_kept_for_owners_and_picking_is_free_to_all(studio):
    await decide(studio, buttons="owner")
    job = await studio.finished(count=2)

    with pytest.raises(ButtonsKept):
        await studio.services.making.follow_up(
            studio.origin(user_id=SAM), job.id, 0, action="reroll"
        )

    await studio.services.making.pick(studio.origin(user_id=SAM), job.id, 1)
    await studio.services.making.follow_up(studio.origin(), job.id, 0, action="reroll")


async def test_accounts_and_memberships_must_be_old_enough(studio):
    now = studio.clock.now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    day_old = int((now - timedelta(days=1)).timestamp() * 1000 - 1_420_070_400_000) << 22
    await decide(studio, least_account_age_h=48, least_membership_age_h=72)

    with pytest.raises(TooNew) as young:
        await ask(studio, user_id=day_old, joined_at=now - timedelta(days=30))
    with pytest.raises(TooNew) as new:
        await ask(studio, joined_at=now - timedelta(hours=70))

    assert young.value.may_at == created_at(day_old) + timedelta(hours=48)
    assert new.value.may_at == now + timedelta(hours=2)
    await ask(studio, joined_at=now - timedelta(hours=72))
    await ask(studio, user_id=day_old, is_staff=True)


async def test_ten_requests_at_once_pass_a_pause_once(studio):
    await studio.give(1000)
    await decide(studio, cooldown_s=60)

    tries = await asyncio.gather(*(ask(studio) for _ in range(10)), return_exceptions=True)

    refused = [one for one in tries if isinstance(one, TooSoon)]
    assert len(refused) == 9
    assert 0 < (refused[0].may_at - datetime.now(UTC)).total_seconds() <= 60
    studio.clock.ahead = timedelta(seconds=61)
    await ask(studio)


async def test_pause_is_for_nobody_else_and_not_for_free_pictures(studio):
    await studio.give(100, user_id=SAM)
    job = await studio.finished(count=2)
    await decide(studio, cooldown_s=60)

    await studio.services.making.pick(studio.origin(), job.id, 1)
    await ask(studio, user_id=SAM)
    await ask(studio, is_staff=True)


def test_age_of_an_account_is_in_its_id():
    assert created_at(175928847299117063) == datetime(2016, 4, 30, 11, 18, 25, 796000, tzinfo=UTC)


async def test_pause_counts_once_for_a_list(studio):
    await studio.give(1000)
    await decide(studio, cooldown_s=60)
    wishing = studio.services.wishing
    with pytest.raises(NeedsAnswer) as asked:
        await wishing.wish(studio.origin(), ImageWish("a {red, blue, green} fox", "fox"))

    # Discord's ids lie far apart.
    origin = studio.origin(interaction_id=1000)
    made = [one async for one in wishing.confirm(origin, asked.value.ask_id)]

    assert [one.view.prompt for one in made] == ["a red fox", "a blue fox", "a green fox"]
    with pytest.raises(TooSoon):
        await ask(studio)
    with pytest.raises(NeedsAnswer) as again:
        await wishing.wish(studio.origin(), ImageWish("a {red, blue} fox", "fox"))
    origin = studio.origin(interaction_id=2000)
    with pytest.raises(TooSoon):
        _ = [one async for one in wishing.confirm(origin, again.value.ask_id)]


async def test_membership_of_unknown_age_is_none(studio):
    """In a direct message nobody says since when somebody is a member."""
    job = await studio.finished(count=1)
    await decide(studio, least_membership_age_h=72)

    with pytest.raises(ServerOnly):
        await studio.services.making.follow_up(studio.origin(), job.id, 0, action="reroll")

    await ask(studio, is_staff=True)
