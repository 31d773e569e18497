"""What only Hugging Face's router does: a route to each company behind it, each with its ways."""

import json

import pytest

from bot.errors import (
    BadKey,
    Moderated,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    ProviderRejected,
    SubmitUncertain,
)
from tests.contract.at_once_shop import assert_clean, buy, make, open_shop, size_of
from tests.pictures import png
from tests.standins._at_once import as_base64
from tests.standins.answers import Answer

ROUTES = {
    "fal-ai:fal-ai/flux/dev": "/fal-ai/fal-ai/flux/dev",
    "together:black-forest-labs/FLUX.1-dev": "/together/v1/images/generations",
    "nscale:black-forest-labs/FLUX.1-schnell": "/nscale/v1/images/generations",
    "replicate:black-forest-labs/flux-dev": (
        "/replicate/v1/models/black-forest-labs/flux-dev/predictions"
    ),
    "replicate:mia/foxes:5c7d5dc6": "/replicate/v1/predictions",
    "hf-inference:mia/foxes": "/hf-inference/models/mia/foxes",
}
INPUTS = {
    "fal-ai": {"prompt": "a fox", "seed": 7, "image_size": {"width": 48, "height": 64}},
    "together": {"prompt": "a fox", "seed": 7, "width": 48, "height": 64},
    "nscale": {"prompt": "a fox", "seed": 7, "size": {"width": 48, "height": 64}},
    "replicate": {"prompt": "a fox", "seed": 7, "width": 48, "height": 64},
    "hf-inference": {"inputs": "a fox", "seed": 7, "width": 48, "height": 64},
}
BODIES = {
    "fal-ai:fal-ai/flux/dev": INPUTS["fal-ai"],
    "together:black-forest-labs/FLUX.1-dev": {
        **INPUTS["together"],
        "model": "black-forest-labs/FLUX.1-dev",
        "response_format": "base64",
    },
    "nscale:black-forest-labs/FLUX.1-schnell": {
        "prompt": "a fox",
        "seed": 7,
        "size": "48x64",
        "model": "black-forest-labs/FLUX.1-schnell",
        "response_format": "b64_json",
    },
    "replicate:black-forest-labs/flux-dev": {"input": INPUTS["replicate"]},
    "replicate:mia/foxes:5c7d5dc6": {"version": "5c7d5dc6", "input": INPUTS["replicate"]},
    "hf-inference:mia/foxes": {
        "inputs": "a fox",
        "parameters": {"seed": 7, "width": 48, "height": 64},
    },
}
FAL = "fal-ai:fal-ai/flux/dev"
REPLICATE = "replicate:black-forest-labs/flux-dev"
PROMPT = "a fox that is quoted"


def _fal_says(message, kind):
    entry = {"loc": ["body", "prompt"], "msg": message, "type": kind, "input": PROMPT}
    return {"detail": [entry]}


@pytest.fixture
async def shop():
    async with open_shop("huggingface") as shop:
        yield shop


async def _buy_from(shop, endpoint, provider=None):
    inputs = INPUTS[endpoint.partition(":")[0]]
    return await buy(shop, provider, endpoint=endpoint, inputs=inputs)


@pytest.mark.parametrize("endpoint", ROUTES)
async def test_router_is_asked_as_each_company_behind_it_wants(shop, endpoint):
    handle = await _buy_from(shop, endpoint)

    (output,) = await shop.connect().fetch(handle)
    (seen,) = shop.asked("api")
    assert (seen.path, json.loads(seen.body)) == (ROUTES[endpoint], BODIES[endpoint])
    assert seen.headers["Authorization"] == "Bearer [key]"
    assert seen.headers.get("Prefer") == ("wait" if "replicate" in endpoint else None)
    assert (size_of(output), output.seed) == ((48, 64), 7)


