"""What holds for each company that answers an order with the pictures.

That no test orders twice, and that the key goes to no file, is seen to by the fixture.
"""

import json
import logging

import httpx
import pytest

from bot.errors import (
    BadKey,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderLost,
    ProviderRejected,
    SubmitUncertain,
)
from bot.providers._protocol import Setup
from tests.contract.at_once_shop import COMPANIES, SHORT_S, assert_clean, buy, open_shop, size_of
from tests.pictures import png
from tests.standins import Fate
from tests.standins._at_once import Oddity
from tests.standins.answers import Answer

IN_THE_ANSWER = ["deepinfra", "segmind", "together"]
AS_ADDRESS = ["getimg", "huggingface"]
CHECKED = ["deepinfra", "getimg", "segmind", "together"]
PROBLEM = '{"error": {"message": "%s", "type": "odd"}}'
NOTHING = [
    "{}",
    '{"data": []}',
    '{"data": null, "images": null, "image": null}',
    '{"data": [{}], "images": [null], "image": ""}',
    '{"data": [{"b64_json": "?!", "url": null}], "images": ["data:image/png;base64,?!"]}',
    '{"data": "", "images": {}, "image": {}}',
    '{"data": 7, "images": 7, "image": 7}',
    '{"inference_status": [], "usage": [], "data": [[]], "images": [[]], "image": [[]]}',
    "[" * 5000,
    "null",
    "",
]


@pytest.fixture
async def shop(name):
    async with open_shop(name) as shop:
        yield shop


@pytest.mark.parametrize("name", COMPANIES)
async def test_answer_may_take_longer_than_other_answers(shop):
    """A model that is started first takes minutes, and the shared client waits for seconds."""
    shop.seconds = 0.3
    http = shop.client(read_s=0.1)

    handle = await buy(shop, shop.connect_with(http))

    assert len(handle["pictures"]) == len(shop.sizes)


@pytest.mark.parametrize("name", ["segmind", "together"])
async def test_answer_that_trickles_is_given_up(shop):
    await shop.next_submit(Oddity.TRICKLING)
    provider = shop.connect_with(shop.client(), patience_s=SHORT_S)

    with pytest.raises(SubmitUncertain) as caught:
        await buy(shop, provider)

    assert_clean(caught.value, shop.key)


@pytest.mark.parametrize("name", ["segmind", "together"])
async def test_answer_that_is_too_large_is_not_taken(shop):
    await shop.next_submit(Oddity.HUGE)

    with pytest.raises(SubmitUncertain) as caught:
        await buy(shop)

    assert_clean(caught.value, shop.key)


@pytest.mark.parametrize("name", COMPANIES)
@pytest.mark.parametrize("text", NOTHING)
async def test_success_without_a_picture_is_uncertain(shop, text):
    await shop.next_submit(Answer(200, text, {"Content-Type": "application/json"}))

    with pytest.raises(SubmitUncertain):
        await buy(shop)


@pytest.mark.parametrize("name", COMPANIES)
async def test_success_with_a_picture_of_no_bytes_is_uncertain(shop):
    await shop.next_submit(Answer(200, "", {"Content-Type": "image/png"}))

    with pytest.raises(SubmitUncertain):
        await buy(shop)


@pytest.mark.parametrize("name", COMPANIES)
async def test_picture_that_cannot_be_kept_is_uncertain(shop, name):
    """The disk is full: what was bought is lost with the answer, but nothing is bought again."""

    async def refuse(data):
        raise OSError(28, "No space left on device")

    provider = shop.connect()
    setup = provider._setup
    full = Setup(setup.settings, setup.http, setup.read_picture, refuse, shop.key)
    provider = shop.adapter.connect(full)

    if name in AS_ADDRESS:
        handle = await buy(shop, provider)
        assert len(await provider.fetch(handle)) == len(shop.sizes)
    else:
        with pytest.raises(SubmitUncertain):
            await buy(shop, provider)


