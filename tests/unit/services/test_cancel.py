"""Stopping a job: what stops costs nothing, what finishes all the same is delivered and paid."""

import pytest

from bot import jobs
from bot.errors import JobOver, NotYourJob, ProviderBusy, ProviderDown, ProviderLost, UnknownJob
from bot.services import following
from tests.unit.services.script import until
from tests.unit.services.studio import COST_USD_MICROS, SAM, SERVER


async def cancel(studio, job_id, **origin):
    return await studio.services.work.cancel(studio.origin(**origin), job_id)


async def test_queued_job_is_stopped_before_anything_is_sent(studio):
    job_id = await studio.accepted()

    await cancel(studio, job_id)
    await studio.is_over(job_id)

    job = await studio.job(job_id)
    assert (job.status, job.failure) == ("cancelled", "cancelled")
    assert studio.first.submits == []
    assert await studio.funds() == (100, 0)
    assert studio.delivery.outcome(job_id).view.prices["retry"] == 12


async def test_running_job_is_stopped_by_its_provider(studio):
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_follow.reached()

    view = await cancel(studio, job_id)
    await rendering

    assert view.is_cancel_requested
    job = await studio.job(job_id)
    assert (job.status, job.failure) == ("cancelled", "cancelled")
    assert studio.first.cancels == studio.first.submits
    assert await studio.funds() == (100, 0)
    [attempt] = await studio.attempts(job_id)
    # Most providers bill what a stopped run has done by then.
    assert (attempt.status, attempt.cost_usd_micros) == ("failed", 4 * COST_USD_MICROS)


async def test_card_of_a_running_job_says_that_it_is_being_stopped(studio):
    studio.first.stops = False
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_follow.reached()

    await cancel(studio, job_id)
    await until(lambda: studio.delivery.shown)
    at_follow.open()
    await rendering

    view = studio.delivery.shown[0]
    assert (view.id, view.is_cancel_requested, view.failure) == (job_id, True, None)


async def test_card_of_a_waiting_job_shows_its_end_alone(studio):
    job_id = await studio.accepted()

    await cancel(studio, job_id)
    await studio.is_over(job_id)

    assert studio.delivery.shown == []
    assert len(studio.delivery.posted) == 1


async def test_run_that_finishes_all_the_same_is_delivered_and_paid(studio):
    studio.first.stops = False
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_follow.reached()

    await cancel(studio, job_id)
    await until(lambda: studio.first.cancels)
    at_follow.open()
    await rendering

    job = await studio.job(job_id)
    assert (job.status, job.failure, job.delivered) == ("done", None, 4)
    assert await studio.funds() == (88, 0)


async def test_cancel_that_does_not_reach_the_provider_is_no_failure(studio):
    studio.first.script.will("cancel", ProviderLost("no answer"))
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_follow.reached()

    await cancel(studio, job_id)
    await until(lambda: studio.first.cancels)
    at_follow.open()
    await rendering

    assert (await studio.job(job_id)).status == "done"


async def test_cancel_is_passed_on_until_it_reaches_the_provider(studio, monkeypatch):
    monkeypatch.setattr(following, "CANCEL_EVERY_S", 0.0)
    studio.first.script.will("cancel", ProviderLost("no answer"), ProviderLost("no answer"))
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_follow.reached()

    await cancel(studio, job_id)
    await rendering

    assert (await studio.job(job_id)).status == "cancelled"
    assert len(studio.first.cancels) == 3


async def test_cancel_from_another_process_is_noticed_by_the_flag(studio, monkeypatch):
    monkeypatch.setattr(following, "CANCEL_POLL_S", 0.01)
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_follow.reached()

    async with studio.db.write() as conn:
        await jobs.request_cancel(conn, job_id)
    await rendering

    assert (await studio.job(job_id)).status == "cancelled"


async def test_job_that_waits_for_a_busy_provider_is_stopped(studio):
    busy = ProviderBusy("later", retry_after_s=0.0)
    at_submit = studio.first.script.gate("submit", then=busy)
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_submit.reached()

    await cancel(studio, job_id)
    at_submit.open()
    await rendering

    job = await studio.job(job_id)
    assert (job.status, job.failure) == ("cancelled", "cancelled")
    assert studio.first.runs == {}
    assert await studio.funds() == (100, 0)


async def test_job_stopped_while_one_route_refuses_is_not_sent_to_the_next(studio):
    at_submit = studio.first.script.gate("submit", then=ProviderDown("refused"))
    job_id = await studio.accepted(model="twice")
    rendering = studio.begin(job_id)
    await at_submit.reached()

    await cancel(studio, job_id)
    at_submit.open()
    await rendering

    assert (await studio.job(job_id)).status == "cancelled"
    assert studio.second.submits == []


async def test_cancel_asked_while_no_process_lives_is_heeded_by_the_next(studio):
    studio.first.script.gate("follow")
    job_id = await studio.accepted()
    studio.begin(job_id)
    await until(lambda: studio.first.follows)
    await studio.crash()
    async with studio.db.write() as conn:
        await jobs.request_cancel(conn, job_id)
    studio.first.script.gate("follow")

    studio.restart()
    job = await studio.render(job_id)

    assert (job.status, job.failure) == ("cancelled", "cancelled")
    assert await studio.funds() == (100, 0)


async def test_delivered_job_is_not_stopped_any_more(studio):
    at_delivery = studio.delivery.script.gate("deliver")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_delivery.reached()

    await cancel(studio, job_id)
    at_delivery.open()
    await rendering

    assert (await studio.job(job_id)).status == "done"
    assert studio.delivery.shown == []


async def test_staff_may_stop_other_peoples_jobs(studio):
    job_id = await studio.accepted()

    await cancel(studio, job_id, user_id=SAM, is_staff=True)
    await studio.is_over(job_id)

    assert studio.delivery.outcome(job_id).view.failure == "cancelled"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ({"user_id": SAM}, NotYourJob),
        ({"server_id": SERVER + 1}, UnknownJob),
        ({"server_id": SERVER + 1, "is_staff": True}, UnknownJob),
    ],
)
async def test_strangers_may_not_stop_a_job(studio, origin, expected):
    job_id = await studio.accepted()
    before = await studio.rows()

    with pytest.raises(expected):
        await cancel(studio, job_id, **origin)

    assert await studio.rows() == before


async def test_job_that_is_over_cannot_be_stopped(studio):
    job = await studio.finished()
    before = await studio.rows()

    with pytest.raises(JobOver):
        await cancel(studio, job.id)

    assert await studio.rows() == before


async def test_unknown_job_cannot_be_stopped(studio):
    with pytest.raises(UnknownJob) as refused:
        await cancel(studio, 404)

    assert refused.value.job_id == "404"
