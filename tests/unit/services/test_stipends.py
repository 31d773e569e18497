"""Stipends: once a period for everybody with the role, whoever pays and whatever breaks."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db import Database
from bot.db.tables import ledger_entries, staff_actions
from bot.errors import (
    BadAmount,
    BadChoice,
    NotPermitted,
    OwnCredits,
    StipendThere,
    TooManyStipends,
    UnknownStipend,
)
from bot.services import NotNow, Undeliverable
from bot.services import stipends as module
from tests.postgres import ON_BOTH
from tests.unit.services.decided import freeze
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER, Studio

ROLE = 500
OTHER = SERVER + 1
WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = 100


def staff(studio, **changes):
    return studio.origin(**{"is_staff": True, **changes})


def add(studio, amount=20, every="day", *, role_id=ROLE, origin=None):
    return studio.services.stipends.add(
        origin or staff(studio), role_id=role_id, amount=amount, every=every
    )


async def settle(studio, *people, with_role=True, server_id=SERVER):
    """Let people have an account and, as members, the role."""
    for user_id in people:
        await studio.services.credits.balance(server_id=server_id, user_id=user_id)
        studio.outside.roles[server_id, user_id] = frozenset({ROLE} if with_role else ())


def questions(studio, monkeypatch, troubles=()):
    """Return the list of whom Discord is asked about, by server and person, as it grows."""
    asked = []
    answer = studio.outside.roles_of

    async def roles_of(server_id, user_id):
        asked.append((server_id, user_id))
        if server_id in troubles:
            raise troubles[server_id]
        return await answer(server_id, user_id)

    monkeypatch.setattr(studio.outside, "roles_of", roles_of)
    return asked


async def paid(studio, user_id=MIA):
    """Return what somebody has beside the first credits."""
    return (await studio.funds(user_id))[0] - FIRST


def pay(studio):
    return studio.services.stipends.pay_due()


async def deeds(studio):
    async with studio.db.read() as conn:
        found = await conn.execute(sa.select(staff_actions).order_by(staff_actions.c.id))
        return [(one.action, one.staff_id) for one in found]


@pytest.fixture
def studio(studio):
    studio.clock.now = WEDNESDAY
    return studio


async def test_everybody_with_the_role_is_paid_once(studio):
    await settle(studio, MIA, SAM)
    await settle(studio, SAM + 1, with_role=False)
    await add(studio)

    assert await pay(studio) == 2
    before = await studio.rows()
    assert await pay(studio) == 0

    assert await studio.rows() == before
    assert [await paid(studio, one) for one in (MIA, SAM, SAM + 1)] == [20, 20, 0]


@pytest.mark.parametrize(
    ("every", "same", "next_one"),
    [
        ("day", WEDNESDAY.replace(hour=23, minute=59), WEDNESDAY.replace(hour=0) + DAY),
        ("week", WEDNESDAY + 4 * DAY, WEDNESDAY.replace(hour=0) + 5 * DAY),
        ("month", WEDNESDAY + 27 * DAY, datetime(2026, 4, 1, tzinfo=UTC)),
    ],
)
async def test_period_turns_with_the_calendar(studio, every, same, next_one):
    await settle(studio, MIA)
    await add(studio, every=every)
    await pay(studio)

    studio.clock.now = same
    assert await pay(studio) == 0
    [sheet] = await studio.services.stipends.of(staff(studio))
    studio.clock.now = next_one
    assert await pay(studio) == 1

    assert (sheet.paid, sheet.next_at) == (1, next_one)
    assert await paid(studio) == 40


async def test_iso_week_goes_over_the_end_of_the_year(studio):
    await settle(studio, MIA)
    await add(studio, every="week")
    studio.clock.now = datetime(2026, 12, 31, tzinfo=UTC)
    await pay(studio)

    studio.clock.now = datetime(2027, 1, 3, tzinfo=UTC)
    assert await pay(studio) == 0
    studio.clock.now = datetime(2027, 1, 4, tzinfo=UTC)
    assert await pay(studio) == 1


async def test_downtime_is_made_up_for_with_the_present_period_only(studio):
    await settle(studio, MIA)
    await add(studio)
    await pay(studio)

    studio.clock.now = WEDNESDAY + 5 * DAY
    studio.restart()
    await pay(studio)

    assert await paid(studio) == 40


async def test_who_comes_or_gets_the_role_later_is_paid_then(studio):
    await settle(studio, MIA, with_role=False)
    await add(studio)
    assert await pay(studio) == 0

    studio.outside.roles[SERVER, MIA] = frozenset({ROLE})
    await settle(studio, SAM)
    assert await pay(studio) == 1
    studio.clock.now += module.ASKED_AGAIN_AFTER
    assert await pay(studio) == 1

    studio.outside.roles[SERVER, MIA] = frozenset()
    studio.clock.now += DAY
    assert await pay(studio) == 1


async def test_nobody_is_asked_for_when_everybody_is_paid(studio):
    await settle(studio, MIA, SAM)
    await add(studio)
    await pay(studio)
    studio.outside.script.will("roles", NotNow("must not be asked"))

    assert await pay(studio) == 0


async def test_one_question_serves_all_stipends_of_a_person(studio):
    await settle(studio, MIA)
    await add(studio, 20)
    await add(studio, 5, "week")
    await add(studio, 1, "month", role_id=SERVER, origin=staff(studio, is_admin=True))
    # The first question is answered; there is no second one.
    gate = studio.outside.script.gate("roles")
    gate.open()
    studio.outside.script.will("roles", NotNow("asked twice"))

    assert await pay(studio) == 3
    assert await paid(studio) == 26


async def test_rounds_ask_few_and_everybody_in_turn(studio, monkeypatch):
    monkeypatch.setattr(module, "MOST_ASKED", 2)
    await settle(studio, MIA, SAM, with_role=False)
    await settle(studio, SAM + 1, SAM + 2)
    await add(studio)

    assert await pay(studio) == 0
    assert await pay(studio) == 2


async def test_who_lacks_the_role_is_asked_for_again_only_after_hours(studio, monkeypatch):
    await settle(studio, MIA, SAM, with_role=False)
    await add(studio, every="month")
    asked = questions(studio, monkeypatch)

    for _ in range(12):
        await pay(studio)
    assert asked == [(SERVER, MIA), (SERVER, SAM)]
    await add(studio, role_id=ROLE + 1)
    await pay(studio)
    assert len(asked) == 2

    studio.clock.now += module.ASKED_AGAIN_AFTER
    await pay(studio)
    assert len(asked) == 4


async def test_next_period_waits_for_nobody_who_has_the_role(studio):
    studio.clock.now = WEDNESDAY.replace(hour=23, minute=58)
    await settle(studio, MIA)
    await add(studio)
    await pay(studio)

    studio.clock.now += timedelta(minutes=5)

    assert await pay(studio) == 1


async def test_full_server_keeps_no_other_one_waiting(make_studio, monkeypatch):
    studio = make_studio(allowed_servers=frozenset({SERVER, OTHER}))
    monkeypatch.setattr(module, "MOST_ASKED", 3)
    await settle(studio, 21, 22, 23, 24, with_role=False)
    await settle(studio, MIA, server_id=OTHER)
    await add(studio)
    await add(studio, origin=staff(studio, server_id=OTHER))

    assert await pay(studio) == 1


@pytest.mark.parametrize("trouble", [NotNow("500"), Undeliverable("403")])
async def test_trouble_at_one_server_is_its_own(make_studio, monkeypatch, trouble):
    studio = make_studio(allowed_servers=frozenset({SERVER, OTHER}))
    await settle(studio, MIA, SAM)
    await settle(studio, MIA, server_id=OTHER)
    await add(studio)
    await add(studio, origin=staff(studio, server_id=OTHER))
    asked = questions(studio, monkeypatch, {SERVER: trouble})

    rounds = [await studio.services.upkeep.go() for _ in range(2)]

    assert sorted(asked)[-1] == (OTHER, MIA)
    assert (await studio.services.stipends.of(staff(studio, server_id=OTHER)))[0].paid == 1
    is_silent = isinstance(trouble, NotNow)
    assert rounds == [not is_silent] * 2
    # Of a server that it is not in, the bot asks nothing more for a while.
    assert len(asked) == (3 if is_silent else 2)


async def test_server_that_is_denied_by_now_is_not_asked_about(make_studio, monkeypatch):
    studio = make_studio(allowed_servers=frozenset())
    await studio.services.accounts.remember_servers([SERVER])
    await settle(studio, MIA)
    await add(studio)
    await studio.services.hosting.set_allowed(studio.origin(), SERVER, is_allowed=False)
    asked = questions(studio, monkeypatch)

    assert await pay(studio) == 0
    assert asked == []


async def test_stipend_that_is_ended_and_begun_again_pays_no_period_twice(studio):
    await settle(studio, MIA)
    for _ in range(3):
        stipend = await add(studio, every="month")
        await pay(studio)
        await studio.services.stipends.remove(staff(studio), stipend.id)

    assert await paid(studio) == 20


async def test_role_has_one_stipend_for_each_kind_of_period(studio):
    stipend = await add(studio, 20)
    await add(studio, 20, "week")

    refusal = await refused(studio, add(studio, 30), StipendThere)

    assert refusal.stipend_id == stipend.id
    assert len(await studio.services.stipends.names(staff(studio))) == 2
    await refused(studio, studio.services.stipends.names(studio.origin()), NotPermitted)


async def test_frozen_and_gone_get_nothing(studio):
    await settle(studio, MIA, SAM)
    await freeze(studio, MIA)
    del studio.outside.roles[SERVER, SAM]
    await add(studio)

    assert await pay(studio) == 0


async def test_cut_off_in_the_middle_the_rest_is_paid_by_the_next(studio):
    await settle(studio, MIA, SAM)
    await add(studio)
    script = studio.outside.script
    script.gate("roles").open()
    gate = script.gate("roles")
    paying = asyncio.create_task(pay(studio))
    await gate.reached()

    paying.cancel()
    await asyncio.gather(paying, return_exceptions=True)
    studio.restart()

    assert await pay(studio) == 1
    assert [await paid(studio, one) for one in (MIA, SAM)] == [20, 20]


async def test_what_was_paid_before_discord_fell_silent_stays(studio):
    await settle(studio, MIA, SAM)
    await add(studio)
    studio.outside.script.gate("roles").open()
    studio.outside.script.will("roles", NotNow("away"))

    assert not await studio.services.upkeep.go()
    assert await studio.services.upkeep.go()

    assert [await paid(studio, one) for one in (MIA, SAM)] == [20, 20]


@ON_BOTH
async def test_two_who_pay_at_once_pay_once(make_studio, db, database_url, tmp_path):
    studio = make_studio()
    people = [MIA, SAM, *range(20, 28)]
    await settle(studio, *people)
    await add(studio)
    other_db = Database(database_url)
    other = Studio(other_db, tmp_path)
    other.outside.roles = studio.outside.roles

    counts = await asyncio.gather(pay(studio), pay(other), pay(studio), pay(other))
    await other_db.close()

    assert sum(counts) >= len(people)
    async with db.read() as conn:
        keys = list(
            await conn.scalars(
                sa.select(ledger_entries.c.key).where(ledger_entries.c.key.startswith("stipend:"))
            )
        )
    assert len(keys) == len(set(keys)) == len(people)
    assert {await paid(studio, one) for one in people} == {20}


async def test_empty_treasury_is_told_once_and_paid_when_it_is_filled(make_studio):
    studio = make_studio(monthly_budget_usd=0.23)
    studio.clock.now = WEDNESDAY
    await settle(studio, MIA, SAM)
    await add(studio, 20)

    assert await pay(studio) == 1
    assert await pay(studio) == 0
    told = await deeds(studio)
    async with studio.db.write() as conn:
        await ledger.fund(conn, key="more", server_id=SERVER, amount=100)
    assert await pay(studio) == 1

    assert told == [("stipend add", MIA), ("stipend waits", 0)]
    assert [await paid(studio, one) for one in (MIA, SAM)] == [20, 20]
    studio.clock.now += DAY
    studio.restart()
    assert await pay(studio) == 2


async def test_ended_stipend_is_paid_no_more(studio):
    await settle(studio, MIA)
    stipend = await add(studio)
    await pay(studio)

    ended = await studio.services.stipends.remove(staff(studio), stipend.id)
    studio.clock.now += DAY

    assert ended == stipend
    assert await pay(studio) == 0
    assert await studio.services.stipends.of(staff(studio)) == []
    again = studio.services.stipends.remove(staff(studio), stipend.id)
    await refused(studio, again, UnknownStipend)
    assert await deeds(studio) == [("stipend add", MIA), ("stipend remove", MIA)]


async def test_cost_a_month_goes_by_the_fuller_of_two_periods(studio):
    await settle(studio, MIA, SAM)
    await add(studio, 10)
    await pay(studio)
    studio.clock.now += DAY
    del studio.outside.roles[SERVER, SAM]
    await pay(studio)

    [sheet] = await studio.services.stipends.of(staff(studio))

    assert (sheet.paid, sheet.monthly) == (1, 608)


async def test_same_stipend_again_is_the_one_that_is_there(studio):
    made = await asyncio.gather(*(add(studio) for _ in range(10)))

    assert len(set(made)) == 1
    assert await deeds(studio) == [("stipend add", MIA)]


async def test_who_may_not_and_what_cannot_be_is_refused(studio, monkeypatch):
    await refused(studio, add(studio, origin=studio.origin()), NotPermitted)
    own = staff(studio, role_ids=(ROLE,))
    await refused(studio, add(studio, origin=own), OwnCredits)
    await refused(studio, add(studio, role_id=SERVER), OwnCredits)
    for amount in (0, -5, int(1e30)):
        await refused(studio, add(studio, amount), BadAmount)
    await refused(studio, add(studio, every="year"), BadChoice)
    await refused(studio, studio.services.stipends.remove(staff(studio), 7), UnknownStipend)
    monkeypatch.setattr(module, "MOST_STIPENDS", 1)
    await add(studio)
    await refused(studio, add(studio, every="week"), TooManyStipends)
    other = studio.services.stipends.remove(staff(studio, server_id=SERVER + 1), 1)
    await refused(studio, other, UnknownStipend)
