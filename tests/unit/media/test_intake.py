"""Pictures that people give: what is kept of them, and what no provider may learn."""

import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageOps, JpegImagePlugin

from bot.errors import BadPicture
from bot.media import INTAKE_PIXELS, Media
from bot.media._containers import png_chunks
from tests.unit.media.files import (
    FORMATS,
    OTHER,
    crumbs,
    decode,
    deep_png,
    file,
    gif_of_frames,
    light_grey_profile,
    light_profile,
    noise,
    png_of_size,
    png_with,
    scene,
    srgb_profile,
    swapped_profile,
    turned,
    webp_of_size,
)

# Pillow warns of oddities in damaged files on its way to refusing them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

ROOT = Path(__file__).parents[3]
SECRETS = (b"Exif", b"Fuchsbau", b"Muster", b"fox", b"ICC_PROFILE", b"acsp", b"secret")
CLEAR_RED = (255, 0, 0, 0)


async def _taken(media: Media, data: bytes) -> Image.Image:
    return decode(await media.read((await media.take_in(data)).sha256))


def _flat(mode: str, colour, size=(64, 64)) -> Image.Image:
    return Image.new(mode, size, colour)


async def test_picture_of_a_phone_is_upright_and_tells_nothing(media):
    data = file(
        scene(400, 300),
        "JPEG",
        exif=turned(6),
        xmp=OTHER,
        comment=b"secret",
        icc_profile=srgb_profile(),
    )

    picture = await media.take_in(data)

    kept = await media.read(picture.sha256)
    assert all(secret in data for secret in SECRETS)
    assert not any(secret in kept for secret in SECRETS)
    assert (picture.mime, picture.width, picture.height) == ("image/jpeg", 300, 400)
    assert (picture.size_bytes, picture.frames, picture.is_black) == (len(kept), 1, False)
    assert JpegImagePlugin.get_sampling(decode(kept)) == 0


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
async def test_other_pictures_become_a_png_of_nothing_but_pixels(media, kind):
    data = file(
        scene(80, 70), kind, exif=turned(1), xmp=OTHER, comment=b"secret", icc_profile=b"acsp"
    )

    kept = await media.read((await media.take_in(data)).sha256)

    assert media.mime_of(kept) == "image/png"
    assert {chunk.name for chunk in png_chunks(kept)} == {b"IHDR", b"IDAT", b"IEND"}


@pytest.mark.parametrize("turn", range(10))
async def test_picture_is_turned_as_its_camera_noted(media, turn):
    picture = scene(90, 70)

    taken = await _taken(media, file(picture, "PNG", exif=turned(turn)))

    wanted = picture.copy()
    wanted.getexif()[0x0112] = turn
    assert ImageChops.difference(taken, ImageOps.exif_transpose(wanted)).getbbox() is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0garbage",
        b"Exif\0\0MM\0+",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\3\xff\xff\xff\xff\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\2\0\x05\0\0\0sixth",
    ],
)
async def test_note_that_cannot_be_read_turns_nothing(media, kind, exif):
    picture = await media.take_in(file(scene(90, 70), kind, exif=exif))

    assert (picture.width, picture.height) == (90, 70)


async def test_note_in_broken_text_turns_nothing(media):
    data = png_with((b"tEXt", b"Raw profile type exif\0\nexif\n 4\nzz"))

    picture = await media.take_in(data)

    assert (picture.width, picture.height) == (320, 240)


