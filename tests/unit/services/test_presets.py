"""Presets: a job's settings under a name, used with other words."""

import asyncio

import pytest

from bot.errors import (
    BadName,
    JobForgotten,
    JobStillRunning,
    NoPreset,
    NotYourJob,
    TooManyPresets,
    UnknownJob,
    UnknownPreset,
)
from bot.services import ImageWish, PresetDraft, SavedPreset
from bot.services.presets import MOST_PRESETS
from tests.unit.services.presses import refused
from tests.unit.services.studio import SAM, SERVER, Studio


def save(studio: Studio, name, job_id, *, origin=None, **draft):
    draft = PresetDraft(name, job_id, **draft)
    return studio.services.presets.save(origin or studio.origin(), draft)


async def names(studio, **origin):
    found = await studio.services.presets.list(studio.origin(**origin))
    return [preset.name for preset in found]


def get(studio, name, **origin):
    return studio.services.presets.get(studio.origin(**origin), name)


async def test_preset_keeps_the_settings_of_its_job(studio):
    job = await studio.finished(aspect_ratio="3:2", negative_prompt="dogs", seed=7)

    saved = await save(studio, "Snow", job.id, prefix="a  watercolour of", suffix=", soft light")
    studio.restart()

    assert saved == await get(studio, "Snow")
    assert saved.wish("a hare", count=2) == ImageWish(
        "a watercolour of a hare, soft light",
        "fox",
        aspect_ratio="3:2",
        count=2,
        negative_prompt="dogs",
    )


@pytest.mark.parametrize("seed", [0, 7])
async def test_seed_is_kept_on_request(studio, seed):
    job = await studio.finished(seed=seed)

    await save(studio, "without", job.id)
    await save(studio, "with", job.id, keeps_seed=True)

    assert (await get(studio, "without")).seed is None
    assert (await get(studio, "with")).seed == seed


async def test_job_made_with_a_preset_is_what_the_preset_says(studio):
    job = await studio.finished(aspect_ratio="3:2", seed=7)
    await save(studio, "Snow", job.id, keeps_seed=True)

    wish = (await get(studio, "Snow")).wish("a hare")
    made = await studio.services.making.request_images(studio.origin(), wish)

    assert (made.view.prompt, made.view.aspect_ratio, made.view.seed) == ("a hare", "3:2", 7)


@pytest.mark.parametrize(
    ("prefix", "suffix", "expected"),
    [
        ("", "", "a hare"),
        ("old photo of", "", "old photo of a hare"),
        ("", "in snow", "a hare in snow"),
        ("", ", in snow", "a hare, in snow"),
    ],
)
def test_words_go_around_those_of_whoever_uses_it(prefix, suffix, expected):
    preset = SavedPreset("one", prefix=prefix, suffix=suffix)

    assert preset.wish("a hare").prompt == expected


def test_words_after_those_of_a_preset_come_before_the_flags():
    preset = SavedPreset("one", prefix="old photo of", suffix=", in snow")

    wish = preset.wish("a well--known hare --seed 7 --no dogs")

    assert wish.prompt == "old photo of a well--known hare, in snow --seed 7 --no dogs"


@pytest.mark.parametrize("name", ["SNÖW", " snöw ", "SNO\u0308W"])
async def test_names_differ_in_more_than_case_and_space(studio, name):
    first, second = await studio.finished(seed=1), await studio.finished(seed=2)
    await save(studio, "Snöw", first.id, keeps_seed=True)

    await save(studio, name, second.id, keeps_seed=True)

    assert await names(studio) == [" ".join(name.split())]
    assert (await get(studio, "snöw")).seed == 2


async def test_presets_are_listed_by_name_and_deleted_by_name(studio):
    job = await studio.finished()
    for name in ("b", "A", "ß" * 40):
        await save(studio, name, job.id)

    await studio.services.presets.delete(studio.origin(), "B")

    assert await names(studio) == ["A", "ß" * 40]
    assert await names(studio, user_id=SAM) == []


async def test_preset_of_nobody_is_unknown(studio):
    job = await studio.finished()
    await save(studio, "Snow", job.id)

    for asked in (get(studio, "Ice"), get(studio, "Snow", user_id=SAM)):
        with pytest.raises(UnknownPreset):
            await asked
    for origin in (studio.origin(), studio.origin(user_id=SAM)):
        await refused(studio, studio.services.presets.delete(origin, "Ice"), UnknownPreset)


async def test_one_preset_too_many_is_refused_and_an_old_one_still_replaced(studio):
    job = await studio.finished()
    for number in range(MOST_PRESETS):
        await save(studio, f"preset {number}", job.id)

    await refused(studio, save(studio, "one more", job.id), TooManyPresets)
    await save(studio, "Preset 3", job.id)

    assert len(await names(studio)) == MOST_PRESETS


async def test_presets_saved_at_once_under_one_name_are_one(studio):
    job = await studio.finished()

    await asyncio.gather(*(save(studio, "Snow", job.id) for _ in range(5)))

    assert await names(studio) == ["Snow"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
async def test_name_that_is_none_is_refused(studio, name):
    job = await studio.finished()

    await refused(studio, save(studio, name, job.id), BadName)


async def test_jobs_that_are_not_ones_own_finished_ones_are_refused(studio):
    running = await studio.accepted()
    job = await studio.finished()
    stranger = studio.origin(user_id=SAM, is_staff=True)
    elsewhere = studio.origin(server_id=SERVER + 1)

    await refused(studio, save(studio, "a", 404), UnknownJob)
    await refused(studio, save(studio, "a", running), JobStillRunning)
    await refused(studio, save(studio, "a", job.id, origin=stranger), NotYourJob)
    await refused(studio, save(studio, "a", job.id, origin=elsewhere), UnknownJob)


async def test_job_whose_words_were_deleted_is_refused(studio):
    job = await studio.finished()
    await studio.services.privacy.forget(studio.origin())

    await refused(studio, save(studio, "a", job.id), JobForgotten)


async def test_job_of_a_model_that_is_gone_is_refused(studio):
    job = await studio.finished()
    studio.resources.catalog._by_name.pop("fox")

    await refused(studio, save(studio, "a", job.id), NoPreset)


async def test_settings_of_a_picture_are_not_those_of_words(studio):
    grid = await studio.finished(count=1, model="deft")
    varied = await studio.services.making.follow_up(
        studio.origin(), grid.id, 1, action="vary_subtle"
    )
    await studio.render(varied.view.id)

    saved = await save(studio, "Deft", varied.view.id)

    assert saved == SavedPreset("Deft", model="deft")
