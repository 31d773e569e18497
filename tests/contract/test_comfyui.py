"""How a run at ComfyUI is followed: by its WebSocket, and by polling where there is none.

That no test orders twice is seen to by the fixture: it holds the POSTs to what the test bought.
"""

import asyncio
import itertools

import pytest

from bot.errors import (
    ProviderLost,
    ProviderRejected,
)
from bot.providers._comfy_line import Line, Lines
from bot.providers._comfy_score import LARGEST_PREVIEW, Score
from bot.providers._comfy_server import Server
from tests.standins.comfyui_shop import (
    PATIENCE_S,
    all_the_way,
    assert_clean,
    buy,
    follow,
    open_shop,
    reach,
    until,
)

JPEG = b"\xff\xd8\xff\xe0 a small picture"
RUN = "run-1"
START = '{"type": "execution_start", "data": {"prompt_id": "run-1"}}'
LAZY = 10_000.0
"""A pace at which polling would never see the end of a test."""


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def test_socket_is_open_before_the_order_under_an_id_of_the_run(shop):
    provider = shop.connect()

    await buy(shop, provider, key="attempt-1")
    await buy(shop, provider, key="attempt-2")

    assert shop.was_socket_open_at_post == [True, True]
    names = [seen.query["clientId"] for seen in shop.asked("/ws")]
    assert names == [shop.order(0)["client_id"], shop.order(1)["client_id"]]
    assert names[0] != names[1]


async def test_first_frame_asks_for_previews_with_facts(shop):
    await all_the_way(shop.connect(), await buy(shop, shop.connect()))

    assert shop.flags[0] == {"type": "feature_flags", "data": {"supports_preview_metadata": True}}


async def test_end_of_a_run_is_heard_rather_than_polled(shop):
    provider = shop.connect(pace=LAZY)
    shop.pause_at("step")
    handle = await buy(shop, provider)
    changes = asyncio.create_task(follow(provider, handle))
    await reach(shop, "step")

    shop.resume("step")

    assert (await changes)[-1].percent == 100
    assert len(shop.asked("/ws")) == 1


async def test_success_without_history_is_not_the_end(shop):
    """The entry is written after `execution_success`; whoever fetched then would find nothing."""
    shop.pause_at("history")
    provider = shop.connect(pace=LAZY)
    handle = await buy(shop, provider)
    progress = provider.follow(handle)
    await until(progress, lambda change: change.percent == 99)
    with pytest.raises(ProviderLost):
        await provider.fetch(handle)

    shop.resume("history")

    last = await until(progress, lambda change: change.percent == 100)
    await progress.aclose()
    assert last.preview is None
    assert len(await provider.fetch(handle)) == 2


@pytest.mark.parametrize("has_facts", [True, False])
async def test_previews_of_both_kinds_come_along(shop, has_facts):
    shop.preview, shop.preview_facts = JPEG, has_facts
    shop.pause_at("step")
    provider = shop.connect(pace=LAZY)
    progress = provider.follow(await buy(shop, provider))

    change = await until(progress, lambda change: change.preview is not None)

    await progress.aclose()
    assert change.preview == JPEG
    assert 0 < change.percent < 99


async def test_previews_are_throttled():
    hurried, calm = (Score({}, run_id=RUN, preview_every_s=s) for s in (0, 3600))
    for score in (hurried, calm):
        score.place(None)
        score.hear(START)
        for number in range(3):
            score.see(b"\0\0\0\1\0\0\0\1" + JPEG + bytes([number]))

    assert hurried.progress.preview == JPEG + b"\2"
    assert calm.progress.preview == JPEG + b"\0"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\0\0\0\1",
        b"\0\0\0\1\0\0\0\1<html>",
        b"\0\0\0\3\0\0\0\2 1 some text",
        b"\0\0\0\4\xff\xff\xff\xff" + JPEG,
        b"\0\0\0\1\0\0\0\1" + JPEG + bytes(LARGEST_PREVIEW),
    ],
)
def test_frame_that_is_no_preview_shows_nothing(frame):
    score = Score({}, run_id=RUN)
    score.place(None)
    score.hear(START)

    score.see(frame)

    assert score.progress.preview is None


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "[]",
        "{",
        '{"type": 7}',
        '{"type": "progress", "data": []}',
        '{"type": "progress", "data": {"node": "1", "value": 1, "max": 0}}',
        '{"type": "progress", "data": {"node": "1", "value": "1", "max": null}}',
        '{"type": "progress_state", "data": {"nodes": {"1": 5}}}',
        '{"type": "execution_cached", "data": {"nodes": [5, null]}}',
        '{"type": "crystools.monitor", "data": {"cpu": 5}}',
    ],
)
def test_malformed_frame_says_nothing(frame):
    score = Score({"1": 1}, run_id=RUN)
    score.place(None)
    score.hear(START)

    score.hear(frame)

    assert (score.progress.percent, score.is_over, score.has_queue_moved) == (0, False, False)


