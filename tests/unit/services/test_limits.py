"""Limits by tier: what is too much, too large or too fast is refused, with when it lifts."""

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db import Database
from bot.db.tables import jobs
from bot.errors import DayUsedUp, TooFast, TooManyMegapixels, TooManyPictures
from bot.policy import Tier
from bot.services.orders import freest_slot
from tests.postgres import ON_BOTH
from tests.unit.services.presses import pick, refused, request
from tests.unit.services.studio import MIA, SAM, SERVER, Studio, model

MINUTE = timedelta(minutes=1)


async def allow(studio, **limits):
    """Give everybody these limits."""
    servers = studio.services.servers
    async with studio.db.write() as conn:
        await servers.write_tier(conn, SERVER, SERVER, Tier(**limits))
    await servers.refresh()


async def move_back(studio, how_far):
    """Let every job have been asked for that much earlier."""
    async with studio.db.write() as conn:
        found = (await conn.execute(sa.select(jobs.c.id, jobs.c.created_at))).all()
        for job_id, made_at in found:
            mine = jobs.c.id == job_id
            await conn.execute(jobs.update().where(mine).values(created_at=made_at - how_far))


@ON_BOTH
async def test_ten_at_once_in_two_processes_are_accepted_up_to_the_limit(
    make_studio, db, database_url, tmp_path
):
    """Both look at the same moment; on SQLite there is one process."""
    studio = make_studio()
    other_db = Database(database_url)
    processes = [studio] if db.is_sqlite else [studio, Studio(other_db, tmp_path)]
    await allow(studio, requests_per_minute=4)
    for one in processes:
        await one.services.servers.refresh()
    asking = [
        request(processes[number % len(processes)], interaction_id=number + 100)
        for number in range(10)
    ]

    answers = await asyncio.gather(*asking, return_exceptions=True)
    await other_db.close()

    too_fast = [one for one in answers if isinstance(one, TooFast)]
    assert len(too_fast) == 6
    assert len({one.view.id for one in answers if not isinstance(one, Exception)}) == 4


async def test_minute_slides(studio):
    await allow(studio, requests_per_minute=2)
    first = await studio.accepted()
    await move_back(studio, timedelta(seconds=40))
    await studio.accepted()

    error = await refused(studio, request(studio), TooFast)
    lifts_at = (await studio.job(first)).created_at + MINUTE
    studio.clock.now = lifts_at - timedelta(milliseconds=1)
    await refused(studio, request(studio), TooFast)
    studio.clock.now = lifts_at
    again = await request(studio)

    assert (error.limit, error.lifts_at) == (2, lifts_at)
    assert again.is_new


async def test_what_is_free_is_no_request(studio):
    made = await studio.finished(count=2)
    await allow(studio, requests_per_minute=2)

    await pick(studio, made.id, 1)
    await pick(studio, made.id, 2)
    again = await request(studio)
    await refused(studio, request(studio), TooFast)
    shown = await pick(studio, made.id, 1, user_id=SAM)

    assert again.is_new
    assert shown.is_new


async def test_pace_is_each_persons_own(studio):
    await allow(studio, requests_per_minute=1)
    await request(studio)

    other = await request(studio, user_id=SAM)

    assert other.is_new


async def test_day_counts_what_is_held_and_charged_and_not_what_came_back(studio):
    await allow(studio, credits_per_day=20)
    held = await studio.accepted(count=4)

    error = await refused(studio, request(studio), DayUsedUp)
    await studio.services.dispatch.cancel(held)
    await studio.is_over(held)
    paid = await studio.finished(count=4)
    left = await refused(studio, request(studio), DayUsedUp)
    small = await studio.imagine(count=2)

    midnight = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(), tzinfo=UTC)
    assert (error.limit, error.left, error.lifts_at) == (20, 8, midnight)
    assert (paid.price, left.left) == (12, 8)
    assert small.is_new


async def test_day_begins_anew_at_midnight_utc(studio):
    await allow(studio, credits_per_day=12)
    await studio.finished(count=4)
    await refused(studio, request(studio), DayUsedUp)

    studio.clock.ahead = timedelta(days=1)
    again = await request(studio)

    assert again.is_new


async def test_free_models_need_no_credits_of_the_day(studio):
    await allow(studio, credits_per_day=12)
    await studio.finished(count=4)
    studio.learn(model(name="gift", title="Gift", price=0))

    again = await studio.imagine(model="gift")

    assert again.is_new
    assert again.view.price == 0


@pytest.mark.parametrize("limit", [1, 3])
async def test_more_pictures_than_the_tier_allows_are_refused(studio, limit):
    await allow(studio, largest_count=limit)

    error = await refused(studio, request(studio), TooManyPictures)
    fitting = await studio.imagine(count=limit)

    assert (error.count, error.limit) == (4, limit)
    assert fitting.is_new


async def test_larger_pictures_than_the_tier_allows_are_refused(studio):
    """One megapixel is the usual 1024 × 1024, which has a few more than a million."""
    await allow(studio, largest_megapixels=1)
    studio.learn(model(name="wide", title="Wide", sizes={"1:1": [2048, 1024]}))

    error = await refused(studio, studio.imagine(model="wide"), TooManyMegapixels)
    fitting = await request(studio)

    assert (error.pixels, error.limit) == (2048 * 1024, 1)
    assert fitting.is_new


async def test_usage_tells_what_is_left(studio):
    await allow(studio, requests_per_minute=2)
    await studio.accepted(count=4)
    made = await studio.accepted(count=2)
    tier = Tier(requests_per_minute=2)
    now = studio.clock()

    async with studio.db.read() as conn:
        account_id = await ledger.find_account(conn, server_id=SERVER, user_id=MIA)
        usage = await studio.services.limits.usage(conn, account_id, tier, now)
        roomy = await studio.services.limits.usage(
            conn, account_id, Tier(requests_per_minute=3), now
        )
        later = await studio.services.limits.usage(conn, account_id, tier, now + MINUTE)

    first = await studio.job(made - 1)
    assert (usage.requests, usage.credits) == (2, 18)
    assert usage.requests_lift_at == first.created_at + MINUTE
    assert roomy.requests_lift_at is None
    assert (later.requests, later.credits) == (0, 18)


async def test_slot_of_a_tier_that_shrank_is_not_given_any_more(studio):
    await allow(studio, slots=4)
    for _ in range(4):
        await studio.accepted(count=1)
    await allow(studio, slots=2)

    made = [await studio.job(await studio.accepted(count=1)) for _ in range(3)]

    assert {job.slot for job in made} == {0, 1}
    async with studio.db.read() as conn:
        assert await freest_slot(conn, made[0].account_id, "fast", slots=1) == 0
