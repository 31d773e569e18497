"""No view of the page breaks a rule that shuts people out."""

import json
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.async_api import Page, expect

from bot.sandbox.seed import AFTER_DARK_ID, GENERAL_ID, MAX_ID
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.steps import begin, channel, make_card, message, png, post, run
from tests.browser.test_page import LAYOUT

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"


async def violations(page: Page) -> list[str]:
    """Return the serious and critical violations of what is on the screen."""
    # Evaluated, not added as a script: the page allows none but its own.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {json.dumps([node['html'] for node in each['nodes']])}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_channel_with_everything_in_it_shuts_nobody_out(world, demo, browser_page, size):
    page = await browser_page(world, "mia", size=size)
    await world.person("max").say(GENERAL_ID, "||secret|| hello")
    post(world, LAYOUT, {"a.png": png(300, 200)["buffer"], "notes.txt": b"hello"})
    for command in ("talk", "pick", "whisper", "wait"):
        await run(page, command)
    card = await make_card(page)
    await card.get_by_role("button", name="U1").click()
    await expect(message(page, "U1 by")).to_be_visible()

    assert await violations(page) == []

    if size is PHONE:
        await page.get_by_role("button", name="Channels").tap()
        await expect(channel(page, GENERAL_ID)).to_be_in_viewport(ratio=1)
        assert await violations(page) == []


async def test_composer_with_open_lists_shuts_nobody_out(world, demo, browser_page):
    page = await browser_page(world)
    await page.locator("#say").press_sequentially("/")
    await expect(page.get_by_role("listbox", name="Commands")).to_be_visible()
    assert await violations(page) == []
    await page.locator("#say").fill("")
    await begin(page, "show")
    await expect(page.get_by_role("option", name="Flux-Dev")).to_be_visible()

    assert await violations(page) == []

    await page.keyboard.type("nothing like it")
    await expect(page.get_by_text("Nothing found")).to_be_visible()
    assert await violations(page) == []


async def test_what_lies_over_the_page_shuts_nobody_out(world, demo, browser_page):
    page = await browser_page(world)
    card = await make_card(page)

    await card.locator(".tile").first.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await card.get_by_role("button", name="More").click()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("menuitem", name="Job info")).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.locator(f".member[data-user-id='{MAX_ID}']").click()
    await expect(page.get_by_role("dialog", name="Max")).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await channel(page, AFTER_DARK_ID).click()
    await expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert await violations(page) == []


@pytest.mark.parametrize("command", ["form", "choices"])
async def test_form_with_problems_shuts_nobody_out(world, demo, browser_page, command):
    page = await browser_page(world)
    await run(page, command)
    form = page.get_by_role("dialog")
    await form.get_by_role("combobox").first.click()
    await expect(form.get_by_role("option").first).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await form.get_by_role("textbox").first.fill("") if command == "form" else None
    await form.get_by_role("button", name="Submit").click()
    await expect(form.locator(".problem:not(:empty)").first).to_be_visible()

    assert await violations(page) == []
