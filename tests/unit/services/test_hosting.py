"""Which servers are served, and what the host puts into their treasuries."""

import asyncio

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db.tables import ledger_entries, staff_actions
from bot.errors import BadAmount, ServerNotAllowed, ServersFixed, UnknownServer
from tests.unit.services.presses import refused, request
from tests.unit.services.studio import SERVER

OTHER, NEW, NOWHERE = SERVER + 1, SERVER + 2, SERVER + 3


@pytest.fixture
async def open_studio(make_studio):
    """A studio whose settings name no servers: two of the first start, and one that came later."""
    studio = make_studio(allowed_servers=frozenset())
    await studio.services.accounts.remember_servers([SERVER, OTHER])
    await studio.services.accounts.remember_servers([SERVER, OTHER, NEW])
    return studio


async def states(studio):
    return {one.server_id: one.state for one in await studio.services.hosting.servers()}


async def deeds(studio):
    async with studio.db.read() as conn:
        rows = await conn.execute(sa.select(staff_actions).order_by(staff_actions.c.id))
        return [(row.action, row.before, row.after, row.reason) for row in rows]


def set_allowed(studio, server_id, *, is_allowed):
    return studio.services.hosting.set_allowed(studio.origin(), server_id, is_allowed=is_allowed)


async def test_servers_of_the_first_start_are_served(open_studio):
    assert await states(open_studio) == {SERVER: "allowed", OTHER: "allowed", NEW: "denied"}


async def test_denied_server_is_refused_at_once_and_finishes_what_runs(open_studio):
    job_id = await open_studio.accepted(count=1)

    sheet = await set_allowed(open_studio, SERVER, is_allowed=False)
    await refused(open_studio, request(open_studio), ServerNotAllowed)
    job = await open_studio.render(job_id)
    await set_allowed(open_studio, SERVER, is_allowed=True)
    await set_allowed(open_studio, SERVER, is_allowed=True)

    assert sheet.state == "denied"
    assert job.status == "done"
    assert (await request(open_studio)).is_new
    assert await deeds(open_studio) == [
        ("server", "allowed", "denied", str(SERVER)),
        ("server", "denied", "allowed", str(SERVER)),
    ]


async def test_settings_win_and_say_so(studio):
    await studio.services.accounts.remember_servers([SERVER, OTHER])

    assert await states(studio) == {SERVER: "allowed", OTHER: "denied"}
    assert studio.services.hosting.is_fixed
    await refused(studio, set_allowed(studio, OTHER, is_allowed=True), ServersFixed)


async def test_server_the_bot_never_saw_is_refused(open_studio):
    hosting = open_studio.services.hosting

    allowing = set_allowed(open_studio, NOWHERE, is_allowed=True)
    await refused(open_studio, allowing, UnknownServer)
    granting = hosting.grant(open_studio.origin(), NOWHERE, 10)
    await refused(open_studio, granting, UnknownServer)


async def test_grant_fills_one_treasury_and_once_for_an_interaction(open_studio):
    origin, hosting = open_studio.origin(), open_studio.services.hosting

    await asyncio.gather(*(hosting.grant(origin, OTHER, 500) for _ in range(10)))
    sheet = await hosting.grant(open_studio.origin(), OTHER, 20)

    assert sheet.treasury == 520
    async with open_studio.db.read() as conn:
        assert await ledger.read_treasury(conn, OTHER) == 520
        assert await ledger.read_treasury(conn, SERVER) == 0
        assert await conn.scalar(sa.select(sa.func.count()).select_from(ledger_entries)) == 2
    assert await deeds(open_studio) == [
        ("server grant", "0", "500", str(OTHER)),
        ("server grant", "500", "520", str(OTHER)),
    ]


@pytest.mark.parametrize("amount", [0, -1, 10**30])
async def test_wrong_amount_is_refused(open_studio, amount):
    hosting = open_studio.services.hosting

    await refused(open_studio, hosting.grant(open_studio.origin(), OTHER, amount), BadAmount)


async def test_list_says_what_each_server_cost_the_dearest_first(open_studio):
    await set_allowed(open_studio, NEW, is_allowed=True)
    await open_studio.finished(count=1, origin=open_studio.origin(server_id=NEW))
    await open_studio.finished(count=2, origin=open_studio.origin(server_id=OTHER))

    sheets = await open_studio.services.hosting.servers()

    found = [(one.server_id, one.cost_usd_micros) for one in sheets]
    assert found == [(OTHER, 6000), (NEW, 3000), (SERVER, 0)]
    assert sheets[0].treasury == 20_000 // 3 - 100 + 6
