"""My work: what runs, what was made, one job again."""

import asyncio

import pytest

from bot.errors import JobStillRunning, NotYourJob, UnknownJob
from bot.services import NotNow, Undeliverable
from bot.services.work import RECENT
from tests.unit.services.studio import SAM, SERVER

LIMIT = 10_000_000


def overview(studio, **origin):
    return studio.services.work.overview(studio.origin(**origin))


def find_shown(studio, job_id, **origin):
    return studio.services.work.find_shown(studio.origin(**origin), job_id)


async def test_overview_is_what_runs_oldest_first_and_what_is_over_newest_first(studio):
    over = [(await studio.finished(count=1)).id for _ in range(2)]
    active = [await studio.accepted(count=1) for _ in range(2)]
    await studio.accepted(count=1, origin=studio.origin(user_id=SAM))

    seen = await overview(studio)

    assert [view.id for view in seen.active] == active
    assert [view.id for view in seen.recent] == over[::-1]


async def test_overview_of_somebody_who_made_nothing_is_empty(studio):
    seen = await overview(studio)

    assert (seen.active, seen.recent) == ([], [])


async def test_overview_keeps_to_the_latest(studio):
    made = [(await studio.finished(count=1, model="free")).id for _ in range(RECENT + 1)]

    seen = await overview(studio)

    assert [view.id for view in seen.recent] == made[:0:-1]


async def test_overview_of_a_stranger_is_empty_and_opens_no_account(studio):
    before = await studio.rows()

    seen = await overview(studio, server_id=SERVER + 1)

    assert (seen.active, seen.recent) == ([], [])
    assert await studio.rows() == before


async def test_finished_job_is_shown_again_with_its_pictures(studio):
    job = await studio.finished(count=2)

    view = await find_shown(studio, job.id)
    files = await studio.services.work.files_of(view, limit_bytes=LIMIT)

    assert (view.id, view.status, view.charged) == (job.id, "done", 6)
    assert files == list(studio.delivery.outcome(job.id).files)


async def test_pictures_that_are_not_kept_any_more_are_read_from_their_message(studio):
    job = await studio.finished(count=2)
    studio.lose_media()

    files = await studio.services.work.files_of(await find_shown(studio, job.id), limit_bytes=LIMIT)

    assert files == list(studio.delivery.outcome(job.id).files)


@pytest.mark.parametrize("error", [Undeliverable("deleted"), NotNow("no answer")])
async def test_pictures_that_are_nowhere_any_more_are_left_out(studio, error):
    job = await studio.finished(count=2)
    studio.lose_media()
    studio.delivery.script.will("reread", error, error)

    assert (
        await studio.services.work.files_of(await find_shown(studio, job.id), limit_bytes=LIMIT)
        == []
    )


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ({"user_id": SAM}, NotYourJob),
        ({"user_id": SAM, "is_staff": True}, NotYourJob),
        ({"server_id": SERVER + 1}, UnknownJob),
    ],
)
async def test_job_of_somebody_else_is_not_shown(studio, origin, expected):
    job = await studio.finished(count=1)
    before = await studio.rows()

    with pytest.raises(expected):
        await find_shown(studio, job.id, **origin)

    assert await studio.rows() == before


async def test_unknown_job_is_not_shown(studio):
    with pytest.raises(UnknownJob):
        await find_shown(studio, 404)


async def test_job_under_way_is_not_shown(studio):
    with pytest.raises(JobStillRunning):
        await find_shown(studio, await studio.accepted())


async def test_notes_are_kept_by_name_and_replaced(studio):
    notes = studio.services.notes
    await notes.write("commands:1", "abc")
    await notes.write("commands:2", "xyz")
    await notes.write("commands:1", "def")

    assert await notes.read("commands:1") == "def"
    assert await notes.read("commands:2") == "xyz"
    assert await notes.read("commands:3") is None


async def test_notes_written_at_once_leave_one(studio):
    notes = studio.services.notes

    await asyncio.gather(*(notes.write("name", str(value)) for value in range(10)))

    assert await notes.read("name") in {str(value) for value in range(10)}
