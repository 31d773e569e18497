"""The pictures that fal.ai gives and takes, and the account behind them."""

import base64
import json

import pytest

from bot.errors import (
    BadKey,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderLost,
)
from bot.providers import fal
from bot.providers._fal_pictures import LIMIT_BYTES, take_pictures
from bot.providers._protocol import Output
from tests.contract.fal_shop import (
    NGINX,
    SHORT_S,
    all_the_way,
    assert_clean,
    buy,
    follow,
    make,
    open_shop,
    size_of,
)
from tests.standins import KEY
from tests.standins.answers import Answer
from tests.standins.fal_runs import Outcome, draw
from tests.standins.fal_wire import Oddity


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


@pytest.mark.parametrize("wrap", ["url", "data", "base64", "content"])
async def test_picture_is_taken_however_it_is_given(shop, wrap):
    outputs = await make(shop, outcome=Outcome(wrap=wrap))

    assert [size_of(output) for output in outputs] == shop.sizes
    assert len(shop.asked("file")) == (2 if wrap == "url" else 0)


@pytest.mark.parametrize("endpoint", ["fal-ai/clarity-upscaler", "fal-ai/birefnet/v2"])
async def test_single_image_is_taken_and_its_mask_left(shop, endpoint):
    provider = shop.connect()
    address = await provider.upload(shop.shelf.keep(draw((40, 30), 1)))
    shop.bought += 1
    handle = await provider.submit(endpoint, {"image_url": address}, key="attempt-1")

    outputs = await all_the_way(provider, handle)

    assert [size_of(output) for output in outputs] == [(40, 30)]
    assert shop.refused_inputs == []


@pytest.mark.parametrize("words", ["a red fox on snow", ""])
async def test_words_are_taken_in_place_of_pictures(shop, words):
    outcome = Outcome(without=("images", "seed"), extra={"output": words, "partial": False})

    assert await make(shop, outcome=outcome) == [Output(b"", text=words)]


async def test_files_are_fetched_without_the_key(shop):
    await make(shop)

    assert [seen.has_key for seen in shop.asked("file")] == [False, False]


async def test_flagged_picture_is_withheld_and_not_downloaded(shop):
    outputs = await make(shop, outcome=Outcome(flags=[True, False]))

    assert outputs[0] == Output(b"", seed=7, is_nsfw=True, is_withheld=True)
    assert (outputs[1].is_nsfw, outputs[1].is_withheld) == (False, False)
    assert len(shop.asked("file")) == 1


@pytest.mark.parametrize(
    ("outcome", "flags"),
    [
        (Outcome(flags=[False]), [False, None]),
        (Outcome(flags=[]), [None, None]),
        (Outcome(without=["has_nsfw_concepts"]), [None, None]),
        (Outcome(extra={"has_nsfw_concepts": None}), [None, None]),
        (Outcome(extra={"has_nsfw_concepts": ["yes", 0]}), [None, None]),
    ],
)
async def test_flags_may_be_missing_or_too_few(shop, outcome, flags):
    outputs = await make(shop, outcome=outcome)

    assert [output.is_nsfw for output in outputs] == flags


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (9_007_199_254_740_993, 9_007_199_254_740_993),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (-1, None),
        (7.0, None),
        ("7", None),
        (True, None),
        (None, None),
    ],
)
async def test_seed_is_a_whole_number_that_a_row_can_hold(shop, given, taken):
    outputs = await make(shop, outcome=Outcome(extra={"seed": given}))

    assert [output.seed for output in outputs] == [taken, taken]


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(extra={"images": []}),
        Outcome(without=["images"]),
        Outcome(extra={"images": None, "image": None}),
        Outcome(extra={"images": "none"}),
    ],
)
async def test_answer_without_pictures_gives_none(shop, outcome):
    assert await make(shop, outcome=outcome) == []


@pytest.mark.parametrize(
    "item",
    [
        None,
        7,
        {},
        {"url": None},
        {"url": ""},
        {"url": "no base64!"},
        {"url": "data:image/png,plain"},
        {"url": "ftp://127.0.0.1/x"},
        {"url": "file:///etc/passwd"},
        {"url": "http://[::1"},
        {"url": base64.b64encode(b"x" * (LIMIT_BYTES + 3)).decode()},
    ],
)
async def test_picture_in_no_known_form_is_empty_and_spoils_no_other(shop, item):
    good = shop.put_file("good.png", draw((8, 8), 1))

    outputs = await make(shop, outcome=Outcome(extra={"images": [item, {"url": good}]}))

    assert outputs[0].data == b""
    assert size_of(outputs[1]) == (8, 8)


async def test_plain_http_is_taken_only_from_a_stand_in(shop):
    answer = {"images": [{"url": shop.put_file("a.png", draw((8, 8), 1))}]}

    outputs = await take_pictures(shop.client(), answer, is_http_fine=False)

    assert outputs == [Output(b"")]
    assert shop.seen == []


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_file_that_is_gone_is_empty_and_spoils_no_other(shop, status):
    shop.next_answer("file", Answer(status, "gone"))

    outputs = await make(shop)

    assert sorted(bool(output.data) for output in outputs) == [False, True]


