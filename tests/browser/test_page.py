"""The page in a real browser, with a real bot behind it."""

import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect

from bot.sandbox.seed import AFTER_DARK_ID, GALLERY_ID, GENERAL_ID
from bot.sandbox.world import World
from tests.browser.conftest import PHONE, served
from tests.browser.demo import HOSTILE, Demo
from tests.worlds import TOKEN, running_client


@pytest.fixture
async def demo(world: World) -> AsyncIterator[Demo]:
    """The demonstration bot, logged in and ready."""
    async with running_client(world, Demo()) as client:
        assert isinstance(client, Demo)
        yield client
        client.gate.set()


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


# Commands


async def test_typed_and_chosen_options_reach_the_bot(world, demo, browser_page):
    page = await browser_page(world)
    await begin(page, "paint")
    await page.keyboard.type("a fox in the snow")
    await page.get_by_role("button", name="Add count:").click()
    await page.keyboard.type("2")
    await page.get_by_role("button", name="Add strength:").click()
    await page.keyboard.type("0.5")
    await add_option(page, "style", "in")
    await add_option(page, "hd", "tr")
    await page.get_by_role("button", name="Send").click()

    card = message(page, "AI-generated")
    await expect(card.locator(".used")).to_have_text("/paint")
    await expect(card.locator("h4")).to_have_text("a fox in the snow")
    assert demo.chosen == [2, "ink", 0.5, True]


async def test_picked_people_places_and_files_reach_the_bot(world, demo, browser_page):
    page = await browser_page(world)
    await begin(page, "show")
    await page.keyboard.type("xl")
    await expect(page.get_by_role("option", name="Painter-Xl")).to_be_visible()
    await page.keyboard.press("Enter")
    await add_option(page, "friend", "max")
    await add_option(page, "place", "gall")
    await add_option(page, "role", "mod")
    await page.get_by_role("button", name="Add image:").click()
    await page.locator("[data-option=image] input").set_input_files(png(8, 8))
    await page.get_by_role("button", name="Send").click()

    await expect(message(page, "Shown: painter-xl")).to_be_visible()
    size = len(png(8, 8)["buffer"])
    assert demo.chosen == ["painter-xl", "max", "gallery", "Moderator", size]


async def test_client_checks_options_before_it_sends(world, demo, browser_page):
    page = await browser_page(world)
    hint = page.locator("#composer-hint")
    await begin(page, "paint")

    await page.keyboard.press("Enter")
    await expect(hint).to_have_text("prompt: This option is required")
    await page.keyboard.type("ab")
    await page.keyboard.press("Enter")
    await expect(hint).to_have_text("prompt: At least 3 characters")
    await page.keyboard.type("c")
    await page.get_by_role("button", name="Add count:").click()
    for typed, problem in (("x", "Input a valid integer"), ("11", "At most 10")):
        await page.locator("[data-option=count] input").fill(typed)
        await page.keyboard.press("Enter")
        await expect(hint).to_have_text(f"count: {problem}")
    await expect(page.locator("[data-option=count] input")).to_be_focused()

    assert world.interactions.all() == []


async def test_suggestions_follow_what_is_typed(world, demo, browser_page):
    page = await browser_page(world)
    await begin(page, "show")
    options = page.get_by_role("listbox", name="model").get_by_role("option")

    await expect(options).to_have_count(5)
    await page.keyboard.type("flux")
    await expect(options).to_have_text(["Flux-Dev", "Flux-Pro"])
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")

    await expect(page.locator("[data-option=model] input")).to_have_value("Flux-Pro")


async def test_escape_and_backspace_lead_back_to_the_text(world, demo, browser_page):
    page = await browser_page(world)
    await begin(page, "paint")
    await page.get_by_role("button", name="Add hd:").click()

    await page.keyboard.press("Backspace")
    await expect(page.locator("[data-option=hd]")).to_have_count(0)
    await page.keyboard.press("Escape")

    await expect(page.locator("#say")).to_be_focused()
    await expect(page.locator(".command")).to_have_count(0)


async def test_own_picture_is_uploaded_and_described(world, demo, browser_page):
    page = await browser_page(world)
    await begin(page, "upload")
    await page.locator("[data-option=picture] input").set_input_files(png(31, 17))
    await expect(page.locator(".preview img")).to_be_visible()
    await page.get_by_role("button", name="Send").click()

    await expect(message(page, "mine.png: 31x17")).to_be_visible()


