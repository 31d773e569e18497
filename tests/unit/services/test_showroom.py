"""The showroom: what can be had, how long it takes, and its latest public picture."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.db.tables import attempts
from bot.errors import NoRoute
from bot.providers import Output
from tests.pictures import png
from tests.unit.services.studio import SAM


def sheet(studio, task="imagine", name=None, **origin):
    return studio.services.showroom.sheet(studio.origin(**origin), task, name)


def flagged(*flags):
    """Return one picture per flag, each of a colour of its own."""
    colors = ("teal", "orange", "purple")
    return [
        Output(png(48, 32, color), is_nsfw=flag) for color, flag in zip(colors, flags, strict=False)
    ]


def test_models_that_can_be_had_come_in_their_order(studio):
    names = [model.name for model in studio.services.showroom.models("imagine", server_id=None)]

    assert names == ["fox", "plain", "twice", "free", "deft"]
    assert [model.name for model in studio.services.showroom.models("edit", server_id=None)] == [
        "deft"
    ]


async def test_sheet_without_a_name_is_of_the_preferred_model(studio):
    found = await sheet(studio)

    assert (found.model.name, found.offer.price, found.providers) == ("fox", 3, ("first",))
    assert (found.usual_s, found.sample) == (None, None)


async def test_sheet_names_everybody_who_serves_a_model(studio):
    assert (await sheet(studio, name="twice")).providers == ("first", "second")


@pytest.mark.parametrize(("task", "name"), [("imagine", "orphan"), ("edit", "fox")])
async def test_model_that_cannot_be_had_is_refused(studio, task, name):
    with pytest.raises(NoRoute):
        await sheet(studio, task, name)


async def test_usual_time_is_the_median_of_finished_runs_of_that_model(studio):
    for seconds in (2, 4, 90):
        job = await studio.finished(count=1, model="free")
        await _last(studio, job.id, seconds)
    await _last(studio, (await studio.finished(count=1, model="fox")).id, 1)

    assert (await sheet(studio, name="free")).usual_s == 4


async def _last(studio, job_id, seconds):
    async with studio.db.write() as conn:
        created = await conn.scalar(
            sa.select(attempts.c.created_at).where(attempts.c.job_id == job_id)
        )
        await conn.execute(
            attempts.update()
            .where(attempts.c.job_id == job_id)
            .values(finished_at=created + timedelta(seconds=seconds))
        )


async def test_sample_is_the_latest_public_picture(studio):
    await studio.finished(count=1, prompt="an old fox")
    job = await studio.finished(count=2, prompt="a new fox", origin=studio.origin(user_id=SAM))
    await studio.finished(count=1, model="free")

    sample = (await sheet(studio, name="fox")).sample

    assert (sample.job_id, sample.user_id, sample.prompt) == (job.id, SAM, "a new fox")
    assert sample.file.data == studio.delivery.outcome(job.id).files[0].data
    assert sample.file.name == f"example-{job.id}.png"


async def test_private_work_is_no_sample(studio):
    await studio.finished(count=1, origin=studio.origin(is_private=True))

    assert (await sheet(studio)).sample is None


async def test_hidden_work_is_no_sample(studio):
    await studio.finished(count=1, is_spoiler=True)

    assert (await sheet(studio)).sample is None


async def test_work_of_another_channel_is_no_sample(studio):
    """Whoever asks may not see that channel."""
    await studio.finished(count=1, origin=studio.origin(channel_id=999))

    assert (await sheet(studio)).sample is None


@pytest.mark.parametrize(
    ("flags", "expected"), [((True,), None), ((None,), None), ((True, None, False), 3)]
)
async def test_only_a_picture_that_was_called_harmless_is_a_sample(studio, flags, expected):
    studio.outside.nsfw.add(studio.origin().channel_id)
    studio.first.outputs = flagged(*flags)
    job = await studio.finished(count=len(flags))

    sample = (await sheet(studio)).sample

    shown = [file.data for file in studio.delivery.outcome(job.id).files]
    assert (sample and shown.index(sample.file.data) + 1) == expected


async def test_picture_that_is_not_kept_any_more_is_no_sample(studio):
    await studio.finished(count=1)
    studio.lose_media()

    assert (await sheet(studio)).sample is None


async def test_pictures_of_deleted_work_are_no_samples(studio):
    job = await studio.finished(count=1, model="deft")
    varied = await studio.services.making.follow_up(
        replace(studio.origin(), user_id=SAM), job.id, 1, action="vary_subtle"
    )
    await studio.render(varied.view.id)
    await studio.services.privacy.forget(studio.origin())

    assert (await sheet(studio, name="deft")).sample is None
