"""What only PostgreSQL can do wrong: transactions that run beside each other."""

import asyncio

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db import Database
from bot.db.tables import ledger_entries
from bot.errors import LedgerConflict
from tests.postgres import ON_POSTGRESQL
from tests.unit.ledger.scene import SERVER

pytestmark = ON_POSTGRESQL

DEADLINE_S = 20.0


@pytest.fixture
async def other(database_url):
    """The same database, as another process has it open."""
    db = Database(database_url)
    async with db.read():
        pass
    yield db
    await db.close()


async def test_first_ever_accounts_that_open_at_once_are_one_each(db, other):
    async def open_two(one: Database) -> list[int]:
        async with one.write() as conn:
            return [
                await ledger.open_account(conn, server_id=SERVER, user_id=user_id)
                for user_id in (1, 2)
            ]

    opened = await asyncio.gather(*(open_two(one) for one in (db, other) * 3))

    assert len({tuple(ids) for ids in opened}) == 1


async def test_account_opened_beside_us_is_found_and_our_transaction_goes_on(db, other):
    async with db.write() as conn:
        ours = await ledger.open_account(conn, server_id=SERVER, user_id=1)
        async with other.write() as second:
            waiting = asyncio.create_task(ledger.open_account(second, server_id=SERVER, user_id=1))
            await _is_waiting(conn)
            await conn.commit()
            assert await waiting == ours
            assert await ledger.open_account(second, server_id=SERVER, user_id=2) != ours


async def _is_waiting(conn) -> None:
    """Wait until some transaction waits for a lock."""
    query = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if await conn.scalar(query):
                return
            await asyncio.sleep(0.01)


async def test_people_who_give_each_other_at_once_do_not_deadlock(scene, other):
    async def give(number: int) -> None:
        ends = [scene.alice, scene.bob]
        giver, taker = ends if number % 2 else ends[::-1]
        async with (scene.db, other)[number % 2].write() as conn:
            await ledger.transfer(
                conn, key=f"k{number}", from_account_id=giver, to_account_id=taker, amount=1
            )

    async with asyncio.timeout(DEADLINE_S):
        await asyncio.gather(*(give(number) for number in range(60)))

    assert await scene.funds(scene.alice) == await scene.funds(scene.bob)


async def test_same_key_for_two_people_at_once_is_a_conflict_for_one(scene, other):
    async with scene.db.write() as first:
        await ledger.hold(first, key="k", account_id=scene.alice, job_id=1, amount=1)
        second = asyncio.create_task(_hold_of_bob(other, scene.bob))
        await _is_waiting(first)

    with pytest.raises(LedgerConflict):
        await second
    assert await scene.funds(scene.bob) == (30, 50, 0)


async def _hold_of_bob(db: Database, bob: int) -> None:
    async with db.write() as conn:
        await ledger.hold(conn, key="k", account_id=bob, job_id=1, amount=1)


async def test_same_hold_twice_at_once_is_written_once(scene, other):
    async def hold(db: Database) -> None:
        async with db.write() as conn:
            await ledger.hold(conn, key="k", account_id=scene.alice, job_id=1, amount=30)

    await asyncio.gather(*(hold(db) for db in (scene.db, other) * 3))

    assert await scene.funds(scene.alice) == (0, 50, 30)


async def test_reader_sees_one_moment_and_can_write_nothing(scene, other):
    count = sa.select(sa.func.count()).select_from(ledger_entries)
    async with scene.db.read() as conn:
        before = await conn.scalar(count)
        async with other.write() as writer:
            await ledger.hold(writer, key="k", account_id=scene.alice, job_id=1, amount=1)
        assert await conn.scalar(count) == before
        assert await ledger.read_funds(conn, scene.alice) != ledger.Funds(29, 50, 1)

    with pytest.raises(sa.exc.DBAPIError, match="read-only"):
        async with scene.db.read() as conn:
            await ledger.open_account(conn, server_id=SERVER, user_id=9)


async def test_reader_does_not_wait_for_a_writer(scene, other):
    async with other.write() as writer:
        await ledger.hold(writer, key="k", account_id=scene.alice, job_id=1, amount=1)

        async with asyncio.timeout(DEADLINE_S):
            assert await scene.funds(scene.alice) == (30, 50, 0)
