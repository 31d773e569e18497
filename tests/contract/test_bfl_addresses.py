"""Where runs at Black Forest Labs are asked about, and where the key goes.

That no test buys twice is seen to by the fixture: it holds the POSTs to what the test bought.
"""

import json
import logging

import httpx
import pytest

from bot.config import Settings
from bot.errors import BadKey, ProviderDown, ProviderLost, ProviderRejected, SubmitUncertain
from bot.providers import Setup, bfl
from bot.providers._bfl_looks import Looks
from tests.contract.fal_shop import assert_clean, size_of
from tests.standins import KEY, Shelf
from tests.standins.answers import Answer
from tests.standins.bfl import IMPATIENT, QUICK
from tests.standins.bfl_shop import all_the_way, buy, follow, make, open_shop


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def test_run_is_asked_about_where_its_order_said(shop):
    provider = shop.connect()

    await all_the_way(provider, await buy(shop, provider))

    looks = shop.asked("look")
    assert len(looks) == len(shop.script) + 1
    assert all(look.has_key and look.method == "GET" for look in looks)
    assert shop.asked("guess") == []


@pytest.mark.parametrize(
    "polling_url",
    [
        "{files}/v1/get_result?id=run-1",
        "https://api.bfl.ai/v1/get_result?id=run-1",
        "https://api.bfl.ai.evil.example/v1/get_result?id=run-1",
        "http://127.0.0.1:1/v1/get_result?id=run-1",
        "//127.0.0.1/v1/get_result?id=run-1",
        "{mia_at_url}/v1/get_result?id=run-1",
        "{url}/cluster-7/v1/get_result?id=run-1&key=" + KEY,
        "{url}/" + "x" * 2000,
        "http://127.0.0.1:port/v1/get_result",
        "https://xn--a.bfl.ai/v1/get_result?id=run-1",
        "v1/get_result?id=run-1",
        "",
        None,
        7,
        ...,
    ],
)
async def test_run_with_an_address_elsewhere_is_kept_and_asked_about_at_home(shop, polling_url):
    if isinstance(polling_url, str):
        mia_at_url = shop.url.replace("http://", "http://mia:pw@")
        polling_url = polling_url.format(url=shop.url, files=shop.files_url, mia_at_url=mia_at_url)
    shop.submit_extra = {"polling_url": polling_url}
    provider = shop.connect()
    handle = await buy(shop, provider)

    outputs = await all_the_way(provider, handle)

    assert [size_of(output) for output in outputs] == shop.sizes
    assert shop.asked("look", "stranger", "nowhere") == []
    assert {look.path for look in shop.asked("guess")} == {"/v1/get_result"}
    assert KEY not in json.dumps(handle)


async def test_handle_of_another_base_address_is_asked_about_at_home(shop):
    provider = shop.connect()
    handle = await buy(shop, provider)
    elsewhere = {**handle, "polling_url": f"{shop.files_url}/v1/get_result?id={handle['id']}"}

    outputs = await all_the_way(provider, elsewhere)

    assert [size_of(output) for output in outputs] == shop.sizes
    assert shop.asked("stranger") == []


@pytest.mark.parametrize("run_id", ["run-1&id=run-2", "../credits", "a b", "ä#?"])
async def test_id_of_a_run_changes_no_address(shop, run_id):
    shop.submit_extra = {"id": run_id, "polling_url": None}
    provider = shop.connect(pace=IMPATIENT)
    handle = await buy(shop, provider)

    with pytest.raises(ProviderRejected, match="does not know this run"):
        await follow(provider, handle)

    (guess,) = shop.asked("guess")
    assert (guess.path, guess.query) == ("/v1/get_result", {"id": run_id})


@pytest.mark.parametrize("run_id", [None, "", 7, {}, "x" * 201, ...])
async def test_run_without_id_is_found_by_its_address_alone(shop, run_id):
    shop.submit_extra = {"id": run_id}

    outputs = await make(shop)

    assert [size_of(output) for output in outputs] == shop.sizes


@pytest.mark.parametrize("run_id", [None, "", 7, {}, "x" * 201, ...])
async def test_answer_that_names_no_run_leaves_it_uncertain(shop, run_id):
    shop.submit_extra = {"id": run_id, "polling_url": None}

    with pytest.raises(SubmitUncertain):
        await buy(shop, shop.connect())


