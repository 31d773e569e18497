"""A member's first minute on the sandbox's page, with the real bot behind it."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.server import WorldServer
from bot.sandbox.site import add_site
from bot.sandbox.world import World
from tests.browser.conftest import PHONE
from tests.e2e.stage import Stage
from tests.worlds import TOKEN


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The page and a running bot."""
    world = World(TOKEN)
    server = WorldServer(world)
    add_site(server.app, world, token=secrets.token_urlsafe())
    async with server:
        stage = Stage(server, tmp_path)
        try:
            yield stage
        finally:
            await stage.close()


async def imagine(page: Page, prompt: str, count: int) -> None:
    """Type `/imagine` with a prompt and a number of pictures, and send it."""
    await page.locator("#say").press_sequentially("/imagine")
    await expect(page.get_by_role("listbox", name="Commands")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.keyboard.type(prompt)
    await page.get_by_role("button", name="Add count:").click()
    await page.keyboard.type(str(count))
    await page.keyboard.press("Enter")


async def test_member_types_imagine_watches_it_and_presses_u1(stage, browser_page, tmp_path):
    await stage.start(PAINTER_SECONDS="2")
    page = await browser_page(stage.world)

    await imagine(page, "a lighthouse by the sea at sunset", 4)
    card = page.locator("article.message").filter(has_text="a lighthouse by the sea").first
    await expect(card.get_by_role("button", name="Cancel")).to_be_visible()
    await expect(card).to_contain_text("▰", timeout=30_000)
    await page.screenshot(path=tmp_path / "running.png")
    await expect(card.get_by_role("img")).to_have_count(4, timeout=60_000)
    await page.screenshot(path=tmp_path / "result.png")
    await card.get_by_role("button", name="U1").click()
    picked = page.locator("article.message").filter(has_text="picture 1 of job #1").last
    await expect(picked.get_by_role("img")).to_have_count(1, timeout=30_000)
    await page.screenshot(path=tmp_path / "picked.png")

    await stage.check_books()


async def test_refusal_is_private_and_dismissed_at_phone_width(stage, browser_page, tmp_path):
    await stage.start()
    mia = await browser_page(stage.world, "mia", size=PHONE)
    max_ = await browser_page(stage.world, "max", size=PHONE)

    for _ in range(2):
        await mia.locator("#say").press_sequentially("/daily")
        await mia.keyboard.press("Enter")
        await mia.keyboard.press("Enter")
        await expect(mia.locator("article.message").last).to_contain_text("credits")
    refusal = mia.locator("article.message").filter(has_text="You have had today's credits")
    await expect(refusal).to_be_visible()
    await mia.screenshot(path=tmp_path / "phone.png")

    await expect(max_.locator("article.message")).to_have_count(0)
