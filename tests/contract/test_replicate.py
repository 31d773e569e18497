"""What only Replicate does: how runs are ordered, asked about and found, and where the key goes.

That no test buys twice is seen to by the fixture: it holds the POSTs to what the test bought.
"""

import asyncio
import json
import logging

import pytest

from bot.config import Settings
from bot.errors import (
    BadKey,
    EndpointGone,
    ProviderBusy,
    ProviderDown,
    ProviderLost,
    SubmitUncertain,
)
from bot.providers import Setup, replicate
from bot.providers.replicate import Pace, connect
from tests.standins import KEY
from tests.standins.answers import Answer
from tests.standins.replicate_runs import VERSION, Outcome, draw
from tests.standins.replicate_shop import (
    NGINX,
    NO_TOKEN,
    SHORT_S,
    all_the_way,
    assert_clean,
    buy,
    follow,
    open_shop,
    patience_for,
    size_of,
)
from tests.standins.replicate_wire import Oddity

COMMUNITY = "nightmareai/real-esrgan"
UPSCALE = {"image": "https://127.0.0.1/fox.png", "scale": 2}
NEVER = Pace(quickest_s=600.0, slowest_s=600.0)


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def _order(shop, provider, endpoint, inputs):
    shop.bought += 1
    return await provider.submit(endpoint, inputs, key="attempt-1")


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        ("black-forest-labs/flux-dev", "/v1/models/black-forest-labs/flux-dev/predictions"),
        ("deployment:mia/fox-farm", "/v1/deployments/mia/fox-farm/predictions"),
    ],
)
async def test_order_holds_the_inputs_alone_and_asks_for_no_wait(shop, endpoint, path):
    await buy(shop, shop.connect(), endpoint=endpoint)

    (sent,) = shop.seen
    assert (sent.method, sent.path, sent.query) == ("POST", path, {})
    assert json.loads(sent.body) == {"input": shop.inputs}
    assert sent.headers["Content-Type"] == "application/json"
    assert "Prefer" not in sent.headers
    assert sent.has_key


async def test_pinned_version_is_ordered_without_asking_for_it(shop):
    await _order(shop, shop.connect(), f"{COMMUNITY}:{VERSION}", UPSCALE)

    (sent,) = shop.seen
    assert sent.path == "/v1/predictions"
    assert json.loads(sent.body) == {"version": VERSION, "input": UPSCALE}


async def test_newest_version_is_asked_for_once_an_hour(shop, monkeypatch):
    provider = shop.connect()
    for _ in range(2):
        await _order(shop, provider, f"{COMMUNITY}:latest", UPSCALE)
    first = [seen.path for seen in shop.asked("model")]
    monkeypatch.setattr(replicate, "VERSION_LASTS_S", 0.0)
    provider = shop.connect()
    for _ in range(2):
        await _order(shop, provider, f"{COMMUNITY}:latest", UPSCALE)

    assert first == [f"/v1/models/{COMMUNITY}"]
    assert len(shop.asked("model")) == 3
    assert {json.loads(seen.body)["version"] for seen in shop.asked("submit")} == {VERSION}


async def test_newest_version_that_is_gone_is_asked_for_again(shop):
    provider = shop.connect()
    await _order(shop, provider, f"{COMMUNITY}:latest", UPSCALE)
    shop.version = "0" * 64

    with pytest.raises(ProviderDown, match="version does not exist") as caught:
        await _order(shop, provider, f"{COMMUNITY}:latest", UPSCALE)
    await _order(shop, provider, f"{COMMUNITY}:latest", UPSCALE)

    assert type(caught.value) is ProviderDown
    assert [json.loads(seen.body)["version"] for seen in shop.asked("submit")] == [
        VERSION,
        VERSION,
        "0" * 64,
    ]