@pytest.mark.parametrize(
    ("data", "mode", "colour"),
    [
        (file(_flat("1", 1), "PNG"), "RGB", (255, 255, 255)),
        (file(_flat("1", 1), "PNG", transparency=1), "RGBA", (255, 255, 255, 0)),
        (file(_flat("L", 90), "PNG"), "RGB", (90, 90, 90)),
        (file(_flat("L", 90), "PNG", transparency=90), "RGBA", (90, 90, 90, 0)),
        (file(_flat("LA", (90, 255)), "PNG"), "RGB", (90, 90, 90)),
        (file(_flat("LA", (90, 7)), "PNG"), "RGBA", (90, 90, 90, 7)),
        (file(_flat("RGB", "teal").quantize(4), "PNG"), "RGB", (0, 128, 128)),
        (file(_flat("RGBA", CLEAR_RED).quantize(4), "PNG"), "RGBA", CLEAR_RED),
        (file(_flat("RGB", "teal"), "PNG", transparency=(1, 2, 3)), "RGB", (0, 128, 128)),
        (file(_flat("RGB", "teal"), "PNG", transparency=(0, 128, 128)), "RGBA", (0, 128, 128, 0)),
        (file(_flat("RGBA", (1, 2, 3, 255)), "PNG"), "RGB", (1, 2, 3)),
        (file(_flat("RGBA", (1, 2, 3, 254)), "PNG"), "RGBA", (1, 2, 3, 254)),
        (deep_png("L", [0x5AFF]), "RGB", (0x5A, 0x5A, 0x5A)),
        (deep_png("RGB", [0x5AFF, 0x10FF, 0xFFFF]), "RGB", (0x5A, 0x10, 0xFF)),
        (deep_png("RGBA", [0x5AFF, 0x10FF, 0xFFFF, 0]), "RGBA", (0x5A, 0x10, 0xFF, 0)),
        (file(_flat("L", 90), "JPEG"), "RGB", (90, 90, 90)),
        (file(_flat("CMYK", (0, 0, 0, 0)), "JPEG"), "RGB", (255, 255, 255)),
        (file(_flat("CMYK", (0, 0, 0, 255)), "JPEG"), "RGB", (0, 0, 0)),
        (file(_flat("RGBA", (9, 9, 9, 9)), "WEBP", lossless=True), "RGBA", (9, 9, 9, 9)),
        (file(_flat("RGB", "teal"), "GIF"), "RGB", (0, 128, 128)),
    ],
)
async def test_every_kind_of_pixels_is_read_as_people_see_it(media, data, mode, colour):
    taken = await _taken(media, data)

    assert taken.mode == mode
    assert taken.getpixel((30, 30)) == colour


@pytest.mark.parametrize("colour", ["red", (255, 0, 0, 99)])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_colours_of_a_profile_become_srgb(media, kind, colour):
    picture = _flat("RGBA", colour)

    taken = await _taken(media, file(picture, kind, icc_profile=swapped_profile(), lossless=True))

    red, green, blue, alpha = taken.convert("RGBA").getpixel((30, 30))
    assert (red < 5, green > 250, blue < 5) == (True, True, True)
    assert alpha == picture.getpixel((0, 0))[3]


@pytest.mark.parametrize(
    "profile",
    [
        b"garbage",
        swapped_profile()[:200],
        swapped_profile()[:16] + b"CMYK" + swapped_profile()[20:],
        swapped_profile()[:16] + b"GRAY" + swapped_profile()[20:],
        swapped_profile().replace(b"XYZ", b"???"),
    ],
)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
async def test_broken_profile_is_ignored(media, mode, profile):
    grey = _flat("L", 90).convert(mode)

    taken = await _taken(media, file(grey, "JPEG", icc_profile=profile))

    assert taken.getpixel((30, 30)) == (90, 90, 90)


@pytest.mark.parametrize("profile", [light_profile(), light_grey_profile()])
async def test_grey_with_a_profile_is_translated(media, profile):
    taken = await _taken(media, file(_flat("L", 90), "JPEG", icc_profile=profile))

    assert min(taken.getpixel((30, 30))) > 120


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("size", [(2049, 2049), (3000, 2000), (5000, 1251), (7000, 5000)])
async def test_large_picture_is_scaled_to_the_most_pixels(media, kind, size):
    picture = await media.take_in(file(_flat("RGB", "teal", size), kind))

    assert INTAKE_PIXELS * 0.998 < picture.width * picture.height <= INTAKE_PIXELS
    assert picture.width / picture.height == pytest.approx(size[0] / size[1], rel=0.002)


async def test_picture_of_the_most_pixels_keeps_them(media):
    picture = _flat("RGB", "teal", (2048, 2048))
    picture.paste(noise(), (100, 100))

    taken = await _taken(media, file(picture, "PNG"))

    assert ImageChops.difference(taken, picture).getbbox() is None


@pytest.mark.parametrize("kind", FORMATS)
async def test_same_bytes_are_the_same_picture_everywhere(media, tmp_path, kind):
    data = file(scene(), kind)

    first = await media.take_in(data)

    assert await media.take_in(data) == first
    assert await Media(tmp_path / "another machine").take_in(data) == first


@pytest.mark.parametrize(
    ("size", "words"),
    [((63, 200), "shorter than 64"), ((64, 257), "4 times"), ((1025, 256), "4 times")],
)
async def test_picture_too_small_or_too_long_is_refused(media, size, words):
    with pytest.raises(BadPicture, match=words):
        await media.take_in(file(_flat("RGB", "teal", size), "PNG"))

    assert list(media._folder.rglob("*")) == []


