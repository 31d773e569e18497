"""A person's own things: chosen, kept, looked up and deleted, with a restart in between."""

import json

import pytest

from bot.sandbox import seed
from bot.sandbox.layout import walk
from tests.e2e.stage import EPHEMERAL

SELECT = 3
SECRET = "a secret garden"


async def restart(stage) -> None:
    await stage.kill()
    await stage.start()


async def ask(stage, path, who="mia", **options):
    """Run a command, check that its answer is private, and return it."""
    asked = await stage.world.person(who).slash(stage.channel_id, path, options)
    await asked.settled()
    assert stage.message(asked.message_id)["flags"] & EPHEMERAL
    return asked


async def press(stage, message_id, custom_id, who="mia"):
    pressed = await stage.world.person(who).press(message_id, custom_id)
    return await pressed.settled()


async def choose(stage, message_id, custom_id, value):
    chosen = await stage.world.person("mia").select(message_id, custom_id, [value])
    return await chosen.settled()


def parts(stage, message_id, start):
    """Return the clickable parts of a message whose custom id starts so."""
    found = walk(stage.message(message_id)["components"])
    return [part for part in found if part.get("custom_id", "").startswith(start)]


def chosen_in(stage, message_id, name):
    (select,) = parts(stage, message_id, f"v1:set:{name}")
    (value,) = (option["value"] for option in select["options"] if option.get("default"))
    return value


async def made(stage, prompt="a fox", who="mia", **options):
    """Make pictures and return their message."""
    invocation = await stage.imagine(prompt, who=who, **options)
    await stage.finished(invocation.message_id, pictures=options.get("count", 1))
    return invocation.message_id


# Settings.


async def test_settings_are_changed_in_a_panel_that_survives_a_restart(stage):
    await stage.start()
    panel = (await ask(stage, "settings")).message_id
    await restart(stage)

    for name, value in (("count", "2"), ("aspect_ratio", "16:9"), ("visibility", "private")):
        await choose(stage, panel, f"v1:set:{name}", value)
    job = await stage.imagine("a fox")
    await stage.finished(job.message_id, pictures=2)

    assert [chosen_in(stage, panel, one) for one in ("count", "aspect_ratio")] == ["2", "16:9"]
    assert stage.message(job.message_id)["flags"] & EPHEMERAL
    assert json.loads(stage.jobs()[0]["inputs"])["aspect_ratio"] == "16:9"
    assert len(stage.world.person("max").messages(stage.channel_id)) == 0


async def test_every_setting_can_be_changed_and_all_reset(stage):
    await stage.start()
    panel = (await ask(stage, "settings")).message_id
    names = [part["custom_id"] for part in parts(stage, panel, "v1:set:") if part["type"] == SELECT]
    before = {name: chosen_in(stage, panel, name.rsplit(":", 1)[1]) for name in names}

    for name in names:
        options = stage.component(panel, name)["options"]
        await choose(stage, panel, name, options[-1]["value"])
    changed = {name: chosen_in(stage, panel, name.rsplit(":", 1)[1]) for name in names}
    await press(stage, panel, "v1:set:reset")

    assert len(names) == 11
    assert not [name for name in names if changed[name] == before[name]]
    assert before == {name: chosen_in(stage, panel, name.rsplit(":", 1)[1]) for name in names}
    assert stage.rows("SELECT * FROM preferences") == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("model", "nonesuch", "There is no model"),
        ("count", "9", "must be from 1 to 4"),
        ("confirm_above", "many", "Pick one of the list"),
        ("compact", "perhaps", "Pick one of the list"),
    ],
)
async def test_forged_setting_is_refused_in_private(stage, name, value, words):
    await stage.start()
    panel = (await ask(stage, "settings")).message_id

    mia = stage.world.person("mia")
    forged = await mia.select(panel, f"v1:set:{name}", [value], force=True)
    await forged.answered()

    assert words in stage.words(forged)
    assert stage.message(forged.message_id)["flags"] & EPHEMERAL
    assert stage.rows("SELECT * FROM preferences") == []
    assert "Traceback" not in stage.log


