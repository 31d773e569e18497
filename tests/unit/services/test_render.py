"""A job's way from accepted to over, when nothing crashes."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from bot import jobs
from bot.errors import ProviderLost, ProviderRejected
from bot.providers import Output
from bot.services import NotNow, TooLarge, Undeliverable, following
from tests.pictures import png
from tests.unit.services.studio import COST_USD_MICROS, MIA, PROMPT

LIMIT = 10_000_000

GARBAGE = Output(b"<html>502 Bad Gateway</html>")
HANDED_OVER = Output(png(48, 32), seed=7)


async def marked(studio, color):
    """Return a picture of the provider's as we keep it: marked as generated."""
    return await studio.resources.media.tag(png(48, 32, color))


async def test_job_is_drawn_delivered_and_paid(studio):
    job_id = await studio.accepted(count=4, seed=70)
    before = await studio.funds()

    job = await studio.render(job_id)

    assert before == (88, 12)
    assert (job.status, job.failure, job.delivered) == ("done", None, 4)
    assert job.started_at <= job.finished_at
    assert await studio.funds() == (88, 0)
    assert len(studio.first.submits) == 1


async def test_outcome_shows_every_picture_and_the_facts(studio):
    job = await studio.finished(count=3, seed=70, aspect_ratio="3:2", negative_prompt="dogs")

    [posted] = studio.delivery.posted
    assert [file.number for file in posted.files] == [1, 2, 3]
    assert [file.name for file in posted.files] == [f"job-{job.id}-{n}.png" for n in (1, 2, 3)]
    assert [picture.seed for picture in posted.view.pictures] == [70, 71, 72]
    assert (posted.view.prompt, posted.view.negative_prompt) == (PROMPT, "dogs")
    assert (posted.view.user_id, posted.view.provider) == (MIA, "first")
    assert (posted.view.model_title, posted.view.label) == ("Fox", "AI-generated")
    assert (posted.view.price, posted.view.prices["reroll"]) == (9, 9)
    assert "retry" not in posted.view.prices


async def test_provider_is_asked_for_what_the_job_says(studio):
    await studio.finished(count=2, seed=70, aspect_ratio="3:2", negative_prompt="dogs")

    [run] = studio.first.runs.values()
    assert run.endpoint == "fox/v1"
    assert run.inputs == {
        "prompt": PROMPT,
        "negative_prompt": "dogs",
        "seed": 70,
        "width": 1216,
        "height": 832,
        "count": 2,
    }


async def test_model_that_takes_no_seed_is_sent_none(studio):
    await studio.finished(model="plain", count=1)

    [run] = studio.first.runs.values()
    assert run.inputs == {"prompt": PROMPT, "width": 1024, "height": 1024, "count": 1}


async def test_attempt_is_kept_with_handle_and_cost(studio):
    job = await studio.finished(count=4)

    [attempt] = await studio.attempts(job.id)
    assert (attempt.provider, attempt.endpoint, attempt.status) == ("first", "fox/v1", "done")
    assert attempt.cost_usd_micros == 4 * COST_USD_MICROS
    assert attempt.handle == {"run_id": attempt.key}
    assert studio.first.submits == [attempt.key]


async def test_attempt_is_committed_before_the_paid_request_leaves(studio):
    at_submit = studio.first.script.gate("submit")
    job_id = await studio.accepted()

    studio.begin(job_id)
    await at_submit.reached()

    [attempt] = await studio.attempts(job_id)
    assert (attempt.status, attempt.handle) == ("submitting", None)
    assert (await studio.job(job_id)).status == "submitting"


async def test_handle_is_committed_before_the_run_is_followed(studio):
    at_follow = studio.first.script.gate("follow")
    job_id = await studio.accepted()

    studio.begin(job_id)
    await at_follow.reached()

    [attempt] = await studio.attempts(job_id)
    assert (attempt.status, attempt.handle) == ("running", {"run_id": attempt.key})
    assert (await studio.job(job_id)).status == "running"


async def test_pictures_are_stored_before_they_are_delivered(studio):
    at_delivery = studio.delivery.script.gate("deliver")
    job_id = await studio.accepted(count=2)

    studio.begin(job_id)
    await at_delivery.reached()

    async with studio.db.read() as conn:
        pictures = await jobs.read_pictures(conn, job_id)
    stored = [await studio.resources.media.read(picture.sha256) for picture in pictures]
    assert stored == [await marked(studio, "teal"), await marked(studio, "orange")]


