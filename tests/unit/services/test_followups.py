"""What a press on a finished picture comes to: variations, larger ones, wider ones, other words."""

import asyncio
import io

import pytest
from PIL import Image

from bot.errors import (
    BadKey,
    BadPrompt,
    InsufficientCredits,
    Moderated,
    NoSuchPicture,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    UnknownJob,
)
from bot.providers import Output
from bot.services import FOLLOWUPS, ImageWish, NotNow, Source, Undeliverable
from tests.pictures import png
from tests.unit.services.presses import pick, press, refused, remix, reroll
from tests.unit.services.studio import COST_USD_MICROS, SAM

PRICES = {"vary": 4, "upscale": 7, "fill": 6}
WIDE = png(480, 320, "teal")
TALL = png(320, 480, "orange")


async def one(studio, **wish):
    """Make one picture with the model that can do everything."""
    studio.first.outputs = [Output(WIDE, seed=70, is_nsfw=False)]
    job = await studio.finished(model="deft", count=1, **wish)
    studio.first.outputs = None
    return job


async def last_run(studio):
    """Return what the provider was asked for last."""
    return list(studio.first.runs.values())[-1]


def opened(studio, reference):
    """Return the picture behind what stood for it at the provider."""
    path = studio.resources.media._path(reference.removeprefix("kept://"))
    return Image.open(io.BytesIO(path.read_bytes()))


# What each button asks for.


@pytest.mark.parametrize(("action", "followup"), FOLLOWUPS.items())
async def test_every_button_is_served_and_paid(studio, action, followup):
    parent = await one(studio)
    before, _ = await studio.funds()

    accepted = await press(studio, parent.id, action)
    job = await studio.render(accepted.view.id)

    assert (job.status, job.action, job.task) == ("done", action, followup.task)
    assert (job.parent_id, job.parent_picture) == (parent.id, 1)
    assert (await last_run(studio)).endpoint == f"fox/{followup.task}"
    assert await studio.funds() == (before - PRICES[followup.task], 0)
    await studio.check_books()


async def test_variations_are_as_many_as_were_asked_for_at_first(studio):
    parent = await studio.finished(model="deft", count=3)
    alone = await pick(studio, parent.id, 2)
    await studio.render(alone.view.id)

    from_grid = await press(studio, parent.id, "vary", 2)
    from_alone = await press(studio, alone.view.id, "vary_subtle", 1)

    assert (from_grid.view.count, from_alone.view.count) == (3, 3)


async def test_variation_starts_from_the_picture_that_was_pressed(studio):
    studio.first.outputs = [Output(WIDE, seed=1), Output(TALL, seed=2)]
    parent = await studio.finished(model="deft", count=2)
    studio.first.outputs = None

    accepted = await press(studio, parent.id, "vary", 2)
    await studio.render(accepted.view.id)

    inputs = (await last_run(studio)).inputs
    assert opened(studio, inputs["image"]).size == (320, 480)
    assert (inputs["prompt"], inputs["strength"]) == (parent.inputs["prompt"], 0.5)


async def test_subtle_is_closer_than_strong(studio):
    parent = await one(studio)
    strengths = []
    for action in ("vary_subtle", "vary_strong"):
        await studio.render((await press(studio, parent.id, action)).view.id)
        strengths.append((await last_run(studio)).inputs["strength"])

    assert strengths == [0.2, 0.9]


@pytest.mark.parametrize(
    ("action", "size"),
    [
        ("zoom_out", (480, 320)),
        ("pan_left", (720, 320)),
        ("pan_right", (720, 320)),
        ("pan_up", (480, 480)),
        ("pan_down", (480, 480)),
        ("square", (480, 480)),
    ],
)
async def test_new_canvas_comes_with_a_mask_of_its_size(studio, action, size):
    parent = await one(studio)

    await studio.render((await press(studio, parent.id, action)).view.id)

    inputs = (await last_run(studio)).inputs
    assert opened(studio, inputs["image"]).size == size
    mask = opened(studio, inputs["mask"])
    assert (mask.size, mask.mode, mask.getextrema()) == (size, "L", (0, 255))


async def test_remix_is_the_same_with_other_words(studio):
    parent = await studio.finished(model="deft", count=2, seed=70, aspect_ratio="3:2")

    accepted = await remix(studio, parent.id, "a wolf")
    job = await studio.render(accepted.view.id)

    assert (job.action, job.inputs["prompt"], job.inputs["aspect_ratio"]) == (
        "remix",
        "a wolf",
        "3:2",
    )
    assert (job.count, job.inputs["seed"] != 70) == (2, True)


async def test_remixes_with_different_words_are_different_jobs(studio):
    parent = await studio.finished(count=1)

    first = await remix(studio, parent.id, "a wolf")
    second = await remix(studio, parent.id, "a bear")

    assert first.view.id != second.view.id


