"""Pictures: how they hang, how they are covered, and how they are looked at."""

from playwright.async_api import expect

from tests.browser.steps import begin, make_card, message, png, post


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


async def test_lightbox_is_walked_zoomed_and_left_by_keyboard(world, demo, browser_page):
    page = await browser_page(world)
    card = await make_card(page)
    second = card.get_by_role("button", name="Enlarge: picture-1, a drawing")
    await second.press("Enter")
    box = page.get_by_role("dialog")
    picture = box.locator("img")

    await page.keyboard.press("ArrowRight")
    await expect(box).to_contain_text("picture-2, a drawing · 3 of 4")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(box).to_contain_text("1 of 4")
    before = await picture.bounding_box()
    await page.keyboard.press("+")
    await expect(box.get_by_role("button", name="Zoom")).to_have_attribute("aria-pressed", "true")
    nearer = await picture.bounding_box()
    await page.keyboard.press("ArrowRight")
    moved = await picture.bounding_box()
    await page.keyboard.press("0")
    after = await picture.bounding_box()
    await page.keyboard.press("Escape")

    assert nearer["width"] > before["width"]
    assert moved["x"] < nearer["x"]
    assert after == before
    await expect(box).to_have_count(0)
    await expect(second).to_be_focused()


async def test_lightbox_is_zoomed_dragged_and_left_by_mouse(world, demo, browser_page):
    page = await browser_page(world)
    card = await make_card(page)
    await card.get_by_role("button", name="Enlarge: picture-0, a drawing").click()
    picture = page.get_by_role("dialog").locator("img")
    far = await picture.bounding_box()

    await picture.click(position={"x": 100, "y": 100})
    near = await picture.bounding_box()
    x, y = near["x"] + near["width"] / 2, 400
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 60, y, steps=3)
    await page.mouse.up()
    dragged = await picture.bounding_box()
    await page.mouse.wheel(0, 500)
    await page.mouse.wheel(0, 500)
    await page.mouse.wheel(0, 500)
    await expect(page.get_by_role("button", name="Zoom")).to_have_attribute("aria-pressed", "false")
    await page.mouse.click(20, 200)

    assert near["width"] > far["width"]
    # The point that was pressed stays under the pointer.
    assert abs((far["x"] + 100 - near["x"]) / near["width"] - 100 / far["width"]) < 0.02
    assert dragged["x"] > near["x"]
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_covered_picture_cannot_be_reached_before_it_is_uncovered(world, browser_page):
    page = await browser_page(world)
    files = {f"{name}.png": png(60, 40)["buffer"] for name in "ab"}
    items = [
        {"media": {"url": "attachment://a.png"}, "spoiler": True, "description": "hidden"},
        {"media": {"url": "attachment://b.png"}, "description": "open"},
    ]
    post(world, [{"type": 12, "items": items}], files)

    hidden = page.get_by_role("button", name="Enlarge: hidden")
    await hidden.focus()
    await expect(hidden).not_to_be_focused()
    await page.get_by_role("button", name="Enlarge: open").click()
    await expect(page.get_by_role("button", name="Next picture")).to_have_count(0)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Spoiler").click()

    await expect(hidden).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="hidden")).to_contain_text("1 of 2")