async def test_outcome_goes_to_the_card_that_answered(studio):
    job_id = await studio.accepted()
    await studio.services.making.note_answer(job_id, 4242)

    job = await studio.render(job_id)

    assert studio.delivery.outcome(job_id).message_id == 4242
    assert job.message_id == 4242


async def test_message_that_shows_the_outcome_is_remembered(studio):
    job = await studio.finished()

    assert job.message_id == studio.delivery.outcome(job.id).message_id


async def test_rendering_a_job_that_is_over_changes_nothing(studio):
    job = await studio.finished()
    before = await studio.rows()

    await studio.render(job.id)

    assert await studio.rows() == before
    assert len(studio.delivery.posted) == 1


async def test_rendering_at_the_same_time_happens_once(studio):
    at_submit = studio.first.script.gate("submit")
    job_id = await studio.accepted()
    rendering = studio.begin(job_id)
    await at_submit.reached()

    await studio.renderer.render(job_id)
    is_over_early = (await studio.job(job_id)).is_final
    at_submit.open()
    await rendering

    assert not is_over_early
    assert len(studio.first.submits) == 1
    assert (await studio.job(job_id)).status == "done"


async def test_unknown_job_is_rendered_as_nothing(studio):
    await studio.renderer.render(404)

    assert studio.first.submits == []


@pytest.mark.parametrize(("usable", "paid"), [(3, 9), (1, 3)])
async def test_pictures_that_are_missing_are_given_back(studio, usable, paid):
    studio.first.outputs = [HANDED_OVER] * usable

    job = await studio.finished(count=4)

    assert (job.status, job.delivered) == ("done", usable)
    assert await studio.funds() == (100 - paid, 0)


async def test_garbage_among_the_pictures_is_left_out_and_given_back(studio):
    studio.first.outputs = [HANDED_OVER, GARBAGE, HANDED_OVER, HANDED_OVER]

    job = await studio.finished(count=4)

    posted = studio.delivery.outcome(job.id)
    assert [file.number for file in posted.files] == [1, 2, 3]
    assert await studio.funds() == (91, 0)


async def test_more_pictures_than_asked_for_are_neither_shown_nor_charged(studio):
    studio.first.outputs = [HANDED_OVER] * 4

    job = await studio.finished(count=2)

    assert job.delivered == 2
    assert await studio.funds() == (94, 0)


@pytest.mark.parametrize("outputs", [[], [GARBAGE], [GARBAGE] * 4])
async def test_nothing_usable_fails_and_everything_is_given_back(studio, outputs):
    studio.first.outputs = outputs

    job = await studio.finished(count=4)

    assert (job.status, job.failure) == ("failed", "no_pictures")
    assert await studio.funds() == (100, 0)
    assert studio.delivery.outcome(job.id).view.failure == "no_pictures"
    # The provider ran, so it is paid, whatever its pictures were.
    [attempt] = await studio.attempts(job.id)
    assert (attempt.status, attempt.cost_usd_micros) == ("failed", 4 * COST_USD_MICROS)


async def test_animated_picture_of_a_provider_is_delivered(studio):
    gif = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(gif, "GIF")
    studio.first.outputs = [Output(gif.getvalue())]

    job = await studio.finished(count=1)

    assert (job.status, job.failure) == ("done", None)
    [file] = studio.delivery.outcome(job.id).files
    assert file.name == f"job-{job.id}-1.gif"


async def test_picture_that_fits_nowhere_is_given_back(studio):
    job = await studio.finished(count=2, origin=studio.origin(file_limit_bytes=10))

    assert (job.status, job.failure) == ("failed", "too_large")
    assert await studio.funds() == (100, 0)


async def test_run_that_fails_later_is_rejected_in_the_providers_words(studio):
    studio.first.script.will("follow", ProviderRejected("foxes are not allowed"))

    job = await studio.finished()

    assert (job.status, job.failure) == ("failed", "rejected")
    assert job.failure_text == "foxes are not allowed"
    assert await studio.funds() == (100, 0)
    [attempt] = await studio.attempts(job.id)
    assert (attempt.status, attempt.cost_usd_micros) == ("failed", 0)


