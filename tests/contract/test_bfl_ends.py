"""How runs at Black Forest Labs end, what they give, what they cost, and what its refusals mean."""

import pytest

from bot.errors import (
    BadKey,
    Moderated,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderFailed,
    ProviderLost,
    ProviderRejected,
)
from bot.providers import bfl
from bot.providers._protocol import Output
from tests.contract.fal_shop import NGINX, SHORT_S, assert_clean, size_of
from tests.standins.answers import Answer
from tests.standins.bfl import PENDING, READY
from tests.standins.bfl_shop import all_the_way, buy, follow, make, open_shop
from tests.standins.fal_wire import Oddity

REASONS = {"Moderation Reasons": ["Derivative Works Filter", "Sexual Content"]}
RUN_ID = "2f6a90ab-71d4-4b3e-ae38-00c04fd430c8"


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


@pytest.mark.parametrize(
    ("details", "words"),
    [
        (REASONS, ": Derivative Works Filter, Sexual Content"),
        (None, ""),
        ({}, ""),
        ({"Moderation Reasons": None}, ""),
        ({"Moderation Reasons": [7, ["x"], "Violence"]}, ": Violence"),
        ("odd", ""),
    ],
)
async def test_order_refused_by_the_filter_is_moderated_with_its_reasons(shop, details, words):
    state = {"status": "Request Moderated", "details": details}
    provider = shop.connect()
    handle = await buy(shop, provider, script=[PENDING, state])

    for question in (follow(provider, handle), provider.fetch(handle)):
        with pytest.raises(Moderated) as caught:
            await question
        assert str(caught.value) == f"its safety filter refused the words or the picture{words}"
        assert_clean(caught.value)


async def test_picture_kept_by_the_filter_is_withheld_and_costs_what_it_cost(shop):
    """It was made, so it may be billed: an output without data counts against the budget."""
    state = {"status": "Content Moderated", "details": REASONS}

    outputs = await make(shop, script=[PENDING, state])

    assert outputs == [Output(b"", is_withheld=True, cost_usd_micros=40_000)]
    assert shop.asked("sample") == []


@pytest.mark.parametrize("status", ["Error", "Failed", "failed"])
@pytest.mark.parametrize(
    ("details", "words"),
    [
        (None, "the run failed on its side"),
        ({"error": "Input image too small"}, "the run failed on its side: Input image too small"),
        ({"a": f"task {RUN_ID} died"}, "the run failed on its side: task … died"),
        ({"a": "see https://x.example/?k=1 now"}, "the run failed on its side: see … now"),
        ({"a": "two\nlines\u202e"}, "the run failed on its side: two lines"),
    ],
)
async def test_failed_run_is_rejected_in_words_fit_to_read(shop, status, details, words):
    provider = shop.connect()
    handle = await buy(shop, provider, script=[PENDING, {"status": status, "details": details}])

    for question in (follow(provider, handle), provider.fetch(handle)):
        with pytest.raises(ProviderFailed) as caught:
            await question
        assert str(caught.value) == words


async def test_endless_details_are_cut(shop):
    state = {"status": "Error", "details": {"a": "x " * 5000}}
    provider = shop.connect()
    handle = await buy(shop, provider, script=[state])

    with pytest.raises(ProviderRejected) as caught:
        await follow(provider, handle)

    assert len(str(caught.value)) == 300


@pytest.mark.parametrize(
    ("cost", "cost_usd_micros"),
    [
        (4, 40_000),
        (4.5, 45_000),
        (1.4567891, 14_568),
        (0, 0),
        (None, None),
        (..., None),
        ("4", None),
        (True, None),
        (-1, None),
        (10**9, None),
    ],
)
async def test_credits_of_the_paid_answer_are_the_cost_of_the_picture(shop, cost, cost_usd_micros):
    shop.submit_extra = {"cost": cost}

    (output,) = await make(shop)

    assert output.cost_usd_micros == cost_usd_micros
    assert size_of(output) == (256, 320)


@pytest.mark.parametrize(
    ("seed", "known"),
    [(0, 0), (2**63 - 1, 2**63 - 1), (2**63, None), (-1, None), (True, None), (..., None)],
)
async def test_seed_is_what_the_result_says_if_a_row_can_hold_it(shop, seed, known):
    shop.result_extra = {"seed": seed}

    (output,) = await make(shop)

    assert output.seed == known


async def test_picture_is_downloaded_once_from_the_store_without_the_key(shop):
    (output,) = await make(shop)

    (asked,) = shop.asked("sample")
    assert (asked.query, asked.has_key) == ({"sig": "2f6a"}, False)
    assert size_of(output) == (256, 320)


@pytest.mark.parametrize(
    "sample",
    [
        None,
        ...,
        7,
        "",
        "file:///etc/passwd",
        "ftp://x.example/a.png",
        "data:,x",
        "http://x.example:port/a",
    ],
)
async def test_run_that_is_ready_without_a_picture_gives_none_but_its_cost(shop, sample):
    shop.result_extra = {"sample": sample}

    outputs = await make(shop)

    assert outputs == [Output(b"", seed=7, cost_usd_micros=40_000)]


