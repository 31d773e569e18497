"""What runs at Replicate give: pictures, flags, seeds; the pictures they take; the account."""

import base64

import pytest

from bot.errors import BadKey, OutOfFunds, ProviderBusy, ProviderDown, ProviderLost
from bot.providers import _replicate_pictures, replicate
from bot.providers._protocol import Output
from bot.providers._replicate_pictures import LIMIT_BYTES, take_pictures
from tests.standins.answers import Answer
from tests.standins.replicate_runs import (
    SEED_NOBODY_CHOSE,
    Outcome,
    draw,
)
from tests.standins.replicate_shop import (
    NGINX,
    NO_TOKEN,
    SHORT_S,
    all_the_way,
    assert_clean,
    buy,
    follow,
    make,
    open_shop,
    patience_for,
    size_of,
)
from tests.standins.replicate_wire import Oddity


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


@pytest.mark.parametrize("log", [None, 7, ["x"]])
async def test_log_that_is_no_text_is_none(shop, log):
    outputs = await make(shop, outcome=Outcome(extra={"logs": log}))

    assert [output.seed for output in outputs] == [7, 7]


async def test_single_address_is_a_picture(shop):
    outputs = await make(shop, outcome=Outcome(is_single=True), num_outputs=1)

    assert [size_of(output) for output in outputs] == [(64, 80)]


async def test_files_are_fetched_from_their_own_host_without_the_key(shop):
    await make(shop)

    files = shop.asked("file")
    assert {seen.port for seen in files} == {int(shop.files.url.rpartition(":")[2])}
    assert [seen.has_key for seen in files] == [False, False]


async def test_pictures_that_the_filter_left_out_are_withheld_in_their_places(shop):
    outputs = await make(shop, outcome=Outcome(unsafe=[1]), num_outputs=3)

    assert [output.is_withheld for output in outputs] == [False, True, False]
    assert [output.is_nsfw for output in outputs] == [False, True, False]
    assert outputs[1].data == b""
    assert len(shop.asked("file")) == 2


async def test_fewer_pictures_than_asked_are_taken_as_they_are(shop):
    one = [shop.files.put("one.png", draw((8, 8), 1))]

    outputs = await make(shop, outcome=Outcome(extra={"output": one}), num_outputs=4)

    assert [size_of(output) for output in outputs] == [(8, 8)]


async def test_flagged_picture_that_is_there_is_delivered_with_its_flag(shop):
    pictures = [shop.files.put(f"{n}.png", draw((8, 8), n)) for n in range(2)]

    outputs = await make(shop, outcome=Outcome(unsafe=[1], extra={"output": pictures}))

    assert [output.is_nsfw for output in outputs] == [False, True]
    assert all(output.data for output in outputs)


@pytest.mark.parametrize(
    ("inputs", "logs", "flag"),
    [
        ({}, "Total safe images: 2 out of 2", False),
        ({"disable_safety_checker": True}, "Total safe images: 2 out of 2", None),
        ({}, "Generated image in 6.8sec", None),
        ({}, "", None),
    ],
)
async def test_flag_is_what_the_models_own_check_said(shop, inputs, logs, flag):
    outputs = await make(shop, outcome=Outcome(extra={"logs": logs}), **inputs)

    assert [output.is_nsfw for output in outputs] == [flag, flag]


async def test_seed_that_nobody_chose_is_told_by_the_log(shop):
    provider = shop.connect()
    shop.bought += 1
    inputs = {"prompt": "a fox", "num_outputs": 2}
    handle = await provider.submit(shop.endpoint, inputs, key="attempt-1")

    outputs = await all_the_way(provider, handle)

    assert [output.seed for output in outputs] == [SEED_NOBODY_CHOSE] * 2