async def test_commands_are_those_of_the_person_and_the_place(world, browser_page):
    guard = {"name": "staff", "description": "For staff", "type": 1}
    guard |= {"default_member_permissions": str(1 << 5)}
    adult = {"name": "late", "description": "After dark", "type": 1, "nsfw": True}
    world.commands.overwrite(None, [guard, adult])
    mia, moderator = await browser_page(world, "mia"), await browser_page(world, "max")

    await mia.locator("#say").press_sequentially("/")
    await expect(mia.get_by_text("There is no such command here")).to_be_visible()
    await moderator.locator("#say").press_sequentially("/")
    await expect(moderator.get_by_role("option")).to_have_text(["/staffFor staff"])
    await mia.locator("#say").fill("")
    await mia.locator(f"[data-channel-id='{AFTER_DARK_ID}']").click()
    await mia.locator("#say").press_sequentially("/")
    await expect(mia.get_by_role("option")).to_have_text(["/lateAfter dark"])


async def test_silent_bot_is_told_as_such(world, demo, browser_page):
    page = await browser_page(world)

    await run(page, "mute")
    await expect(page.get_by_text("Sending /mute…")).to_be_visible()
    world.advance(4)

    await expect(page.get_by_role("alert")).to_contain_text("The application did not respond")


async def test_placeholder_that_is_never_filled_fails(world, demo, browser_page):
    page = await browser_page(world)
    await run(page, "wait")
    await expect(page.get_by_text("is thinking…")).to_be_visible()

    world.advance(16 * 60)

    await expect(page.get_by_role("alert")).to_have_text("The application did not respond")
    await expect(page.get_by_text("is thinking…")).to_have_count(0)


# Messages


async def test_private_answer_is_seen_by_one_and_dismissed(world, demo, browser_page):
    mia, moderator = await browser_page(world, "mia"), await browser_page(world, "max")

    await run(mia, "whisper")
    await expect(message(mia, "A secret for you")).to_contain_text("Only you can see this")
    await world.person("olga").say(GENERAL_ID, "for all")
    await expect(message(moderator, "for all")).to_be_visible()
    await expect(moderator.get_by_text("A secret for you")).to_have_count(0)
    await mia.get_by_role("button", name="Dismiss message").click()

    await expect(mia.get_by_text("A secret for you")).to_have_count(0)


async def test_live_edit_keeps_place_and_open_picture(world, demo, browser_page):
    """A message is exchanged where it stands: the reader's place and the lightbox stay."""
    page = await browser_page(world)
    for index in range(30):
        await world.person("max").say(GENERAL_ID, f"line {index}")
    await run(page, "wait")
    await expect(page.get_by_text("is thinking…")).to_be_visible()
    demo.gate.set()
    answer = message(page, "50 %")
    await expect(answer.locator("img")).to_be_visible()
    await answer.locator("img").evaluate("img => { window.first = img; }")
    await page.get_by_role("button", name="Enlarge: half, a drawing").click()
    await page.locator("#log").evaluate("log => { log.scrollTop = 100; }")

    demo.gate.set()
    changed = message(page, "100 %")
    await expect(changed).to_contain_text("(edited)")

    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await page.locator("#log").evaluate("log => log.scrollTop") == 100
    assert await changed.locator("img").evaluate("img => img === window.first")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_reader_at_the_end_stays_at_the_end(world, browser_page):
    page = await browser_page(world)
    for index in range(60):
        await world.person("max").say(GENERAL_ID, f"line {index}")

    await expect(page.get_by_text("line 59")).to_be_in_viewport()
    await expect(page.get_by_text("line 1", exact=True)).not_to_be_in_viewport()


