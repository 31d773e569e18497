"""The mark that says a model made it, and the signed files that are never touched."""

import zlib

import pytest

from bot.errors import PictureTooLarge
from bot.media._containers import png_chunk
from bot.media._provenance import SOURCE_TYPE
from tests.unit.media.files import MARKABLE, OTHER, decode, file, noise, signed, xmp_of


@pytest.mark.parametrize("kind", MARKABLE)
async def test_signed_file_is_never_rewritten(media, kind):
    data = signed(kind)

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
    data = file(noise(63, 47, mode), kind, **options)

    marked = await media.tag(data)

    before, after = decode(data), decode(marked)
    assert f'DigitalSourceType="{SOURCE_TYPE}"' in xmp_of(marked)
    assert (after.mode, after.size, after.tobytes()) == (before.mode, before.size, before.tobytes())
    assert await media.check(marked)
    assert await media.tag(marked) is marked


@pytest.mark.parametrize(("mode", "flags"), [("RGB", 0x04), ("RGBA", 0x14)])
async def test_header_that_a_plain_webp_gets_tells_whether_it_is_transparent(media, mode, flags):
    data = file(noise(63, 47, mode), "WEBP", lossless=True)

    marked = await media.tag(data)

    assert data[12:16] == b"VP8L"
    assert (marked[12:16], marked[20]) == (b"VP8X", flags)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
async def test_mark_joins_what_the_file_says_already(media, kind):
    marked = await media.tag(file(noise(), kind, xmp=OTHER))

    assert 'dc:title="fox"' in xmp_of(marked)
    assert SOURCE_TYPE in xmp_of(marked)


@pytest.mark.parametrize("is_packed", [False, True])
async def test_mark_joins_the_text_of_a_png(media, is_packed):
    data = file(noise(), "PNG")
    text = zlib.compress(OTHER) if is_packed else OTHER
    body = b"XML:com.adobe.xmp\0" + bytes([is_packed, 0]) + b"\0\0" + text

    marked = await media.tag(data[:33] + png_chunk(b"iTXt", body) + data[33:])

    assert 'dc:title="fox"' in xmp_of(marked)
    assert SOURCE_TYPE in xmp_of(marked)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
async def test_file_that_states_another_source_keeps_it(media, kind):
    stated = SOURCE_TYPE.replace("trainedAlgorithmicMedia", "algorithmicMedia").encode()
    data = file(noise(), kind, xmp=OTHER.replace(b"fox", stated))

    assert await media.tag(data) is data


async def test_jpeg_keeps_its_first_headers_first_and_its_fill_bytes(media):
    data = file(noise(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    filled = data[:2] + b"\xff\xff" + data[2:]

    marked = await media.tag(filled)

    assert marked.startswith(filled[:30])
    assert marked.index(b"Exif") < marked.index(b"ns.adobe.com")
    assert SOURCE_TYPE in xmp_of(marked)


async def test_jpeg_without_room_for_the_mark_stays_as_it_is(media):
    full = b"<x>" + b" " * 65_400 + b"</rdf:RDF></x>"
    data = file(noise(), "JPEG", xmp=full)

    assert await media.tag(data) is data


async def test_gif_is_left_unmarked(media):
    data = file(noise(), "GIF")

    assert await media.tag(data) is data
