"""What only one of the companies does: payload out, answer in, and its own way to refuse."""

import base64
import json

import pytest

from bot.errors import (
    OutOfFunds,
    ProviderRejected,
    SubmitUncertain,
)
from tests.contract.at_once_shop import buy, make, open_shop, size_of
from tests.pictures import png
from tests.standins._at_once import MEGABYTE, as_base64, as_data_uri
from tests.standins.answers import Answer

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def shop(name):
    async with open_shop(name) as shop:
        yield shop


def sent(shop):
    """Return path and JSON of the only order."""
    (seen,) = shop.asked("api")
    return seen.path, json.loads(seen.body)


# Together AI


@pytest.mark.parametrize("name", ["together"])
async def test_together_is_asked_for_base64_and_answers_b64_json(shop):
    outputs = await make(shop)

    path, body = sent(shop)
    assert path == "/v1/images/generations"
    assert body == {**shop.inputs, "model": shop.endpoint, "response_format": "base64"}
    assert [output.seed for output in outputs] == [7, 7]
    assert [output.cost_usd_micros for output in outputs] == [None, None]
    assert shop.asked("files") == []


@pytest.mark.parametrize("name", ["together"])
async def test_together_that_gives_an_address_all_the_same_is_followed(shop):
    shop.extra = {"data": [{"type": "url", "url": shop.put_file(png(40, 30)), "b64_json": None}]}

    (output,) = await make(shop)

    assert size_of(output) == (40, 30)


@pytest.mark.parametrize("name", ["together"])
async def test_together_takes_references_as_a_list(shop):
    provider = shop.connect()
    marker = await provider.upload(shop.shelf.keep(png(40, 30)))
    inputs = {"prompt": "a fox", "reference_images": marker}

    handle = await buy(shop, provider, endpoint="black-forest-labs/FLUX.2-dev", inputs=inputs)

    (output,) = await provider.fetch(handle)
    assert sent(shop)[1]["reference_images"] == [as_data_uri(png(40, 30))]
    assert size_of(output) == (40, 30)


@pytest.mark.parametrize("name", ["together"])
@pytest.mark.parametrize("wrap", ["lines", "unpadded", "uri"])
async def test_base64_is_read_however_it_is_written(shop, wrap):
    text = as_base64(png(41, 30))
    texts = {
        "lines": base64.encodebytes(png(41, 30)).decode(),
        "unpadded": text.rstrip("="),
        "uri": f"data:image/png;base64,{text}",
    }
    shop.extra = {"data": [{"b64_json": texts[wrap]}]}

    (output,) = await make(shop)

    assert output.data == png(41, 30)


@pytest.mark.parametrize("name", ["together"])
async def test_one_bad_picture_does_not_cost_the_good_one(shop):
    shop.extra = {"data": [{"b64_json": "?!"}, {"b64_json": as_base64(png(40, 30))}]}

    bad, good = await make(shop)

    assert (bad.data, size_of(good)) == (b"", (40, 30))


# Segmind


@pytest.mark.parametrize("name", ["segmind"])
async def test_segmind_gets_the_inputs_and_answers_with_the_picture(shop):
    (output,) = await make(shop)

    assert sent(shop) == ("/v1/flux-schnell", dict(shop.inputs))
    (seen,) = shop.asked("api")
    assert seen.headers["x-api-key"] == "[key]"
    assert "Authorization" not in seen.headers
    assert (output.data, output.seed) == (png(512, 640), 7)


@pytest.mark.parametrize("name", ["segmind"])
async def test_segmind_may_answer_with_json(shop):
    (output,) = await make(shop, base64=True)

    assert (output.data, output.seed) == (png(512, 640), 7)


@pytest.mark.parametrize("name", ["segmind"])
@pytest.mark.parametrize(
    "text", ["", "Not Acceptable", '{"error": "no"}', '{"error": {"code": 1}}']
)
async def test_segmind_says_out_of_credits_by_406_whatever_its_words(shop, text):
    await shop.next_submit(Answer(406, text))

    with pytest.raises(OutOfFunds):
        await buy(shop)


@pytest.mark.parametrize("name", ["segmind"])
async def test_segmind_check_knows_406_too(shop):
    shop.next_free(Answer(406, ""))

    with pytest.raises(OutOfFunds):
        await shop.connect().check()


@pytest.mark.parametrize("name", ["deepinfra", "getimg", "huggingface", "together"])
async def test_406_of_another_company_is_a_plain_refusal(shop):
    await shop.next_submit(Answer(406, ""))

    with pytest.raises(ProviderRejected):
        await buy(shop)


@pytest.mark.parametrize("name", ["segmind"])
async def test_segmind_is_given_minutes_to_start_a_model(shop):
    setup = shop.connect()._setup

    assert shop.adapter.connect(setup)._patience_s >= 5 * 60


# DeepInfra