async def test_pinned_version_that_is_gone_is_an_endpoint_that_is_gone(shop):
    shop.version = "0" * 64

    with pytest.raises(EndpointGone, match="version does not exist"):
        await _order(shop, shop.connect(), f"{COMMUNITY}:{VERSION}", UPSCALE)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answer(200, '{"latest_version": null}'), EndpointGone),
        (Answer(200, '{"latest_version": {"id": "../account"}}'), EndpointGone),
        (Answer(200, "[]"), ProviderDown),
        (Answer(200, "<html>"), ProviderDown),
        (Answer(302, "", {"Location": "/elsewhere"}), ProviderDown),
        (Answer(401, NO_TOKEN), BadKey),
        (Answer(404, '{"detail": "The requested resource could not be found."}'), EndpointGone),
        (Answer(429, '{"detail": "Your rate limit resets in ~30s."}'), ProviderDown),
        (NGINX, ProviderDown),
        (Oddity.HANGING, ProviderDown),
        (Oddity.HANG_UP, ProviderDown),
    ],
)
async def test_version_that_cannot_be_learnt_is_never_ordered(shop, fault, expected):
    # The package asks ten times when it is throttled, which takes it longer than this.
    shop.always("model", fault)
    is_slow = isinstance(fault, Answer) and fault.status == 429
    provider = shop.connect(patience_s=SHORT_S if is_slow else patience_for(fault))

    with pytest.raises(expected) as caught:
        await provider.submit(f"{COMMUNITY}:latest", UPSCALE, key="attempt-1")

    assert type(caught.value) is expected
    assert_clean(caught.value)
    assert shop.paid_posts == 0


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "flux-dev",
        "a/b/c",
        "../account",
        "a/..",
        "a/b?x=1",
        "a/b#c",
        "a/b:newest",
        "a/b:",
        f"a/b:{VERSION}\n",
        "deployment:a/b:latest",
        "deployment:a",
        "https://a/b",
    ],
)
async def test_endpoint_that_is_none_is_never_asked_for(shop, endpoint):
    with pytest.raises(EndpointGone, match="catalog"):
        await shop.connect().submit(endpoint, shop.inputs, key="attempt-1")

    assert shop.seen == []


@pytest.mark.parametrize("run_id", ["../account", "a?b", "a/b", "", "x" * 101, None, 7, "ä", "a\n"])
async def test_run_id_that_would_change_an_address_is_no_run(shop, run_id):
    shop.create_extra = {"id": run_id}

    with pytest.raises(SubmitUncertain):
        await buy(shop, shop.connect())


@pytest.mark.parametrize(
    "extra",
    [
        {"version": None},
        {"status": "aborted"},
        {"status": "processing", "output": ["https://127.0.0.1/half.png"]},
        {"urls": {"get": None}},
        {"error": {"code": 7}},
        {"model": None},
    ],
)
async def test_order_answered_in_a_shape_the_package_rejects_is_a_run_all_the_same(shop, extra):
    shop.create_extra = extra
    provider = shop.connect()

    outputs = await all_the_way(provider, await buy(shop, provider))

    assert [size_of(output) for output in outputs] == shop.sizes


async def test_base_url_may_end_as_people_write_it(shop):
    for url in (f"{shop.url}/", f"{shop.url}/v1", f"{shop.url}/v1/"):
        settings = Settings(replicate_base_url=url)
        setup = Setup(settings, shop.client(), shop.shelf.read, shop.shelf.take, KEY)
        provider = connect(setup)
        await provider.check()
        await buy(shop, provider)

    assert {seen.place for seen in shop.seen} == {"account", "submit"}


async def test_key_goes_to_the_api_alone(shop):
    elsewhere = f"{shop.files.url}/elsewhere"
    addresses = dict.fromkeys(("get", "cancel", "stream", "web"), elsewhere)
    shop.create_extra = {"urls": addresses}
    shop.outcome = Outcome(extra={"urls": addresses})
    shop.next_page = f"{shop.files.url}/v1/predictions?cursor=1"
    provider = shop.connect()
    handle = await buy(shop, provider)

    await all_the_way(provider, handle)
    await provider.cancel(handle)
    await provider.find(shop.endpoint, shop.inputs, key="attempt-1")

    api, files = (int(url.rpartition(":")[2]) for url in (shop.url, shop.files.url))
    assert {seen.port for seen in shop.seen if seen.has_key} == {api}
    assert [seen.place for seen in shop.seen if seen.port == files] == ["file", "file"]
    assert shop.asked("nowhere") == []


