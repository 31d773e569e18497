"""Pictures of a job."""

import pytest
import sqlalchemy as sa

from bot import jobs
from bot.jobs import Picture


def picture(number, **changes):
    facts = {
        "sha256": f"{number:064x}",
        "mime": "image/png",
        "width": 1024,
        "height": 768,
        "size_bytes": 12_345,
        "seed": None,
        "is_nsfw": None,
    }
    return Picture(number=number, **{**facts, **changes})


async def test_pictures_come_back_in_order_as_they_were(db, accept):
    job = await accept()
    second = picture(2, seed=2**40, is_nsfw=True)
    first = picture(1, seed=0, is_nsfw=False)

    async with db.write() as conn:
        await jobs.add_pictures(conn, job.id, [second, first])

    async with db.read() as conn:
        assert await jobs.read_pictures(conn, job.id) == [first, second]


async def test_no_pictures_are_written_as_none(db, accept):
    job = await accept()

    async with db.write() as conn:
        await jobs.add_pictures(conn, job.id, [])

    async with db.read() as conn:
        assert await jobs.read_pictures(conn, job.id) == []


async def test_picture_of_one_number_is_written_once(db, accept):
    job = await accept()
    async with db.write() as conn:
        await jobs.add_pictures(conn, job.id, [picture(1)])

    with pytest.raises(sa.exc.IntegrityError):
        async with db.write() as conn:
            await jobs.add_pictures(conn, job.id, [picture(1, seed=9)])

    async with db.read() as conn:
        assert await jobs.read_pictures(conn, job.id) == [picture(1)]
