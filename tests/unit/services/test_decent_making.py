"""Nothing is made, or brought, where it may not appear; and nothing is spent on it."""

import pytest

from bot.errors import AdultsOnly
from bot.jobs import Looked
from bot.providers import Progress
from tests.pictures import png
from tests.unit.services.adults import (
    close_place,
    decide,
    flagged,
    made_for_adults,
    open_place,
)
from tests.unit.services.presses import pick, press, refused, remix, reroll, retry
from tests.unit.services.script import until
from tests.unit.services.studio import PICTURE_TASKS, model, route

WILD = model(name="wild", title="Wild", rating="nsfw", tasks=PICTURE_TASKS)
HALF = model(
    name="half",
    title="Half",
    max_count=1,
    routes=[{**route("first", "half/dark"), "rating": "nsfw"}, route("second", "half/lit")],
)


async def test_pick_is_refused_in_another_channel_and_before_anything_is_written(studio):
    job = await made_for_adults(studio, "x-")

    await refused(studio, pick(studio, job.id, 1, channel_id=4), AdultsOnly)

    picked = await pick(studio, job.id, 2, channel_id=4)
    assert (await studio.render(picked.view.id)).status == "done"


async def test_pick_in_a_direct_message_is_refused(studio):
    job = await made_for_adults(studio, "xx")

    await refused(studio, pick(studio, job.id, 1, is_private=True, channel_id=77), AdultsOnly)


async def test_nothing_is_made_of_one_in_another_place(studio):
    job = await made_for_adults(studio, "x")

    for action in ("vary_subtle", "up_subtle", "zoom_out", "pan_left", "square"):
        await refused(studio, press(studio, job.id, action), AdultsOnly)

    assert len(studio.first.submits) == 1


async def test_only_the_pictures_that_are_for_adults_are_out_of_bounds(studio):
    job = await made_for_adults(studio, "x-")

    await refused(studio, press(studio, job.id, "up_subtle", 1), AdultsOnly)

    assert (await press(studio, job.id, "up_subtle", 2)).is_new


async def test_same_again_of_what_was_all_for_adults_is_refused_elsewhere(studio):
    job = await made_for_adults(studio, "x")

    await refused(studio, reroll(studio, job.id), AdultsOnly)
    await refused(studio, remix(studio, job.id, "a hedgehog"), AdultsOnly)


async def test_same_again_of_what_was_withheld_is_refused_before_it_is_paid(studio):
    studio.first.outputs = flagged("x")
    job = await studio.finished(count=1)

    await refused(studio, retry(studio, job.id), AdultsOnly)


async def test_same_again_is_asked_in_good_faith_when_one_of_four_was_flagged(studio):
    studio.first.outputs = flagged("--x-")
    job = await studio.finished()

    assert (await reroll(studio, job.id)).is_new


async def test_what_is_made_of_one_is_one_whoever_had_no_eyes_for_it(studio):
    job = await made_for_adults(studio, "x")
    origin = {"is_nsfw_place": True}
    varied = await press(studio, job.id, "up_subtle", **origin)
    larger = await studio.render(varied.view.id)
    assert larger.status == "done"

    with pytest.raises(AdultsOnly):
        await studio.services.work.find_shown(studio.origin(), larger.id)


async def test_what_was_made_before_is_not_shown_again_elsewhere(studio):
    job = await made_for_adults(studio, "x", model="fox", seed=70, said=("seed",))
    again = studio.imagine(count=1, seed=70, said=("seed",))

    await refused(studio, again, AdultsOnly)

    assert job.likeness


async def test_model_that_nobody_filters_is_refused_before_anything_is_spent(studio):
    studio.learn(WILD)

    error = await refused(studio, studio.imagine(model="wild"), AdultsOnly)

    assert (error.model_title, error.is_never) == ("Wild", False)
    assert (await studio.imagine(model="wild", origin=open_place(studio)())).is_new


async def test_refusal_says_when_there_is_no_place_for_it(studio):
    studio.learn(WILD)
    await decide(studio, nsfw="never")

    error = await refused(
        studio, studio.imagine(model="wild", origin=open_place(studio)()), AdultsOnly
    )

    assert error.is_never


async def test_job_for_everybody_goes_where_somebody_filters(studio):
    studio.learn(HALF)

    tame = await studio.finished(model="half", count=1)
    wild = await studio.finished(model="half", count=1, origin=open_place(studio)())

    assert (len(studio.second.submits), len(studio.first.submits)) == (1, 1)
    assert [one.provider for one in await studio.attempts(tame.id)] == ["second"]
    assert [one.provider for one in await studio.attempts(wild.id)] == ["first"]


@pytest.mark.parametrize(
    ("name", "is_open", "expected"),
    [("fox", False, True), ("wild", True, True), ("wild", False, False)],
)
async def test_previews_are_of_what_may_appear(studio, name, is_open, expected):
    studio.learn(WILD)
    studio.first.progress = [Progress(percent=40, preview=png(8, 8))]
    gate = studio.first.script.gate("follow")
    job_id = await studio.accepted(model=name, count=1, origin=open_place(studio)())
    if not is_open:
        close_place(studio)
    rendering = studio.begin(job_id)
    await gate.reached()
    await until(lambda: studio.delivery.shown)
    gate.open()
    await rendering

    assert [view.preview is not None for view in studio.delivery.shown] == [expected]
    assert studio.delivery.shown[0].percent == 40


async def test_samples_of_a_model_are_for_everybody(studio):
    await made_for_adults(studio, "x")

    sheet = await studio.services.showroom.sheet(studio.origin(), "imagine", "deft")

    assert sheet.sample is None


async def test_history_and_favourites_show_no_pictures(studio):
    job = await made_for_adults(studio, "x")
    await studio.services.favourites.toggle(studio.origin(), job.id, 1)

    page = await studio.services.history.page(studio.origin(), Looked(is_favourite=True))

    # Words, and a link to the message: whoever follows it is asked for their age by Discord.
    assert [line.id for line in page.lines] == [job.id]
    assert not any(isinstance(value, bytes) for value in vars(page.lines[0]).values())
