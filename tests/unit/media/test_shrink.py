"""Pictures made small enough for a model that takes only so many pixels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bot.errors import BadPicture
from bot.media import shrunk_size
from tests.unit.media.files import (
    OTHER,
    decode,
    file,
    scene,
    swapped_profile,
    turned,
)


async def test_picture_that_is_small_enough_is_not_touched(media):
    data = file(scene(), "JPEG", exif=turned(6), xmp=OTHER)

    assert await media.shrink(data, 320 * 240) is data


@pytest.mark.parametrize(
    ("kind", "picture", "mode"),
    [
        ("PNG", scene(), "RGB"),
        ("PNG", scene().convert("L"), "L"),
        ("PNG", Image.new("RGBA", (320, 240), (9, 8, 7, 6)), "RGBA"),
        ("JPEG", scene(), "RGB"),
        ("WEBP", scene(), "RGB"),
    ],
)
async def test_shrunk_picture_is_of_the_same_type(media, kind, picture, mode):
    small = decode(await media.shrink(file(picture, kind), 20_000))

    assert (small.format, small.mode, small.size) == (kind, mode, (160, 120))
    assert small.size == shrunk_size(320, 240, 20_000)


async def test_shrunk_gif_is_a_png(media):
    assert decode(await media.shrink(file(scene(), "GIF"), 20_000)).format == "PNG"


async def test_shrunk_picture_is_upright_srgb_without_metadata(media):
    red = Image.new("RGB", (320, 240), "red")
    data = file(red, "PNG", exif=turned(6), icc_profile=swapped_profile())

    shrunk = await media.shrink(data, 20_000)

    assert b"iCCP" not in shrunk
    assert b"eXIf" not in shrunk
    small = decode(shrunk)
    assert small.size == (120, 160)
    assert small.getpixel((60, 60))[1] > 250


async def test_shrunk_picture_shows_the_same(media):
    small = decode(await media.shrink(file(scene(), "PNG"), 20_000))

    difference = ImageChops.difference(small, scene().resize(small.size, Image.Resampling.BOX))
    assert max(high for _, high in difference.getextrema()) < 40


async def test_image_and_mask_of_one_size_stay_of_one_size(media):
    image, mask = (file(Image.new(mode, (1003, 701)), "PNG") for mode in ("RGB", "L"))

    sizes = {decode(await media.shrink(data, 300_000)).size for data in (image, mask)}

    assert sizes == {shrunk_size(1003, 701, 300_000)}


@given(st.integers(64, 8000), st.integers(64, 8000), st.integers(100_000, 5_000_000))
def test_shrunk_size_is_the_largest_of_about_that_shape(width, height, most):
    small = shrunk_size(width, height, most)

    if width * height <= most:
        assert small == (width, height)
        return
    assert small[0] % 8 == small[1] % 8 == 0
    assert small[0] * small[1] <= most < (small[0] + 8) * (small[1] + 8)
    assert abs(small[0] - small[1] * width / height) <= 8 * (1 + width / height)


async def test_damaged_picture_is_not_shrunk(media):
    with pytest.raises(BadPicture):
        await media.shrink(file(scene(), "PNG")[:500], 20_000)
