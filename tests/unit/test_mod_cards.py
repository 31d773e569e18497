"""Cards of moderation: the largest ones still fit into a message, and mention nobody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Banned, MustAcknowledge, Suspended, UnknownJob
from bot.jobs import Picture
from bot.sandbox.layout import texts as said
from bot.sandbox.layout import walk
from bot.services import (
    AppealCard,
    AppealOutcome,
    DocketPage,
    PictureFile,
    Record,
    RecordPage,
    ReportCard,
    ReportOutcome,
    Sanction,
    SanctionNotice,
    Standing,
)
from bot.services.complaints import REASONS as KEPT
from bot.services.complaints import STATUSES, Line
from cogs._buttons import LOOKS
from cogs._cards import result
from cogs._mod_buttons import answers_to
from cogs._mod_cards import queue_panel, record_panel
from cogs._mod_texts import REASONS
from cogs._posts import draw_post
from tests.pictures import png
from tests.unit.test_texts import VIEW

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG = "@everyone **x** " * 250
MOST_COMPONENTS, MOST_TEXT = 40, 4000
RECORD = Record(99_999, 9_999, 9_999, 9_999, 99, Standing(is_suspended=True, until=NOON))
SANCTION = Sanction(
    id=10**17,
    server_id=10**17,
    user_id=10**17,
    kind="suspend",
    points=9,
    reason=LONG[:600],
    staff_id=10**17,
    job_id=10**9,
    created_at=NOON,
    until=NOON + timedelta(days=365),
    lifted_at=NOON,
    lifted_by=10**17,
    acknowledged_at=None,
)
LINES = tuple(Line(10**17 + n, "real person", LONG[:500], NOON) for n in range(30))
FILE = PictureFile(number=1, name="job-1-1.png", data=png(8, 8, "teal"))
APPEAL = AppealCard(SANCTION, LONG[:1000], "denied", LONG[:600], NOON, 10**17, NOON)


def report(status="open", picture=None):
    view = replace(VIEW, prompt=LONG, negative_prompt=LONG)
    return ReportCard(7, view, 1, LINES, RECORD, status, 10**17, NOON, picture)


def largest():
    open_appeal = replace(APPEAL, status="open", decided_at=None)
    page = DocketPage((report(), report(), report()), 200, 1, 70)
    yield draw_post(report(picture=FILE))[0]
    yield draw_post(report("banned"))[0]
    yield draw_post(APPEAL)[0]
    yield draw_post(open_appeal)[0]
    yield draw_post(AppealOutcome(APPEAL))[0]
    yield draw_post(SanctionNotice(SANCTION))[0]
    yield queue_panel(page)
    yield queue_panel(replace(page, cards=(open_appeal,) * 3))
    yield record_panel(RecordPage(10**17, RECORD, (SANCTION,) * 6, 3, 9))


@pytest.mark.parametrize("layout", list(largest()))
def test_largest_card_fits_into_a_message_and_mentions_nobody(layout):
    components = layout.to_components()

    words = said(components)
    assert len(list(walk(components))) <= MOST_COMPONENTS
    assert len(words) <= MOST_TEXT
    assert "@everyone" not in words.replace("\\@", "")
    assert "**x**" not in words


ACTIONS = {name: 3 for name in LOOKS if name not in ("cancel", "info", "send", "delete", "report")}


@pytest.mark.parametrize("numbers", [(), (1,), (1, 2, 3, 4)])
def test_widest_result_fits_with_the_button_to_report_it(numbers):
    pictures = tuple(Picture(one, "0" * 64, "image/png", 8, 8, 9, 1, None) for one in numbers)
    answer = None if numbers else "a fox"
    view = replace(VIEW, failure=None, pictures=pictures, answer=answer, prices=ACTIONS)
    files = [PictureFile(number=one, name=f"job-1-{one}.png", data=FILE.data) for one in numbers]

    layout, _ = result(view, files)

    components = layout.to_components()
    ids = [part.get("custom_id") for part in walk(components)]
    assert f"v1:report:12:{1 if len(numbers) == 1 else 0}" in ids
    assert len(list(walk(components))) <= MOST_COMPONENTS


def test_picture_on_a_card_is_always_hidden_at_first():
    layout, files = draw_post(report(picture=FILE))

    items = [part["items"] for part in walk(layout.to_components()) if "items" in part]
    assert [item["spoiler"] for found in items for item in found] == [True]
    assert files[0].spoiler


@pytest.mark.parametrize("status", STATUSES.values())
def test_whoever_reported_is_told_every_outcome_without_a_name(status):
    words = said(draw_post(ReportOutcome(1, 2, status))[0].to_components())

    assert "job #2" in words
    assert "<@" not in words


@pytest.mark.parametrize(
    ("kind", "actions"),
    [
        (MustAcknowledge, ["ack", "appeal"]),
        (Suspended, ["appeal"]),
        (Banned, ["appeal"]),
    ],
)
def test_refusal_offers_what_can_be_done_about_it(kind, actions):
    error = kind(sanction_id=3, server_id=1, reason="", until=NOON)

    assert [one.custom_id for one in answers_to(error)] == [f"v1:mod:{one}:3" for one in actions]
    assert answers_to(UnknownJob(job_id="1")) == []


def test_every_reason_that_is_kept_can_be_chosen():

    assert tuple(REASONS) == KEPT
