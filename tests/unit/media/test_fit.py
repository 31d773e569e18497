"""Pictures that must be made smaller to be sent."""

import pytest
from PIL import Image, ImageChops, ImageCms

from bot.errors import PictureTooLarge
from bot.media._provenance import SOURCE_TYPE
from tests.unit.media.files import FORMATS, decode, deep_png, file, noise, scene, xmp_of


async def test_bytes_that_fit_stay_the_provider_s_own(media):
    data = file(noise(), "PNG")

    assert await media.fit(data, len(data)) is data


async def test_picture_is_first_made_smaller_without_loss(media):
    picture = Image.new("RGB", (200, 200))
    picture.paste(noise(50, 25).resize((200, 100), Image.Resampling.NEAREST), (0, 50))
    data = file(picture, "PNG", compress_level=1)

    smaller = await media.fit(data, len(data) - 1)

    assert decode(smaller).format == "WEBP"
    assert ImageChops.difference(decode(smaller).convert("RGB"), picture).getbbox() is None


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.6, 0.2, 0.05])
async def test_picture_is_made_to_fit(media, kind, share):
    data = file(scene(), kind, quality=95)
    limit = int(len(data) * share)

    smaller = await media.fit(data, limit)

    assert len(smaller) <= limit
    width, height = decode(smaller).size
    assert abs(width / height - 320 / 240) < 0.1


async def test_lossy_comes_before_smaller(media):
    data = file(scene(), "PNG")

    smaller = await media.fit(data, len(data) // 5)

    assert decode(smaller).size == (320, 240)


async def test_transparency_profile_and_mark_survive_a_smaller_file(media):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = await media.tag(file(noise(64, 64, "RGBA"), "PNG", icc_profile=profile))

    smaller = await media.fit(data, len(data) // 2)

    assert decode(smaller).mode == "RGBA"
    assert decode(smaller).info["icc_profile"] == profile
    assert SOURCE_TYPE in xmp_of(smaller)


async def test_picture_of_16_bits_keeps_its_greys(media):
    data = deep_png("L", [0x5AFF], side=256)

    smaller = await media.fit(data, len(data) - 1)

    assert decode(smaller).getpixel((9, 9)) == pytest.approx((0x5A, 0x5A, 0x5A), abs=3)


async def test_camera_s_turn_is_done_before_the_note_of_it_is_dropped(media):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = file(scene(), "JPEG", exif=exif, quality=95)

    smaller = await media.fit(data, len(data) // 2)

    assert decode(smaller).size == (240, 320)
    assert 0x0112 not in decode(smaller).getexif()


async def test_picture_too_wide_for_webp_is_scaled(media):
    data = file(Image.new("L", (17_000, 40), 99), "PNG", compress_level=0)

    smaller = await media.fit(data, len(data) // 2)

    assert decode(smaller).size[0] <= 16_383


async def test_limit_no_picture_can_keep_is_refused(media):
    with pytest.raises(PictureTooLarge) as caught:
        await media.fit(file(noise(), "PNG"), 20)

    assert caught.value.limit_bytes == 20
