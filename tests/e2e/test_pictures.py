"""Pictures from pictures: what people attach, and everything under a single picture."""

import asyncio
import io

import pytest
from PIL import Image

from bot.sandbox import seed
from bot.sandbox.layout import walk
from tests.pictures import png
from tests.unit.media.files import gif_of_frames, png_of_size

TEXT_INPUT = 4
PRIVATE = 64
PHOTO = ("photo.png", png(640, 480, "teal"))
DEEDS = (
    "up_subtle",
    "up_creative",
    "vary_subtle",
    "vary_strong",
    "zoom_out",
    "pan_left",
    "pan_right",
    "pan_up",
    "pan_down",
    "square",
)


def size_of(stage, message_id: int, number: int = 0) -> tuple[int, int]:
    """Return the size of a picture as it was uploaded."""
    item = stage.pictures(message_id)[number]
    file = stage.world.files.find(int(item["media"]["attachment_id"]))
    with Image.open(io.BytesIO(file.read())) as picture:
        return picture.size


async def single(stage) -> int:
    """Make one wide picture and return its message."""
    made = await stage.imagine("a fox in the hills", aspect_ratio="16:9", seed=5)
    await stage.finished(made.message_id)
    return made.message_id


async def test_every_button_under_a_single_picture_works_after_a_restart(stage):
    await stage.start()
    message_id = await single(stage)
    await stage.kill()
    await stage.start()

    made = {deed: await stage.press(message_id, f"{deed}:1:1") for deed in DEEDS}
    for answer in made.values():
        await stage.finished(answer.message_id)

    sizes = {deed: size_of(stage, answer.message_id) for deed, answer in made.items()}
    assert sizes["vary_subtle"] == sizes["vary_strong"] == sizes["zoom_out"] == (1344, 768)
    assert sizes["pan_left"] == sizes["pan_right"] == (2016, 768)
    assert sizes["pan_up"] == sizes["pan_down"] == (1344, 1152)
    assert sizes["square"] == (1344, 1344)
    assert sizes["up_subtle"] == sizes["up_creative"]
    assert sizes["up_subtle"][0] > 2 * 1300
    await stage.check_books()


async def test_variations_of_each_picture_of_a_grid(stage):
    await stage.start()
    grid = await stage.imagine(count=2, seed=3)
    await stage.finished(grid.message_id, pictures=2)
    assert "V 6" in stage.text(grid.message_id)

    varied = await stage.press(grid.message_id, "vary:1:2")
    await stage.finished(varied.message_id, pictures=2)

    assert "varies picture 2 of job #1" in stage.text(varied.message_id)
    await stage.check_books()


async def test_ten_presses_of_a_paid_button_are_paid_once(stage):
    await stage.start()
    message_id = await single(stage)
    custom_id = stage.button(message_id, "zoom_out:1:1")
    mia = stage.world.person("mia")

    await asyncio.gather(*(mia.press(message_id, custom_id) for _ in range(10)))
    await stage.until(lambda: len(stage.jobs()) == 2)
    await stage.settled()

    assert [job["action"] for job in stage.jobs()] == ["imagine", "zoom_out"]
    await stage.check_books()


@pytest.mark.rule("9/modal-restart")
async def test_remix_asks_for_other_words_and_draws_them_even_after_a_restart(stage):
    await stage.start()
    message_id = await single(stage)

    opened = await stage.press(message_id, "remix:1:0")
    (field,) = (part for part in walk(opened.modal["components"]) if part["type"] == TEXT_INPUT)
    assert field["value"] == "a fox in the hills"
    await stage.kill()
    await stage.start()
    words = {field["custom_id"]: "a wolf at night"}
    sent = await stage.world.person("mia").submit(opened, words)
    await sent.answered()
    await stage.finished(sent.message_id)

    assert "a wolf at night" in stage.text(sent.message_id)
    assert size_of(stage, sent.message_id) == (1344, 768)
    await stage.check_books()


