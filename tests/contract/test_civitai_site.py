"""CivitAI's website: what a search finds, what it asks, and how it fails without the key's loss."""

import json

import pytest

from bot.errors import BadKey, ProviderBusy, ProviderDown, ProviderRejected
from bot.providers._civitai_site import KEPT_S, MOST_KEPT
from tests.standins import KEY
from tests.standins.answers import Answer
from tests.standins.civitai_shop import NGINX, SHORT_S, assert_clean, open_shop
from tests.standins.civitai_site import model
from tests.standins.civitai_wire import Oddity, contracts

PATIENT = {"patience_s": 20.0}
WISH = {"base_models": ["Flux.1 D"], "limit": 5, "is_nsfw_fine": False, **PATIENT}


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


def _names(found) -> list[str]:
    return [one.name for one in found]


async def test_search_asks_for_what_orders_may_name_and_says_nsfw(shop):
    await shop.site().search_loras("  light  house ", **WISH)

    (sent,) = shop.seen
    assert sent.path == "/api/v1/models"
    assert sent.query == {
        "query": "light house",
        "types": "LORA",
        "baseModels": "Flux.1 D",
        "supportsGeneration": "true",
        "nsfw": "false",
        "limit": "20",
    }


async def test_search_repeats_keys_and_never_asks_for_a_page(shop):
    bases = ["Flux.1 D", "SDXL 1.0"]
    wish = {"base_models": bases, "limit": 50, "is_nsfw_fine": True, **PATIENT}

    await shop.site().search_loras("", **wish)
    await shop.site().search_checkpoints("", **wish)

    (loras, checkpoints) = (seen.raw for seen in shop.seen)
    for asked in (loras, checkpoints):
        assert "page=" not in asked
        assert "query=" not in asked
        assert "baseModels=Flux.1+D&baseModels=SDXL+1.0" in asked
        assert "nsfw=true&limit=50" in asked
        assert "sort=Most+Downloaded" in asked
    assert "types=LORA&types=LoCon&types=DoRA" in loras
    assert "types=Checkpoint&" in checkpoints


async def test_found_lora_is_told_without_html_and_with_a_safe_still_picture(shop):
    shop.library.models = [model(1)]

    (found,) = await shop.site().search_loras("lighthouse", **WISH)

    assert found.air == "urn:air:flux1:lora:civitai:200001@300001"
    assert (found.kind, found.name, found.version_name) == ("LORA", "Lighthouse Style 1", "v1")
    assert (found.base_model, found.trained_words) == ("Flux.1 D", ("lghths",))
    assert (found.creator, found.downloads, found.is_nsfw) == ("acme", 10, False)
    assert found.preview_url == "https://image.example/1.jpeg"
    assert found.version_id == 300_001
    assert "<" not in repr(found)


@pytest.mark.parametrize(
    ("change", "air"),
    [
        ({"type": "LoCon"}, "urn:air:flux1:lycoris:civitai:200001@300001"),
        ({"type": "DoRA"}, "urn:air:flux1:dora:civitai:200001@300001"),
        ({"version": {"baseModel": "Pony"}}, "urn:air:sdxl:lora:civitai:200001@300001"),
        ({"version": {"baseModel": "SD 1.5"}}, "urn:air:sd1:lora:civitai:200001@300001"),
        ({"version": {"baseModel": "Brand New 7"}}, None),
        ({"type": "Poses"}, None),
        ({"version": {"id": "7"}}, None),
        ({"version": {"air": "urn:air:new:lora:civitai:1@2"}}, "urn:air:new:lora:civitai:1@2"),
    ],
)
async def test_name_for_orders_is_taken_or_composed_and_never_guessed(shop, change, air):
    shop.library.models = [model(1, **change)]
    shop.library.is_strict = False

    found = await shop.site().search_loras("", **{**WISH, "base_models": []})

    assert [one.air for one in found] == ([air] if air else [])


