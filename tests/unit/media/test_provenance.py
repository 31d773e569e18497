"""The mark that says a model made it, and the signed files that are never touched."""

import zlib

import pytest

from bot.errors import PictureTooLarge
from bot.media._containers import png_chunk
from bot.media._provenance import SOURCE_TYPE
from tests.unit.media.files import (
    FORMATS,
    MARKABLE,
    OTHER,
    decode,
    file,
    noise,
    scene,
    signed,
    xmp_of,
)


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


async def test_gif_is_marked_once_and_keeps_its_frames_and_how_often_they_are_shown(media):
    frames = [noise(32, 32).rotate(90 * turn).convert("P") for turn in range(3)]
    data = file(frames[0], "GIF", save_all=True, append_images=frames[1:], loop=3, duration=70)

    marked = await media.tag(data)

    before, after = decode(data), decode(marked)
    assert marked.count(SOURCE_TYPE.encode()) == 1
    assert (after.n_frames, after.info["loop"], after.info["duration"]) == (3, 3, 70)
    assert [_frame(after, number) for number in range(3)] == [
        _frame(before, number) for number in range(3)
    ]
    assert await media.check(marked)
    assert await media.tag(marked) is marked


async def test_old_gif_becomes_one_that_knows_extensions(media):
    data = file(noise(), "GIF")
    assert data.startswith(b"GIF87a")

    marked = await media.tag(data)

    assert marked.startswith(b"GIF89a")
    assert decode(marked).tobytes() == decode(data).tobytes()


async def test_signed_gif_is_never_rewritten(media):
    data = file(noise(), "GIF")
    signed_gif = data[:-1] + b"\x21\xff\x0bC2PA_GIF1.0\x04jumb\0;"

    assert await media.tag(signed_gif) is signed_gif
    with pytest.raises(PictureTooLarge):
        await media.fit(signed_gif, len(signed_gif) - 1)


@pytest.mark.parametrize("kind", FORMATS)
async def test_every_copy_of_a_marked_picture_says_what_the_picture_says(media, kind):
    marked = await media.tag(file(scene(640, 480), kind))

    framed = (await media.frame(marked, "zoom_out")).image
    taken_in = await media.take_in(marked)
    copies = {
        "shrunk": await media.shrink(marked, 100_000),
        "framed": framed,
        "taken in": await media.read(taken_in.sha256),
        "fitted": await media.fit(marked, 8_000),
        "shrunk of framed": await media.shrink(framed, 100_000),
    }

    assert [name for name, copy in copies.items() if SOURCE_TYPE not in xmp_of(copy)] == []


async def test_no_copy_of_an_unmarked_picture_says_that_a_model_made_it(media):
    plain = file(scene(640, 480), "PNG")

    framed = await media.frame(plain, "zoom_out")
    taken_in = await media.take_in(plain)
    copies = [framed.image, await media.shrink(plain, 100_000), await media.read(taken_in.sha256)]

    assert not any(b"lgorithmicMedia" in copy for copy in copies)


def _frame(image, number):
    image.seek(number)
    return image.convert("RGB").tobytes()
