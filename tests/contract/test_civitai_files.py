"""Pictures at CivitAI: which may be shown, where they are fetched, what they cost."""

import json

import pytest

from bot.errors import (
    BadKey,
    Moderated,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderLost,
    ProviderRejected,
)
from tests.standins.answers import Answer
from tests.standins.civitai_runs import Outcome, draw
from tests.standins.civitai_shop import (
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
from tests.standins.civitai_wire import Oddity

GONE = Answer(404, "{}")


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def test_pictures_come_through_a_redirect_to_a_host_that_never_sees_the_key(shop):
    outputs = await make(shop)

    blobs, files = shop.asked("blob"), shop.asked("file")
    assert [size_of(output) for output in outputs] == shop.sizes
    assert len(blobs) == len(files) == 2
    assert shop.files_url not in {shop.url, shop.site_url}
    assert not any(seen.has_key for seen in (*blobs, *files))


@pytest.mark.parametrize(
    ("level", "is_nsfw"),
    [
        ("pg", False),
        ("pg13", False),
        ("PG13", False),
        ("r", True),
        ("x", True),
        ("xxx", True),
        ("na", None),
        (None, None),
        ("brand-new", None),
    ],
)
async def test_level_of_a_picture_is_told_as_it_is(shop, level, is_nsfw):
    outcome = Outcome(blobs=[{"nsfwLevel": level}])

    (output,) = await make(shop, outcome=outcome, quantity=1, allow_mature=True)

    assert (output.is_nsfw, output.is_withheld) == (is_nsfw, False)
    assert size_of(output) == (64, 80)


@pytest.mark.parametrize(
    "blob",
    [
        {"available": False, "url": None, "nsfwLevel": "x", "blockedReason": "canUpgrade"},
        {"available": False, "blockedReason": "siteRestricted"},
        {"available": True, "blockedReason": "NsfwLevel"},
        {"available": False, "url": None, "nsfwLevel": "r"},
    ],
)
async def test_picture_that_is_kept_back_is_not_fetched_and_the_rest_is_delivered(shop, blob):
    kept, given = await make(shop, outcome=Outcome(blobs=[blob]))

    assert (kept.data, kept.is_withheld) == (b"", True)
    assert (size_of(given), given.is_withheld) == ((64, 80), False)
    assert len(shop.asked("blob")) == 1


async def test_mature_picture_without_leave_is_hidden_by_civitai_and_withheld(shop):
    """`hideMatureContent` gives no reason: the blob is just not available."""
    outputs = await make(shop, outcome=Outcome(blobs=[{"nsfwLevel": "x"}] * 2))

    assert [output.is_withheld for output in outputs] == [True, True]
    assert shop.asked("blob", "refresh") == []


@pytest.mark.parametrize("reason", [None, "", "none", "None"])
async def test_reason_that_is_none_blocks_nothing(shop, reason):
    outputs = await make(shop, outcome=Outcome(blobs=[{"blockedReason": reason}]))

    assert [size_of(output) for output in outputs] == shop.sizes


async def test_address_of_a_picture_that_is_not_available_is_not_asked(shop):
    """Blobs are listed with addresses before they exist, and some never come to exist."""
    missing, given = await make(shop, outcome=Outcome(blobs=[{"available": False}]))

    assert (missing.data, missing.is_withheld) == (b"", False)
    assert size_of(given) == (64, 80)
    assert len(shop.asked("blob")) == 1


async def test_expired_address_is_refreshed_with_the_key_and_fetched_without(shop):
    outputs = await make(shop, outcome=Outcome(is_stale=True))

    refreshed = shop.asked("refresh")
    assert [size_of(output) for output in outputs] == shop.sizes
    assert len(refreshed) == 2
    assert all(seen.method == "POST" and seen.has_key for seen in refreshed)


@pytest.mark.parametrize(
    ("fault", "is_withheld"),
    [
        (GONE, False),
        (Answer(403, "{}"), False),
        (Answer(200, '{"available": false, "blockedReason": "MatureContent"}'), True),
        (Answer(200, '{"available": true}'), False),
        (Answer(200, '{"url": "file:///etc/passwd"}'), False),
    ],
)
async def test_picture_without_a_fresh_address_is_empty(shop, fault, is_withheld):
    shop.always("refresh", fault)

    outputs = await make(shop, outcome=Outcome(is_stale=True))

    assert [(output.data, output.is_withheld) for output in outputs] == [(b"", is_withheld)] * 2


@pytest.mark.parametrize("fault", [NGINX, Oddity.HANG_UP, Answer(401, "{}"), Answer(429, "{}")])
async def test_refresh_that_fails_may_be_asked_again(shop, fault):
    provider = shop.connect()
    handle = await buy(shop, provider, outcome=Outcome(is_stale=True))
    await follow(provider, handle)
    shop.always("refresh", fault)

    with pytest.raises(ProviderLost) as caught:
        await provider.fetch(handle)

    assert_clean(caught.value)
    shop.always("refresh", None)
    assert [size_of(output) for output in await provider.fetch(handle)] == shop.sizes


@pytest.mark.parametrize("place", ["blob", "file"])
@pytest.mark.parametrize("fault", [NGINX, Oddity.HANG_UP, Oddity.HANGING, Oddity.TRUNCATED])
async def test_picture_that_comes_not_or_not_whole_is_asked_for_again(shop, place, fault):
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)
    shop.always(place, fault)

    with pytest.raises(ProviderLost):
        await shop.connect(patience_s=SHORT_S).fetch(handle)

    shop.always(place, None)
    assert [size_of(output) for output in await provider.fetch(handle)] == shop.sizes


