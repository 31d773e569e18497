"""What a person does on the page, step by step, for every browser test."""

import io

from PIL import Image
from playwright.async_api import Locator, Page, expect

from bot.sandbox.files import NewFile
from bot.sandbox.messages import V2, Sending
from bot.sandbox.seed import GENERAL_ID
from bot.sandbox.world import World


async def begin(page: Page, command: str) -> None:
    """Type a command's name and pick it by Enter."""
    await page.locator("#say").press_sequentially(f"/{command}")
    await expect(page.get_by_role("listbox", name="Commands")).to_be_visible()
    await page.keyboard.press("Enter")


async def run(page: Page, command: str) -> None:
    """Run a command that needs no option."""
    await begin(page, command)
    await page.keyboard.press("Enter")


async def add_option(page: Page, name: str, text: str) -> None:
    """Add an optional option, type, and pick the first that the list offers."""
    await page.get_by_role("button", name=f"Add {name}:").click()
    await page.keyboard.type(text)
    await expect(page.get_by_role("listbox", name=name).get_by_role("option").first).to_be_visible()
    await page.keyboard.press("Enter")


def message(page: Page, text: str) -> Locator:
    return page.locator("article.message").filter(has_text=text).last


def png(width: int, height: int) -> dict:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "PNG")
    return {"name": "mine.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


async def make_card(page: Page) -> Locator:
    await begin(page, "paint")
    await page.keyboard.type("a fox")
    await page.keyboard.press("Enter")
    return message(page, "AI-generated")


def post(world: World, components: list[dict], files: dict[str, bytes]) -> None:
    """Let the bot's account post a layout."""
    sending = Sending(
        {"flags": V2, "components": components},
        [NewFile(name, body) for name, body in files.items()],
    )
    world.post(world.new_message(GENERAL_ID, world.bot.id), sending)


def channel(page: Page, channel_id: int) -> Locator:
    return page.locator(f".channel[data-channel-id='{channel_id}']")