# Presets.


async def test_preset_is_saved_used_listed_and_deleted(stage):
    await stage.start()
    await made(stage, "a lighthouse", aspect_ratio="16:9", seed=5)

    saved = await ask(
        stage, "preset save", name="Coast", job_id="#1", keep_seed=True, suffix=", at dusk"
    )
    await restart(stage)
    used = await stage.world.person("mia").slash(
        stage.channel_id, "preset use", {"name": "coast", "prompt": "a harbour", "count": 2}
    )
    await used.answered()
    await stage.finished(used.message_id, pictures=2)
    listed = await ask(stage, "preset list")
    choices = await stage.world.person("mia").autocomplete(
        stage.channel_id, "preset delete", {}, focused="name"
    )
    deleted = await ask(stage, "preset delete", name="COAST")
    empty = await ask(stage, "preset list")

    assert "Saved: **Coast**" in stage.words(saved)
    text = stage.text(used.message_id)
    assert "a harbour, at dusk" in text
    assert "seed 5" in text
    assert "1344×768" in text
    assert "16:9" in stage.words(listed)
    assert [choice["value"] for choice in choices] == ["Coast"]
    assert "Deleted" in stage.words(deleted)
    assert "You have no presets" in stage.words(empty)
    await stage.check_books()


@pytest.mark.parametrize(
    ("path", "options", "words"),
    [
        ("preset use", {"name": "Ice", "prompt": "a fox"}, "You have no preset “Ice”"),
        ("preset delete", {"name": "<@&1>"}, "You have no preset"),
        ("preset save", {"name": "Ice", "job_id": "99"}, "There is no job"),
        ("preset save", {"name": "Ice", "job_id": "x'); --"}, "There is no job"),
    ],
)
async def test_preset_that_cannot_be_is_refused_in_private(stage, path, options, words):
    await stage.start()

    refused = await ask(stage, path, **options)

    assert words in stage.words(refused)
    assert "<@&1>" not in stage.words(refused)


# History.


async def test_history_is_turned_page_by_page_after_a_restart(stage):
    await stage.start()
    for number in range(9):
        await made(stage, f"fox number {number}")
    panel = (await ask(stage, "history", query="FOX")).message_id
    first = stage.text(panel)
    await restart(stage)

    (newer, older) = parts(stage, panel, "v1:hist:")
    assert newer["disabled"]
    await press(stage, panel, older["custom_id"])
    second = stage.text(panel)
    (newer, older) = parts(stage, panel, "v1:hist:")
    assert older["disabled"]
    await press(stage, panel, newer["custom_id"])

    assert "fox number 8" in first
    assert "fox number 0" not in first
    assert "3 credits" in first
    assert f"/{stage.channel_id}/" in first
    assert "fox number 0" in second
    assert "fox number 1" not in second
    assert stage.text(panel) == first


async def test_history_finds_words_and_says_when_there_are_none(stage):
    await stage.start()
    empty = await ask(stage, "history")
    await made(stage, "a red fox")
    await made(stage, "a grey wolf")

    found = await ask(stage, "history", query="  FOX ")
    nothing = await ask(stage, "history", query="@everyone <@1>")
    unmarked = await ask(stage, "history", favourites=True)
    strangers = await ask(stage, "history", who="max")

    assert "You have made nothing here yet" in stage.words(empty)
    assert "red fox" in stage.words(found)
    assert "wolf" not in stage.words(found)
    assert "nothing with these words" in stage.words(nothing)
    assert "<@1>" not in stage.words(nothing)
    assert "You have marked nothing" in stage.words(unmarked)
    assert "red fox" not in stage.words(strangers)


async def test_longest_search_still_fits_into_its_buttons(stage):
    await stage.start()
    words = "🦊" * 32
    for _ in range(9):
        await made(stage, f"{words} fox")

    panel = (await ask(stage, "history", query=words)).message_id
    (_, older) = parts(stage, panel, "v1:hist:")
    await press(stage, panel, older["custom_id"])

    assert "#1**" in stage.text(panel)


