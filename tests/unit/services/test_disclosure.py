"""Spoilers, signed files and the line that says who drew a picture."""

import pytest

from bot.errors import PictureTooLarge
from bot.providers import Output
from bot.providers._canvas import ENDPOINTS
from bot.services import ImageWish, Source
from tests.pictures import png
from tests.unit.media.files import signed
from tests.unit.services.adults import HERE, decide, flagged, made_for_adults, shown_of
from tests.unit.services.presses import pick, press, reroll
from tests.unit.services.studio import PICTURE_TASKS, model

FEED = 60
"""The channel that shows everybody's pictures again."""


async def test_picture_that_is_hidden_here_is_never_sent_privately_instead(studio):
    """The file says what it is, so that no way of delivering takes it anywhere else."""
    job = await made_for_adults(studio, "x-")

    files = studio.delivery.outcome(job.id).files

    assert [file.is_for_adults for file in files] == [True, False]


async def test_spoilers_by_place_and_by_role(studio):
    plain = await studio.finished(count=1)
    for changes, origin in (
        ({"spoiler_channels": [HERE]}, {}),
        ({"spoiler_channels": [9]}, {"parent_channel_id": 9}),
        ({"spoiler_channels": [], "spoiler_roles": [5]}, {"role_ids": (4, 5)}),
    ):
        await decide(studio, **changes)
        job = await studio.finished(count=1, origin=studio.origin(**origin))
        again = await studio.services.work.find_shown(studio.origin(**origin), plain.id)

        assert (plain.is_spoiler, job.is_spoiler, again.is_spoiler) == (False, True, True)
        assert studio.delivery.outcome(job.id).view.is_spoiler


async def test_feed_that_is_listed_hides_what_it_shows(studio):
    await decide(studio, feed_channel=FEED, spoiler_channels=[FEED])
    job = await studio.finished(count=1)

    await studio.services.errands.run_all()

    (post,) = studio.outside.posted.values()
    assert (job.is_spoiler, post.view.is_spoiler) == (False, True)


async def test_spoiler_by_request_stays_with_what_follows(studio):
    job = await studio.finished(count=2, is_spoiler=True)
    picked = await pick(studio, job.id, 1)
    again = await reroll(studio, job.id)

    assert (job.is_spoiler, picked.view.is_spoiler, again.view.is_spoiler) == (True, True, True)


async def test_signed_picture_is_delivered_to_the_byte_or_not_at_all(studio):
    data = signed("JPEG")
    studio.first.outputs = [Output(data, is_nsfw=False)]

    fits = await studio.finished(count=1)
    too_large = await studio.finished(count=1, origin=studio.origin(file_limit_bytes=len(data) - 1))

    assert [file.data for file in studio.delivery.outcome(fits.id).files] == [data]
    assert (too_large.failure, shown_of(studio, too_large.id)) == ("too_large", [])
    assert await studio.funds() == (97, 0)
    view = await studio.services.work.find_shown(studio.origin(), too_large.id)
    with pytest.raises(PictureTooLarge):
        await studio.services.work.files_of(view, limit_bytes=len(data) - 1)


@pytest.mark.parametrize("frame", ["zoom_out", "pan_left"])
async def test_painter_that_goes_beyond_an_ais_picture_says_so_in_the_file(studio, frame):
    """As it is brought to a provider: framed, then perhaps shrunk."""
    media = studio.resources.media
    framed = await media.frame(await media.tag(png(480, 320, "teal")), frame)
    image, mask = [await media.shrink(one, 60_000) for one in (framed.image, framed.mask)]

    painted = ENDPOINTS["fill"].paint(prompt="a fox", seed=1, image=image, mask=mask)

    assert b"/compositeWithTrainedAlgorithmicMedia" in painted
    assert await media.tag(painted) is painted


async def test_tool_that_is_no_ai_says_what_its_pictures_descend_from(studio):
    tool = model(name="tool", title="Tool", label="No AI", is_ai=False, tasks=PICTURE_TASKS)
    studio.learn(tool)
    drawn = await studio.finished(count=1)
    studio.first.outputs = flagged("-")
    painted = await studio.finished(count=1, model="tool")

    labels = [studio.delivery.outcome(job.id).view.label for job in (drawn, painted)]
    once = await studio.render(await enlarged(studio, drawn))
    twice = await press(studio, once.id, "zoom_out")
    further = await press(studio, painted.id, "zoom_out")

    assert labels == ["AI-generated", "No AI"]
    assert studio.delivery.outcome(once.id).view.label == "AI-generated, changed by the tool"
    assert twice.view.label == "AI-generated, changed by the tool"
    assert further.view.label == "No AI"


async def enlarged(studio, job):
    """Let the tool that is no AI enlarge a job's picture; return the job of that."""
    view = await studio.services.work.look(studio.origin(), job.id)
    [picture] = view.pictures
    image = Source(picture.sha256, picture.width, picture.height)
    # Another picture than the one it starts from, as by a real tool.
    studio.first.outputs = [Output(png(960, 640, "navy"), is_nsfw=False)]
    wish = ImageWish("", "tool", task="upscale", image=image)
    accepted = await studio.services.making.request_images(studio.origin(), wish, action="upscale")
    return accepted.view.id
