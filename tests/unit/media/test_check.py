"""What is taken for a picture, and what is refused before it can do harm."""

import zlib
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.errors import BadPicture, PictureTooLarge
from bot.media import PictureFacts
from bot.media._check import MAX_BYTES, MAX_FRAMES, check
from bot.media._containers import png_chunk
from bot.media._fit import fit
from bot.media._frame import frame
from bot.media._provenance import tag
from bot.media._shrink import shrink
from tests.unit.media.files import (
    FORMATS,
    MARKABLE,
    MIMES,
    OTHER,
    crumbs,
    deep_png,
    file,
    gif_of_frames,
    noise,
    png_of_size,
    signed,
    turned,
    webp_of_size,
)

# Pillow warns of oddities in damaged files on its way to refusing them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


@pytest.mark.parametrize("kind", FORMATS)
async def test_picture_is_measured(media, kind):
    data = file(noise(), kind)

    facts = await media.check(data)

    assert facts == PictureFacts(MIMES[kind], 64, 48, len(data), 1, is_black=False)
    assert media.mime_of(data) == MIMES[kind]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_frames_of_an_animation_are_counted(media, kind):
    frames = [Image.new("RGB", (8, 8), (40 * i, 0, 0)) for i in range(5)]
    data = file(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)

    assert (await media.check(data)).frames == 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"RIFF\x10\0\0\0WAVEfmt ",
        file(noise(), "TIFF"),
        file(noise(), "BMP"),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"\xff\xd8\xff" + bytes(100),
        b"RIFF\x20\0\0\0WEBP" + bytes(100),
        b"GIF89a" + bytes(100),
    ],
)
async def test_file_of_another_type_or_none_is_refused(media, data):
    with pytest.raises(BadPicture):
        await media.store(data)

    assert list(media._folder.rglob("*")) == []


@pytest.mark.parametrize("kind", MARKABLE)
def test_picture_cut_off_anywhere_is_refused(kind):
    data = file(noise(24, 16), kind)

    for length in range(len(data)):
        with pytest.raises(BadPicture):
            check(data[:length])


@pytest.mark.parametrize(
    "data",
    [
        png_of_size(40_000, 40_000),
        png_of_size(10_000, 10_000),
        png_of_size(8000, 5001),
        webp_of_size(16_000, 16_000),
        webp_of_size(1 << 24, 1 << 24),
        gif_of_frames(1, side=65_000),
    ],
)
async def test_bomb_is_refused_by_its_header(media, data):
    with pytest.raises(BadPicture, match="million pixels"):
        await media.check(data)


async def test_file_of_too_many_bytes_is_refused_undecoded(media):
    with pytest.raises(BadPicture, match="MB"):
        await media.check(file(noise(), "PNG") + bytes(MAX_BYTES))


@pytest.mark.parametrize("count", [MAX_FRAMES + 1, 200_000])
async def test_animated_monster_is_refused(media, count):
    with pytest.raises(BadPicture, match="frames"):
        await media.check(gif_of_frames(count))


async def test_animation_of_the_most_frames_is_taken(media):
    assert (await media.check(gif_of_frames(MAX_FRAMES))).frames == MAX_FRAMES


@cache
def _many_files() -> list[bytes]:
    """Make a small file of every kind that has walkers, decoders and headers of its own."""
    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(OTHER)
    png = file(noise(16, 12), "PNG")
    return [
        *(file(noise(16, 12), kind) for kind in FORMATS),
        *(signed(kind, noise(16, 12)) for kind in MARKABLE),
        png[:33] + png_chunk(b"iTXt", packed) + png[33:],
        file(noise(16, 12, "RGBA"), "WEBP", lossless=True, xmp=OTHER),
        file(noise(16, 12), "JPEG", progressive=True, xmp=OTHER),
        file(noise(16, 12), "GIF", save_all=True, append_images=[noise(16, 12)] * 3),
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damage_never_ends_in_anything_but_a_refusal(data):
    body = bytearray(data.draw(st.sampled_from(_many_files())))
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    for work in (
        check,
        tag,
        lambda damaged: fit(damaged, len(damaged) // 2),
        lambda damaged: frame(damaged, "pan_left"),
        lambda damaged: shrink(damaged, 100),
    ):
        try:
            work(bytes(body))
        except (BadPicture, PictureTooLarge):
            continue


@settings(deadline=None)
@given(st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a"]), st.binary())
def test_garbage_is_refused(head, garbage):
    with pytest.raises(BadPicture):
        check(head + garbage)


@pytest.mark.parametrize(
    ("data", "is_black"),
    [
        (file(Image.new("RGB", (64, 64)), "PNG"), True),
        (file(Image.new("RGB", (64, 64), (2, 2, 2)), "PNG"), True),
        (file(Image.new("RGB", (64, 64), (0, 0, 3)), "PNG"), False),
        (file(Image.new("RGB", (64, 64)), "JPEG"), True),
        (file(Image.new("RGB", (64, 64)), "WEBP"), True),
        (file(Image.new("RGB", (64, 64)), "GIF"), True),
        (file(Image.new("RGB", (64, 64), "navy"), "GIF"), False),
        (file(Image.new("L", (64, 64)), "PNG"), True),
        (file(Image.new("1", (64, 64)), "PNG"), True),
        (file(Image.new("1", (64, 64), 1), "PNG"), False),
        (file(Image.new("RGBA", (64, 64), "black"), "PNG"), True),
        (file(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG"), False),
        (file(Image.new("LA", (64, 64), (0, 9)), "PNG"), False),
        (file(Image.new("RGB", (64, 64), "black").quantize(4), "PNG"), True),
        (file(Image.new("RGB", (64, 64), "white").quantize(4), "PNG"), False),
        (deep_png("L", [0x02FF]), True),
        (deep_png("L", [0x0300]), False),
        (file(Image.new("CMYK", (64, 64)), "JPEG"), False),
        (file(noise(), "PNG"), False),
    ],
)
async def test_black_picture_is_told_from_others(media, data, is_black):
    assert (await media.check(data)).is_black is is_black
    assert (await media.store(data)).is_black is is_black


async def test_one_pixel_that_is_not_black_is_seen(media):
    picture = Image.new("RGB", (300, 200))
    picture.putpixel((299, 199), (0, 3, 0))

    assert not (await media.check(file(picture, "PNG"))).is_black


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
async def test_file_of_millions_of_empty_pieces_is_refused(media, kind):
    with pytest.raises(BadPicture, match="damaged"):
        await media.check(crumbs(kind))


async def test_gif_of_millions_of_empty_pieces_after_its_picture_is_refused(media):
    data = file(noise(), "GIF")

    with pytest.raises(BadPicture, match="damaged"):
        await media.check(data[:-1] + b"\x21\xfe\1a\0" * 600_000 + data[-1:])


@pytest.mark.parametrize(
    ("turn", "size"), [(3, (64, 48)), (4, (64, 48)), (5, (48, 64)), (8, (48, 64))]
)
async def test_size_is_that_of_the_upright_picture(media, turn, size):
    facts = await media.check(file(noise(), "JPEG", exif=turned(turn)))

    assert (facts.width, facts.height) == size
