"""A catalog of 150 models: all of them are found, and no list is longer than Discord takes."""

from dataclasses import replace

import pytest

from bot import catalog
from bot.app import build_services
from bot.config import Shards
from bot.sandbox import seed
from bot.sandbox.layout import texts, walk
from bot.services.showroom import MOST_MODELS
from cogs._client import ImageBot
from tests.bench.many_models import COUNT, write_models
from tests.worlds import running_client, running_world


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    write_models(folder)
    return catalog.load(folder)


@pytest.fixture
def services(studio, models):
    resources = replace(studio.resources, catalog=models)
    return build_services(resources, studio.delivery, studio.outside)


def names(found) -> list[str]:
    return [model.name for model in found]


def test_all_are_loaded_and_every_one_is_found_by_its_words(models):
    every = models.all()

    assert len(every) == COUNT == 150
    for model in every:
        assert models.search(model.title, "imagine") == [model]
        assert models.get(model.name.upper()) is model
    assert len(models.search("", "imagine")) == COUNT


def test_suggestions_are_as_many_as_discord_takes_and_narrow_down(services):
    assert len(services.making.models("", server_id=None)) == 25
    assert len(services.making.models("maker-3", server_id=None)) == 15
    assert names(services.making.models("077", server_id=None)) == ["maker-7-model-077"]


def test_pages_hold_every_model_once(services, models):
    showroom = services.showroom
    count = showroom.page("imagine", server_id=None).count
    pages = [showroom.page("imagine", "", number, server_id=None) for number in range(count)]

    assert count == 6
    assert all(0 < len(page.models) <= MOST_MODELS for page in pages)
    assert [one for page in pages for one in page.models] == models.all()
    assert [page.number for page in pages] == list(range(count))


def test_words_leave_fewer_pages(services):
    page = services.showroom.page("imagine", "MAKER-4", server_id=None)
    nothing = services.showroom.page("imagine", "maker unheard-of", server_id=None)

    assert (len(page.models), page.count) == (15, 1)
    assert (nothing.models, nothing.number, nothing.count) == ((), 0, 1)


def test_page_beyond_the_last_one_is_the_last_one(services):
    assert services.showroom.page("imagine", "", 99, server_id=None).number == 5


async def test_model_of_the_last_page_has_a_sheet(services, studio, models):
    last = models.all()[-1]

    sheet = await services.showroom.sheet(studio.origin(), "imagine", last.name)

    assert sheet.model is last


# On Discord.

BUTTON, SELECT = 2, 3


class Visitor:
    """Mia in front of `/models`, answered by a real client."""

    def __init__(self, world) -> None:
        self.world = world
        self.mia = world.person("mia")
        self.panel = 0

    async def open(self, **options) -> None:
        asked = await self.mia.slash(seed.GENERAL_ID, "models", options)
        await asked.settled()
        self.panel = asked.message_id
        await self.world.wait_for(lambda: self.text() or None, 20)

    def text(self) -> str:
        return texts(self.components())

    def components(self):
        return self.world.messages.wire(self.world.messages.find(self.panel))["components"]

    def parts(self, kind):
        return [part for part in walk(self.components()) if part["type"] == kind]

    def offered(self) -> list[str]:
        return [option["value"] for part in self.parts(SELECT) for option in part["options"]]

    async def turn(self) -> None:
        """Turn to the next page, and wait for it."""
        before = self.offered()
        (_, after) = self.parts(BUTTON)
        await self.mia.press(self.panel, after["custom_id"])
        await self.world.wait_for(lambda: self.offered() != before or None, 20)


@pytest.fixture
async def visitor(services):
    async with running_world() as world:
        client = ImageBot(services, shards=Shards(ids=None, count=None))
        async with running_client(world, client):
            yield Visitor(world)


async def test_every_model_is_reached_by_turning_pages(visitor, models):
    await visitor.open()

    seen = visitor.offered()
    (before, _) = visitor.parts(BUTTON)
    assert before["disabled"]
    while not visitor.parts(BUTTON)[1].get("disabled"):
        await visitor.turn()
        seen += visitor.offered()
    (select,) = visitor.parts(SELECT)
    await visitor.mia.select(visitor.panel, select["custom_id"], [seen[-2]])
    await visitor.world.wait_for(lambda: f"`{seen[-2]}`" in visitor.text() or None, 20)

    assert seen == names(models.all())
    assert "page 6 of 6" in visitor.text()


async def test_models_are_found_by_words_and_the_longest_ones_fit(visitor):
    await visitor.open(query=" MODEL  1 ")
    found = visitor.offered()
    await visitor.turn()
    more = visitor.offered()
    await visitor.open(query="🦊" * 32)

    assert (len(found), set(found) & set(more)) == (25, set())
    assert all("1" in name for name in (*found, *more))
    assert "No model that can be had" in visitor.text()


async def test_suggestions_on_discord_are_25_at_most(visitor):
    every = await visitor.mia.autocomplete(
        seed.GENERAL_ID, "imagine", {"prompt": "x", "model": ""}, focused="model"
    )
    some = await visitor.mia.autocomplete(
        seed.GENERAL_ID, "imagine", {"prompt": "x", "model": "maker-3"}, focused="model"
    )

    assert (len(every), len(some)) == (25, 15)
