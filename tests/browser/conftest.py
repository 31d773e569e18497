"""A real browser on a real world: what every browser test starts from."""

import contextlib
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bot.sandbox.server import WorldServer
from bot.sandbox.site import add_site
from bot.sandbox.world import World
from tests.browser.demo import Demo
from tests.e2e.stage import Stage
from tests.worlds import TOKEN, running_client

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run all in one event loop: a browser belongs to its loop, and starting one is slow."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


OpenPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium, or the one that playwright installed."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS
        )
        yield browser
        await browser.close()


@contextlib.asynccontextmanager
async def served(world: World, *, port: int = 0) -> AsyncIterator[WorldServer]:
    """Serve a world with its page; each serving has a token of its own."""
    server = WorldServer(world, port=port)
    add_site(server.app, world, token=secrets.token_urlsafe())
    async with server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def world() -> AsyncIterator[World]:
    """A new world, served with its page; a client may log in."""
    new = World(TOKEN)
    async with served(new):
        yield new


@pytest_asyncio.fixture(loop_scope="session")
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A world with its page, for the real bot in a process of its own."""
    async with served(World(TOKEN)) as server:
        stage = Stage(server, tmp_path)
        try:
            yield stage
        finally:
            await stage.close()


@pytest_asyncio.fixture(loop_scope="session")
async def demo(world: World) -> AsyncIterator[Demo]:
    """The demonstration bot, logged in and ready."""
    async with running_client(world, Demo()) as client:
        assert isinstance(client, Demo)
        yield client
        client.gate.set()


@pytest_asyncio.fixture(loop_scope="session")
async def browser_page(chromium: Browser) -> AsyncIterator[OpenPage]:
    """Open a world's page as somebody: `await browser_page(world, "mia", size=PHONE)`.

    At the end no page may have reported an error or asked another host for anything.
    """
    contexts: list[BrowserContext] = []
    wrongs: list[str] = []

    async def open_page(world: World, name: str = "mia", *, size: dict[str, int] = DESKTOP) -> Page:
        context = await chromium.new_context(
            viewport=size, has_touch=size is PHONE, reduced_motion="reduce"
        )
        contexts.append(context)
        page = await context.new_page()
        _watch(page, world, wrongs)
        await page.goto(f"{world.files.base_url}/#{name}")
        await page.locator(".channel[aria-current]").wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        with contextlib.suppress(ConnectionError):
            await context.close()
    assert not wrongs, "\n".join(wrongs)


def _watch(page: Page, world: World, wrongs: list[str]) -> None:
    origins = (world.files.base_url, world.files.base_url.replace("http", "ws"), "data:", "blob:")

    def check(url: str) -> None:
        if not url.startswith(origins):
            wrongs.append(f"asked another host: {url}")

    def hear(kind: str, text: str) -> None:
        # A server that is gone is the browser's error, and sometimes the test's subject.
        if kind == "error" and "ERR_CONNECTION_REFUSED" not in text:
            wrongs.append(f"console: {text}")

    page.on("request", lambda request: check(request.url))
    page.on("websocket", lambda socket: check(socket.url))
    page.on("pageerror", lambda error: wrongs.append(f"page error: {error}"))
    page.on("console", lambda line: hear(line.type, line.text))