@pytest.mark.parametrize(
    "unfit",
    [
        {"nsfw": True},
        {"nsfwLevel": 16},
        {"version": {"nsfwLevel": 8}},
        {"supportsGeneration": False},
        {"version": {"supportsGeneration": False}},
        {"mode": "TakenDown"},
        {"mode": "Archived"},
        {"version": {"baseModel": "SDXL 1.0"}},
    ],
)
async def test_what_does_not_fit_is_left_out_even_when_the_search_finds_it(shop, unfit):
    shop.library.models = [model(1, **unfit), model(2)]
    shop.library.is_strict = False

    found = await shop.site().search_loras("lighthouse", **WISH)

    assert _names(found) == ["Lighthouse Style 2"]


async def test_nsfw_is_found_and_flagged_where_it_is_fine(shop):
    shop.library.models = [model(1, nsfw=True), model(2)]

    found = await shop.site().search_loras("", **{**WISH, "is_nsfw_fine": True})

    assert [one.is_nsfw for one in found] == [True, False]


@pytest.mark.parametrize(
    "image",
    [
        {"url": "https://image.example/1.jpeg", "nsfwLevel": 4},
        {"url": "https://image.example/1.jpeg", "nsfwLevel": 0},
        {"url": "https://image.example/1.jpeg", "nsfwLevel": None},
        {"url": "https://image.example/1.mp4", "nsfwLevel": 1, "type": "video"},
        {"url": "javascript:alert(1)", "nsfwLevel": 1},
        {"url": None, "nsfwLevel": 1},
    ],
)
async def test_picture_that_is_not_surely_safe_is_no_preview(shop, image):
    shop.library.models = [model(1, version={"images": [image]})]

    (found,) = await shop.site().search_loras("", **WISH)

    assert found.preview_url is None


async def test_version_that_fits_is_chosen_among_several(shop):
    item = model(1)
    (version,) = item["modelVersions"]
    item["modelVersions"] = [{**version, "id": 9, "baseModel": "Pony"}, version]
    shop.library.models = [item]

    (found,) = await shop.site().search_loras("", **WISH)

    assert found.version_id == 300_001


async def test_search_reads_on_by_the_cursor_and_follows_no_address(shop):
    shop.library.models = [*(model(n, nsfw=True) for n in range(25)), *map(model, range(25, 60))]
    shop.library.is_strict = False

    found = await shop.site().search_loras("lighthouse", **{**WISH, "limit": 10})

    assert [seen.query.get("cursor") for seen in shop.seen] == [None, "20"]
    assert _names(found) == [f"Lighthouse Style {number}" for number in range(25, 35)]


async def test_cursor_that_leads_nowhere_new_ends_the_search(shop):
    shop.library.is_endless = True

    found = await shop.site().search_loras("", **{**WISH, "limit": 10})

    assert len(shop.seen) <= 3
    assert len(found) >= 3


async def test_page_that_fails_leaves_what_was_found_before(shop):
    shop.library.models = [model(number, nsfw=number > 2) for number in range(40)]
    shop.library.is_strict = False
    shop.next_answer("models", None, Oddity.HANG_UP)

    found = await shop.site().search_loras("", **WISH)

    assert _names(found) == [f"Lighthouse Style {number}" for number in range(3)]
    assert len(shop.seen) == 2


async def test_answers_are_kept_five_minutes_and_failures_are_not(shop):
    now = 1000.0
    site = shop.site(clock=lambda: now)
    shop.next_answer("models", NGINX)
    with pytest.raises(ProviderDown):
        await site.search_loras("fox", **WISH)

    first = await site.search_loras("fox", **WISH)
    first.append("changed by its owner")
    now += KEPT_S - 1
    again = await site.search_loras("fox", **WISH)
    other = await site.search_loras("owl", **WISH)
    now += 1
    await site.search_loras("fox", **WISH)

    assert "changed by its owner" not in [*again, *other]
    assert [seen.query["query"] for seen in shop.seen] == ["fox", "fox", "owl", "fox"]


async def test_no_more_than_so_many_answers_are_kept(shop):
    site = shop.site()
    for number in range(MOST_KEPT + 1):
        site._remember(number, [])

    assert site._recall(0) is None
    assert site._recall(MOST_KEPT) == []
    assert len(site._kept) == MOST_KEPT


