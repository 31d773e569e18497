"""The whole way with fal.ai's stand-in: power cuts, faults, money, and the number of paid POSTs."""

import io
import re

import pytest
from PIL import Image

from bot.sandbox import seed
from tests.e2e.die_at import POINTS
from tests.pictures import png
from tests.standins import Fate
from tests.standins.answers import Answer
from tests.standins.fal import FalAtHome, Oddity
from tests.standins.fal_runs import Outcome, failed, refused_input

PHOTO = ("photo.png", png(800, 600, "teal"))
LOST_HANDLES = {"before the paid request": 0, "after the paid request": 1}
"""Where nobody can tell whether the run was bought, and how many were."""


@pytest.fixture
async def fal():
    """fal.ai on the loopback; whatever it is asked for must be what its contracts allow."""
    async with FalAtHome().open() as at_home:
        yield at_home
    assert at_home.refused_inputs == []


async def failed_card(stage, number: int) -> str:
    """Ask for the n-th picture, which does not come; return what the card says in the end."""
    asked = await stage.imagine()
    await stage.until(lambda: [job["status"] for job in stage.jobs()] == ["failed"] * number)
    await stage.check_books()
    assert stage.amounts("capture") == 0
    return stage.text(asked.message_id)


@pytest.mark.parametrize("point", POINTS)
async def test_killed_anywhere_the_same_run_is_followed_and_paid_once(stage, fal, point):
    await stage.start(die_at=point, **fal.environment)
    await stage.world.person("mia").slash(
        stage.channel_id, "imagine", {"prompt": "a fox", "count": 2}
    )
    assert await stage.ended() == -9

    await stage.start(**fal.environment)
    await stage.settled()

    (job,) = stage.jobs()
    if point in LOST_HANDLES:
        assert (job["status"], job["failure"]) == ("failed", "uncertain")
        assert stage.button(job["message_id"], "retry:1")
        assert stage.amounts("capture") == 0
    else:
        assert (job["status"], job["delivered"]) == ("done", 2)
        assert len(stage.pictures(job["message_id"])) == 2
    assert fal.paid_posts == LOST_HANDLES.get(point, 1)
    await stage.check_books()


async def test_without_a_key_there_is_the_painter_and_the_log_says_so(stage, fal):
    await stage.start()

    asked = await stage.imagine()
    await stage.finished(asked.message_id)

    assert "Offline painter, not AI" in stage.text(asked.message_id)
    assert "ready=['painter'] " in stage.log
    assert re.search(r"without_key=\[.*'fal'.*'replicate'.*\]", stage.log)
    assert fal.seen == []


async def test_auto_is_flux_and_says_who_drew_it(stage, fal):
    await stage.start(**fal.environment)

    asked = await stage.imagine("a fox", count=2, aspect_ratio="16:9")
    await stage.finished(asked.message_id, pictures=2)

    text = stage.text(asked.message_id)
    for fact in ("FLUX schnell", "by fal", "6 credits", "AI-generated", "1312×736"):
        assert fact in text
    assert fal.posts == {"fal-ai/flux/schnell": 1}


async def test_position_percent_and_log_reach_the_card(stage, fal):
    fal.seconds = 8
    await stage.start(**fal.environment)

    asked = await stage.imagine()
    await stage.until(lambda: "▰" in stage.text(asked.message_id))
    await stage.finished(asked.message_id)

    assert fal.paid_posts == 1


async def test_everything_under_a_single_picture_is_served_by_flux(stage, fal):
    await stage.start(MONTHLY_BUDGET_USD="100", **fal.environment)
    mia = {"user": str(seed.MIA_ID), "amount": 2000, "reason": "won"}
    await stage.command("credits add", who="max", **mia)
    made = await stage.imagine("a fox", aspect_ratio="3:2", model="flux-dev")
    await stage.finished(made.message_id)

    for deed in ("vary_strong", "up_creative", "zoom_out", "pan_left", "square"):
        pressed = await stage.press(made.message_id, f"{deed}:1:1")
        await stage.finished(pressed.message_id)

    assert fal.posts == {
        "fal-ai/flux/dev": 1,
        "fal-ai/flux/dev/image-to-image": 1,
        "fal-ai/clarity-upscaler": 1,
        "fal-ai/flux-pro/v1/fill": 3,
    }
    assert not any(seen.has_key for seen in fal.asked("upload", "file"))
    await stage.check_books()


async def test_picture_of_a_person_goes_to_flux(stage, fal):
    wishes = [
        ("imagine", {"prompt": "a lake", "strength": 0.5}, "fal-ai/flux/dev/image-to-image"),
        ("edit", {"prompt": "make it night"}, "fal-ai/flux-kontext/dev"),
        ("edit", {"preset": "Remove background"}, "fal-ai/birefnet/v2"),
        # What the first two left of a newcomer's credits pays for no larger one.
        ("upscale", {"scale": 1.1}, "fal-ai/clarity-upscaler"),
    ]
    await stage.start(**fal.environment)

    for command, options, _endpoint in wishes:
        asked = await stage.attach(command, {"image": PHOTO}, **options)
        message_id = await stage.card(asked)
        await stage.finished(message_id)

    assert fal.posts == {endpoint: 1 for _, _, endpoint in wishes}
    await stage.check_books()