@pytest.mark.parametrize("size", [(64, 64), (64, 256), (1024, 256)])
async def test_smallest_and_longest_picture_is_taken(media, size):
    picture = await media.take_in(file(_flat("RGB", "teal", size), "PNG"))

    assert (picture.width, picture.height) == size


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_first_frame_of_an_animation_is_kept(media, kind):
    frames = [_flat("RGB", colour) for colour in ("teal", "red", "blue")]
    data = file(
        frames[0], kind, save_all=True, append_images=frames[1:], duration=50, lossless=True
    )

    picture = await media.take_in(data)

    assert picture.frames == 1
    assert decode(await media.read(picture.sha256)).getpixel((9, 9)) == (0, 128, 128)


async def test_first_picture_of_a_phone_s_double_jpeg_is_kept(media):
    data = file(_flat("RGB", "teal"), "MPO", save_all=True, append_images=[_flat("RGB", "red")])

    picture = await media.take_in(data)

    kept = await media.read(picture.sha256)
    assert picture.mime == "image/jpeg"
    assert decode(kept).getpixel((9, 9))[1] > 120
    assert b"MPF" in data
    assert b"MPF" not in kept


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
async def test_picture_that_is_cut_off_is_not_kept(media, kind, share):
    data = file(scene(), kind)

    with pytest.raises(BadPicture):
        await media.take_in(data[: int(len(data) * share)])

    assert list(media._folder.rglob("*")) == []


def _bombs() -> dict[bytes, str]:
    packed = zlib.compress(bytes(200 << 20), 9)
    pixels, frames, damaged = (
        "more than 40 million pixels",
        "more than 300 frames",
        "damaged or cut off",
    )
    foreign = "not a PNG, JPEG, WebP or GIF file"
    return {
        png_of_size(50_000, 50_000): pixels,
        webp_of_size(1 << 14, 1 << 14): pixels,
        gif_of_frames(1, side=65_000): pixels,
        gif_of_frames(200_000): frames,
        png_with((b"zTXt", b"Comment\0\0" + packed)): damaged,
        png_with((b"iTXt", b"Comment\0\1\0\0\0" + packed)): damaged,
        png_with((b"iCCP", b"Comment\0\0" + packed)): damaged,
        crumbs("PNG"): damaged,
        crumbs("JPEG"): damaged,
        crumbs("GIF"): damaged,
        file(scene(), "JPEG") + bytes(30 << 20): "more than 30 MB",
        file(scene(), "TIFF"): foreign,
        b"<svg xmlns='http://www.w3.org/2000/svg' width='99999' height='99999'/>": foreign,
        b"<!doctype html><script>alert(1)</script>": foreign,
    }


def _run_with_little_memory(files: list[Path], megabytes: int) -> list[str]:
    """Take pictures in by a process that may have so much memory in all, and tell how it went."""
    script = f"""
import resource, sys, warnings
from pathlib import Path
from bot.errors import BadPicture
from bot.media._intake import take_in
resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20, {megabytes} << 20))
warnings.simplefilter("ignore")
for name in sys.argv[1:]:
    try:
        print(len(take_in(Path(name).read_bytes())))
    except BadPicture as error:
        print("refused:", error.reason)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def _written(folder: Path, bodies: list[bytes]) -> list[Path]:
    paths = [folder / str(number) for number in range(len(bodies))]
    for path, body in zip(paths, bodies, strict=True):
        path.write_bytes(body)
    return paths


def test_bombs_are_refused_in_little_memory(tmp_path):
    pytest.importorskip("resource")
    bombs = _bombs()

    answers = _run_with_little_memory(_written(tmp_path, list(bombs)), 256)

    assert answers == [f"refused: {reason}" for reason in bombs.values()]


def test_largest_jpeg_is_taken_in_little_memory(tmp_path):
    pytest.importorskip("resource")
    jpeg = file(_flat("RGB", "teal", (8000, 5000)), "JPEG")

    answers = _run_with_little_memory(_written(tmp_path, [jpeg]), 220)

    assert [answer for answer in answers if not answer.isdigit()] == []


def test_largest_pictures_are_taken_in_bounded_memory(tmp_path):
    pytest.importorskip("resource")
    clear = file(_flat("RGBA", CLEAR_RED, (8000, 5000)), "PNG", compress_level=1)
    webp = file(_flat("RGB", "teal", (8000, 5000)), "WEBP", method=0)

    answers = _run_with_little_memory(_written(tmp_path, [clear, webp]), 1000)

    assert [answer for answer in answers if not answer.isdigit()] == []
    assert len(answers) == 2