async def test_version_is_read_with_the_name_that_civitai_gives_it(shop):
    shop.library.models = [
        model(1, type="Checkpoint", version={"air": "urn:air:flux1:unet:civitai:1@2"})
    ]
    site = shop.site()

    found = await site.resource(300_001, **PATIENT)
    again = await site.resource(300_001, **PATIENT)

    assert found.air == "urn:air:flux1:unet:civitai:1@2"
    assert (found.kind, found.name, found.creator) == ("Checkpoint", "Lighthouse Style 1", None)
    assert again == found
    assert len(shop.asked("version")) == 1


@pytest.mark.skipif(contracts() is None, reason="no samples at hand")
async def test_samples_of_the_website_are_read(shop):
    folder = contracts()
    assert folder is not None
    samples = json.loads((folder / "samples.json").read_text())
    page, version = samples["site_models"]["body"], samples["site_model_version"]["body"]
    shop.next_answer("models", Answer(200, json.dumps(page)))
    shop.next_answer("version", Answer(200, json.dumps(version)))

    (found,) = await shop.site().search_loras("", **{**WISH, "limit": 1})
    alone = await shop.site().resource(300_001, **PATIENT)

    assert found.air == alone.air == "urn:air:flux1:lora:civitai:200001@300001"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(404, '{"error": "No model version with id 7"}'), "no such version"),
        (Answer(200, '{"id": 7, "model": {"name": "x", "type": "LORA"}}'), "no name"),
    ],
)
async def test_version_that_orders_cannot_name_is_rejected(shop, answer, words):
    shop.always("version", answer)

    with pytest.raises(ProviderRejected, match=words):
        await shop.site().resource(7, **PATIENT)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answer(400, '{"error": {"issues": [{"message": "bad limit"}]}}'), ProviderDown),
        (Answer(401, '{"error": "Unauthorized"}'), BadKey),
        (Answer(429, '{"error": "You\'ve requested too many pages, use cursors"}'), ProviderDown),
        (Answer(429, "{}"), ProviderBusy),
        (Answer(503, '{"error": "overloaded"}', {"Retry-After": "2"}), ProviderBusy),
        (Answer(308, "", {"Location": "/elsewhere"}), ProviderDown),
        (Answer(200, "<html>"), ProviderDown),
        (Answer(200, "[]"), ProviderDown),
        (Answer(200, "[" * 100_000), ProviderDown),
        (NGINX, ProviderDown),
        (Oddity.HANG_UP, ProviderDown),
        (Oddity.TRUNCATED, ProviderDown),
    ],
)
async def test_search_that_fails_is_named_as_a_provider_is(shop, fault, expected):
    shop.always("models", fault)

    with pytest.raises(expected) as caught:
        await shop.site().search_loras("fox", **WISH)

    assert type(caught.value) is expected
    assert_clean(caught.value)
    assert shop.asked("nowhere") == []


async def test_pause_that_the_site_asks_for_is_passed_on(shop):
    shop.always("models", Answer(503, "{}", {"Retry-After": "2"}))

    with pytest.raises(ProviderBusy) as caught:
        await shop.site().search_loras("fox", **WISH)

    assert caught.value.retry_after_s == 2


async def test_search_takes_no_longer_than_whoever_types_will_wait(shop):
    shop.always("models", Oddity.HANGING)

    with pytest.raises(ProviderDown, match="in time"):
        await shop.site().search_loras("fox", **{**WISH, "patience_s": SHORT_S})


async def test_answer_larger_than_we_take_is_cut_off(shop, monkeypatch):
    monkeypatch.setattr("bot.providers._civitai_site.LIMIT_BYTES", 100)

    with pytest.raises(ProviderDown, match="too much"):
        await shop.site().search_loras("", **WISH)


async def test_key_goes_along_where_there_is_one_and_reading_works_without(shop):
    await shop.site().search_loras("a", **WISH)
    await shop.site(key=None).search_loras("b", **WISH)

    assert [seen.has_key for seen in shop.seen] == [True, False]


@pytest.mark.parametrize("letter", ["\u2026", "\n"])
async def test_key_that_no_header_can_carry_is_named(shop, letter):
    with pytest.raises(BadKey) as caught:
        await shop.site(key=f"{KEY}{letter}x").search_loras("a", **WISH)

    assert_clean(caught.value)
