"""Makes a picture small enough to be sent, giving up as little of it as possible."""

import io
from collections.abc import Iterator

from PIL import Image, ImageOps

from bot.errors import PictureTooLarge
from bot.media._check import mime_of, opened
from bot.media._pixels import eight_bits, upright
from bot.media._provenance import has_manifest, like

Options = dict[str, bytes]
_LOSSLESS = {"image/png", "image/gif"}
_LOSSLESS_GAIN = 0.5
"""Lossless WebP hardly ever gets below this share of a PNG: below it, do not try."""
_QUALITIES = (92, 84, 74)
_SCALED_QUALITY = 80
_SCALE = 0.75
_LONGEST_SIDE = 16_383  # WebP's own limit
_SHORTEST_SIDE = 16


def fit(data: bytes, limit_bytes: int) -> bytes:
    """Give the same bytes when they fit, else a WebP that does: lossless, lossy, then smaller.

    Colour profile and XMP are kept; of an animation only the first frame is.

    Raises:
        PictureTooLarge: the file is signed with a C2PA manifest, or no picture is that small.
        BadPicture: it does not fit and cannot be decoded.
    """
    if len(data) <= limit_bytes:
        return data
    if not has_manifest(data):
        for smaller in _smaller(data, limit_bytes):
            # Not every container hands its XMP over.
            marked = like(data, smaller)
            if len(marked) <= limit_bytes:
                return marked
    raise PictureTooLarge(size_bytes=len(data), limit_bytes=limit_bytes)


def _smaller(data: bytes, limit_bytes: int) -> Iterator[bytes]:
    picture, kept = _decoded(data)
    if max(picture.size) <= _LONGEST_SIDE:
        if mime_of(data) in _LOSSLESS and limit_bytes >= len(data) * _LOSSLESS_GAIN:
            yield _webp(picture, kept, lossless=True, quality=60, method=3)
        for quality in _QUALITIES:
            yield _webp(picture, kept, quality=quality)
    while min(picture.size) > _SHORTEST_SIDE:
        longest = min(_LONGEST_SIDE, round(max(picture.size) * _SCALE))
        picture = ImageOps.contain(picture, (longest, longest))
        yield _webp(picture, kept, quality=_SCALED_QUALITY)


def _decoded(data: bytes) -> tuple[Image.Image, Options]:
    """Decode the first frame, upright, and what of its metadata is worth keeping."""
    with opened(data) as image:
        image.load()
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
        profile = image.info.get("icc_profile")
        pixels = eight_bits(upright(image))
        picture = pixels.convert("RGBA" if pixels.has_transparency_data else "RGB")
    kept = {"xmp": xmp.encode() if isinstance(xmp, str) else xmp}
    # A profile for grey or CMYK does not describe what the picture was converted to.
    if pixels.mode in {"RGB", "RGBA"}:
        kept["icc_profile"] = profile
    return picture, {name: value for name, value in kept.items() if value}


def _webp(picture: Image.Image, kept: Options, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "WEBP", **kept, **options)
    return file.getvalue()
