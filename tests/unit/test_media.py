"""The media store: what it refuses, what it keeps, and what it never changes."""

import io
import os
import random
import struct
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms

from bot.errors import BadPicture, PictureTooLarge
from bot.media import Media, PictureFacts
from bot.media._check import MAX_BYTES, MAX_FRAMES, check
from bot.media._containers import jpeg_segment, png_chunk, webp_chunk
from bot.media._fit import fit
from bot.media._provenance import SOURCE_TYPE, tag

# Pillow warns of oddities in damaged files on its way to refusing them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
MARKABLE = ("PNG", "JPEG", "WEBP")
OTHER = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="fox"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


@pytest.fixture
def media(tmp_path) -> Media:
    return Media(tmp_path / "media")


def _noise(width=64, height=48, mode="RGB") -> Image.Image:
    dice = random.Random(5)
    return Image.frombytes(mode, (width, height), dice.randbytes(width * height * len(mode)))


def _file(image: Image.Image, kind: str, **options) -> bytes:
    body = io.BytesIO()
    image.save(body, kind, **options)
    return body.getvalue()


def _decode(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def _xmp(data: bytes) -> str:
    info = _decode(data).info
    packet = info.get("xmp") or info.get("XML:com.adobe.xmp") or ""
    return packet.decode() if isinstance(packet, bytes) else packet


def _signed(kind: str, picture: Image.Image | None = None) -> bytes:
    """Put a C2PA manifest's envelope into a file; what it says does not matter here."""
    data, box = _file(picture or _noise(), kind), b"....jumb....c2pa"
    if kind == "PNG":
        return data[:33] + png_chunk(b"caBX", box) + data[33:]
    if kind == "JPEG":
        return data[:2] + jpeg_segment(b"\xeb", b"JP\0\1" + box) + data[2:]
    body = data[8:] + webp_chunk(b"C2PA", box)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _png_of_size(width: int, height: int) -> bytes:
    """Make a tiny file that claims a size and decodes to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, body) for name, body in chunks)


def _webp_of_size(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + webp_chunk(b"VP8X", b"\x02\0\0\0" + sides)
    body += webp_chunk(b"ANIM", bytes(6)) + webp_chunk(b"ANMF", bytes(24))
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _gif_of_frames(count: int, side: int = 8) -> bytes:
    data = _file(Image.new("P", (8, 8)), "GIF")
    start = data.index(b"\x2c\0\0\0\0")
    head = data[:6] + struct.pack("<HH", side, side) + data[10:start]
    return head + data[start:-1] * count + b"\x3b"


@pytest.mark.parametrize("kind", FORMATS)
async def test_picture_is_measured(media, kind):
    data = _file(_noise(), kind)

    facts = await media.check(data)

    assert facts == PictureFacts(MIMES[kind], 64, 48, len(data), 1)
    assert media.mime_of(data) == MIMES[kind]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_frames_of_an_animation_are_counted(media, kind):
    frames = [Image.new("RGB", (8, 8), (40 * i, 0, 0)) for i in range(5)]
    data = _file(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)

    assert (await media.check(data)).frames == 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"RIFF\x10\0\0\0WAVEfmt ",
        _file(_noise(), "TIFF"),
        _file(_noise(), "BMP"),
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
    data = _file(_noise(24, 16), kind)

    for length in range(len(data)):
        with pytest.raises(BadPicture):
            check(data[:length])


@pytest.mark.parametrize(
    "data",
    [
        _png_of_size(40_000, 40_000),
        _png_of_size(10_000, 10_000),
        _png_of_size(8000, 5001),
        _webp_of_size(16_000, 16_000),
        _webp_of_size(1 << 24, 1 << 24),
        _gif_of_frames(1, side=65_000),
    ],
)
async def test_bomb_is_refused_by_its_header(media, data):
    with pytest.raises(BadPicture, match="million pixels"):
        await media.check(data)


async def test_file_of_too_many_bytes_is_refused_undecoded(media):
    with pytest.raises(BadPicture, match="MB"):
        await media.check(_file(_noise(), "PNG") + bytes(MAX_BYTES))


@pytest.mark.parametrize("count", [MAX_FRAMES + 1, 200_000])
async def test_animated_monster_is_refused(media, count):
    with pytest.raises(BadPicture, match="frames"):
        await media.check(_gif_of_frames(count))


async def test_animation_of_the_most_frames_is_taken(media):
    assert (await media.check(_gif_of_frames(MAX_FRAMES))).frames == MAX_FRAMES


@cache
def _many_files() -> list[bytes]:
    """Make a small file of every kind that has walkers, decoders and headers of its own."""
    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(OTHER)
    png = _file(_noise(16, 12), "PNG")
    return [
        *(_file(_noise(16, 12), kind) for kind in FORMATS),
        *(_signed(kind, _noise(16, 12)) for kind in MARKABLE),
        png[:33] + png_chunk(b"iTXt", packed) + png[33:],
        _file(_noise(16, 12, "RGBA"), "WEBP", lossless=True, xmp=OTHER),
        _file(_noise(16, 12), "JPEG", progressive=True, xmp=OTHER),
        _file(_noise(16, 12), "GIF", save_all=True, append_images=[_noise(16, 12)] * 3),
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damage_never_ends_in_anything_but_a_refusal(data):
    body = bytearray(data.draw(st.sampled_from(_many_files())))
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    for work in (check, lambda damaged: fit(damaged, len(damaged) // 2), tag):
        try:
            work(bytes(body))
        except (BadPicture, PictureTooLarge):
            continue


@settings(deadline=None)
@given(st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a"]), st.binary())
def test_garbage_is_refused(head, garbage):
    with pytest.raises(BadPicture):
        check(head + garbage)


async def test_stored_picture_is_read_back_by_its_hash(media):
    data = _file(_noise(), "PNG")

    picture = await media.store(data)

    assert picture.sha256 == sha256(data).hexdigest()
    assert (picture.mime, picture.width, picture.height) == ("image/png", 64, 48)
    assert (picture.size_bytes, picture.frames) == (len(data), 1)
    assert await media.read(picture.sha256) == data


async def test_same_bytes_are_one_file_in_two_levels_of_folders(media):
    data = _file(_noise(), "PNG")

    first, second = await media.store(data), await media.store(data)

    name = first.sha256
    assert first == second
    assert [path for path in media._folder.rglob("*") if path.is_file()] == [
        media._folder / name[:2] / name[2:4] / name
    ]


async def test_file_that_cannot_be_put_in_place_leaves_nothing_behind(media):
    data = _file(_noise(), "PNG")
    name = sha256(data).hexdigest()
    (media._folder / name[:2] / name[2:4] / name / "in the way").mkdir(parents=True)
    (media._folder / name[:2] / name[2:4] / name).rename(media._folder / "aside")
    (media._folder / name[:2] / name[2:4]).rmdir()
    (media._folder / name[:2] / name[2:4]).write_bytes(b"")

    with pytest.raises(OSError, match=name[2:4]):
        await media.store(data)

    assert list(media._folder.rglob("*.part")) == []


@pytest.mark.parametrize("name", ["0" * 64, "../../secret", "", "A" * 64, "0" * 64 + "\n"])
async def test_picture_that_is_not_kept_cannot_be_read(media, name):
    with pytest.raises(FileNotFoundError):
        await media.read(name)


async def test_sweep_deletes_what_is_old_and_not_kept(media):
    old, kept, fresh, touched = [
        (await media.store(_file(Image.new("RGB", (9, 9), c), "PNG"))).sha256
        for c in ("red", "green", "blue", "white")
    ]
    last_month = (datetime.now(UTC) - timedelta(days=31)).timestamp()
    for name in (old, kept, touched):
        os.utime(media._path(name), (last_month, last_month))
    leftover = media._path(old).parent / "crash.part"
    leftover.write_bytes(b"half")
    os.utime(leftover, (last_month, last_month))
    await media.store(_file(Image.new("RGB", (9, 9), "white"), "PNG"))

    deleted = await media.sweep({kept}, older_than=datetime.now(UTC) - timedelta(days=30))

    assert deleted == 1
    assert not leftover.exists()
    assert {path.name for path in media._folder.rglob("*") if path.is_file()} == {
        kept,
        fresh,
        touched,
    }


async def test_bytes_that_fit_stay_the_provider_s_own(media):
    data = _file(_noise(), "PNG")

    assert await media.fit(data, len(data)) is data


def _scene(width=320, height=240) -> Image.Image:
    """Make a picture that compresses as real ones do."""
    grey = [Image.radial_gradient("L"), Image.linear_gradient("L"), Image.new("L", (256, 256), 90)]
    return Image.blend(
        Image.merge("RGB", grey).resize((width, height)), _noise(width, height), 0.05
    )


async def test_picture_is_first_made_smaller_without_loss(media):
    picture = Image.new("RGB", (200, 200))
    picture.paste(_noise(50, 25).resize((200, 100), Image.Resampling.NEAREST), (0, 50))
    data = _file(picture, "PNG", compress_level=1)

    smaller = await media.fit(data, len(data) - 1)

    assert _decode(smaller).format == "WEBP"
    assert ImageChops.difference(_decode(smaller).convert("RGB"), picture).getbbox() is None


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.6, 0.2, 0.05])
async def test_picture_is_made_to_fit(media, kind, share):
    data = _file(_scene(), kind, quality=95)
    limit = int(len(data) * share)

    smaller = await media.fit(data, limit)

    assert len(smaller) <= limit
    width, height = _decode(smaller).size
    assert abs(width / height - 320 / 240) < 0.1


async def test_lossy_comes_before_smaller(media):
    data = _file(_scene(), "PNG")

    smaller = await media.fit(data, len(data) // 5)

    assert _decode(smaller).size == (320, 240)


async def test_transparency_profile_and_mark_survive_a_smaller_file(media):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = await media.tag(_file(_noise(64, 64, "RGBA"), "PNG", icc_profile=profile))

    smaller = await media.fit(data, len(data) // 2)

    assert _decode(smaller).mode == "RGBA"
    assert _decode(smaller).info["icc_profile"] == profile
    assert SOURCE_TYPE in _xmp(smaller)


async def test_camera_s_turn_is_done_before_the_note_of_it_is_dropped(media):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = _file(_scene(), "JPEG", exif=exif, quality=95)

    smaller = await media.fit(data, len(data) // 2)

    assert _decode(smaller).size == (240, 320)
    assert 0x0112 not in _decode(smaller).getexif()


async def test_picture_too_wide_for_webp_is_scaled(media):
    data = _file(Image.new("L", (17_000, 40), 99), "PNG", compress_level=0)

    smaller = await media.fit(data, len(data) // 2)

    assert _decode(smaller).size[0] <= 16_383


async def test_limit_no_picture_can_keep_is_refused(media):
    with pytest.raises(PictureTooLarge) as caught:
        await media.fit(_file(_noise(), "PNG"), 20)

    assert caught.value.limit_bytes == 20


@pytest.mark.parametrize("kind", MARKABLE)
async def test_signed_file_is_never_rewritten(media, kind):
    data = _signed(kind)

    assert await media.tag(data) is data
    assert await media.fit(data, len(data)) is data
    with pytest.raises(PictureTooLarge) as caught:
        await media.fit(data, len(data) - 1)
    assert (caught.value.size_bytes, caught.value.limit_bytes) == (len(data), len(data) - 1)
    assert await media.check(data)


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("JPEG", "RGB", {}),
        ("JPEG", "L", {"progressive": True}),
        ("WEBP", "RGB", {}),
        ("WEBP", "RGBA", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGB", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}),
    ],
)
async def test_mark_is_readable_and_keeps_every_pixel(media, kind, mode, options):
    data = _file(_noise(63, 47, mode), kind, **options)

    marked = await media.tag(data)

    before, after = _decode(data), _decode(marked)
    assert f'DigitalSourceType="{SOURCE_TYPE}"' in _xmp(marked)
    assert (after.mode, after.size, after.tobytes()) == (before.mode, before.size, before.tobytes())
    assert await media.check(marked)
    assert await media.tag(marked) is marked


@pytest.mark.parametrize(("mode", "flags"), [("RGB", 0x04), ("RGBA", 0x14)])
async def test_header_that_a_plain_webp_gets_tells_whether_it_is_transparent(media, mode, flags):
    data = _file(_noise(63, 47, mode), "WEBP", lossless=True)

    marked = await media.tag(data)

    assert data[12:16] == b"VP8L"
    assert (marked[12:16], marked[20]) == (b"VP8X", flags)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
async def test_mark_joins_what_the_file_says_already(media, kind):
    marked = await media.tag(_file(_noise(), kind, xmp=OTHER))

    assert 'dc:title="fox"' in _xmp(marked)
    assert SOURCE_TYPE in _xmp(marked)


@pytest.mark.parametrize("is_packed", [False, True])
async def test_mark_joins_the_text_of_a_png(media, is_packed):
    data = _file(_noise(), "PNG")
    text = zlib.compress(OTHER) if is_packed else OTHER
    body = b"XML:com.adobe.xmp\0" + bytes([is_packed, 0]) + b"\0\0" + text

    marked = await media.tag(data[:33] + png_chunk(b"iTXt", body) + data[33:])

    assert 'dc:title="fox"' in _xmp(marked)
    assert SOURCE_TYPE in _xmp(marked)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
async def test_file_that_states_another_source_keeps_it(media, kind):
    stated = SOURCE_TYPE.replace("trainedAlgorithmicMedia", "algorithmicMedia").encode()
    data = _file(_noise(), kind, xmp=OTHER.replace(b"fox", stated))

    assert await media.tag(data) is data


async def test_jpeg_keeps_its_first_headers_first_and_its_fill_bytes(media):
    data = _file(_noise(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    filled = data[:2] + b"\xff\xff" + data[2:]

    marked = await media.tag(filled)

    assert marked.startswith(filled[:30])
    assert marked.index(b"Exif") < marked.index(b"ns.adobe.com")
    assert SOURCE_TYPE in _xmp(marked)


async def test_jpeg_without_room_for_the_mark_stays_as_it_is(media):
    full = b"<x>" + b" " * 65_400 + b"</rdf:RDF></x>"
    data = _file(_noise(), "JPEG", xmp=full)

    assert await media.tag(data) is data


async def test_gif_is_left_unmarked(media):
    data = _file(_noise(), "GIF")

    assert await media.tag(data) is data
