"""Takes the ground away from behind what stands before it."""

from bot.providers._canvas._picture import opened
from bot.providers._canvas._subject import subject


def cutout(*, image: bytes) -> bytes:
    """Make the ground of a picture transparent and give it as an RGBA PNG.

    A picture in which nothing stands out from its ground stays as it is.

    Raises:
        ProviderRejected: the picture cannot be decoded.
    """
    picture = opened(image)
    shown, found = picture.on_white(), None
    if picture.alpha is None:
        found = subject(shown)
    result = picture.colours.copy()
    result.putalpha(picture.alpha or found or 255)
    return picture.file_of(result)