async def test_picture_that_is_gone_is_empty_and_the_others_come(shop):
    provider = shop.connect()
    handle = await buy(shop, provider, quantity=1)
    await follow(provider, handle)
    shop.always("file", GONE)

    (output,) = await provider.fetch(handle)

    assert (output.data, output.is_withheld) == (b"", False)


async def test_several_pictures_have_no_seed_and_one_has_its_own(shop):
    several = await make(shop)
    (one,) = await make(shop, quantity=1, seed=2**32 - 1)

    assert [output.seed for output in several] == [None, None]
    assert one.seed == 2**32 - 1


@pytest.mark.parametrize(
    ("total", "count", "micros"),
    [
        (56, 2, [28_000, 28_000]),
        (10, 3, [3333, 3333, 3334]),
        (0, 1, [0]),
        (0.5, 1, [500]),
        (-1, 1, [None]),
        (float("nan"), 1, [None]),
    ],
)
async def test_cost_in_buzz_is_split_to_the_last_micro(shop, total, count, micros):
    outputs = await make(shop, outcome=Outcome(total=total), quantity=count)

    assert [output.cost_usd_micros for output in outputs] == micros


@pytest.mark.parametrize("output", [{"images": None}, {"images": []}, {"images": [None, 3]}])
async def test_run_without_pictures_gives_none(shop, output):
    assert await make(shop, outcome=Outcome(nodes={"output": output})) == []


@pytest.mark.parametrize(
    ("start", "content_type"),
    [
        (draw((8, 8), 1), "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF....WEBP", "image/webp"),
        (b"GIF89a", "image/gif"),
    ],
)
async def test_upload_sends_the_picture_itself_with_its_type(shop, start, content_type):
    address = await shop.connect().upload(shop.shelf.keep(start))

    (sent,) = shop.asked("upload")
    assert sent.body == start
    assert sent.headers["Content-Type"] == content_type
    assert sent.has_key
    assert address.startswith(f"{shop.url}/v2/consumer/blobs/upload-1.png?")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answer(402, "{}"), OutOfFunds),
        (Answer(401, "{}"), BadKey),
        (Answer(429, "{}"), ProviderBusy),
        (NGINX, ProviderDown),
        (Oddity.HANG_UP, ProviderDown),
        (Oddity.HANGING, ProviderDown),
        (Answer(201, "half"), ProviderDown),
        (Answer(201, json.dumps({"url": None})), ProviderDown),
        (Answer(201, json.dumps({"url": "data:image/png;base64,AAAA"})), ProviderDown),
        (Answer(201, json.dumps({"url": "https://x/" + "x" * 5000})), ProviderDown),
    ],
)
async def test_upload_that_fails_is_named(shop, fault, expected):
    sha256 = shop.shelf.keep(draw((8, 8), 1))
    shop.always("upload", fault)
    provider = shop.connect(patience_s=SHORT_S if fault is Oddity.HANGING else 20)

    with pytest.raises(expected) as caught:
        await provider.upload(sha256)

    assert type(caught.value) is expected
    assert_clean(caught.value)


@pytest.mark.parametrize("name", ["image", "images"])
async def test_picture_that_the_filter_refuses_is_never_ordered_with(shop, name):
    """Refused for what it shows, not because CivitAI were down: that would close it to all."""
    shop.upload_extra = {"available": False, "blockedReason": "NSFWLevelSourceImageRestricted"}
    provider = shop.connect()
    uploaded = json.loads(json.dumps(await provider.upload(shop.shelf.keep(draw((8, 8), 1)))))
    inputs = {name: [uploaded] if name == "images" else uploaded}

    for order in (provider.submit, provider.find):
        with pytest.raises(Moderated, match="safety filter"):
            await order("imageGen", inputs, key="attempt-1")

    assert shop.paid_posts == 0


@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_picture_that_civitai_cannot_use_is_never_ordered_with(shop, status):
    shop.always("upload", Answer(status, '{"detail": "Bad file at https://x.example/1"}'))
    provider = shop.connect()
    uploaded = await provider.upload(shop.shelf.keep(draw((8, 8), 1)))

    with pytest.raises(ProviderRejected, match=r"Bad file at \(link\)") as caught:
        await provider.submit("imageUpscaler", {"image": uploaded}, key="attempt-1")

    assert type(caught.value) is ProviderRejected
    assert shop.paid_posts == 0


async def test_picture_starts_a_run_of_its_size(shop):
    provider = shop.connect()
    address = await provider.upload(shop.shelf.keep(draw((48, 32), 1)))
    inputs = {**shop.inputs, "sourceImage": address, "sourceImageDenoiseStrenght": 0.6}

    outputs = await all_the_way(provider, await buy(shop, provider, **inputs))

    assert [size_of(output) for output in outputs] == [(48, 32)] * 2
