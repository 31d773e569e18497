"""Context menus and cards: by mouse, finger and keyboard."""

from playwright.async_api import Page, expect

from bot.sandbox.seed import GENERAL_ID, MAX_ID
from tests.browser.conftest import PHONE
from tests.browser.steps import message


def line(page: Page, name: str):
    return page.get_by_role("menuitem", name=name, exact=True)


async def test_right_click_on_a_message_leads_to_its_commands(world, demo, browser_page):
    page = await browser_page(world)
    said = await world.person("mia").say(GENERAL_ID, "mine")

    await message(page, "mine").locator(".words").click(button="right")
    await line(page, "Apps").hover()
    await line(page, "Job info").click()

    answer = message(page, f"Job of message {said.id}")
    await expect(answer.locator(".used")).to_have_text("Job info")
    await message(page, "mine").get_by_role("button", name="More").click()
    await line(page, "Delete message").click()
    await expect(page.locator("#log").get_by_text("mine", exact=True)).to_have_count(0)


async def test_right_click_on_a_person_leads_to_their_commands(world, demo, browser_page):
    page = await browser_page(world)

    await page.locator(f".member[data-user-id='{MAX_ID}']").click(button="right")
    await line(page, "Apps").click()
    await line(page, "Credits").click()

    await expect(message(page, "max has 100 credits")).to_be_visible()


async def test_menu_is_walked_by_keyboard_and_gives_the_focus_back(world, demo, browser_page):
    page = await browser_page(world)
    await world.person("mia").say(GENERAL_ID, "mine")
    more = message(page, "mine").get_by_role("button", name="More")
    await more.press("Enter")

    await expect(line(page, "Apps")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(line(page, "Job info")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(line(page, "Apps")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(line(page, "Delete message")).to_be_focused()
    await page.keyboard.press("c")
    await expect(line(page, "Copy text")).to_be_focused()
    await page.keyboard.press("Escape")

    await expect(page.get_by_role("menu")).to_have_count(0)
    await expect(more).to_be_focused()
    await more.press("Enter")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect(message(page, "Job of message")).to_be_visible()


async def test_menu_without_commands_offers_no_apps(world, browser_page):
    page = await browser_page(world, "mia")
    await world.person("max").say(GENERAL_ID, "his")

    await message(page, "his").locator(".words").click(button="right")

    await expect(page.get_by_role("menuitem")).to_have_text(["Copy text", "Copy message ID"])
    await page.mouse.click(5, 5)
    await expect(page.get_by_role("menu")).to_have_count(0)


async def test_card_of_a_person_shows_roles_and_runs_commands(world, demo, browser_page):
    page = await browser_page(world)
    await world.person("max").say(GENERAL_ID, "his")
    name = message(page, "his").get_by_role("button", name="Max", exact=True)

    await name.press("Enter")
    card = page.get_by_role("dialog", name="Max")
    await expect(card.get_by_role("list", name="Roles")).to_have_text("Moderator")
    await page.keyboard.press("Escape")
    await expect(name).to_be_focused()
    await name.click()
    await card.get_by_role("button", name="More for Max").press("Enter")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")

    await expect(message(page, "max has 100 credits")).to_be_visible()
    await expect(card).to_have_count(0)


async def test_long_press_opens_the_menu_as_a_sheet(world, demo, browser_page):
    page = await browser_page(world, "mia", size=PHONE)
    await world.person("max").say(GENERAL_ID, "his")
    words = message(page, "his").locator(".words")
    touch = {"pointerType": "touch", "clientX": 100, "clientY": 300}

    await words.dispatch_event("pointerdown", touch)
    await expect(line(page, "Apps")).to_be_visible()
    await words.dispatch_event("pointerup", touch)
    sheet = await page.get_by_role("menu").bounding_box()
    await line(page, "Apps").tap()
    await line(page, "Job info").tap()

    assert (sheet["x"], sheet["width"]) == (0, 390)
    assert round(sheet["y"] + sheet["height"]) == 844
    await expect(message(page, "Job of message")).to_be_visible()


async def test_finger_that_moves_on_opens_nothing(world, demo, browser_page):
    page = await browser_page(world, "mia", size=PHONE)
    await world.person("max").say(GENERAL_ID, "his")
    words = message(page, "his").locator(".words")
    touch = {"pointerType": "touch", "clientX": 100, "clientY": 300}

    await page.clock.install()
    await words.dispatch_event("pointerdown", touch)
    await words.dispatch_event("pointermove", touch | {"clientY": 340})
    await page.clock.run_for(1000)

    await expect(page.get_by_role("menu")).to_have_count(0)
