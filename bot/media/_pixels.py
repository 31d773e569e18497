"""Turns a picture's pixels into what every program reads alike: 8 bits, upright, sRGB.

Nothing of the metadata outlives it.
"""

import io
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol, cast

from PIL import ExifTags, Image, ImageCms

# What Pillow's decoders raise on damaged files: no common class, and not only OSError.
DECODER_ERRORS = (
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
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE = 5  # this turn and the later ones swap width and height
_WITH_ALPHA = {"LA": "L", "RGBA": "RGB"}
_cms: Any = ImageCms  # Pillow's own annotations of profiles cannot be resolved
_OPTIONS: dict[str, dict[str, Any]] = {
    "PNG": {"compress_level": 1},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
}


class _Sheet(Protocol):
    """Two methods of an image as we use them: Pillow's own annotations name numpy."""

    def resize(
        self, size: tuple[int, int], resample: int, box: tuple[int, int, int, int] | None
    ) -> Image.Image: ...

    def point(self, lut: Sequence[int]) -> Image.Image: ...


def sized(
    image: Image.Image,
    size: tuple[int, int],
    *,
    resample: Image.Resampling = Image.Resampling.LANCZOS,
    box: tuple[int, int, int, int] | None = None,
) -> Image.Image:
    """Stretch a picture, or a box of it, to a size; the same object when it has it."""
    if image.size == size and box is None:
        return image
    return cast("_Sheet", image).resize(size, resample, box)


def thresholded(grey: Image.Image) -> Image.Image:
    """Make the lighter half of grey white and the rest black."""
    return cast("_Sheet", grey).point([0] * 128 + [255] * 128)


def plain(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Decode an opened picture's first frame: upright sRGB as L, RGB or RGBA, without metadata.

    `size` is as the file has it, before the turn. L is for grey without transparency, RGBA for a
    picture that really is transparent somewhere.
    """
    # A JPEG much too large is decoded smaller at once, which saves most of its memory.
    image.draft(None, size)
    image.load()
    pixels = eight_bits(image)
    pixels = sized(pixels, size)
    turn = _turn(image)
    if turn in _TURNS:
        pixels = pixels.transpose(_TURNS[turn])
    pixels = _in_srgb(pixels, image.info.get("icc_profile"))
    # Pillow's writers take a profile or a comment from here unasked.
    pixels.info = {}
    return pixels


def eight_bits(image: Image.Image) -> Image.Image:
    """Give a decoded picture as L, LA, RGB, RGBA or CMYK; the same object when it is one."""
    if image.mode == "I;16":
        # Pillow's own conversion makes all but the darkest of 16 bits white.
        return Image.frombytes("L", image.size, image.tobytes()[1::2])
    if image.has_transparency_data:
        return image if image.mode in _WITH_ALPHA else image.convert("RGBA")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def upright(image: Image.Image) -> Image.Image:
    """Turn a decoded picture as its camera noted; the same object when there is nothing to do."""
    turn = _turn(image)
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image


def upright_size(image: Image.Image, size: tuple[int, int]) -> tuple[int, int]:
    """Tell how wide and high people see a decoded picture that has this size in its file."""
    width, height = size
    return (height, width) if _turn(image) >= _ON_ITS_SIDE else (width, height)


def encoded(pixels: Image.Image, kind: str) -> bytes:
    """Write a PNG (fast rather than small), a JPEG or a WebP (hardly any loss)."""
    file = io.BytesIO()
    pixels.save(file, kind, **_OPTIONS[kind])
    return file.getvalue()


def _turn(image: Image.Image) -> int:
    try:
        turn = image.getexif().get(ExifTags.Base.Orientation)
    except DECODER_ERRORS:
        # A note that cannot be read is no reason to refuse the picture.
        return 0
    return turn if turn in _TURNS else 0


def _in_srgb(pixels: Image.Image, profile: bytes | None) -> Image.Image:
    if profile is None and pixels.mode == "L":
        return pixels.copy()
    alpha = pixels.getchannel("A") if pixels.mode in _WITH_ALPHA else None
    colours = pixels.convert(_WITH_ALPHA.get(pixels.mode, pixels.mode))
    colours = _without_profile(colours, profile) if profile else colours
    colours = colours.convert("RGB")
    if alpha and alpha.getextrema() != (255, 255):
        colours.putalpha(alpha)
    return colours


def _without_profile(colours: Image.Image, profile: bytes) -> Image.Image:
    """Translate L, RGB or CMYK to sRGB; a profile that is broken or of another kind is ignored."""
    if colours.mode == "L" and profile[16:20] == b"RGB ":
        colours = colours.convert("RGB")
    with suppress(OSError, ImageCms.PyCMSError):
        source, srgb = _cms.ImageCmsProfile(io.BytesIO(profile)), _cms.createProfile("sRGB")
        return _cms.profileToProfile(colours, source, srgb, outputMode="RGB")
    return colours
