"""Pictures for adults, and the places where they may appear or not."""

import sqlalchemy as sa

from bot.db.tables import staff_actions
from bot.providers import Output
from tests.pictures import png
from tests.unit.services.studio import SERVER

HERE = 3
"""The channel that the studio's people are in."""

FLAGS = {"x": True, "-": False, "?": None}


def flagged(marks):
    """Return a picture for each mark: x is flagged, - is not, of ? nobody said anything."""
    colours = ("teal", "orange", "purple", "olive")
    return [
        Output(png(480, 320, colour), seed=7 + at, is_nsfw=FLAGS[mark])
        for at, (mark, colour) in enumerate(zip(marks, colours, strict=False))
    ]


def open_place(studio):
    """Make the channel age-restricted; return the origins of people in it."""
    studio.outside.nsfw.add(HERE)

    def origin(**changes):
        return studio.origin(is_nsfw_place=True, **changes)

    return origin


def close_place(studio):
    studio.outside.nsfw.discard(HERE)


async def decide(studio, **changes):
    servers = studio.services.servers
    async with studio.db.write() as conn:
        await servers.write(conn, SERVER, changes)
    await servers.refresh()


async def made_for_adults(studio, marks, **wish):
    """Make pictures in an age-restricted channel."""
    origin = open_place(studio)
    studio.first.outputs = flagged(marks)
    job = await studio.finished(origin=origin(), **{"count": len(marks), "model": "deft", **wish})
    studio.first.outputs = None
    assert (job.status, job.delivered) == ("done", len(marks))
    return job


def shown_of(studio, job_id):
    return [file.number for file in studio.delivery.outcome(job_id).files]


async def deeds(studio):
    async with studio.db.read() as conn:
        return list(await conn.execute(sa.select(staff_actions)))
