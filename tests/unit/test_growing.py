"""Growing: a provider is one new file, a model is one new file, and nothing else is touched."""

import sys
from pathlib import Path

import httpx
import pytest

import bot.providers
from bot import catalog, providers
from bot.config import Settings
from bot.health import Health
from bot.routing import Routing
from bot.services.quoting import Quoting
from bot.services.requests import ImageWish
from tests.standins import Shelf
from tests.standins.kiosk import KioskAtHome

NEW_PROVIDER = '''
"""A company that sells foxes."""

from tests.standins import kiosk_adapter

KEY_ENV = "FOXWORKS_KEY"


def connect(setup):
    """Set up the adapter."""
    return kiosk_adapter.connect(setup, base_url="{url}")
'''

NEW_MODEL = """
name = "foxy"
title = "Foxy"
description = "Draws foxes, and nothing else."
rank = 5
rating = "safe"

[tasks.imagine]
price = 7
sizes = { "1:1" = [64, 80] }
takes = { seed = true }

[[tasks.imagine.routes]]
provider = "foxworks"
endpoint = "fox-diffusion"
cost_usd_micros = 5000
sends = { prompt = "prompt", seed = "seed", width = "width", height = "height", count = "count" }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder that counts as part of `bot.providers`, until the test is over."""
    monkeypatch.setattr(bot.providers, "__path__", [*bot.providers.__path__, str(tmp_path)])
    yield tmp_path
    sys.modules.pop("bot.providers.foxworks", None)


async def test_one_file_adds_a_provider_and_one_file_a_model(folder, tmp_path):
    shelf = Shelf()
    async with KioskAtHome().open() as kiosk, httpx.AsyncClient(trust_env=False) as http:
        (folder / "foxworks.py").write_text(NEW_PROVIDER.format(url=kiosk.url), encoding="utf-8")
        (tmp_path / "foxy.toml").write_text(NEW_MODEL, encoding="utf-8")

        connected = providers.connect_all(
            Settings(),
            http,
            secret={"FOXWORKS_KEY": "kiosk-key-5f2c90ab71"}.get,
            read_picture=shelf.read,
            keep_bytes=shelf.take,
        )
        models = catalog.load(tmp_path)
        routing = Routing(connected, Health())
        quoted = Quoting(models, routing).quote(ImageWish("a fox", seed=7))
        [choice] = routing.choices(models.get("foxy").tasks["imagine"], quoted.inputs)
        handle = await choice.provider.submit(
            choice.route.endpoint, {**kiosk.inputs, "count": 1}, key="attempt-1"
        )
        async for _ in choice.provider.follow(handle):
            pass
        [output] = await choice.provider.fetch(handle)

    assert "foxworks" in connected
    assert (quoted.model.name, quoted.price, quoted.cost_usd_micros) == ("foxy", 7, 5000)
    assert output.data.startswith(b"\x89PNG")
    assert kiosk.paid_posts == 1


def test_new_model_joins_those_that_are_there(tmp_path):
    here = Path(catalog.__file__).parent
    for file in here.glob("*.toml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "foxy.toml").write_text(NEW_MODEL, encoding="utf-8")

    models = catalog.load(tmp_path)

    assert models.get("foxy").title == "Foxy"
    assert len(models.all()) == len(catalog.load().all()) + 1


async def test_new_provider_without_its_key_is_simply_not_there(folder):
    shelf = Shelf()
    (folder / "foxworks.py").write_text(NEW_PROVIDER.format(url="http://x"), encoding="utf-8")

    async with httpx.AsyncClient(trust_env=False) as http:
        connected = providers.connect_all(
            Settings(),
            http,
            secret=lambda _name: None,
            read_picture=shelf.read,
            keep_bytes=shelf.take,
        )

    assert "foxworks" in {found.name for found in providers.find_all()}
    assert list(connected) == ["painter"]
