"""Who may spend: allowed servers, the month's funds, the first credits."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.errors import ServerNotAllowed
from bot.policy import ServerSettings
from tests.unit.services.decided import decide
from tests.unit.services.studio import MIA, SAM, SERVER

OTHER = SERVER + 1
SIGN_UP_CREDITS = ServerSettings().sign_up_credits


async def admit(studio, *, server_id=SERVER, user_id=MIA):
    async with studio.db.write() as conn:
        return await studio.services.accounts.admit(conn, server_id=server_id, user_id=user_id)


async def is_allowed(studio, server_id):
    async with studio.db.read() as conn:
        try:
            await studio.services.accounts.check_allowed(conn, server_id)
        except ServerNotAllowed:
            return False
        return True


async def test_newcomer_gets_the_first_credits_once(studio):
    first = await admit(studio)
    second = await admit(studio)

    assert first == second
    assert await studio.funds() == (SIGN_UP_CREDITS, 0)


async def test_first_credits_are_as_many_as_the_server_says(studio):
    await decide(studio, sign_up_credits=7)
    await admit(studio)
    await decide(studio, sign_up_credits=0)
    await admit(studio, user_id=SAM)

    assert (await studio.funds(), await studio.funds(SAM)) == ((7, 0), (0, 0))


async def test_newcomers_who_come_ten_times_at_once_are_welcomed_once(studio):
    accounts = await asyncio.gather(*(admit(studio) for _ in range(10)))

    assert len(set(accounts)) == 1
    assert await studio.funds() == (SIGN_UP_CREDITS, 0)
    assert await studio.treasury() == 20_000 - SIGN_UP_CREDITS


async def test_treasury_is_filled_once_a_month(studio):
    studio.clock.now = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    await admit(studio)
    await admit(studio, user_id=SAM)
    in_january = await studio.treasury()

    studio.clock.now = datetime(2026, 2, 1, tzinfo=UTC)
    await admit(studio)
    await admit(studio)
    in_february = await studio.treasury()

    assert in_january == 20_000 - 2 * SIGN_UP_CREDITS
    assert in_february == in_january + 20_000


async def test_servers_share_the_budget(make_studio):
    studio = make_studio(allowed_servers=frozenset({SERVER, OTHER, OTHER + 1}))

    await admit(studio)

    assert await studio.treasury() == 20_000 // 3 - SIGN_UP_CREDITS


async def test_account_in_another_server_is_another_account(make_studio):
    studio = make_studio(allowed_servers=frozenset({SERVER, OTHER}))

    assert await admit(studio) != await admit(studio, server_id=OTHER)


async def test_empty_treasury_keeps_nobody_out(make_studio):
    studio = make_studio(monthly_budget_usd=0)

    await admit(studio)

    assert await studio.funds() == (0, 0)


async def test_first_credits_come_later_when_the_treasury_was_empty(make_studio):
    await admit(make_studio(monthly_budget_usd=0))
    studio = make_studio(monthly_budget_usd=20)

    await admit(studio)

    assert await studio.funds() == (SIGN_UP_CREDITS, 0)


async def test_rolled_back_visit_is_welcomed_at_the_next(studio):
    async def visit_and_break():
        async with studio.db.write() as conn:
            await studio.services.accounts.admit(conn, server_id=SERVER, user_id=MIA)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await visit_and_break()

    for _ in range(3):
        await admit(studio)

    assert await studio.funds() == (SIGN_UP_CREDITS, 0)


async def test_servers_of_the_very_first_start_are_allowed_and_later_ones_wait(make_studio):
    studio = make_studio(allowed_servers=frozenset())

    await studio.services.accounts.remember_servers([1, 2])
    await studio.services.accounts.remember_servers([2, 3])

    assert [await is_allowed(studio, server_id) for server_id in (1, 2, 3, 4)] == [
        True,
        True,
        False,
        False,
    ]


async def test_first_start_in_no_server_allows_nobody_who_comes_later(make_studio):
    studio = make_studio(allowed_servers=frozenset())

    await studio.services.accounts.remember_servers([])
    await studio.services.accounts.remember_servers([1])

    assert not await is_allowed(studio, 1)


async def test_processes_that_start_at_once_allow_the_same_servers(make_studio):
    studio = make_studio(allowed_servers=frozenset())
    remember = studio.services.accounts.remember_servers

    await asyncio.gather(*(remember([1, 2]) for _ in range(5)))

    assert [await is_allowed(studio, server_id) for server_id in (1, 2)] == [True, True]


async def test_first_credits_are_those_of_the_first_visit(studio):
    await decide(studio, sign_up_credits=0)
    await admit(studio)
    await decide(studio, sign_up_credits=1000)
    studio.restart()
    await studio.services.servers.refresh()

    await admit(studio)
    await admit(studio, user_id=SAM)

    assert (await studio.funds(), await studio.funds(SAM)) == ((0, 0), (1000, 0))


async def test_list_of_the_settings_wins(make_studio):
    studio = make_studio(allowed_servers=frozenset({3}))

    await studio.services.accounts.remember_servers([1, 2])

    assert [await is_allowed(studio, server_id) for server_id in (1, 2, 3)] == [False, False, True]


async def test_server_that_is_not_allowed_gets_no_account(studio):
    before = await studio.rows()

    async with studio.db.write() as conn:
        with pytest.raises(ServerNotAllowed):
            await studio.services.accounts.admit(conn, server_id=OTHER, user_id=MIA)

    assert await studio.rows() == before
