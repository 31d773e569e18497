"""`verify` finds what somebody did to the book behind the ledger's back."""

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db.tables import ledger_entries, purses
from tests.unit.ledger.scene import make_scene


@pytest.fixture
async def scene(unproved_db):
    return await make_scene(unproved_db)


async def purse_id(conn, account_id, kind):
    return await conn.scalar(
        sa.select(purses.c.id).where(purses.c.account_id == account_id, purses.c.kind == kind)
    )


async def forge(conn, entry, *, key, kind, amount):
    """Append an entry as a broken writer would: balances moved along, rules ignored."""
    debit, credit = entry
    await conn.execute(
        ledger_entries.insert().values(
            key=key,
            part=0,
            kind=kind,
            debit_purse_id=debit,
            credit_purse_id=credit,
            amount=amount,
            created_at=sa.func.now(),
        )
    )
    for purse, delta in ((debit, -amount), (credit, amount)):
        await conn.execute(
            purses.update().where(purses.c.id == purse).values(balance=purses.c.balance + delta)
        )


async def test_untouched_book_verifies(scene):
    async with scene.db.read() as conn:
        assert await ledger.verify(conn) == []


async def test_tampered_balance_is_found(scene):
    async with scene.db.write() as conn:
        purse = await purse_id(conn, scene.alice, "earned")
        await conn.execute(purses.update().where(purses.c.id == purse).values(balance=31))

        assert await ledger.verify(conn) == [
            f"purse {purse} (earned) says 31, its entries 30",
            "all balances together are 1, not 0",
        ]


async def test_negative_purse_is_found(scene):
    async with scene.db.write() as conn:
        # The table refuses this; a database whose check was switched off does not.
        await conn.execute(sa.text("PRAGMA ignore_check_constraints = ON"))
        alice = await purse_id(conn, scene.alice, "earned")
        bob = await purse_id(conn, scene.bob, "earned")
        await forge(conn, (alice, bob), key="k", kind="transfer", amount=31)
        await conn.execute(sa.text("PRAGMA ignore_check_constraints = OFF"))

        assert await ledger.verify(conn) == [f"purse {alice} (earned) is below zero: -1"]


async def test_table_refuses_a_negative_purse(scene):
    with pytest.raises(sa.exc.IntegrityError):
        async with scene.db.write() as conn:
            await conn.execute(purses.update().values(balance=-1).where(purses.c.kind == "earned"))


async def test_resolution_without_a_hold_is_found(scene):
    async with scene.db.write() as conn:
        await ledger.hold(conn, key="job:1", account_id=scene.alice, job_id=1, amount=10)
        held = await purse_id(conn, scene.alice, "held")
        earned = await purse_id(conn, scene.alice, "earned")
        await forge(conn, (held, earned), key="job:9:resolved", kind="release", amount=10)

        assert await ledger.verify(conn) == ["job:9:resolved resolves no hold"]


async def test_hold_resolved_with_another_sum_is_found(scene):
    async with scene.db.write() as conn:
        await ledger.hold(conn, key="job:1", account_id=scene.alice, job_id=1, amount=10)
        held = await purse_id(conn, scene.alice, "held")
        earned = await purse_id(conn, scene.alice, "earned")
        await forge(conn, (held, earned), key="job:1:resolved", kind="capture", amount=9)

        assert await ledger.verify(conn) == ["hold job:1 of 10 was resolved with 9"]
