"""How runs at CivitAI are followed, where the key goes, and that the stand-in is CivitAI's like.

That no test buys twice, breaks CivitAI's schemas or leaks the key to its files is seen to by the
fixture.
"""

import asyncio
import json
import logging

import pytest

from bot.config import load_settings, secret
from bot.errors import (
    BadKey,
    ProviderDown,
    ProviderLost,
    ProviderRejected,
)
from bot.providers import connect_all
from bot.providers._protocol import Progress
from bot.providers.civitai import Pace
from tests.standins import KEY
from tests.standins.answers import Answer
from tests.standins.civitai_runs import DONE, State, preparing, queued
from tests.standins.civitai_shop import (
    NGINX,
    SHORT_S,
    all_the_way,
    assert_clean,
    buy,
    follow,
    open_shop,
)
from tests.standins.civitai_wire import contracts, faults_in, faults_in_order

LORA = "urn:air:flux1:lora:civitai:200001@300001"
needs_contract = pytest.mark.skipif(contracts() is None, reason="no OpenAPI document at hand")


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def test_run_tells_of_downloads_places_and_percents_in_turn(shop):
    provider = shop.connect()

    changes = await follow(provider, await buy(shop, provider))

    assert changes == [
        Progress(),
        Progress(log_line="downloading a model: 40 %, about 12 s"),
        Progress(position=3),
        Progress(percent=20),
        Progress(percent=60),
        Progress(percent=100),
    ]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (
            preparing(None, ahead=2),
            Progress(log_line="waiting for a model's download, 2 before it"),
        ),
        (preparing(7.5), Progress(log_line="downloading a model: 100 %")),
        (preparing(0.5, eta=10**9), Progress(log_line="downloading a model: 50 %")),
        (State("scheduled", jobs=[queued(0)]), Progress(position=0)),
        (State("scheduled", jobs=[queued(-4)]), Progress()),
        (State("processing", {"estimatedProgressRate": 1.0}), Progress(percent=99)),
        (State("processing", {"estimatedProgressRate": "1"}), Progress()),
        (State("processing", {"jobs": None}), Progress()),
        (State("processing", {"jobs": [None, {"estimatedProgressRate": 10**400}]}), Progress()),
        (State("dreaming"), Progress()),
    ],
)
async def test_state_that_is_odd_or_unknown_is_still_running(shop, state, expected):
    shop.script = [state, DONE]
    provider = shop.connect()

    changes = await follow(provider, await buy(shop, provider))

    assert changes == [expected, Progress(percent=100)]


async def test_percents_never_fall_and_a_state_is_told_once(shop):
    rates = (0.5, 0.3, None, 0.5, 0.6)
    states = [State("processing", {"estimatedProgressRate": rate}) for rate in rates]
    shop.script = [*states, State("preparing"), State("scheduled"), DONE]
    provider = shop.connect()

    changes = await follow(provider, await buy(shop, provider))

    assert [change.percent for change in changes] == [50, 60, 100]


def test_looks_grow_rarer_the_longer_it_takes():
    pace = Pace()

    assert [pace.pause_s(waited) for waited in (0, 1, 10, 20, 3600)] == [0.5, 0.5, 1, 2, 3]


async def test_run_is_not_looked_at_again_before_the_pause_is_over(shop):
    patient = shop.connect(pace=Pace(quickest_s=3600, slowest_s=3600))
    progress = patient.follow(await buy(shop, patient))
    await anext(progress)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(progress), SHORT_S)

    assert len(shop.asked("look")) == 1


async def test_end_of_a_run_is_told_without_a_pause(shop):
    shop.script = [DONE]
    patient = shop.connect(pace=Pace(quickest_s=3600, slowest_s=3600))
    handle = await buy(shop, patient)

    changes = await asyncio.wait_for(follow(patient, handle), 20)

    assert changes == [Progress(percent=100)]


@pytest.mark.parametrize("place", ["look", "cancel"])
async def test_redirect_does_not_carry_the_key_away(shop, place):
    provider = shop.connect()
    handle = await buy(shop, provider)
    shop.always(place, Answer(308, "", {"Location": f"{shop.files_url}/elsewhere"}))

    with pytest.raises(ProviderLost):
        await (provider.cancel(handle) if place == "cancel" else follow(provider, handle))

    assert shop.asked("file") == []


