"""Each verb: what it moves, and from which purse to which."""

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db.tables import ledger_entries
from tests.postgres import ON_BOTH
from tests.unit.ledger.scene import SERVER, TREASURY

pytestmark = ON_BOTH


async def hold(scene, amount, *, key="job:1", job_id=1):
    async with scene.db.write() as conn:
        await ledger.hold(conn, key=key, account_id=scene.alice, job_id=job_id, amount=amount)


async def test_opening_an_account_again_finds_it(scene):
    async with scene.db.write() as conn:
        again = await ledger.open_account(conn, server_id=SERVER, user_id=1)
        elsewhere = await ledger.open_account(conn, server_id=SERVER + 1, user_id=1)
        found = await ledger.find_account(conn, server_id=SERVER, user_id=1)
        stranger = await ledger.find_account(conn, server_id=SERVER, user_id=999)

    assert again == found == scene.alice
    assert elsewhere != scene.alice
    assert stranger is None
    assert await scene.funds(elsewhere) == (0, 0, 0)


async def test_fund_fills_the_treasury_of_its_server_alone(scene):
    async with scene.db.write() as conn:
        await ledger.fund(conn, key="k", server_id=SERVER + 1, amount=7)
        elsewhere = await ledger.read_treasury(conn, SERVER + 1)

    assert elsewhere == 7
    assert await scene.treasury() == TREASURY


@pytest.mark.parametrize(("purse", "expected"), [("earned", (40, 50, 0)), ("granted", (30, 60, 0))])
async def test_grant_moves_from_the_treasury_into_the_named_purse(scene, purse, expected):
    async with scene.db.write() as conn:
        await ledger.grant(conn, key="k", account_id=scene.alice, purse=purse, amount=10)

    assert await scene.funds(scene.alice) == expected
    assert await scene.treasury() == TREASURY - 10


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(10, (20, 50, 10)), (30, (0, 50, 30)), (31, (0, 49, 31)), (80, (0, 0, 80))],
)
async def test_hold_draws_earned_first_then_granted(scene, amount, expected):
    await hold(scene, amount)

    assert await scene.funds(scene.alice) == expected


async def test_held_credits_belong_to_the_person_but_cannot_be_spent(scene):
    await hold(scene, 60)

    async with scene.db.read() as conn:
        funds = await ledger.read_funds(conn, scene.alice)
    assert (funds.available, funds.balance) == (20, 80)


@pytest.mark.parametrize(
    ("captured", "expected"),
    [
        (0, (30, 50, 0)),
        (1, (29, 50, 0)),
        (15, (15, 50, 0)),
        (30, (0, 50, 0)),
        (35, (0, 45, 0)),
        (40, (0, 40, 0)),
    ],
)
async def test_capture_charges_a_part_and_gives_the_rest_back_granted_first(
    scene, captured, expected
):
    await hold(scene, 40)

    async with scene.db.write() as conn:
        await ledger.capture(conn, hold_key="job:1", amount=captured)

    assert await scene.funds(scene.alice) == expected
    assert await scene.treasury() == TREASURY + captured


async def test_release_returns_everything_to_the_purse_it_came_from(scene):
    await hold(scene, 40)
    # What she earns meanwhile must not change where the held part goes back to.
    async with scene.db.write() as conn:
        await ledger.grant(conn, key="k", account_id=scene.alice, purse="earned", amount=5)

    async with scene.db.write() as conn:
        await ledger.release(conn, hold_key="job:1")

    assert await scene.funds(scene.alice) == (35, 50, 0)
    assert await scene.treasury() == TREASURY - 5


async def test_holds_of_one_account_are_resolved_apart(scene):
    await hold(scene, 20, key="job:1", job_id=1)
    await hold(scene, 40, key="job:2", job_id=2)

    async with scene.db.write() as conn:
        await ledger.capture(conn, hold_key="job:1", amount=20)
        await ledger.release(conn, hold_key="job:2")

    assert await scene.funds(scene.alice) == (10, 50, 0)


async def test_transfer_moves_purse_by_purse_earned_first(scene):
    async with scene.db.write() as conn:
        await ledger.transfer(
            conn, key="k", from_account_id=scene.alice, to_account_id=scene.bob, amount=45
        )

    assert await scene.funds(scene.alice) == (0, 35, 0)
    assert await scene.funds(scene.bob) == (60, 65, 0)


@pytest.mark.parametrize(
    ("delta", "expected"), [(10, (30, 60, 0)), (-10, (30, 40, 0)), (-70, (10, 0, 0))]
)
async def test_adjust_adds_to_granted_and_takes_granted_first(scene, delta, expected):
    async with scene.db.write() as conn:
        await ledger.adjust(conn, key="k", account_id=scene.alice, delta=delta)

    assert await scene.funds(scene.alice) == expected
    assert await scene.treasury() == TREASURY - delta


async def test_entries_of_a_hold_and_its_resolution_name_the_job(scene):
    await hold(scene, 40, job_id=77)
    async with scene.db.write() as conn:
        await ledger.capture(conn, hold_key="job:1", amount=10)

    async with scene.db.read() as conn:
        rows = await conn.execute(
            sa.select(ledger_entries.c.kind, ledger_entries.c.amount).where(
                ledger_entries.c.job_id == 77
            )
        )
        named = [tuple(row) for row in rows]
    assert named == [
        ("hold", 30),
        ("hold", 10),
        ("capture", 10),
        ("release", 10),
        ("release", 20),
    ]


async def test_is_written_knows_the_keys_that_were_used(scene):
    await hold(scene, 1, key="used")

    async with scene.db.read() as conn:
        assert await ledger.is_written(conn, "used")
        assert not await ledger.is_written(conn, "unused")


@pytest.mark.parametrize(
    "verb", ["UPDATE ledger_entries SET amount = 1", "DELETE FROM ledger_entries"]
)
async def test_written_entries_can_be_neither_changed_nor_deleted(scene, verb):
    before = await scene.book()

    with pytest.raises(sa.exc.DatabaseError, match="never changed"):
        async with scene.db.write() as conn:
            await conn.execute(sa.text(verb))

    assert await scene.book() == before
