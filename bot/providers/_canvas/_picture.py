"""Pictures as files: what comes in, and PNGs that say where they come from."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot.errors import ProviderRejected
from bot.providers._canvas._surface import sized, swapped

# IPTC's words for how a picture came to be.
DRAWN = "algorithmicMedia"
ALTERED = "algorithmicallyEnhanced"
ALTERED_AI = "compositeWithTrainedAlgorithmicMedia"

# How a file says that a trained model made it, in XMP as in a signed manifest: both IPTC words
# for it, `trainedAlgorithmicMedia` and the one for composites, end in this.
_MADE_BY_AI = b"rainedAlgorithmicMedia"
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about=""'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    " Iptc4xmpExt:DigitalSourceType="
    '"http://cv.iptc.org/newscodes/digitalsourcetype/%s"/>'
    "</rdf:RDF></x:xmpmeta>"
)


@dataclass(frozen=True)
class Picture:
    """A picture to work from: RGB, its transparency (L) if it has any, and what it will be."""

    colours: Image.Image
    alpha: Image.Image | None
    origin: str

    def on_white(self) -> Image.Image:
        """Show it as people see it, RGB."""
        if self.alpha is None:
            return self.colours
        ground = Image.new("RGB", self.colours.size, "white")
        ground.paste(self.colours, (0, 0), self.alpha)
        return ground

    def file_of(self, image: Image.Image) -> bytes:
        """Write what was made of it as PNG."""
        return png(image, self.origin)


def opened(data: bytes) -> Picture:
    """Decode a PNG, JPEG or WebP.

    Raises:
        ProviderRejected: it cannot be decoded.
    """
    pixels = _decoded(data, "RGBA")
    alpha = pixels.getchannel("A")
    is_clear = alpha.getextrema() != (255, 255)
    origin = ALTERED_AI if _MADE_BY_AI in data else ALTERED
    return Picture(pixels.convert("RGB"), alpha if is_clear else None, origin)


def opened_mask(data: bytes, size: tuple[int, int]) -> Image.Image:
    """Decode a mask to pure black and white (L) of this size.

    Raises:
        ProviderRejected: it cannot be decoded.
    """
    mask = _decoded(data, "L")
    if mask.size != size:
        mask = sized(mask, size, Image.Resampling.BILINEAR)
    return swapped(mask, [0] * 128 + [255] * 128)


def _decoded(data: bytes, mode: str) -> Image.Image:
    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            return image.convert(mode)
    except (OSError, SyntaxError, ValueError) as error:
        raise ProviderRejected("the picture cannot be read") from error


def png(image: Image.Image, origin: str) -> bytes:
    """Write a PNG that says where it comes from."""
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", _XMP % origin)
    file = BytesIO()
    # Tighter would save a tenth of the bytes and take a third of the time that painting takes.
    image.save(file, "PNG", compress_level=1, pnginfo=info)
    return file.getvalue()