@pytest.mark.parametrize("name", ["deepinfra"])
async def test_deepinfra_tells_seed_flag_and_cost(shop):
    shop.extra = {"seed": 99}

    (output,) = await make(shop)

    assert sent(shop) == ("/v1/inference/black-forest-labs/FLUX-1-schnell", dict(shop.inputs))
    assert (output.data, output.seed, output.is_nsfw) == (png(128, 256), 99, False)
    assert output.cost_usd_micros == 500


@pytest.mark.parametrize("name", ["deepinfra"])
async def test_deepinfra_cost_is_split_without_losing_any(shop):
    shop.extra = {"images": [as_data_uri(png(8, 8))] * 3, "nsfw_content_detected": [False] * 3}

    outputs = await make(shop)

    assert [output.cost_usd_micros for output in outputs] == [167, 167, 166]


@pytest.mark.parametrize("name", ["deepinfra"])
async def test_deepinfra_picture_that_its_filter_kept_is_withheld_and_the_others_are_not(shop):
    uri = as_data_uri(png(8, 8))
    shop.extra = {"images": [uri, uri], "nsfw_content_detected": [True, False]}

    kept, given = await make(shop)

    assert (kept.data, kept.is_nsfw, kept.is_withheld) == (b"", True, True)
    assert (given.data, given.is_nsfw, given.is_withheld) == (png(8, 8), False, False)


@pytest.mark.parametrize("name", ["deepinfra"])
@pytest.mark.parametrize("images", [None, [], [None], ["data:image/png;base64,"]])
async def test_deepinfra_flag_without_a_picture_is_withheld_and_paid(shop, images):
    """The work was done, so its cost must not be lost with the picture."""
    shop.extra = {"images": images, "nsfw_content_detected": [True]}

    (output,) = await make(shop)

    assert (output.data, output.is_withheld, output.cost_usd_micros) == (b"", True, 500)


@pytest.mark.parametrize("name", ["deepinfra"])
async def test_deepinfra_run_that_failed_is_over(shop):
    shop.extra = {"images": None, "inference_status": {"status": "failed"}}
    shop.extra["nsfw_content_detected"] = None

    with pytest.raises(ProviderRejected, match="failed"):
        await buy(shop)


@pytest.mark.parametrize("name", ["deepinfra"])
@pytest.mark.parametrize("status", ["queued", "running", "unknown", "dreaming", None])
async def test_deepinfra_run_that_may_go_on_is_uncertain(shop, status):
    shop.extra = {"images": [], "inference_status": {"status": status}}
    shop.extra["nsfw_content_detected"] = []

    with pytest.raises(SubmitUncertain):
        await buy(shop)


@pytest.mark.parametrize("name", ["deepinfra"])
@pytest.mark.parametrize("cost", [None, "a cent", True, -1, 1e300, float("nan"), [0.1]])
async def test_cost_that_makes_no_sense_is_unknown(shop, cost):
    shop.extra = {"inference_status": {"status": "succeeded", "cost": cost}}

    (output,) = await make(shop)

    assert output.cost_usd_micros is None


@pytest.mark.parametrize("name", ["deepinfra"])
@pytest.mark.parametrize("seed", [None, "7", True, -1, 2**63, 7.5])
async def test_seed_that_fits_in_no_row_is_the_one_that_was_sent(shop, seed):
    shop.extra = {"seed": seed}

    (output,) = await make(shop)

    assert output.seed == 7


# getimg.ai


@pytest.mark.parametrize("name", ["getimg"])
async def test_getimg_gives_an_address_and_the_cost_and_no_seed(shop):
    (output,) = await make(shop)

    assert sent(shop) == ("/v2/images/generations", {**shop.inputs, "model": "flux-2-pro"})
    assert (size_of(output), output.seed, output.cost_usd_micros) == ((64, 80), None, 30_000)


@pytest.mark.parametrize("name", ["getimg"])
async def test_getimg_has_no_seed_even_where_one_was_sent(shop):
    # The stand-in refuses a seed as the API does, so this answer is made up.
    body = {"data": [{"url": shop.put_file(png(8, 8))}], "usage": {"total_cost": "0.04"}}
    await shop.next_submit(Answer(200, json.dumps(body), JSON))

    (output,) = await make(shop, seed=7)

    assert (output.seed, output.cost_usd_micros) == (None, 40_000)


@pytest.mark.parametrize("name", ["getimg"])
async def test_getimg_gets_a_picture_as_a_data_url_in_a_list(shop):
    provider = shop.connect()
    endpoint, inputs = shop.from_picture(await provider.upload(shop.shelf.keep(png(40, 30))))

    await buy(shop, provider, endpoint=endpoint, inputs=inputs)

    assert sent(shop)[1]["images"] == [{"url": as_data_uri(png(40, 30))}]


@pytest.mark.parametrize("name", ["getimg"])
async def test_getimg_is_not_sent_a_picture_that_it_would_refuse(shop):
    provider = shop.connect()
    sha256 = shop.shelf.keep(png(8, 8) + bytes(10 * MEGABYTE))
    endpoint, inputs = shop.from_picture(await provider.upload(sha256))

    with pytest.raises(ProviderRejected, match="10 MiB"):
        await provider.submit(endpoint, inputs, key="attempt-1")

    assert shop.seen == []
