"""Processes: who is alive, by what they said themselves."""

from datetime import timedelta

from bot import jobs
from bot.db import utc_now

NOW = utc_now()


async def beat(db, *process_ids, now=NOW):
    async with db.write() as conn:
        for process_id in process_ids:
            await jobs.beat(conn, process_id, now=now)


async def living(db, *, after_s=0):
    async with db.read() as conn:
        return sorted(await jobs.live_processes(conn, now=NOW + timedelta(seconds=after_s)))


async def test_process_lives_for_three_sweeps_after_its_beat(db):
    await beat(db, "a")

    assert await living(db) == ["a"]
    assert await living(db, after_s=89) == ["a"]
    assert await living(db, after_s=91) == []


async def test_beating_again_prolongs_the_life(db):
    await beat(db, "a", "b")
    await beat(db, "a", now=NOW + timedelta(seconds=60))

    assert await living(db, after_s=120) == ["a"]


async def test_process_that_leaves_is_dead_at_once(db):
    await beat(db, "a", "b")

    async with db.write() as conn:
        await jobs.leave(conn, "a")

    assert await living(db) == ["b"]


async def test_others_are_forgotten_and_we_are_not(db):
    await beat(db, "a", "b", "c")

    async with db.write() as conn:
        await jobs.forget_others(conn, "b")

    assert await living(db) == ["b"]
