"""A member's, a moderator's and an owner's stories on the page, with the real bot behind it."""

from playwright.async_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import PHONE


async def imagine(page: Page, prompt: str, count: int) -> None:
    """Type `/imagine` with a prompt and a number of pictures, and send it."""
    await page.locator("#say").press_sequentially("/imagine")
    await expect(page.get_by_role("listbox", name="Commands")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.keyboard.type(prompt)
    await page.get_by_role("button", name="Add count:").click()
    await page.keyboard.type(str(count))
    await page.keyboard.press("Enter")


async def test_member_types_imagine_watches_it_and_presses_u1(stage, browser_page, tmp_path):
    await stage.start(PAINTER_SECONDS="2")
    page = await browser_page(stage.world)

    await imagine(page, "a lighthouse by the sea at sunset", 4)
    card = page.locator("article.message").filter(has_text="a lighthouse by the sea").first
    await expect(card.get_by_role("button", name="Cancel")).to_be_visible()
    await expect(card).to_contain_text("▰", timeout=30_000)
    await page.screenshot(path=tmp_path / "running.png")
    await expect(card.get_by_role("img")).to_have_count(4, timeout=60_000)
    await page.screenshot(path=tmp_path / "result.png")
    await card.get_by_role("button", name="U1").click()
    picked = page.locator("article.message").filter(has_text="picture 1 of job #1").last
    await expect(picked.get_by_role("img")).to_have_count(1, timeout=30_000)
    await page.screenshot(path=tmp_path / "picked.png")

    await stage.check_books()


async def test_refusal_is_private_and_dismissed_at_phone_width(stage, browser_page, tmp_path):
    await stage.start()
    mia = await browser_page(stage.world, "mia", size=PHONE)
    max_ = await browser_page(stage.world, "max", size=PHONE)

    for _ in range(2):
        await mia.locator("#say").press_sequentially("/daily")
        await mia.keyboard.press("Enter")
        await mia.keyboard.press("Enter")
        await expect(mia.locator("article.message").last).to_contain_text("credits")
    refusal = mia.locator("article.message").filter(has_text="You have had today's credits")
    await expect(refusal).to_be_visible()
    await mia.screenshot(path=tmp_path / "phone.png")

    await expect(max_.locator("article.message")).to_have_count(0)


async def test_member_changes_a_picture_of_their_own_and_then_the_words(stage, browser_page):
    await stage.start()
    page = await browser_page(stage.world)

    await steps.begin(page, "edit")
    await page.locator("[data-option=image] input").set_input_files(steps.png(640, 480))
    await page.get_by_role("button", name="Add prompt:").click()
    await page.keyboard.type("make it night")
    await page.get_by_role("button", name="Send").click()
    card = steps.message(page, "make it night")
    await expect(card.get_by_role("img")).to_have_count(1, timeout=30_000)
    await card.get_by_role("button", name="Remix").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("textbox").fill("make it snow")
    await form.get_by_role("button", name="Submit").click()
    remixed = page.locator("article.message").filter(has_text="make it snow").last
    await expect(remixed.get_by_role("button", name="Zoom out")).to_be_visible(timeout=30_000)
    await remixed.get_by_role("button", name="Zoom out").click()
    await expect(steps.message(page, "zooms out of picture 1 of job #2")).to_be_visible(
        timeout=30_000
    )

    await stage.check_books()


async def test_moderator_looks_at_work_gives_credits_and_removes_it(stage, browser_page):
    await stage.start()
    mia = await browser_page(stage.world)
    await imagine(mia, "a lighthouse", 1)
    result = mia.locator("article.message").filter(has_text="a lighthouse").last
    await expect(result.get_by_role("button", name="Remix")).to_be_visible(timeout=30_000)
    page = await browser_page(stage.world, "max")

    await page.locator("article.message").filter(has_text="a lighthouse").last.click(button="right")
    await page.get_by_role("menuitem", name="Apps").hover()
    await page.get_by_role("menuitem", name="Job info").click()
    await expect(steps.message(page, "Job #1 by")).to_contain_text("Words: a lighthouse")
    await steps.begin(page, "credits add")
    await page.keyboard.type("mia")
    await page.keyboard.press("Enter")
    await page.keyboard.type("50")
    await page.keyboard.press("Enter")
    await page.keyboard.type("won")
    await page.keyboard.press("Enter")
    await expect(steps.message(page, "147 credits")).to_be_visible()
    await page.get_by_role("button", name="🗑️").click()
    await expect(page.get_by_role("img", name="a lighthouse")).to_have_count(0)
    await expect(mia.get_by_role("img", name="a lighthouse")).to_have_count(0)

    await stage.check_books()


async def test_owner_sets_what_counts_and_is_asked_before_it_is_dear(stage, browser_page):
    await stage.start()
    page = await browser_page(stage.world, "olga")

    await steps.run(page, "settings")
    panel = page.locator("article.message").last
    await expect(panel).to_contain_text("Only you can see this")
    await page.locator("#say").press_sequentially("/imagine")
    await expect(page.get_by_role("listbox", name="Commands")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.keyboard.type("a {red, blue} fox")
    await page.keyboard.press("Enter")
    ask = page.locator("article.message").filter(has_text="2 jobs").last
    await ask.get_by_role("button", name="Yes, 6 credits").click()
    for prompt in ("a red fox", "a blue fox"):
        result = page.locator("article.message").filter(has_text=prompt).last
        await expect(result.get_by_role("button", name="Remix")).to_be_visible(timeout=30_000)

    await stage.check_books()