@pytest.mark.rule("9/modal-id")
async def test_forms_of_two_people_do_not_get_mixed_up(stage):
    await stage.start()
    message_id = await single(stage)
    opened = {who: await stage.press(message_id, "remix:1:0", who=who) for who in ("mia", "max")}

    sent = {}
    for who, form in opened.items():
        (field,) = (part for part in walk(form.modal["components"]) if part["type"] == TEXT_INPUT)
        person = stage.world.person(who)
        sent[who] = await person.submit(form, {field["custom_id"]: f"a wolf of {who}"})
    for one in sent.values():
        await one.answered()
        await stage.finished(one.message_id)

    ids = [form.modal["custom_id"] for form in opened.values()]
    assert len(set(ids)) == 2
    assert all(f"a wolf of {who}" in stage.text(one.message_id) for who, one in sent.items())


async def test_refused_remix_is_told_in_private(stage):
    await stage.start()
    message_id = await single(stage)
    opened = await stage.press(message_id, "remix:1:0")
    await stage.command(
        "credits remove", who="max", user=str(seed.MIA_ID), amount=97, reason="spent"
    )

    (field,) = (part for part in walk(opened.modal["components"]) if part["type"] == TEXT_INPUT)
    sent = await stage.world.person("mia").submit(opened, {field["custom_id"]: "a wolf"})
    await sent.answered()

    assert "you have 0" in stage.words(sent)
    assert len(stage.jobs()) == 1


# Pictures that people attach.


async def test_imagine_from_a_picture_checks_it_in_private_and_answers_in_public(stage):
    await stage.start()

    asked = await stage.attach(
        "imagine", {"image": PHOTO}, prompt="a red lake", strength=0.4, count=2
    )
    message_id = await stage.card(asked)
    await stage.finished(message_id, pictures=2)

    assert not stage.exists(asked.message_id)
    assert message_id in asked.followup_ids
    assert "a red lake" in stage.text(message_id)
    assert size_of(stage, message_id) == (640, 480)
    assert stage.world.person("max").messages(stage.channel_id)[-1]["id"] == str(message_id)
    await stage.check_books()


async def test_commands_that_start_from_a_picture(stage):
    wishes = [
        ("edit", {"prompt": "make it night"}, "edit", (640, 480)),
        ("edit", {"preset": "Remove background"}, "cutout", (640, 480)),
        ("edit", {"prompt": "make it day", "spoiler": True}, "edit", (640, 480)),
        (
            "upscale",
            {"scale": 1.5, "mode": "creative", "spoiler": True},
            "upscale",
            (960, 720),
        ),
    ]
    await stage.start()

    for command, options, _task, size in wishes:
        asked = await stage.attach(command, {"image": PHOTO}, **options)
        message_id = await stage.card(asked)
        await stage.finished(message_id)
        assert size_of(stage, message_id) == size
        (picture,) = stage.pictures(message_id)
        assert picture["spoiler"] == options.get("spoiler", False)

    assert [job["task"] for job in stage.jobs()] == [task for _, _, task, _ in wishes]
    await stage.check_books()


async def test_masked_part_is_painted_anew(stage):
    mask = Image.new("L", (640, 480))
    mask.paste(255, (120, 60, 520, 420))
    body = io.BytesIO()
    mask.save(body, "PNG")
    await stage.start()

    asked = await stage.attach(
        "edit", {"image": PHOTO, "mask": ("mask.png", body.getvalue())}, prompt="a red fox"
    )
    message_id = await stage.card(asked)
    await stage.finished(message_id)

    (item,) = stage.pictures(message_id)
    file = stage.world.files.find(int(item["media"]["attachment_id"]))
    with Image.open(io.BytesIO(file.read())) as picture:
        painted = picture.convert("RGB")
    assert painted.getpixel((20, 20)) == (0, 128, 128)
    colours = painted.crop((120, 60, 520, 420)).getcolors(400 * 360)
    assert len(colours or ()) > 50


