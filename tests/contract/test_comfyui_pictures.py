"""ComfyUI's files: pictures that come out of a run, and those that one starts from.

That no test orders twice is seen to by the fixture: it holds the POSTs to what the test bought.
"""

import io

import pytest
from PIL import Image

from bot.errors import (
    ProviderDown,
    ProviderFailed,
    ProviderLost,
)
from bot.providers._comfy_pictures import without_graph
from tests.standins.answers import Answer
from tests.standins.comfyui_shop import (
    all_the_way,
    assert_clean,
    buy,
    follow,
    open_shop,
    size_of,
)

JPEG = b"\xff\xd8\xff\xe0 a small picture"
NGINX = Answer(502, "<html>nginx</html>")


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def test_graph_is_taken_out_of_the_picture_and_nothing_else(shop):
    """It holds the prompt, and anybody could read it out of the file."""
    provider = shop.connect()
    outputs = await all_the_way(provider, await buy(shop, provider, prompt="a secret fox"))
    raw = next(iter(shop.files.values()))

    picture = Image.open(io.BytesIO(outputs[0].data))
    picture.load()

    assert b"a secret fox" in raw
    assert b"a secret fox" not in outputs[0].data
    assert picture.text == {"Software": "ComfyUI"}
    assert raw[raw.index(b"IDAT") :] == outputs[0].data[outputs[0].data.index(b"IDAT") :]


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff a jpeg", b"\x89PNG\r\n\x1a\n\0\0"])
def test_file_that_is_no_whole_png_stays_as_it_is(data):
    assert without_graph(data) == data


async def test_repeat_of_seed_and_graph_gives_pictures_again(shop):
    """All of it is in ComfyUI's cache, which saves no file for a repeat that is the very same."""
    provider = shop.connect()
    first = await all_the_way(provider, await buy(shop, provider, key="attempt-1"))

    again = await all_the_way(provider, await buy(shop, provider, key="attempt-2"))

    assert [output.data for output in again] == [output.data for output in first]
    assert len(shop.files) == 4


async def test_picture_whose_file_is_gone_is_empty(shop):
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)

    shop.lose_files()

    assert [output.data for output in await provider.fetch(handle)] == [b"", b""]


async def test_picture_that_cannot_be_had_just_now_may_be_fetched_again(shop):
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)
    shop.next_answer("/view", NGINX)

    with pytest.raises(ProviderLost):
        await provider.fetch(handle)

    assert len(await provider.fetch(handle)) == 2


async def test_run_that_saved_nothing_has_failed(shop):
    provider = shop.connect()
    handle = await buy(shop, provider)
    await follow(provider, handle)

    with pytest.raises(ProviderFailed, match="no picture"):
        await provider.fetch({**handle, "output": "4"})


async def test_order_without_a_seed_gets_one_of_its_own(shop):
    provider = shop.connect()
    inputs = {name: value for name, value in shop.inputs.items() if name != "seed"}
    handles = [
        await buy(shop, provider, endpoint=shop.endpoint, key=key, **inputs)
        for key in ("attempt-1", "attempt-2")
    ]

    seeds = [(await all_the_way(provider, handle))[0].seed for handle in handles]

    assert seeds == [shop.order(n)["prompt"]["9"]["inputs"]["noise_seed"] for n in (0, 1)]
    assert seeds[0] != seeds[1]
    assert await provider.find(shop.endpoint, inputs, key="attempt-1") == handles[0]


@pytest.mark.parametrize("renames", [False, True])
async def test_picture_goes_by_the_name_that_the_server_gave_it(shop, renames):
    shop.renames = renames
    png = io.BytesIO()
    Image.new("RGB", (48, 32)).save(png, "PNG")
    sha256 = shop.shelf.keep(png.getvalue())
    provider = shop.connect()

    uploaded = await provider.upload(sha256)

    assert uploaded == f"atelier/{sha256}{' (1)' if renames else ''}.png"
    endpoint, inputs = shop.from_picture(uploaded)
    handle = await buy(shop, provider, endpoint=endpoint, **inputs)
    assert [size_of(output) for output in await all_the_way(provider, handle)] == [(48, 32)]


@pytest.mark.parametrize(
    "answer", [NGINX, Answer(200, "{}"), Answer(200, "<html>"), Answer(403, "")]
)
async def test_picture_that_is_not_taken_is_named(shop, answer):
    sha256 = shop.shelf.keep(JPEG)
    shop.next_answer("/upload/image", answer)

    with pytest.raises(ProviderDown) as caught:
        await shop.connect().upload(sha256)

    assert_clean(shop, caught.value)
