"""History: past work page by page, found by its words or by the marks on it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.db.tables import favourites, jobs
from bot.errors import JobForgotten, JobStillRunning, NoSuchPicture, UnknownJob
from bot.services import PER_PAGE, Looked, Turn
from tests.unit.services.presses import pick, refused
from tests.unit.services.studio import SAM, SERVER

EVERYTHING = Looked()
MARKED = Looked(is_favourite=True)


def page(studio, looked=EVERYTHING, turn=None, **origin):
    return studio.services.history.page(studio.origin(**origin), looked, turn)


async def ids(studio, looked=EVERYTHING, turn=None, **origin):
    found = await page(studio, looked, turn, **origin)
    return [line.id for line in found.lines]


def older(job_id):
    return Turn(job_id, is_newer=False)


def newer(job_id):
    return Turn(job_id, is_newer=True)


def toggle(studio, job_id, number=1, **origin):
    return studio.services.favourites.toggle(studio.origin(**origin), job_id, number)


async def copies(studio, job_id, count):
    """Write so many copies of a finished job, all of yesterday; return all ids, oldest first."""
    async with studio.db.write() as conn:
        row = (await conn.execute(sa.select(jobs).where(jobs.c.id == job_id))).mappings().one()
        made = [
            {**row, "id": job_id + number, "interaction_id": 10_000 + number, "delivered": 0}
            | {"price": 0, "status": "failed", "failure": "internal"}
            | {"created_at": row["created_at"] - timedelta(days=1)}
            for number in range(1, count)
        ]
        if made:
            await conn.execute(jobs.insert(), made)
    return [job_id, *(one["id"] for one in made)]


async def test_history_of_a_newcomer_is_empty_and_opens_no_account(studio):
    before = await studio.rows()

    found = await page(studio)

    assert (found.lines, found.has_newer, found.has_older) == ((), False, False)
    assert await studio.rows() == before


async def test_line_tells_what_was_made(studio):
    job = await studio.finished(count=2, prompt="a fox")

    (line,) = (await page(studio)).lines

    assert (line.id, line.prompt, line.model_title, line.pictures, line.charged) == (
        job.id,
        "a fox",
        "Fox",
        2,
        6,
    )
    assert (line.server_id, line.message_id, line.is_own) == (SERVER, job.message_id, True)


async def test_history_leaves_out_what_runs_what_was_picked_and_what_is_anothers(studio):
    job = await studio.finished(count=2)
    await studio.render((await pick(studio, job.id)).view.id)
    await studio.finished(count=1, origin=studio.origin(user_id=SAM))
    await studio.accepted(count=1)

    assert await ids(studio) == [job.id]


@pytest.mark.parametrize("count", [1, PER_PAGE, PER_PAGE + 1, 1000])
async def test_turning_every_page_shows_every_job_once(studio, count):
    everything = await copies(studio, (await studio.finished(count=1)).id, count)

    found = await page(studio)
    seen = [line.id for line in found.lines]
    assert not found.has_newer
    while found.has_older:
        found = await page(studio, turn=older(found.lines[-1].id))
        seen += [line.id for line in found.lines]
        assert len(seen) <= count

    assert seen == everything[::-1]


async def test_turning_back_shows_the_same_pages(studio):
    everything = await copies(studio, (await studio.finished(count=1)).id, 3 * PER_PAGE)
    second = everything[::-1][PER_PAGE : 2 * PER_PAGE]

    back = await page(studio, turn=newer(second[-1] - 1))
    first = await page(studio, turn=newer(second[0]))
    filled_up = await page(studio, turn=newer(everything[-2]))

    assert [line.id for line in back.lines] == second
    assert (back.has_newer, back.has_older) == (True, True)
    assert [line.id for line in first.lines] == everything[::-1][:PER_PAGE]
    assert not first.has_newer
    assert filled_up == first


async def test_what_came_or_went_meanwhile_shifts_no_page(studio):
    everything = await copies(studio, (await studio.finished(count=1)).id, 3 * PER_PAGE)
    edge = everything[-PER_PAGE]
    expected = await ids(studio, turn=older(edge))
    async with studio.db.write() as conn:
        await conn.execute(jobs.delete().where(jobs.c.id == edge))
    await studio.finished(count=1, model="free")

    assert await ids(studio, turn=older(edge)) == expected


@pytest.mark.parametrize("turn", [older(1), newer(10_000)])
async def test_turn_to_where_nothing_is_any_more_shows_the_newest(studio, turn):
    job = await studio.finished(count=1)

    assert await ids(studio, turn=turn) == [job.id]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FUCHS", 1),
        ("überm", 1),
        ("ÜBERM", 1),
        ("%", 1),
        ("100%", 1),
        ("_", 0),
        ("wolf", 0),
        ("STRASSE", 1),
    ],
)
async def test_words_are_found_anywhere_in_any_case(studio, text, expected):
    await studio.finished(count=1, prompt="Der Fuchs überm Schnee der Straße")
    await studio.finished(count=1, prompt="100% hare")

    assert len(await ids(studio, Looked(text))) == expected


async def test_words_are_found_past_everything_else(studio):
    first = await studio.finished(count=1, prompt="a rare hare")
    fox = await studio.finished(count=1)
    await copies(studio, fox.id, 3 * PER_PAGE)

    found = await page(studio, Looked("hare"))

    assert [line.id for line in found.lines] == [first.id]
    assert (found.has_newer, found.has_older) == (False, False)


async def test_model_that_is_gone_is_named_all_the_same(studio):
    await studio.finished(count=1)
    studio.resources.catalog._by_name.pop("fox")

    (line,) = (await page(studio)).lines

    assert line.model_title == "fox"


# Favourites.


async def test_mark_comes_and_goes(studio):
    job = await studio.finished(count=2)

    seen = [await toggle(studio, job.id), await studio.services.favourites.count_of(job.id)]
    seen += [await toggle(studio, job.id), await studio.services.favourites.count_of(job.id)]

    assert seen == [True, 1, False, 0]


async def test_marks_of_everybody_are_counted_and_ones_own_are_found(studio):
    job, other = await studio.finished(count=2), await studio.finished(count=1)
    for number, user_id in ((1, SAM), (2, SAM), (1, 11)):
        assert await toggle(studio, job.id, number, user_id=user_id)

    (line,) = (await page(studio, MARKED, user_id=SAM)).lines

    assert (line.id, line.marks, line.is_own) == (job.id, 3, False)
    assert await studio.services.favourites.count_of(job.id) == 3
    assert await studio.services.favourites.count_of(other.id) == 0
    assert await studio.services.favourites.count_of(404) == 0
    assert await ids(studio, MARKED) == [job.id]


async def test_marking_a_picture_brought_alone_marks_the_picture(studio):
    job = await studio.finished(count=2)
    picked = (await pick(studio, job.id, 2, user_id=SAM)).view.id
    await studio.render(picked)

    await toggle(studio, picked, 1)

    async with studio.db.read() as conn:
        marks = [tuple(row)[1:3] for row in await conn.execute(sa.select(favourites))]
    assert marks == [(job.id, 2)]
    assert await studio.services.favourites.count_of(picked) == 1
    assert not await toggle(studio, job.id, 2)


async def test_private_work_is_marked_by_its_owner_alone(studio):
    origin = studio.origin(is_private=True)
    job = await studio.finished(count=1, origin=origin)

    await refused(studio, toggle(studio, job.id, user_id=SAM, is_staff=True), UnknownJob)

    assert await toggle(studio, job.id)
    assert await ids(studio, MARKED) == [job.id]


async def test_private_work_of_others_is_no_favourite_however_it_came_to_be_marked(studio):
    job = await studio.finished(count=1, origin=studio.origin(is_private=True))
    public = await studio.finished(count=1)
    await toggle(studio, public.id, user_id=SAM)
    async with studio.db.write() as conn:
        await conn.execute(sa.update(favourites).values(job_id=job.id))

    assert await ids(studio, MARKED, user_id=SAM) == []


async def test_what_cannot_be_marked_is_refused(studio):
    job = await studio.finished(count=1)
    running = await studio.accepted(count=1)

    await refused(studio, toggle(studio, 404), UnknownJob)
    await refused(studio, toggle(studio, job.id, server_id=SERVER + 1), UnknownJob)
    await refused(studio, toggle(studio, job.id, 2), NoSuchPicture)
    await refused(studio, toggle(studio, running), JobStillRunning)


async def test_deleted_words_leave_history_and_favourites(studio):
    job = await studio.finished(count=2)
    picked = (await pick(studio, job.id, user_id=SAM)).view.id
    await studio.render(picked)
    await toggle(studio, job.id, user_id=SAM)
    await studio.services.privacy.forget(studio.origin())

    assert await ids(studio) == []
    assert await ids(studio, MARKED, user_id=SAM) == []
    await refused(studio, toggle(studio, job.id), JobForgotten)
    await refused(studio, toggle(studio, picked, user_id=SAM), JobForgotten)