@pytest.mark.parametrize(
    ("logs", "inputs", "seeds"),
    [
        ("Using seed: 5\nUsing seed: 6", {"seed": 7}, [5, 6]),
        ("Using seed: 5\nUsing seed: 5\nUsing seed: 5", {"seed": 7}, [5, 5]),
        ("using seed 5", {}, [5, 5]),
        ("Using seed: 1\nUsing seed: 2\nUsing seed: 3", {"seed": 7}, [7, 7]),
        ("", {"seed": 7}, [7, 7]),
        ("", {"seed": "7"}, [None, None]),
        ("", {"seed": True}, [None, None]),
        ("", {"seed": -1}, [None, None]),
        ("", {}, [None, None]),
        (f"Using seed: {2**63 - 1}", {}, [2**63 - 1] * 2),
        (f"Using seed: {2**63}", {}, [None, None]),
        ("", None, [None, None]),
    ],
)
async def test_seed_is_a_whole_number_that_a_row_can_hold(shop, logs, inputs, seeds):
    outputs = await make(shop, outcome=Outcome(extra={"logs": logs, "input": inputs}))

    assert [output.seed for output in outputs] == seeds


@pytest.mark.parametrize(
    "extra",
    [
        {"output": None, "data_removed": True, "input": {}, "logs": ""},
        {"output": None},
        {"output": []},
        {"output": [None]},
    ],
)
async def test_run_whose_pictures_are_gone_gives_none(shop, extra):
    assert await make(shop, outcome=Outcome(extra=extra)) == []


@pytest.mark.parametrize(
    "item",
    [
        7,
        {},
        {"url": "https://127.0.0.1/x.png"},
        "",
        "a fox",
        "data:image/png,plain",
        "data:image/png;base64,no base64!",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://[::1",
    ],
)
async def test_output_that_is_no_picture_is_empty_and_spoils_no_other(shop, item):
    good = shop.files.put("good.png", draw((8, 8), 1))

    outputs = await make(shop, outcome=Outcome(extra={"output": [item, good]}))

    assert outputs[0].data == b""
    assert size_of(outputs[1]) == (8, 8)


@pytest.mark.parametrize(
    "output", [["", "A", " fox", ",", " at", " ", "dusk", ".\n"], "A fox, at dusk."]
)
async def test_words_of_a_language_model_are_one_output(shop, output):
    outputs = await make(shop, outcome=Outcome(extra={"output": output}))

    assert outputs == [Output(b"", text="A fox, at dusk.")]
    assert shop.asked("file") == []


async def test_picture_inside_the_answer_is_decoded(shop):
    data = draw((8, 8), 1)
    inside = f"data:image/png;base64,{base64.b64encode(data).decode()}"

    outputs = await make(shop, outcome=Outcome(extra={"output": inside}))

    assert [output.data for output in outputs] == [data]


async def test_plain_http_is_taken_only_from_a_stand_in(shop):
    run = {"output": shop.files.put("a.png", draw((8, 8), 1))}

    outputs = await take_pictures(shop.client(), run, is_http_fine=False)

    assert outputs == [Output(b"")]
    assert shop.seen == []


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_file_that_is_gone_is_empty_and_spoils_no_other(shop, status):
    shop.next_answer("file", Answer(status, "gone"))

    outputs = await make(shop)

    assert sorted(bool(output.data) for output in outputs) == [False, True]


async def test_file_beyond_the_limit_is_empty(shop, monkeypatch):
    monkeypatch.setattr(_replicate_pictures, "LIMIT_BYTES", 50)

    outputs = await make(shop)

    assert [output.data for output in outputs] == [b"", b""]
    assert LIMIT_BYTES == 30 * 1024**2


