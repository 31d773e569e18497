"""Jobs as rows: accepted once, run by one runner, found again."""

import asyncio
from dataclasses import asdict

import pytest
import sqlalchemy as sa

from bot import jobs
from bot.jobs import FINAL_STATUSES, NotOurs
from tests.unit.jobs.drafts import draft


async def claim(db, job, runner, *, live=()):
    async with db.write() as conn:
        return await jobs.claim(conn, job.id, runner=runner, live=live)


async def advance(db, job, status, **changes):
    async with db.write() as conn:
        return await jobs.advance(conn, job, status=status, **changes)


async def read(db, job):
    async with db.read() as conn:
        return await jobs.get(conn, job.id)


async def finish(db, job, status="done"):
    claimed = await claim(db, job, "somebody")
    return await advance(db, claimed, status)


async def test_accepted_job_keeps_everything_it_was_asked_for(db, accept):
    job = await accept(inputs={"prompt": "ü {x} \n", "seed": 2**63}, click_key="reroll:1:4")

    kept = await read(db, job)

    assert kept == job
    expected = draft(inputs={"prompt": "ü {x} \n", "seed": 2**63}, click_key="reroll:1:4")
    assert {name: getattr(kept, name) for name in asdict(expected)} == asdict(expected)
    assert (kept.runner, kept.message_id, kept.failure, kept.delivered) == (None, None, None, 0)
    assert not kept.is_final


async def test_missing_job_is_none(db):
    async with db.read() as conn:
        assert await jobs.get(conn, 404) is None
        assert await jobs.find_by_interaction(conn, 404, user_id=4) is None
        assert await jobs.find_by_click(conn, "reroll:1:4") is None


async def test_interaction_is_accepted_once(db, accept):
    first = await accept(interaction_id=77)

    with pytest.raises(sa.exc.IntegrityError):
        await accept(interaction_id=77)

    async with db.read() as conn:
        assert await jobs.find_by_interaction(conn, 77, user_id=4) == first


async def test_number_that_somebody_elses_job_took_is_passed_over(db, accept):
    """One press may be several jobs, whose numbers Discord may give to other people's presses."""
    own = await accept(interaction_id=79)
    for number in (77, 78):
        await accept(interaction_id=number, user_id=5, account_id=2)

    async with db.read() as conn:
        assert await jobs.find_by_interaction(conn, 77, user_id=4) == own
        assert await jobs.find_by_interaction(conn, 77, user_id=6) is None
        assert await jobs.number_for(conn, 77, user_id=6) == 80
        assert await jobs.number_for(conn, 77, user_id=5) == 77
        assert await jobs.number_for(conn, 77) == 80


async def test_what_is_active_is_found_without_reading_what_is_over(db, accept):
    job = await accept()
    lookers = {
        "committed": lambda conn: jobs.committed_usd_micros(conn, since=job.created_at),
        "unattended": lambda conn: jobs.unattended(conn, ["a"]),
        "active_of": lambda conn: jobs.active_of(conn, 1),
        "ahead_of": lambda conn: jobs.ahead_of(conn, job),
    }

    plans = {name: await plan_of(db, look) for name, look in lookers.items()}

    assert {name for name, plan in plans.items() if "ix_jobs_active" not in plan} == set()
    assert "USING COVERING INDEX ix_attempts_spent" in plans["committed"]


async def plan_of(db, look):
    """Return how SQLite goes about the statement of a query."""
    sent = []
    async with db.read() as conn:
        sa.event.listen(
            conn.sync_connection,
            "before_cursor_execute",
            lambda _conn, _cursor, statement, parameters, *_: sent.append((statement, parameters)),
        )
        await look(conn)
        statement, parameters = sent[-1]
        plan = await conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return " | ".join(row.detail for row in plan)


async def test_click_is_accepted_once_while_its_job_is_under_way(db, accept):
    first = await accept(click_key="reroll:1:4")

    with pytest.raises(sa.exc.IntegrityError):
        await accept(click_key="reroll:1:4")
    await finish(db, first)
    second = await accept(click_key="reroll:1:4")

    async with db.read() as conn:
        assert await jobs.find_by_click(conn, "reroll:1:4") == second


async def test_hold_key_and_unit_price_follow_from_the_row(accept):
    job = await accept(count=4, price=12)

    assert job.hold_key == f"job:{job.id}"
    assert job.unit_price == 3


async def test_free_job_is_claimed_by_one_of_two_runners(db, accept):
    job = await accept()
    live = ["a", "b"]

    claims = await asyncio.gather(*(claim(db, job, runner, live=live) for runner in live))

    [winner] = [claimed for claimed in claims if claimed is not None]
    assert (await read(db, job)).runner == winner.runner


async def test_job_of_a_live_runner_stays_with_it(db, accept):
    job = await accept()
    await claim(db, job, "a")

    assert await claim(db, job, "b", live=["a"]) is None
    assert (await read(db, job)).runner == "a"


