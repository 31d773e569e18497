"""Accepting work: one transaction for job and hold, or a refusal that wrote nothing."""

import asyncio

import pytest

from bot.errors import (
    BudgetUsedUp,
    InsufficientCredits,
    Restarting,
    ServerNotAllowed,
    SubmitUncertain,
)
from bot.policy import Tier
from bot.services.days import next_month
from tests.unit.services.presses import pick, refused, request, reroll
from tests.unit.services.studio import COST_USD_MICROS, MIA, SAM, SERVER

ONE_JOB_USD = 4 * COST_USD_MICROS / 1_000_000


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
    assert Tier().slots == 3
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


async def test_button_pressed_before_the_money_is_settled_waits_for_it(studio):
    settling = studio.delivery.script.gate("delivered")
    job_id = await studio.accepted(count=1)
    rendering = studio.begin(job_id)
    await settling.reached()

    pressed = asyncio.create_task(reroll(studio, job_id))
    await asyncio.sleep(0)
    settling.open()
    await rendering

    assert (await pressed).is_new
