"""Transactions: every entry of one's own, in words that tell what it was for, and nobody else's."""

import csv
import io

import sqlalchemy as sa

from bot import ledger
from bot.db.tables import ledger_entries, purses, staff_actions
from bot.services import EntryTurn
from bot.services.transactions import PER_PAGE, entries_of
from cogs import _credit_texts as texts
from tests.postgres import ON_BOTH
from tests.unit.services.decided import decide
from tests.unit.services.studio import MIA, SAM, SERVER

MANY = 10_000


async def page(studio, turn=None, **origin):
    return await studio.services.transactions.page(studio.origin(**origin), turn)


async def file(studio):
    made = await studio.services.transactions.file(studio.origin())
    return made, list(csv.DictReader(io.StringIO(made.data.decode())))


async def purse_ids(conn, user_id=MIA):
    account_id = await ledger.find_account(conn, server_id=SERVER, user_id=user_id)
    rows = await conn.execute(
        sa.select(purses.c.kind, purses.c.id).where(purses.c.account_id == account_id)
    )
    return dict(rows.all())


async def write_many(studio, count=MANY):
    """Give Mia one credit very often, between as many that are Sam's."""
    for user_id in (MIA, SAM):
        await studio.services.credits.balance(server_id=SERVER, user_id=user_id)
    async with studio.db.write() as conn:
        mine, sams = await purse_ids(conn), await purse_ids(conn, SAM)
        treasury = (await purse_ids(conn, 0))["funds"]
        rows = [
            {
                "key": f"daily:{number}",
                "part": 0,
                "kind": "grant",
                "debit_purse_id": treasury,
                "credit_purse_id": (mine if number % 2 else sams)["earned"],
                "amount": 1,
                "created_at": studio.clock(),
            }
            for number in range(count)
        ]
        await conn.execute(ledger_entries.insert(), rows)
        for purse_id, delta in (
            (treasury, -count),
            *((p["earned"], count // 2) for p in (mine, sams)),
        ):
            changed = purses.update().where(purses.c.id == purse_id)
            await conn.execute(changed.values(balance=purses.c.balance + delta))


async def test_stranger_has_none_and_looking_opens_no_account(studio):
    before = await studio.rows()

    assert (await page(studio)).entries == ()
    assert (await file(studio))[1] == []
    assert await studio.rows() == before


async def test_entries_say_what_they_were_for(studio):
    await decide(studio, reward_favourite=4)
    studio.outside.roles = {(SERVER, MIA): frozenset(), (SERVER, SAM): frozenset()}
    services = studio.services
    await services.credits.claim_daily(server_id=SERVER, user_id=MIA)
    job = await studio.finished(count=1)
    await services.favourites.toggle(studio.origin(user_id=SAM), job.id, 1)
    gift = await services.gifts.ask(studio.origin(), taker_id=SAM, amount=10)
    await services.gifts.give(studio.origin(), gift.id)

    mine = [texts._what(one) for one in (await page(studio)).entries]
    sams = (await page(studio, user_id=SAM)).entries

    assert mine == [
        f"gift to <@{SAM}>",
        "somebody's favourite",
        "of it paid for what you received",
        "reserved",
        "daily credits",
        "welcome",
    ]
    assert texts._what(sams[0]) == f"gift from <@{MIA}>"
    changes = [(one.change, one.purse, one.job_id) for one in (await page(studio)).entries]
    assert changes[:4] == [
        (-10, "earned", None),
        (4, "earned", job.id),
        (0, "held", job.id),
        (-3, "earned", job.id),
    ]


async def test_what_can_be_spent_is_the_sum_of_the_changes(studio):
    await studio.give(50)
    await studio.finished(count=4)
    await studio.accepted(count=2)

    entries = (await page(studio)).entries

    assert sum(entry.change for entry in entries) == (await studio.funds())[0]


async def test_what_staff_did_has_their_reason_and_not_their_name(studio):
    await studio.services.credits.balance(server_id=SERVER, user_id=MIA)
    origin = studio.origin(user_id=SAM)
    async with studio.db.write() as conn:
        account_id = await ledger.find_account(conn, server_id=SERVER, user_id=MIA)
        key = f"staff:{origin.interaction_id}"
        await ledger.adjust(conn, key=key, account_id=account_id, delta=5)
        written = {"server_id": SERVER, "staff_id": SAM, "target_id": MIA, "action": "credits add"}
        said = {"before": "", "after": "", "reason": "=a *contest*", "created_at": studio.clock()}
        values = {**written, **said, "interaction_id": origin.interaction_id}
        await conn.execute(staff_actions.insert().values(values))

    newest = (await page(studio)).entries[0]
    words = texts.transactions(await page(studio))

    assert (newest.change, newest.purse, newest.reason) == (5, "granted", "=a *contest*")
    assert r"“=a \*contest\*”" in words
    assert str(SAM) not in words
    assert (await file(studio))[1][0]["reason"] == "'=a *contest*"


async def test_pages_lead_through_ten_thousand_and_back(studio):
    await write_many(studio)
    seen, turn, pages = [], None, 0
    while True:
        found = await page(studio, turn)
        seen += [entry.id for entry in found.entries]
        pages += 1
        if not found.has_older or pages == 4:
            break
        turn = EntryTurn(found.entries[-1].id, is_newer=False)
    back = await page(studio, EntryTurn(seen[PER_PAGE * 2], is_newer=True))
    first = await page(studio, EntryTurn(seen[PER_PAGE], is_newer=True))
    end = await page(studio, EntryTurn(seen[-1] - MANY, is_newer=False))
    made, rows = await file(studio)

    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 4 * PER_PAGE
    assert [one.id for one in back.entries] == seen[PER_PAGE : 2 * PER_PAGE]
    assert (back.has_newer, back.has_older) == (True, True)
    assert ([one.id for one in first.entries], first.has_newer) == (seen[:PER_PAGE], False)
    assert [one.id for one in end.entries] == seen[:PER_PAGE]
    assert (len(rows), made.is_whole) == (MANY // 2 + 1, True)
    assert sum(int(row["change"]) for row in rows) == (await studio.funds())[0]


async def test_page_reads_the_ends_of_the_indexes_and_never_the_book(studio):
    await write_many(studio, 200)
    async with studio.db.read() as conn:
        own = (await purse_ids(conn)).values()
        for ends in ({}, {"before": 100}, {"after": 100}):
            query = entries_of(own, **ends, limit=PER_PAGE).compile(
                conn.engine, compile_kwargs={"literal_binds": True}
            )
            plan = [row[3] for row in await conn.execute(sa.text(f"EXPLAIN QUERY PLAN {query}"))]
            looks = [line for line in plan if "ledger_entries" in line]
            assert looks
            assert all(line.startswith("SEARCH") for line in looks), plan


@ON_BOTH
async def test_turn_that_leads_nowhere_is_the_newest_page(studio):
    await studio.finished(count=2)
    newest = await page(studio)

    for turn in (EntryTurn(10**17, is_newer=True), EntryTurn(1, is_newer=False)):
        assert await page(studio, turn) == newest
    assert len(newest.entries) == 3
    assert (newest.has_newer, newest.has_older) == (False, False)


async def test_file_of_very_many_says_that_it_is_not_whole(studio, monkeypatch):
    monkeypatch.setattr("bot.services.transactions._AT_ONCE", 10)
    monkeypatch.setattr("bot.services.transactions.MOST_IN_FILE", 20)
    await write_many(studio, 60)

    made, rows = await file(studio)

    assert (len(rows), made.is_whole) == (30, False)
    assert "too many" in texts.entries_file(made)