async def test_job_of_a_dead_runner_is_taken_over(db, accept):
    job = await accept()
    await claim(db, job, "a")

    taken = await claim(db, job, "b", live=["c"])

    assert taken.runner == "b"


async def test_runner_may_claim_its_own_job_again(db, accept):
    job = await accept()
    await claim(db, job, "a")

    assert (await claim(db, job, "a", live=["b"])).runner == "a"


@pytest.mark.parametrize("status", FINAL_STATUSES)
async def test_job_that_is_over_is_claimed_by_nobody(db, accept, status):
    job = await finish(db, await accept(), status)

    assert job.is_final
    assert await claim(db, job, "b") is None
    assert (await read(db, job)).runner == "somebody"


async def test_advance_writes_status_and_changes(db, accept):
    job = await claim(db, await accept(), "a")

    moved = await advance(db, job, "delivering", failure="rejected", failure_text="no foxes")

    assert moved == await read(db, job)
    assert (moved.status, moved.failure, moved.failure_text) == (
        "delivering",
        "rejected",
        "no foxes",
    )


async def test_advance_by_a_runner_that_lost_the_job_writes_nothing(db, accept):
    mine = await claim(db, await accept(), "a")
    theirs = await claim(db, mine, "b")

    async with db.write() as conn:
        with pytest.raises(NotOurs):
            await jobs.advance(conn, mine, status="running", failure="internal")

    assert await read(db, mine) == theirs


async def test_advance_from_a_status_left_meanwhile_writes_nothing(db, accept):
    before = await claim(db, await accept(), "a")
    after = await advance(db, before, "submitting")

    async with db.write() as conn:
        with pytest.raises(NotOurs):
            await jobs.advance(conn, before, status="submitting", failure="internal")

    assert await read(db, before) == after


async def test_advance_of_a_job_that_nobody_claimed_is_a_bug(db, accept):
    job = await accept()

    async with db.write() as conn:
        with pytest.raises(AssertionError):
            await jobs.advance(conn, job, status="running")

    assert await read(db, job) == job


async def test_cancel_is_asked_of_a_job_under_way_only(db, accept):
    running, over = await accept(), await finish(db, await accept())

    async with db.write() as conn:
        assert await jobs.request_cancel(conn, running.id)
        assert not await jobs.request_cancel(conn, over.id)
        assert not await jobs.request_cancel(conn, 404)

    assert (await read(db, running)).is_cancel_requested
    assert not (await read(db, over)).is_cancel_requested


async def test_cancel_does_not_take_the_job_from_its_runner(db, accept):
    job = await claim(db, await accept(), "a")
    async with db.write() as conn:
        await jobs.request_cancel(conn, job.id)

    moved = await advance(db, job, "running")

    assert moved.is_cancel_requested


async def test_message_is_remembered(db, accept):
    job = await accept()

    async with db.write() as conn:
        await jobs.set_message(conn, job.id, 99)

    assert (await read(db, job)).message_id == 99


async def test_unattended_are_those_without_a_live_runner_oldest_first(db, accept):
    fresh, of_the_dead, of_the_living = await accept(), await accept(), await accept()
    await claim(db, of_the_dead, "dead")
    await claim(db, of_the_living, "alive")
    await finish(db, await accept())

    async with db.read() as conn:
        left = await jobs.unattended(conn, ["alive"])
        when_nobody_lives = await jobs.unattended(conn, [])

    assert [job.id for job in left] == [fresh.id, of_the_dead.id]
    assert [job.id for job in when_nobody_lives] == [fresh.id, of_the_dead.id, of_the_living.id]


async def test_jobs_of_an_account_are_told_apart_by_whether_they_are_over(db, accept):
    first, second, third = await accept(), await accept(), await accept()
    await accept(account_id=2)
    await finish(db, second, "failed")

    async with db.read() as conn:
        active = await jobs.active_of(conn, 1)
        recent = await jobs.recent_of(conn, 1, limit=10)

    assert [job.id for job in active] == [first.id, third.id]
    assert [job.id for job in recent] == [second.id]


async def test_recent_jobs_come_newest_first_up_to_a_limit(db, accept):
    made = [await finish(db, await accept()) for _ in range(3)]

    async with db.read() as conn:
        newest = await jobs.recent_of(conn, 1, limit=2)

    assert [job.id for job in newest] == [made[2].id, made[1].id]


async def test_ahead_are_the_older_jobs_in_the_same_slot(db, accept):
    over = await finish(db, await accept())
    await accept()
    await accept(slot=1)
    await accept(lane="relax")
    await accept(account_id=2)
    await accept()
    job = await accept()
    await accept()

    async with db.read() as conn:
        assert await jobs.ahead_of(conn, job) == 2
        assert await jobs.ahead_of(conn, over) == 0
