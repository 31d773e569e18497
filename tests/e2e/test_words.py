"""Words for pictures, pictures of words, and what was made before: the whole way, with restarts."""

import asyncio
import io
import json

import pytest
from PIL import Image

from bot.sandbox import seed
from bot.sandbox.layout import walk
from tests.e2e.stage import EPHEMERAL
from tests.pictures import png
from tests.standins.fal import FalAtHome
from tests.standins.fal_runs import Outcome, refused_input
from tests.standins.replicate import ReplicateAtHome

TEXT_INPUT = 4
PHOTO = ("photo.png", png(640, 480, "teal"))
PHOTOS = {
    f"image{n}": (f"{n}.png", png(320, 240, colour))
    for n, colour in enumerate(("teal", "orange", "purple", "olive", "navy"), start=1)
}


@pytest.fixture
async def fal():
    """fal.ai on the loopback; whatever it is asked for must be what its contracts allow."""
    async with FalAtHome().open() as at_home:
        yield at_home
    assert at_home.refused_inputs == []


@pytest.fixture
async def replicate():
    """Replicate on the loopback."""
    async with ReplicateAtHome().open() as at_home:
        yield at_home


def is_private(stage, message_id: int) -> bool:
    return bool(stage.message(message_id)["flags"] & EPHEMERAL)


async def described(stage, **options) -> int:
    """Have a picture described, and return the message with the words."""
    asked = await stage.attach("describe", {"image": PHOTO}, **options)
    message_id = await stage.card(asked)
    await stage.until(lambda: stage.button(message_id, "draw"))
    await stage.settled()
    return message_id


async def enhanced(stage, prompt: str = "a fox", **options) -> int:
    """Have words made better, and return the private message with them."""
    person = stage.world.person("mia")
    asked = await person.slash(stage.channel_id, "enhance", {"prompt": prompt, **options})
    await asked.answered()
    await stage.until(lambda: stage.button(asked.message_id, "draw"))
    await stage.settled()
    return asked.message_id


# The three commands.


async def test_description_is_public_and_imagined_after_a_restart(stage):
    await stage.start()
    message_id = await described(stage)
    words = stage.jobs()[0]["answer"]
    await stage.kill()
    await stage.start()

    pressed = await stage.press(message_id, "draw:1:0")
    await stage.finished(pressed.message_id)

    assert not is_private(stage, message_id)
    assert words.split(",")[0] in stage.text(message_id)
    assert "Imagine 3" in stage.text(message_id)
    assert "from the words of job #1" in stage.text(pressed.message_id)
    assert json.loads(stage.jobs()[1]["inputs"])["prompt"] == words
    await stage.check_books()


async def test_better_words_are_told_in_private_and_drawn_in_public(stage):
    await stage.start()
    message_id = await enhanced(stage, "a fox in the snow --ar 16:9")

    pressed = await stage.press(message_id, "draw:1:0")
    await stage.finished(pressed.message_id)

    assert is_private(stage, message_id)
    assert not is_private(stage, pressed.message_id)
    inputs = json.loads(stage.jobs()[1]["inputs"])
    assert inputs["prompt"].startswith("a fox in the snow, ")
    assert inputs["aspect_ratio"] == "16:9"
    assert len(stage.world.person("max").messages(stage.channel_id)) == 1
    await stage.check_books()


@pytest.mark.parametrize("count", [2, 5])
async def test_blend_of_pictures_is_one_picture(stage, count):
    await stage.start()
    files = dict(list(PHOTOS.items())[:count])

    asked = await stage.attach("blend", files, aspect_ratio="16:9", prompt="at night")
    message_id = await stage.card(asked)
    await stage.finished(message_id)

    (item,) = stage.pictures(message_id)
    file = stage.world.files.find(int(item["media"]["attachment_id"]))
    with Image.open(io.BytesIO(file.read())) as picture:
        assert picture.size == (1344, 768)
    assert len(json.loads(stage.jobs()[0]["inputs"])["images"]) == count
    assert not stage.exists(asked.message_id)
    await stage.check_books()


async def test_blend_without_words_says_what_it_is_and_is_made_again_after_a_restart(stage):
    await stage.start()
    asked = await stage.attach("blend", dict(list(PHOTOS.items())[:2]))
    message_id = await stage.card(asked)
    await stage.finished(message_id)
    await stage.kill()
    await stage.start()

    again = await stage.press(message_id, "reroll:1")
    await stage.finished(again.message_id)

    assert "A blend" in stage.text(message_id)
    first, second = (json.loads(job["inputs"]) for job in stage.jobs())
    assert (first["images"], first["seed"] != second["seed"]) == (second["images"], True)
    await stage.check_books()


async def test_blend_with_a_file_that_is_no_picture_is_refused_in_private(stage):
    await stage.start()
    files = {"image1": PHOTO, "image2": ("notes.png", b"no pixels at all")}

    await stage.attach("blend", files)
    await stage.until(lambda: [words for words in stage.whispers() if "not a PNG" in words])

    assert stage.jobs() == []
    assert stage.world.person("max").messages(stage.channel_id) == []


