"""Gifts: asked about first, moved once, refused without a trace."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db import Database
from bot.db.tables import gifts
from bot.errors import (
    AccountFrozen,
    AskOver,
    BadAmount,
    DiscordSilent,
    GiftCapReached,
    GiftsOff,
    GiftTooSmall,
    GiftToSelf,
    NotAMember,
    PromptBlocked,
    ServerNotAllowed,
    TakesNoGifts,
    TooMuchGiven,
)
from bot.services import NotNow
from bot.services.gifts import STANDS_FOR
from tests.postgres import ON_BOTH
from tests.unit.services.decided import decide, freeze
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER, Studio

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def studio(studio):
    studio.outside.roles = {(SERVER, person): frozenset() for person in (MIA, SAM)}
    return studio


def ask(studio, amount=30, *, message="", taker_id=SAM, **origin):
    origin = studio.origin(**origin)
    return studio.services.gifts.ask(origin, taker_id=taker_id, amount=amount, message=message)


def give(studio, gift, **origin):
    return studio.services.gifts.give(studio.origin(**origin), gift.id)


async def given(studio, amount, **origin):
    return await give(studio, await ask(studio, amount, **origin), **origin)


async def prefer(studio, **changes):
    await studio.services.preferences.change(studio.origin(user_id=SAM), **changes)


async def test_gift_is_asked_about_and_then_moved(studio):
    asked = await ask(studio, 30, message="for  the\nfox")
    before = (await studio.funds(), await studio.funds(SAM))

    gift = await give(studio, asked)

    assert before == ((100, 0), (100, 0))
    assert (await studio.funds(), await studio.funds(SAM)) == ((70, 0), (130, 0))
    assert (gift.status, gift.message, gift.is_new) == ("given", "for the fox", True)


async def test_taker_is_told_and_closed_messages_are_no_failure(studio):
    gift = await given(studio, 30)
    await studio.services.gifts.tell(gift)
    studio.outside.closed.add(SAM)
    await studio.services.gifts.tell(gift)

    assert studio.outside.told == [(SAM, gift)]


async def test_what_is_given_keeps_its_purse(studio):
    await studio.give(50)

    await given(studio, 120)

    async with studio.db.read() as conn:
        account = await ledger.find_account(conn, server_id=SERVER, user_id=SAM)
        funds = await ledger.read_funds(conn, account)
    assert (funds.earned, funds.granted) == (200, 20)


async def test_same_interaction_twice_asks_about_one_gift(studio):
    origin = studio.origin()
    first = await studio.services.gifts.ask(origin, taker_id=SAM, amount=30)
    before = await studio.rows()

    again = await studio.services.gifts.ask(origin, taker_id=SAM, amount=30)

    assert again == first
    assert await studio.rows() == before


@ON_BOTH
async def test_ten_answers_in_two_processes_move_credits_once(
    studio, database_url, tmp_path, make_studio
):
    asked = await ask(studio)
    other = Database(database_url)
    process = Studio(other, tmp_path)
    process.outside.roles = studio.outside.roles
    answering = [give(one, asked) for one in (studio, process) for _ in range(5)]

    answers = await asyncio.gather(*answering)
    await other.close()

    assert sum(answer.is_new for answer in answers) == 1
    assert {answer.status for answer in answers} == {"given"}
    assert (await studio.funds(), await studio.funds(SAM)) == ((70, 0), (130, 0))


@ON_BOTH
async def test_two_who_give_to_each_other_at_once_both_do(studio):
    mine = await ask(studio, 30)
    sams = await ask(studio, 10, taker_id=MIA, user_id=SAM)

    await asyncio.gather(give(studio, mine), give(studio, sams, user_id=SAM))

    assert (await studio.funds(), await studio.funds(SAM)) == ((80, 0), (120, 0))


@ON_BOTH
async def test_two_gifts_at_once_do_not_pass_the_cap_together(studio):
    await decide(studio, gift_daily_cap=50)
    asked = [await ask(studio, 30), await ask(studio, 30)]

    answers = await asyncio.gather(*(give(studio, one) for one in asked), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["Gift", "GiftCapReached"]
    assert await studio.funds() == (70, 0)


async def test_amount_that_is_none_is_refused(studio):
    for amount in (0, -5, 10**30, ledger.MAX_AMOUNT + 1, True, 1.5, "30"):
        await refused(studio, ask(studio, amount), BadAmount)


async def test_gift_to_oneself_or_to_nobody_here_is_refused(studio):
    await refused(studio, ask(studio, taker_id=MIA), GiftToSelf)
    await refused(studio, ask(studio, taker_id=99), NotAMember)
    studio.outside.script.will("roles", NotNow("away"))
    await refused(studio, ask(studio), DiscordSilent)


async def test_message_is_screened_before_anything_is_kept(studio):
    with pytest.raises(PromptBlocked):
        await ask(studio, message="write to mia@example.com")

    assert (await studio.rows())["gifts"] == []


async def test_gift_in_a_server_that_is_not_allowed_is_refused(studio):
    studio.outside.roles[SERVER + 1, SAM] = frozenset()

    await refused(studio, ask(studio, server_id=SERVER + 1), ServerNotAllowed)


async def test_size_is_what_the_server_allows(studio):
    await decide(studio, gift_least=20, gift_daily_cap=40)

    small = await refused(studio, ask(studio, 19), GiftTooSmall)
    large = await refused(studio, ask(studio, 41), GiftCapReached)
    await decide(studio, gift_daily_cap=0)

    assert (small.least, large.cap, large.left) == (20, 40, 40)
    await refused(studio, ask(studio), GiftsOff)


async def test_day_has_a_cap_and_the_next_one_starts_anew(studio):
    await decide(studio, gift_daily_cap=50)
    studio.clock.now = NOON
    await given(studio, 30)
    late = await ask(studio, 20)

    full = await refused(studio, ask(studio, 21), GiftCapReached)
    studio.clock.now = MIDNIGHT - timedelta(minutes=1)
    late = await ask(studio, 20)
    studio.clock.now = MIDNIGHT
    await give(studio, late)
    today = await refused(studio, ask(studio, 31), GiftCapReached)

    assert (full.left, full.resets_at) == (20, MIDNIGHT)
    assert (today.left, today.resets_at) == (30, MIDNIGHT + timedelta(days=1))


async def test_more_than_somebody_has_is_refused_when_asked_and_when_answered(studio):
    error = await refused(studio, ask(studio, 101), TooMuchGiven)
    asked = await ask(studio, 100)
    await studio.accepted(count=4)

    late = await refused(studio, give(studio, asked), TooMuchGiven)

    assert (error.available, late.available) == (100, 88)


@pytest.mark.parametrize("is_asked", [False, True])
async def test_frozen_accounts_neither_give_nor_take(studio, is_asked):
    asked = await ask(studio) if is_asked else None
    await freeze(studio, SAM)
    await refused(studio, give(studio, asked) if asked else ask(studio), TakesNoGifts)
    await freeze(studio, MIA)
    await refused(studio, give(studio, asked) if asked else ask(studio), AccountFrozen)


@pytest.mark.parametrize("is_asked", [False, True])
async def test_who_takes_no_gifts_gets_none(studio, is_asked):
    asked = await ask(studio) if is_asked else None
    await prefer(studio, takes_gifts=False)

    await refused(studio, give(studio, asked) if asked else ask(studio), TakesNoGifts)


async def test_who_left_meanwhile_gets_none(studio):
    asked = await ask(studio)
    del studio.outside.roles[SERVER, SAM]

    await refused(studio, give(studio, asked), NotAMember)


async def test_gift_that_was_dropped_is_not_given_and_its_words_are_gone(studio):
    asked = await ask(studio, message="a secret")

    dropped = await studio.services.gifts.drop(studio.origin(), asked.id)

    assert dropped.status == "dropped"
    assert "a secret" not in str(await studio.rows())
    await refused(studio, give(studio, asked), AskOver)


async def test_gift_that_was_given_cannot_be_dropped(studio):
    gift = await given(studio, 30)

    assert (await studio.services.gifts.drop(studio.origin(), gift.id)).status == "given"
    assert await studio.funds() == (70, 0)


async def test_answer_after_a_quarter_of_an_hour_gives_nothing(studio):
    studio.clock.now = NOON
    asked = await ask(studio, message="a secret")

    studio.clock.now += timedelta(minutes=15, seconds=1)
    await refused(studio, give(studio, asked), AskOver)
    await ask(studio)

    assert "a secret" not in str(await studio.rows())


async def test_gift_of_somebody_else_or_elsewhere_is_not_ones_own(studio):
    asked = await ask(studio)

    for change in ({"user_id": SAM}, {"server_id": SERVER + 1}):
        dropping = studio.services.gifts.drop(studio.origin(**change), asked.id)
        await refused(studio, give(studio, asked, **change), AskOver)
        await refused(studio, dropping, AskOver)


async def test_number_that_is_no_gift_is_refused(studio):
    for gift_id in (0, 2**63, 10**19 - 1):
        await refused(studio, studio.services.gifts.give(studio.origin(), gift_id), AskOver)


async def test_restart_between_question_and_answer_changes_nothing(studio):
    asked = await ask(studio)
    studio.restart()

    await give(studio, asked)

    async with studio.db.read() as conn:
        assert await conn.scalar(sa.select(gifts.c.status)) == "given"
    assert await studio.funds(SAM) == (130, 0)


async def test_words_of_a_gift_that_was_never_given_are_forgotten(studio):
    await ask(studio, message="a secret")
    gift = await ask(studio, message="no secret")
    await give(studio, gift)
    studio.clock.ahead = STANDS_FOR + timedelta(minutes=1)

    await studio.services.retention.sweep()

    async with studio.db.read() as conn:
        assert list(await conn.scalars(sa.select(gifts.c.message))) == ["no secret"]