@pytest.mark.parametrize("endpoint", ["wavespeed:flux-dev", "flux-dev", "fal-ai:", "", ":x"])
async def test_endpoint_that_names_no_route_is_not_sent(shop, endpoint):
    with pytest.raises(ProviderDown):
        await shop.connect().submit(endpoint, {"prompt": "a fox"}, key="attempt-1")

    assert shop.seen == []


@pytest.mark.parametrize("output", [None, [], ""])
@pytest.mark.parametrize("status", ["starting", "processing", "succeeded", "dreaming", None])
async def test_prediction_without_output_is_uncertain(shop, output, status):
    """The wait is over and the run is not: the router gives no way to ask for it again."""
    shop.extra = {"status": status, "output": output}

    with pytest.raises(SubmitUncertain):
        await _buy_from(shop, REPLICATE)


async def test_prediction_that_holds_its_output_early_is_taken(shop):
    shop.extra = {"status": "processing", "output": shop.put_file(png(40, 30))}
    handle = await _buy_from(shop, REPLICATE)

    (output,) = await shop.connect().fetch(handle)

    assert size_of(output) == (40, 30)


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        ("failed", "NSFW content detected. Try running it again.", Moderated),
        ("failed", "The input or output was flagged as sensitive. (E005)", Moderated),
        ("failed", "CUDA out of memory", ProviderRejected),
        ("failed", None, ProviderRejected),
        ("canceled", None, ProviderRejected),
    ],
)
async def test_prediction_that_failed_is_over(shop, status, error, expected):
    shop.extra = {"status": status, "output": None, "error": error}

    with pytest.raises(ProviderRejected) as caught:
        await _buy_from(shop, REPLICATE)

    assert type(caught.value) is expected
    assert "CUDA" not in str(caught.value)


async def test_json_where_a_picture_was_expected_is_uncertain(shop):
    await shop.next_submit(
        Answer(200, '[{"generated_text": "a fox"}]', {"Content-Type": "application/json"})
    )

    with pytest.raises(SubmitUncertain):
        await _buy_from(shop, "hf-inference:mia/foxes")


async def test_hf_inference_gets_a_picture_as_bare_base64(shop):
    provider = shop.connect()
    marker = await provider.upload(shop.shelf.keep(png(40, 30)))
    inputs = {"inputs": marker, "prompt": "a fox"}

    await buy(shop, provider, endpoint="hf-inference:mia/foxes", inputs=inputs)

    body = {"inputs": as_base64(png(40, 30)), "parameters": {"prompt": "a fox"}}
    assert json.loads(shop.asked("api")[0].body) == body


async def test_picture_that_fal_flagged_is_not_fetched(shop):
    shop.extra = {"has_nsfw_concepts": [True, False]}

    kept, given = await make(shop)

    assert (kept.data, kept.is_withheld) == (b"", True)
    assert (size_of(given), given.is_nsfw) == ((64, 80), False)
    assert len(shop.asked("files")) == 1


async def test_included_credits_that_are_used_up_are_out_of_funds(shop):
    words = "You have exceeded your monthly included credits for Inference Providers."
    await shop.next_submit(Answer(402, json.dumps({"error": words})))

    with pytest.raises(OutOfFunds, match="monthly included credits"):
        await buy(shop)


@pytest.mark.parametrize(
    ("refusal", "retry_after_s"),
    [
        (Answer(503, '{"error": "Model X is loading", "estimated_time": 20.5}'), 20.5),
        (Answer(503, '{"error": "Model X is loading", "estimated_time": 900}'), 300),
        (Answer(503, '{"estimated_time": 20}', {"Retry-After": "3"}), 3),
        (Answer(429, '{"error": "slow"}', {"RateLimit": '"api";r=0;t=33'}), 33),
        (Answer(429, '{"error": "slow"}', {"RateLimit": "odd"}), 5),
    ],
)
async def test_router_says_how_long_to_wait_in_its_own_ways(shop, refusal, retry_after_s):
    await shop.next_submit(refusal)

    with pytest.raises(ProviderBusy) as caught:
        await buy(shop)

    assert caught.value.retry_after_s == retry_after_s


