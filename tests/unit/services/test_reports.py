"""Reports: one card for a picture, one decision for a case, one outcome for each."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.db.tables import reports, sanctions, staff_actions
from bot.errors import (
    AlreadyReported,
    CaseClosed,
    NoSuchPicture,
    NotPermitted,
    TooManyReports,
    UnknownCase,
    UnknownJob,
    Untouchable,
    UserError,
)
from bot.services import (
    AppealCard,
    Complaint,
    Decision,
    NotNow,
    Penalty,
    Place,
    Rank,
    ReportCard,
    ReportOutcome,
    SanctionNotice,
    Takeaway,
)
from bot.services.reports import MOST_REPORTS
from tests.unit.services.presses import pick, press, refused
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


def cards(studio):
    return [post for post in studio.outside.posted.values() if isinstance(post, ReportCard)]


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


@pytest.mark.parametrize("action", ["dismiss", "remove", "warn"])
async def test_nobody_decides_about_what_they_made_themselves(studio, action):
    job = await studio.finished(origin=studio.origin(user_id=MAX))
    report_id = await complain(studio, job.id)

    await refused(studio, decide(studio, report_id, action, reason="no"), Untouchable)
    opening = studio.services.reports.check_open(staff(studio), report_id)
    await refused(studio, opening, Untouchable)


@pytest.mark.parametrize("action", ["dismiss", "ban"])
async def test_moderators_do_not_decide_about_each_other(studio, action):
    studio.outside.ranks[SERVER, 14] = Rank.MODERATOR
    job = await studio.finished(origin=studio.origin(user_id=14))
    report_id = await complain(studio, job.id)

    await refused(studio, decide(studio, report_id, action), Untouchable)


@pytest.mark.parametrize("number", [1, 2])
async def test_what_its_maker_deleted_is_removed_all_the_same(studio, number):
    job = await studio.finished(count=2)
    await studio.render((await press(studio, job.id, "up_subtle", 2, user_id=SAM)).view.id)
    alone = await studio.render((await pick(studio, job.id, 1, user_id=SAM)).view.id)
    report_id = await complain(studio, job.id, number)
    await studio.services.privacy.forget(studio.origin())

    await decide(studio, report_id, "remove")
    await studio.services.errands.run_all()

    assert (await studio.job(job.id)).is_removed
    gone = {Place(one.channel_id, one.message_id) for one in (job, alone)}
    assert gone <= set(studio.outside.removed)


async def test_picture_that_went_before_takes_no_other_with_it(studio):
    job = await studio.finished(count=2, origin=studio.origin(user_id=MAX))
    report_id = await complain(studio, job.id, 1)
    await studio.services.removal.remove(staff(studio), Takeaway(job.id, 1))
    origin = staff(studio, user_id=15, is_admin=True)

    await studio.services.reports.decide(origin, report_id, Decision("remove"))

    view = await studio.services.work.find_shown(studio.origin(user_id=MAX), job.id)
    assert [picture.number for picture in view.pictures] == [2]


async def test_removal_closes_the_reports_of_what_went_and_tells_who_reported(studio):
    await set_log(studio)
    job = await studio.finished(count=2)
    for number, reporter in ((1, SAM), (1, 14), (2, 14)):
        await complain(studio, job.id, number, user_id=reporter)
    await studio.services.errands.run_all()

    await studio.services.removal.remove(staff(studio), Takeaway(job.id, 1))
    await studio.services.errands.run_all()

    assert [(card.number, card.status) for card in cards(studio)] == [(1, "removed"), (2, "open")]
    outcomes = [(user_id, one.status) for user_id, one in told(studio, ReportOutcome)]
    assert outcomes == [(SAM, "removed"), (14, "removed")]


async def test_who_removes_their_own_picture_does_not_close_the_case(studio):
    job = await studio.finished(origin=studio.origin(user_id=MAX))
    await complain(studio, job.id)

    await studio.services.removal.remove(staff(studio), Takeaway(job.id))

    assert (await studio.services.docket.page(staff(studio))).count == 1


async def test_card_that_was_deleted_is_not_missed_without_a_mod_log(studio):
    await set_log(studio)
    job = await studio.finished()
    await complain(studio, job.id)
    await studio.services.errands.run_all()
    await set_log(studio, mod_log_channel=None)
    studio.outside.closed.add(LOG)

    await complain(studio, job.id, user_id=14)

    assert await studio.services.errands.run_all()


async def test_one_person_has_so_many_reports_open_and_no_more(studio):
    job = await studio.finished(count=4)
    async with studio.db.write() as conn:
        mine = {"server_id": SERVER, "job_id": job.id, "reporter_id": SAM, "status": "open"}
        said = {"reason": "spam", "note": "", "created_at": studio.clock()}
        rows = [{**mine, **said, "number": number} for number in range(10, 9 + MOST_REPORTS)]
        await conn.execute(reports.insert(), rows)

    last = await complain(studio, job.id, 1)
    await refused(studio, complain(studio, job.id, 2), TooManyReports)
    await complain(studio, job.id, 2, user_id=14)
    await decide(studio, last)

    await complain(studio, job.id, 3)
    studio.clock.ahead = timedelta(days=1, minutes=1)
    await complain(studio, job.id, 4)


async def test_queue_looks_at_what_it_shows_and_nothing_else(studio):
    job = await studio.finished(count=4)
    done = await studio.services.moderation.punish(staff(studio), Penalty("ban", MIA, "enough"))
    for number in (1, 2):
        await complain(studio, job.id, number)
    await studio.services.appeals.file(MIA, done.sanction.id, "sorry")
    asked = await queries(studio, studio.services.docket.page(staff(studio)))

    for number, reporter in ((1, 14), (3, SAM), (4, SAM)):
        await complain(studio, job.id, number, user_id=reporter)
    again = await queries(studio, studio.services.docket.page(staff(studio)))
    page = await studio.services.docket.page(staff(studio))
    last = await studio.services.docket.page(staff(studio), 9)

    assert again == asked
    assert (page.count, page.pages, last.page) == (5, 2, 1)
    assert [one.number for one in page.cards[:2]] == [1, 2]
    assert isinstance(page.cards[2], AppealCard)
    assert [one.number for one in last.cards] == [3, 4]


async def queries(studio, asking) -> int:
    """Count the statements that something sends to the database."""
    seen = []
    engine = studio.db._engine.sync_engine

    def count(*_args):
        seen.append(1)

    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        await asking
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)
    return len(seen)


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