async def test_remix_with_no_words_is_refused(studio):
    parent = await studio.finished(count=1)

    await refused(studio, remix(studio, parent.id, "  "), BadPrompt)


async def test_reroll_of_an_edit_starts_from_the_same_picture(studio):
    source = await studio.services.making.take_picture(WIDE)
    wish = ImageWish("make it blue", "deft", task="edit", image=source)
    first = await studio.services.making.request_images(studio.origin(), wish, action="edit")
    await studio.render(first.view.id)

    again = await reroll(studio, first.view.id)
    job = await studio.render(again.view.id)

    assert (job.task, job.inputs["image"]) == (
        "edit",
        (await studio.job(first.view.id)).inputs["image"],
    )
    assert opened(studio, (await last_run(studio)).inputs["image"]).size == (480, 320)


# Pressed ten times, by strangers, too late.


@pytest.mark.parametrize("action", FOLLOWUPS)
async def test_ten_presses_at_once_are_one_job_and_one_hold(studio, action):
    parent = await one(studio)

    accepted = await asyncio.gather(*(press(studio, parent.id, action) for _ in range(10)))

    assert sum(one.is_new for one in accepted) == 1
    assert len({one.view.id for one in accepted}) == 1
    assert (await studio.funds())[1] == accepted[0].view.price


async def test_somebody_else_pays_for_what_they_press(studio):
    parent = await one(studio)

    accepted = await press(studio, parent.id, "up_subtle", user_id=SAM)
    await studio.render(accepted.view.id)

    assert await studio.funds(SAM) == (93, 0)
    assert await studio.funds() == (97, 0)


@pytest.mark.parametrize("number", [0, 2, 4])
async def test_picture_that_is_not_there_is_refused(studio, number):
    parent = await one(studio)

    await refused(studio, press(studio, parent.id, "zoom_out", number), NoSuchPicture)


async def test_press_that_costs_more_than_one_has_is_refused(studio):
    parent = await one(studio)
    for _ in range(8):
        await studio.accepted(count=4, origin=studio.origin(user_id=SAM))

    accepting = press(studio, parent.id, "zoom_out", user_id=SAM)

    error = await refused(studio, accepting, InsufficientCredits)
    assert (error.needed, error.available) == (6, 4)


async def test_job_of_another_server_looks_like_none(studio):
    parent = await one(studio)

    await refused(studio, press(studio, parent.id, "zoom_out", server_id=999), UnknownJob)


async def test_picture_that_is_in_its_message_only_is_read_from_there(studio):
    parent = await one(studio)
    studio.lose_media()

    job = await studio.render((await press(studio, parent.id, "vary_subtle")).view.id)

    assert job.status == "done"
    assert opened(studio, (await last_run(studio)).inputs["image"]).size == (480, 320)


async def test_picture_that_is_nowhere_any_more_costs_nothing(studio):
    parent = await one(studio)
    studio.lose_media()
    studio.delivery.script.will("reread", Undeliverable("deleted"))

    job = await studio.render((await press(studio, parent.id, "vary_subtle")).view.id)

    assert (job.status, job.failure) == ("failed", "input_gone")
    assert await studio.funds() == (97, 0)
    assert await studio.attempts(job.id) == []


# What is offered under a result.


async def test_single_picture_offers_everything_that_can_be_served(studio):
    parent = await one(studio)

    prices = studio.delivery.outcome(parent.id).view.prices

    assert set(prices) == {*FOLLOWUPS, "reroll", "remix"} - {"vary"}
    assert (prices["up_subtle"], prices["zoom_out"], prices["reroll"]) == (7, 6, 3)


async def test_grid_offers_variations_of_each(studio):
    parent = await studio.finished(model="deft", count=4)

    prices = studio.delivery.outcome(parent.id).view.prices

    assert prices == {"vary": 16, "reroll": 12, "remix": 12}


async def test_what_nobody_serves_is_not_offered(studio):
    parent = await studio.finished(count=1)
    studio.resources.catalog._by_name.pop("deft")

    view = await studio.services.work.find_shown(studio.origin(), parent.id)

    assert set(view.prices) == {"reroll", "remix"}


# Private work.


async def test_what_follows_from_private_work_is_private(studio):
    parent = await studio.finished(model="deft", count=2, origin=studio.origin(is_private=True))

    picked = await pick(studio, parent.id)
    varied = await press(studio, parent.id, "vary")
    again = await reroll(studio, parent.id)

    assert [one.view.address.is_private for one in (picked, varied, again)] == [True] * 3


async def test_private_work_of_somebody_else_looks_like_none(studio):
    parent = await studio.finished(model="deft", origin=studio.origin(is_private=True))

    for accepting in (
        press(studio, parent.id, "vary", user_id=SAM),
        pick(studio, parent.id, user_id=SAM),
        reroll(studio, parent.id, user_id=SAM),
    ):
        await refused(studio, accepting, UnknownJob)


# Bringing pictures to a provider.


