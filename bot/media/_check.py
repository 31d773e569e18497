"""Decides whether bytes are a picture that is safe to decode, before and while decoding them."""

import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageStat

from bot.errors import BadPicture
from bot.media._containers import gif_frames, webp_size
from bot.media._pixels import DECODER_ERRORS, eight_bits, upright_size

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
_BLACK = 2
"""What a byte of a colour may be at most in a black picture that was sent as a JPEG."""
_MAX_READS = 200_000
"""A PNG of 30 MB in chunks of 1 KB, far smaller than usual, takes 120 000."""
_PNG_END = b"IEND\xaeB`\x82"


@dataclass(frozen=True)
class PictureFacts:
    """What a file was found to be; only its first frame is ever used.

    Width and height are those of the picture turned upright. Providers send a black picture in
    place of one that their safety filter withheld.
    """

    mime: str
    width: int
    height: int
    size_bytes: int
    frames: int
    is_black: bool


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
        image.load()
        width, height = upright_size(image, image.size)
        return PictureFacts(
            mime=mime_of(data),
            width=width,
            height=height,
            size_bytes=len(data),
            frames=frames,
            is_black=_is_black(image),
        )


@contextmanager
def opened(data: bytes) -> Generator[Image.Image]:
    """Open a picture without decoding it, its size in bounds; translate damage found inside.

    Raises:
        BadPicture: another type, damaged, or too large in bytes, pixels or frames.
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
        with Image.open(_Rationed(data), formats=[kind]) as image:
            _require_pixels(image.size)
            if _frames(image, data) > MAX_FRAMES:
                raise BadPicture(f"more than {MAX_FRAMES} frames")
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(_TOO_MANY_PIXELS) from None
    except DECODER_ERRORS as error:
        raise BadPicture(_DAMAGED) from error


class _Rationed(io.BytesIO):
    """A file that can be read only so often.

    Pillow walks chunks, segments and comments one by one in Python and keeps them: 28 MB of
    empty ones took 9 s and 900 MB.
    """

    _reads_left = _MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads_left -= 1
        if self._reads_left < 0:
            raise OSError("built of too many pieces")
        return super().read(size)


def _require_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise BadPicture(_TOO_MANY_PIXELS)


def _frames(image: Image.Image, data: bytes) -> int:
    if image.format == "GIF":
        return gif_frames(data, enough=MAX_FRAMES + 1)
    if image.format in {"PNG", "WEBP"}:
        return getattr(image, "n_frames", 1)
    return 1


def _is_black(image: Image.Image) -> bool:
    """Tell whether every pixel is black and can be seen; what is for print (CMYK) never is."""
    pixels = eight_bits(image)
    extremes = ImageStat.Stat(pixels).extrema
    if pixels.mode == "CMYK":
        return False
    if pixels.mode in {"LA", "RGBA"} and extremes.pop() != (255, 255):
        return False
    return all(brightest <= _BLACK for _, brightest in extremes)