@pytest.mark.parametrize(
    "text", ['{"estimated_time": null}', '{"estimated_time": "soon"}', "[", ""]
)
async def test_503_that_says_nothing_of_a_pause_is_down(shop, text):
    await shop.next_submit(Answer(503, text))

    with pytest.raises(ProviderDown):
        await buy(shop)


@pytest.mark.parametrize(
    ("endpoint", "status", "body"),
    [
        (FAL, 422, _fal_says("flagged by a content checker", "content_policy_violation")),
        (FAL, 422, _fal_says("this was new in 2027", "content_policy_violation")),
        (FAL, 422, _fal_says("It was flagged by a content checker.", "value_error")),
        (REPLICATE, 400, {"detail": "The input was flagged as sensitive. (E005)"}),
        (REPLICATE, 422, {"title": "refused", "detail": "code E005"}),
    ],
)
async def test_order_that_a_safety_filter_refused_is_moderated(shop, endpoint, status, body):
    await shop.next_submit(Answer(status, json.dumps(body)))

    with pytest.raises(Moderated) as caught:
        await _buy_from(shop, endpoint)

    assert str(caught.value) == "its safety filter refused the words or the picture"
    assert PROMPT not in repr(caught.value.__context__)
    assert_clean(caught.value, shop.key)


async def test_prompt_about_flags_that_is_quoted_is_not_moderated(shop):
    entry = {"loc": ["body", "prompt"], "msg": "too long", "type": "string_too_long"}
    body = {"detail": [{**entry, "input": "flagged as sensitive, content_policy_violation"}]}
    await shop.next_submit(Answer(422, json.dumps(body)))

    with pytest.raises(ProviderRejected, match="too long") as caught:
        await _buy_from(shop, FAL)

    assert type(caught.value) is ProviderRejected


@pytest.mark.parametrize("status", [401, 402, 404, 500])
async def test_words_of_a_filter_change_no_other_refusal(shop, status):
    body = json.dumps(_fal_says("flagged by a content checker", "content_policy_violation"))
    await shop.next_submit(Answer(status, body))

    with pytest.raises(ProviderError) as caught:
        await _buy_from(shop, FAL)

    assert not isinstance(caught.value, ProviderRejected)


@pytest.mark.parametrize("body", ["[", "[]", '{"detail": {"type": 5}}', '{"detail": [5, {}]}'])
async def test_refusal_in_an_odd_shape_is_a_refusal(shop, body):
    await shop.next_submit(Answer(422, body))

    with pytest.raises(ProviderRejected) as caught:
        await _buy_from(shop, FAL)

    assert type(caught.value) is ProviderRejected


async def test_error_that_is_a_list_is_read(shop):
    await shop.next_submit(Answer(400, '{"error": ["seed is odd", "prompt is empty"]}'))

    with pytest.raises(ProviderRejected, match="seed is odd; prompt is empty"):
        await buy(shop)


async def test_check_of_hugging_face_sends_no_key_and_takes_any_answer(shop):
    await shop.connect().check()

    (asked,) = shop.seen
    assert (asked.method, asked.path, asked.has_key) == ("GET", "/", False)


@pytest.mark.parametrize(
    "key", ["fal-secret-71d4", "hf_secret-71d4\n", "hf_secret-71d4ключ", "hf_"]
)
async def test_check_refuses_what_cannot_be_a_key_unasked(shop, key):
    with pytest.raises(BadKey) as caught:
        await shop.connect(key=key).check()

    assert_clean(caught.value, "secret-71d4")
    assert shop.seen == []


async def test_check_of_a_router_that_is_broken_says_so(shop):
    shop.next_free(Answer(502, ""))

    with pytest.raises(ProviderDown):
        await shop.connect().check()