async def test_key_is_in_no_log_no_error_and_no_handle(shop, caplog):
    caplog.set_level(logging.DEBUG)
    provider = shop.connect()
    handle = await buy(shop, provider)
    await all_the_way(provider, handle)
    shop.lose_looks()
    with pytest.raises(ProviderLost) as lost:
        await follow(shop.connect(patience_s=SHORT_S), handle)
    with pytest.raises(ProviderDown) as down:
        await provider.check()
    shop.find_looks()
    shop.always("upload", Answer(401, json.dumps({"detail": f"nobody has {KEY}"})))
    with pytest.raises(BadKey) as refused:
        await provider.upload(shop.shelf.keep(b"x"))

    for caught in (lost, down, refused):
        assert_clean(caught.value)
    assert KEY not in caplog.text
    assert KEY not in json.dumps(handle)


@pytest.mark.parametrize("letter", ["\u2026", "\n"])
async def test_key_that_no_header_can_carry_is_named_and_loses_no_run(shop, letter):
    handle = await buy(shop, shop.connect())
    provider = shop.connect(key=f"{KEY}{letter}x")

    with pytest.raises(ProviderLost) as lost:
        await follow(provider, handle)
    with pytest.raises(BadKey) as refused:
        await provider.check()
    with pytest.raises(BadKey) as unsent:
        await provider.submit(shop.endpoint, shop.inputs, key="attempt-2")

    for caught in (lost, refused, unsent):
        assert_clean(caught.value)


async def test_check_asks_the_website_who_we_are(shop):
    await shop.connect().check()

    (sent,) = shop.seen
    assert (sent.method, sent.path, sent.has_key) == ("GET", "/api/v1/me", True)


async def test_check_names_a_banned_account(shop):
    shop.library.account["status"] = "banned"

    with pytest.raises(BadKey, match="banned"):
        await shop.connect().check()


@pytest.mark.parametrize(
    "fault", [Answer(429, "{}"), Answer(503, "{}", {"Retry-After": "2"}), Answer(503, "")]
)
async def test_check_of_a_busy_website_says_that_it_is_down(shop, fault):
    """There is nothing to try again: the question was asked to learn whether somebody is there."""
    shop.always("me", fault)

    with pytest.raises(ProviderDown):
        await shop.connect().check()


@pytest.mark.parametrize("fault", [Answer(200, "<html>"), Answer(200, "{}"), NGINX])
async def test_check_takes_no_page_for_an_account(shop, fault):
    shop.always("me", fault)

    with pytest.raises(ProviderDown):
        await shop.connect().check()


async def test_environment_points_the_bot_of_another_process_here(shop, monkeypatch):
    monkeypatch.setenv("ENV_FILE", "")
    for name, value in shop.environment.items():
        monkeypatch.setenv(name, value)
    take = {"read_picture": shop.shelf.read, "keep_bytes": shop.shelf.take}
    found = connect_all(load_settings(), shop.client(), secret=secret, **take)

    await found["civitai"].check()
    handle = await buy(shop, found["civitai"])

    assert handle["workflow_id"] in shop.runs


@needs_contract
async def test_stand_in_tells_workflows_as_the_contract_has_them(shop):
    """In every state, so that what passes here was not shaped to fit the adapter."""
    shop.script = [*shop.script[:-1], DONE]
    provider = shop.connect()
    await buy(shop, provider)
    (run,) = shop.runs.values()
    for _ in range(len(shop.script)):
        run.look()
        blobs = [shop._blob_of(run, number, hides=True) for number in range(run.count)]

        assert faults_in(run.body(blobs), "Workflow") == {}
        assert faults_in(run.body(blobs)["steps"][0], "TextToImageStep") == {}


@needs_contract
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"width": 10}, "width"),
        ({"engine_of_mine": 1}, "engine_of_mine"),
        ({"seed": 2**32}, "seed"),
        ({"scheduler": "quick"}, "scheduler"),
    ],
)
async def test_stand_in_refuses_what_the_contract_refuses(shop, change, named):
    shop.bought += 1

    with pytest.raises(ProviderRejected):
        await shop.connect().submit(shop.endpoint, {**shop.inputs, **change}, key="attempt-1")

    (faults,) = shop.contract_faults
    assert any(named in place for place in faults)
    shop.contract_faults.clear()


@needs_contract
def test_samples_of_the_contract_are_orders():
    folder = contracts()
    assert folder is not None
    samples = json.loads((folder / "samples.json").read_text())

    for name in ("submit_request", "imageGen_flux1_sdcpp_request"):
        assert faults_in_order(samples[name]["body"]) == {}
