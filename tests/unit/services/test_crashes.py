"""A process that dies at any moment, and another one that carries on with its jobs."""

import pytest
from structlog.testing import capture_logs

from bot import jobs
from bot.errors import ProviderBusy, ProviderDown, ProviderLost, ProviderRejected
from bot.services import buying
from tests.unit.services.script import until
from tests.unit.services.studio import COST_USD_MICROS

COST = 4 * COST_USD_MICROS


async def cut_off(studio, script, point, **wish):
    """Start a job and let the process stand at a point of a script; return the job's id."""
    gate = script.gate(point)
    job_id = await studio.accepted(**wish)
    studio.begin(job_id)
    await gate.reached()
    return job_id


async def test_job_that_was_never_begun_is_carried_out(studio):
    job_id = await studio.accepted()

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.delivered) == ("done", 4)


async def test_job_cut_off_while_it_waits_for_a_busy_provider_is_carried_out(studio):
    studio.first.script.will("submit", ProviderBusy("later", retry_after_s=600))
    job_id = await studio.accepted()
    studio.begin(job_id)
    await until(lambda: studio.first.submits)
    await until(lambda: not studio.renderer._buying._submits)

    job = await studio.crash_and_render(job_id)

    assert job.status == "done"
    assert len(studio.first.runs) == 1


async def test_request_cut_off_is_uncertain_where_runs_cannot_be_found(studio):
    job_id = await cut_off(studio, studio.first.script, "answer")

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.failure) == ("failed", "uncertain")
    assert len(studio.first.submits) == 1
    assert await studio.funds() == (100, 0)
    [attempt] = await studio.attempts(job_id)
    assert (attempt.status, attempt.cost_usd_micros) == ("uncertain", COST)
    assert studio.delivery.outcome(job_id).view.prices["retry"] == 12


async def test_request_cut_off_is_found_and_followed_where_runs_have_names(studio):
    studio.first.can_find = True
    job_id = await cut_off(studio, studio.first.script, "answer")

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.delivered) == ("done", 4)
    assert studio.first.follows == studio.first.submits
    assert len(studio.first.submits) == 1
    [attempt] = await studio.attempts(job_id)
    assert (attempt.status, attempt.cost_usd_micros) == ("done", COST)


async def test_request_cut_off_before_it_left_is_sent_when_its_absence_is_proved(studio):
    studio.first.can_find = True
    job_id = await cut_off(studio, studio.first.script, "submit")

    job = await studio.crash_and_render(job_id)

    assert job.status == "done"
    assert len(studio.first.runs) == 1
    costs = [attempt.cost_usd_micros for attempt in await studio.attempts(job_id)]
    assert costs == [0, COST]


@pytest.mark.parametrize("error", [ProviderDown("absent"), ProviderRejected("refused")])
async def test_request_that_is_surely_no_run_is_sent_anew(studio, error):
    job_id = await cut_off(studio, studio.first.script, "submit")
    studio.first.script.will("find", error)

    job = await studio.crash_and_render(job_id)

    assert job.status == "done"
    assert len(studio.first.submits) == 2


async def test_provider_out_of_reach_is_asked_for_the_lost_run_again(studio, monkeypatch):
    monkeypatch.setattr(buying, "RECOVER_EVERY_S", 0.0)
    studio.first.can_find = True
    job_id = await cut_off(studio, studio.first.script, "answer")
    studio.first.script.will("find", *[ProviderLost("no answer")] * 3)

    job = await studio.crash_and_render(job_id)

    assert job.status == "done"
    assert len(studio.first.submits) == 1


async def test_lost_run_is_looked_for_as_long_as_a_run_may_take(studio, monkeypatch):
    monkeypatch.setattr(buying, "RECOVER_EVERY_S", 0.0)
    studio.first.can_find = True
    job_id = await cut_off(studio, studio.first.script, "answer")
    studio.first.script.will("find", *[ProviderLost("no answer")] * 3)
    studio.clock.ahead = buying.RECOVER_FOR

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.failure) == ("failed", "uncertain")
    assert await studio.funds() == (100, 0)
    [attempt] = await studio.attempts(job_id)
    assert (attempt.status, attempt.cost_usd_micros) == ("uncertain", COST)


async def test_lost_run_is_looked_for_no_more_when_it_is_cancelled(studio):
    studio.first.can_find = True
    job_id = await cut_off(studio, studio.first.script, "answer")
    studio.first.script.will("find", ProviderLost("no answer"))
    async with studio.db.write() as conn:
        await jobs.request_cancel(conn, job_id)

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.failure) == ("failed", "uncertain")
    assert await studio.funds() == (100, 0)