@pytest.mark.parametrize("name", IN_THE_ANSWER)
async def test_bytes_that_came_are_kept_as_they_are_and_only_named_in_the_handle(shop):
    handle = await buy(shop)

    kept = [await shop.shelf.read(picture["sha256"]) for picture in handle["pictures"]]
    outputs = await shop.connect().fetch(handle)
    assert kept == [png(*size) for size in shop.sizes]
    assert [output.data for output in outputs] == kept
    assert len(json.dumps(handle)) < 1000
    assert len(shop.seen) == 1


@pytest.mark.parametrize("name", IN_THE_ANSWER)
async def test_kept_picture_that_is_gone_is_empty(shop):
    handle = await buy(shop)
    shop.shelf._kept.clear()

    outputs = await shop.connect().fetch(handle)

    assert [output.data for output in outputs] == [b""] * len(shop.sizes)
    assert not any(output.is_withheld for output in outputs)


@pytest.mark.parametrize("name", AS_ADDRESS)
async def test_address_is_opened_by_a_client_with_a_name_and_without_the_key(shop):
    handle = await buy(shop)

    outputs = await shop.connect().fetch(handle)

    asked = shop.asked("files")
    assert [size_of(output) for output in outputs] == shop.sizes
    assert len(asked) == len(shop.sizes)
    assert all("Authorization" not in seen.headers for seen in asked)
    assert all(seen.headers["User-Agent"] for seen in asked)


@pytest.mark.parametrize("name", AS_ADDRESS)
async def test_file_that_was_deleted_is_empty(shop):
    handle = await buy(shop)
    shop.lose_files()

    outputs = await shop.connect().fetch(handle)

    assert [output.data for output in outputs] == [b""] * len(shop.sizes)


@pytest.mark.parametrize("name", AS_ADDRESS)
async def test_file_that_cannot_be_reached_may_be_asked_for_again(shop):
    handle = await buy(shop)
    shop.lose_looks()

    with pytest.raises(ProviderLost) as caught:
        await shop.connect().fetch(handle)

    shop.find_looks()
    assert_clean(caught.value, shop.key)
    assert [size_of(one) for one in await shop.connect().fetch(handle)] == shop.sizes


@pytest.mark.parametrize("name", AS_ADDRESS)
async def test_plain_http_is_opened_only_where_the_api_is_plain_http_too(shop):
    handle = await buy(shop)
    provider = shop.connect_with(shop.client(), base_url="https://api.example")

    outputs = await provider.fetch(handle)

    assert [output.data for output in outputs] == [b""] * len(shop.sizes)
    assert shop.asked("files") == []


@pytest.mark.parametrize("name", COMPANIES)
async def test_picture_travels_in_the_order_and_not_in_the_inputs(shop):
    picture = png(96, 64)
    provider = shop.connect()
    sha256 = shop.shelf.keep(picture)
    endpoint, inputs = shop.from_picture(await provider.upload(sha256))
    before = json.dumps(inputs)

    handle = await buy(shop, provider, endpoint=endpoint, inputs=inputs)

    assert len(before) < 300
    assert json.dumps(inputs) == before
    assert b"data:image/png;base64," in shop.asked("api")[0].body
    assert [size_of(one) for one in await provider.fetch(handle)] == [(96, 64)]


@pytest.mark.parametrize("name", COMPANIES)
async def test_picture_that_is_gone_when_it_is_sent_ends_the_job_unsent(shop):
    provider = shop.connect()
    endpoint, inputs = shop.from_picture(await provider.upload(shop.shelf.keep(png(8, 8))))
    shop.shelf._kept.clear()

    with pytest.raises(ProviderRejected, match="gone"):
        await provider.submit(endpoint, inputs, key="attempt-1")

    assert shop.seen == []


@pytest.mark.parametrize("name", COMPANIES)
async def test_refusal_is_shown_without_the_picture_and_without_addresses(shop):
    text = PROBLEM % "bad image data:image/png;base64,iVBORw0KGgo see https://x.example/help?id=1"
    await shop.next_submit(Answer(422, text))

    with pytest.raises(ProviderRejected) as caught:
        await buy(shop)

    assert str(caught.value) == "bad image (link) see (link)"


