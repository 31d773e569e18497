"""What only fal.ai does: how its queue is asked, where the key goes, how runs are followed.

That no test buys twice is seen to by the fixture: it holds the POSTs to what the test bought.
"""

import asyncio
import json
import logging

import httpx
import pytest

from bot.errors import (
    BadKey,
    ProviderLost,
    ProviderRejected,
    SubmitUncertain,
)
from bot.providers import _fal_queue
from bot.providers._fal_queue import MOST_STREAMS
from tests.contract.fal_shop import (
    DONE,
    NGINX,
    NOT_SSE,
    SHORT_S,
    STREAMLESS,
    all_the_way,
    assert_clean,
    buy,
    follow,
    make,
    open_shop,
    percents_of,
    size_of,
)
from tests.standins import KEY
from tests.standins.answers import Answer
from tests.standins.fal_runs import State, bar, draw
from tests.standins.fal_wire import FAL_KEY, Oddity


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def test_submit_sends_the_inputs_themselves_once_with_the_key(shop):
    await buy(shop, shop.connect())

    (sent,) = shop.seen
    assert (sent.method, sent.path, sent.query) == ("POST", "/queue/fal-ai/flux/dev", {})
    assert json.loads(sent.body) == shop.inputs
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["Accept"] == "*/*"
    assert sent.has_key


@pytest.mark.parametrize(
    ("endpoint", "root"),
    [
        ("fal-ai/flux/dev", "fal-ai/flux"),
        ("fal-ai/flux-pro/v1.1-ultra", "fal-ai/flux-pro"),
        ("fal-ai/clarity-upscaler", "fal-ai/clarity-upscaler"),
        ("fal-ai/kling-video/v2.1/master/image-to-video", "fal-ai/kling-video"),
        ("comfy/fal-ai/dynamic-lora-loading", "comfy/fal-ai/dynamic-lora-loading"),
        ("workflows/mia/foxes/fast", "workflows/mia/foxes"),
    ],
)
async def test_sub_path_of_an_endpoint_is_only_in_the_submit(shop, endpoint, root):
    shop.always("stream", STREAMLESS)
    shop.script = [DONE]
    provider = shop.connect()
    handle = await buy(shop, provider, endpoint=endpoint)

    await follow(provider, handle)
    await provider.cancel(handle)

    paths = {seen.path.partition("/requests/")[0] for seen in shop.asked("status", "cancel")}
    assert paths == {f"/queue/{root}"}


async def test_looks_and_cancel_are_asked_as_fal_expects(shop):
    shop.next_answer("stream", NGINX)
    provider = shop.connect()
    handle = await buy(shop, provider)

    await follow(provider, handle)
    await provider.cancel(handle)
    await provider.fetch(handle)

    stream, status, cancel = (shop.asked(place)[0] for place in ("stream", "status", "cancel"))
    assert (stream.query, stream.headers["Accept"]) == ({"logs": "1"}, "text/event-stream")
    assert (status.method, status.query) == ("GET", {"logs": "true"})
    assert (cancel.method, cancel.body) == ("PUT", b"")
    assert cancel.headers["Content-Length"] == "0"
    assert all(one.has_key for one in (*shop.asked("result"), stream, status, cancel))


@pytest.mark.parametrize(
    "request_id", ["../../admin", "a?b", "a/b", "", " ", "x" * 101, None, 7, "ä", "a\n"]
)
async def test_run_id_that_would_change_an_address_is_no_run(shop, request_id):
    shop.submit_extra = {"request_id": request_id}

    with pytest.raises(SubmitUncertain):
        await buy(shop, shop.connect())


async def test_addresses_in_answers_are_not_used_and_the_key_goes_nowhere_else(shop):
    elsewhere = f"{shop.url}/elsewhere"
    shop.submit_extra = {
        "response_url": elsewhere,
        "status_url": elsewhere,
        "cancel_url": elsewhere,
    }

    await make(shop)

    with_key = {seen.place for seen in shop.seen if seen.has_key}
    assert shop.asked("nowhere") == []
    assert with_key == {"submit", "stream", "status", "result"}


