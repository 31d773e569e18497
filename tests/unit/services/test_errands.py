"""Errands: done once, by one of all processes, and by another when that one is gone."""

import asyncio

from bot.services import NotNow, Penalty
from bot.services.errands import CLAIMED_FOR
from tests.unit.services.studio import MIA


async def warn(studio):
    origin = studio.origin(user_id=13, is_staff=True)
    await studio.services.moderation.punish(origin, Penalty("warn", MIA, "no gore", points=1))


async def test_two_processes_tell_once(studio):
    await warn(studio)
    first = studio.services.errands
    second = studio.restart().errands
    gate = studio.outside.script.gate("tell")
    telling = asyncio.create_task(first.run_all())
    await gate.reached()

    assert not await second.run_all()
    gate.open()

    assert await telling
    assert await second.run_all()
    assert len(studio.outside.told) == 1


async def test_what_a_dead_process_was_about_to_do_is_done_later(studio):
    await warn(studio)
    first = studio.services.errands
    second = studio.restart().errands
    gate = studio.outside.script.gate("tell")
    telling = asyncio.create_task(first.run_all())
    await gate.reached()
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)

    assert not await second.run_all()
    studio.clock.ahead = CLAIMED_FOR * 2
    assert await second.run_all()

    assert len(studio.outside.told) == 1


async def test_what_discord_did_not_take_may_be_tried_by_anybody(studio):
    await warn(studio)
    first = studio.services.errands
    second = studio.restart().errands
    studio.outside.script.will("tell", NotNow("away"))

    assert not await first.run_all()
    assert await second.run_all()

    assert len(studio.outside.told) == 1