async def test_markdown_becomes_elements(world, demo, browser_page):
    page = await browser_page(world)

    await run(page, "talk")
    words = message(page, "embed footer").locator(".body > .words")

    for selector, text in (
        ("strong >> nth=0", "bold"),
        ("em", "italic"),
        ("u", "under"),
        ("s", "gone"),
        ("p > code", "code"),
        ("h2", "Heading"),
        ("h3", "Smaller"),
        ("blockquote", "quoted words"),
        ("ul ul li", "inside"),
        ("ol li >> nth=1", "second"),
        (".subtext", "small print"),
        ("a >> nth=0", "a link"),
        (".mention >> nth=0", "@Mia"),
        (".mention >> nth=1", "#general"),
        ("pre code", 'print("<b>hi</b>")'),
    ):
        await expect(words.locator(selector)).to_have_text(text)
    await expect(words).to_contain_text("*plain*")
    await expect(words).to_contain_text("snake_case_name")
    await expect(words.locator("time")).to_contain_text("ago")
    await expect(words.get_by_text("secret")).not_to_be_visible()
    await words.get_by_role("button", name="Spoiler").click()
    await expect(words.get_by_text("secret")).to_be_visible()


async def test_hostile_text_stays_text(world, demo, browser_page):
    """Neither HTML nor a script link in a message, a name, or an option becomes live."""
    page = await browser_page(world)
    await world.person("mia").say(GENERAL_ID, f"{HOSTILE} [x](javascript:alert(3)) <javascript:a>")
    await begin(page, "talk")
    await add_option(page, "hostile", "True")
    await page.keyboard.press("Enter")

    await expect(message(page, "embed footer")).to_contain_text("<script>alert(2)</script>")
    await expect(page.locator("#log script, #log img[src='x'], #log [onerror]")).to_have_count(0)
    await expect(page.locator("a[href^='javascript']")).to_have_count(0)


async def test_grid_of_pictures_opens_and_is_described(world, demo, browser_page, tmp_path):
    page = await browser_page(world)
    await begin(page, "paint")
    await page.keyboard.type("a fox in the snow")
    await page.keyboard.press("Enter")
    card = message(page, "AI-generated")

    await expect(card.locator(".gallery.of-4 img")).to_have_count(4)
    boxes = [await tile.bounding_box() for tile in await card.locator(".tile").all()]
    await page.screenshot(path=tmp_path / "desktop.png")
    await card.get_by_role("button", name="Enlarge: picture-2, a drawing").click()

    lightbox = page.get_by_role("dialog", name="picture-2, a drawing")
    await expect(lightbox.locator("img")).to_be_visible()
    assert boxes[0]["y"] == boxes[1]["y"] < boxes[2]["y"] == boxes[3]["y"]
    assert boxes[0]["x"] == boxes[2]["x"] < boxes[1]["x"] == boxes[3]["x"]


# Components


async def make_card(page: Page) -> Locator:
    await begin(page, "paint")
    await page.keyboard.type("a fox")
    await page.keyboard.press("Enter")
    return message(page, "AI-generated")


async def test_pressed_button_is_busy_until_the_bot_answers(world, demo, browser_page):
    page = await browser_page(world)
    card = await make_card(page)
    slow = card.locator("[data-custom-id='demo:slow']")

    await slow.click()
    await expect(slow).to_have_attribute("aria-busy", "true")
    await expect(card.get_by_role("button", name="U1")).to_have_attribute("aria-disabled", "true")
    demo.gate.set()

    await expect(slow).not_to_have_attribute("aria-busy", "true")
    await expect(slow).to_be_focused()
    await card.get_by_role("button", name="U3").click()
    await expect(message(page, "U3 by @Mia")).to_be_visible()


async def test_button_without_an_answer_fails_visibly_and_can_be_pressed_again(
    world, demo, browser_page
):
    page = await browser_page(world)
    card = await make_card(page)

    await card.locator("[data-custom-id='demo:mute']").click()
    await expect(card.locator("[aria-busy]")).to_have_count(1)
    world.advance(4)
    await expect(card.get_by_role("alert")).to_have_text("This interaction failed")
    await card.get_by_role("button", name="U1").click()

    await expect(message(page, "U1 by @Mia")).to_be_visible()
    await expect(card.get_by_role("alert")).to_have_count(0)


