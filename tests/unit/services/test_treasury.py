"""The treasury's figures, and the audit of all that moved credits."""

import csv
import io
from datetime import timedelta

import pytest

from bot.errors import NotPermitted
from bot.services import Audited
from bot.services.days import next_month
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER


@pytest.fixture
def studio(studio):
    studio.outside.roles[SERVER, SAM] = frozenset()
    return studio


def staff(studio, **changes):
    return studio.origin(**{"is_staff": True, **changes})


async def change(studio, delta, reason="contest"):
    return await studio.services.staff_credits.change(
        staff(studio), target_id=SAM, delta=delta, reason=reason
    )


async def test_treasury_tells_what_flows_and_how_long_it_lasts(studio):
    await change(studio, 500)
    await change(studio, -100)
    await studio.finished(count=4, origin=studio.origin(user_id=SAM))
    await studio.accepted(count=2, origin=studio.origin(user_id=SAM))

    sheet = await studio.services.treasury.look(staff(studio))

    # A newcomer's first credits beside what the moderator gave and took.
    assert (sheet.given, sheet.captured, sheet.held) == (500, 12, 6)
    assert sheet.balance == 20_000 - 500 + 12
    assert sheet.a_day == round((500 - 12) / 7)
    assert sheet.lasts_days == sheet.balance // sheet.a_day
    assert (sheet.filled_with, sheet.filled_at) == (20_000, next_month(studio.clock()))
    assert sheet.stipends_a_month == 0


async def test_treasury_that_nobody_draws_from_lasts(studio):
    await studio.services.treasury.look(staff(studio))
    studio.clock.ahead = timedelta(days=8)

    sheet = await studio.services.treasury.look(staff(studio))

    assert (sheet.a_day, sheet.lasts_days) == (0, None)


async def test_audit_of_a_person_shows_deeds_and_entries_newest_first(studio):
    await change(studio, 50)
    await studio.finished(count=1, origin=studio.origin(user_id=SAM))

    page = await studio.services.credits_audit.page(staff(studio), Audited(SAM))

    shown = [(line.source, line.what.split(" for ")[0], line.change) for line in page.lines]
    assert shown == [
        ("ledger", "capture", 0),
        ("ledger", "hold", -3),
        ("staff", "credits add", None),
        ("ledger", "adjust", 50),
        ("ledger", "grant", 100),
    ]
    assert [line.whom for line in page.lines] == [SAM] * 5
    assert not page.has_older


async def test_audit_of_the_server_leaves_jobs_out(studio):
    await change(studio, 50)
    await studio.finished(count=1, origin=studio.origin(user_id=SAM))

    page = await studio.services.credits_audit.page(staff(studio), Audited())

    assert {line.what for line in page.lines} == {"credits add", "adjust", "grant"}


async def test_audit_is_turned_page_by_page_and_looks_back_only_so_far(studio):
    audit = studio.services.credits_audit
    for number in range(8):
        await change(studio, 5, reason=f"no. {number}")

    pages = [await audit.page(staff(studio), Audited(SAM), number) for number in range(3)]
    studio.clock.ahead = timedelta(days=3)
    late = await audit.page(staff(studio), Audited(SAM, days=2))

    lines = [line for page in pages for line in page.lines]
    assert [len(page.lines) for page in pages] == [10, 7, 0]
    assert [page.has_older for page in pages] == [True, False, False]
    assert len({(line.source, line.id) for line in lines}) == 17
    assert late.lines == ()


async def test_table_holds_everything_and_no_formula(studio):
    await change(studio, 50, reason="=cmd()")

    data = await studio.services.credits_audit.file(staff(studio), Audited(SAM))

    rows = list(csv.DictReader(io.StringIO(data.decode())))
    [deed] = [row for row in rows if row["source"] == "staff"]
    assert len(rows) == 3
    assert (deed["what"], deed["before"], deed["after"]) == ("credits add", "100", "150")
    assert deed["reason"] == "'=cmd()"
    assert {row["change"] for row in rows} == {"", "50", "100"}


async def test_nobody_but_staff_looks(studio):
    origin = studio.origin()
    await refused(studio, studio.services.treasury.look(origin), NotPermitted)
    await refused(studio, studio.services.credits_audit.page(origin, Audited(MIA)), NotPermitted)
    await refused(studio, studio.services.credits_audit.file(origin, Audited(MIA)), NotPermitted)
