"""The paid request: sent once, and named right when it fails."""

import asyncio

import pytest

from bot.errors import (
    BadKey,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderRejected,
    SubmitUncertain,
)
from bot.services import buying
from tests.unit.services.script import until
from tests.unit.services.studio import COST_USD_MICROS

COST = 4 * COST_USD_MICROS
BUSY = ProviderBusy("slow down", retry_after_s=0.0)
NOT_ACCEPTED = [ProviderDown("refused"), OutOfFunds("empty"), BadKey("who?")]


def name(error: Exception) -> str:
    return type(error).__name__


@pytest.mark.parametrize("error", NOT_ACCEPTED, ids=name)
async def test_request_that_was_surely_not_accepted_costs_nothing(studio, error):
    studio.first.script.will("submit", error)

    job = await studio.finished()

    assert (job.status, job.failure, job.failure_text) == ("failed", "unavailable", str(error))
    assert len(studio.first.submits) == 1
    [attempt] = await studio.attempts(job.id)
    assert (attempt.status, attempt.cost_usd_micros) == ("failed", 0)
    assert await studio.funds() == (100, 0)
    assert studio.delivery.outcome(job.id).view.prices["retry"] == 12


async def test_refused_request_is_final_and_said_in_the_providers_words(studio):
    studio.first.script.will("submit", ProviderRejected("foxes are not allowed"))

    job = await studio.finished()

    assert (job.status, job.failure) == ("failed", "rejected")
    assert job.failure_text == "foxes are not allowed"
    assert len(studio.first.submits) == 1
    [attempt] = await studio.attempts(job.id)
    assert (attempt.status, attempt.cost_usd_micros) == ("failed", 0)
    assert await studio.funds() == (100, 0)


@pytest.mark.parametrize("point", ["submit", "answer"])
async def test_request_that_may_have_been_accepted_is_never_sent_again(studio, point):
    studio.first.script.will(point, SubmitUncertain("the answer was lost"))

    job = await studio.finished()

    assert (job.status, job.failure) == ("failed", "uncertain")
    assert len(studio.first.submits) == 1
    assert await studio.funds() == (100, 0)
    # It counts against the budget as if it had been bought.
    [attempt] = await studio.attempts(job.id)
    assert (attempt.status, attempt.cost_usd_micros) == ("uncertain", COST)


async def test_busy_provider_is_asked_again_and_serves(studio):
    studio.first.script.will("submit", BUSY, BUSY)

    job = await studio.finished()

    assert job.status == "done"
    assert len(studio.first.submits) == 3
    assert len(studio.first.runs) == 1
    costs = [attempt.cost_usd_micros for attempt in await studio.attempts(job.id)]
    assert costs == [0, 0, COST]


async def test_every_request_has_a_key_of_its_own(studio):
    studio.first.script.will("submit", BUSY, BUSY)

    await studio.finished()

    assert len(set(studio.first.submits)) == 3


async def test_provider_that_stays_busy_is_given_up(studio):
    studio.first.script.will("submit", *[BUSY] * 9)

    job = await studio.finished()

    assert (job.status, job.failure) == ("failed", "unavailable")
    assert len(studio.first.submits) == buying.BUSY_ROUNDS
    assert await studio.funds() == (100, 0)


async def test_busy_job_waits_as_queued(studio):
    studio.first.script.will("submit", ProviderBusy("later", retry_after_s=600))
    job_id = await studio.accepted()

    studio.begin(job_id)
    await until(lambda: studio.first.submits)
    await until(lambda: not studio.renderer._buying._submits)

    assert (await studio.job(job_id)).status == "queued"


@pytest.mark.parametrize("error", [*NOT_ACCEPTED, BUSY], ids=name)
async def test_next_route_serves_what_the_first_surely_did_not_take(studio, error):
    studio.first.script.will("submit", *[error] * buying.BUSY_ROUNDS)

    job = await studio.finished(model="twice")

    assert job.status == "done"
    assert len(studio.second.submits) == 1
    assert studio.first.runs == {}
    attempts = await studio.attempts(job.id)
    assert sum(attempt.cost_usd_micros for attempt in attempts) == COST
    assert studio.delivery.outcome(job.id).view.provider == "second"


@pytest.mark.parametrize("error", [SubmitUncertain("lost"), ProviderRejected("no")], ids=name)
async def test_next_route_never_gets_what_the_first_may_have_answered(studio, error):
    studio.first.script.will("submit", error)

    job = await studio.finished(model="twice")

    assert job.status == "failed"
    assert studio.second.submits == []


async def test_job_fails_when_no_route_took_it(studio):
    studio.first.script.will("submit", ProviderDown("a"))
    studio.second.script.will("submit", ProviderDown("b"))

    job = await studio.finished(model="twice")

    assert (job.status, job.failure, job.failure_text) == ("failed", "unavailable", "b")
    assert await studio.funds() == (100, 0)


async def test_shutdown_waits_for_the_handle_of_a_request_on_its_way(studio):
    at_answer = studio.first.script.gate("answer")
    job_id = await studio.accepted()
    studio.begin(job_id)
    await at_answer.reached()

    stopping = asyncio.create_task(studio.renderer.stop())
    await asyncio.sleep(0)
    at_answer.open()
    await stopping

    [attempt] = await studio.attempts(job_id)
    assert attempt.handle == {"run_id": attempt.key}
    assert (await studio.job(job_id)).status == "running"


async def test_shutdown_leaves_no_request_on_its_way(studio):
    """Two jobs: while the shutdown waits for one request, the other must not send a new one."""
    studio.first.script.will("submit", ProviderBusy("later", retry_after_s=1))
    waiting_id = await studio.accepted()
    waiting = studio.begin(waiting_id)
    await until(lambda: len(studio.first.submits) == 1)
    at_answer = studio.second.script.gate("answer")
    sent_id = await studio.accepted(model="twice")
    studio.begin(sent_id)
    await at_answer.reached()

    stopping = asyncio.create_task(studio.renderer.stop())
    await until(lambda: waiting.done() or len(studio.first.submits) == 2)
    at_answer.open()
    await stopping

    assert (len(studio.first.submits), len(studio.second.submits)) == (1, 1)
    assert (await studio.job(waiting_id)).status == "queued"
    assert (await studio.job(sent_id)).status == "running"
