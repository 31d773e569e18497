"""Credits as people meet them."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.errors import (
    AccountFrozen,
    AlreadyClaimed,
    DailyOff,
    DiscordSilent,
    NotAMember,
    ServerNotAllowed,
    TreasuryEmpty,
)
from bot.policy import ServerSettings, Tier
from bot.services import NotNow
from tests.unit.services.decided import decide, freeze
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
DAILY_CREDITS = ServerSettings().daily_credits


def claim(studio, *, user_id=MIA, server_id=SERVER):
    return studio.services.credits.claim_daily(server_id=server_id, user_id=user_id)


def balance(studio, *, user_id=MIA, server_id=SERVER):
    return studio.services.credits.balance(server_id=server_id, user_id=user_id)


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


async def test_daily_is_as_much_as_the_server_says(studio):
    await decide(studio, daily_credits=3)

    claimed = await claim(studio)

    assert (claimed.amount, claimed.funds.earned) == (3, 103)


async def test_server_without_daily_credits_says_so(studio):
    await decide(studio, daily_credits=0)

    await refused(studio, claim(studio), DailyOff)

    assert (await balance(studio)).daily_at is None


async def test_frozen_account_gets_no_daily(studio):
    await freeze(studio, MIA)

    await refused(studio, claim(studio), AccountFrozen)


async def test_seven_days_in_a_row_bring_more_and_the_streak_is_kept(studio):
    studio.clock.now = NOON
    for _ in range(6):
        await claim(studio)
        studio.clock.now += DAY
    studio.restart()

    seventh = await claim(studio)

    assert (seventh.streak.days, seventh.streak.bonus) == (7, 5)
    assert seventh.funds.earned == 100 + 7 * DAILY_CREDITS + 5


async def test_empty_treasury_leaves_the_streak_as_it_was(make_studio):
    studio = make_studio(monthly_budget_usd=0.13)
    studio.clock.now = NOON
    await claim(studio)
    studio.clock.now += DAY

    await refused(studio, claim(studio), TreasuryEmpty)


async def test_clock_of_a_process_that_is_behind_gives_no_second_day(studio):
    studio.clock.now = MIDNIGHT
    await claim(studio)

    studio.clock.now = MIDNIGHT - timedelta(seconds=1)

    await refused(studio, claim(studio), AlreadyClaimed)


async def test_statement_tells_all_about_ones_credits(studio):
    studio.clock.now = NOON
    await claim(studio)
    await studio.accepted(count=4, origin=studio.origin())

    told = await studio.services.credits.look(studio.origin(), MIA)

    assert (told.balance.funds.earned, told.balance.funds.held) == (113, 12)
    assert (told.balance.daily_at, told.streak.days) == (MIDNIGHT, 1)
    assert (told.is_frozen, told.tier.requests_per_minute) == (False, 20)
    assert told.usage.requests == 1


async def test_statement_of_somebody_else_has_their_tier_where_discord_tells(studio):
    await freeze(studio, SAM)
    async with studio.db.write() as conn:
        await studio.services.servers.write_tier(conn, SERVER, 77, Tier(slots=9))
    await studio.services.servers.refresh()
    look = studio.services.credits.look

    unknown = await look(studio.origin(role_ids=(77,)), SAM)
    studio.outside.roles[SERVER, SAM] = frozenset({77})
    known = await look(studio.origin(), SAM)

    assert (unknown.tier, unknown.usage, unknown.is_frozen) == (None, None, True)
    assert known.tier.slots == 9


async def test_looking_at_a_stranger_opens_no_account(studio):
    look = studio.services.credits.look
    stranger = SAM + 99

    await refused(studio, look(studio.origin(is_staff=True), stranger), NotAMember)
    studio.outside.script.will("roles", NotNow("away"))
    await refused(studio, look(studio.origin(is_staff=True), stranger), DiscordSilent)
    studio.outside.roles[SERVER, stranger] = frozenset()
    told = await look(studio.origin(is_staff=True), stranger)

    assert told.balance.funds.available == ServerSettings().sign_up_credits


async def test_streak_that_was_missed_is_told_as_none(studio):
    studio.clock.now = NOON
    await claim(studio)

    studio.clock.now += 3 * DAY

    assert (await studio.services.credits.look(studio.origin(), MIA)).streak.days == 0


async def test_server_that_is_not_allowed_has_no_credits(studio):
    await refused(studio, balance(studio, server_id=SERVER + 1), ServerNotAllowed)
    await refused(studio, claim(studio, server_id=SERVER + 1), ServerNotAllowed)
