"""Takes pictures from people: refuses what is none, and keeps nothing but what can be seen."""

from PIL import Image, ImageChops, ImageStat

from bot.errors import BadPicture
from bot.media._check import mime_of, opened
from bot.media._pixels import encoded, plain, sized, thresholded
from bot.media._sizes import INTAKE_PIXELS, shrunk_size

_SHORTEST_SIDE = 64
_STEEPEST_RATIO = 4
_SHAPE_TOLERANCE = 0.03
_COLOUR_TOLERANCE = 16
"""How far the bytes of one and the same colour may lie apart, for soft brushes and JPEGs."""


def take_in(data: bytes) -> bytes:
    """Make an upright sRGB JPEG of a JPEG, a PNG of anything else: 4 megapixels, no metadata.

    Raises:
        BadPicture: another type, damaged, or too large, small or long.
    """
    picture = _normal(data)
    if picture.mode == "L":
        picture = picture.convert("RGB")
    return encoded(picture, "JPEG" if mime_of(data) == "image/jpeg" else "PNG")


def take_mask(data: bytes, *, width: int, height: int) -> bytes:
    """Make a black and white PNG of a picture's size: white is what shall be painted anew.

    In a drawing of one colour that is what is transparent, in any other what is light.

    Raises:
        BadPicture: no picture that `take_in` takes, of another shape, or all black.
    """
    drawing = _normal(data)
    stretch = (drawing.width / drawing.height) / (width / height)
    if abs(stretch - 1) > _SHAPE_TOLERANCE:
        raise BadPicture("the mask has another shape than the picture")
    grey = sized(_light(drawing), (width, height), resample=Image.Resampling.BILINEAR)
    mask = thresholded(grey)
    if mask.getbbox() is None:
        raise BadPicture("nothing in the mask is white, so there is nothing to paint anew")
    return encoded(mask, "PNG")


def _normal(data: bytes) -> Image.Image:
    with opened(data) as image:
        _require_shape(*image.size)
        return plain(image, shrunk_size(*image.size, INTAKE_PIXELS, step=1))


def _require_shape(width: int, height: int) -> None:
    shorter, longer = sorted((width, height))
    if shorter < _SHORTEST_SIDE:
        raise BadPicture(f"a side is shorter than {_SHORTEST_SIDE} pixels")
    if longer > shorter * _STEEPEST_RATIO:
        raise BadPicture(f"one side is more than {_STEEPEST_RATIO} times as long as the other")


def _light(drawing: Image.Image) -> Image.Image:
    if drawing.mode != "RGBA":
        return drawing.convert("L")
    alpha = drawing.getchannel("A")
    seen = ImageStat.Stat(drawing.convert("RGB"), thresholded(alpha)).extrema
    if all(high - low <= _COLOUR_TOLERANCE for low, high in seen):
        return ImageChops.invert(alpha)
    # Where nothing was drawn, nothing was marked.
    ground = Image.new("RGBA", drawing.size, "black")
    return Image.alpha_composite(ground, drawing).convert("L")
