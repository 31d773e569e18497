"""Finds the sky of a picture, by colour and place alone."""

from PIL import Image, ImageChops, ImageFilter

from bot.providers._canvas._dots import apart, pieces, small_copy
from bot.providers._canvas._surface import cut, means, sized

_STEP = 7
_STEP_LIGHT = 16
"""How much the sky may change from dot to dot, in 1/255 of a channel: more where it is light."""
_ALIKE = 58
"""How far from its usual colour at this height the sky may be, in 1/255 of a channel."""
_REACH = 0.2
"""Half of how wide something before the sky may be, as a share of the picture's width."""
_LARGEST = 0.06
"""How much of the picture something that floats in the sky may be."""
_ENDS = (0.58, 0.68)
"""Where the sky fades out at the latest, as shares of the height: water may look just like it."""


def sky(picture: Image.Image) -> Image.Image:
    """Find what is above everything: a mask with soft edges, perhaps all black.

    It reaches down from the upper edge as far as colours change only slowly, and goes on behind
    what is small. What floats in it, like the sun, is part of it.
    """
    small = small_copy(picture)
    columns = small.transpose(Image.Transpose.TRANSPOSE)
    dots, length = columns.tobytes(), small.height
    heights = [
        _clear_height(dots[3 * at : 3 * (at + length)], length)
        for at in range(0, length * small.width, length)
    ]
    mask = ImageChops.lighter(_bars(heights, length), _behind(small, heights))
    mask = _with_floating(mask.filter(ImageFilter.MedianFilter(5)))
    mask = mask.filter(ImageFilter.GaussianBlur(0.8))
    end, begin = (length * share for share in _ENDS)
    fade = bytes(round(255 * min(1, max(0, (begin - y) / (begin - end)))) for y in range(length))
    fading = sized(Image.frombytes("L", (1, length), fade), mask.size)
    return sized(ImageChops.multiply(mask, fading), picture.size)


def _clear_height(dots: bytes, length: int) -> int:
    """Count the dots of a column until something else than sky begins."""
    red, green, blue = (float(value) for value in dots[:3])
    for at in range(length):
        r, g, b = dots[3 * at : 3 * at + 3]
        step = _STEP + max(r, g, b) // _STEP_LIGHT
        if max(abs(r - red), abs(g - green), abs(b - blue)) > step:
            return at
        red, green, blue = (red + (r - red) / 4, green + (g - green) / 4, blue + (b - blue) / 4)
    return length


def _bars(heights: list[int], length: int) -> Image.Image:
    bars = b"".join(b"\xff" * height + b"\0" * (length - height) for height in heights)
    upright = Image.frombytes("L", (length, len(heights)), bars)
    return upright.transpose(Image.Transpose.TRANSPOSE)


def _behind(small: Image.Image, heights: list[int]) -> Image.Image:
    """Find what is like the sky left and right of it, where something narrow cuts into the sky."""
    length, reach = small.height, round(small.width * _REACH)
    highest = [max(heights[max(0, at - reach) : at + reach + 1]) for at in range(len(heights))]
    closed = [min(highest[max(0, at - reach) : at + reach + 1]) for at in range(len(heights))]
    clear = _bars(heights, length)
    # Bring the clear part of each row together: there is no mean under a mask in Pillow.
    blurs = [
        means(each, (1, length)).tobytes()
        for each in (Image.composite(small, Image.new("RGB", small.size), clear), clear)
    ]
    rows = bytes(
        min(255, blurs[0][3 * y + band] * 255 // max(1, blurs[1][y]))
        for y in range(length)
        for band in range(3)
    )
    usual = sized(Image.frombytes("RGB", (1, length), rows), small.size)
    alike = cut(apart(small, usual), _ALIKE + 1, _ALIKE)
    return ImageChops.multiply(alike, _bars(closed, length))


def _with_floating(mask: Image.Image) -> Image.Image:
    """Take in every small piece that does not reach down to the lower edge."""
    flags = bytearray(mask.tobytes())
    lowest = len(flags) - mask.width
    for piece in list(pieces(flags, mask.width, 0)):
        if max(piece) < lowest and len(piece) < _LARGEST * len(flags):
            for at in piece:
                flags[at] = 255
    return Image.frombytes("L", mask.size, bytes(flags))