async def test_file_beyond_the_limit_is_empty(shop):
    large = shop.put_file("large.png", b"x" * (LIMIT_BYTES + 1))

    outputs = await make(shop, outcome=Outcome(extra={"images": [{"url": large}]}))

    assert outputs == [Output(b"", seed=7, is_nsfw=False)]


@pytest.mark.parametrize(
    "fault", [Oddity.TRUNCATED, Oddity.HANG_UP, Oddity.HANGING, NGINX, Answer(429, "")]
)
async def test_file_that_breaks_off_may_be_fetched_again(shop, fault):
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)
    shop.next_answer("file", fault)

    with pytest.raises(ProviderLost):
        await shop.connect(patience_s=_patience_for(fault)).fetch(handle)

    # One that waits for the other would not have been asked for.
    assert len(shop.asked("file")) == 2
    assert [size_of(output) for output in await provider.fetch(handle)] == shop.sizes


async def test_upload_gives_the_store_its_token_and_never_the_key(shop):
    picture = draw((16, 16), 1)

    address = await shop.connect().upload(shop.shelf.keep(picture))

    token, upload = shop.seen
    assert (token.place, token.query) == ("token", {"storage_type": "fal-cdn-v3"})
    assert (json.loads(token.body), token.has_key) == ({}, True)
    assert (upload.place, upload.body, upload.has_key) == ("upload", picture, False)
    assert address.startswith(f"{shop.url}/cdn/files/")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"\x89PNG\r\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF....WEBP", "image/webp"),
        (b"GIF89a", "image/gif"),
        (b"????", "application/octet-stream"),
    ],
)
async def test_upload_names_the_type_that_the_bytes_have(shop, start, expected):
    await shop.connect().upload(shop.shelf.keep(start))

    assert shop.asked("upload")[0].headers["Content-Type"] == expected


BALANCE = '{"detail": "User is locked. Reason: Exhausted balance. Top up your balance."}'
NO_USER = '{"detail": "No user found for Key ID and Secret"}'


@pytest.mark.parametrize(
    ("place", "fault", "expected"),
    [
        ("token", Answer(401, NO_USER), BadKey),
        ("token", Answer(403, "{}"), BadKey),
        ("token", Answer(403, BALANCE), OutOfFunds),
        ("token", Answer(429, "", {"Retry-After": "3"}), ProviderBusy),
        ("token", Answer(500, ""), ProviderDown),
        ("token", Answer(200, "{}"), ProviderDown),
        ("token", Answer(200, "<html>"), ProviderDown),
        ("token", Oddity.HANG_UP, ProviderDown),
        ("upload", Answer(401, "{}"), BadKey),
        ("upload", Answer(500, ""), ProviderDown),
        ("upload", Answer(200, "{}"), ProviderDown),
        ("upload", Answer(200, '{"access_url": null}'), ProviderDown),
        ("upload", Oddity.HANG_UP, ProviderDown),
        ("upload", Oddity.HANGING, ProviderDown),
    ],
)
async def test_upload_that_fails_is_named_and_tries_no_other_store(
    shop, place, fault, expected, monkeypatch
):
    if isinstance(fault, Oddity):
        # Only what shall be given up on gets little time: the package tries for half a minute.
        monkeypatch.setattr(fal, "_LONGEST_UPLOAD_S", SHORT_S)
    shop.always(place, fault)

    with pytest.raises(expected) as caught:
        await shop.connect().upload(shop.shelf.keep(draw((16, 16), 1)))

    assert type(caught.value) is expected
    assert {seen.place for seen in shop.seen if seen.has_key} == {"token"}
    assert_clean(caught.value)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answer(401, NO_USER), BadKey),
        (Answer(403, "{}"), BadKey),
        (Answer(403, BALANCE), OutOfFunds),
        (Answer(402, "{}"), OutOfFunds),
        (Answer(404, "{}"), ProviderDown),
        (Answer(429, ""), ProviderDown),
        (Answer(500, ""), ProviderDown),
        (Answer(200, "<html>"), ProviderDown),
        (Oddity.HANG_UP, ProviderDown),
        (Oddity.HANGING, ProviderDown),
    ],
)
async def test_check_names_what_is_wrong(shop, fault, expected):
    shop.always("token", fault)

    with pytest.raises(expected) as caught:
        await shop.connect(patience_s=_patience_for(fault)).check()

    assert type(caught.value) is expected
    assert_clean(caught.value)


def _patience_for(fault) -> float:
    return SHORT_S if fault is Oddity.HANGING else 20


@pytest.mark.parametrize("key", [f"{KEY}", "", f"id:{KEY}\n", f"id:{KEY}\u2026"])
async def test_malformed_key_is_a_bad_key(shop, key):
    with pytest.raises(BadKey) as caught:
        await shop.connect(key=key).check()

    assert_clean(caught.value)
