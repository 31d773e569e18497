"""The shelf of LoRAs: what it finds, what it suggests, and which model a LoRA may meet."""

from dataclasses import replace

import pytest

from bot.app import build_services
from bot.catalog import AUTO, Catalog
from bot.errors import LoraSiteDown, UnfitLora, UnknownModel, UnsupportedInput
from bot.loras import LoraSite
from bot.services import ImageWish
from bot.services.lorashelf import MOST_LORAS
from tests.standins import KEY
from tests.standins.answers import Answer
from tests.standins.civitai_shop import NGINX, SHORT_S, open_shop
from tests.standins.civitai_site import model as published
from tests.standins.civitai_wire import Oddity
from tests.unit.services.studio import SENDS, model, route

PATIENT_S = 20.0
FLUX_AIR = "urn:air:flux1:lora:civitai:200001@300001"
PONY_AIR = "urn:air:sdxl:lora:civitai:200009@300009"
ODD_AIR = "urn:air:odd:lora:civitai:1@300005"
_FROM_CIVITAI = {**route("first"), "sends": {**SENDS, "networks": "air_loras"}}
_TAKES = {"seed": True, "loras": True}
MODELS = (
    model(rank=1),
    model(name="flux", rank=2, lora_bases=["Flux.1 D"], takes=_TAKES, routes=[_FROM_CIVITAI]),
    model(
        name="xl",
        title="Extra Large",
        rank=3,
        lora_bases=["SDXL 1.0", "Pony"],
        takes=_TAKES,
        routes=[_FROM_CIVITAI],
    ),
    model(name="xl-too", rank=4, lora_bases=["Pony"], takes=_TAKES, routes=[_FROM_CIVITAI]),
    model(
        name="away",
        rank=5,
        lora_bases=["SD 1.5"],
        takes=_TAKES,
        routes=[{**_FROM_CIVITAI, "provider": "nobody"}],
    ),
    model(name="hub", rank=6, lora_bases=["Flux.1 D"], takes=_TAKES, routes=[route("second")]),
)


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A busy machine takes its time; what shall give up says so itself."""
    for name in ("AUTOCOMPLETE_S", "SEARCH_S", "LOOK_UP_S"):
        monkeypatch.setattr(f"bot.services.lorashelf.{name}", PATIENT_S)


@pytest.fixture
def services(studio, shop):
    resources = replace(studio.resources, catalog=Catalog(MODELS))
    return build_services(resources, studio.delivery, studio.outside, site_of(shop))


@pytest.fixture
def shelf(services):
    return services.loras


def site_of(shop, *, key=KEY):
    return LoraSite(shop.client(), shop.site_url, key)


def names(found) -> list[str]:
    return [one.found.name for one in found]


async def search(shelf, words="lighthouse", name=None, *, is_nsfw_fine=False):
    return await shelf.search(words, name, is_nsfw_fine=is_nsfw_fine)


async def suggest(shelf, typed="lighthouse", name=None, *, task="imagine", is_nsfw_fine=False):
    return await shelf.suggest(typed, name, task, is_nsfw_fine=is_nsfw_fine)


def asked_bases(shop) -> list[str]:
    (sent,) = shop.asked("models")
    return [
        part.partition("=")[2].replace("+", " ")
        for part in sent.raw.partition("?")[2].split("&")
        if part.startswith("baseModels=")
    ]


# Searching.


async def test_search_tells_which_models_can_use_what_it_finds(shelf, shop):
    shop.library.models = [
        published(1),
        published(9, version={"baseModel": "Pony"}),
        published(3, version={"baseModel": "SD 1.5"}),
    ]

    found = await search(shelf)

    assert asked_bases(shop) == []
    assert [one.air for one in found][:2] == [FLUX_AIR, PONY_AIR]
    used_by = [[model.name for model in one.models] for one in found]
    assert used_by == [["flux"], ["xl", "xl-too"], []]


async def test_search_for_a_model_asks_for_its_bases(shelf, shop):
    found = await search(shelf, name="XL")

    assert asked_bases(shop) == ["SDXL 1.0", "Pony"]
    assert found == []


@pytest.mark.parametrize(
    ("name", "refusal"), [("fox", UnsupportedInput), ("nonesuch", UnknownModel)]
)
async def test_search_for_a_model_without_loras_asks_nobody(shelf, shop, name, refusal):
    with pytest.raises(refusal):
        await search(shelf, name=name)

    assert shop.seen == []


async def test_search_works_without_a_key(studio, shop):
    resources = replace(studio.resources, catalog=Catalog(MODELS))
    site = site_of(shop, key=None)
    shelf = build_services(resources, studio.delivery, studio.outside, site).loras

    found = await search(shelf)

    assert len(found) == 3
    assert not any(seen.has_key for seen in shop.seen)


async def test_nsfw_is_found_only_where_it_is_fine(shelf, shop):
    shop.library.models = [published(1, nsfw=True), published(2)]
    shop.library.is_strict = False

    assert names(await search(shelf)) == ["Lighthouse Style 2"]
    assert len(await search(shelf, is_nsfw_fine=True)) == 2
    assert names(await suggest(shelf)) == ["Lighthouse Style 2"]


async def test_no_more_are_found_than_one_list_holds_and_none_twice(shelf, shop):
    shop.library.models = [published(number // 2) for number in range(120)]

    found = await search(shelf)

    airs = [one.air for one in found]
    assert 1 < len(airs) <= MOST_LORAS
    assert len(set(airs)) == len(airs)


@pytest.mark.parametrize("fault", [NGINX, Oddity.HANG_UP, Answer(200, "<html>")])
async def test_site_that_fails_is_said_to_who_searches_and_suggests_nothing(shelf, shop, fault):
    shop.always("models", fault)

    assert await suggest(shelf) == []
    with pytest.raises(LoraSiteDown):
        await search(shelf)


async def test_slow_site_is_not_waited_for(shelf, shop, monkeypatch):
    monkeypatch.setattr("bot.services.lorashelf.AUTOCOMPLETE_S", SHORT_S)
    monkeypatch.setattr("bot.services.lorashelf.SEARCH_S", SHORT_S)
    shop.always("models", Oddity.HANGING)

    assert await suggest(shelf) == []
    with pytest.raises(LoraSiteDown):
        await search(shelf)


async def test_without_a_site_nothing_is_found(studio):
    shelf = studio.services.loras

    assert await search(shelf) == []
    wish = ImageWish("a fox", lora=FLUX_AIR)
    assert await shelf.fitted(studio.origin(), wish) == wish


# Suggestions.


async def test_suggestions_are_for_models_that_can_be_told_just_now(shelf, shop):
    found = await suggest(shelf)

    assert asked_bases(shop) == ["Flux.1 D", "Pony", "SDXL 1.0"]
    assert found[0].air == FLUX_AIR


@pytest.mark.parametrize("name", ["fox", "away", "hub", "nonesuch"])
async def test_nothing_is_suggested_for_a_model_that_cannot_be_told(shelf, shop, name):
    assert await suggest(shelf, name=name) == []
    assert shop.seen == []


async def test_nothing_is_suggested_for_a_task_without_loras_or_for_a_whole_name(shelf, shop):
    assert await suggest(shelf, task="vary") == []
    assert await suggest(shelf, f"{FLUX_AIR} 0.8") == []
    assert shop.seen == []


async def test_suggestions_come_from_memory_when_asked_before(shelf, shop):
    first = await suggest(shelf, "light")
    again = await suggest(shelf, " light ")

    assert again == first
    assert len(shop.seen) == 1


@pytest.mark.parametrize(
    "air",
    [
        "urn:air:flux1:checkpoint:civitai:1@300001",
        "urn:air:flux1:lora:civitai:1@300001.safetensors",
        "urn:air:flux1:lora:huggingface:1@300001",
        f"urn:air:flux1:lora:civitai:{'1' * 90}@300001",
    ],
)
async def test_name_that_a_wish_could_not_carry_is_left_out(shelf, shop, air):
    shop.library.models = [published(1, version={"air": air}), published(2)]

    assert names(await suggest(shelf)) == ["Lighthouse Style 2"]


# Whom a LoRA may meet.


async def fitted(shelf, studio, lora, name=AUTO, **wish):
    return await shelf.fitted(studio.origin(), ImageWish("a fox", name, lora=lora, **wish))


@pytest.fixture
def library(shop):
    shop.library.models = [
        published(1),
        published(9, version={"baseModel": "Pony"}),
        published(5, version={"baseModel": "Odd 1"}),
        published(6, version={"baseModel": "SD 1.5"}),
    ]
    return shop.library


@pytest.mark.usefixtures("library")
async def test_lora_made_for_another_base_is_refused_and_the_right_models_named(shelf, studio):
    with pytest.raises(UnfitLora) as refused:
        await fitted(shelf, studio, f" {PONY_AIR} 0.8", "flux")

    assert (refused.value.name, refused.value.model_title) == ("Pony", "Fox")
    assert refused.value.names == ("Extra Large", "Fox")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("lora", "name"), [(FLUX_AIR, "flux"), (PONY_AIR, "xl"), (PONY_AIR, "fox")]
)
async def test_lora_that_fits_is_let_pass(shelf, studio, lora, name):
    assert (await fitted(shelf, studio, lora, name)).model == name


@pytest.mark.usefixtures("library")
async def test_auto_becomes_a_model_that_the_lora_was_made_for(shelf, studio):
    assert (await fitted(shelf, studio, FLUX_AIR)).model == "flux"
    assert (await fitted(shelf, studio, PONY_AIR)).model == "xl"


@pytest.mark.usefixtures("library")
async def test_preferred_model_is_taken_where_it_fits(services, studio):
    shelf, origin = services.loras, studio.origin()
    await services.preferences.change(origin, model="xl-too")

    assert (await fitted(shelf, studio, PONY_AIR)).model == "xl-too"
    assert (await fitted(shelf, studio, PONY_AIR, said=("model",))).model == "xl"
    assert (await fitted(shelf, studio, FLUX_AIR)).model == "flux"


@pytest.mark.usefixtures("library")
async def test_lora_that_no_model_was_made_for_is_refused_by_auto(shelf, studio):
    with pytest.raises(UnfitLora) as refused:
        await fitted(shelf, studio, ODD_AIR)

    assert (refused.value.name, refused.value.names) == ("Odd 1", ())


@pytest.mark.usefixtures("library")
async def test_auto_is_left_to_the_quote_where_the_right_model_is_away(shelf, studio):
    lora = "urn:air:sd1:lora:civitai:200006@300006"

    assert (await fitted(shelf, studio, lora)).model == AUTO


@pytest.mark.parametrize(
    "lora", [None, "owner/name", "owner/name 0.5", "urn:air:nonsense", "x" * 300]
)
async def test_lora_that_civitai_does_not_name_is_asked_nobody_about(shelf, studio, shop, lora):
    assert (await fitted(shelf, studio, lora, "flux")).lora == lora
    assert shop.seen == []


async def test_nobody_is_asked_about_a_lora_that_no_model_can_be_told_of(shelf, studio, shop):
    assert (await fitted(shelf, studio, PONY_AIR, "flux", task="vary")).model == "flux"
    assert shop.seen == []


@pytest.mark.parametrize("fault", [NGINX, Oddity.HANG_UP, Answer(404, "{}")])
async def test_lora_of_which_nothing_is_known_is_let_pass(shelf, studio, shop, fault):
    shop.always("version", fault)

    assert (await fitted(shelf, studio, PONY_AIR, "flux")).model == "flux"


async def test_slow_look_up_is_not_waited_for(shelf, studio, shop, monkeypatch):
    monkeypatch.setattr("bot.services.lorashelf.LOOK_UP_S", SHORT_S)
    shop.always("version", Oddity.HANGING)

    assert (await fitted(shelf, studio, PONY_AIR, "flux")).model == "flux"


@pytest.mark.usefixtures("library")
async def test_what_was_found_or_looked_up_before_is_not_asked_again(shelf, studio, shop):
    await search(shelf)
    await fitted(shelf, studio, FLUX_AIR, "flux")
    assert shop.asked("version") == []

    for _ in range(2):
        with pytest.raises(UnfitLora):
            await fitted(shelf, studio, ODD_AIR, "flux")
    assert len(shop.asked("version")) == 1


async def test_no_more_bases_are_remembered_than_so_many(shelf, monkeypatch):
    monkeypatch.setattr("bot.services.lorashelf.MOST_BASES", 3)
    for number in range(5):
        shelf._note(number, "Pony")

    assert list(shelf._bases) == [2, 3, 4]
