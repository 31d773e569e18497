"""The room around the messages: channels, people, what is unread, and the page on a phone."""

from playwright.async_api import Page, expect

from bot.sandbox.messages import Sending
from bot.sandbox.seed import AFTER_DARK_ID, GALLERY_ID, GENERAL_ID, MIA_ID, MOD_LOG_ID
from bot.sandbox.world import World
from tests.browser.conftest import PHONE, served
from tests.browser.steps import channel, make_card, message, png, post, run
from tests.worlds import TOKEN

TOO_WIDE = "() => [...document.querySelectorAll('body *')].filter((one) => " + (
    "one.checkVisibility({visibilityProperty: true}) && !one.closest('.unseen, pre, .rail, svg')"
    " && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML)"
)
IS_SCROLLED = "() => document.scrollingElement.scrollWidth > innerWidth"


def write_to_mia(world: World, text: str) -> None:
    dm = world.open_dm(MIA_ID)
    world.post(world.new_message(dm.id, world.bot.id), Sending({"content": text}))


async def be(page: Page, name: str) -> None:
    await page.get_by_role("radio", name=name).check()
    await expect(page.get_by_role("radio", name=name)).to_be_checked()


async def test_being_somebody_else_shows_what_they_see(world, demo, browser_page):
    page = await browser_page(world)
    await run(page, "whisper")
    await expect(message(page, "A secret for you")).to_be_visible()
    await expect(channel(page, MOD_LOG_ID)).to_have_count(0)

    await be(page, "Max")

    await expect(page.locator("#log").get_by_text("A secret for you")).to_have_count(0)
    await expect(channel(page, MOD_LOG_ID)).to_contain_text("(private)")
    await channel(page, MOD_LOG_ID).click()
    await expect(page.locator(".member")).to_have_text(["MMax", "OOlga", "AtelierAPP"])
    await be(page, "Mia")
    await expect(page.locator("h1")).to_have_text("general")


async def test_message_elsewhere_marks_its_channel_unread_until_it_is_read(world, browser_page):
    page = await browser_page(world)
    gallery = channel(page, GALLERY_ID)
    await world.person("max").say(GALLERY_ID, "look here")
    await expect(gallery).to_contain_text("(unread)")
    await expect(gallery.locator(".mentions")).to_have_count(0)
    await world.person("max").say(GALLERY_ID, f"you too <@{MIA_ID}>")
    await expect(gallery.locator(".mentions")).to_have_text("1")
    await expect(page).to_have_title("(1) #general · Atelier sandbox")

    await gallery.click()

    divider = page.get_by_role("separator", name="New messages")
    await expect(divider).to_be_visible()
    await expect(divider.locator("xpath=following-sibling::*[1]")).to_contain_text("look here")
    await expect(gallery).not_to_contain_text("(unread)")
    await expect(page).to_have_title("#gallery · Atelier sandbox")


async def test_everybody_has_read_what_they_have_read(world, browser_page):
    """What Mia reads stays unread for Max, on the same page."""
    page = await browser_page(world)
    await be(page, "Max")
    await be(page, "Mia")
    await world.person("olga").say(GALLERY_ID, "look here")
    await channel(page, GALLERY_ID).click()
    await channel(page, GENERAL_ID).click()
    await expect(channel(page, GALLERY_ID)).not_to_contain_text("(unread)")

    await be(page, "Max")

    await expect(channel(page, GALLERY_ID)).to_contain_text("(unread)")


async def test_direct_messages_are_shown_when_there_are_any(world, browser_page):
    page = await browser_page(world)
    home = page.get_by_role("button", name="Direct messages")
    await expect(home).to_have_count(0)
    write_to_mia(world, "Your picture is ready")

    await expect(home.locator(".mentions")).to_have_text("1")
    await home.click()
    await expect(page.locator("h1")).to_contain_text("Atelier")
    await expect(message(page, "Your picture is ready")).to_be_visible()
    await expect(page.get_by_role("button", name="Members")).to_be_hidden()
    await expect(page.locator("#say")).to_have_attribute("placeholder", "Message @Atelier")
    await page.locator(".server[title=Atelier]").click()
    await expect(page.locator("h1")).to_have_text("general")
    await be(page, "Max")

    await expect(home).to_have_count(0)


