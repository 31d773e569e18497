"""Preferences: kept per person and server, fill in what is left open, never refuse anything."""

import asyncio

import pytest
import sqlalchemy as sa

from bot.db.tables import preferences
from bot.errors import BadChoice, OutOfRange, ServerNotAllowed, UnknownModel
from bot.services import ImageWish, Preferences
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER

WISH = ImageWish("a fox")


def change(studio, changes, **origin):
    return studio.services.preferences.change(studio.origin(**origin), **changes)


def read(studio, **origin):
    return studio.services.preferences.read(studio.origin(**origin))


async def fill(studio, wish=WISH):
    """Return what somebody's wish comes down to."""
    [filled] = await studio.services.wishing.read(studio.origin(), wish)
    return filled


async def test_newcomer_has_the_defaults_and_reading_writes_nothing(studio):
    before = await studio.rows()

    assert await read(studio) == Preferences()
    assert await studio.rows() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "fox"},
        {"aspect_ratio": "3:2"},
        {"count": 4},
        {"lane": "relax"},
        {"visibility": "private"},
        {"notify": "never"},
        {"confirm_above": 0},
        {"shares_buttons": False},
        {"compact": True},
        {"takes_gifts": False},
        {"is_ranked": False},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_every_preference_is_kept_and_taken_back(studio, changes):
    name = next(iter(changes))

    changed = await change(studio, changes)
    studio.restart()

    assert changed == await read(studio) == Preferences(**changes)
    assert await change(studio, {name: getattr(Preferences(), name)}) == Preferences()


async def test_preferences_count_for_one_person_in_one_server(make_studio):
    studio = make_studio(allowed_servers=frozenset({SERVER, SERVER + 1}))
    await change(studio, {"count": 4})

    assert await read(studio, user_id=SAM) == Preferences()
    assert await read(studio, server_id=SERVER + 1) == Preferences()


async def test_changes_at_once_are_all_kept(studio):
    await studio.services.credits.balance(server_id=SERVER, user_id=MIA)
    changes = [{"count": 4}, {"lane": "relax"}, {"compact": True}, {"model": "fox"}]

    await asyncio.gather(*(change(studio, one) for one in changes))

    assert await read(studio) == Preferences(count=4, lane="relax", compact=True, model="fox")


async def test_reset_goes_back_to_the_defaults(studio):
    await change(studio, {"count": 4, "notify": "always"})

    assert await studio.services.preferences.reset(studio.origin()) == Preferences()
    assert await read(studio) == Preferences()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model": "nonesuch"}, UnknownModel),
        ({"model": "auto"}, UnknownModel),
        ({"aspect_ratio": "7:1"}, BadChoice),
        ({"count": 0}, OutOfRange),
        ({"count": 5}, OutOfRange),
        ({"count": True}, BadChoice),
        ({"count": "4"}, BadChoice),
        ({"lane": "first"}, BadChoice),
        ({"visibility": "secret"}, BadChoice),
        ({"notify": None}, BadChoice),
        ({"confirm_above": -1}, OutOfRange),
        ({"shares_buttons": None}, BadChoice),
        ({"compact": "yes"}, BadChoice),
        ({"takes_gifts": None}, BadChoice),
        ({"is_ranked": "perhaps"}, BadChoice),
    ],
)
async def test_what_cannot_be_is_refused(studio, changes, expected):
    await refused(studio, change(studio, changes), expected)


async def test_preference_in_a_server_that_is_not_allowed_is_refused(studio):
    await refused(studio, change(studio, {"count": 4}, server_id=SERVER + 1), ServerNotAllowed)


async def test_what_another_version_stored_is_left_alone(studio):
    await change(studio, {"count": 4})
    stored = {"count": 3, "from_the_future": 1}
    async with studio.db.write() as conn:
        await conn.execute(sa.update(preferences).values(chosen=stored))

    assert await read(studio) == Preferences(count=3)


# Filling in.


async def test_preferences_fill_in_only_what_is_left_open(studio):
    await change(studio, {"model": "fox", "aspect_ratio": "3:2", "count": 4, "lane": "relax"})

    filled = await fill(studio, ImageWish("a fox", model="twice", count=2))

    assert filled == ImageWish("a fox", "twice", aspect_ratio="3:2", count=2, lane="relax")


async def test_work_from_a_picture_takes_the_lane_alone(studio):
    await change(studio, {"model": "fox", "aspect_ratio": "3:2", "count": 4, "lane": "relax"})

    filled = await fill(studio, ImageWish("", task="upscale"))

    assert filled == ImageWish("", task="upscale", lane="relax")


async def test_filled_wish_is_made_as_preferred(studio):
    await change(studio, {"model": "fox", "aspect_ratio": "3:2", "count": 4, "lane": "relax"})

    filled = await fill(studio)

    assert filled == ImageWish("a fox", "fox", aspect_ratio="3:2", count=4, lane="relax")
    assert studio.services.making.quote(filled, server_id=None).price == 12


@pytest.mark.parametrize(
    ("preferred", "wish"),
    [
        ({"count": 4}, ImageWish("a fox", "plain")),
        ({"model": "plain"}, ImageWish("a fox", seed=7)),
        ({"model": "plain"}, ImageWish("a fox", negative_prompt="dogs")),
        ({"model": "plain"}, ImageWish("a fox", count=3)),
        ({"model": "orphan"}, WISH),
    ],
)
async def test_preference_that_the_model_refuses_is_left_out(studio, preferred, wish):
    await change(studio, preferred)

    filled = await fill(studio, wish)

    assert filled == wish
    assert studio.services.making.quote(filled, server_id=None)


async def test_preferred_model_that_takes_less_keeps_the_rest(studio):
    await change(studio, {"model": "plain", "count": 4, "aspect_ratio": "3:2"})

    filled = await fill(studio)

    assert filled == ImageWish("a fox", "plain", aspect_ratio="3:2")
