"""The inspector and its trouble buttons, in a real browser."""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from bot.sandbox.child import Child
from bot.sandbox.run import child_environment
from bot.sandbox.seed import GENERAL_ID
from bot.sandbox.server import WorldServer
from bot.sandbox.site import add_site
from bot.sandbox.trouble import Trouble
from bot.sandbox.world import World
from tests.browser.conftest import PHONE
from tests.browser.demo import HOSTILE
from tests.browser.steps import begin, message
from tests.browser.test_axe import violations
from tests.nursery import nursery
from tests.worlds import TOKEN

MESSAGES = f"/channels/{GENERAL_ID}/messages"
SLOW_MS = 60_000


@dataclass(frozen=True)
class Behind:
    """A world with the real bot in it, as `main.py sandbox` puts them together."""

    world: World
    child: Child

    async def ready(self) -> None:
        """Wait until the bot listens."""
        await self.world.wait_for(lambda: self.world.gateway.connected, 60)
        await self.world.wait_for(lambda: self.world.commands.of(None), 60)


class WarmChild(Child):
    """The bot's process, from the nursery; what it says goes where ours goes."""

    async def start(self) -> None:
        with os.fdopen(os.dup(2), "ab") as ours:
            self._process = await nursery().start(["run"], self._environ, ours)


@pytest_asyncio.fixture(loop_scope="session")
async def behind(tmp_path: Path) -> AsyncIterator[Behind]:
    world = World(TOKEN)
    server = WorldServer(world, port=0)
    trouble_file, folder = tmp_path / "trouble", tmp_path / "bot"
    environ: dict[str, str] = {}
    child = WarmChild((), environ)
    trouble = Trouble(world, child=child, painter_file=trouble_file)
    token = secrets.token_urlsafe()
    database = folder / "atelier.sqlite"
    add_site(server.app, world, token=token, trouble=trouble, database=database)
    async with server:
        environ |= child_environment(server, TOKEN, folder)
        environ |= {"PAINTER_SECONDS": "0.5", "PAINTER_TROUBLE": str(trouble_file)}
        await child.start()
        behind = Behind(world, child)
        try:
            await behind.ready()
            yield behind
        finally:
            await child.stop()


async def ask(world: World, body: dict) -> int:
    """Send a message as the bot's library does; return the status."""
    url, headers = f"{world.files.base_url}/api/v10{MESSAGES}", {"Authorization": f"Bot {TOKEN}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, json=body, headers=headers) as answer,
    ):
        return answer.status


async def open_inspector(page: Page) -> Locator:
    await page.locator("#inspector-toggle").click()
    inspector = page.get_by_role("complementary", name="Inspector")
    await expect(inspector).to_be_visible()
    return inspector


async def imagine(page: Page, prompt: str) -> Locator:
    await begin(page, "imagine")
    await page.keyboard.type(prompt)
    await page.keyboard.press("Enter")
    return message(page, prompt.split(" <", maxsplit=1)[0])


def requests(inspector: Locator) -> Locator:
    return inspector.locator(".exchanges > li:visible")


# Requests


async def test_requests_and_rows_appear_while_a_job_runs(behind, browser_page):
    page = await browser_page(behind.world)
    inspector = await open_inspector(page)
    card = await imagine(page, f"a fox {HOSTILE}")

    callback = requests(inspector).filter(has_text="/callback")
    await expect(callback).to_contain_text("POST", timeout=SLOW_MS)
    await expect(callback).to_contain_text("•••")
    await inspector.get_by_role("tab", name="Jobs").click()
    rows = inspector.get_by_role("table", name="Jobs").get_by_role("row")
    await expect(rows.nth(1)).to_contain_text("Mia", timeout=SLOW_MS)
    await expect(rows.nth(1)).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(card.get_by_role("img")).to_have_count(1, timeout=SLOW_MS)
    await expect(rows.nth(1).get_by_role("cell", name="done")).to_be_visible(timeout=SLOW_MS)
    await inspector.get_by_role("tab", name="Ledger").click()
    entries = inspector.get_by_role("table", name="Ledger").get_by_role("row")
    await expect(entries.nth(1)).to_contain_text("capture", timeout=SLOW_MS)

    assert await inspector.locator("img, script").count() == 0
    for interaction in behind.world.interactions.all():
        assert interaction.token not in await page.content()


