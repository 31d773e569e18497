"""Words for a picture on the page, with the real bot behind it, and the picture of those words."""

from playwright.async_api import expect

from bot.sandbox.seed import GENERAL_ID
from tests.browser.conftest import PHONE
from tests.browser.steps import begin, png


async def test_picture_is_described_and_its_words_are_imagined(stage, browser_page, tmp_path):
    await stage.start()
    page = await browser_page(stage.world)

    await begin(page, "describe")
    await page.locator("[data-option=image] input").set_input_files(png(640, 480))
    await page.get_by_role("button", name="Send").click()
    cards = page.locator("article.message")
    words = cards.filter(has_text="A description").last
    await expect(words.get_by_role("button", name="Imagine this")).to_be_visible(timeout=60_000)
    await page.screenshot(path=tmp_path / "words.png")
    await expect(words.get_by_role("img", name="The picture that these words")).to_be_visible()
    told = (await words.locator("blockquote").inner_text()).strip()
    await words.get_by_role("button", name="Imagine this").click()
    drawn = cards.filter(has_text="from the words of job #1").last
    await expect(drawn.get_by_role("img")).to_have_count(1, timeout=60_000)

    assert told == stage.jobs()[0]["answer"]
    await expect(drawn).to_contain_text(told)
    await stage.check_books()


async def test_words_are_read_on_a_phone_without_moving_sideways(stage, browser_page, tmp_path):
    await stage.start()
    page = await browser_page(stage.world, "mia", size=PHONE)
    mia = stage.world.person("mia")
    await mia.slash(GENERAL_ID, "enhance", {"prompt": "a lighthouse in the storm " + "x" * 300})

    card = page.locator("article.message").last
    await expect(card.get_by_role("button", name="Imagine this")).to_be_visible(timeout=60_000)
    await page.screenshot(path=tmp_path / "phone.png")

    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
