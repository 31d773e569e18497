"""How CivitAI refuses orders, how its workflows fail, and what each of these is to us."""

import json

import pytest

from bot.errors import (
    BadKey,
    EndpointGone,
    Moderated,
    OutOfFunds,
    ProviderBusy,
    ProviderFailed,
    ProviderLost,
    ProviderRejected,
)
from tests.standins.answers import Answer
from tests.standins.civitai_runs import DONE, Outcome, State
from tests.standins.civitai_shop import (
    NGINX,
    SHORT_S,
    all_the_way,
    assert_clean,
    buy,
    follow,
    open_shop,
    size_of,
)
from tests.standins.civitai_wire import Oddity, contracts


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


def _says(status: int, body: object, **headers: str) -> Answer:
    return Answer(status, json.dumps(body), headers)


def _messages(*texts: str) -> object:
    return {"title": "One or more validation errors occurred.", "errors": {"messages": texts}}


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (_says(403, {"error": "Insufficient Buzz"}), OutOfFunds, "Insufficient Buzz"),
        (_says(403, "Insufficient Buzz"), OutOfFunds, "Insufficient Buzz"),
        (_says(402, {"detail": "Insufficient buzz"}), OutOfFunds, "Insufficient buzz"),
        (_says(402, None), OutOfFunds, "402"),
        (_says(403, "This costs more Buzz than you have"), OutOfFunds, "Buzz"),
        (_says(400, _messages("The account lacks the funds")), OutOfFunds, "funds"),
        (_says(400, _messages("You don't have enough Buzz")), OutOfFunds, "Buzz"),
        (_says(400, _messages("Cannot draw: Buzz Lightyear")), ProviderRejected, "Lightyear"),
        (_says(403, {"error": "insufficient_scope"}), BadKey, "insufficient_scope"),
        (_says(403, "This token may not generate with models"), BadKey, "token"),
        (_says(403, "Forbidden"), BadKey, "403"),
        (_says(401, {"title": "Unauthorized", "status": 401}), BadKey, "401"),
        (_says(403, "This resource needs a higher tier"), ProviderRejected, "higher tier"),
        (_says(403, "Mature content is not allowed"), Moderated, "safety filter"),
        (
            _says(400, _messages("Prompt requires mature content but workflow does not allow it")),
            Moderated,
            "safety filter",
        ),
        (
            _says(400, _messages("The requested resource is not enabled for generation")),
            ProviderRejected,
            "not enabled for generation",
        ),
        (
            _says(400, _messages("urn:air:sdxl:lora:civitai:1@2 is at https://x.example/1?sig=2")),
            ProviderRejected,
            "(link) is at (link)",
        ),
        (_says(429, {"title": "Too Many Requests"}, **{"Retry-After": "5"}), ProviderBusy, "429"),
        (_says(429, {"title": "Too Many Requests"}), ProviderBusy, "429"),
    ],
)
async def test_refused_order_is_named_by_its_words(shop, answer, expected, words):
    await shop.next_submit(answer)

    with pytest.raises(expected) as caught:
        await buy(shop, shop.connect())

    assert type(caught.value) is expected
    assert words in str(caught.value)
    assert_clean(caught.value)


@pytest.mark.skipif(contracts() is None, reason="no samples at hand")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("err_400_validation", ProviderRejected),
        ("err_400_resource", ProviderRejected),
        ("err_400_mature", Moderated),
        ("err_401", BadKey),
        ("err_403_insufficient_v1_recorded", OutOfFunds),
        ("err_403_insufficient_v2_string", OutOfFunds),
        ("err_402_insufficient_guess", OutOfFunds),
        ("err_404", EndpointGone),
        ("err_429", ProviderBusy),
    ],
)
async def test_sample_of_a_refusal_is_named(shop, name, expected):
    folder = contracts()
    assert folder is not None
    sample = json.loads((folder / "samples.json").read_text())[name]
    await shop.next_submit(_says(sample["http"], sample["body"], **sample.get("headers", {})))

    with pytest.raises(expected) as caught:
        await buy(shop, shop.connect())

    assert type(caught.value) is expected