# No three failures in a row: after those nobody would be sent there for a while.
FATES = (
    {
        Fate.LOST: "answer was lost",
        Fate.CUT: "answer was lost",
        Fate.INVALID: "prompt is empty",
        Fate.HTML: "answer was lost",
        Fate.DOWN: "No provider could take it",
    },
    {Fate.BROKEN: "answer was lost", Fate.UNKNOWN: "No provider could take it"},
)


@pytest.mark.parametrize("fates", FATES)
async def test_paid_request_that_fails_is_sent_once_and_given_back(stage, fal, fates):
    await stage.start(**fal.environment)

    for number, (fate, words) in enumerate(fates.items(), start=1):
        await fal.next_submit(fate)
        text = await failed_card(stage, number)

        assert words in text, fate
        assert "3 credits given back" in text
        assert fal.paid_posts == number


async def test_busy_provider_is_asked_again(stage, fal):
    await fal.next_submit(Answer(429, "{}", {"Retry-After": "1"}))
    await stage.start(**fal.environment)

    asked = await stage.imagine()
    await stage.finished(asked.message_id)

    assert fal.paid_posts == 2
    assert len(fal.runs) == 1


@pytest.mark.parametrize(
    ("fate", "words"), [(Fate.LOCKED, "no funds left"), (Fate.BAD_KEY, "refuses the key")]
)
async def test_host_is_told_what_only_they_can_mend_and_the_person_is_not(stage, fal, fate, words):
    await stage.start(OWNER_IDS=str(seed.OLGA_ID), **fal.environment)

    await fal.next_submit(fate)
    text = await failed_card(stage, 1)
    # Nobody is sent there for a while, and FLUX is not replaced by the painter.
    refused = await stage.imagine()
    assert "Nobody can serve" in stage.text(refused.message_id)
    assert fal.paid_posts == 1

    everywhere = stage.world.messages.all()
    told = [one for one in everywhere if words in stage.text(one.id)]
    assert len(told) == 1
    assert told[0].channel_id != stage.channel_id
    assert words not in text
    assert "No provider could take it" in text


OUTCOMES = (
    (refused_input("prompt", "flagged", kind="content_policy_violation"), "filter refused it"),
    (Outcome(flags=[True]), "safety filter withheld"),
    (refused_input("prompt", "is too odd"), "prompt: is too odd"),
    (failed(500, "CUDA out of memory"), "refused it"),
    (Outcome(extra={"images": []}), "no usable picture"),
)


async def test_run_that_gives_nothing_says_why_and_costs_nothing(stage, fal):
    await stage.start(**fal.environment)

    for number, (outcome, words) in enumerate(OUTCOMES, start=1):
        fal.outcome = outcome
        text = await failed_card(stage, number)

        assert words in text
        assert fal.paid_posts == number


async def test_withheld_part_is_given_back_and_said(stage, fal):
    fal.outcome = Outcome(flags=[False, True, False])
    await stage.start(**fal.environment)

    asked = await stage.imagine(count=3)
    await stage.finished(asked.message_id, pictures=2)

    assert "2 of 3 pictures · 1 withheld, 3 credits given back" in stage.text(asked.message_id)
    await stage.check_books()


@pytest.mark.parametrize(
    "fault", [Answer(404, ""), Oddity.TRUNCATED], ids=["file gone", "file cut off"]
)
async def test_picture_that_cannot_be_had_at_once_is_not_paid_for_twice(stage, fal, fault):
    fal.next_answer("file", fault)
    await stage.start(**fal.environment)

    await stage.imagine()
    await stage.settled()

    (job,) = stage.jobs()
    # One that is gone stays gone; one that was cut off is fetched again.
    assert job["status"] == ("failed" if isinstance(fault, Answer) else "done")
    assert fal.paid_posts == 1
    await stage.check_books()


async def test_queued_and_running_runs_are_stopped_and_given_back(stage, fal):
    fal.hold_runs()
    await stage.start(**fal.environment)
    asked = await stage.imagine()
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")

    await stage.press(asked.message_id, "cancel:1")
    await stage.settled()

    assert stage.jobs()[0]["status"] == "cancelled"
    assert len(fal.asked("cancel")) == 1
    assert stage.amounts("capture") == 0
    await stage.check_books()


async def test_key_is_checked_without_spending(stage, fal):
    code, good = await stage.cli("check", **fal.environment)
    bad_code, bad = await stage.cli("check", **{**fal.environment, "FAL_KEY": "wrong:key"})
    _, without = await stage.cli("check")

    assert (code, bad_code) == (0, 2)
    assert "fal, painter ready" in good
    assert "fal refuses the key" in bad
    assert re.search("painter ready; without a key: .*FAL_KEY.*REPLICATE_API_TOKEN", without)
    assert fal.paid_posts == 0
    assert "wrong:key" not in bad


async def test_large_picture_of_a_provider_is_delivered_as_it_fits(stage, fal):
    noise = Image.effect_noise((2600, 2600), 90).convert("RGB")
    body = io.BytesIO()
    noise.save(body, "PNG")
    assert len(body.getvalue()) > 10_000_000
    url = fal.put_file("huge.png", body.getvalue())
    fal.outcome = Outcome(extra={"images": [{"url": url}]})
    await stage.start(**fal.environment)

    asked = await stage.imagine()
    await stage.finished(asked.message_id)

    await stage.check_books()
