"""Accepting work: one transaction for job and hold, or a refusal that wrote nothing."""

import asyncio

import pytest

from bot.errors import (
    BudgetUsedUp,
    InsufficientCredits,
    JobStillRunning,
    NoRoute,
    NoSuchPicture,
    Restarting,
    ServerNotAllowed,
    SubmitUncertain,
    UnknownJob,
)
from bot.providers import Output
from bot.services import ImageWish, Undeliverable
from bot.services.accounts import next_month
from bot.services.making import FAST_SLOTS
from tests.pictures import png
from tests.unit.services.studio import COST_USD_MICROS, MIA, SAM, SERVER

ONE_JOB_USD = 4 * COST_USD_MICROS / 1_000_000


def request(studio, **origin):
    wish = ImageWish("a fox", "fox", count=4)
    return studio.services.making.request_images(studio.origin(**origin), wish)


def reroll(studio, job_id, **origin):
    return studio.services.making.repeat(studio.origin(**origin), job_id, action="reroll")


def retry(studio, job_id, **origin):
    return studio.services.making.repeat(studio.origin(**origin), job_id, action="retry")


def pick(studio, job_id, number=1, **origin):
    return studio.services.making.pick(studio.origin(**origin), job_id, number)


async def refused(studio, accepting, expected):
    """Expect a refusal that leaves the database as it was."""
    before = await studio.rows()
    with pytest.raises(expected) as caught:
        await accepting
    assert await studio.rows() == before
    return caught.value


# Accepting.


async def test_accepted_job_is_queued_with_its_price_held(studio):
    origin = studio.origin(locale="de", channel_id=33)

    accepted = await studio.imagine(count=4, seed=70, origin=origin)

    assert accepted.is_new
    job = await studio.job(accepted.view.id)
    assert (job.status, job.action, job.runner) == ("queued", "imagine", None)
    assert (job.count, job.price, job.cost_usd_micros) == (4, 12, 4 * COST_USD_MICROS)
    assert (job.interaction_id, job.token) == (origin.interaction_id, origin.token)
    assert (job.user_id, job.channel_id, job.locale) == (MIA, 33, "de")
    assert await studio.funds() == (88, 12)


async def test_view_of_an_accepted_job_is_ready_to_be_drawn(studio):
    view = (await studio.imagine(count=4)).view

    assert (view.status, view.ahead, view.price, view.charged) == ("queued", 0, 12, 0)
    assert (view.model_title, view.is_final, view.pictures) == ("Fox", False, ())


async def test_same_interaction_again_is_the_same_job(studio):
    origin = studio.origin()
    first = await studio.imagine(origin=origin)
    before = await studio.rows()

    again = await studio.imagine(origin=origin)

    assert (first.is_new, again.is_new) == (True, False)
    assert again.view.id == first.view.id
    assert await studio.rows() == before


async def test_same_interaction_ten_times_at_once_is_one_job_and_one_hold(studio):
    origin = studio.origin()

    accepted = await asyncio.gather(*(studio.imagine(origin=origin) for _ in range(10)))

    assert sum(one.is_new for one in accepted) == 1
    assert len({one.view.id for one in accepted}) == 1
    assert await studio.funds() == (88, 12)


async def test_jobs_of_one_account_spread_over_its_slots(studio):
    slots = [(await studio.job(await studio.accepted(count=1))).slot for _ in range(7)]
    other = await studio.accepted(count=1, origin=studio.origin(user_id=SAM))

    assert slots == [0, 1, 2, 0, 1, 2, 0]
    assert FAST_SLOTS == 3
    assert (await studio.job(other)).slot == 0


async def test_job_says_how_many_go_before_it(studio):
    views = [(await studio.imagine(count=1)).view for _ in range(7)]

    assert [view.ahead for view in views] == [0, 0, 0, 1, 1, 1, 2]


async def test_freed_slot_is_used_next(studio):
    first, second, third = [await studio.accepted(count=1) for _ in range(3)]
    await studio.render(second)

    fourth = await studio.accepted(count=1)

    assert (await studio.job(fourth)).slot == 1
    assert [(await studio.job(job_id)).slot for job_id in (first, third)] == [0, 2]


# Refusals.


async def test_server_that_is_not_allowed_is_refused(studio):
    await refused(studio, request(studio, server_id=SERVER + 1), ServerNotAllowed)


async def test_price_beyond_the_credits_is_refused_and_names_the_next_daily(studio):
    for _ in range(8):
        await studio.accepted(count=4)
    studio.clock.now = studio.clock()

    error = await refused(studio, request(studio), InsufficientCredits)

    assert (error.needed, error.available) == (12, 4)
    assert error.daily_at == studio.clock()


async def test_requests_at_once_never_hold_more_than_there_is(studio):
    answers = await asyncio.gather(*(request(studio) for _ in range(12)), return_exceptions=True)

    assert sum(isinstance(answer, InsufficientCredits) for answer in answers) == 4
    assert await studio.funds() == (4, 96)


async def test_nothing_is_accepted_while_the_process_stops(studio):
    parent = await studio.finished()
    studio.services.making.close()

    await refused(studio, request(studio), Restarting)
    await refused(studio, reroll(studio, parent.id), Restarting)
    await refused(studio, pick(studio, parent.id), Restarting)


# The host's budget.


@pytest.fixture
async def frugal(make_studio):
    """A studio whose month pays for one job of four pictures."""
    studio = make_studio(monthly_budget_usd=ONE_JOB_USD)
    await studio.give(1000)
    return studio


async def test_budget_is_spent_by_jobs_that_wait(frugal):
    await frugal.accepted()

    error = await refused(frugal, request(frugal), BudgetUsedUp)

    assert error.resets_at == next_month(frugal.clock())


async def test_budget_is_spent_by_jobs_that_ran(frugal):
    await frugal.finished()

    await refused(frugal, request(frugal), BudgetUsedUp)


async def test_budget_is_spent_by_what_may_have_been_bought(frugal):
    frugal.first.script.will("answer", SubmitUncertain("lost"))
    job = await frugal.finished()

    assert job.failure == "uncertain"
    await refused(frugal, request(frugal), BudgetUsedUp)


async def test_budget_is_given_back_by_jobs_that_cost_nothing(frugal):
    job_id = await frugal.accepted()
    await frugal.services.work.cancel(frugal.origin(), job_id)
    await frugal.is_over(job_id)

    assert (await request(frugal)).is_new


async def test_budget_starts_anew_with_the_month(frugal):
    await frugal.finished()
    frugal.clock.now = next_month(frugal.clock())

    assert (await request(frugal)).is_new


async def test_budget_holds_for_requests_at_once(frugal):
    answers = await asyncio.gather(*(request(frugal) for _ in range(10)), return_exceptions=True)

    assert sum(isinstance(answer, BudgetUsedUp) for answer in answers) == 9


async def test_work_that_costs_the_host_nothing_needs_no_budget(frugal):
    parent = await frugal.finished()

    assert (await frugal.imagine(model="free")).is_new
    assert (await pick(frugal, parent.id)).is_new


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