async def test_large_preview_does_not_end_the_connection(shop):
    """aiohttp's client ends it at 4 MiB unless it is told otherwise."""
    shop.preview = JPEG + bytes(5 * 1024**2)
    shop.pause_at("history")
    provider = shop.connect(pace=LAZY)
    progress = provider.follow(await buy(shop, provider))

    await until(progress, lambda change: change.percent == 99)

    await progress.aclose()
    assert len(shop.asked("/ws")) == 1


async def test_percent_over_several_nodes_never_goes_back():
    score = Score({"1": 1, "2": 10, "3": 10}, run_id=RUN)
    score.place(None)
    score.hear(START)
    told = []
    for frame in (
        '{"type": "executing", "data": {"node": "1"}}',
        '{"type": "executing", "data": {"node": "2"}}',
        '{"type": "progress", "data": {"node": "2", "value": 5, "max": 10}}',
        '{"type": "progress_state", "data": {"nodes": {"2": {"value": 9, "max": 10}}}}',
        '{"type": "executing", "data": {"node": "3"}}',
        '{"type": "progress", "data": {"node": "3", "value": 10, "max": 10}}',
        '{"type": "progress", "data": {"node": "3", "value": 1, "max": 10}}',
        '{"type": "progress_state", "data": {"nodes": {"3": {"state": "finished"}}}}',
    ):
        score.hear(frame)
        told.append(score.progress.percent)

    assert told == sorted(told)
    assert told[4] > told[2] > told[0]
    assert told[-1] == 99


async def test_lost_socket_falls_back_to_polling_and_is_opened_again(shop):
    shop.drops_at_step = True
    shop.pause_at("step")
    provider = shop.connect()
    progress = provider.follow(await buy(shop, provider))
    changes = asyncio.create_task(until(progress, lambda change: change.percent == 100))
    await asyncio.wait_for(shop.shows(lambda: len(shop.asked("/ws")) > 1), PATIENCE_S)

    shop.resume("step")

    assert (await changes).percent == 100
    await progress.aclose()
    assert len({seen.query["clientId"] for seen in shop.asked("/ws")}) == 1


async def test_run_is_followed_by_polling_alone_where_sockets_do_not_pass(shop):
    shop.has_socket = False
    shop.pause_at("step")
    provider = shop.connect()
    handle = await buy(shop, provider)
    progress = provider.follow(handle)
    assert (await until(progress, lambda change: change.percent is not None)).percent == 0

    shop.resume("step")

    await until(progress, lambda change: change.percent == 100)
    await progress.aclose()
    assert shop.was_socket_open_at_post == [False]
    assert len(await provider.fetch(handle)) == 2


async def test_another_process_tells_the_place_in_the_queue(shop):
    shop.pause_at("start")
    others = [await shop.queue_other(), await shop.queue_other()]
    handle = await buy(shop, shop.connect())
    await shop.queue_other()
    provider = shop.connect()
    progress = provider.follow(handle)

    first = await anext(progress)
    await shop.dequeue(others[0])
    second = await until(progress, lambda change: change.position != first.position)
    shop.resume("start")
    rest = [change async for change in progress]

    assert (first.position, second.position) == (2, 1)
    assert rest[-1].percent == 100
    assert not [c for c in itertools.dropwhile(lambda c: c.percent is None, rest) if c.position]


async def test_run_that_a_restarted_server_forgot_is_rejected(shop):
    shop.pause_at("step")
    provider = shop.connect()
    handle = await buy(shop, provider)
    progress = provider.follow(handle)
    await anext(progress)
    await reach(shop, "step")

    shop.restart()

    with pytest.raises(ProviderRejected, match="knows nothing") as caught:
        await until(progress, lambda change: False)
    with pytest.raises(ProviderRejected, match="knows nothing"):
        await provider.fetch(handle)
    assert_clean(shop, caught.value)


async def test_socket_that_nobody_follows_is_hung_up(shop):
    line = Line(Server(shop.client(), shop.url).socket_url, "somebody", Score({}, run_id=RUN))
    await line.open()
    await asyncio.wait_for(shop.shows(lambda: "somebody" in shop.sockets), PATIENCE_S)

    Lines(keep_s=0).keep("run-1", line)

    await asyncio.wait_for(shop.shows(lambda: not shop.sockets), PATIENCE_S)
    await line.close()
    assert not line.is_live