@pytest.mark.parametrize(
    ("base_url", "polling_url", "is_taken"),
    [
        ("https://api.bfl.ai", "https://api.bfl.ai/v1/get_result?id=1", True),
        ("https://api.bfl.ai", "https://api.eu1.bfl.ai/v1/get_result?id=1", True),
        ("https://api.eu.bfl.ai", "https://API.EU4.bfl.ai:443/v1/get_result?id=1", True),
        ("https://proxy.example", "https://proxy.example/v1/get_result?id=1", True),
        ("https://api.bfl.ai", "http://api.eu1.bfl.ai/v1/get_result?id=1", False),
        ("https://api.bfl.ai", "http://api.bfl.ai/v1/get_result?id=1", False),
        ("https://api.bfl.ai", "https://api.bfl.ai:8443/v1/get_result?id=1", False),
        ("https://api.bfl.ai", "https://evilbfl.ai/v1/get_result?id=1", False),
        ("https://api.bfl.ai", "https://api.bfl.ai.example/v1/get_result?id=1", False),
        ("https://api.bfl.ai", "https://api.bfl.ai@evil.example/v1/get_result", False),
        ("https://api.bfl.ai", "https://mia@api.bfl.ai/v1/get_result?id=1", False),
        ("https://proxy.example", "https://api.bfl.ai/v1/get_result?id=1", False),
    ],
)
async def test_key_goes_to_the_company_and_nowhere_else(base_url, polling_url, is_taken):
    async with httpx.AsyncClient(verify=False) as http:
        looks = Looks(http, base_url=base_url, key=KEY, pace=QUICK)

        handle = looks.handle_from({"id": "run-1", "polling_url": polling_url})

    assert handle["polling_url"] == (polling_url if is_taken else None)


async def test_redirect_does_not_carry_the_key_away(shop):
    provider = shop.connect()
    handle = await buy(shop, provider)
    shop.always("look", Answer(302, "", {"Location": f"{shop.files_url}/elsewhere"}))
    shop.always("credits", Answer(307, "", {"Location": f"{shop.files_url}/elsewhere"}))

    with pytest.raises(ProviderLost):
        await follow(provider, handle)
    with pytest.raises(ProviderLost):
        await provider.fetch(handle)
    with pytest.raises(ProviderDown):
        await provider.check()

    assert shop.asked("stranger") == []


async def test_regional_base_address_may_end_in_a_slash(shop):
    http = httpx.AsyncClient(verify=False, trust_env=False)
    settings, shelf = Settings(bfl_base_url=f"{shop.url}/"), Shelf()
    provider = bfl.connect(Setup(settings, http, shelf.read, shelf.take, KEY), pace=QUICK)

    async with http:
        await provider.check()
        await follow(provider, await buy(shop, provider))

    assert shop.asked("nowhere") == []


async def test_key_is_in_no_log_no_error_no_handle_and_not_at_the_store(shop, caplog):
    caplog.set_level(logging.DEBUG)
    telling = {"status": "Error", "details": {"error": f"user {KEY} failed"}}
    provider = shop.connect()
    handle = await buy(shop, provider)
    await all_the_way(provider, handle)
    failed = await buy(shop, provider, script=[telling])
    with pytest.raises(ProviderRejected) as rejected:
        await follow(provider, failed)
    shop.always("credits", Answer(401, json.dumps({"detail": f"no user {KEY}"})))
    with pytest.raises(BadKey) as refused:
        await provider.check()
    shop.lose_looks()
    with pytest.raises(ProviderLost) as lost:
        await follow(provider, handle)

    for caught in (rejected, refused, lost):
        assert_clean(caught.value)
    assert "[hidden]" in str(rejected.value)
    assert KEY not in caplog.text
    assert KEY not in json.dumps([handle, failed])
    assert [seen.has_key for seen in shop.asked("sample")] == [False]


async def test_key_that_no_header_can_carry_loses_no_run_and_sends_nothing(shop):
    handle = await buy(shop, shop.connect())
    provider = shop.connect(key=f"{KEY}\u2026")
    sent = len(shop.seen)

    with pytest.raises(ProviderLost) as lost:
        await follow(provider, handle)
    with pytest.raises(BadKey) as unchecked:
        await provider.check()
    with pytest.raises(BadKey) as unsent:
        await provider.submit(shop.endpoint, shop.inputs, key="attempt-2")

    for caught in (lost, unchecked, unsent):
        assert_clean(caught.value)
    assert len(shop.seen) == sent
