"""Accepting and claiming from several processes at once, which only PostgreSQL allows."""

import asyncio

import pytest
import sqlalchemy as sa

from bot import jobs, ledger
from bot.db import Database, take_turn
from bot.db.tables import accounts
from bot.services.accounts import SPENDING
from bot.services.days import next_month
from tests.postgres import ON_POSTGRESQL
from tests.unit.services.script import DEADLINE_S
from tests.unit.services.studio import MIA, SAM, SERVER, Studio

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


async def waits(conn, task: asyncio.Task) -> None:
    """Return when a task waits for somebody else's transaction."""
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(DEADLINE_S):
        while not task.done() and not await conn.scalar(waiting):  # noqa: ASYNC110 - the database has no event
            await asyncio.sleep(0.01)
    assert not task.done()


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
    async with one.db.write() as conn:
        await take_turn(conn, SPENDING)
        asking = asyncio.create_task(other.imagine(count=COUNT))
        await waits(conn, asking)

    assert (await asking).is_new


async def capture(studio: Studio, hold_key: str) -> None:
    async with studio.db.write() as conn:
        await ledger.capture(conn, hold_key=hold_key, amount=1)


async def test_first_visit_of_a_month_and_a_capture_do_not_wait_for_each_other(make_processes):
    """The one fills the treasury and holds credits of a person, the other has it the other way."""
    one, other = await make_processes(2)
    accounts = one.services.accounts
    async with one.db.write() as conn:
        mia = await accounts.admit(conn, server_id=SERVER, user_id=MIA)
        await ledger.hold(conn, key="january", account_id=mia, job_id=1, amount=1)
    one.clock.now = next_month(one.clock())

    async with one.db.write() as conn:
        await accounts.admit(conn, server_id=SERVER, user_id=MIA)
        capturing = asyncio.create_task(capture(other, "january"))
        await waits(conn, capturing)
        await ledger.hold(conn, key="february", account_id=mia, job_id=2, amount=1)

    await capturing
    assert await one.funds() == (98, 1)


async def test_people_admitted_together_and_a_capture_do_not_wait_for_each_other(make_processes):
    one, other = await make_processes(2)
    accounts = one.services.accounts
    async with one.db.write() as conn:
        mia = await accounts.admit(conn, server_id=SERVER, user_id=MIA)
        await ledger.hold(conn, key="job", account_id=mia, job_id=1, amount=1)

    async with one.db.write() as conn:
        # Sam is new, so that the treasury is asked for his first credits.
        sam, _ = await accounts.admit_all(conn, server_id=SERVER, user_ids=(SAM, MIA))
        capturing = asyncio.create_task(capture(other, "job"))
        await waits(conn, capturing)
        await ledger.transfer(conn, key="gift", from_account_id=mia, to_account_id=sam, amount=9)

    await capturing
    assert (await one.funds(MIA), await one.funds(SAM)) == ((90, 0), (109, 0))


async def test_note_that_two_processes_write_at_once_is_one_of_theirs(make_processes):
    processes = await make_processes(4)
    values = [str(number) for number in range(len(processes))]

    await asyncio.gather(
        *(
            studio.services.notes.write("commands", value)
            for studio, value in zip(processes, values, strict=True)
        )
    )

    assert await processes[0].services.notes.read("commands") in values


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