async def test_failure_is_marked_explained_and_found_by_the_filter(world, browser_page):
    page = await browser_page(world)
    inspector = await open_inspector(page)
    await expect(inspector).to_contain_text("The bot has asked nothing yet")
    await ask(world, {"content": "all is well"})
    await ask(world, {"content": "y" * 2001})
    await expect(requests(inspector)).to_have_count(2)

    await inspector.get_by_label("Only failures").check()
    await expect(requests(inspector)).to_have_count(1)
    failure = requests(inspector).first
    await expect(failure).to_contain_text("50035 Invalid Form Body")
    await failure.locator("summary").click()
    await expect(failure).to_contain_text("BASE_TYPE_MAX_LENGTH")
    await expect(failure).to_contain_text("Rate limit: 3 of 5 left")
    await expect(failure).to_contain_text("(2001 characters)")

    await inspector.get_by_label("Only failures").uncheck()
    await inspector.get_by_label("Filter requests").fill("all is")
    await expect(requests(inspector)).to_have_count(1)
    await expect(requests(inspector).first).to_contain_text("200")
    await expect(inspector).to_contain_text("1 of 2 requests")


async def test_newest_request_is_on_top_and_an_open_one_stays_open(world, browser_page):
    page = await browser_page(world)
    inspector = await open_inspector(page)
    await ask(world, {"content": "first"})
    await requests(inspector).first.locator("summary").click()
    await expect(inspector.get_by_text('"first"')).to_be_visible()

    await ask(world, {"content": "x" * 2001})

    await expect(requests(inspector)).to_have_count(2)
    await expect(requests(inspector).first).to_contain_text("400")
    await expect(inspector.get_by_text('"first"')).to_be_visible()


async def test_html_in_requests_is_text(world, browser_page):
    """The page's errors and requests are watched: nothing here may become an element."""
    page = await browser_page(world)
    inspector = await open_inspector(page)
    await ask(world, {"content": HOSTILE})
    await ask(world, {"content": "x" * 2001, HOSTILE: [HOSTILE]})

    await expect(requests(inspector)).to_have_count(2)

    for number in range(2):
        await requests(inspector).nth(number).locator("summary").click()
        await expect(requests(inspector).nth(number)).to_contain_text("<img src=x onerror=")
    assert await inspector.locator("img, script").count() == 0


# Trouble


async def test_provider_down_gives_a_failed_card_with_retry(behind, browser_page):
    page = await browser_page(behind.world)
    inspector = await open_inspector(page)
    await inspector.get_by_label("down").check(force=True)
    await expect(inspector).to_contain_text("The painter is down from now on")

    card = await imagine(page, "a fox in the rain")
    await expect(card).to_contain_text("No provider could take it", timeout=SLOW_MS)
    await inspector.get_by_label("well").check(force=True)
    await expect(inspector).to_contain_text("The painter is well again")
    await card.get_by_role("button", name="Retry").click()

    retried = page.locator("article.message").filter(has=page.get_by_role("img"))
    await expect(retried.last).to_contain_text("a fox in the rain", timeout=SLOW_MS)


async def test_restarted_bot_comes_back_and_answers(behind, browser_page):
    page = await browser_page(behind.world)
    inspector = await open_inspector(page)
    await expect(inspector).to_contain_text("Bot online")
    before = behind.child.pid

    await inspector.get_by_role("button", name="Restart the bot").click()
    await expect(inspector).to_contain_text("started again", timeout=SLOW_MS)
    await expect(inspector).to_contain_text("Bot online", timeout=SLOW_MS)

    assert behind.child.pid != before
    card = await imagine(page, "a fox again")
    await expect(card.get_by_role("img")).to_have_count(1, timeout=SLOW_MS)


