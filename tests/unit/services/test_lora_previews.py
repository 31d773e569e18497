"""Previews of LoRAs: safe pictures of bounded size, fetched without the key, or none."""

import pytest

from bot.app import build_services
from bot.loras import PREVIEW_LIMIT_BYTES, LoraSite
from tests.pictures import png
from tests.standins import KEY
from tests.standins.answers import Answer
from tests.standins.civitai_shop import NGINX, SHORT_S, open_shop
from tests.standins.civitai_site import model as published
from tests.standins.civitai_wire import Oddity

PATIENT_S = 20.0


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


@pytest.fixture
def shelf(studio, shop, monkeypatch):
    for name in ("SEARCH_S", "PREVIEW_S"):
        monkeypatch.setattr(f"bot.services.lorashelf.{name}", PATIENT_S)
    return build_services(studio.resources, studio.delivery, studio.outside, site_of(shop)).loras


def site_of(shop):
    return LoraSite(shop.client(), shop.site_url, KEY)


async def search(shelf, *, is_nsfw_fine=False):
    return await shelf.search("lighthouse", None, is_nsfw_fine=is_nsfw_fine)


def shown(shop, data, name="preview.png"):
    shop._uploads[name] = data
    images = [{"url": f"{shop.files_url}/{name}", "nsfwLevel": 1, "type": "image"}]
    shop.library.models = [published(1, version={"images": images})]


async def test_preview_is_fetched_without_the_key(shelf, shop):
    picture = png(64, 48, "teal")
    shown(shop, picture)
    (lora,) = await search(shelf)

    file = await shelf.preview(lora)

    assert (file.name, file.data) == ("lora-300001.png", picture)
    (sent,) = shop.asked("file")
    assert not sent.has_key


@pytest.mark.parametrize(
    "data",
    [
        b"<svg onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        png(8, 8, "teal") + b"\0" * PREVIEW_LIMIT_BYTES,
    ],
)
async def test_file_that_is_no_small_picture_is_not_shown(shelf, shop, data):
    shown(shop, data)
    (lora,) = await search(shelf)

    assert await shelf.preview(lora) is None


@pytest.mark.parametrize(
    "fault",
    [
        NGINX,
        Oddity.HANG_UP,
        Oddity.TRUNCATED,
        Answer(302, "", {"Location": "/elsewhere.png"}),
        Answer(404, ""),
    ],
)
async def test_picture_that_cannot_be_had_is_not_shown(shelf, shop, fault):
    shown(shop, png(64, 48, "teal"))
    (lora,) = await search(shelf)
    shop.always("file", fault)

    assert await shelf.preview(lora) is None
    assert len(shop.asked("file")) == 1


async def test_lora_without_a_safe_picture_has_no_preview(shelf, shop):
    shown(shop, png(64, 48, "teal"))
    shop.library.models[0]["modelVersions"][0]["images"][0]["nsfwLevel"] = 8
    (lora,) = await search(shelf, is_nsfw_fine=True)

    assert await shelf.preview(lora) is None
    assert shop.asked("file") == []


async def test_picture_in_the_clear_is_not_asked_for_of_a_site_that_is_not(shelf, shop):
    shown(shop, png(64, 48, "teal"))
    (lora,) = await search(shelf)
    site = LoraSite(shop.client(), "https://civitai.example", KEY)

    assert await site.preview(lora.found) is None
    assert shop.asked("file") == []


async def test_slow_picture_is_not_waited_for(shop, shelf):
    shown(shop, png(64, 48, "teal"))
    (lora,) = await search(shelf)
    shop.always("file", Oddity.HANGING)

    assert await site_of(shop).preview(lora.found, patience_s=SHORT_S) is None