async def test_age_gate_stands_once_for_every_person(world, browser_page):
    page = await browser_page(world)
    await world.person("max").say(AFTER_DARK_ID, "for adults")
    gate = page.get_by_role("heading", name="Age-restricted channel")
    await channel(page, AFTER_DARK_ID).click()

    await expect(gate).to_be_visible()
    await expect(page.locator("#log").get_by_text("for adults")).not_to_be_visible()
    await expect(page.locator("#say")).not_to_be_visible()
    await page.get_by_role("button", name="Go back").click()
    await expect(page.locator("h1")).to_have_text("general")
    await channel(page, AFTER_DARK_ID).click()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator("#log").get_by_text("for adults")).to_be_visible()
    await expect(page.locator("#say")).to_be_focused()
    await page.reload()
    await expect(page.locator("#log").get_by_text("for adults")).to_be_visible()
    await be(page, "Max")

    await expect(gate).to_be_visible()


async def test_members_are_listed_by_role(world, browser_page):
    page = await browser_page(world)
    column = page.get_by_role("complementary", name="Members")

    await expect(column.locator("h2")).to_have_text(["Moderator — 1", "Online — 3"])
    await expect(column.locator(".member")).to_have_text(["MMax", "MMia", "OOlga", "AtelierAPP"])
    await expect(column.get_by_title("Owner of the server")).to_have_count(1)
    colour = column.locator(".member-name").first
    await expect(colour).to_have_css("color", "rgb(46, 204, 113)")
    await page.get_by_role("button", name="Members").click()
    await expect(column).to_be_hidden()