@pytest.mark.parametrize("place", ["look", "list", "cancel", "account", "upload"])
async def test_redirect_does_not_carry_the_key_away(shop, place):
    provider = shop.connect()
    handle = await buy(shop, provider)
    shop.always(place, Answer(302, "", {"Location": f"{shop.files.url}/elsewhere"}))
    ask = {
        "look": lambda: follow(provider, handle),
        "list": lambda: provider.find(shop.endpoint, shop.inputs, key="attempt-1"),
        "cancel": lambda: provider.cancel(handle),
        "account": provider.check,
        "upload": lambda: provider.upload(shop.shelf.keep(b"x")),
    }

    with pytest.raises((ProviderLost, ProviderDown)) as caught:
        await ask[place]()

    assert_clean(caught.value)
    assert shop.asked("nowhere") == []


async def test_token_and_address_of_the_environment_are_never_used(shop, monkeypatch):
    monkeypatch.setenv("REPLICATE_API_TOKEN", "nobodys-token")
    monkeypatch.setenv("REPLICATE_BASE_URL", shop.files.url)
    monkeypatch.setenv("HTTP_PROXY", shop.files.url)
    provider = shop.connect()

    await provider.check()
    await provider.upload(shop.shelf.keep(draw((16, 16), 1)))
    await all_the_way(provider, await buy(shop, provider))
    monkeypatch.setenv("REPLICATE_API_TOKEN", KEY)
    with pytest.raises(BadKey):
        await shop.connect(key="").check()

    api = int(shop.url.rpartition(":")[2])
    assert {seen.port for seen in shop.seen if seen.place != "file"} == {api}


async def test_key_is_in_no_log_and_no_error(shop, caplog):
    caplog.set_level(logging.DEBUG)
    provider = shop.connect()
    handle = await buy(shop, provider)
    shop.lose_looks()
    with pytest.raises(ProviderLost) as lost:
        await follow(shop.connect(patience_s=SHORT_S), handle)
    shop.find_looks()
    quoted = Answer(401, json.dumps({"title": "x", "detail": f"no user with Bearer {KEY}"}))
    shop.always("account", quoted)
    shop.always("upload", quoted)
    with pytest.raises(BadKey) as refused:
        await provider.check()
    with pytest.raises(BadKey) as not_uploaded:
        await provider.upload(shop.shelf.keep(b"x"))

    for caught in (lost, refused, not_uploaded):
        assert_clean(caught.value)
    assert KEY not in caplog.text
    assert KEY not in json.dumps(handle)


@pytest.mark.parametrize("key", ["", f"{KEY}\n", f"{KEY}\u2026", f"{KEY}\r\nX: y"])
async def test_key_that_no_header_can_carry_is_bad_and_loses_no_run(shop, key):
    handle = await buy(shop, shop.connect())
    provider = shop.connect(key=key)

    with pytest.raises(BadKey) as bad:
        await provider.check()
    with pytest.raises(ProviderLost) as lost:
        await follow(provider, handle)

    assert_clean(bad.value)
    assert_clean(lost.value)


async def test_adapter_made_without_a_loop_is_used_in_one(shop):
    provider = await asyncio.to_thread(shop.connect)

    await provider.check()
    outputs = await all_the_way(provider, await buy(shop, provider))

    assert [size_of(output) for output in outputs] == shop.sizes


async def test_busy_replicate_is_named_with_its_pause_and_sold_nothing(shop):
    await shop.next_submit(Answer(503, '{"detail": "busy"}', {"Retry-After": "11"}))

    with pytest.raises(ProviderBusy) as caught:
        await buy(shop, shop.connect())

    assert caught.value.retry_after_s == 11
    assert shop.runs == {}
