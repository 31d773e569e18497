"""Masks that people draw: white, or what is cut out of one colour, is painted anew."""

import pytest
from PIL import Image, ImageChops, ImageDraw

from bot.errors import BadPicture
from tests.unit.media.files import FORMATS, decode, file, png_of_size, scene, turned

SPOT = (40, 30, 79, 69)


def _drawing(mode: str, ground, spot, size=(160, 120)) -> Image.Image:
    picture = Image.new(mode, size, ground)
    ImageDraw.Draw(picture).rectangle(SPOT, fill=spot)
    return picture


WANTED = _drawing("L", 0, 255)


def _differs(mask: Image.Image, wanted: Image.Image = WANTED) -> int:
    """Count the pixels in which a mask is not as it should be."""
    return sum(ImageChops.difference(mask, wanted).histogram()[1:])


async def _mask(media, drawing: bytes, width=160, height=120) -> Image.Image:
    kept = await media.take_mask(drawing, width=width, height=height)
    assert (kept.mime, kept.width, kept.height) == ("image/png", width, height)
    return decode(await media.read(kept.sha256))


@pytest.mark.parametrize(
    "drawing",
    [
        _drawing("1", 0, 1),
        _drawing("L", 0, 255),
        _drawing("L", 127, 128),
        _drawing("RGB", "black", "white"),
        _drawing("RGB", "navy", "yellow"),
        _drawing("RGBA", "black", "white"),
    ],
    ids=lambda drawing: drawing.mode,
)
async def test_light_is_painted_anew(media, drawing):
    mask = await _mask(media, file(drawing, "PNG"))

    assert mask.mode == "L"
    assert _differs(mask) == 0


@pytest.mark.parametrize("colour", ["black", "white", "red"])
@pytest.mark.parametrize("hidden", [(0, 0, 0, 0), (255, 255, 255, 0), (1, 200, 3, 99)])
async def test_what_is_cut_out_of_one_colour_is_painted_anew(media, colour, hidden):
    mask = await _mask(media, file(_drawing("RGBA", colour, hidden), "PNG"))

    assert _differs(mask) == 0


async def test_colour_that_a_soft_brush_shifts_a_little_is_one_colour(media):
    drawing = _drawing("RGBA", (200, 30, 30, 255), (0, 0, 0, 0))
    drawing.putpixel((5, 5), (190, 36, 25, 255))

    assert _differs(await _mask(media, file(drawing, "PNG"))) == 0


async def test_light_counts_where_a_transparent_drawing_has_several_colours(media):
    drawing = _drawing("RGBA", (255, 255, 255, 0), "white")
    ImageDraw.Draw(drawing).rectangle((100, 80, 150, 110), fill=(30, 30, 30, 255))

    assert _differs(await _mask(media, file(drawing, "PNG"))) == 0


@pytest.mark.parametrize("kind", FORMATS)
async def test_mask_of_every_type_has_two_values(media, kind):
    mask = await _mask(media, file(_drawing("RGB", "black", "white"), kind, quality=60))

    assert _differs(mask) < 20
    assert sum(mask.histogram()[1:255]) == 0


@pytest.mark.parametrize("times", [0.6, 3])
async def test_mask_of_another_size_is_scaled(media, times):
    drawing = WANTED.resize((round(160 * times), round(120 * times)))
    mask = await _mask(media, file(drawing, "PNG"))

    assert _differs(mask) < 200
    assert sum(mask.histogram()[1:255]) == 0


async def test_mask_is_turned_as_its_camera_noted(media):
    lying = WANTED.transpose(Image.Transpose.ROTATE_90)

    assert _differs(await _mask(media, file(lying, "PNG", exif=turned(6)))) == 0


@pytest.mark.parametrize("size", [(160, 116), (160, 124), (120, 160), (120, 120)])
async def test_mask_of_another_shape_is_refused(media, size):
    drawing = file(_drawing("L", 0, 255, size), "PNG")

    with pytest.raises(BadPicture, match="the mask has another shape than the picture"):
        await media.take_mask(drawing, width=160, height=120)

    assert list(media._folder.rglob("*")) == []


@pytest.mark.parametrize("size", [(160, 117), (160, 123)])
async def test_mask_of_almost_the_same_shape_is_taken(media, size):
    mask = await _mask(media, file(_drawing("L", 0, 255, size), "PNG"))

    assert _differs(mask) < 200


@pytest.mark.parametrize(
    "drawing",
    [
        _drawing("L", 0, 0),
        _drawing("RGB", "black", "navy"),
        _drawing("RGBA", "red", (255, 0, 0, 130)),
        Image.new("L", (160, 120), 127),
    ],
    ids=lambda drawing: drawing.mode,
)
async def test_mask_without_white_is_refused(media, drawing):
    with pytest.raises(BadPicture, match="nothing to paint anew"):
        await media.take_mask(file(drawing, "PNG"), width=160, height=120)


@pytest.mark.parametrize(
    "data",
    [
        b"garbage",
        png_of_size(50_000, 50_000),
        file(scene(60, 45), "PNG"),
        file(scene(), "PNG")[:99],
    ],
)
async def test_mask_is_checked_as_a_picture_is(media, data):
    with pytest.raises(BadPicture) as mask:
        await media.take_mask(data, width=160, height=120)
    with pytest.raises(BadPicture) as picture:
        await media.take_in(data)

    assert mask.value.reason == picture.value.reason