@pytest.mark.parametrize(
    "fault", [Oddity.TRUNCATED, Oddity.HANG_UP, Oddity.HANGING, NGINX, Answer(429, "")]
)
async def test_file_that_breaks_off_may_be_fetched_again(shop, fault):
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)
    shop.next_answer("file", fault)

    with pytest.raises(ProviderLost) as caught:
        await shop.connect(patience_s=patience_for(fault)).fetch(handle)

    # One that waits for the other would not have been asked for.
    assert len(shop.asked("file")) == 2 or fault is Oddity.HANGING
    assert_clean(caught.value)
    assert [size_of(output) for output in await provider.fetch(handle)] == shop.sizes


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
async def test_upload_brings_the_bytes_and_names_their_type(shop, start, expected):
    address = await shop.connect().upload(shop.shelf.keep(start))

    (upload,) = shop.asked("upload")
    (file,) = shop.files.uploads.values()
    assert (file.data, file.content_type) == (start, expected)
    assert upload.headers["Content-Type"].startswith("multipart/form-data")
    assert address == f"{shop.url}/v1/files/file1"


@pytest.mark.parametrize("extra", [{}, {"name": "fox.png", "etag": "1"}, {"metadata": None}])
async def test_upload_is_sent_once_whatever_its_answer_is_made_of(shop, extra):
    shop.files.extra = extra

    await shop.connect().upload(shop.shelf.keep(draw((16, 16), 1)))

    assert len(shop.asked("upload")) == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answer(401, NO_TOKEN), BadKey),
        (Answer(403, "{}"), BadKey),
        (Answer(402, "{}"), OutOfFunds),
        (Answer(413, '{"detail": "Files must be less than 100MB in size"}'), ProviderDown),
        (Answer(429, "", {"Retry-After": "3"}), ProviderBusy),
        (Answer(429, '{"detail": "Your rate limit resets in ~3s."}'), ProviderBusy),
        (Answer(500, ""), ProviderDown),
        (Answer(201, "{}"), ProviderDown),
        (Answer(201, '{"urls": {"get": null}}'), ProviderDown),
        (Answer(201, "[]"), ProviderDown),
        (Answer(201, "<html>"), ProviderDown),
        (Oddity.HANG_UP, ProviderDown),
        (Oddity.HANGING, ProviderDown),
    ],
)
async def test_upload_that_fails_is_named_and_sent_once(shop, fault, expected, monkeypatch):
    if fault is Oddity.HANGING:
        monkeypatch.setattr(replicate, "LONGEST_UPLOAD_S", SHORT_S)
    shop.always("upload", fault)

    with pytest.raises(expected) as caught:
        await shop.connect().upload(shop.shelf.keep(draw((16, 16), 1)))

    assert type(caught.value) is expected
    assert len(shop.asked("upload")) <= 1
    assert_clean(caught.value)


async def test_throttled_upload_says_when_to_come_again(shop):
    shop.always("upload", Answer(429, '{"detail": "Your rate limit resets in ~30s."}'))

    with pytest.raises(ProviderBusy) as caught:
        await shop.connect().upload(shop.shelf.keep(b"x"))

    assert caught.value.retry_after_s == 30


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answer(401, NO_TOKEN), BadKey),
        (Answer(403, "{}"), BadKey),
        (Answer(402, "{}"), OutOfFunds),
        (Answer(404, "{}"), ProviderDown),
        (Answer(500, ""), ProviderDown),
        (Answer(200, "<html>"), ProviderDown),
        (Answer(200, "[]"), ProviderDown),
        (Answer(429, "", {"Retry-After": "3600"}), ProviderDown),
        (Oddity.HANG_UP, ProviderDown),
        (Oddity.HANGING, ProviderDown),
    ],
)
async def test_check_names_what_is_wrong(shop, fault, expected):
    shop.always("account", fault)
    is_long = isinstance(fault, Answer) and "Retry-After" in fault.headers
    patience_s = SHORT_S if is_long else patience_for(fault)

    with pytest.raises(expected) as caught:
        await shop.connect(patience_s=patience_s).check()

    assert type(caught.value) is expected
    assert_clean(caught.value)


async def test_account_that_the_package_rejects_is_an_account(shop):
    shop.always("account", Answer(200, '{"type": "team", "username": "mia"}'))

    await shop.connect().check()

    assert [seen.path for seen in shop.seen] == ["/v1/account"]
