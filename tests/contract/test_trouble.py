"""The painter's trouble, as the sandbox's file orders it: what it raises, and what is said."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.config import Settings
from bot.errors import Moderated, ProviderBusy, ProviderDown
from bot.providers import Setup
from bot.providers.painter import Painter, connect
from tests.e2e.stage import Stage, running_stage
from tests.standins import Shelf

INPUTS = {
    "prompt": "a fox",
    "negative_prompt": "",
    "seed": 7,
    "width": 256,
    "height": 256,
    "count": 1,
}
SECONDS = 0.3
WORDS = {
    "busy": "No provider could take it just now",
    "down": "No provider could take it just now",
    "moderated": "The provider's safety filter refused it",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trouble"


@pytest.fixture
async def painter(file: Path) -> AsyncIterator[Painter]:
    async with httpx.AsyncClient() as http:
        settings = Settings(painter_seconds=0, painter_trouble=file)
        yield connect(Setup(settings, http, Shelf().read, Shelf().take))


async def run(painter: Painter, key: str) -> int:
    """Order, follow and fetch; return how many pictures came of it."""
    handle = await painter.submit("text-to-image", INPUTS, key=key)
    async for _ in painter.follow(handle):
        pass
    return len(await painter.fetch(handle))


async def test_busy_painter_takes_no_order_for_two_seconds(painter, file):
    file.write_text("busy")

    with pytest.raises(ProviderBusy) as busy:
        await painter.submit("text-to-image", INPUTS, key="a")

    assert busy.value.retry_after_s == 2


async def test_painter_that_is_down_takes_no_order(painter, file):
    file.write_text("down")

    with pytest.raises(ProviderDown):
        await painter.submit("text-to-image", INPUTS, key="a")


async def test_moderated_run_is_refused_at_its_end_and_for_good(painter, file):
    """What was ordered in trouble stays in it: a restart follows the same run."""
    file.write_text("moderated")
    handle = await painter.submit("text-to-image", INPUTS, key="a")
    file.write_text("well")

    follower = painter.follow(handle)
    told = [await anext(follower)]
    with pytest.raises(Moderated):
        told.extend([progress async for progress in follower])
    with pytest.raises(Moderated):
        await painter.fetch(handle)

    assert told[0].percent == 0


@pytest.mark.parametrize("words", ["", "well", "well\n", "tired", None])
async def test_any_other_word_and_no_file_is_no_trouble(painter, file, words):
    if words is not None:
        file.write_text(words)

    assert await run(painter, "a") == 1


async def test_lost_order_is_found_even_in_trouble(painter, file):
    """Nothing may be bought twice because a button was pressed meanwhile."""
    handle = await painter.submit("text-to-image", INPUTS, key="a")
    file.write_text("down")

    found = await painter.find("text-to-image", INPUTS, key="a")

    assert found["run_id"] == handle["run_id"]


@pytest.fixture
async def stage(tmp_path: Path, file: Path) -> AsyncIterator[Stage]:
    async with running_stage(tmp_path) as stage:
        await stage.start(PAINTER_SECONDS=str(SECONDS), PAINTER_TROUBLE=str(file))
        yield stage


async def test_each_trouble_has_its_words_on_the_card(stage, file):
    cards: dict[str, int] = {}
    for kind in WORDS:
        file.write_text(kind)
        cards[kind] = await stage.card(await stage.imagine(f"a {kind} fox"))
        await stage.settled()
    texts = {kind: stage.text(card) for kind, card in cards.items()}

    for kind, words in WORDS.items():
        assert words in texts[kind]
        assert "3 credits given back" in texts[kind]
        assert stage.button(cards[kind], "retry") is not None, kind
    await stage.check_books()


async def test_slow_painter_takes_ten_times_as_long_and_delivers(stage, file):
    file.write_text("slow")
    began_at = asyncio.get_running_loop().time()

    card = await stage.card(await stage.imagine("a slow fox"))
    await stage.finished(card)

    assert asyncio.get_running_loop().time() - began_at >= 10 * SECONDS