async def test_buttons_that_cannot_be_pressed_say_so(world, demo, browser_page):
    page = await browser_page(world)
    card = await make_card(page)

    link = card.get_by_role("link", name="Model")

    await expect(card.get_by_role("button", name="Off")).to_be_disabled()
    await expect(link).to_have_attribute("href", "https://example.com/model")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_selects_send_one_several_and_people(world, demo, browser_page):
    page = await browser_page(world)
    await run(page, "pick")

    await page.get_by_role("combobox", name="One model").click()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(message(page, "Chosen: painter-xl")).to_be_visible()
    await page.get_by_role("combobox", name="Some models").click()
    for name in ("painter The", "flux-dev"):
        await page.get_by_role("option", name=name).click()
    await page.keyboard.press("Escape")
    await expect(message(page, "Chosen: painter, flux-dev")).to_be_visible()
    await page.get_by_role("combobox", name="Somebody").click()
    await page.get_by_role("option", name="Olga").click()

    await expect(message(page, "Chosen: olga")).to_be_visible()


async def test_menus_of_a_message_and_of_a_person(world, demo, browser_page):
    page = await browser_page(world)
    said = await world.person("mia").say(GENERAL_ID, "mine")

    await message(page, "mine").get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Job info").click()
    await expect(message(page, f"Job of message {said.id}")).to_be_visible()
    await message(page, "mine").get_by_role("button", name="Mia", exact=True).click()
    await page.get_by_role("menuitem", name="Credits").click()
    await expect(message(page, "mia has 100 credits")).to_be_visible()
    await message(page, "mine").get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Delete message").click()

    await expect(page.get_by_text("mine", exact=True)).to_have_count(0)


# Forms


async def test_form_is_checked_filled_in_and_sent(world, demo, browser_page):
    page = await browser_page(world)
    await run(page, "form")
    form = page.get_by_role("dialog", name="Remix the picture")
    prompt = form.get_by_role("textbox", name="Prompt")

    await expect(prompt).to_be_focused()
    await prompt.fill("")
    await form.get_by_role("button", name="Submit").click()
    await expect(form.get_by_text("This field is required")).to_be_visible()
    await prompt.fill("an owl")
    await form.get_by_role("combobox", name="Style").click()
    await form.get_by_role("option", name="Ink").click()
    await form.locator("input[type=file]").set_input_files([png(5, 5)])
    await form.get_by_role("button", name="Submit").click()

    size = len(png(5, 5)["buffer"])
    await expect(message(page, f"Remix: an owl / ink / [{size}]")).to_be_visible()
    await expect(form).to_have_count(0)


async def test_form_keeps_the_keyboard_and_escape_closes_it(world, demo, browser_page):
    page = await browser_page(world)
    card = await make_card(page)
    await card.locator("[data-custom-id='demo:remix']").click()
    form = page.get_by_role("dialog", name="Remix the picture")
    await expect(form).to_be_visible()

    for _ in range(12):
        await page.keyboard.press("Tab")
        outside = (
            "() => document.activeElement.closest('#log, #composer, #channels, .bar') !== null"
        )
        assert not await page.evaluate(outside)
    await page.keyboard.press("Escape")

    await expect(form).to_have_count(0)
    await expect(card.locator("[data-custom-id='demo:remix']")).to_be_focused()


# The room


async def test_being_somebody_else_shows_what_they_see(world, demo, browser_page):
    page = await browser_page(world)
    await run(page, "whisper")
    await expect(message(page, "A secret for you")).to_be_visible()

    await page.get_by_role("radio", name="Max").check()

    await expect(page.get_by_text("A secret for you")).to_have_count(0)
    await expect(page.get_by_role("button", name="mod-log")).to_be_visible()


async def test_message_elsewhere_marks_its_channel_unread(world, browser_page):
    page = await browser_page(world)
    await world.person("max").say(GALLERY_ID, "look here")

    gallery = page.locator(f"[data-channel-id='{GALLERY_ID}']")
    await expect(gallery).to_contain_text("(unread)")
    await gallery.click()

    await expect(message(page, "look here")).to_be_visible()
    await expect(gallery).not_to_contain_text("(unread)")


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

    too_wide = "() => [...document.querySelectorAll('.room *')].filter((one) => " + (
        "one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.unseen, pre'))"
        ".map((one) => one.className)"
    )
    assert await page.evaluate(too_wide) == []
    await page.get_by_role("button", name="Channels").click()
    await page.get_by_role("button", name="gallery").click()
    await expect(page.locator("h1")).to_have_text("# gallery")
    await page.screenshot(path=tmp_path / "gallery.png")


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