async def test_pictures_refused_at_the_fetch_are_given_back(studio):
    studio.first.script.will("fetch", ProviderRejected("filtered"))

    job = await studio.finished()

    assert (job.status, job.failure) == ("failed", "rejected")
    assert await studio.funds() == (100, 0)


@pytest.mark.parametrize("point", ["follow", "fetch"])
async def test_run_out_of_reach_is_asked_for_again(studio, point):
    studio.first.script.will(point, ProviderLost("connection reset"))

    job = await studio.finished()

    assert job.status == "done"
    assert len(studio.first.submits) == 1
    assert len(studio.first.follows) == 2


async def test_run_that_takes_too_long_is_stopped_and_given_back(studio, monkeypatch):
    monkeypatch.setattr(following, "RUN_TIMEOUT", timedelta(seconds=0.05))
    studio.first.script.gate("follow")

    job = await studio.finished()

    assert (job.status, job.failure) == ("failed", "timeout")
    assert studio.first.cancels == studio.first.submits
    assert await studio.funds() == (100, 0)
    # It may finish all the same, and then the provider wants its money.
    [attempt] = await studio.attempts(job.id)
    assert attempt.cost_usd_micros == 4 * COST_USD_MICROS


async def test_work_that_can_be_shown_nowhere_is_given_back_and_kept(studio):
    studio.delivery.script.will("deliver", Undeliverable("everything is gone"))

    job = await studio.finished(count=2)

    assert (job.status, job.failure, job.delivered) == ("failed", "undeliverable", 0)
    assert await studio.funds() == (100, 0)
    view = await studio.services.work.find_shown(studio.origin(), job.id)
    files = await studio.services.work.files_of(view, limit_bytes=LIMIT)
    assert [file.data for file in files] == [
        await marked(studio, "teal"),
        await marked(studio, "orange"),
    ]


async def test_failure_that_can_be_shown_nowhere_ends_the_job(studio):
    studio.first.script.will("submit", ProviderRejected("no"))
    studio.delivery.script.will("deliver", Undeliverable("everything is gone"))

    job = await studio.finished()

    assert (job.status, job.failure) == ("failed", "rejected")
    assert await studio.funds() == (100, 0)


async def test_delivery_that_is_put_off_is_repeated(studio):
    studio.delivery.script.will("deliver", NotNow("rate limited"))

    job = await studio.finished()

    assert (job.status, job.delivered) == ("done", 4)
    assert len(studio.delivery.posted) == 1


async def test_work_too_large_for_its_place_is_delivered_in_smaller_files(studio):
    studio.delivery.script.will("deliver", TooLarge("413"))

    job = await studio.finished(origin=studio.origin(file_limit_bytes=50_000_000))

    assert (job.status, job.delivered) == ("done", 4)


async def test_work_too_large_for_every_place_is_given_back_and_told(studio):
    studio.delivery.script.will("deliver", TooLarge("413"), TooLarge("413"))

    job = await studio.finished(origin=studio.origin(file_limit_bytes=50_000_000))

    assert (job.status, job.failure, job.delivered) == ("failed", "undeliverable", 0)
    assert studio.delivery.outcome(job.id).view.failure == "undeliverable"
    assert await studio.funds() == (100, 0)


async def test_next_in_line_are_told_that_they_moved_up(studio):
    in_one_slot = [await studio.accepted(count=1) for _ in range(9)][::3]

    await studio.render(in_one_slot[0])

    # The second starts at once and says so itself.
    assert [(view.id, view.ahead) for view in studio.delivery.shown] == [(in_one_slot[2], 1)]


async def test_free_work_needs_no_hold(studio):
    parent = await studio.finished()
    picked = await studio.services.making.pick(studio.origin(), parent.id, 2)

    job = await studio.render(picked.view.id)

    assert (job.status, job.price, job.delivered) == ("done", 0, 1)
    [file] = studio.delivery.outcome(job.id).files
    assert file.data == await marked(studio, "orange")


async def test_picked_picture_that_is_gone_everywhere_fails(studio):
    parent = await studio.finished(count=1)
    picked = await studio.services.making.pick(studio.origin(), parent.id, 1)
    studio.lose_media()
    studio.delivery.script.will("reread", Undeliverable("deleted"))

    job = await studio.render(picked.view.id)

    assert (job.status, job.failure) == ("failed", "no_pictures")
