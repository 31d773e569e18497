"""`verify` finds what somebody did to the book behind the ledger's back."""

import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa

from bot import jobs, ledger
from bot.db.tables import jobs as job_rows
from bot.db.tables import ledger_entries, purses
from tests.postgres import ON_BOTH
from tests.unit.jobs.drafts import draft
from tests.unit.ledger.scene import SERVER, make_scene

pytestmark = ON_BOTH


@pytest.fixture
async def scene(unproved_db):
    return await make_scene(unproved_db)


async def purse_id(conn, account_id, kind):
    return await conn.scalar(
        sa.select(purses.c.id).where(purses.c.account_id == account_id, purses.c.kind == kind)
    )


async def treasury_id(conn):
    account = await ledger.find_account(conn, server_id=SERVER, user_id=0)
    return await purse_id(conn, account, "funds")


async def entry_ids(conn, key):
    query = sa.select(ledger_entries.c.id).where(ledger_entries.c.key == key)
    return list(await conn.scalars(query.order_by(ledger_entries.c.part)))


async def forge(conn, entry, *, key, kind, amount, part=0):
    """Append an entry as a broken writer would: balances moved along, rules ignored."""
    debit, credit = entry
    await conn.execute(
        ledger_entries.insert().values(
            key=key,
            part=part,
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


async def unprotect(conn):
    """Remove what keeps entries from being changed; return what `verify` says to that."""
    if conn.dialect.name == "postgresql":
        await conn.execute(
            sa.text("ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_immutable")
        )
        return ["entries can be changed: trigger ledger_entries_immutable is missing"]
    names = ("ledger_entries_no_update", "ledger_entries_no_delete")
    for name in names:
        await conn.execute(sa.text(f"DROP TRIGGER {name}"))
    return [f"entries can be changed: trigger {name} is missing" for name in names]


async def hold(conn, scene, *, key="job:1", job_id=1, amount=10):
    await ledger.hold(conn, key=key, account_id=scene.alice, job_id=job_id, amount=amount)


async def test_untouched_book_verifies(scene):
    async with scene.db.write() as conn:
        await hold(conn, scene, key="job:1", amount=40)
        await hold(conn, scene, key="job:2")
        await ledger.capture(conn, hold_key="job:1", amount=5)
        await ledger.adjust(conn, key="a", account_id=scene.bob, delta=-60)
        await ledger.adjust(conn, key="b", account_id=scene.bob, delta=5)
        await ledger.transfer(
            conn, key="t", from_account_id=scene.alice, to_account_id=scene.bob, amount=30
        )

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


async def test_balances_tampered_to_the_same_sum_are_found(scene):
    async with scene.db.write() as conn:
        alice = await purse_id(conn, scene.alice, "earned")
        bob = await purse_id(conn, scene.bob, "earned")
        await conn.execute(purses.update().where(purses.c.id == alice).values(balance=31))
        await conn.execute(purses.update().where(purses.c.id == bob).values(balance=29))

        assert await ledger.verify(conn) == [
            f"purse {alice} (earned) says 31, its entries 30",
            f"purse {bob} (earned) says 29, its entries 30",
        ]


async def test_changed_entry_is_found(scene):
    async with scene.db.write() as conn:
        unprotected = await unprotect(conn)
        [entry] = await entry_ids(conn, f"{scene.alice}:earned")
        purse, funds = await purse_id(conn, scene.alice, "earned"), await treasury_id(conn)
        await conn.execute(
            ledger_entries.update().where(ledger_entries.c.id == entry).values(amount=31)
        )

        found = await ledger.verify(conn)

    assert sorted(found) == sorted(
        [
            f"purse {purse} (earned) says 30, its entries 31",
            f"purse {funds} (funds) says 1000, its entries 999",
            *unprotected,
        ]
    )


async def test_deleted_entry_of_a_whole_write_is_found_although_the_balances_follow(scene):
    async with scene.db.write() as conn:
        await hold(conn, scene, amount=40)
        unprotected = await unprotect(conn)
        first, _ = await entry_ids(conn, "job:1")
        await conn.execute(ledger_entries.delete().where(ledger_entries.c.id == first))
        for kind, delta in (("earned", 30), ("held", -30)):
            purse = await purse_id(conn, scene.alice, kind)
            await conn.execute(
                purses.update().where(purses.c.id == purse).values(balance=purses.c.balance + delta)
            )

        assert await ledger.verify(conn) == [
            "job:1 has 1 entries where 2 were written",
            *unprotected,
        ]


async def test_write_that_lacks_its_first_part_is_found(scene):
    async with scene.db.write() as conn:
        ends = await treasury_id(conn), await purse_id(conn, scene.alice, "earned")
        await forge(conn, ends, key="k", kind="grant", amount=5, part=1)

        assert await ledger.verify(conn) == ["k has 1 entries where 2 were written"]


async def test_missing_protection_is_found(scene):
    async with scene.db.write() as conn:
        unprotected = await unprotect(conn)

        assert await ledger.verify(conn) == unprotected


async def test_negative_purse_is_found(scene):
    async with scene.db.write() as conn:
        # The table refuses this; a database whose check was switched off does not.
        if scene.db.is_sqlite:
            await conn.execute(sa.text("PRAGMA ignore_check_constraints = ON"))
        else:
            await conn.execute(
                sa.text("ALTER TABLE purses DROP CONSTRAINT ck_purses_never_negative")
            )
        alice = await purse_id(conn, scene.alice, "earned")
        bob = await purse_id(conn, scene.bob, "earned")
        await forge(conn, (alice, bob), key="k", kind="transfer", amount=31)
        if scene.db.is_sqlite:
            await conn.execute(sa.text("PRAGMA ignore_check_constraints = OFF"))

        assert await ledger.verify(conn) == [f"purse {alice} (earned) is below zero: -1"]


async def test_table_refuses_a_negative_purse(scene):
    with pytest.raises(sa.exc.IntegrityError):
        async with scene.db.write() as conn:
            await conn.execute(purses.update().values(balance=-1).where(purses.c.kind == "earned"))


FORBIDDEN = {
    "grant without a treasury": ("grant", "bob earned", "alice earned"),
    "grant into what is held": ("grant", "funds", "alice held"),
    "adjust into earned": ("adjust", "funds", "alice earned"),
    "adjust of what is held": ("adjust", "alice held", "funds"),
    "hold in another's name": ("hold", "bob earned", "alice held"),
    "hold of what is held": ("hold", "alice held", "bob held"),
    "transfer between kinds": ("transfer", "alice granted", "bob earned"),
    "transfer to oneself": ("transfer", "alice earned", "alice granted"),
    "unknown kind": ("gift", "alice earned", "bob earned"),
}


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_entry_that_no_verb_writes_is_found(scene, name):
    kind, *ends = FORBIDDEN[name]
    async with scene.db.write() as conn:
        await hold(conn, scene)
        ids, kinds = [], []
        for end in ends:
            who, _, purse = end.rpartition(" ")
            kinds.append(purse)
            ids.append(
                await purse_id(conn, getattr(scene, who), purse) if who else await treasury_id(conn)
            )
        await forge(conn, ids, key="k", kind=kind, amount=1)
        [entry] = await entry_ids(conn, "k")

        assert await ledger.verify(conn) == [
            f"entry {entry} (k) is no {kind}: from purse {ids[0]} ({kinds[0]}) "
            f"to purse {ids[1]} ({kinds[1]})"
        ]


async def test_entry_between_servers_is_found(scene):
    async with scene.db.write() as conn:
        far = await ledger.open_account(conn, server_id=SERVER + 1, user_id=1)
        ids = [await purse_id(conn, one, "earned") for one in (scene.alice, far)]
        await forge(conn, ids, key="k", kind="transfer", amount=1)
        [entry] = await entry_ids(conn, "k")

        assert await ledger.verify(conn) == [
            f"entry {entry} (k) is no transfer: from purse {ids[0]} (earned) "
            f"to purse {ids[1]} (earned)"
        ]


async def test_resolution_without_a_hold_is_found(scene):
    async with scene.db.write() as conn:
        await hold(conn, scene)
        held = await purse_id(conn, scene.alice, "held")
        earned = await purse_id(conn, scene.alice, "earned")
        await forge(conn, (held, earned), key="job:9:resolved", kind="release", amount=10)

        assert await ledger.verify(conn) == ["job:9:resolved resolves no hold"]


async def test_hold_resolved_a_second_time_under_another_key_is_found(scene):
    async with scene.db.write() as conn:
        await hold(conn, scene)
        await hold(conn, scene, key="job:2")
        await ledger.release(conn, hold_key="job:1")
        held = await purse_id(conn, scene.alice, "held")
        earned = await purse_id(conn, scene.alice, "earned")
        await forge(conn, (held, earned), key="again", kind="release", amount=10)

        assert await ledger.verify(conn) == ["again resolves no hold"]


async def test_hold_resolved_with_another_sum_is_found(scene):
    async with scene.db.write() as conn:
        await hold(conn, scene)
        held, funds = await purse_id(conn, scene.alice, "held"), await treasury_id(conn)
        await forge(conn, (held, funds), key="job:1:resolved", kind="capture", amount=9)

        assert await ledger.verify(conn) == ["hold job:1 of 10 was resolved with 9"]


async def test_hold_resolved_from_another_purse_is_found(scene):
    async with scene.db.write() as conn:
        await hold(conn, scene)
        await ledger.hold(conn, key="job:2", account_id=scene.bob, job_id=2, amount=10)
        held, funds = await purse_id(conn, scene.bob, "held"), await treasury_id(conn)
        await forge(conn, (held, funds), key="job:1:resolved", kind="capture", amount=10)

        assert await ledger.verify(conn) == ["hold job:1 was resolved from another purse"]


async def test_hold_given_back_to_another_purse_is_found(scene):
    async with scene.db.write() as conn:
        await hold(conn, scene, amount=10)
        held = await purse_id(conn, scene.alice, "held")
        granted = await purse_id(conn, scene.alice, "granted")
        await forge(conn, (held, granted), key="job:1:resolved", kind="release", amount=10)

        assert await ledger.verify(conn) == [
            f"job:1:resolved gives 10 back to purse {granted}, which gave less"
        ]


@pytest.mark.parametrize(
    ("status", "is_resolved", "expected"),
    [
        ("failed", False, "but hold job:1 is open"),
        ("done", False, "but hold job:1 is open"),
        ("running", True, "but hold job:1 is resolved"),
        ("queued", False, None),
        ("cancelled", True, None),
    ],
)
async def test_hold_must_be_resolved_exactly_when_its_job_is_over(
    scene, status, is_resolved, expected
):
    async with scene.db.write() as conn:
        job = await jobs.accept(conn, draft(account_id=scene.alice))
        await hold(conn, scene, key=job.hold_key, job_id=job.id)
        if is_resolved:
            await ledger.release(conn, hold_key=job.hold_key)
        await conn.execute(job_rows.update().values(status=status))

        found = await ledger.verify(conn)

    assert found == ([f"job {job.id} is {status}, {expected}"] if expected else [])


async def test_entry_of_a_purse_that_is_gone_is_found(tmp_path, scene):
    async with scene.db.write() as conn:
        [entry] = await entry_ids(conn, f"{scene.alice}:earned")
        purse, funds = await purse_id(conn, scene.alice, "earned"), await treasury_id(conn)
        if not scene.db.is_sqlite:
            # Its superuser can tell it not to watch over references.
            await conn.execute(sa.text("SET LOCAL session_replication_role = replica"))
            await conn.execute(purses.delete().where(purses.c.id == purse))
    if scene.db.is_sqlite:
        # As somebody at its shell would, where nobody watches over references.
        with closing(sqlite3.connect(tmp_path / "atelier.sqlite", isolation_level=None)) as shell:
            shell.execute("DELETE FROM purses WHERE id = ?", (purse,))

    async with scene.db.read() as conn:
        assert await ledger.verify(conn) == [
            "all balances together are -30, not 0",
            f"entry {entry} ({scene.alice}:earned) is no grant: from purse {funds} (funds) "
            f"to purse {purse} (missing)",
        ]
