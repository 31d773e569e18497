"""Messages, components and the room around them, in a real browser."""

import re

from playwright.async_api import expect

from bot.sandbox.seed import GENERAL_ID
from tests.browser.demo import HOSTILE
from tests.browser.steps import add_option, begin, make_card, message, png, post, run

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
    await expect(moderator.locator("#log").get_by_text("A secret for you")).to_have_count(0)
    await mia.get_by_role("button", name="Dismiss message").click()

    await expect(mia.locator("#log").get_by_text("A secret for you")).to_have_count(0)


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


async def test_messages_of_one_author_share_a_head_for_seven_minutes(world, browser_page):
    page = await browser_page(world)
    await world.person("max").say(GENERAL_ID, "first")
    world.advance(6 * 60)
    await world.person("max").say(GENERAL_ID, "second")
    world.advance(8 * 60)
    await world.person("max").say(GENERAL_ID, "third")
    await world.person("olga").say(GENERAL_ID, "fourth")

    await expect(page.locator("article.message")).to_have_count(4)
    headed = page.locator("article.message:has(.head)")
    await expect(headed.locator(".words")).to_have_text(["first", "third", "fourth"])
    await expect(message(page, "second").locator(".gutter")).to_have_attribute(
        "title", re.compile(r"\d\d:\d\d")
    )


async def test_days_are_told_apart(world, browser_page):
    page = await browser_page(world)
    await world.person("max").say(GENERAL_ID, "first")
    await world.person("max").say(GENERAL_ID, "second")
    world.advance(24 * 60 * 60)
    await world.person("max").say(GENERAL_ID, "third")

    await expect(page.locator(".divider")).to_have_count(2)
    await expect(page.locator(".divider + article")).to_have_text(
        [re.compile("first"), re.compile("third")]
    )


async def test_answer_to_a_press_shows_what_it_answers(world, demo, browser_page):
    page = await browser_page(world)
    card = await make_card(page)
    await card.get_by_role("button", name="U1").click()
    reply = message(page, "U1 by @Mia").locator(".replied")

    await expect(reply).to_have_text(re.compile("^a fox painter · seed 7"))
    await reply.click()

    await expect(page.locator("article.message").first).to_be_focused()


async def test_reader_at_the_end_stays_at_the_end(world, browser_page):
    page = await browser_page(world)
    for index in range(60):
        await world.person("max").say(GENERAL_ID, f"line {index}")

    log = page.locator("#log")
    await expect(log.get_by_text("line 59")).to_be_in_viewport()
    await expect(log.get_by_text("line 1", exact=True)).not_to_be_in_viewport()


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


async def test_layout_of_texts_pictures_and_files(world, browser_page, tmp_path):
    page = await browser_page(world)
    post(world, LAYOUT, {"a.png": png(300, 200)["buffer"], "notes.txt": b"hello"})
    shown = page.locator("article.message .container").first

    accent = await shown.evaluate("box => getComputedStyle(box, '::before').backgroundColor")
    assert accent == "rgb(230, 126, 34)"
    await expect(shown.locator(".section").first).to_contain_text("Beside the picture")
    await expect(shown.get_by_role("button", name="Enlarge: a small one")).to_be_visible()
    await expect(shown.get_by_role("link", name="notes.txt")).to_have_attribute(
        "download", "notes.txt"
    )
    await expect(page.locator("#log").get_by_text("Hidden words")).not_to_be_visible()
    await expect(page.locator("#heard")).to_contain_text("(spoiler)")
    await page.screenshot(path=tmp_path / "layout.png")
    await page.get_by_role("button", name="Spoiler").last.click()
    await expect(page.locator("#log").get_by_text("Hidden words")).to_be_visible()
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
    for name, choice, told in (
        ("A role", "@Moderator", "Moderator"),
        ("A place", "#gallery", "gallery"),
    ):
        await page.get_by_role("combobox", name=name).click()
        await page.get_by_role("option", name=choice).click()
        await expect(message(page, f"Chosen: {told}")).to_be_visible()
