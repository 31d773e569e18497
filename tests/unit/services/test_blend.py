"""One picture of several: all of them go along, however often it is made again."""

import io

import pytest
from PIL import Image

from bot.errors import Moderated, NeedsAnswer, UnsupportedInput
from bot.services import ImageWish
from bot.services.buying import USUAL_WORDS
from tests.pictures import png
from tests.unit.services.presses import refused, remix, reroll, retry
from tests.unit.services.studio import MELT


@pytest.fixture
def studio(make_studio):
    """A studio whose provider blends, too."""
    made = make_studio()
    made.learn(MELT)
    return made


async def asked(studio, wish):
    """Ask as the command does, and return the accepted job."""
    accepted = await studio.services.wishing.wish(studio.origin(), wish, action="blend")
    return accepted.view.id


def last_run(studio):
    return list(studio.first.runs.values())[-1]


async def pictures(studio, *sizes):
    making = studio.services.making
    colours = ("teal", "orange", "purple", "olive", "navy")
    found = zip(sizes, colours, strict=False)
    return tuple([await making.take_picture(png(*size, colour)) for size, colour in found])


def opened(studio, reference):
    path = studio.resources.media._path(reference.removeprefix("kept://"))
    return Image.open(io.BytesIO(path.read_bytes()))


async def test_blend_takes_all_pictures_in_their_order(studio):
    images = await pictures(studio, (480, 320), (320, 480), (2000, 1500))
    wish = ImageWish("a fox", task="blend", images=images, aspect_ratio="3:2", seed=7)

    job = await studio.render(await asked(studio, wish))

    inputs = last_run(studio).inputs
    sizes = [opened(studio, reference).size for reference in inputs["images"]]
    assert sizes[:2] == [(480, 320), (320, 480)]
    assert sizes[2][0] * sizes[2][1] <= 1_000_000
    assert (inputs["prompt"], inputs["seed"], inputs["width"]) == ("a fox", 7, 1216)
    assert (job.status, job.delivered, job.model) == ("done", 1, "melt")
    assert await studio.funds() == (92, 0)


async def test_blend_without_words_is_told_to_bring_them_together(studio):
    images = await pictures(studio, (480, 320), (320, 480))

    job = await studio.render(await asked(studio, ImageWish("", task="blend", images=images)))

    assert last_run(studio).inputs["prompt"] == USUAL_WORDS["blend"]
    assert (job.inputs["prompt"], studio.delivery.outcome(job.id).view.prompt) == ("", "")


async def test_blend_made_again_starts_from_the_same_pictures(studio):
    images = await pictures(studio, (480, 320), (320, 480))
    wish = ImageWish("", task="blend", images=images, aspect_ratio="3:2")
    first = await studio.render(await asked(studio, wish))
    before = last_run(studio).inputs

    await studio.render((await reroll(studio, first.id)).view.id)
    after = last_run(studio).inputs
    await studio.render((await remix(studio, first.id, "at night")).view.id)

    assert after["images"] == before["images"] == last_run(studio).inputs["images"]
    assert (after["width"], after["seed"] != before["seed"]) == (1216, True)
    assert last_run(studio).inputs["prompt"] == "at night"


async def test_blend_that_failed_is_tried_again_with_all_it_was(studio):
    images = await pictures(studio, (480, 320), (320, 480))
    studio.first.script.will("follow", Moderated("no"))
    first = await studio.render(await asked(studio, ImageWish("", task="blend", images=images)))

    job = await studio.render((await retry(studio, first.id)).view.id)

    assert (job.status, job.inputs["images"]) == ("done", first.inputs["images"])
    assert job.inputs["seed"] == first.inputs["seed"]


async def test_blend_of_a_picture_that_is_gone_costs_nothing(studio):
    images = await pictures(studio, (480, 320), (320, 480))
    job_id = await asked(studio, ImageWish("", task="blend", images=images))
    studio.lose_media()

    job = await studio.render(job_id)

    assert (job.failure, studio.first.submits) == ("input_gone", [])
    assert await studio.funds() == (100, 0)


async def test_blend_that_waits_for_an_answer_keeps_its_pictures(studio):
    images = await pictures(studio, (480, 320), (320, 480))
    await studio.services.preferences.change(studio.origin(), confirm_above=0)
    with pytest.raises(NeedsAnswer) as ask:
        await asked(studio, ImageWish("", task="blend", images=images))

    confirmed = studio.services.wishing.confirm(studio.origin(), ask.value.ask_id)
    (accepted,) = [one async for one in confirmed]
    job = await studio.render(accepted.view.id)

    assert (ask.value.price, job.status) == (8, "done")
    assert [image["sha256"] for image in job.inputs["images"]] == [one.sha256 for one in images]


async def test_mask_that_nothing_is_painted_in_is_refused(studio):
    source = await studio.services.making.take_picture(png(480, 320))
    wish = ImageWish("", "deft", task="cutout", image=source, mask=source)

    await refused(
        studio, studio.services.making.request_images(studio.origin(), wish), UnsupportedInput
    )