@pytest.mark.parametrize("result", [None, [], "https://x.example/a.png", 7])
async def test_result_in_an_odd_shape_gives_no_picture(shop, result):
    outputs = await make(shop, script=[{"status": "Ready", "result": result}])

    assert outputs == [Output(b"", cost_usd_micros=40_000)]


async def test_plain_http_is_not_taken_from_the_real_company(shop):
    """Only a base address on plain http, as on the loopback, lets pictures come that way."""
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)
    provider._base_url = "https://api.bfl.ai"

    (output,) = await provider.fetch(handle)

    assert output.data == b""
    assert shop.asked("sample") == []


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_picture_that_expired_is_not_asked_for_for_ever(shop, status):
    shop.always("sample", Answer(status, "<Error>AuthenticationFailed</Error>"))

    (output,) = await make(shop)

    assert (output.data, output.cost_usd_micros) == (b"", 40_000)
    assert len(shop.asked("sample")) == 1


@pytest.mark.parametrize("fault", [NGINX, Oddity.HANG_UP, Oddity.HANGING, Answer(429, "")])
async def test_picture_that_cannot_be_had_just_now_may_be_asked_for_again(shop, fault):
    handle = await buy(shop, shop.connect(), script=[READY])
    shop.next_answer("sample", fault)
    patience_s = SHORT_S if fault is Oddity.HANGING else 20.0

    with pytest.raises(ProviderLost) as caught:
        await shop.connect(patience_s=patience_s).fetch(handle)

    assert_clean(caught.value)
    (output,) = await shop.connect().fetch(handle)
    assert size_of(output) == (256, 320)


async def test_picture_beyond_the_limit_is_not_taken(shop, monkeypatch):
    monkeypatch.setattr(bfl, "LIMIT_BYTES", 100)

    (output,) = await make(shop)

    assert output.data == b""


async def test_run_that_is_not_over_has_nothing_to_fetch_yet(shop):
    shop.hold_runs()
    provider = shop.connect()
    handle = await buy(shop, provider)

    with pytest.raises(ProviderLost, match="not over yet"):
        await provider.fetch(handle)


async def test_order_with_a_webhook_is_followed_all_the_same(shop):
    """Its answer has a status in place of the address to ask at."""
    shop.submit_extra = {
        "polling_url": ...,
        "status": "Pending",
        "webhook_url": "https://x.example",
    }
    provider = shop.connect()

    outputs = await all_the_way(provider, await buy(shop, provider))

    assert [size_of(output) for output in outputs] == shop.sizes


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (Answer(402, '{"detail": "Insufficient credits"}'), OutOfFunds, "Insufficient credits"),
        (Answer(402, ""), OutOfFunds, "402"),
        (Answer(403, '{"detail": "Not authenticated"}'), BadKey, "Not authenticated"),
        (Answer(403, '{"detail": "Insufficient credits"}'), OutOfFunds, "Insufficient"),
        (
            Answer(429, '{"detail": "Too many active tasks: 24"}', {"Retry-After": "11"}),
            ProviderBusy,
            "24",
        ),
        (Answer(429, '{"error": "rate", "retry_after": 11}'), ProviderBusy, "rate"),
        (
            Answer(
                422, '{"detail": [{"loc": ["body", "seed"], "msg": "not an int", "type": "x"}]}'
            ),
            ProviderRejected,
            "not an int",
        ),
        (
            Answer(400, '{"error": "invalid", "message": "steps too high", "details": {}}'),
            ProviderRejected,
            "steps too high",
        ),
        (Answer(503, ""), ProviderDown, "503"),
    ],
)
async def test_refused_order_is_named_by_its_words_and_not_sent_again(
    shop, answer, expected, words
):
    await shop.next_submit(answer)

    with pytest.raises(expected, match=words) as caught:
        await buy(shop, shop.connect())

    assert type(caught.value) is expected
    assert getattr(caught.value, "retry_after_s", 11) == 11
    assert_clean(caught.value)


@pytest.mark.parametrize("left", [0, 0.0, -3.5])
async def test_check_names_an_empty_account(shop, left):
    shop.credits = left

    with pytest.raises(OutOfFunds):
        await shop.connect().check()

    (asked,) = shop.seen
    assert (asked.method, asked.path, asked.has_key) == ("GET", "/v1/credits", True)


@pytest.mark.parametrize("left", [0.01, 512, None, ..., "many", True])
async def test_check_passes_while_nothing_says_that_the_account_is_empty(shop, left):
    shop.credits = left

    await shop.connect().check()

    assert len(shop.asked("credits")) == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answer(200, "<html>"), ProviderDown),
        (Answer(200, "[]"), ProviderDown),
        (Answer(401, "{}"), BadKey),
        (Answer(402, "{}"), OutOfFunds),
        (Answer(422, "{}"), ProviderDown),
        (Answer(429, "{}"), ProviderDown),
        (NGINX, ProviderDown),
        (Oddity.HANG_UP, ProviderDown),
        (Oddity.HANGING, ProviderDown),
    ],
)
async def test_check_that_fails_says_how(shop, fault, expected):
    shop.always("credits", fault)
    patience_s = SHORT_S if fault is Oddity.HANGING else 20.0

    with pytest.raises(expected) as caught:
        await shop.connect(patience_s=patience_s).check()

    assert type(caught.value) is expected
    assert_clean(caught.value)