async def test_gateway_and_clock_can_be_troubled(world, demo, browser_page):
    page = await browser_page(world)
    inspector = await open_inspector(page)
    await expect(inspector.get_by_role("button", name="Kill the bot")).to_be_hidden()
    await expect(inspector.get_by_text("The provider is")).to_be_hidden()

    await inspector.get_by_role("button", name="Drop the gateway").click()
    await expect(inspector).to_contain_text("The gateway was dropped")
    await world.wait_for(lambda: world.stats.resumes, 30)
    await inspector.get_by_role("button", name="Let 15 minutes pass").click()

    await expect(inspector).to_contain_text("Discord's clock is 15 minutes ahead")
    await expect(inspector).to_contain_text("Bot online")


# The room around it


async def test_keyboard_opens_walks_and_closes_it(world, browser_page):
    page = await browser_page(world)
    await ask(world, {"content": "hello"})
    toggle = page.locator("#inspector-toggle")
    await toggle.focus()

    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Close the inspector")).to_be_focused()
    await page.get_by_role("tab", name="Requests").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Jobs")).to_be_focused()
    await expect(page.get_by_role("tab", name="Jobs")).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("tab", name="Purses")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    summary = page.locator(".exchanges summary").first
    await summary.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text('"hello"')).to_be_visible()
    await page.keyboard.press("Escape")

    await expect(page.locator("#inspector")).to_be_hidden()
    await expect(toggle).to_be_focused()
    await expect(toggle).to_have_attribute("aria-expanded", "false")


async def test_inspector_finds_a_restarted_sandbox_again(browser_page):
    world = World(TOKEN)
    first = WorldServer(world)
    add_site(first.app, world, token="first")
    async with first:
        page = await browser_page(world)
        inspector = await open_inspector(page)
        await ask(world, {"content": "before"})
        await expect(requests(inspector)).to_have_count(1)
    await expect(inspector).to_contain_text("The sandbox cannot be reached")
    again = WorldServer(world, port=first.port)
    add_site(again.app, world, token="second")
    async with again:
        await expect(inspector).not_to_contain_text("cannot be reached", timeout=SLOW_MS)
        await ask(world, {"content": "after"})

        await expect(requests(inspector)).to_have_count(1)
        await requests(inspector).first.locator("summary").click()
        await expect(inspector.get_by_text('"after"')).to_be_visible()


async def test_drawer_covers_a_phone_and_lets_it_go_again(world, browser_page):
    page = await browser_page(world, size=PHONE)
    await ask(world, {"content": "x" * 2001})
    inspector = await open_inspector(page)
    await expect(requests(inspector)).to_have_count(1)

    box = await inspector.bounding_box()
    assert (box["x"], box["width"]) == (0, PHONE["width"])
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert await page.locator(".room").evaluate("room => room.inert")
    assert await violations(page) == []
    await page.get_by_role("button", name="Close the inspector").tap()

    await expect(inspector).to_be_hidden()
    assert not await page.locator(".room").evaluate("room => room.inert")


async def test_open_inspector_shuts_nobody_out(behind, browser_page):
    page = await browser_page(behind.world)
    inspector = await open_inspector(page)
    await imagine(page, "a fox")
    await ask(behind.world, {"content": "x" * 2001})
    await requests(inspector).first.locator("summary").click()
    assert await violations(page) == []

    for name in ("Jobs", "Attempts", "Ledger", "Purses"):
        await inspector.get_by_role("tab", name=name).click()
        await expect(inspector.get_by_role("table", name=name)).to_be_visible(timeout=SLOW_MS)
        assert await violations(page) == [], name
