"""Dispatch with the real engine: every job has somebody who works on it, in its slot's turn."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot import jobs
from bot.policy import Tier
from bot.services import dispatch as dispatch_module
from tests.unit.services.script import until
from tests.unit.services.studio import MIA, SAM


@pytest.fixture
async def working(studio) -> AsyncIterator:
    """A studio whose dispatch runs."""
    await studio.services.dispatch.start()
    yield studio
    await studio.services.dispatch.stop()


async def send(studio, **wish):
    job_id = await studio.accepted(**wish)
    await studio.services.dispatch.send(job_id)
    return job_id


async def restart(studio):
    await studio.services.dispatch.stop()
    studio.restart()
    await studio.services.dispatch.start()


async def test_job_that_is_sent_is_carried_out(working):
    job = await working.is_over(await send(working))

    assert (job.status, job.delivered) == ("done", 4)


async def test_job_that_is_sent_ten_times_is_carried_out_once(working):
    job_id = await working.accepted()

    await asyncio.gather(*(working.services.dispatch.send(job_id) for _ in range(10)))
    await working.is_over(job_id)

    assert len(working.first.submits) == 1
    assert len(working.delivery.posted) == 1


async def test_job_that_is_over_is_sent_to_nobody(working):
    job_id = await send(working)
    await working.is_over(job_id)

    await working.services.dispatch.send(job_id)
    await working.services.dispatch.send(404)

    assert working.services.dispatch._direct == set()


async def test_account_runs_as_many_jobs_at_once_as_it_has_slots(working):
    gates = [working.first.script.gate("follow") for _ in range(5)]
    sent = [await send(working, count=1) for _ in range(5)]
    for gate in gates[: Tier().slots]:
        await gate.reached()

    for gate in gates:
        gate.open()
    over = [await working.is_over(job_id) for job_id in sent]

    assert {job.status for job in over} == {"done"}
    assert working.first.most_at_once == Tier().slots


async def test_accounts_do_not_wait_for_each_other(working):
    gates = [working.first.script.gate("follow") for _ in range(Tier().slots)]
    for _ in gates:
        await send(working, count=1)
    for gate in gates:
        await gate.reached()

    other = await send(working, count=1, origin=working.origin(user_id=SAM))
    job = await working.is_over(other)

    assert job.status == "done"
    for gate in gates:
        gate.open()


async def test_free_work_passes_the_line(working):
    parent = await working.is_over(await send(working))
    gates = [working.first.script.gate("follow") for _ in range(Tier().slots)]
    for _ in gates:
        await send(working, count=1)
    for gate in gates:
        await gate.reached()

    picked = await working.services.making.pick(working.origin(), parent.id, 1)
    await working.services.dispatch.send(picked.view.id)
    job = await working.is_over(picked.view.id)

    assert job.status == "done"
    for gate in gates:
        gate.open()


async def test_waiting_job_is_cancelled_without_its_turn(working):
    gates = [working.first.script.gate("follow") for _ in range(Tier().slots)]
    for _ in gates:
        await send(working, count=1)
    for gate in gates:
        await gate.reached()
    waiting = await send(working, count=1)

    await working.services.work.cancel(working.origin(user_id=MIA), waiting)
    job = await working.is_over(waiting)

    assert (job.status, len(working.first.submits)) == ("cancelled", Tier().slots)
    for gate in gates:
        gate.open()


async def test_job_that_nobody_sent_is_found_by_the_sweep(working):
    job_id = await working.accepted()

    await working.services.dispatch.sweep(min_age=timedelta(0))

    assert (await working.is_over(job_id)).status == "done"


async def test_job_that_is_being_answered_is_left_alone_by_the_sweep(working):
    job_id = await working.accepted()

    await working.services.dispatch.sweep()
    await working.services.dispatch.sweep()

    assert (await working.job(job_id)).runner is None
    working.clock.ahead += dispatch_module.SWEEP_MIN_AGE
    await working.services.dispatch.sweep()
    assert (await working.is_over(job_id)).status == "done"


async def test_job_whose_start_broke_is_taken_up_by_the_sweep(working, monkeypatch):
    claim, tries = jobs.claim, itertools.count()

    async def claim_at_the_second_try(*asked, **named):
        if next(tries) == 0:
            raise sa.exc.OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))
        return await claim(*asked, **named)

    monkeypatch.setattr(jobs, "claim", claim_at_the_second_try)
    job_id = await send(working)
    await until(lambda: working.services.dispatch._engine._broken[job_id])

    await working.services.dispatch.sweep(min_age=timedelta(0))

    assert (await working.is_over(job_id)).status == "done"


async def test_sweep_comes_by_itself(studio, monkeypatch):
    monkeypatch.setattr(dispatch_module, "SWEEP_EVERY_S", 0.01)
    await studio.services.dispatch.start()
    job_id = await studio.accepted()

    studio.clock.ahead += dispatch_module.SWEEP_MIN_AGE
    job = await studio.is_over(job_id)
    await studio.services.dispatch.stop()

    assert job.status == "done"


async def test_jobs_of_an_earlier_process_are_taken_up_at_the_start(studio):
    never_sent = await studio.accepted()
    cut_off = await studio.accepted()
    gate = studio.first.script.gate("follow")
    studio.begin(cut_off)
    await gate.reached()
    await studio.crash()

    studio.restart()
    await studio.services.dispatch.start()
    over = [await studio.is_over(job_id) for job_id in (never_sent, cut_off)]
    await studio.services.dispatch.stop()

    assert {job.status for job in over} == {"done"}
    assert len(studio.first.submits) == 2


async def test_running_job_is_followed_on_after_a_restart(working):
    gate = working.first.script.gate("follow")
    job_id = await send(working)
    await gate.reached()

    await restart(working)
    job = await working.is_over(job_id)

    assert job.status == "done"
    assert len(working.first.submits) == 1


async def test_engine_whose_database_is_lost_loses_no_job(working, tmp_path):
    gates = [working.first.script.gate("follow") for _ in range(Tier().slots)]
    sent = [await send(working, count=1) for _ in range(5)]
    for gate in gates:
        await gate.reached()

    await working.services.dispatch.stop()
    lost = list(tmp_path.glob("engine.sqlite*"))
    for file in lost:
        file.unlink()
    working.restart()
    await working.services.dispatch.start()
    over = [await working.is_over(job_id) for job_id in sent]

    assert lost
    assert {job.status for job in over} == {"done"}
    assert len(working.first.submits) == 5


async def test_slot_of_a_process_that_died_is_freed(studio):
    """The engine still holds the dead process's jobs for running; a restart must not wait."""
    gates = [studio.first.script.gate("follow") for _ in range(Tier().slots)]
    await studio.services.dispatch.start()
    sent = [await send(studio, count=1) for _ in range(Tier().slots)]
    for gate in gates:
        await gate.reached()
    await studio.crash_hard()

    studio.restart()
    await studio.services.dispatch.start()
    later = await send(studio, count=1)
    over = [await studio.is_over(job_id) for job_id in (*sent, later)]
    await studio.services.dispatch.stop()

    assert {job.status for job in over} == {"done"}
    assert len(studio.first.submits) == Tier().slots + 1


async def test_process_says_that_it_lives_and_when_it_leaves(studio):
    async def living():
        async with studio.db.read() as conn:
            return await jobs.live_processes(conn, now=studio.clock())

    await studio.services.dispatch.start()
    while_it_runs = await living()
    await studio.services.dispatch.stop()

    assert while_it_runs == [studio.services.dispatch._process_id]
    assert await living() == []