UNUSABLE = (
    ("notes.png", b"these are not the pixels you look for", "not a PNG"),
    ("half.png", png(640, 480)[:200], "damaged"),
    ("tiny.png", png(8, 8), "shorter than 64"),
    ("bomb.png", png_of_size(50_000, 50_000), "million pixels"),
    ("monster.gif", gif_of_frames(301, side=64), "frames"),
)


async def test_file_that_is_no_usable_picture_is_refused_in_private(stage):
    await stage.start()

    for name, data, words in UNUSABLE:
        await stage.attach("imagine", {"image": (name, data)}, prompt="a fox")
        told = await stage.until(lambda sought=words: [w for w in stage.whispers() if sought in w])
        assert len(told) == 1

    assert stage.jobs() == []
    assert not stage.world.person("max").messages(stage.channel_id)


async def test_flux_words_for_the_painter_are_refused_not_dropped(stage):
    await stage.start()

    invocation = await stage.imagine(steps=4)

    assert "Offline painter takes no steps" in stage.words(invocation)
    assert stage.jobs() == []


# Private work.


async def test_private_job_is_seen_by_its_owner_alone(stage):
    await stage.start()

    asked = await stage.imagine("a secret", count=2, visibility="private")
    await stage.finished(asked.message_id, pictures=2)
    picked = await stage.press(asked.message_id, "pick:1:1")
    await stage.finished(picked.message_id)

    assert stage.message(asked.message_id)["flags"] & PRIVATE
    assert stage.message(picked.message_id)["flags"] & PRIVATE
    assert stage.world.person("max").messages(stage.channel_id) == []
    await stage.check_books()


async def test_private_picture_of_ones_own_stays_private_all_along(stage):
    await stage.start()

    asked = await stage.attach(
        "edit", {"image": PHOTO}, prompt="make it blue", visibility="private"
    )
    message_id = await stage.card(asked)
    await stage.finished(message_id)

    assert message_id == asked.message_id
    assert stage.world.person("max").messages(stage.channel_id) == []


async def test_private_job_that_outlives_its_token_comes_by_direct_message(stage):
    await stage.start(PAINTER_SECONDS="600")
    await stage.imagine("a secret", visibility="private")
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")
    await stage.kill()

    stage.world.advance(15 * 60)
    await stage.start()
    await stage.settled()

    (job,) = stage.jobs()
    assert (job["status"], job["delivered"]) == ("done", 1)
    assert job["channel_id"] != stage.channel_id
    assert stage.world.person("max").messages(stage.channel_id) == []
    await stage.check_books()

    # What is under it works there too, and stays there.
    varied = await stage.press(job["message_id"], "vary_subtle:1:1")
    await stage.finished(varied.message_id)
    assert stage.jobs()[-1]["channel_id"] == job["channel_id"]


@pytest.mark.rule("10/private-lost")
async def test_private_job_that_reaches_nobody_costs_nothing_and_waits(stage):
    await stage.start(PAINTER_SECONDS="600")
    await stage.imagine("a secret", visibility="private")
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")
    await stage.kill()

    stage.world.advance(15 * 60)
    stage.world.person("mia").close_dms()
    await stage.start()
    await stage.settled()

    assert stage.jobs()[0]["failure"] == "undeliverable"
    assert stage.amounts("capture") == 0
    await stage.check_books()
    shown = await stage.world.person("mia").slash(stage.channel_id, "show", {"job_id": "1"})
    await shown.settled()
    assert stage.pictures(shown.message_id)
    assert stage.message(shown.message_id)["flags"] & PRIVATE


async def test_showing_a_private_job_again_shows_it_to_nobody_else(stage):
    await stage.start()
    asked = await stage.imagine("a secret", visibility="private")
    await stage.finished(asked.message_id)

    shown = await stage.world.person("mia").slash(stage.channel_id, "show", {"job_id": "1"})
    await shown.settled()

    assert stage.pictures(shown.message_id)
    assert stage.message(shown.message_id)["flags"] & PRIVATE
