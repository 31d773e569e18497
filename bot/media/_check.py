"""Decides whether bytes are a picture that is safe to decode, before and while decoding them."""

import io
import struct
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from bot.errors import BadPicture
from bot.media._containers import gif_frames, webp_size

MAX_BYTES = 30 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_FRAMES = 300
_TOO_MANY_PIXELS = f"more than {MAX_PIXELS // 1_000_000} million pixels"
_DAMAGED = "damaged or cut off"
_SIGNATURES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
_PNG_END = b"IEND\xaeB`\x82"
# What Pillow's decoders raise on damaged files: no common class, and not only OSError.
_DECODER_ERRORS = (
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class PictureFacts:
    """What a file was found to be; only its first frame is ever used."""

    mime: str
    width: int
    height: int
    size_bytes: int
    frames: int


def mime_of(data: bytes) -> str:
    """Name the type by the first bytes.

    Raises:
        BadPicture: not one of our types.
    """
    for mime, signature in _SIGNATURES.items():
        if data.startswith(signature) and (mime != "image/webp" or data[8:12] == b"WEBP"):
            return mime
    raise BadPicture("not a PNG, JPEG, WebP or GIF file")


def check(data: bytes) -> PictureFacts:
    """Decode the first frame of a PNG, JPEG, WebP or GIF of bounded size.

    Raises:
        BadPicture: another type, damaged, cut off, or too large in bytes, pixels or frames.
    """
    with opened(data) as image:
        frames = _frames(image, data)
        if frames > MAX_FRAMES:
            raise BadPicture(f"more than {MAX_FRAMES} frames")
        image.load()
        return PictureFacts(mime_of(data), *image.size, size_bytes=len(data), frames=frames)


@contextmanager
def opened(data: bytes) -> Generator[Image.Image]:
    """Open a picture without decoding it, its size in bounds; translate damage found inside.

    Raises:
        BadPicture: another type, damaged, or too large in bytes or pixels.
    """
    mime = mime_of(data)
    if len(data) > MAX_BYTES:
        raise BadPicture(f"more than {MAX_BYTES >> 20} MB")
    if mime == "image/png" and _PNG_END not in data:
        # Pillow takes a PNG whose last chunks are missing when every pixel is there.
        raise BadPicture(_DAMAGED)
    try:
        if mime == "image/webp":
            # Pillow's decoder takes memory for the whole canvas as soon as it opens the file.
            _require_pixels(webp_size(data))
        kind = mime.removeprefix("image/")
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            _require_pixels(image.size)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(_TOO_MANY_PIXELS) from None
    except _DECODER_ERRORS as error:
        raise BadPicture(_DAMAGED) from error


def _require_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise BadPicture(_TOO_MANY_PIXELS)


def _frames(image: Image.Image, data: bytes) -> int:
    if image.format == "GIF":
        return gif_frames(data, enough=MAX_FRAMES + 1)
    if image.format in {"PNG", "WEBP"}:
        return getattr(image, "n_frames", 1)
    return 1
