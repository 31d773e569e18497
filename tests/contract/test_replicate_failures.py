"""How orders and runs at Replicate fail, how runs are cancelled, and what each failure is to us."""

import pytest

from bot.errors import (
    Moderated,
    OutOfFunds,
    ProviderBusy,
    ProviderFailed,
    ProviderLost,
    ProviderRejected,
)
from bot.providers._http import LONGEST_PAUSE_S
from tests.standins.answers import Answer
from tests.standins.replicate_runs import Outcome, failed
from tests.standins.replicate_shop import (
    NGINX,
    NO_TOKEN,
    all_the_way,
    assert_clean,
    buy,
    follow,
    open_shop,
    patience_for,
    size_of,
)
from tests.standins.replicate_wire import Oddity, faults_in, throttled

FILTERED = "its safety filter refused the words or the picture"
BROKEN_OFF = "the run was interrupted on its side; the same may work again"
FAILED = "the run failed on its side"


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (
            "NSFW content detected. Try running it again, or try a different prompt.",
            Moderated,
            FILTERED,
        ),
        ("All generated images contained NSFW content. Try running it again.", Moderated, FILTERED),
        (
            "The input or output was flagged as sensitive. Please try again. (E005) (abc123)",
            Moderated,
            FILTERED,
        ),
        ("Blocked by the safety system", Moderated, FILTERED),
        ("Something went wrong (E005)", Moderated, FILTERED),
        ("safety_tolerance must be at most 2", ProviderRejected, "safety_tolerance must be"),
        ("No such file: lora.safetensors", ProviderRejected, "No such file: lora.safetensors"),
        ("Prediction interrupted; please retry (code: PA)", ProviderFailed, BROKEN_OFF),
        (
            "Director: unexpected error handling prediction (E9828)",
            ProviderFailed,
            BROKEN_OFF,
        ),
        ("Out of memory (E1001)", ProviderFailed, "the model ran out of memory"),
        (
            "Service is unavailable. (E004) (x7Yk2)",
            ProviderFailed,
            "the service behind the model is down",
        ),
        ("CUDA out of memory. Tried to allocate 2 GiB", ProviderFailed, "the model ran out of"),
        ("E6716", ProviderFailed, "the model did not start in time"),
        ("Model failed (E8765)", ProviderFailed, "the model did not start"),
        ("Unknown error (E1000) (abc123)", ProviderFailed, "Unknown error"),
        ("Invalid input. Look again (E006) (x7Yk2)", ProviderRejected, "Invalid input. Look again"),
        ("The prompt is not allowed (UK)", ProviderRejected, "The prompt is not allowed"),
        ("list index out of range", ProviderRejected, "list index out of range"),
        (
            "Failed to download https://api.replicate.com/v1/files/x?sig=1 now",
            ProviderRejected,
            "Failed to download (link) now",
        ),
        (
            "prediction m0ckrd1xsdrm80c0z4a9v3q7kn\nis lost",
            ProviderRejected,
            "prediction … is lost",
        ),
        ("x " * 5000, ProviderRejected, "x x x"),
        ("", ProviderFailed, FAILED),
        (None, ProviderFailed, FAILED),
        ({"code": 7}, ProviderFailed, FAILED),
        (" (E1000)", ProviderFailed, FAILED),
    ],
)
async def test_failed_run_says_why_to_whoever_follows_or_fetches(shop, error, expected, words):
    # An error that is no text is against the official description, but has been seen.
    outcome = failed(error) if error is None or isinstance(error, str) else _odd(error)
    provider = shop.connect()
    handle = await buy(shop, provider, outcome=outcome)

    with pytest.raises(expected) as followed:
        await follow(provider, handle)
    with pytest.raises(expected) as fetched:
        await provider.fetch(handle)

    assert type(followed.value) is type(fetched.value) is expected
    assert str(followed.value) == str(fetched.value)
    assert str(followed.value).startswith(words)
    assert len(str(followed.value)) <= 300
    assert_clean(followed.value)


def _odd(error):
    return Outcome(status="failed", extra={"error": error})


@pytest.mark.parametrize("status", ["canceled", "aborted"])
async def test_run_that_was_stopped_is_cancelled(shop, status):
    provider = shop.connect()
    handle = await buy(shop, provider, outcome=Outcome(status=status))

    with pytest.raises(ProviderRejected, match=r"^cancelled"):
        await follow(provider, handle)
    with pytest.raises(ProviderRejected, match=r"^cancelled"):
        await provider.fetch(handle)