@pytest.mark.parametrize("name", COMPANIES)
async def test_refusal_that_quotes_the_key_hides_it(shop, caplog):
    caplog.set_level(logging.DEBUG)
    await shop.next_submit(Answer(401, PROBLEM % f"Incorrect API key: {shop.key}"))

    with pytest.raises(BadKey) as caught:
        await buy(shop)

    assert_clean(caught.value, shop.key)
    assert shop.key not in caplog.text


@pytest.mark.parametrize("name", COMPANIES)
async def test_limit_with_a_pause_passes_it_on(shop):
    await shop.next_submit(Answer(429, PROBLEM % "model busy", {"Retry-After": "7"}))

    with pytest.raises(ProviderBusy) as caught:
        await buy(shop)

    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize("name", COMPANIES)
async def test_spending_limit_is_out_of_funds(shop):
    await shop.next_submit(Answer(402, PROBLEM % "Credit limit exceeded"))

    with pytest.raises(OutOfFunds):
        await buy(shop)


@pytest.mark.parametrize("name", COMPANIES)
@pytest.mark.parametrize("tail", ["\n", "ключ"])
async def test_key_that_fits_in_no_header_is_named_and_nothing_is_sent(shop, tail):
    provider = shop.connect(key=f"{shop.key}{tail}")

    with pytest.raises(BadKey) as caught:
        await provider.submit(shop.endpoint, shop.inputs, key="attempt-1")

    assert_clean(caught.value, shop.key)
    assert shop.seen == []


@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize("tail", ["\n", "ключ"])
async def test_check_names_a_key_that_fits_in_no_header(shop, tail):
    with pytest.raises(BadKey) as caught:
        await shop.connect(key=f"{shop.key}{tail}").check()

    assert_clean(caught.value, shop.key)


@pytest.mark.parametrize("name", CHECKED)
async def test_check_sends_one_free_question_with_the_key(shop):
    await shop.connect().check()

    (asked,) = shop.seen
    assert (asked.method, asked.has_key) == ("GET", True)
    assert asked.path in shop.free


@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize("status", [302, 404, 429, 500, 503])
async def test_check_that_is_answered_oddly_says_that_nobody_answered(shop, status):
    shop.next_free(Answer(status, "", {"Location": f"{shop.files_url}/elsewhere"}))

    with pytest.raises(ProviderDown):
        await shop.connect().check()

    assert shop.asked("files") == []


@pytest.mark.parametrize("name", ["getimg", "segmind"])
@pytest.mark.parametrize("left", ["0", "0.00", 0, 0.0, -3.5, "-0.01"])
async def test_check_of_an_empty_account_says_so(shop, name, left):
    field = {"getimg": "balance", "segmind": "credits"}[name]
    shop.next_free(Answer(200, json.dumps({field: left})))

    with pytest.raises(OutOfFunds):
        await shop.connect().check()


@pytest.mark.parametrize("name", ["getimg", "segmind"])
@pytest.mark.parametrize(
    "text", ["{}", "[]", "", '{"balance": "a lot", "credits": null}', "[" * 5000]
)
async def test_check_takes_a_balance_that_it_cannot_read_for_enough(shop, text):
    shop.next_free(Answer(200, text))

    await shop.connect().check()

    assert len(shop.seen) == 1


@pytest.mark.parametrize("name", COMPANIES)
async def test_lost_answer_cannot_be_found_and_nobody_is_asked(shop):
    await shop.next_submit(Fate.LOST)
    provider = shop.connect()
    with pytest.raises(SubmitUncertain):
        await buy(shop, provider)

    with pytest.raises(SubmitUncertain):
        await provider.find(shop.endpoint, shop.inputs, key="attempt-1")

    assert len(shop.seen) == 1


@pytest.mark.parametrize("name", COMPANIES)
async def test_environment_leads_another_process_here(shop):
    names = set(shop.environment)

    assert names == {shop.adapter.KEY_ENV, shop.base_url_setting.upper()}
    assert shop.environment[shop.adapter.KEY_ENV] == shop.key
    assert httpx.URL(shop.environment[shop.base_url_setting.upper()]).host == "127.0.0.1"