async def test_request_to_a_provider_that_is_gone_is_uncertain(studio):
    job_id = await cut_off(studio, studio.first.script, "answer")
    del studio.resources.routing._providers["first"]

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.failure) == ("failed", "uncertain")
    [attempt] = await studio.attempts(job_id)
    assert attempt.cost_usd_micros == COST


@pytest.mark.parametrize("point", ["follow", "fetch"])
async def test_run_with_a_handle_is_followed_again_and_not_bought_twice(studio, point):
    job_id = await cut_off(studio, studio.first.script, point)

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.delivered) == ("done", 4)
    assert len(studio.first.submits) == 1
    assert studio.first.follows == studio.first.submits * 2


async def test_run_of_a_provider_that_is_gone_is_given_back(studio):
    job_id = await cut_off(studio, studio.first.script, "follow")
    del studio.resources.routing._providers["first"]

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.failure) == ("failed", "unavailable")
    assert await studio.funds() == (100, 0)
    [attempt] = await studio.attempts(job_id)
    assert attempt.cost_usd_micros == COST


async def test_delivery_cut_off_is_made_by_the_next_process(studio):
    job_id = await cut_off(studio, studio.delivery.script, "deliver")
    assert studio.delivery.posted == []

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.delivered) == ("done", 4)
    assert len(studio.first.submits) == 1
    assert len(studio.delivery.posted) == 1


async def test_delivered_but_not_settled_is_repeated_on_the_same_message_and_paid_once(studio):
    job_id = await cut_off(studio, studio.delivery.script, "delivered")
    assert (await studio.job(job_id)).status == "delivering"
    assert await studio.funds() == (88, 12)

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.delivered) == ("done", 4)
    first, second = studio.delivery.posted
    assert first.message_id == second.message_id
    assert first.files == second.files
    assert await studio.funds() == (88, 0)


async def test_failure_told_but_not_settled_is_repeated_and_released_once(studio):
    studio.first.script.will("submit", ProviderRejected("no"))
    job_id = await cut_off(studio, studio.delivery.script, "delivered")

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.failure) == ("failed", "rejected")
    assert [one.view.failure for one in studio.delivery.posted] == ["rejected"] * 2
    assert await studio.funds() == (100, 0)


async def test_job_survives_a_crash_at_every_step(studio):
    script, provider = studio.delivery.script, studio.first.script
    studio.first.can_find = True
    job_id = await cut_off(studio, provider, "submit")
    for points, point in (
        (provider, "answer"),
        (provider, "follow"),
        (provider, "fetch"),
        (script, "deliver"),
        (script, "delivered"),
    ):
        gate = points.gate(point)
        await studio.crash()
        studio.restart()
        studio.begin(job_id)
        await gate.reached()

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.delivered) == ("done", 4)
    assert len(studio.first.runs) == 1


async def test_job_of_a_live_process_is_left_to_it(studio):
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_follow.reached()
    runner = (await studio.job(job_id)).runner
    async with studio.db.write() as conn:
        await jobs.beat(conn, runner, now=studio.clock())

    other = studio.restart()
    await other.dispatch._renderer.render(job_id)
    still_of = (await studio.job(job_id)).runner
    at_follow.open()
    await rendering

    assert still_of == runner
    assert len(studio.first.follows) == 1
    assert len(studio.delivery.posted) == 1


async def test_process_that_was_taken_for_dead_writes_nothing_more(studio):
    """The first process stands still for so long that the second takes its job over."""
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()
    stalled = studio.begin(job_id)
    await at_follow.reached()

    studio.restart()
    job = await studio.render(job_id)
    with capture_logs() as logged:
        at_follow.open()
        await stalled

    assert await studio.job(job_id) == job
    assert job.status == "done"
    assert len(studio.delivery.posted) == 1
    assert len(studio.first.submits) == 1
    assert [entry["log_level"] for entry in logged] == ["info"]


async def test_process_taken_for_dead_while_it_delivers_does_not_settle_again(studio):
    at_delivery = studio.delivery.script.gate("deliver")
    job_id = await studio.accepted()
    stalled = studio.begin(job_id)
    await at_delivery.reached()

    studio.restart()
    job = await studio.render(job_id)
    with capture_logs() as logged:
        at_delivery.open()
        await stalled

    assert await studio.job(job_id) == job
    assert await studio.funds() == (88, 0)
    assert [entry["log_level"] for entry in logged] == ["info"]
