"""Makes the README's pictures from the sandbox's page: `python -m tests.docs_images`."""

import asyncio
import contextlib
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from bot.config import environment
from tests.browser import steps
from tests.browser.conftest import FLAGS, PHONE

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "images"
DESKTOP = {"width": 1280, "height": 1080}
PATIENCE_MS = 60_000


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.asynccontextmanager
async def sandbox(python: str = sys.executable, *, cwd: Path = ROOT) -> AsyncIterator[str]:
    """Run `main.py sandbox` in a data folder of its own; give the address of its page."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            python,
            "main.py",
            "sandbox",
            "--port",
            str(port),
            cwd=cwd,
            env={**environment(), "DATA_DIR": folder, "PAINTER_SECONDS": "1"},
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            await process.wait()


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run the browser of the tests."""
    async with async_playwright() as playwright:
        path = shutil.which("chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


async def opened(browser: Browser, address: str, size: dict[str, int]) -> Page:
    """Open the page as a member, as soon as somebody serves it."""
    context = await browser.new_context(viewport=size, reduced_motion="reduce")
    page = await context.new_page()
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while True:
            with contextlib.suppress(Exception):
                await page.goto(f"{address}#mia")
                break
            await asyncio.sleep(0.1)
    await page.locator(".channel[aria-current]").wait_for(state="attached")
    return page


async def imagine(page: Page, prompt: str, pictures: int = 1, **options: str) -> None:
    """Type `/imagine`, as soon as the bot offers it, and wait for the pictures."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await page.get_by_role("option", name="/imagine").count():
            await page.locator("#say").fill("")
            await page.locator("#say").press_sequentially("/imagine")
            await page.wait_for_timeout(100)
    await page.keyboard.press("Enter")
    await page.keyboard.type(prompt)
    for name, value in options.items():
        await page.get_by_role("button", name=f"Add {name}:").click()
        await page.keyboard.type(value)
    await page.keyboard.press("Enter")
    gallery = page.locator("article.message").last.locator(".gallery img, .media img")
    await expect(gallery).to_have_count(pictures, timeout=PATIENCE_MS)
    await page.wait_for_timeout(500)


async def take() -> None:
    """Make every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with sandbox() as address, chromium() as browser:
        page = await opened(browser, address, DESKTOP)
        await imagine(page, "a lighthouse on a cliff at dusk", 4, count="4", seed="11")
        await _shot(page, "grid")
        last = page.locator("article.message").last
        await last.get_by_role("button", name="U2").click()
        await expect(steps.message(page, "picture 2 of job #1")).to_be_visible(timeout=PATIENCE_MS)
        await page.wait_for_timeout(1000)
        await page.screenshot(path=FOLDER / "page.png")
        phone = await opened(browser, address, PHONE)
        await phone.wait_for_timeout(1000)
        await phone.screenshot(path=FOLDER / "phone.png")


async def _shot(page: Page, name: str) -> None:
    message = page.locator("article.message").last
    await message.scroll_into_view_if_needed()
    await message.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(take())
