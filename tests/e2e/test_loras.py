"""LoRAs from end to end: looked through, suggested, and never met by a model they do not fit."""

import asyncio
import json

import pytest

from bot.sandbox import seed
from tests.e2e.stage import DEADLINE_S
from tests.e2e.test_personal import SELECT, ask, choose, parts
from tests.pictures import png
from tests.standins.answers import Answer
from tests.standins.civitai import CivitaiAtHome
from tests.standins.civitai_site import model

FLUX_AIR = "urn:air:flux1:lora:civitai:200001@300001"
PONY_AIR = "urn:air:sdxl:lora:civitai:200002@300002"
RUDE = "@everyone **<@1>** https://evil.example"


def lora(number, *, base="Flux.1 D", images=(), version=None, **more):
    """Return a LoRA; its pictures are at the stand-in's or nowhere."""
    about = {"baseModel": base, "images": list(images), **(version or {})}
    return model(number, version=about, **more)


@pytest.fixture
async def civitai():
    async with CivitaiAtHome().open() as civitai:
        civitai._uploads["preview.png"] = png(64, 48, "teal")
        images = [{"url": f"{civitai.files_url}/preview.png", "nsfwLevel": 1, "type": "image"}]
        civitai.library.models = [
            lora(1, images=images),
            lora(2, name=f"Lighthouse {RUDE}", base="Pony"),
            lora(3, base="SDXL 1.0"),
            lora(4, nsfw=True),
        ]
        yield civitai
        assert not any(seen.has_key for seen in civitai.asked("file"))


async def suggestions(stage, typed="lighthouse", channel_id=None, path="imagine", **options):
    mia = stage.world.person("mia")
    options = {"prompt": "a fox", "lora": typed, **options}
    return await mia.autocomplete(channel_id or stage.channel_id, path, options, focused="lora")


async def offered(stage, **where):
    """Ask until something is suggested: a busy machine may be slower than whoever types waits."""
    async with asyncio.timeout(DEADLINE_S):
        while not (found := await suggestions(stage, **where)):
            pass
    return found


async def test_loras_are_looked_through_in_a_panel_that_survives_a_restart(stage, civitai):
    await stage.start(**civitai.environment)
    panel = (await ask(stage, "loras", query="  LIGHTHOUSE ")).message_id
    first, pictures = stage.text(panel), stage.pictures(panel)
    await stage.kill()
    await stage.start(**civitai.environment)

    (select,) = parts(stage, panel, "v1:loras:")
    await choose(stage, panel, select["custom_id"], "300002")
    second = await stage.until(lambda: PONY_AIR in stage.text(panel) and stage.text(panel))

    for fact in ("Lighthouse Style 1", "v1", "Flux.1 D", "10 downloads", "lghths", FLUX_AIR):
        assert fact in first
    assert "**Works with** FLUX LoRA" in first
    assert len(pictures) == 1
    assert civitai.files_url not in json.dumps(pictures)
    assert select["type"] == SELECT
    assert [option["value"] for option in select["options"]] == ["300001", "300002", "300003"]
    assert "**Works with** SDXL" in second
    assert stage.pictures(panel) == []


async def test_what_strangers_write_formats_nothing_and_mentions_nobody(stage, civitai):
    civitai.library.models = [
        lora(
            2,
            name=RUDE,
            creator={"username": RUDE},
            version={"name": RUDE, "trainedWords": [RUDE, "```"]},
        )
    ]
    await stage.start(**civitai.environment)

    words = stage.words(await ask(stage, "loras", query="everyone"))

    assert "everyone" in words
    for trick in ("<@1>", "@everyone", "**<", "https://", "\n```,"):
        assert trick not in words.replace("\\@", "")


async def test_loras_for_a_model_are_those_that_fit_it(stage, civitai):
    await stage.start(**civitai.environment)

    panel = (await ask(stage, "loras", query="lighthouse", model="sdxl")).message_id
    (select,) = parts(stage, panel, "v1:loras:")
    await choose(stage, panel, select["custom_id"], "300003")
    await stage.until(lambda: "SDXL 1.0" in stage.text(panel))
    refused = await ask(stage, "loras", query="lighthouse", model="painter")
    unknown = await ask(stage, "loras", query="lighthouse", model="<@1>")

    assert [option["value"] for option in select["options"]] == ["300002", "300003"]
    assert "takes no LoRA from CivitAI" in stage.whispers()[-2]
    assert "There is no model" in stage.whispers()[-1]
    assert "<@1>" not in stage.whispers()[-1]
    assert refused.message_id != unknown.message_id