async def test_lists_are_walked_by_arrows(world, browser_page):
    page = await browser_page(world)
    for text in ("first", "second"):
        await world.person("max").say(GENERAL_ID, text)
    await expect(message(page, "second")).to_be_visible()

    await channel(page, GENERAL_ID).focus()
    await page.keyboard.press("ArrowDown")
    await expect(channel(page, GALLERY_ID)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#say")).to_be_focused()
    await channel(page, GENERAL_ID).click()
    await page.keyboard.press("ArrowUp")
    await expect(message(page, "second")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(message(page, "first")).to_be_focused()
    await page.locator(".member").first.focus()
    await page.keyboard.press("End")

    await expect(page.locator(".member").last).to_be_focused()


async def test_new_messages_are_heard_and_edits_are_not(world, demo, browser_page):
    page = await browser_page(world)
    heard = page.locator("#heard")
    await world.person("max").say(GENERAL_ID, f"**Hello** <@{MIA_ID}>")
    await expect(heard).to_have_text("Max: Hello @Mia")
    await run(page, "wait")
    await expect(heard).to_have_text("Atelier: is thinking")
    demo.gate.set()
    await expect(heard).to_have_text("Atelier: 50 %")
    demo.gate.set()

    await expect(message(page, "100 %")).to_be_visible()
    await expect(heard).to_have_text("Atelier: 50 %")
    await expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")


async def test_mentions_in_a_text_lead_where_they_say(world, demo, browser_page):
    page = await browser_page(world)
    text = f"</upload:1> <#{GALLERY_ID}> <@{MIA_ID}>"
    post(world, [{"type": 10, "content": text}], {})

    await message(page, "/upload").get_by_role("button", name="@Mia").click()
    await expect(page.get_by_role("dialog", name="Mia")).to_be_visible()
    await page.keyboard.press("Escape")
    await message(page, "/upload").get_by_role("button", name="/upload").click()
    await expect(page.get_by_role("group", name="Command /upload")).to_be_visible()
    await page.keyboard.press("Escape")
    await message(page, "/upload").get_by_role("button", name="#gallery").click()

    await expect(page.locator("h1")).to_have_text("gallery")


async def test_reader_of_old_messages_is_told_of_new_ones(world, browser_page):
    page = await browser_page(world)
    for index in range(40):
        await world.person("max").say(GENERAL_ID, f"line {index}")
    await expect(message(page, "line 39")).to_be_in_viewport()
    jump = page.get_by_role("button", name="Jump to present")
    await page.locator("#log").evaluate("log => { log.scrollTop = 0; }")
    await expect(message(page, "line 39")).not_to_be_in_viewport()
    await expect(jump).to_be_hidden()
    await world.person("max").say(GENERAL_ID, "the newest")

    await jump.click()

    await expect(message(page, "the newest")).to_be_in_viewport()
    await expect(jump).to_be_hidden()


async def test_page_finds_a_restarted_sandbox_by_itself(browser_page):
    """The new run has another token; the page fetches it without being reloaded."""
    world = World(TOKEN)
    async with served(world) as server:
        page = await browser_page(world)
        port = server.port
    await expect(page.get_by_text("The sandbox cannot be reached")).to_be_visible()

    async with served(world, port=port):
        await expect(page.get_by_text("The sandbox cannot be reached")).not_to_be_visible()
        await page.locator("#say").fill("back again")
        await page.keyboard.press("Enter")

        await expect(message(page, "back again")).to_be_visible()


async def test_plain_message_is_posted_with_its_file(world, browser_page):
    page = await browser_page(world)
    await page.locator("#attach").set_input_files(png(9, 9))
    await page.locator("#say").fill("my **drawing**")
    await page.keyboard.press("Enter")

    posted = message(page, "my drawing")
    await expect(posted.locator("strong")).to_have_text("drawing")
    await expect(posted.locator(".gallery img")).to_be_visible()


async def test_phone_shows_everything_within_its_width(world, demo, browser_page, tmp_path):
    page = await browser_page(world, "mia", size=PHONE)
    for command in ("talk", "pick", "wait"):
        await run(page, command)
    await make_card(page)
    await page.screenshot(path=tmp_path / "card.png")
    await expect(message(page, "AI-generated").locator("img")).to_have_count(4)

    for width in (360, 390, 430):
        await page.set_viewport_size({"width": width, "height": 780})
        assert await page.evaluate(TOO_WIDE) == [], width
        assert not await page.evaluate(IS_SCROLLED), width


async def test_channels_slide_in_on_a_phone(world, browser_page):
    page = await browser_page(world, "mia", size=PHONE)
    write_to_mia(world, "Your picture is ready")
    toggle = page.get_by_role("button", name="Channels, unread messages")

    await expect(page.locator("#sidebar")).to_have_css("transition-duration", "0s")
    await toggle.tap()
    await expect(channel(page, GENERAL_ID)).to_be_focused()
    await expect(page.locator("#say")).not_to_be_focused()
    await page.keyboard.press("Escape")
    await expect(channel(page, GENERAL_ID)).not_to_be_in_viewport()
    await expect(toggle).to_be_focused()
    await toggle.tap()
    await page.get_by_role("button", name="Direct messages").tap()
    await expect(page.locator(".channel")).to_have_count(1)
    await expect(page.locator(".channel")).to_be_in_viewport()
    await page.locator(".server[title=Atelier]").tap()
    await channel(page, GALLERY_ID).tap()
    await expect(page.locator("h1")).to_have_text("gallery")
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    await page.get_by_role("button", name="Members").tap()
    await expect(page.locator(".member").first).to_be_in_viewport()
    await page.keyboard.press("Escape")

    await expect(page.locator("#members")).to_be_hidden()


async def test_composer_stays_in_sight_above_the_keyboard_of_a_phone(world, demo, browser_page):
    """Half of the height is what an on-screen keyboard leaves."""
    page = await browser_page(world, "mia", size=PHONE)
    await make_card(page)
    await page.set_viewport_size({"width": 390, "height": 400})

    await page.locator("#say").fill("/sh")
    options = page.get_by_role("listbox", name="Commands").get_by_role("option")
    await expect(options.first).to_be_in_viewport(ratio=1)
    await page.keyboard.press("Enter")

    await expect(page.locator("[data-option=model] input")).to_be_in_viewport(ratio=1)
    await expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)


async def test_controls_have_names_and_are_reached_by_keyboard(world, demo, browser_page):
    page = await browser_page(world)
    await make_card(page)

    nameless = "() => [...document.querySelectorAll('button, input, textarea, a, img')]" + (
        ".filter((one) => one.checkVisibility() && !one.textContent.trim() && !one.ariaLabel"
        " && !one.labels?.length && !one.alt).map((one) => one.outerHTML)"
    )
    assert await page.evaluate(nameless) == []
    assert await page.locator("[role=log]").get_attribute("aria-label") == "Messages in general"
    reached = set()
    await page.locator("#say").focus()
    for _ in range(30):
        await page.keyboard.press("Shift+Tab")
        focused = (
            "() => document.activeElement.dataset.customId ?? document.activeElement.name ?? ''"
        )
        reached.add(await page.evaluate(focused))
    assert {"demo:U1", "demo:V4", "demo:remix", "person"} <= reached
