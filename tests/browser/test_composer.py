"""Writing commands and filling in forms, in a real browser with a real bot behind it."""

from playwright.async_api import expect

from bot.sandbox.seed import AFTER_DARK_ID
from tests.browser.steps import add_option, begin, make_card, message, png, run

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
    await mia.get_by_role("button", name="Continue").click()
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
    await form.locator("input[type=file]").dispatch_event("cancel", {"bubbles": True})
    await form.locator("input[type=file]").set_input_files([png(5, 5)])
    await form.get_by_role("button", name="Submit").click()

    size = len(png(5, 5)["buffer"])
    await expect(message(page, f"Remix: an owl / ink / [{size}]")).to_be_visible()
    await expect(form).to_have_count(0)


async def test_every_kind_of_choice_in_a_form_is_checked_and_sent(world, demo, browser_page):
    page = await browser_page(world)
    await run(page, "choices")
    form = page.get_by_role("dialog", name="Choices")

    await form.get_by_role("button", name="Submit").click()
    await expect(form.locator(".problem:not(:empty)")).to_have_count(2)
    await form.get_by_role("radio", name="Large").check()
    for name in "abc":
        await form.get_by_role("checkbox", name=name, exact=True).check()
    await form.get_by_role("button", name="Submit").click()
    await expect(form.get_by_text("Choose 1 to 2")).to_be_visible()
    await form.get_by_role("checkbox", name="b", exact=True).uncheck()
    await form.get_by_role("checkbox", name="Fast lane").uncheck()
    await form.get_by_role("combobox", name="For whom").click()
    await form.get_by_role("option", name="Mia").click()
    await form.get_by_role("option", name="Max").click()
    await page.keyboard.press("Escape")
    await form.get_by_role("button", name="Submit").click()

    await expect(message(page, "Chosen well")).to_be_visible()
    await expect(form).to_have_count(0)
    await page.keyboard.type("the caret is back")
    await expect(page.locator("#say")).to_have_value("the caret is back")
    assert demo.chosen == ["large", ["a", "c"], False, ["mia", "max"]]


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


# Files


def drop(page, target: str, name: str = "dropped.png"):
    """Drop a file on an element, as the browser tells of it."""
    script = """([target, name]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["x"], name, {type: "text/plain"}));
        const about = {dataTransfer: transfer, bubbles: true, cancelable: true};
        const element = document.querySelector(target);
        element.dispatchEvent(new DragEvent("dragenter", about));
        const isShown = !document.querySelector(".drop-veil").hidden;
        element.dispatchEvent(new DragEvent("drop", about));
        return isShown;
    }"""
    return page.evaluate(script, [target, name])


async def test_dropped_and_pasted_files_go_with_the_message(world, browser_page):
    page = await browser_page(world)
    paste = """() => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File(["x"], "pasted.txt"));
        const about = {clipboardData, bubbles: true, cancelable: true};
        document.querySelector("#say").dispatchEvent(new ClipboardEvent("paste", about));
    }"""

    assert await drop(page, "#log", "dropped.txt")
    await expect(page.locator(".drop-veil")).to_be_hidden()
    await page.evaluate(paste)
    await drop(page, "#log", "unwanted.txt")
    await expect(page.get_by_role("list", name="Attachments").locator("li")).to_have_count(3)
    await page.get_by_role("button", name="Remove unwanted.txt").click()
    await page.locator("#say").press("Enter")

    posted = page.locator("article.message").last
    await expect(posted.locator(".file-name a")).to_have_text(["dropped.txt", "pasted.txt"])
    await expect(page.get_by_role("list", name="Attachments")).to_be_hidden()


async def test_dropped_file_fills_the_option_that_is_being_filled_in(world, browser_page):
    """Of two file options it is the one with the keyboard, or the one it is dropped on."""
    files = [
        {"name": name, "description": name, "type": 11, "required": True} for name in ("a", "b")
    ]
    both = {"name": "both", "description": "Two files", "type": 1, "options": files}
    world.commands.overwrite(None, [both])
    page = await browser_page(world)
    await begin(page, "both")
    await expect(page.locator("[data-option=a] input")).to_be_focused()

    await page.locator("[data-option=b] input").focus()
    await drop(page, "#log", "first.txt")
    await expect(page.locator("[data-option=b]")).to_contain_text("first.txt")
    await drop(page, "[data-option=a]", "second.txt")
    await expect(page.locator("[data-option=a]")).to_contain_text("second.txt")
    await page.get_by_role("button", name="Remove the file of a").click()
    await page.locator("#say, .command-name").first.press("Enter")

    await expect(page.locator("#composer-hint")).to_have_text("a: Attach a file")


async def test_text_that_is_too_long_stays_to_be_mended(world, browser_page):
    page = await browser_page(world)
    await page.locator("#say").fill("x" * 2001)
    await expect(page.locator("#composer-hint")).to_have_text("-1 characters left")

    await page.locator("#say").press("Enter")

    await expect(page.locator("#say")).to_have_value("x" * 2001)
    await expect(page.locator("article.message")).to_have_count(0)
