"""Pictures for adults, spoilers and terms, as people meet them: across restarts and places."""

import asyncio
import sqlite3

import pytest

from bot.sandbox import seed
from tests.standins.comfyui import open_stand_in

TERMS = "Be kind to *everyone*.\nNo <@1> pictures of people you know."
WILD = {"model": "flux-schnell", "count": 2, "spoiler": True}


@pytest.fixture
async def comfyui():
    """The owner's own machine: nobody filters there, and nobody flags."""
    async with open_stand_in() as machine:
        yield machine


def restrict(stage, *, is_restricted: bool) -> None:
    """Change what a channel is while the bot is away, as a moderator may."""
    stage.world.channel(seed.AFTER_DARK_ID).nsfw = is_restricted


def set_terms(stage, words: str) -> None:
    with sqlite3.connect(stage.data_dir / "atelier.sqlite") as connection:
        connection.execute(
            "INSERT INTO server_settings VALUES (?, json_object('terms', ?), '2026-01-01')",
            (seed.GUILD_ID, words),
        )
    connection.close()


async def show(stage, channel_id: int) -> int:
    """Ask for job 1 once more somewhere; return the message that shows it."""
    asked = await stage.world.person("mia").slash(channel_id, "show", {"job_id": "1"})
    answer = await asked.answered()
    await stage.until(lambda: len(stage.pictures(answer.message_id)) == 2)
    return answer.message_id


async def refused(stage, channel_id: int) -> str:
    """Ask for job 1 where it must not come; return what only the person is told."""
    stage.channel_id = channel_id
    before = len(stage.whispers())
    await stage.world.person("mia").slash(channel_id, "show", {"job_id": "1"})
    await stage.until(lambda: len(stage.whispers()) > before)
    return stage.whispers()[-1]


async def test_pictures_for_adults_stay_where_they_may_appear(stage, comfyui):
    await stage.start(die_at="delivering", **comfyui.environment)
    await stage.imagine(**WILD)
    assert "FLUX schnell" in stage.whispers()[-1]
    assert "age-restricted channels only" in stage.whispers()[-1]
    assert (stage.jobs(), comfyui.paid_posts) == ([], 0)
    stage.channel_id = seed.AFTER_DARK_ID
    await stage.world.person("mia").slash(stage.channel_id, "imagine", {"prompt": "a fox", **WILD})
    assert await stage.ended() == -9

    # Between the download and the delivery the channel becomes one for everybody.
    restrict(stage, is_restricted=False)
    set_terms(stage, TERMS)
    await stage.start(**comfyui.environment)
    await check_withheld(stage)
    await stage.kill()

    restrict(stage, is_restricted=True)
    await stage.start(**comfyui.environment)
    shown = await check_places(stage)
    terms = (await stage.press(shown, "pick:1:1")).message_id
    await stage.kill()

    await stage.start(**comfyui.environment)
    await check_terms(stage, terms)
    picked = await stage.press(shown, "pick:1:1")
    await stage.finished(picked.message_id)
    await stage.check_books()


async def check_withheld(stage) -> None:
    """The card says why there are no pictures, and all is given back."""
    await stage.settled()
    (job,) = stage.jobs()
    card = job["message_id"]
    assert (job["status"], job["failure"], job["hidden"]) == ("failed", "withheld", 2)
    assert stage.pictures(card) == []
    assert "for adults" in stage.text(card)
    assert "6 credits given back" in stage.text(card)
    assert "for adults" in await refused(stage, seed.AFTER_DARK_ID)


async def check_places(stage) -> int:
    """A thread is what its channel is; return the message in the age-restricted one."""
    thread = stage.world.add_thread("foxes", parent_id=seed.AFTER_DARK_ID).id
    plain_thread = stage.world.add_thread("kittens", parent_id=seed.GENERAL_ID).id
    await show(stage, thread)
    for closed in (seed.GENERAL_ID, plain_thread):
        assert "for adults" in await refused(stage, closed)
    stage.channel_id = seed.AFTER_DARK_ID
    shown = await show(stage, seed.AFTER_DARK_ID)
    assert all(item["spoiler"] for item in stage.pictures(shown))
    await stage.press(shown, "send:1")
    await stage.until(lambda: "for adults" in stage.whispers()[-1])
    return shown


async def check_terms(stage, terms: int) -> None:
    """Terms are plain text, and however often somebody agrees to them, once is written."""
    assert "Be kind to \\*everyone\\*." in stage.text(terms)
    assert "<@1>" not in stage.text(terms)
    mia, button = stage.world.person("mia"), stage.button(terms, "agree")
    presses = await asyncio.gather(*(mia.press(terms, button) for _ in range(5)))
    await asyncio.gather(*(press.answered() for press in presses))
    await stage.until(lambda: "Thank you" in stage.text(terms))
    assert len(stage.rows("SELECT * FROM consents")) == 1
