"""Accepting and claiming from several processes at once, which only PostgreSQL allows."""

import asyncio

import pytest
import sqlalchemy as sa

from bot import jobs
from bot.db import Database, take_turn
from bot.db.tables import accounts
from bot.services.accounts import SPENDING
from tests.postgres import ON_POSTGRESQL
from tests.unit.services.script import DEADLINE_S
from tests.unit.services.studio import MIA, SAM, Studio

pytestmark = ON_POSTGRESQL

COUNT = 4


@pytest.fixture
async def make_processes(make_studio, db, database_url, tmp_path):
    """Make studios that share the database, each with connections of its own."""
    opened = []

    async def make(count: int = 2, **settings) -> list[Studio]:
        made = [make_studio(**settings)]
        for _ in range(count - 1):
            opened.append(Database(database_url))
            made.append(Studio(opened[-1], tmp_path, **settings))
        # As if each had started before: connections are there and nobody waits for one.
        await asyncio.gather(*(studio.rows() for studio in made))
        return made

    yield make
    for one in opened:
        await one.close()


async def test_newcomers_at_once_all_get_in(make_processes):
    """Their accounts, the treasury and the bank are opened by everybody at once."""
    processes = await make_processes(4)
    people = (MIA, SAM, MIA, SAM + 1)
    wishes = [
        studio.imagine(origin=studio.origin(interaction_id=number, user_id=person))
        for number, (studio, person) in enumerate(zip(processes, people, strict=True), start=1)
    ]

    accepted = await asyncio.gather(*wishes)

    assert all(one.is_new for one in accepted)
    assert await processes[0].funds(MIA) == (76, 24)
    assert await processes[0].funds(SAM) == (88, 12)
    async with processes[0].db.read() as conn:
        opened = await conn.scalar(sa.select(sa.func.count()).select_from(accounts))
    assert opened == len({*people}) + len(("treasury", "bank"))


async def test_same_interaction_in_two_processes_at_once_is_one_job_and_one_hold(make_processes):
    processes = await make_processes(3)
    origin = processes[0].origin()

    accepted = await asyncio.gather(*(studio.imagine(origin=origin) for studio in processes))

    assert sorted(one.is_new for one in accepted) == [False, False, True]
    assert len({one.view.id for one in accepted}) == 1
    assert await processes[0].funds() == (88, 12)


async def test_request_waits_for_its_turn_at_the_budget(make_processes):
    """Two that saw the same budget left would both spend it."""
    one, other = await make_processes(2)
    await other.give(100, user_id=MIA)
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with one.db.write() as conn:
        await take_turn(conn, SPENDING)
        asking = asyncio.create_task(other.imagine(count=COUNT))
        async with asyncio.timeout(DEADLINE_S):
            while not asking.done() and not await conn.scalar(waiting):  # noqa: ASYNC110 - the database has no event
                await asyncio.sleep(0.01)
        assert not asking.done()

    assert (await asking).is_new


async def test_job_is_claimed_by_one_of_two_runners(make_processes):
    processes = await make_processes(4)
    job_id = await processes[0].accepted()

    runners = [f"runner {number}" for number in range(len(processes))]

    async def claim(runner: str, studio: Studio):
        async with studio.db.write() as conn:
            return await jobs.claim(conn, job_id, runner=runner, live=runners)

    claims = await asyncio.gather(*map(claim, runners, processes))

    winners = [job.runner for job in claims if job is not None]
    assert len(winners) == 1
    assert (await processes[0].job(job_id)).runner == winners[0]


async def test_job_is_made_and_paid_for(make_processes):
    [studio] = await make_processes(1)

    job = await studio.finished(count=COUNT)

    assert (job.status, job.delivered) == ("done", COUNT)
    assert await studio.funds() == (88, 0)