# Models.


async def test_models_are_browsed_with_price_and_example_after_a_restart(stage):
    await stage.start()
    plain = await ask(stage, "models")
    await made(stage, "a lighthouse in the fog", who="max")
    browser = await ask(stage, "models")
    await restart(stage)
    await choose(stage, browser.message_id, "v1:models:imagine", "painter")
    await stage.until(lambda: len(stage.pictures(browser.message_id)) == 1)

    assert "no figures yet" in stage.words(plain)
    assert "that can be shown as an example" in stage.words(plain)
    text = stage.text(browser.message_id)
    for fact in ("Offline painter", "3 credits a picture", "16:9", "seed", "painter", " s\n"):
        assert fact in text
    assert f"by <@{seed.MAX_ID}>: a lighthouse in the fog" in text


async def test_private_pictures_are_no_examples(stage):
    await stage.start()
    await made(stage, SECRET, who="max", visibility="private")

    browser = await ask(stage, "models")

    assert stage.pictures(browser.message_id) == []
    assert SECRET not in stage.words(browser)


@pytest.mark.parametrize("task", ["vary", "edit", "fill", "upscale", "cutout"])
async def test_models_of_every_task_are_browsed(stage, task):
    await stage.start()

    browser = await ask(stage, "models", task=task)

    assert "Offline painter" in stage.words(browser)


# Privacy.


async def test_export_is_one_private_file_with_everything(stage):
    await stage.start()
    await made(stage, SECRET)

    exported = await ask(stage, "privacy export")

    (attachment,) = stage.message(exported.message_id)["attachments"]
    told = json.loads(stage.world.files.find(int(attachment["id"])).read())
    assert attachment["filename"] == f"atelier-{seed.MIA_ID}.json"
    assert told["jobs"][0]["inputs"]["prompt"] == SECRET
    assert told["account"]["purses"]["earned"] == 97


async def test_deletion_asks_first_and_leaves_no_word_after_a_restart(stage):
    await stage.start()
    message_id = await made(stage, SECRET)
    await made(stage, "what is Max's", who="max")
    asked = await ask(stage, "privacy delete")
    await restart(stage)

    (button,) = parts(stage, asked.message_id, "v1:forget:")
    assert "1 job, 1 picture" in stage.words(asked)
    assert SECRET in stage.jobs()[0]["inputs"]
    await press(stage, asked.message_id, button["custom_id"])
    again = await ask(stage, "privacy delete")

    assert "Deleted" in stage.words(asked)
    assert not parts(stage, asked.message_id, "v1:forget:")
    assert SECRET not in str([stage.rows(f"SELECT * FROM {table}") for table in _tables(stage)])
    assert [job["token"] == "" for job in stage.jobs()] == [True, False]
    assert "what is Max's" in stage.jobs()[1]["inputs"]
    assert "0 jobs" in stage.words(again)
    assert stage.exists(message_id)
    await stage.check_books()


def _tables(stage):
    return [row["name"] for row in stage.rows("SELECT name FROM sqlite_master WHERE type='table'")]


async def test_deletion_that_is_confirmed_too_late_deletes_nothing(stage):
    await stage.start()
    await made(stage, SECRET)
    asked = await ask(stage, "privacy delete")
    (button,) = parts(stage, asked.message_id, "v1:forget:")

    stage.world.advance(11 * 60)
    await press(stage, asked.message_id, button["custom_id"])

    assert "nothing was deleted" in stage.words(asked)
    assert SECRET in stage.jobs()[0]["inputs"]


async def test_deletion_waits_for_jobs_under_way(stage):
    await stage.start(PAINTER_SECONDS="600")
    await stage.imagine(SECRET)
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")

    refused = await ask(stage, "privacy delete")
    await stage.command("cancel", job_id="1")
    await stage.settled()

    assert "still under way" in stage.words(refused)
    assert SECRET in stage.jobs()[0]["inputs"]
