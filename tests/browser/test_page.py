"""Messages, components and the room around them, in a real browser."""

from playwright.async_api import expect

from bot.sandbox.seed import GALLERY_ID, GENERAL_ID
from bot.sandbox.world import World
from tests.browser.conftest import PHONE, served
from tests.browser.demo import HOSTILE
from tests.browser.steps import add_option, begin, make_card, message, png, post, run
from tests.worlds import TOKEN

LAYOUT = [
    {
        "type": 17,
        "accent_color": 0xE67E22,
        "components": [
            {
                "type": 9,
                "components": [{"type": 10, "content": "## Beside the picture"}],
                "accessory": {
                    "type": 11,
                    "media": {"url": "attachment://a.png"},
                    "description": "a small one",
                },
            },
            {
                "type": 9,
                "components": [{"type": 10, "content": "Beside a button"}],
                "accessory": {"type": 2, "style": 1, "label": "Use", "custom_id": "use"},
            },
            {"type": 14, "spacing": 2},
            {"type": 13, "file": {"url": "attachment://notes.txt"}},
            {
                "type": 12,
                "items": [
                    {"media": {"url": "attachment://a.png"}, "spoiler": True},
                    {"media": {"url": "https://example.com/far.png"}},
                ],
            },
        ],
    },
    {"type": 17, "spoiler": True, "components": [{"type": 10, "content": "Hidden words"}]},
]


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


async def test_gallery_of_any_size_fills_its_rows(world, browser_page):
    """Every row of tiles ends at the same edge, as Discord lays them out."""
    page = await browser_page(world)
    for count in range(1, 11):
        names = [f"{index}.png" for index in range(count)]
        items = [{"media": {"url": f"attachment://{name}"}} for name in names]
        post(world, [{"type": 12, "items": items}], {name: png(60, 40)["buffer"] for name in names})

    for count in range(1, 11):
        gallery = page.locator(f".gallery.of-{count}")
        await expect(gallery.locator("img")).to_have_count(count)
        boxes = [await tile.bounding_box() for tile in await gallery.locator(".tile").all()]
        ends = {}
        for box in boxes:
            end = round(box["x"] + box["width"])
            ends[round(box["y"])] = max(end, ends.get(round(box["y"]), 0))
        frame = await gallery.bounding_box()
        assert set(ends.values()) == {round(frame["x"] + frame["width"])}, count
        assert all(box["width"] > 0 and box["height"] > 0 for box in boxes), count


async def test_layout_of_texts_pictures_and_files(world, browser_page, tmp_path):
    page = await browser_page(world)
    post(world, LAYOUT, {"a.png": png(300, 200)["buffer"], "notes.txt": b"hello"})
    shown = page.locator("article.message .container").first

    await expect(shown).to_have_css("border-left-color", "rgb(230, 126, 34)")
    await expect(shown.locator(".section").first).to_contain_text("Beside the picture")
    await expect(shown.get_by_role("button", name="Enlarge: a small one")).to_be_visible()
    await expect(shown.get_by_role("link", name="notes.txt")).to_have_attribute(
        "download", "notes.txt"
    )
    await expect(page.get_by_text("Hidden words")).not_to_be_visible()
    await page.screenshot(path=tmp_path / "layout.png")
    await page.get_by_role("button", name="Spoiler").last.click()
    await expect(page.get_by_text("Hidden words")).to_be_visible()
    await expect(page.get_by_role("link", name="Picture on example.com")).to_be_visible()


# Components


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
