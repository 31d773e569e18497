"""The same again, and one picture alone: what a press of a button comes to."""

import asyncio

import pytest

from bot.errors import (
    InsufficientCredits,
    JobStillRunning,
    NoRoute,
    NoSuchPicture,
    SubmitUncertain,
    UnknownJob,
)
from bot.providers import Output
from bot.services import Undeliverable
from tests.pictures import png
from tests.unit.services.presses import pick, refused, reroll, retry
from tests.unit.services.studio import MIA, SAM, SERVER

# The same again.


async def test_reroll_is_the_same_with_another_seed(studio):
    parent = await studio.finished(count=2, seed=70, aspect_ratio="3:2", negative_prompt="dogs")

    accepted = await reroll(studio, parent.id)

    job = await studio.job(accepted.view.id)
    assert (job.action, job.parent_id, job.count, job.price) == ("reroll", parent.id, 2, 6)
    assert job.inputs["seed"] != 70
    assert {**job.inputs, "seed": 70} == parent.inputs


async def test_retry_is_exactly_the_same(studio):
    studio.first.script.will("submit", SubmitUncertain("lost"))
    parent = await studio.finished(seed=70)

    accepted = await retry(studio, parent.id)
    job = await studio.render(accepted.view.id)

    assert (job.action, job.inputs, job.status) == ("retry", parent.inputs, "done")
    assert await studio.funds() == (88, 0)


@pytest.mark.parametrize("again", [reroll, retry])
async def test_ten_presses_at_once_are_one_job_and_one_hold(studio, again):
    parent = await studio.finished()

    accepted = await asyncio.gather(*(again(studio, parent.id) for _ in range(10)))

    assert sum(one.is_new for one in accepted) == 1
    assert len({one.view.id for one in accepted}) == 1
    assert await studio.funds() == (76, 12)


async def test_press_counts_again_when_its_job_is_over(studio):
    parent = await studio.finished()
    first = await reroll(studio, parent.id)
    await studio.render(first.view.id)

    second = await reroll(studio, parent.id)

    assert second.is_new
    assert second.view.id != first.view.id


async def test_everybody_may_press_and_pays_themselves(studio):
    parent = await studio.finished()

    mine = await reroll(studio, parent.id)
    theirs = await reroll(studio, parent.id, user_id=SAM)

    assert mine.view.id != theirs.view.id
    assert await studio.funds(MIA) == (76, 12)
    assert await studio.funds(SAM) == (88, 12)


@pytest.mark.parametrize("again", [reroll, retry, pick])
async def test_unknown_job_is_not_repeated(studio, again):
    error = await refused(studio, again(studio, 404), UnknownJob)

    assert error.job_id == "404"


@pytest.mark.parametrize("again", [reroll, retry, pick])
async def test_job_of_another_server_looks_unknown(studio, again):
    parent = await studio.finished()

    await refused(studio, again(studio, parent.id, server_id=SERVER + 1), UnknownJob)


@pytest.mark.parametrize("again", [reroll, retry, pick])
async def test_private_job_of_somebody_else_looks_unknown(studio, again):
    parent = await studio.finished(origin=studio.origin(is_private=True))

    await refused(studio, again(studio, parent.id, user_id=SAM), UnknownJob)
    assert (await again(studio, parent.id)).is_new


@pytest.mark.parametrize("again", [reroll, retry, pick])
async def test_job_under_way_is_not_repeated(studio, again):
    parent_id = await studio.accepted()

    await refused(studio, again(studio, parent_id), JobStillRunning)


@pytest.mark.parametrize("again", [reroll, retry])
async def test_model_that_nobody_serves_any_more_is_not_repeated(studio, again):
    parent = await studio.finished()
    studio.resources.routing._providers.clear()

    await refused(studio, again(studio, parent.id), NoRoute)


async def test_press_beyond_the_credits_is_refused(studio):
    parent = await studio.finished()
    for _ in range(7):
        await studio.accepted(count=4)

    await refused(studio, reroll(studio, parent.id), InsufficientCredits)


# One picture alone.


async def test_pick_is_one_picture_free_and_ready(studio):
    parent = await studio.finished(count=4, seed=70)

    accepted = await pick(studio, parent.id, 3)

    job = await studio.job(accepted.view.id)
    assert (job.action, job.parent_id, job.parent_picture) == ("pick", parent.id, 3)
    assert (job.status, job.count, job.price, job.cost_usd_micros) == ("delivering", 1, 0, 0)
    [picture] = accepted.view.pictures
    assert (picture.number, picture.sha256) == (1, await hash_of(studio, parent.id, 3))
    assert accepted.view.seed == 72


async def hash_of(studio, job_id, number):
    view = await studio.services.work.find_shown(studio.origin(), job_id)
    return view.pictures[number - 1].sha256


async def test_pick_of_a_picture_with_seed_zero_says_so(studio):
    studio.first.outputs = [Output(png(48, 32), seed=0)]
    parent = await studio.finished(count=1, seed=70)

    accepted = await pick(studio, parent.id)

    assert accepted.view.seed == 0


async def test_pick_works_where_no_provider_is_left(studio):
    parent = await studio.finished()
    studio.resources.routing._providers.clear()

    accepted = await pick(studio, parent.id)

    assert (await studio.render(accepted.view.id)).status == "done"


@pytest.mark.parametrize("number", [0, 5, -1])
async def test_picture_that_the_job_does_not_have_is_refused(studio, number):
    parent = await studio.finished(count=4)

    await refused(studio, pick(studio, parent.id, number), NoSuchPicture)


async def test_failed_job_has_no_picture_to_pick(studio):
    studio.first.script.will("submit", SubmitUncertain("lost"))
    parent = await studio.finished()

    await refused(studio, pick(studio, parent.id), NoSuchPicture)


async def test_ten_picks_at_once_are_one_job(studio):
    parent = await studio.finished()

    accepted = await asyncio.gather(*(pick(studio, parent.id, 2) for _ in range(10)))

    assert sum(one.is_new for one in accepted) == 1
    assert len({one.view.id for one in accepted}) == 1


async def test_pick_stands_for_good(studio):
    parent = await studio.finished()
    first = await pick(studio, parent.id, 2)
    await studio.render(first.view.id)

    again = await pick(studio, parent.id, 2)

    assert (again.is_new, again.view.id) == (False, first.view.id)


async def test_pick_that_could_not_be_shown_may_be_tried_again(studio):
    parent = await studio.finished()
    studio.delivery.script.will("deliver", Undeliverable("gone"))
    first = await pick(studio, parent.id, 2)
    await studio.render(first.view.id)

    assert (await pick(studio, parent.id, 2)).is_new


async def test_pictures_and_people_are_picked_apart(studio):
    parent = await studio.finished()

    picked = [
        await pick(studio, parent.id, 1),
        await pick(studio, parent.id, 2),
        await pick(studio, parent.id, 1, user_id=SAM),
    ]

    assert all(one.is_new for one in picked)
    assert len({one.view.id for one in picked}) == 3


async def test_picked_picture_can_be_picked_itself(studio):
    parent = await studio.finished(seed=70)
    first = await pick(studio, parent.id, 2)
    job = await studio.render(first.view.id)

    second = await pick(studio, job.id, 1)

    assert second.view.seed == 71