async def test_words_that_cannot_be_made_better_are_refused_in_private(stage):
    await stage.start()
    person = stage.world.person("mia")

    for prompt, told in (("  ", "prompt is empty"), ("x" * 900, "up to 800 fit")):
        asked = await person.slash(stage.channel_id, "enhance", {"prompt": prompt})
        await asked.answered()
        assert told in stage.words(asked)
        assert is_private(stage, asked.message_id)

    assert stage.jobs() == []


@pytest.mark.parametrize("point", ["fetched", "delivering", "before settle"])
async def test_killed_while_words_are_delivered_they_are_settled_once(stage, point):
    await stage.start(die_at=point)
    person = stage.world.person("mia")
    await person.slash(stage.channel_id, "describe", {}, files={"image": PHOTO})
    assert await stage.ended() == -9

    await stage.start()
    await stage.settled()

    (job,) = stage.jobs()
    assert (job["status"], job["delivered"]) == ("done", 1)
    everywhere = stage.world.messages.all()
    shown = [one for one in everywhere if stage.button(one.id, "draw:1")]
    assert [one.id for one in shown] == [job["message_id"]]
    assert len(stage.rows("SELECT * FROM attempts")) == 1
    assert stage.amounts("capture") == job["price"] == 1
    await stage.check_books()


# Everywhere else they are told of.


async def test_words_are_told_wherever_pictures_are(stage):
    await stage.start()
    message_id = await described(stage)
    words = stage.jobs()[0]["answer"]
    start = words[:40]
    mia = stage.world.person("mia")

    info = await stage.press(message_id, "info:1")
    sent = await stage.press(message_id, "send:1")
    await stage.until(lambda: "direct messages" in stage.words(sent))
    shown = await (await mia.slash(stage.channel_id, "show", {"job_id": "1"})).settled()
    larger = await (await mia.menu(stage.channel_id, "Upscale", message_id=message_id)).answered()
    form = await (await mia.menu(stage.channel_id, "Remix", message_id=message_id)).answered()
    for text in (
        await stage.command("jobs"),
        await stage.command("history"),
        stage.words(info),
        stage.text(shown.message_id),
    ):
        assert start in text

    dm = next(one for one in stage.world.messages.all() if one.channel_id != stage.channel_id)
    assert start in stage.text(dm.id)
    assert "no picture in that message" in stage.words(larger)
    (field,) = (part for part in walk(form.modal["components"]) if part["type"] == TEXT_INPUT)
    assert field["value"] == words
    await stage.press(shown.message_id, "delete:1")
    await stage.until(lambda: not stage.exists(shown.message_id))
    assert "broke on our side" not in "".join(stage.whispers())


async def test_remixed_words_are_drawn(stage):
    await stage.start()
    message_id = await described(stage)
    mia = stage.world.person("mia")
    form = await (await mia.menu(stage.channel_id, "Remix", message_id=message_id)).answered()
    (field,) = (part for part in walk(form.modal["components"]) if part["type"] == TEXT_INPUT)

    sent = await mia.submit(form, {field["custom_id"]: "a wolf at night"})
    await sent.answered()
    await stage.finished(sent.message_id)

    assert "a wolf at night" in stage.text(sent.message_id)
    assert stage.jobs()[1]["task"] == "imagine"


# Ready-made changes.


async def test_presets_of_a_host_with_the_painter_are_what_is_served(stage):
    await stage.start()
    mia = stage.world.person("mia")

    offered = await mia.autocomplete(stage.channel_id, "edit", {}, "preset")
    nothing = await mia.autocomplete(stage.channel_id, "edit", {"preset": "hair"}, "preset")

    assert [one["value"] for one in offered] == ["Remove background"]
    assert offered[0]["name"] == "Remove background · 3 credits a picture"
    assert nothing == []


async def test_preset_that_is_none_is_refused_in_clear_words(stage):
    await stage.start()
    person = stage.world.person("mia")

    asked = await person.slash(
        stage.channel_id, "edit", {"preset": "hair-change"}, files={"image": PHOTO}
    )
    await asked.answered()

    assert "`preset` cannot be that. Pick one of the list." in stage.words(asked)
    assert stage.jobs() == []


# Made before.


async def test_same_picture_again_is_free_and_says_so(stage):
    await stage.start()
    first = await stage.imagine("a fox", count=2, seed=7)
    await stage.finished(first.message_id, pictures=2)

    again = await stage.imagine("a fox", who="max", count=2, seed=7)
    await stage.finished(again.message_id, pictures=2)

    text = stage.text(again.message_id)
    assert "made before as job #1" in text
    assert "free" in text
    assert stage.amounts("capture") == 6
    assert len(stage.rows("SELECT * FROM attempts")) == 1
    picked = await stage.press(again.message_id, "pick:2:2", who="max")
    await stage.finished(picked.message_id)
    await stage.check_books()


