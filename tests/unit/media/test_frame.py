"""Larger canvases around a picture: how large, what stays, and what is to be painted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from bot.errors import BadPicture
from bot.media import INTAKE_PIXELS, framed_size
from tests.unit.media.files import decode, file, noise, scene, turned

PANS = {
    "pan_left": ((288, 128), (96, 0, 288, 128), (104, 0, 288, 128)),
    "pan_right": ((288, 128), (0, 0, 192, 128), (0, 0, 184, 128)),
    "pan_up": ((192, 192), (0, 64, 192, 192), (0, 72, 192, 192)),
    "pan_down": ((192, 192), (0, 0, 192, 128), (0, 0, 192, 120)),
    "square": ((192, 192), (0, 32, 192, 160), (0, 40, 192, 152)),
}
KINDS = ["zoom_out", *PANS]
OBLONG = st.tuples(st.integers(64, 6000), st.integers(64, 6000)).filter(
    lambda size: abs(size[0] - size[1]) >= 16 and 0.25 <= size[0] / size[1] <= 4
)


def _black_box(mask: Image.Image):
    """Tell where a mask says to keep, all of which is one box."""
    box = ImageChops.invert(mask).getbbox()
    kept = (box[2] - box[0]) * (box[3] - box[1])
    assert mask.histogram()[0] == kept
    assert mask.histogram()[255] == mask.width * mask.height - kept
    return box


@pytest.mark.parametrize("kind", PANS)
async def test_picture_is_kept_pixel_for_pixel_beside_what_is_new(media, kind):
    size, place, kept = PANS[kind]
    picture = noise(192, 128)

    framed = await media.frame(file(picture, "PNG"), kind)

    image, mask = decode(framed.image), decode(framed.mask)
    assert framed_size(192, 128, kind) == image.size == mask.size == size
    assert (image.format, image.mode, mask.format, mask.mode) == ("PNG", "RGB", "PNG", "L")
    assert ImageChops.difference(image.crop(place), picture).getbbox() is None
    assert _black_box(mask) == kept


async def test_zoomed_picture_is_half_as_large_in_the_middle(media):
    picture = Image.new("RGB", (128, 96), "teal")
    picture.paste("red", (0, 0, 64, 96))

    framed = await media.frame(file(picture, "PNG"), "zoom_out")

    image = decode(framed.image)
    assert image.size == (128, 96)
    assert (image.getpixel((50, 48)), image.getpixel((80, 48))) == ((255, 0, 0), (0, 128, 128))
    assert _black_box(decode(framed.mask)) == (40, 32, 88, 64)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_new_has_the_colours_of_the_picture_s_edge(media, kind):
    picture = Image.new("RGB", (192, 128), (200, 90, 40))

    framed = await media.frame(file(picture, "PNG"), kind)

    assert decode(framed.image).getextrema() == ((200, 200), (90, 90), (40, 40))


async def test_each_side_continues_its_own_edge(media):
    picture = Image.new("RGB", (640, 320), "red")
    picture.paste("blue", (320, 0, 640, 320))

    left = decode((await media.frame(file(picture, "PNG"), "pan_left")).image)
    right = decode((await media.frame(file(picture, "PNG"), "pan_right")).image)

    assert left.getpixel((240, 9)) == (255, 0, 0)
    assert right.getpixel((720, 9)) == (0, 0, 255)


async def test_what_is_new_is_blurred(media):
    stripes = Image.new("L", (1, 16))
    stripes.putdata([0, 255] * 8)
    picture = stripes.resize((512, 512), Image.Resampling.NEAREST).convert("RGB")

    image = decode((await media.frame(file(picture, "PNG"), "pan_left")).image)

    new, old = (ImageStat.Stat(image.crop(box)) for box in ((0, 99, 64, 400), (300, 99, 400, 400)))
    assert max(new.stddev) < min(old.stddev) / 3


async def test_what_is_transparent_becomes_white(media):
    picture = Image.new("RGBA", (192, 128), (0, 0, 0, 0))

    framed = await media.frame(file(picture, "PNG"), "pan_up")

    assert decode(framed.image).getextrema() == ((255, 255),) * 3


async def test_picture_is_framed_as_people_see_it(media):
    data = file(scene(128, 192), "JPEG", exif=turned(6))
    facts = await media.store(data)

    framed = await media.frame(data, "pan_left")

    assert (facts.width, facts.height) == (192, 128)
    assert decode(framed.image).size == framed_size(facts.width, facts.height, "pan_left")


@pytest.mark.parametrize("size", [(1000, 750), (99, 70), (3000, 2000), (2600, 2000), (7, 60)])
@pytest.mark.parametrize("kind", KINDS)
async def test_canvas_is_as_large_as_was_told_before(media, kind, size):
    data = file(Image.new("RGB", size, "teal"), "PNG", compress_level=1)

    framed = await media.frame(data, kind)

    assert decode(framed.image).size == decode(framed.mask).size == framed_size(*size, kind)
    assert decode(framed.mask).getextrema() == (0, 255)


@pytest.mark.parametrize("size", [(100, 100), (1000, 1015), (1015, 1000)])
async def test_square_picture_is_not_made_square(media, size):
    with pytest.raises(BadPicture, match="the picture is square already"):
        framed_size(*size, "square")
    with pytest.raises(BadPicture, match="the picture is square already"):
        await media.frame(file(Image.new("RGB", size), "PNG"), "square")


@pytest.mark.parametrize(
    ("size", "kind", "canvas"),
    [
        ((1024, 1024), "zoom_out", (1024, 1024)),
        ((1216, 832), "zoom_out", (1216, 832)),
        ((1024, 1024), "pan_left", (1536, 1024)),
        ((1024, 1024), "pan_down", (1024, 1536)),
        ((1216, 832), "square", (1216, 1216)),
        ((1000, 750), "pan_right", (1504, 752)),
        ((2048, 2048), "zoom_out", (2048, 2048)),
        ((2048, 2048), "pan_up", (1664, 2496)),
        ((4096, 1024), "square", (2048, 2048)),
        ((8000, 4000), "zoom_out", (2896, 1440)),
    ],
)
def test_canvas_of_a_picture(size, kind, canvas):
    assert framed_size(*size, kind) == canvas


@given(OBLONG, st.sampled_from(KINDS))
def test_canvas_is_bounded_and_of_the_asked_shape(size, kind):
    width, height = framed_size(*size, kind)

    longer = max(size)
    shapes = {"zoom_out": size, "square": (longer, longer)}
    stretch = (1.5, 1) if kind in {"pan_left", "pan_right"} else (1, 1.5)
    wide, high = shapes.get(kind, (size[0] * stretch[0], size[1] * stretch[1]))
    assert width % 16 == height % 16 == 0
    assert min(width, height) > 0
    assert width * height <= INTAKE_PIXELS
    # A side is a step of 16 off at most, which in the shortest of 64 pixels is a lot.
    assert abs(width - height * wide / high) <= 16 * (1 + wide / high)


async def test_damaged_picture_is_not_framed(media):
    with pytest.raises(BadPicture):
        await media.frame(file(scene(), "PNG")[:500], "zoom_out")
