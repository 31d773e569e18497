"""Credits as people meet them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.db.tables import staff_actions
from bot.errors import (
    AlreadyClaimed,
    BadAmount,
    ServerNotAllowed,
    TooMuchTaken,
    TreasuryEmpty,
)
from bot.ledger import MAX_AMOUNT
from bot.services import DAILY_CREDITS
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def claim(studio, *, user_id=MIA, server_id=SERVER):
    return studio.services.credits.claim_daily(server_id=server_id, user_id=user_id)


def balance(studio, *, user_id=MIA, server_id=SERVER):
    return studio.services.credits.balance(server_id=server_id, user_id=user_id)


def change(studio, delta, *, origin=None, target_id=SAM):
    origin = origin or studio.origin()
    return studio.services.credits.change(
        origin, target_id=target_id, delta=delta, reason="contest"
    )


async def actions(studio):
    async with studio.db.read() as conn:
        return list(await conn.execute(sa.select(staff_actions)))


async def test_balance_of_a_newcomer_is_the_first_credits(studio):
    studio.clock.now = NOON

    amount = await balance(studio)

    assert (amount.funds.earned, amount.funds.granted, amount.funds.held) == (100, 0, 0)
    assert amount.daily_at == NOON


async def test_balance_tells_what_is_held(studio):
    await studio.accepted(count=4)

    amount = await balance(studio)

    assert (amount.funds.available, amount.funds.held, amount.funds.balance) == (88, 12, 100)


async def test_daily_gives_todays_credits_as_earned(studio):
    studio.clock.now = NOON

    amount = await claim(studio)

    assert amount.funds.earned == 100 + DAILY_CREDITS
    assert amount.daily_at == MIDNIGHT
    assert (await balance(studio)).daily_at == MIDNIGHT


async def test_daily_is_once_a_calendar_day_in_utc(studio):
    studio.clock.now = MIDNIGHT - timedelta(seconds=1)
    await claim(studio)
    error = await refused(studio, claim(studio), AlreadyClaimed)

    studio.clock.now = MIDNIGHT
    await claim(studio)
    await refused(studio, claim(studio), AlreadyClaimed)

    assert error.next_at == MIDNIGHT
    assert await studio.funds() == (100 + 2 * DAILY_CREDITS, 0)


async def test_day_that_was_missed_is_not_made_up_for(studio):
    studio.clock.now = NOON
    await claim(studio)

    studio.clock.now = NOON + timedelta(days=5)
    await claim(studio)
    await refused(studio, claim(studio), AlreadyClaimed)


async def test_ten_claims_at_once_are_one(studio):
    answers = await asyncio.gather(*(claim(studio) for _ in range(10)), return_exceptions=True)

    assert sum(isinstance(answer, AlreadyClaimed) for answer in answers) == 9
    assert await studio.funds() == (100 + DAILY_CREDITS, 0)


async def test_everybody_has_a_daily_of_their_own(studio):
    await claim(studio)
    await claim(studio, user_id=SAM)

    assert await studio.funds(SAM) == (100 + DAILY_CREDITS, 0)


async def test_empty_treasury_pays_no_daily(make_studio):
    studio = make_studio(monthly_budget_usd=0.11)

    error = await refused(studio, claim(studio), TreasuryEmpty)

    assert (error.needed, error.available) == (DAILY_CREDITS, 10)


async def test_server_that_is_not_allowed_has_no_credits(studio):
    await refused(studio, balance(studio, server_id=SERVER + 1), ServerNotAllowed)
    await refused(studio, claim(studio, server_id=SERVER + 1), ServerNotAllowed)
    origin = studio.origin(server_id=SERVER + 1)
    await refused(studio, change(studio, 5, origin=origin), ServerNotAllowed)


@pytest.mark.parametrize(
    ("delta", "after", "action"), [(50, 150, "credits add"), (-50, 50, "credits remove")]
)
async def test_change_moves_credits_and_is_written_down(studio, delta, after, action):
    studio.clock.now = NOON

    changed = await change(studio, delta)

    assert (changed.before, changed.after) == (100, after)
    assert await studio.funds(SAM) == (after, 0)
    [written] = await actions(studio)
    assert (written.server_id, written.staff_id, written.target_id) == (SERVER, MIA, SAM)
    assert (written.action, written.reason) == (action, "contest")
    assert (written.before, written.after) == ("100", str(after))
    assert written.created_at == NOON


async def test_same_interaction_changes_nothing_twice(studio):
    origin = studio.origin()
    first = await change(studio, 50, origin=origin)
    before = await studio.rows()

    again = await change(studio, 50, origin=origin)

    assert again == first
    assert await studio.rows() == before


@pytest.mark.parametrize("delta", [0, MAX_AMOUNT + 1, -MAX_AMOUNT - 1])
async def test_amount_that_cannot_be_moved_is_refused(studio, delta):
    error = await refused(studio, change(studio, delta), BadAmount)

    assert error.high == MAX_AMOUNT


async def test_more_than_somebody_can_spend_cannot_be_taken(studio):
    await studio.accepted(count=4, origin=studio.origin(user_id=SAM))

    error = await refused(studio, change(studio, -89), TooMuchTaken)

    assert error.available == 88


async def test_more_than_the_treasury_has_cannot_be_given(studio):
    await balance(studio, user_id=SAM)

    error = await refused(studio, change(studio, 20_000), TreasuryEmpty)

    assert (error.needed, error.available) == (20_000, 19_900)
