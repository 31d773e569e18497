"""Pictures that come back: described, or downloaded and brought again, they are what they were."""

import pytest

from bot import jobs
from bot.errors import AdultsOnly
from bot.providers import Output
from bot.services import ImageWish, NotNow, Source
from tests.pictures import png
from tests.unit.services.adults import close_place, flagged, made_for_adults, open_place
from tests.unit.services.presses import refused, reroll
from tests.unit.services.studio import PICTURE_TASKS, SCRIBE, model

TOOL = model(name="tool", title="Tool", label="No AI", is_ai=False, tasks=PICTURE_TASKS)


@pytest.fixture
def studio(make_studio):
    """A studio whose provider writes, and which has a tool that is no AI."""
    made = make_studio()
    made.learn(SCRIBE, TOOL)
    return made


async def delivered(studio, job):
    """Return the first picture of a job as people can download it, brought to us again."""
    data = studio.delivery.outcome(job.id).files[0].data
    return await studio.services.making.take_picture(data)


async def begun(studio, image, **origin):
    """Ask what is in a picture."""
    studio.first.outputs = [Output(b"", text="a field")]
    wish = ImageWish("", task="describe", image=image)
    origin = studio.origin(**origin)
    return (await studio.services.making.request_images(origin, wish, action="describe")).view.id


async def described(studio, image, **origin):
    return await studio.render(await begun(studio, image, **origin))


def upscaled(studio, image, **origin):
    wish = ImageWish("", "tool", task="upscale", image=image)
    return studio.services.making.request_images(studio.origin(**origin), wish, action="upscale")


async def seen(studio, job, origin=None):
    """Return the pictures that come with a job's words when it is shown again."""
    work = studio.services.work
    view = await work.look(studio.origin(), job.id)
    work.check_decent(view, origin)
    return await work.files_of(view, limit_bytes=10**7, origin=origin)


async def test_picture_described_among_adults_is_shown_nowhere_else(studio):
    there = open_place(studio)()
    image = await studio.services.making.take_picture(png(480, 320))
    job = await described(studio, image, is_nsfw_place=True)

    assert [file.is_for_adults for file in studio.delivery.outcome(job.id).files] == [True]
    assert [file.is_for_adults for file in await seen(studio, job, there)] == [True]
    assert await seen(studio, job, studio.origin()) == []
    assert await seen(studio, job) == []
    await refused(studio, reroll(studio, job.id), AdultsOnly)
    assert (await reroll(studio, job.id, is_nsfw_place=True)).is_new


async def test_picture_is_left_out_where_the_place_closed_meanwhile(studio):
    open_place(studio)
    image = await studio.services.making.take_picture(png(480, 320))
    job_id = await begun(studio, image, is_nsfw_place=True)
    away = studio.delivery.script.gate("deliver", then=NotNow("away"))
    rendering = studio.begin(job_id)
    await away.reached()
    close_place(studio)
    away.open()
    await rendering

    outcome = studio.delivery.outcome(job_id)
    assert (outcome.view.answer, outcome.files) == ("a field", ())


async def test_picture_of_everybody_comes_with_its_words_everywhere(studio):
    image = await studio.services.making.take_picture(png(480, 320))
    own = await described(studio, image)
    studio.first.outputs = flagged("-")
    drawn = await delivered(studio, await studio.finished(count=1))
    open_place(studio)
    harmless = await described(studio, drawn, is_nsfw_place=True)

    assert [len(await seen(studio, job)) for job in (own, harmless)] == [1, 1]
    assert (await reroll(studio, harmless.id)).is_new


async def test_picture_that_was_removed_is_not_shown_beside_its_words(studio):
    studio.first.outputs = flagged("-")
    drawn = await studio.finished(count=1)
    job = await described(studio, await delivered(studio, drawn))
    assert len(await seen(studio, job)) == 1

    async with studio.db.write() as conn:
        await jobs.remove(conn, drawn)

    assert await seen(studio, job) == []


async def test_downloaded_picture_for_adults_stays_one(studio):
    image = await delivered(studio, await made_for_adults(studio, "x"))

    await refused(studio, upscaled(studio, image), AdultsOnly)
    await refused(studio, begun(studio, image), AdultsOnly)
    studio.first.outputs = [Output(png(960, 640, "navy"), is_nsfw=False)]
    larger = await studio.render((await upscaled(studio, image, is_nsfw_place=True)).view.id)

    (file,) = studio.delivery.outcome(larger.id).files
    assert file.is_for_adults
    assert "AI-generated" in studio.delivery.outcome(larger.id).view.label
    await refused(studio, reroll(studio, larger.id), AdultsOnly)


async def test_strangers_picture_is_known_as_nothing(studio):
    image = await studio.services.making.take_picture(png(480, 320))

    assert image == Source(image.sha256, 480, 320, known_as=None)
    assert (await upscaled(studio, image)).is_new