async def test_same_request_ten_times_at_once_is_shown_free_each_time(stage):
    await stage.start()
    first = await stage.imagine("a fox", seed=7)
    await stage.finished(first.message_id)

    answers = await asyncio.gather(*(stage.imagine("a fox", seed=7) for _ in range(10)))
    for one in answers:
        await stage.finished(one.message_id)

    assert stage.amounts("capture") == 3
    assert {job["user_id"] for job in stage.jobs()} == {seed.MIA_ID}
    await stage.check_books()


# With companies.


async def test_what_one_company_refused_is_made_by_another_after_a_restart(stage, fal, replicate):
    both = {**fal.environment, **replicate.environment}
    fal.outcome = refused_input("prompt", "is too odd")
    await stage.start(**both)
    asked = await stage.imagine("a fox", model="flux-schnell")
    await stage.until(lambda: stage.button(asked.message_id, "elsewhere:1"))
    await stage.settled()
    await stage.kill()
    await stage.start(**both)

    pressed = await stage.press(asked.message_id, "elsewhere:1:0")
    await stage.finished(pressed.message_id)

    assert "by replicate" in stage.text(pressed.message_id)
    assert "Elsewhere 3" in stage.text(asked.message_id)
    assert (fal.paid_posts, replicate.paid_posts) == (1, 1)
    assert stage.amounts("capture") == 3
    await stage.check_books()


async def test_refused_by_the_only_company_there_is_nowhere_else(stage, fal):
    fal.outcome = refused_input("prompt", "is too odd")
    await stage.start(**fal.environment)

    asked = await stage.imagine("a fox", model="flux-schnell")
    await stage.until(lambda: stage.button(asked.message_id, "retry:1"))

    assert stage.button(asked.message_id, "elsewhere") is None


async def test_draft_is_rendered_by_the_best_after_a_restart(stage, fal):
    await stage.start(**fal.environment)
    asked = await stage.imagine("a fox", quality="draft", seed=7, aspect_ratio="16:9")
    await stage.finished(asked.message_id)
    await stage.kill()
    await stage.start(**fal.environment)

    pressed = await stage.press(asked.message_id, "final:1:0")
    await stage.finished(pressed.message_id)

    assert "Final 40" in stage.text(asked.message_id)
    assert "renders anew a draft of job #1" in stage.text(pressed.message_id)
    first, second = (json.loads(job["inputs"]) for job in stage.jobs())
    for name in ("prompt", "seed", "aspect_ratio"):
        assert first[name] == second[name]
    assert fal.posts == {"fal-ai/flux/schnell": 1, "fal-ai/flux-pro/v1.1": 1}
    assert stage.button(pressed.message_id, "final") is None
    await stage.check_books()


async def test_words_of_a_company_are_shown_line_by_line_and_paid(stage, fal):
    fal.outcome = Outcome(extra={"output": "A teal field.\n\nNothing in it."})
    await stage.start(**fal.environment)

    message_id = await described(stage)
    better = await enhanced(stage)

    assert "> A teal field.\n> Nothing in it." in stage.text(message_id)
    assert "by fal" in stage.text(message_id)
    assert "> A teal field." in stage.text(better)
    assert fal.posts == {"fal-ai/any-llm/vision": 1, "fal-ai/any-llm": 1}
    assert stage.amounts("capture") == 3
    await stage.check_books()


async def test_presets_are_listed_and_take_words_where_they_take_any(stage, fal):
    await stage.start(**fal.environment)
    mia = stage.world.person("mia")

    offered = await mia.autocomplete(stage.channel_id, "edit", {"preset": "hair"}, "preset")
    for preset in ("hair-change", "Remove text"):
        asked = await stage.attach("edit", {"image": PHOTO}, preset=preset, prompt="red curls")
        await stage.finished(await stage.card(asked))

    assert [one["value"] for one in offered] == ["hair-change"]
    hair, text = (run.inputs for run in fal.runs.values())
    assert (hair["prompt"], "prompt" in text) == ("red curls", False)
    assert set(fal.posts) == {
        f"fal-ai/image-editing/{one}" for one in ("hair-change", "text-removal")
    }
    await stage.check_books()


async def test_preset_and_another_model_or_a_mask_are_refused(stage, fal):
    await stage.start(**fal.environment)

    await stage.attach("edit", {"image": PHOTO}, preset="hair-change", model="flux-kontext-dev")
    await stage.attach("edit", {"image": PHOTO, "mask": PHOTO}, preset="hair-change")

    await stage.until(lambda: len(stage.whispers()) == 2)
    assert "New hair takes no other model" in stage.whispers()[0]
    assert "New hair takes no mask" in stage.whispers()[1]
    assert stage.jobs() == []
    assert fal.seen == []
