"""How runs at fal.ai fail, how they are cancelled, and what each failure is to us."""

import pytest

from bot.errors import (
    Moderated,
    ProviderFailed,
    ProviderLost,
    ProviderRejected,
)
from tests.contract.fal_shop import (
    NGINX,
    SHORT_S,
    all_the_way,
    assert_clean,
    buy,
    follow,
    open_shop,
    size_of,
)
from tests.standins.answers import Answer
from tests.standins.fal_runs import Outcome, failed, faults_in, refused_input
from tests.standins.fal_wire import Oddity


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


POLICY = refused_input("prompt", "flagged by a content checker", kind="content_policy_violation")
FAILURES = [
    (POLICY, Moderated, "its safety filter refused the words or the picture"),
    (
        refused_input("seed", "Input should be less than 4", kind="less_than", input=9),
        ProviderRejected,
        "seed: Input should be less than 4",
    ),
    (
        refused_input("image_url", "Bad address data:image/png;base64,AAAA here"),
        ProviderRejected,
        "image_url: Bad address (link) here",
    ),
    (
        refused_input("prompt", "Value 'my secret fox' is odd", input="my secret fox"),
        ProviderRejected,
        "prompt: Value '…' is odd",
    ),
    (
        failed(422, "Could not load image from url: https://v3.fal.media/files/x.png"),
        ProviderRejected,
        "Could not load image from url: (link)",
    ),
    (failed(422, [{"loc": ["body", "loras", 0], "msg": "bad"}]), ProviderRejected, "loras: bad"),
    (failed(422, [{"loc": ["body"], "msg": "bad"}]), ProviderRejected, "bad"),
    (failed(422, [{"loc": 3, "msg": None}, "x"]), ProviderRejected, "the run failed on its side"),
    (failed(422, "x" * 5000), ProviderRejected, "x" * 299 + "…"),
    (failed(400, [{"type": "downstream_service_error"}]), ProviderRejected, "the service behind"),
    (failed(404, "Path /x not found"), ProviderRejected, "Path /x not found"),
    (failed(500, "Internal Server Error"), ProviderFailed, "the run failed on its side"),
    (failed(403, "Forbidden by the app"), ProviderRejected, "Forbidden by the app"),
    (failed(429, "the app is busy"), ProviderFailed, "the run failed on its side"),
    (
        failed(504, "timed out", error_type="request_timeout"),
        ProviderFailed,
        "the queue was too long",
    ),
    (
        failed(504, [{"type": "generation_timeout", "msg": "slow"}]),
        ProviderFailed,
        "the model did not finish in time",
    ),
    (
        failed(503, "no runner", error_type="runner_scheduling_failure"),
        ProviderFailed,
        "there was no machine to run it",
    ),
    (
        Outcome(refusal=Answer(500, "Internal Server Error"), error="Invalid status code: 500"),
        ProviderFailed,
        "the run failed on its side",
    ),
    (failed(499, "Request cancelled by the client."), ProviderRejected, "cancelled"),
    (
        Outcome(refusal=Answer(404, "{}"), error="x", error_type="client_cancelled"),
        ProviderRejected,
        "cancelled",
    ),
]


@pytest.mark.parametrize(("outcome", "expected", "words"), FAILURES)
async def test_failed_run_is_completed_and_its_result_tells_why(shop, outcome, expected, words):
    provider = shop.connect()
    handle = await buy(shop, provider, outcome=outcome)

    with pytest.raises(expected) as caught:
        await follow(provider, handle)

    assert type(caught.value) is expected
    assert str(caught.value).startswith(words)
    assert len(str(caught.value)) <= 300
    assert_clean(caught.value)


@pytest.mark.parametrize(
    ("outcome", "expected", "words"),
    [failure for failure in FAILURES if failure[0].refusal.status not in {408, 409, 429}],
)
async def test_failure_that_only_the_result_tells_is_the_same(shop, outcome, expected, words):
    """A status without an error leaves 4xx as they are; what a gateway may say is asked again."""
    refusal = outcome.refusal
    silent = Outcome(refusal=refusal)
    provider = shop.connect()
    handle = await buy(shop, provider, outcome=silent)
    await follow(provider, handle)

    with pytest.raises((ProviderRejected, ProviderLost)) as caught:
        await provider.fetch(handle)

    may_be_the_gateway = refusal.status >= 500 or refusal.status == 403 or refusal.text == "{}"
    assert isinstance(caught.value, ProviderLost) == may_be_the_gateway
    assert isinstance(caught.value, Moderated) == (expected is Moderated)
    assert_clean(caught.value)


async def test_failure_is_told_again_to_whoever_fetches(shop):
    provider = shop.connect()
    handle = await buy(shop, provider, outcome=failed(500, "Internal Server Error"))
    with pytest.raises(ProviderRejected):
        await follow(provider, handle)

    with pytest.raises(ProviderRejected, match="failed on its side"):
        await provider.fetch(handle)


@pytest.mark.parametrize(
    "fault",
    [
        NGINX,
        Oddity.HANG_UP,
        Oddity.HANGING,
        Answer(200, "half"),
        Answer(200, "[]"),
        Answer(400, '{"detail": "Request is still in progress"}'),
        Answer(401, '{"detail": "No user found for Key ID and Secret"}'),
        Answer(409, "{}"),
        Answer(429, "{}"),
        Answer(500, '{"detail": "Internal Server Error"}'),
        Answer(504, "<html>"),
    ],
)
async def test_result_that_cannot_be_had_may_be_asked_again(shop, fault):
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)
    shop.always("result", fault)

    with pytest.raises(ProviderLost) as caught:
        await shop.connect(patience_s=SHORT_S).fetch(handle)

    assert_clean(caught.value)
    shop.always("result", None)
    assert [size_of(output) for output in await provider.fetch(handle)] == shop.sizes


async def test_bad_inputs_are_accepted_at_first_and_refused_by_the_result(shop):
    provider = shop.connect()
    handle = await buy(shop, provider, num_images=9)
    if not faults_in(shop.endpoint, {"num_images": 9}):
        pytest.skip("fal's schemas are not at hand")
    await follow(provider, handle)

    with pytest.raises(ProviderRejected, match=r"^num_images: "):
        await provider.fetch(handle)

    assert len(shop.refused_inputs) == 1


async def test_cancel_that_comes_too_late_or_to_nobody_is_fine(shop):
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)

    await provider.cancel(handle)
    await provider.cancel({**handle, "request_id": "nobodys"})
    shop.always("cancel", Answer(200, '{"success": true}'))
    await provider.cancel(handle)

    assert len(shop.asked("cancel")) == 3


async def test_cancel_that_is_ignored_leaves_the_pictures(shop):
    shop.hold_runs()
    shop.always("cancel", Oddity.IGNORED)
    provider = shop.connect()
    handle = await buy(shop, provider)

    await provider.cancel(handle)
    shop.release_runs()

    assert [size_of(output) for output in await all_the_way(provider, handle)] == shop.sizes


@pytest.mark.parametrize("fault", [Oddity.HANG_UP, Oddity.HANGING, NGINX, Answer(401, "{}")])
async def test_cancel_that_does_not_arrive_says_so(shop, fault):
    handle = await buy(shop, shop.connect())
    shop.always("cancel", fault)

    with pytest.raises(ProviderLost) as caught:
        await shop.connect(patience_s=SHORT_S).cancel(handle)

    assert_clean(caught.value)
