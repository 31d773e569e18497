"""What nobody expected: the person is told, gets everything back, and no job hangs."""

import itertools

import pytest
import sqlalchemy as sa

from bot import jobs, ledger
from bot.providers import Progress
from bot.services import progress
from tests.unit.services.script import until


class Surprise(Exception):
    """A bug."""


@pytest.mark.parametrize("point", ["submit", "answer", "follow", "fetch"])
async def test_bug_in_a_provider_gives_everything_back_and_is_told(studio, point):
    studio.first.script.will(point, Surprise())

    job = await studio.finished()

    assert (job.status, job.failure) == ("failed", "internal")
    assert studio.delivery.outcome(job.id).view.failure == "internal"
    assert len(studio.first.submits) == 1
    assert await studio.funds() == (100, 0)


@pytest.mark.parametrize("point", ["deliver", "delivered"])
async def test_bug_in_the_delivery_of_pictures_is_told_without_them(studio, point):
    studio.delivery.script.will(point, Surprise())

    job = await studio.finished()

    assert (job.status, job.failure, job.delivered) == ("failed", "internal", 0)
    outcome = studio.delivery.outcome(job.id)
    assert (outcome.view.failure, outcome.files) == ("internal", ())
    assert await studio.funds() == (100, 0)


async def test_bug_in_the_telling_too_leaves_the_job_to_the_next_sweep(studio):
    studio.first.script.will("submit", Surprise())
    studio.delivery.script.will("deliver", Surprise())
    job_id = await studio.accepted()
    with pytest.raises(Surprise):
        await studio.renderer.render(job_id)
    left = await studio.job(job_id)

    job = await studio.render(job_id)

    assert (left.status, left.failure) == ("delivering", "internal")
    assert (job.status, job.failure) == ("failed", "internal")
    assert await studio.funds() == (100, 0)


async def test_bug_in_showing_progress_costs_no_picture(studio, monkeypatch):
    monkeypatch.setattr(progress, "FIRST_AFTER_S", 0.0)
    monkeypatch.setattr(progress, "EVERY_S", 0.0)
    studio.delivery.script.will("show", Surprise())
    studio.first.progress = [Progress(percent=50)]
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_follow.reached()

    await until(lambda: not studio.delivery.script.awaits("show"))
    at_follow.open()
    await rendering

    assert (await studio.job(job_id)).status == "done"


async def test_bug_in_the_providers_cancel_costs_no_picture(studio):
    studio.first.script.will("cancel", Surprise())
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_follow.reached()

    await studio.services.work.cancel(studio.origin(), job_id)
    await until(lambda: studio.first.cancels)
    at_follow.open()
    await rendering

    assert (await studio.job(job_id)).status == "done"


async def test_bug_in_telling_the_next_in_line_leaves_the_job_done(studio):
    in_one_slot = [await studio.accepted(count=1) for _ in range(9)][::3]
    studio.delivery.script.will("show", Surprise())

    job = await studio.render(in_one_slot[0])

    assert (job.status, job.failure, job.delivered) == ("done", None, 1)


# What is nobody's fault: a full disk, a locked database. The job waits where it stands.


def breaks_once(monkeypatch, owner, name, error):
    """Let a function raise at its first call, as the system under it would."""
    whole, calls = getattr(owner, name), itertools.count()

    async def broken(*asked, **named):
        if next(calls) == 0:
            raise error
        return await whole(*asked, **named)

    monkeypatch.setattr(owner, name, broken)


def locked():
    return sa.exc.OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))


async def test_delivered_work_is_paid_although_the_settling_broke_once(studio, monkeypatch):
    breaks_once(monkeypatch, ledger, "capture", locked())
    job_id = await studio.accepted()

    interrupted = await studio.render(job_id)
    held = await studio.funds()
    job = await studio.render(job_id)

    assert (interrupted.status, interrupted.failure) == ("delivering", None)
    assert held == (88, 12)
    assert (job.status, job.delivered) == ("done", 4)
    assert await studio.funds() == (88, 0)
    first, second = studio.delivery.posted
    assert first.message_id == second.message_id


async def test_pictures_are_fetched_again_when_the_disk_was_full(studio, monkeypatch):
    breaks_once(
        monkeypatch, studio.resources.media, "store", OSError(28, "No space left on device")
    )
    job_id = await studio.accepted()

    interrupted = await studio.render(job_id)
    job = await studio.render(job_id)

    assert (interrupted.status, interrupted.failure) == ("running", None)
    assert (job.status, job.delivered) == ("done", 4)
    assert len(studio.first.submits) == 1


async def test_handle_that_could_not_be_written_is_found_again_and_not_bought_twice(
    studio, monkeypatch
):
    studio.first.can_find = True
    breaks_once(monkeypatch, jobs, "save_handle", locked())
    job_id = await studio.accepted()

    interrupted = await studio.render(job_id)
    job = await studio.render(job_id)

    assert interrupted.status == "submitting"
    assert job.status == "done"
    assert len(studio.first.submits) == 1
