"""ComfyUI's runs: how each is named, found, looked for and stopped; and where the server is.

That no test orders twice is seen to by the fixture: it holds the POSTs to what the test bought.
"""

import logging

import pytest
from structlog.testing import capture_logs

from bot.errors import (
    BadKey,
    ProviderDown,
    ProviderLost,
    ProviderRejected,
    SubmitUncertain,
)
from bot.providers._comfy_server import Server
from tests.standins import Fate
from tests.standins.answers import Answer
from tests.standins.comfyui_shop import (
    all_the_way,
    assert_clean,
    buy,
    follow,
    open_shop,
    reach,
    until,
)

NGINX = Answer(502, "<html>nginx</html>")


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def test_run_is_named_after_its_attempt(shop):
    provider = shop.connect()

    first = await buy(shop, provider, key="attempt-1")
    second = await buy(shop, provider, key="attempt-2")

    assert first["prompt_id"] == shop.order()["prompt_id"]
    assert first["prompt_id"] != second["prompt_id"]
    assert shop.url not in str(first)


@pytest.mark.parametrize("mints_ids", [False, True])
@pytest.mark.parametrize("place", ["start", "step", None])
async def test_lost_handle_is_found_wherever_its_run_is(shop, mints_ids, place):
    """Older servers choose the id themselves, so the name stands beside the order as well."""
    shop.mints_ids = mints_ids
    if place:
        shop.pause_at(place)
    provider = shop.connect()
    handle = await buy(shop, provider)
    if place is None:
        await follow(provider, handle)
    else:
        await reach(shop, place)
    assert (handle["prompt_id"] == shop.order()["prompt_id"]) is not mints_ids

    found = await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-1")

    assert found == handle
    with pytest.raises(ProviderDown):
        await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-2")


async def test_run_of_another_bot_with_the_same_key_is_not_taken_for_ours(shop):
    """Keys count from 1 in every database, and a machine may serve two bots."""
    await buy(shop, shop.connect(), prompt="somebody else's fox")

    with pytest.raises(ProviderDown):
        await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-1")


async def test_lost_handle_of_a_workflow_that_is_gone_stays_uncertain(shop):
    with pytest.raises(SubmitUncertain):
        await shop.connect().find("no-such-workflow", {}, key="attempt-1")


@pytest.mark.parametrize("run_id", ["null", '"../../queue"', "7", '""'])
async def test_answer_that_names_no_run_leaves_the_order_uncertain(shop, run_id):
    await shop.next_submit(Answer(200, f'{{"prompt_id": {run_id}}}'))

    with pytest.raises(SubmitUncertain):
        await buy(shop, shop.connect())


async def test_lost_answer_shows_no_address(shop):
    await shop.next_submit(Fate.LOST)

    with pytest.raises(SubmitUncertain) as caught:
        await buy(shop, shop.connect())

    assert_clean(shop, caught.value)


@pytest.mark.parametrize("knows_jobs", [True, False])
async def test_waiting_run_is_taken_out_of_the_queue(shop, knows_jobs):
    shop.knows_jobs = knows_jobs
    shop.pause_at("start")
    provider = shop.connect()
    handle = await buy(shop, provider)
    progress = provider.follow(handle)
    await anext(progress)

    await provider.cancel(handle)

    with pytest.raises(ProviderRejected, match="cancelled"):
        await until(progress, lambda change: False)
    assert shop.interrupts == 0


async def test_running_run_is_interrupted_at_an_older_server(shop):
    shop.knows_jobs = shop.obeys_target = False
    shop.hold_runs()
    provider = shop.connect()
    handle = await buy(shop, provider)
    await reach(shop, "step")

    await provider.cancel(handle)

    with pytest.raises(ProviderRejected, match="cancelled"):
        await follow(provider, handle)
    assert shop.interrupts == 1


async def test_run_of_somebody_else_is_never_interrupted(shop):
    """The oldest servers stop whatever is running, whomever the request names."""
    shop.knows_jobs = shop.obeys_target = False
    shop.hold_runs()
    provider = shop.connect()
    others = await buy(shop, shop.connect(), key="somebody-elses")
    await reach(shop, "step")
    ours = await buy(shop, provider, key="attempt-1")

    await provider.cancel(ours)

    assert shop.interrupts == 0
    with pytest.raises(ProviderRejected, match="cancelled"):
        await follow(provider, ours)
    shop.resume("step")
    assert len(await all_the_way(shop.connect(), others)) == 2


