"""Appeals: heard once, by staff who stand above the person, and answered with words."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import (
    AlreadyAppealed,
    CaseClosed,
    NotPermitted,
    NotSanctioned,
    UnknownCase,
    Untouchable,
)
from bot.services import AppealCard, AppealOutcome, Penalty, Rank, SanctionNotice
from tests.unit.services.decided import decide
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER

LOG = 77
MAX = 13


def staff(studio, **changes):
    return studio.origin(**{"user_id": MAX, "is_staff": True, **changes})


def cards(studio):
    return [post for post in studio.outside.posted.values() if isinstance(post, AppealCard)]


def told(studio, kind):
    return [(user_id, post) for user_id, post in studio.outside.told if isinstance(post, kind)]


async def test_appeal_is_heard_once_and_lifts_what_it_is_against(studio):
    await decide(studio, mod_log_channel=LOG)
    length = timedelta(days=1)
    penalty = Penalty("suspend", MIA, "calm down", duration=length)
    done = await studio.services.moderation.punish(staff(studio), penalty)
    appeals, sanction_id = studio.services.appeals, done.sanction.id

    with pytest.raises(NotSanctioned):
        await appeals.file(SAM, sanction_id, "not mine")
    outcomes = await asyncio.gather(
        *(appeals.file(MIA, sanction_id, "sorry") for _ in range(10)), return_exceptions=True
    )
    await studio.services.errands.run_all()
    page = await studio.services.docket.page(staff(studio))
    decisions = await asyncio.gather(
        *(appeals.decide(staff(studio), sanction_id, is_granted=True) for _ in range(10)),
        return_exceptions=True,
    )
    await studio.services.errands.run_all()

    assert outcomes.count(None) == decisions.count(None) == 1
    assert {type(one) for one in outcomes if one} == {AlreadyAppealed}
    assert {type(one) for one in decisions if one} == {CaseClosed}
    assert [card.words for card in page.cards] == ["sorry"]
    assert [card.status for card in cards(studio)] == ["granted"]
    assert [row[0] for row in told(studio, AppealOutcome)] == [MIA]
    assert (await studio.imagine()).is_new


async def test_nobody_hears_their_own_appeal_nor_moderators_each_others(studio):
    studio.outside.ranks |= dict.fromkeys([(SERVER, MAX), (SERVER, 14)], Rank.MODERATOR)
    administrator = staff(studio, user_id=15, is_admin=True)
    penalty = Penalty("ban", MAX, "enough")
    done = await studio.services.moderation.punish(administrator, penalty)
    appeals, sanction_id = studio.services.appeals, done.sanction.id
    await appeals.file(MAX, sanction_id, "sorry")

    for person in (MAX, 14):
        origin = staff(studio, user_id=person)
        deciding = appeals.decide(origin, sanction_id, is_granted=True)
        await refused(studio, deciding, Untouchable)
        await refused(studio, appeals.check_open(origin, sanction_id), Untouchable)
    await appeals.decide(administrator, sanction_id, is_granted=True, outcome="be kind")
    await studio.services.errands.run_all()

    assert [row[1].card.outcome for row in told(studio, AppealOutcome)] == ["be kind"]
    assert not (await studio.services.moderation.standing(SERVER, MAX)).is_banned


async def test_lifted_sanction_leaves_no_appeal_open(studio):
    await decide(studio, mod_log_channel=LOG)
    done = await studio.services.moderation.punish(staff(studio), Penalty("ban", MIA, "enough"))
    await studio.services.appeals.file(MIA, done.sanction.id, "sorry")
    await studio.services.errands.run_all()

    await studio.services.moderation.lift(staff(studio), MIA, "talked")
    await studio.services.errands.run_all()

    assert (await studio.services.docket.page(staff(studio))).count == 0
    (card,) = cards(studio)
    assert (card.status, card.outcome, card.decided_by) == ("granted", "talked", MAX)
    assert [one.is_lifted for _, one in told(studio, SanctionNotice)] == [False, True]
    assert told(studio, AppealOutcome) == []


async def test_denied_appeal_changes_nothing_and_says_why(studio):
    penalty = Penalty("ban", MIA, "enough")
    done = await studio.services.moderation.punish(staff(studio), penalty)
    appeals, sanction_id = studio.services.appeals, done.sanction.id
    await appeals.file(MIA, sanction_id, "sorry")

    with pytest.raises(NotPermitted):
        await appeals.decide(studio.origin(), sanction_id, is_granted=True)
    with pytest.raises(UnknownCase):
        await appeals.decide(staff(studio, server_id=999), sanction_id, is_granted=True)
    await appeals.decide(staff(studio), sanction_id, is_granted=False, outcome="no")
    await studio.services.errands.run_all()

    assert (await studio.services.moderation.standing(SERVER, MIA)).is_banned
    assert [row[1].card.outcome for row in told(studio, AppealOutcome)] == ["no"]
    with pytest.raises(AlreadyAppealed):
        await appeals.file(MIA, sanction_id, "once more")
