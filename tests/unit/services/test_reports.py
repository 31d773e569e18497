"""Reports and appeals: one card for a picture, one decision for a case, one outcome for each."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.db.tables import reports, sanctions, staff_actions
from bot.errors import (
    AlreadyAppealed,
    AlreadyReported,
    CaseClosed,
    NoSuchPicture,
    NotPermitted,
    NotSanctioned,
    UnknownCase,
    UnknownJob,
    Untouchable,
    UserError,
)
from bot.services import (
    AppealCard,
    AppealOutcome,
    Complaint,
    Decision,
    NotNow,
    Penalty,
    ReportCard,
    ReportOutcome,
    SanctionNotice,
)
from tests.unit.services.presses import pick, refused
from tests.unit.services.studio import MIA, SAM, SERVER

LOG = 77
MAX = 13


async def set_log(studio, **settings):
    async with studio.db.write() as conn:
        await studio.services.servers.write(conn, SERVER, {"mod_log_channel": LOG, **settings})
    await studio.services.servers.refresh()


def staff(studio, **changes):
    return studio.origin(**{"user_id": MAX, "is_staff": True, **changes})


def complain(studio, job_id, number=1, *, user_id=SAM, **changes):
    complaint = Complaint(job_id, number, "violence", "look at **it**")
    return studio.services.reports.file(studio.origin(user_id=user_id, **changes), complaint)


def decide(studio, report_id, action="dismiss", **decision):
    chosen = Decision(action, **decision)
    return studio.services.reports.decide(staff(studio), report_id, chosen)


def cards(studio, kind=ReportCard):
    return [post for post in studio.outside.posted.values() if isinstance(post, kind)]


def told(studio, kind):
    return [(user_id, post) for user_id, post in studio.outside.told if isinstance(post, kind)]


async def counted(studio, table, *conditions):
    async with studio.db.read() as conn:
        return await conn.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions))


async def test_reports_of_one_picture_are_one_card(studio):
    await set_log(studio)
    job = await studio.finished()
    alone = await studio.render((await pick(studio, job.id, 2)).view.id)

    await complain(studio, job.id, 2)
    await studio.services.errands.run_all()
    await complain(studio, alone.id, 1, user_id=14)
    await complain(studio, job.id, 3)
    await studio.services.errands.run_all()

    second, third = cards(studio)
    assert [line.reporter_id for line in second.lines] == [SAM, 14]
    assert (second.view.id, second.number, third.number) == (job.id, 2, 3)
    assert second.picture is not None
    assert second.record.jobs == 1
    assert second.record.reports == 3


async def test_one_person_reports_a_picture_once(studio):
    job = await studio.finished()
    await complain(studio, job.id, 1)

    await refused(studio, complain(studio, job.id, 1), AlreadyReported)


@pytest.mark.parametrize("changes", [{"server_id": 999}, {"user_id": SAM}])
async def test_what_one_cannot_see_cannot_be_reported(studio, changes):
    job = await studio.finished(origin=studio.origin(is_private=True))

    await refused(studio, complain(studio, job.id, **changes), UnknownJob)
    await refused(studio, complain(studio, job.id, 9, user_id=MIA), NoSuchPicture)


async def test_without_a_mod_log_a_report_waits_in_the_queue(studio):
    job = await studio.finished()
    report_id = await complain(studio, job.id)
    assert await studio.services.errands.run_all()

    page = await studio.services.docket.page(staff(studio))
    with pytest.raises(NotPermitted):
        await studio.services.docket.page(studio.origin())

    assert studio.outside.posted == {}
    assert [card.id for card in page.cards] == [report_id]


async def test_ten_who_decide_at_once_do_it_once(studio):
    await set_log(studio)
    job = await studio.finished()
    report_id = await complain(studio, job.id)
    await complain(studio, job.id, user_id=14)
    await studio.services.errands.run_all()

    presses = [decide(studio, report_id, "warn", reason="no gore") for _ in range(10)]
    outcomes = await asyncio.gather(*presses, return_exceptions=True)
    await studio.services.errands.run_all()

    refusals = [one for one in outcomes if isinstance(one, UserError)]
    assert [type(one) for one in refusals] == [CaseClosed] * 9
    assert refusals[0].staff_id == MAX
    assert await counted(studio, sanctions) == 1
    assert await counted(studio, staff_actions) == 1
    assert {row[0] for row in told(studio, ReportOutcome)} == {SAM, 14}
    assert [row[0] for row in told(studio, SanctionNotice)] == [MIA]
    (card,) = cards(studio)
    assert (card.status, card.decided_by) == ("warned", MAX)
    assert await counted(studio, reports, reports.c.status == "warned") == 2


async def test_stranger_and_other_servers_decide_nothing(studio):
    job = await studio.finished()
    report_id = await complain(studio, job.id)
    services = studio.services.reports
    dismiss = Decision("dismiss")

    await refused(studio, services.decide(studio.origin(), report_id, dismiss), NotPermitted)
    elsewhere = staff(studio, server_id=999)
    await refused(studio, services.decide(elsewhere, report_id, dismiss), UnknownCase)
    await refused(studio, decide(studio, 4711), UnknownCase)


async def test_staff_who_made_it_themselves_cannot_be_warned_for_it(studio):
    job = await studio.finished(origin=studio.origin(user_id=MAX))
    report_id = await complain(studio, job.id)

    await refused(studio, decide(studio, report_id, "warn", reason="no"), Untouchable)


async def test_card_shows_the_outcome_after_discord_was_away_and_a_restart(studio):
    await set_log(studio)
    job = await studio.finished()
    report_id = await complain(studio, job.id)
    await studio.services.errands.run_all()
    await decide(studio, report_id, "remove")
    studio.outside.script.will("edit", NotNow("away"))

    assert not await studio.services.errands.run_all()
    studio.restart()
    await studio.services.servers.start()
    assert await studio.services.errands.run_all()

    (card,) = cards(studio)
    assert card.status == "removed"
    assert card.picture is None
    assert len(told(studio, ReportOutcome)) == 1
    await refused(studio, complain(studio, job.id, user_id=14), NoSuchPicture)


async def test_reported_again_after_a_decision_is_a_new_case(studio):
    await set_log(studio)
    job = await studio.finished()
    first = await complain(studio, job.id)
    await studio.services.errands.run_all()
    await decide(studio, first)
    second = await complain(studio, job.id, user_id=14)
    await studio.services.errands.run_all()

    assert [(card.id, card.status) for card in cards(studio)] == [
        (first, "dismissed"),
        (second, "open"),
    ]


async def test_appeal_is_heard_once_and_lifts_what_it_is_against(studio):
    await set_log(studio)
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
    assert [card.status for card in cards(studio, AppealCard)] == ["granted"]
    assert [row[0] for row in told(studio, AppealOutcome)] == [MIA]
    assert (await studio.imagine()).is_new


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