async def test_picture_is_brought_before_anything_is_bought(studio):
    parent = await one(studio)
    studio.first.script.will("upload", ProviderDown("no storage"))
    paid = len(studio.first.submits)

    job = await studio.render((await press(studio, parent.id, "vary_subtle")).view.id)

    assert (job.status, job.failure) == ("failed", "unavailable")
    assert len(studio.first.submits) == paid
    assert await studio.attempts(job.id) == []
    assert await studio.funds() == (97, 0)


async def test_large_picture_is_shrunk_to_what_the_price_says(studio):
    making = studio.services.making
    source = await making.take_picture(png(2000, 1500, "teal"))
    wish = ImageWish("a fox", "deft", task="vary", image=source)

    accepted = await making.request_images(studio.origin(), wish)
    await studio.render(accepted.view.id)

    width, height = opened(studio, (await last_run(studio)).inputs["image"]).size
    assert width * height <= 1_000_000
    assert abs(width / height - 4 / 3) < 0.02


async def test_mask_of_the_persons_own_goes_along(studio):
    making = studio.services.making
    source = await making.take_picture(WIDE)
    mask = await making.take_mask(png(240, 160, "white"), source)
    wish = ImageWish("a hat", "deft", task="fill", image=source, mask=mask)

    accepted = await making.request_images(studio.origin(), wish, action="edit")
    await studio.render(accepted.view.id)

    assert opened(studio, (await last_run(studio)).inputs["mask"]).size == (480, 320)


# What a provider withholds.


async def test_withheld_pictures_are_not_shown_and_given_back(studio):
    studio.first.outputs = [Output(WIDE, seed=1), Output(b"", is_nsfw=True, is_withheld=True)]

    job = await studio.finished(count=2)

    assert (job.status, job.delivered) == ("done", 1)
    assert await studio.funds() == (97, 0)


async def test_black_picture_counts_as_withheld_whatever_was_said(studio):
    studio.first.outputs = [Output(png(480, 320, "black"), seed=1, is_nsfw=False)]

    job = await studio.finished(count=1)

    assert (job.status, job.failure) == ("failed", "withheld")
    assert await studio.funds() == (100, 0)
    (attempt,) = await studio.attempts(job.id)
    assert attempt.cost_usd_micros == COST_USD_MICROS


@pytest.mark.parametrize("point", ["submit", "follow", "fetch"])
async def test_moderated_run_says_so_and_costs_nothing(studio, point):
    studio.first.script.will(point, Moderated("no"))

    job = await studio.finished(count=1)

    assert (job.status, job.failure) == ("failed", "moderated")
    assert await studio.funds() == (100, 0)


# What only the host can mend.


@pytest.mark.parametrize("trouble", [OutOfFunds("balance exhausted"), BadKey("no such key")])
async def test_host_is_told_once_a_day_what_only_they_can_mend(studio, trouble):
    for _ in range(3):
        studio.first.script.will("submit", trouble)
        await studio.finished(count=1)
        # As in a process that starts later: this one would not ask again so soon.
        studio.restart()

    (alert,) = studio.delivery.alerts
    assert (alert.provider, alert.reason) == ("first", str(trouble))
    assert alert.is_out_of_funds == isinstance(trouble, OutOfFunds)


async def test_host_who_cannot_be_told_now_is_told_next_time(studio):
    studio.delivery.script.will("host", NotNow("offline"))
    for _ in range(2):
        studio.first.script.will("submit", BadKey("no such key"))
        job = await studio.finished(count=1)
        studio.restart()

    assert job.failure == "unavailable"
    assert len(studio.delivery.alerts) == 1


async def test_busy_storage_is_waited_for(studio):
    parent = await one(studio)
    studio.first.script.will("upload", ProviderBusy("slow down", retry_after_s=0))

    job = await studio.render((await press(studio, parent.id, "vary_subtle")).view.id)

    assert job.status == "done"


# Lanes.


async def test_relaxed_jobs_of_one_person_run_one_by_one(studio):
    relaxed = [await studio.accepted(count=1, lane="relax") for _ in range(3)]
    fast = await studio.accepted(count=1)

    jobs = [await studio.job(job_id) for job_id in relaxed]
    assert [(job.lane, job.slot) for job in jobs] == [("relax", 0)] * 3
    assert ((await studio.job(fast)).lane, (await studio.job(fast)).slot) == ("fast", 0)


async def test_press_on_a_relaxed_job_stays_relaxed(studio):
    parent = await one(studio, lane="relax")

    accepted = await press(studio, parent.id, "up_subtle")

    assert (await studio.job(accepted.view.id)).lane == "relax"


async def test_source_of_a_picture_is_what_was_kept(studio):
    source = await studio.services.making.take_picture(WIDE)

    assert isinstance(source, Source)
    assert (source.width, source.height) == (480, 320)
    assert (await studio.resources.media.read(source.sha256)).startswith(b"\x89PNG")
