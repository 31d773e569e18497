"""Enlarges a picture: no detail is found that was not there, but edges stay crisp."""

from PIL import Image, ImageChops, ImageFilter

from bot.errors import ProviderRejected
from bot.providers._canvas._dice import Dice
from bot.providers._canvas._picture import opened
from bot.providers._canvas._surface import Surface, curved, sized

LARGEST_PIXELS = 16_800_000
"""4096 × 4096, whichever way they lie."""


def upscale(*, image: bytes, scale: float, creativity: float) -> bytes:
    """Enlarge by `scale` (1-4) and give it as PNG; creativity (0-1) adds fine grain and relief.

    Raises:
        ProviderRejected: it would be larger than 16.8 million pixels, or it is unreadable.
    """
    picture = opened(image)
    width, height = (round(side * scale) for side in picture.colours.size)
    if width * height > LARGEST_PIXELS:
        raise ProviderRejected(f"it would be {width} × {height} pixels, which is too large")
    enlarged = sized(picture.colours, (width, height), Image.Resampling.LANCZOS)
    enlarged = enlarged.filter(ImageFilter.UnsharpMask(radius=scale * 0.8, percent=55, threshold=2))
    if creativity:
        enlarged = _livelier(enlarged, creativity)
    if picture.alpha:
        enlarged.putalpha(sized(picture.alpha, (width, height), Image.Resampling.LANCZOS))
    return picture.file_of(enlarged)


def _livelier(image: Image.Image, creativity: float) -> Image.Image:
    """Deepen what relief there is and lay grain over it, most in the middle tones."""
    surface = Surface(*image.size, Dice.thrown("upscale", f"{image.size}"))
    grey = image.convert("L")
    relief = ImageChops.subtract(grey, grey.filter(ImageFilter.GaussianBlur(3)), 1.0, 128)
    surface.image = image
    surface.shade(curved(relief, lambda v: 128 + (v - 128) * 4), 0.5 * creativity)
    side = 256
    tile = Image.frombytes("L", (side, side), surface.dice.randbytes(side * side))
    grain = Image.new("L", image.size)
    for top in range(0, image.height, side):
        for left in range(0, image.width, side):
            grain.paste(tile, (left, top))
    surface.shade(grain.filter(ImageFilter.BoxBlur(0.6)), 0.16 * creativity)
    return surface.image
