"""Makes a picture small enough for a model that takes only so many pixels."""

from bot.media._check import mime_of, opened
from bot.media._pixels import encoded, plain
from bot.media._sizes import shrunk_size

_KINDS = {"image/jpeg": "JPEG", "image/webp": "WEBP"}


def shrink(data: bytes, max_pixels: int) -> bytes:
    """Give the same bytes when they are few enough pixels, else a picture of `shrunk_size`.

    It stays a JPEG, a WebP or a PNG (as which a GIF comes back), and grey stays grey.

    Raises:
        BadPicture: damaged or too large to decode.
    """
    with opened(data) as image:
        size = shrunk_size(*image.size, max_pixels)
        if size == image.size:
            return data
        return encoded(plain(image, size), _KINDS.get(mime_of(data), "PNG"))
