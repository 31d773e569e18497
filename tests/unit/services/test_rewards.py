"""Rewards: for the first picture of a day and for favourites, capped, and never in the way."""

import asyncio
from datetime import timedelta

from tests.postgres import ON_BOTH
from tests.unit.services.decided import decide, freeze
from tests.unit.services.presses import pick
from tests.unit.services.studio import MIA, SAM, SERVER

ANN = 13
DAY = timedelta(days=1)


def mark(studio, job_id, number=1, *, user_id=SAM):
    return studio.services.favourites.toggle(studio.origin(user_id=user_id), job_id, number)


async def test_first_picture_of_the_day_is_rewarded_once(studio):
    await decide(studio, reward_first_picture=9)

    await studio.finished(count=1)
    await studio.finished(count=1)
    first = await studio.funds()
    studio.clock.ahead = DAY
    await studio.finished(count=1)

    assert first == (100 - 2 * 3 + 9, 0)
    assert await studio.funds() == (100 - 3 * 3 + 2 * 9, 0)


async def test_nothing_is_given_for_what_is_only_brought(studio):
    job = await studio.finished(count=1)
    await decide(studio, reward_first_picture=9)

    picked = await pick(studio, job.id, user_id=SAM)
    await studio.render(picked.view.id)

    assert await studio.funds(SAM) == (100, 0)


async def test_server_that_switched_nothing_on_gives_nothing(studio):
    job = await studio.finished(count=1)
    await mark(studio, job.id)

    assert await studio.funds() == (97, 0)


async def test_favourite_is_rewarded_once_for_each_person_and_picture(studio):
    await decide(studio, reward_favourite=4)
    job = await studio.finished(count=2)

    marked = [await mark(studio, job.id) for _ in range(3)]
    await mark(studio, job.id, 2)
    await mark(studio, job.id, user_id=ANN)
    await mark(studio, job.id, user_id=MIA)

    assert marked == [True, False, True]
    assert await studio.funds() == (94 + 3 * 4, 0)


async def test_favourite_of_a_picture_brought_alone_rewards_its_maker(studio):
    await decide(studio, reward_favourite=4)
    job = await studio.finished(count=2)
    picked = await pick(studio, job.id, 2, user_id=SAM)
    await studio.render(picked.view.id)

    await mark(studio, picked.view.id, user_id=ANN)
    await mark(studio, job.id, 2, user_id=ANN)

    assert (await studio.funds(), await studio.funds(SAM)) == ((98, 0), (100, 0))


async def test_favourite_of_what_was_made_before_is_its_makers(studio):
    await decide(studio, reward_favourite=4)
    asked = {"count": 2, "seed": 7, "said": ("seed",)}
    job = await studio.finished(**asked)
    again = await studio.finished(**asked, origin=studio.origin(user_id=SAM))
    picked = await pick(studio, again.id, 2, user_id=SAM)
    await studio.render(picked.view.id)

    assert await mark(studio, picked.view.id, user_id=ANN)
    assert not await mark(studio, again.id, 2, user_id=ANN)
    assert await mark(studio, job.id, 2, user_id=ANN)
    assert await mark(studio, again.id, 1, user_id=ANN)

    count = studio.services.favourites.count_of
    assert [await count(one) for one in (job.id, again.id, picked.view.id)] == [2, 2, 1]
    assert (await studio.funds(), await studio.funds(SAM)) == ((102, 0), (100, 0))
    board = await studio.services.leaderboard.page(studio.origin(), "favourites")
    assert [(one.user_id, one.score) for one in board.places] == [(MIA, 2)]


async def test_private_work_that_was_shown_again_in_public_can_be_marked(studio):
    asked = {"count": 1, "seed": 7, "said": ("seed",)}
    await studio.finished(**asked, origin=studio.origin(is_private=True))
    again = await studio.finished(**asked)

    assert await mark(studio, again.id)


@ON_BOTH
async def test_favourites_of_a_day_are_rewarded_up_to_the_cap(studio):
    await decide(studio, reward_favourite=4, reward_favourites_a_day=2)
    job = await studio.finished(count=1)
    people = range(20, 25)
    for person in people:
        await studio.services.credits.balance(server_id=SERVER, user_id=person)

    await asyncio.gather(*(mark(studio, job.id, user_id=person) for person in people))
    today = await studio.funds()
    studio.clock.ahead = DAY
    await mark(studio, job.id, user_id=25)

    assert (today, await studio.funds()) == ((97 + 8, 0), (97 + 12, 0))


async def test_cap_counts_behind_many_other_entries_of_the_day(studio, monkeypatch):
    monkeypatch.setattr("bot.services.rewards._AT_ONCE", 2)
    await decide(studio, reward_favourite=4, reward_favourites_a_day=1)
    job = await studio.finished(count=1)
    await mark(studio, job.id)
    for _ in range(5):
        given_back = await studio.accepted(count=1)
        await studio.services.dispatch.cancel(given_back)
        await studio.render(given_back)

    await mark(studio, job.id, user_id=ANN)

    assert await rewards(studio) == 1


async def rewards(studio):
    rows = (await studio.rows())["ledger_entries"]
    return sum(str(row[1]).startswith("fav:") for row in rows)


async def test_amount_that_changed_meanwhile_gives_nothing_twice(studio):
    await decide(studio, reward_first_picture=9)
    await studio.finished(count=1)
    await decide(studio, reward_first_picture=5)

    job = await studio.finished(count=1)

    assert job.status == "done"
    assert await studio.funds() == (100 - 6 + 9, 0)


async def test_empty_treasury_stops_neither_picture_nor_mark(make_studio):
    studio = make_studio(monthly_budget_usd=0.101)
    await decide(studio, reward_first_picture=50, reward_favourite=50)

    job = await studio.finished(count=1)
    assert await mark(studio, job.id)

    assert job.status == "done"
    assert await studio.funds() == (97, 0)


async def test_frozen_account_gets_no_reward(studio):
    await decide(studio, reward_first_picture=9, reward_favourite=4)
    job_id = await studio.accepted(count=1)
    await freeze(studio, MIA)

    job = await studio.render(job_id)
    assert await mark(studio, job.id)

    assert job.status == "done"
    assert await studio.funds() == (97, 0)


async def test_marks_at_once_reward_once(studio):
    await decide(studio, reward_favourite=4)
    job = await studio.finished(count=1)

    await asyncio.gather(*(mark(studio, job.id) for _ in range(10)))

    assert await rewards(studio) == 1
