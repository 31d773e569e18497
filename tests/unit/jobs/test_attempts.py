"""Attempts: what was sent, what it costs, and what the month has cost so far."""

from datetime import timedelta

import pytest

from bot import jobs
from bot.db import utc_now

INPUTS = {"prompt": "a fox", "seed": 7}
LONG_AGO = utc_now() - timedelta(days=1000)


@pytest.fixture
def attempt(db):
    """Add an attempt in a transaction of its own."""

    async def attempt(job, *, cost=400):
        async with db.write() as conn:
            return await jobs.add_attempt(
                conn,
                job_id=job.id,
                provider="kiosk",
                endpoint="fox/v1",
                inputs=INPUTS,
                cost_usd_micros=cost,
            )

    return attempt


async def last(db, job):
    async with db.read() as conn:
        return await jobs.last_attempt(conn, job.id)


async def committed(db, *, since=LONG_AGO):
    async with db.read() as conn:
        return await jobs.committed_usd_micros(conn, since=since)


async def move(db, job, status):
    async with db.write() as conn:
        claimed = await jobs.claim(conn, job.id, runner="a", live=[])
        return await jobs.advance(conn, claimed, status=status)


async def test_job_without_an_attempt_has_no_last_one(db, accept):
    assert await last(db, await accept()) is None


async def test_attempt_keeps_what_is_about_to_be_sent(db, accept, attempt):
    job = await accept()

    added = await attempt(job)

    assert added == await last(db, job)
    assert (added.job_id, added.provider, added.endpoint) == (job.id, "kiosk", "fox/v1")
    assert (added.inputs, added.status, added.cost_usd_micros) == (INPUTS, "submitting", 400)
    assert added.handle is None
    assert added.finished_at is None


async def test_newest_attempt_is_the_last_one(db, accept, attempt):
    job = await accept()
    await attempt(job)
    second = await attempt(job)

    assert await last(db, job) == second


async def test_attempts_have_different_keys(accept, attempt):
    job, other = await accept(), await accept()

    keys = {(await attempt(one)).key for one in (job, job, other)}

    assert len(keys) == 3


async def test_handle_is_kept_and_makes_the_attempt_running(db, accept, attempt):
    job = await accept()
    added = await attempt(job)

    async with db.write() as conn:
        await jobs.save_handle(conn, added.id, {"request_id": "r1", "n": [1]})

    kept = await last(db, job)
    assert kept.status == "running"
    assert kept.handle == {"request_id": "r1", "n": [1]}


@pytest.mark.parametrize(("cost", "expected"), [(None, 400), (0, 0), (123, 123)])
async def test_closed_attempt_costs_what_is_said_or_what_was_expected(
    db, accept, attempt, cost, expected
):
    job = await accept()
    added = await attempt(job)

    async with db.write() as conn:
        await jobs.close_attempt(
            conn, added.id, status="failed", cost_usd_micros=cost, failure_text="no"
        )

    kept = await last(db, job)
    assert (kept.status, kept.failure_text, kept.cost_usd_micros) == ("failed", "no", expected)
    assert kept.finished_at is not None


async def test_nothing_is_committed_in_an_empty_database(db):
    assert await committed(db) == 0


async def test_committed_is_what_attempts_cost_and_what_waiting_jobs_will(db, accept, attempt):
    await accept(cost_usd_micros=1000)
    sent = await move(db, await accept(cost_usd_micros=20_000), "submitting")
    await attempt(sent, cost=300)
    await attempt(sent, cost=40)

    assert await committed(db) == 1000 + 300 + 40


@pytest.mark.parametrize("status", ["submitting", "running", "delivering", "done", "cancelled"])
async def test_job_that_waits_no_more_counts_by_its_attempts_alone(db, accept, status):
    await move(db, await accept(cost_usd_micros=1000), status)

    assert await committed(db) == 0


async def test_attempts_of_an_earlier_month_do_not_count(db, accept, attempt):
    sent = await move(db, await accept(), "running")
    added = await attempt(sent, cost=300)

    assert await committed(db, since=added.created_at) == 300
    assert await committed(db, since=added.created_at + timedelta(seconds=1)) == 0