async def test_nsfw_is_found_in_age_restricted_channels_alone(stage, civitai):
    await stage.start(**civitai.environment)
    inside = len(await offered(stage))
    after_dark = len(await offered(stage, channel_id=seed.AFTER_DARK_ID))
    shown = parts(stage, (await ask(stage, "loras", query="light")).message_id, "v1:loras:")
    stage.channel_id = seed.AFTER_DARK_ID
    all_of_them = parts(stage, (await ask(stage, "loras", query="light")).message_id, "v1:loras:")

    assert (inside, after_dark) == (3, 4)
    assert [len(select["options"]) for select in (*shown, *all_of_them)] == [3, 4]


async def test_longest_search_still_fits_into_its_select(stage, civitai):
    words = "🦊" * 32
    civitai.library.models = [lora(1, name=f"{words} one", base="Pony")]
    await stage.start(**civitai.environment)

    panel = (await ask(stage, "loras", query=words, model="sdxl")).message_id
    (select,) = parts(stage, panel, "v1:loras:")
    chosen = await stage.world.person("mia").select(panel, select["custom_id"], ["300001"])
    await chosen.settled()

    assert f"{words} one" in stage.text(panel)
    assert "Traceback" not in stage.log


async def test_forged_choice_shows_the_first_one(stage, civitai):
    await stage.start(**civitai.environment)
    panel = (await ask(stage, "loras", query="lighthouse")).message_id
    (select,) = parts(stage, panel, "v1:loras:")
    await choose(stage, panel, select["custom_id"], "300002")
    await stage.until(lambda: PONY_AIR in stage.text(panel))

    mia = stage.world.person("mia")
    await mia.select(panel, select["custom_id"], ["x'); --"], force=True)
    await stage.until(lambda: FLUX_AIR in stage.text(panel))

    assert "Traceback" not in stage.log


async def test_site_that_is_down_is_said_in_private_and_suggests_nothing(stage, civitai):
    civitai.always("models", Answer(502, "<html>"))
    await stage.start(**civitai.environment)

    await ask(stage, "loras", query="lighthouse")

    assert "CivitAI does not answer just now" in stage.whispers()[-1]
    assert await suggestions(stage) == []
    assert "Traceback" not in stage.log


async def test_without_a_key_loras_are_found_and_no_model_can_use_them(stage, civitai):
    address = {"CIVITAI_BASE_URL": civitai.site_url}
    await stage.start(**address)

    words = stage.words(await ask(stage, "loras", query="lighthouse"))

    assert "Lighthouse Style 1" in words
    assert "no model here just now" in words
    assert await suggestions(stage) == []


async def test_suggested_lora_draws_with_a_model_that_it_fits(stage, civitai):
    await stage.start(**civitai.environment)
    (first, *_) = await offered(stage)
    priced = await offered(stage, path="cost", model="sdxl")

    job = await stage.imagine("a fox", lora=first["value"])
    await stage.finished(job.message_id)

    assert first == {"name": "Lighthouse Style 1 · Flux.1 D", "value": FLUX_AIR} | first
    assert [choice["value"] for choice in priced][:1] == [PONY_AIR]
    assert stage.jobs()[0]["model"] == "flux-lora"
    (order,) = civitai.asked("submit")
    assert order.json["steps"][0]["input"]["loras"] == {FLUX_AIR: 1}
    assert civitai.paid_posts == 1
    await stage.check_books()


async def test_lora_is_not_sold_with_a_model_that_it_does_not_fit(stage, civitai):
    await stage.start(**civitai.environment)

    # What was found is remembered, so that nothing has to be looked up in a hurry.
    await ask(stage, "loras", query="lighthouse")
    refused = await stage.imagine("a fox", lora=f"{PONY_AIR} 0.8", model="flux-lora")
    priced = await stage.command("cost", prompt="a fox", lora=PONY_AIR, model="flux-lora")
    chosen = await stage.command("cost", prompt="a fox", lora=PONY_AIR)

    for words in (stage.words(refused), priced):
        assert "was made for Pony, not for FLUX LoRA. Choose SDXL" in words
    assert "**SDXL**" in chosen
    assert stage.jobs() == []
    assert civitai.paid_posts == 0


async def test_lora_that_nobody_knows_is_let_pass(stage, civitai):
    civitai.always("version", Answer(404, "{}"))
    await stage.start(**civitai.environment)

    priced = await stage.command("cost", prompt="a fox", lora=PONY_AIR, model="flux-lora")

    assert "FLUX LoRA" in priced
    assert "made for" not in priced