@pytest.mark.parametrize("knows_jobs", [True, False])
async def test_cancel_that_comes_too_late_stops_nothing(shop, knows_jobs):
    shop.knows_jobs = knows_jobs
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)

    await provider.cancel(handle)

    assert shop.interrupts == 0
    assert len(await provider.fetch(handle)) == 2


async def test_cancel_that_does_not_arrive_may_be_asked_again(shop):
    provider = shop.connect()
    handle = await buy(shop, provider)
    shop.next_answer(f"/api/jobs/{handle['prompt_id']}/cancel", NGINX)

    with pytest.raises(ProviderLost):
        await provider.cancel(handle)

    await provider.cancel(handle)


@pytest.mark.parametrize("answer", [NGINX, Answer(200, "<html>hello</html>"), Answer(200, "[]")])
async def test_look_that_is_answered_by_something_else_is_lost(shop, answer):
    provider = shop.connect()
    handle = await buy(shop, provider)
    shop.next_answer("/queue", answer)

    with pytest.raises(ProviderLost) as caught:
        await follow(provider, handle)

    assert_clean(shop, caught.value)
    assert (await follow(provider, handle))[-1].percent == 100


async def test_status_that_nobody_knows_counts_as_running(shop):
    shop.pause_at("step")
    provider = shop.connect()
    handle = await buy(shop, provider)
    run_id = handle["prompt_id"]
    body = f'{{"{run_id}": {{"outputs": {{}}, "status": {{"status_str": "dreaming"}}}}}}'
    shop.next_answer("/queue", *[Answer(200, "{}")] * 2)
    shop.next_answer(f"/history/{run_id}", *[Answer(200, body)] * 2)
    progress = provider.follow(handle)
    assert (await anext(progress)).percent < 99

    shop.resume("step")

    await until(progress, lambda change: change.percent == 100)
    await progress.aclose()


@pytest.mark.parametrize(
    "address",
    [
        "192.168.1.5:8188",
        "ftp://192.168.1.5",
        "http://",
        "http://192.168.1.5:port",
        "http://192.168.1.5:8188?token=fox-secret",
        "http://owner:fox-secret@192.168.1.5:8188",
    ],
)
async def test_malformed_address_is_a_bad_key_and_is_not_shown(shop, address, caplog):
    caplog.set_level(logging.DEBUG)
    handle = await buy(shop, shop.connect())
    provider = shop.connect(key=address)

    with capture_logs() as logged:
        with pytest.raises(BadKey) as caught:
            await provider.check()
        with pytest.raises(BadKey):
            await provider.submit(shop.endpoint, shop.inputs, key="attempt-1")
        with pytest.raises(ProviderLost):
            await provider.find(shop.endpoint, shop.inputs, key="attempt-1")
        with pytest.raises(ProviderLost):
            await follow(provider, handle)

    said = f"{caught.value!r} {caught.value.__context__!r} {caplog.text} {logged}"
    assert "fox-secret" not in said


@pytest.mark.parametrize(
    ("address", "url", "socket"),
    [
        ("http://10.0.0.5:8188", "http://10.0.0.5:8188/queue", "ws://10.0.0.5:8188/ws"),
        ("http://10.0.0.5:8188/", "http://10.0.0.5:8188/queue", "ws://10.0.0.5:8188/ws"),
        (
            "https://fox.example/comfy/",
            "https://fox.example/comfy/queue",
            "wss://fox.example/comfy/ws",
        ),
    ],
)
async def test_paths_are_appended_to_the_address(shop, address, url, socket):
    server = Server(shop.client(), address)

    assert (server.url("/queue"), server.socket_url) == (url, socket)


@pytest.mark.parametrize(
    "answer", [NGINX, Answer(401, ""), Answer(200, "{}"), Answer(200, "<html>hello</html>")]
)
async def test_check_says_when_something_else_answers(shop, answer):
    shop.next_answer("/system_stats", answer)

    with pytest.raises(ProviderDown):
        await shop.connect().check()