async def test_cancel_is_asked_as_replicate_expects(shop):
    shop.hold_runs()
    provider = shop.connect()
    handle = await buy(shop, provider)

    await provider.cancel(handle)

    (cancel,) = shop.asked("cancel")
    assert (cancel.method, cancel.path) == ("POST", f"/v1/predictions/{handle['run_id']}/cancel")
    assert (cancel.body, cancel.has_key) == (b"", True)


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Answer(200, '{"status": "aborted"}'),
        Answer(200, ""),
        Answer(400, '{"detail": "too late"}'),
        Answer(404, '{"detail": "The requested resource could not be found."}'),
        Answer(409, "{}"),
        Answer(422, "{}"),
    ],
)
async def test_cancel_that_comes_too_late_or_to_nobody_is_fine(shop, fault):
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)
    shop.always("cancel", fault)

    await provider.cancel(handle)
    await provider.cancel({"run_id": "nobodys"})

    assert len(shop.asked("cancel")) == 2
    assert [size_of(output) for output in await provider.fetch(handle)] == shop.sizes


async def test_cancel_that_is_ignored_leaves_the_pictures(shop):
    shop.hold_runs()
    shop.always("cancel", Oddity.IGNORED)
    provider = shop.connect()
    handle = await buy(shop, provider)

    await provider.cancel(handle)
    shop.release_runs()

    assert [size_of(output) for output in await all_the_way(provider, handle)] == shop.sizes


@pytest.mark.parametrize(
    "fault",
    [
        Oddity.HANG_UP,
        Oddity.HANGING,
        NGINX,
        Answer(302, "", {"Location": "/elsewhere"}),
        Answer(401, NO_TOKEN),
        Answer(403, "{}"),
        Answer(429, "{}"),
        Answer(503, ""),
    ],
)
async def test_cancel_that_does_not_arrive_says_so(shop, fault):
    handle = await buy(shop, shop.connect())
    shop.always("cancel", fault)

    with pytest.raises(ProviderLost) as caught:
        await shop.connect(patience_s=patience_for(fault)).cancel(handle)

    assert_clean(caught.value)
    assert len(shop.asked("cancel")) <= 1


LOW_CREDIT = (
    "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per "
    "minute with a burst of 1 requests while you have less than $5.0 in credit. "
    "Your rate limit resets in ~7s."
)


@pytest.mark.parametrize(
    ("answer", "pause_s"),
    [
        (throttled("Request was throttled. Your rate limit resets in ~30s."), 30),
        (throttled("Your rate limit resets in ~2s.", {"Retry-After": "9"}), 9),
        (throttled(LOW_CREDIT, {"Retry-After": "7"}, retry_after=7), 7),
        (throttled(LOW_CREDIT, retry_after=7), 7),
        (throttled("Your rate limit resets in ~99999s."), LONGEST_PAUSE_S),
        (throttled("Request was throttled."), 5),
    ],
)
async def test_throttled_order_says_when_to_come_again(shop, answer, pause_s):
    await shop.next_submit(answer)

    with pytest.raises(ProviderBusy) as caught:
        await buy(shop, shop.connect())

    assert caught.value.retry_after_s == pause_s
    assert shop.runs == {}


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (
            Answer(
                402,
                '{"title": "Insufficient credit", "detail": "You have insufficient credit to run '
                'this model. Go to https://replicate.com/account/billing#billing to purchase."}',
            ),
            OutOfFunds,
            "You have insufficient credit to run this model. Go to (link) to purchase.",
        ),
        (
            Answer(402, '{"detail": "You have reached your monthly spend limit."}'),
            OutOfFunds,
            "You have reached your monthly spend limit.",
        ),
        (
            Answer(422, '{"detail": "- input: prompt is required\\n", "status": 422}'),
            ProviderRejected,
            "prompt is required",
        ),
        (
            Answer(
                422,
                '{"detail": "- input.output_format: input.output_format must be one of: \\"jpg\\"'
                '\\n- input.seed: input.seed must be an integer\\n", "title": "Input validation"}',
            ),
            ProviderRejected,
            'output_format: output_format must be one of: "jpg"; seed: seed must be an integer',
        ),
        (
            Answer(422, '{"detail": "The input was flagged as sensitive. (E005)"}'),
            Moderated,
            FILTERED,
        ),
    ],
)
async def test_refused_order_is_worded_for_people(shop, answer, expected, words):
    await shop.next_submit(answer)

    with pytest.raises(expected) as caught:
        await buy(shop, shop.connect())

    assert type(caught.value) is expected
    assert str(caught.value).endswith(words)
    assert_clean(caught.value)
    assert shop.runs == {}


async def test_bad_inputs_are_refused_before_anything_runs(shop):
    if not faults_in(shop.endpoint, {"num_outputs": 9}):
        pytest.skip("Replicate's model inputs are not at hand")

    with pytest.raises(ProviderRejected, match=r"^num_outputs: num_outputs must be less than"):
        await buy(shop, shop.connect(), num_outputs=9)

    assert shop.runs == {}
