"""The leaderboard: who did how much, without those who do not want to be on it."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db.tables import gifts, jobs, streaks
from bot.errors import BadChoice
from bot.services.leaderboard import BOARD_SIZE
from bot.services.streaks import Streak
from tests.postgres import ON_BOTH
from tests.unit.services.presses import pick
from tests.unit.services.studio import MIA, SAM, SERVER

ANN = 13
TODAY = date(2026, 3, 15)


async def board(studio, by, number=0, **origin):
    return await studio.services.leaderboard.page(studio.origin(**origin), by, number)


async def places(studio, by):
    found = (await board(studio, by)).places
    return [(place.rank, place.user_id, place.score) for place in found]


async def write_streak(studio, user_id, streak):
    """Open an account with a streak, and return its number."""
    async with studio.db.write() as conn:
        account_id = await ledger.open_account(conn, server_id=SERVER, user_id=user_id)
        values = {"days": streak.days, "last_on": streak.last_on, "grace_on": streak.grace_on}
        await conn.execute(streaks.insert().values(account_id=account_id, **values))


@ON_BOTH
async def test_pictures_of_this_month_count_for_who_made_them(studio):
    old = await studio.finished(count=1, origin=studio.origin(user_id=ANN))
    async with studio.db.write() as conn:
        last_month = studio.clock() - timedelta(days=40)
        await conn.execute(jobs.update().where(jobs.c.id == old.id).values(created_at=last_month))
    job = await studio.finished(count=2)
    await studio.finished(count=3, origin=studio.origin(user_id=SAM))
    picked = await pick(studio, job.id)
    await studio.render(picked.view.id)

    assert await places(studio, "pictures") == [(1, SAM, 3), (2, MIA, 2)]


async def test_favourites_of_others_count(studio):
    job = await studio.finished(count=2)
    other = await studio.finished(count=1, origin=studio.origin(user_id=SAM))
    toggle = studio.services.favourites.toggle
    await toggle(studio.origin(user_id=SAM), job.id, 1)
    await toggle(studio.origin(user_id=SAM), job.id, 2)
    await toggle(studio.origin(), job.id, 1)
    await toggle(studio.origin(), other.id, 1)

    assert await places(studio, "favourites") == [(1, MIA, 2), (2, SAM, 1)]


@ON_BOTH
async def test_streaks_count_as_long_as_they_live(studio):
    studio.clock.now = datetime.combine(TODAY, datetime.min.time(), tzinfo=UTC)
    ago = [TODAY - timedelta(days=days) for days in range(12)]
    all_streaks = [
        Streak(5, ago[0]),
        Streak(5, ago[1]),
        Streak(9, ago[2]),
        Streak(20, ago[3]),
        Streak(30, ago[2], ago[8]),
        Streak(40, ago[2], ago[9]),
    ]
    for user_id, streak in enumerate(all_streaks, start=20):
        await write_streak(studio, user_id, streak)

    expected = sorted(streak.days for streak in all_streaks if streak.as_of(TODAY).days)

    assert sorted(score for _, _, score in await places(studio, "streak")) == expected
    assert expected == [5, 5, 9, 40]


async def test_same_score_is_the_same_place(studio):
    studio.clock.now = datetime.combine(TODAY, datetime.min.time(), tzinfo=UTC)
    for user_id, days in ((21, 9), (22, 4), (23, 4), (24, 1)):
        await write_streak(studio, user_id, Streak(days, TODAY))

    assert [rank for rank, _, _ in await places(studio, "streak")] == [1, 2, 2, 4]


async def test_credits_given_away_count_and_balances_do_not(studio):
    await studio.give(5000)
    studio.outside.roles = {(SERVER, MIA): frozenset()}
    services = studio.services
    for amount in (10, 20):
        gift = await services.gifts.ask(studio.origin(user_id=SAM), taker_id=MIA, amount=amount)
        await services.gifts.give(studio.origin(user_id=SAM), gift.id)
    await services.gifts.ask(studio.origin(user_id=SAM), taker_id=MIA, amount=30)

    assert await places(studio, "gifts") == [(1, SAM, 30)]


@ON_BOTH
async def test_who_does_not_want_it_is_not_on_it_and_holds_no_place(studio):
    for person, count in ((MIA, 3), (SAM, 2), (ANN, 1)):
        await studio.finished(count=count, origin=studio.origin(user_id=person))
    await studio.services.preferences.change(studio.origin(), is_ranked=False)
    await studio.services.preferences.change(studio.origin(user_id=SAM), count=2)

    found = await board(studio, "pictures")

    assert await places(studio, "pictures") == [(1, SAM, 2), (2, ANN, 1)]
    assert found.own is None


async def test_pages_are_turned_and_ones_own_place_is_always_there(studio):
    studio.clock.now = datetime.combine(TODAY, datetime.min.time(), tzinfo=UTC)
    people = range(100, 100 + 2 * BOARD_SIZE + 1)
    for user_id in people:
        await write_streak(studio, user_id, Streak(user_id, TODAY))

    pages = [await board(studio, "streak", number, user_id=100) for number in range(4)]

    shown = [place.user_id for page in pages[:3] for place in page.places]
    assert shown == sorted(people, reverse=True)
    assert {page.count for page in pages} == {3}
    assert pages[3] == pages[2]
    assert {page.own.rank for page in pages} == {len(people)}


async def test_board_is_added_up_once(studio):
    await write_streak(studio, MIA, Streak(3, studio.clock().date()))
    sent = []
    engine = studio.db._reading.sync_engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    await board(studio, "streak", 1)

    assert len([one for one in sent if "streaks" in one]) == 1


async def test_board_of_nobody_and_board_of_nothing(studio):
    empty = await board(studio, "gifts", 5)

    assert (empty.places, empty.own, empty.number, empty.count) == ((), None, 0, 1)
    with pytest.raises(BadChoice):
        await board(studio, "balance")


async def test_other_servers_have_their_own(studio):
    async with studio.db.write() as conn:
        row = {"id": 1, "server_id": SERVER + 1, "giver_id": MIA, "taker_id": SAM, "amount": 9}
        rest = {"message": "", "status": "given", "created_at": studio.clock()}
        await conn.execute(gifts.insert().values(**row, **rest))

    assert await places(studio, "gifts") == []
