"""Grants to a role: told how far they came, cut off anywhere, and never twice."""

import asyncio

import pytest
import sqlalchemy as sa

from bot.db.tables import notes, staff_actions
from bot.errors import BadAmount, NotPermitted, ServerNotAllowed
from bot.services import NotNow, Undeliverable
from tests.unit.services.decided import freeze
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER

ROLE = 500
OTHER = SERVER + 1
OTHERS = (21, 22, 23)
FIRST = 100


class Told(list):
    async def __call__(self, tally):
        self.append(tally)


def grant(studio, amount=20, *, origin=None, role_id=ROLE, told=None):
    return studio.services.role_grants.grant(
        origin or studio.origin(is_staff=True),
        role_id=role_id,
        amount=amount,
        reason="summer",
        progress=Told() if told is None else told,
    )


async def settle(studio, *people, with_role=True):
    for user_id in people:
        await studio.services.credits.balance(server_id=SERVER, user_id=user_id)
        studio.outside.roles[SERVER, user_id] = frozenset({ROLE} if with_role else ())


async def outcomes(studio):
    async with studio.db.read() as conn:
        found = await conn.execute(sa.select(staff_actions).order_by(staff_actions.c.id))
        written = [(one.action, one.staff_id, one.after) for one in found]
        assert list(await conn.scalars(sa.select(notes.c.name))) == []
    return written


async def test_everybody_with_the_role_gets_it_and_it_is_told(studio):
    await settle(studio, SAM, *OTHERS)
    await settle(studio, 24, with_role=False)
    await freeze(studio, OTHERS[0])
    told = Told()

    tally = await grant(studio, told=told)

    assert (tally.people, tally.credits, tally.unpaid) == (3, 60, (OTHERS[0],))
    assert [(one.asked, one.of) for one in told] == [(number, 5) for number in range(1, 6)]
    assert await studio.funds(SAM) == (FIRST + 20, 0)
    assert await studio.funds(24) == (FIRST, 0)
    assert await outcomes(studio) == [
        ("credits grant", MIA, "3 people, 60 credits, 1 could not be paid")
    ]


async def test_same_interaction_again_grants_nothing_more(studio):
    await settle(studio, SAM)
    origin = studio.origin(is_staff=True)

    await asyncio.gather(*(grant(studio, origin=origin) for _ in range(10)))
    again = await grant(studio, origin=origin)

    assert again.people == 0
    assert await studio.funds(SAM) == (FIRST + 20, 0)
    assert len(await outcomes(studio)) == 1


async def test_killed_in_the_middle_the_next_process_pays_the_rest(studio):
    await settle(studio, SAM, *OTHERS)
    script = studio.outside.script
    script.gate("roles").open()
    gate = script.gate("roles")
    granting = asyncio.create_task(grant(studio))
    await gate.reached()

    await studio.services.role_grants.stop()
    await asyncio.gather(granting, return_exceptions=True)
    assert await studio.funds(OTHERS[0]) == (FIRST, 0)
    studio.restart()
    assert await studio.services.upkeep.go()

    assert {await studio.funds(one) for one in (SAM, *OTHERS)} == {(FIRST + 20, 0)}
    assert await outcomes(studio) == [("credits grant", MIA, "4 people, 80 credits")]


async def test_silence_of_discord_is_told_and_made_up_for(studio):
    await settle(studio, SAM, *OTHERS)
    studio.outside.script.gate("roles").open()
    studio.outside.script.will("roles", NotNow("away"))

    tally = await grant(studio)
    assert (tally.people, tally.is_interrupted) == (1, True)
    assert await studio.services.upkeep.go()

    assert await outcomes(studio) == [("credits grant", MIA, "4 people, 80 credits")]


async def test_treasury_that_runs_empty_leaves_the_others_named(make_studio):
    studio = make_studio(monthly_budget_usd=0.345)
    await settle(studio, SAM, *OTHERS[:2])

    tally = await grant(studio)

    assert (tally.people, tally.unpaid) == (2, (OTHERS[1],))


async def test_moderators_grant_nothing_to_themselves_and_administrators_may(studio):
    await settle(studio, MIA, SAM)

    moderator = await grant(studio)
    administrator = await grant(
        studio, role_id=SERVER, origin=studio.origin(is_staff=True, is_admin=True)
    )

    assert (moderator.people, moderator.is_left_out) == (1, True)
    assert (administrator.people, administrator.is_left_out) == (2, False)


@pytest.mark.parametrize("trouble", [None, Undeliverable("403")], ids=["denied", "left"])
async def test_grant_that_cannot_go_on_keeps_no_other_one_waiting(make_studio, trouble):
    studio = make_studio(allowed_servers=frozenset({OTHER, SERVER}))
    for server_id in (OTHER, SERVER):
        await studio.services.credits.balance(server_id=server_id, user_id=SAM)
        studio.outside.script.will("roles", NotNow("away"))
        await grant(studio, origin=studio.origin(is_staff=True, server_id=server_id))
    later = studio if trouble else make_studio(allowed_servers=frozenset({SERVER}))
    later.outside.roles = {(one, SAM): frozenset({ROLE}) for one in (OTHER, SERVER)}
    if trouble:
        later.outside.script.will("roles", trouble)

    await later.services.role_grants.resume()

    assert await later.funds(SAM) == (FIRST + 20, 0)


@pytest.mark.parametrize("amount", [0, -5, int(1e30)])
async def test_amount_that_cannot_be_moved_is_refused(studio, amount):
    await refused(studio, grant(studio, amount), BadAmount)


async def test_nobody_but_staff_of_an_allowed_server_may(studio):
    await refused(studio, grant(studio, origin=studio.origin()), NotPermitted)
    elsewhere = studio.origin(is_staff=True, server_id=SERVER + 1)
    await refused(studio, grant(studio, origin=elsewhere), ServerNotAllowed)