@pytest.mark.parametrize("place", ["stream", "status", "result", "cancel"])
async def test_redirect_does_not_carry_the_key_away(shop, place):
    elsewhere = {"Location": f"{shop.url}/elsewhere"}
    shop.script = [DONE]
    provider = shop.connect()
    handle = await buy(shop, provider)
    shop.always(place, Answer(302, "", elsewhere))

    if place == "stream":
        await follow(provider, handle)
    else:
        shop.always("stream", STREAMLESS)
        with pytest.raises(ProviderLost):
            await (provider.cancel(handle) if place == "cancel" else all_the_way(provider, handle))

    assert shop.asked("nowhere") == []


async def test_other_credentials_of_the_host_are_never_used(shop, monkeypatch, tmp_path):
    (tmp_path / "auth0_token").write_text("nobody")
    for name, value in {
        "FAL_KEY": "nobody:nothing",
        "FAL_KEY_ID": "nobody",
        "FAL_KEY_SECRET": "nothing",
        "FAL_FORCE_AUTH_BY_USER": "1",
        "FAL_HOME_DIR": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    provider = shop.connect()

    await provider.check()
    await provider.upload(shop.shelf.keep(draw((16, 16), 1)))
    await all_the_way(provider, await buy(shop, provider))

    assert all(seen.has_key for seen in shop.asked("token", "submit", "stream", "result"))


async def test_key_is_in_no_log_and_no_error(shop, caplog):
    caplog.set_level(logging.DEBUG)
    provider = shop.connect()
    handle = await buy(shop, provider)
    shop.lose_looks()
    with pytest.raises(ProviderLost) as lost:
        await follow(shop.connect(patience_s=SHORT_S), handle)
    shop.find_looks()
    shop.always("token", Answer(401, json.dumps({"detail": f"no user {FAL_KEY}"})))
    with pytest.raises(BadKey) as refused:
        await provider.upload(shop.shelf.keep(b"x"))

    for caught in (lost, refused):
        assert_clean(caught.value)
    assert KEY not in caplog.text
    assert FAL_KEY.partition(":")[0] not in caplog.text


async def test_key_that_no_header_can_carry_loses_no_run(shop):
    handle = await buy(shop, shop.connect())
    provider = shop.connect(key=f"id:{KEY}\u2026", patience_s=SHORT_S)

    with pytest.raises(ProviderLost) as caught:
        await follow(provider, handle)

    assert_clean(caught.value)


async def test_adapter_made_without_a_loop_is_used_in_one(shop):
    provider = await asyncio.to_thread(shop.connect)

    await provider.check()
    await provider.upload(shop.shelf.keep(draw((16, 16), 1)))
    outputs = await all_the_way(provider, await buy(shop, provider))

    assert [size_of(output) for output in outputs] == shop.sizes


async def test_completion_is_noticed_without_asking(shop):
    shop.hold_runs()
    provider = shop.connect()
    handle = await buy(shop, provider)
    progress = provider.follow(handle)
    changes = [await anext(progress)]

    shop.release_runs()
    changes += [change async for change in progress]

    assert changes[-1].percent == 100
    assert len(shop.asked("stream")) == 1
    assert shop.asked("status") == []


async def test_places_and_percents_are_told_as_they_change(shop):
    changes = await _changes(shop)

    assert [change.position for change in changes] == [1, 0, None, None, None]
    assert percents_of(changes) == [25, 75, 100]
    assert changes[2].log_line.startswith("25%|██")
    assert changes[2].log_line.endswith("| 7/28 [00:01<00:02, 9.87it/s]")


async def test_streamed_and_asked_runs_tell_the_same(shop):
    streamed = await _changes(shop)
    shop.always("stream", STREAMLESS)

    asked = await _changes(shop)

    assert asked == streamed
    assert len(shop.asked("status")) == 5


async def _changes(shop):
    provider = shop.connect()
    return await follow(provider, await buy(shop, provider))


@pytest.mark.parametrize(
    ("lines", "percents"),
    [
        ([bar(14), bar(7)], [50, 100]),
        (["  0%|          | 0/28", bar(28)], [99, 100]),
        ([f"\r{bar(3)}\r{bar(7)}"], [25, 100]),
        (["Step 3/12", "step 6 of 12"], [25, 50, 100]),
        (["step 3/0", "999%|x|", "100% sure", "12/28"], [99, 100]),
        (["", "  "], [100]),
    ],
)
async def test_percent_is_read_from_log_lines_and_never_falls(shop, lines, percents):
    shop.script = [*(State("IN_PROGRESS", logs=[line]) for line in lines), DONE]

    told = percents_of(await _changes(shop))

    assert sorted(set(told)) == percents
    assert told == sorted(told)


async def test_log_line_is_one_bounded_printable_line(shop):
    shop.script = [State("IN_PROGRESS", logs=["a\x1b[2K\nb\u202e" + "c" * 5000]), DONE]

    line = (await _changes(shop))[0].log_line

    assert line.startswith("a [2K b c")
    assert line.isprintable()
    assert len(line) <= 200


async def test_state_that_repeats_is_told_once(shop):
    shop.script = [State("IN_QUEUE", position=1)] * 3 + [State("IN_PROGRESS")] * 3 + [DONE]

    changes = await _changes(shop)

    assert [(change.position, change.percent) for change in changes] == [
        (1, None),
        (None, None),
        (None, 100),
    ]


async def test_run_may_go_back_into_the_queue(shop):
    shop.script = [
        State("IN_PROGRESS", logs=[bar(14)]),
        State("IN_QUEUE", position=3),
        State("IN_PROGRESS", logs=[bar(7)]),
        DONE,
    ]

    changes = await _changes(shop)

    assert [(change.position, change.percent) for change in changes] == [
        (None, 50),
        (3, None),
        (None, 50),
        (None, 100),
    ]


@pytest.mark.parametrize(
    "fault", [Oddity.CUT, Oddity.HANG_UP, Oddity.UNKNOWN_STATE, NGINX, Answer(429, "{}")]
)
async def test_stream_that_breaks_or_is_refused_is_asked_around_and_opened_again(shop, fault):
    shop.next_answer("stream", fault)

    changes = await _changes(shop)

    assert changes[-1].percent == 100
    assert len(shop.asked("stream")) <= 2
    assert len(shop.asked("status")) <= 1


@pytest.mark.parametrize(
    ("fault", "patched"),
    [(Oddity.SILENT, "FIRST_WORD_S"), (Oddity.HALF_SILENT, "SILENCE_S")],
)
async def test_stream_that_falls_silent_is_asked_around(shop, fault, patched, monkeypatch):
    monkeypatch.setattr(_fal_queue, patched, 0.1)
    shop.next_answer("stream", fault)

    changes = await _changes(shop)

    assert changes[-1].percent == 100
    assert len(shop.asked("stream")) == 2


async def test_run_whose_streams_say_nothing_is_only_asked_about(shop, monkeypatch):
    monkeypatch.setattr(_fal_queue, "FIRST_WORD_S", 0.05)
    shop.always("stream", Oddity.SILENT)
    shop.script = [State("IN_QUEUE", position=n) for n in range(5)] + [DONE]

    changes = await _changes(shop)

    assert changes[-1].percent == 100
    assert len(shop.asked("stream")) == 3
    assert len(shop.asked("status")) == 6


async def test_stream_that_has_spoken_is_opened_again_however_often_it_breaks(shop):
    shop.always("stream", Oddity.CUT)
    shop.script = [*(State("IN_PROGRESS", logs=[bar(n)]) for n in range(9)), DONE]

    changes = await _changes(shop)

    assert changes[-1].percent == 100
    assert (len(shop.asked("stream")), len(shop.asked("status"))) == (5, 5)


async def test_streams_that_break_at_once_are_not_hammered(shop):
    shop.always("stream", Oddity.CUT)
    shop.seconds = 0.6

    changes = await _changes(shop)

    assert changes[-1].percent == 100
    assert len(shop.asked("stream", "status")) <= 2 * 8


@pytest.mark.parametrize("refusal", [STREAMLESS, Answer(404, "{}"), NOT_SSE])
async def test_endpoint_without_a_stream_is_asked_about_at_a_growing_pace(
    shop, refusal, monkeypatch
):
    monkeypatch.setattr(_fal_queue, "LOOK_PER_WAITED", 1.0)
    shop.always("stream", refusal)
    shop.seconds = 1.0
    provider = shop.connect()

    for _ in range(2):
        changes = await follow(provider, await buy(shop, provider))
        assert changes[-1].percent == 100

    assert len(shop.asked("stream")) == 1
    assert len(shop.asked("status")) <= 2 * 6


async def test_unknown_run_does_not_cost_its_endpoint_the_stream(shop):
    provider = shop.connect()
    with pytest.raises(ProviderRejected, match="does not know"):
        await follow(provider, {"endpoint": shop.endpoint, "request_id": "nobodys"})

    await follow(provider, await buy(shop, provider))

    assert len(shop.asked("stream")) == 2


async def test_two_hundred_runs_are_followed_at_once_by_few_streams(shop):
    shop.seconds = 1.0
    limits = httpx.Limits(max_connections=MOST_STREAMS + 20)
    provider = shop.connect_with(shop.client(limits=limits))
    handles = [await buy(shop, provider) for _ in range(200)]

    changes = await asyncio.gather(*(follow(provider, handle) for handle in handles))

    assert {told[-1].percent for told in changes} == {100}
    assert shop.most_streams <= MOST_STREAMS
    assert len(shop.asked("status")) <= 3 * 160


async def test_runs_that_are_asked_about_share_one_pace(shop, monkeypatch):
    monkeypatch.setattr(_fal_queue, "MOST_LOOKS_PER_S", 10)
    shop.always("stream", STREAMLESS)
    shop.seconds = 0.9
    provider = shop.connect()
    handles = [await buy(shop, provider) for _ in range(10)]

    await asyncio.gather(*(follow(provider, handle) for handle in handles))

    assert len(shop.asked("status")) <= 10 * 3


async def test_follow_that_is_given_up_closes_its_stream(shop):
    shop.hold_runs()
    provider = shop.connect()
    progress = provider.follow(await buy(shop, provider))
    await anext(progress)

    await progress.aclose()

    await asyncio.wait_for(shop.no_streams.wait(), 10)
    assert provider._queue.streams == provider._queue.followers == 0


@pytest.mark.parametrize(
    "fault",
    [
        Oddity.HANGING,
        Oddity.HANG_UP,
        Oddity.NO_LOGS,
        Oddity.UNKNOWN_STATE,
        NGINX,
        Answer(200, "[]"),
        Answer(200, "null"),
        Answer(200, "not json"),
        Answer(200, '{"status": "IN_QUEUE"}'),
        Answer(200, "[" * 100_000),
        Answer(401, '{"detail": "No user found for Key ID and Secret"}'),
        Answer(403, '{"detail": "User is locked. Reason: Exhausted balance."}'),
        Answer(404, "<html>not found</html>"),
        Answer(408, ""),
        Answer(429, ""),
        Answer(500, '{"detail": "Internal Server Error"}'),
    ],
)
async def test_look_that_fails_loses_no_run(shop, fault):
    shop.always("stream", STREAMLESS)
    shop.script = [DONE]
    handle = await buy(shop, shop.connect())
    shop.always("status", fault)

    with pytest.raises(ProviderLost) as caught:
        await follow(shop.connect(patience_s=SHORT_S), handle)

    assert_clean(caught.value)
    shop.always("status", None)
    assert (await follow(shop.connect(), handle))[-1].percent == 100
