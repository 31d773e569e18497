"""Runs of others at the same ComfyUI: nothing of theirs is ever shown as ours, least a picture.

The server tells everybody of a run that was ordered without a client id.
"""

import asyncio
import json
import struct

import pytest

from bot.providers._comfy_score import Score
from tests.standins.comfyui_shop import PATIENCE_S, buy, open_shop, reach, until

OURS, THEIRS = "run-ours", "run-theirs"
JPEG = b"\xff\xd8\xff\xe0 our picture"
PRIVATE = b"\xff\xd8\xff\xe0 somebody else's private picture"
KINDS = ["with facts", "bare"]


def frame(kind, run_id, **data):
    return json.dumps({"type": kind, "data": {**data, "prompt_id": run_id}})


def preview(kind, picture, run_id):
    if kind == "bare":
        return struct.pack(">II", 1, 1) + picture
    facts = json.dumps({"node_id": "2", "prompt_id": run_id}).encode()
    return struct.pack(">II", 4, len(facts)) + facts + picture


THEIR_STEPS = [
    frame("progress_state", THEIRS, nodes={"2": {"value": 9, "max": 10}}),
    frame("progress", THEIRS, node="2", value=9, max=10),
    frame("executed", THEIRS, node="2"),
    frame("executing", THEIRS, node="2"),
    frame("execution_cached", THEIRS, nodes=["2"]),
    frame("executing", THEIRS, node=None),
]


@pytest.fixture
def score():
    return Score({"1": 1, "2": 9}, run_id=OURS, preview_every_s=0)


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


@pytest.mark.parametrize("frame_of_theirs", THEIR_STEPS)
@pytest.mark.parametrize("has_started", [True, False])
def test_frame_of_another_run_says_nothing(score, frame_of_theirs, has_started):
    score.place(None if has_started else 2)
    if has_started:
        score.hear(frame("execution_start", OURS))
        score.hear(frame("progress", OURS, node="2", value=1, max=10))
    before = score.progress

    score.hear(frame_of_theirs)

    assert score.progress == before
    assert not score.is_over


@pytest.mark.parametrize("kind", KINDS)
def test_picture_of_another_run_is_not_shown_before_ours_begins(score, kind):
    score.see(preview(kind, PRIVATE, THEIRS))
    score.hear(frame("execution_start", THEIRS))
    score.see(preview(kind, PRIVATE, THEIRS))

    # The queue may say that ours runs while frames from before are still on their way.
    score.place(None)
    score.see(preview(kind, PRIVATE, THEIRS))
    score.hear(frame("execution_start", OURS))

    assert score.progress.preview is None


def test_named_picture_of_another_run_is_not_shown_during_ours(score):
    score.hear(frame("execution_start", OURS))
    score.see(preview("with facts", JPEG, OURS))

    score.see(preview("with facts", PRIVATE, THEIRS))

    assert score.progress.preview == JPEG


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "sign",
    [
        frame("execution_start", THEIRS),
        frame("executing", THEIRS, node="2"),
        frame("progress_state", THEIRS, nodes={}),
        frame("executing", OURS, node=None),
        frame("execution_success", OURS),
        frame("execution_interrupted", OURS),
    ],
)
def test_picture_is_not_shown_once_ours_is_not_at_work(score, kind, sign):
    score.hear(frame("execution_start", OURS))
    score.see(preview(kind, JPEG, OURS))

    score.hear(sign)
    score.see(preview(kind, PRIVATE, THEIRS))

    assert score.progress.preview == JPEG


def test_bare_picture_is_not_shown_after_frames_were_missed(score):
    score.hear(frame("execution_start", OURS))

    score.lose_touch()
    score.see(preview("bare", PRIVATE, THEIRS))

    assert score.progress.preview is None


@pytest.mark.parametrize("facts", [b"{", b"[1", b"\xff"])
def test_picture_with_facts_that_cannot_be_read_is_not_shown(score, facts):
    score.hear(frame("execution_start", OURS))

    score.see(struct.pack(">II", 4, len(facts)) + facts + PRIVATE)

    assert score.progress.preview is None


def test_steps_without_a_name_count_only_after_ours_has_started(score):
    """Older servers name no run in them."""
    unnamed = '{"type": "progress", "data": {"node": "2", "value": 5, "max": 10}}'
    score.place(None)
    score.hear(unnamed)
    before = score.progress.percent

    score.hear(frame("execution_start", OURS))
    score.hear(unnamed)

    assert (before, score.progress.percent) == (0, 45)


@pytest.mark.parametrize("kind", KINDS)
def test_run_that_started_before_its_id_was_known_is_followed(kind):
    score = Score({"1": 1}, run_id="asked-for", preview_every_s=0)
    score.place(3)
    score.hear(frame("execution_start", OURS))

    score.name(OURS)
    score.see(preview(kind, JPEG, OURS))

    assert (score.progress.position, score.progress.preview) == (None, JPEG)


def test_same_id_as_asked_for_clears_nothing(score):
    score.hear(frame("execution_start", OURS))
    score.hear(frame("progress", OURS, node="2", value=5, max=10))

    score.name(OURS)

    assert score.progress.percent == 45


@pytest.mark.parametrize("has_facts", [True, False])
@pytest.mark.parametrize("mints_ids", [True, False])
async def test_private_picture_of_the_run_before_is_never_shown(shop, has_facts, mints_ids):
    shop.preview, shop.preview_facts, shop.mints_ids = JPEG, has_facts, mints_ids
    shop.pause_at("start")
    await shop.queue_other(front=True, preview=PRIVATE)
    provider = shop.connect()
    handle = await buy(shop, provider)
    progress = provider.follow(handle)
    told = [await anext(progress)]
    shop.pause_at("step")
    shop.resume("start")
    await reach(shop, "step")
    shop.resume("step")

    async with asyncio.timeout(PATIENCE_S):
        told += [change async for change in progress]

    assert told[-1].percent == 100
    assert PRIVATE not in [change.preview for change in told]


@pytest.mark.parametrize("mints_ids", [True, False])
async def test_steps_of_the_run_before_are_not_counted_as_ours(shop, mints_ids):
    shop.mints_ids = mints_ids
    shop.pause_at("start")
    shop.pause_at("history")
    await shop.queue_other(front=True, preview=PRIVATE)
    provider = shop.connect()
    handle = await buy(shop, provider)
    shop.resume("start")
    await reach(shop, "history")
    progress = provider.follow(handle)

    first = await anext(progress)
    shop.pause_at("step")
    shop.resume("history")
    halfway = await until(progress, lambda change: (change.percent or 0) > 30)

    await progress.aclose()
    assert (first.position, first.percent) == (1, None)
    assert halfway.percent < 60