@pytest.mark.parametrize(
    ("outcome", "expected", "words"),
    [
        (Outcome("failed"), ProviderFailed, "the run failed on its side"),
        (Outcome("expired"), ProviderFailed, "the model did not finish in time"),
        (Outcome("canceled"), ProviderRejected, "cancelled"),
        (
            Outcome("failed", nodes={"job": {"reason": "no_provider_available"}}),
            ProviderFailed,
            "none of its machines takes these inputs",
        ),
        (
            Outcome("failed", nodes={"step": {"reason": "timeout"}}),
            ProviderFailed,
            "the model did not finish in time",
        ),
        (Outcome("failed", nodes={"job": {"reason": "blocked"}}), Moderated, "safety filter"),
        (
            Outcome("failed", nodes={"job": {"blockedReason": "NsfwLevel"}}),
            Moderated,
            "safety filter",
        ),
        (
            Outcome("failed", nodes={"workflow": {"reason": "Blocked"}}),
            Moderated,
            "safety filter",
        ),
        (Outcome("failed", blobs=[{"blockedReason": "siteRestricted"}]), Moderated, "safety"),
        (
            Outcome("failed", blobs=[{"blockedReason": "none"}]),
            ProviderFailed,
            "the run failed on its side",
        ),
        (
            Outcome("failed", nodes={"output": {"errors": ["too dark, see https://x.example/1"]}}),
            ProviderRejected,
            "too dark, see (link)",
        ),
        (
            Outcome("failed", nodes={"job": {"reason": "no_such_word"}}),
            ProviderFailed,
            "the run failed on its side",
        ),
    ],
)
async def test_failed_workflow_says_why_to_whoever_follows_or_fetches(
    shop, outcome, expected, words
):
    provider = shop.connect()
    handle = await buy(shop, provider, outcome=outcome)

    with pytest.raises(expected) as followed:
        await follow(provider, handle)
    with pytest.raises(expected) as fetched:
        await provider.fetch(handle)

    for caught in (followed, fetched):
        assert type(caught.value) is expected
        assert words in str(caught.value)
    assert shop.asked("blob", "file") == []


async def test_run_that_nobody_knows_is_over(shop):
    provider = shop.connect()
    handle = {**await buy(shop, provider), "workflow_id": "4242-20010101000000000"}

    with pytest.raises(ProviderRejected, match="does not know"):
        await follow(provider, handle)
    with pytest.raises(ProviderRejected, match="does not know"):
        await provider.fetch(handle)


@pytest.mark.parametrize(
    "fault",
    [
        NGINX,
        Oddity.HANG_UP,
        Oddity.HANGING,
        Oddity.TRUNCATED,
        Answer(200, "half"),
        Answer(200, "[]"),
        Answer(200, "[" * 100_000),
        Answer(401, '{"title": "Unauthorized"}'),
        Answer(404, "<html>no such page"),
        Answer(429, "{}", {"Retry-After": "5"}),
        Answer(500, "{}"),
    ],
)
async def test_look_that_fails_loses_no_run(shop, fault):
    handle = await buy(shop, shop.connect())
    shop.always("look", fault)
    hasty = shop.connect(patience_s=SHORT_S)

    with pytest.raises(ProviderLost) as followed:
        await follow(hasty, handle)
    with pytest.raises(ProviderLost) as fetched:
        await hasty.fetch(handle)

    assert_clean(followed.value)
    assert_clean(fetched.value)
    shop.always("look", None)
    outputs = await all_the_way(shop.connect(), handle)
    assert [size_of(output) for output in outputs] == shop.sizes


async def test_fetch_before_the_end_may_be_asked_again(shop):
    shop.script = [State("processing"), DONE]
    provider = shop.connect()
    handle = await buy(shop, provider)

    with pytest.raises(ProviderLost, match="not over"):
        await provider.fetch(handle)

    assert len(await provider.fetch(handle)) == 2


async def test_cancel_puts_and_never_deletes(shop):
    """DELETE would erase the pictures of a run that had just finished."""
    shop.hold_runs()
    provider = shop.connect()

    await provider.cancel(await buy(shop, provider))

    (asked,) = shop.asked("cancel")
    assert (asked.method, asked.json) == ("PUT", {"status": "canceled"})


async def test_cancel_that_comes_too_late_or_to_nobody_is_fine(shop):
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)

    await provider.cancel(handle)
    await provider.cancel({**handle, "workflow_id": "nobodys"})
    shop.always("cancel", Answer(409, "{}"))
    await provider.cancel(handle)

    assert len(shop.asked("cancel")) == 3
    assert len(await provider.fetch(handle)) == 2


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
