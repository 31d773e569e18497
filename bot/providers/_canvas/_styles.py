"""Changes how a picture is made: its colours, its light, and what it looks painted with."""

from collections.abc import Callable

from PIL import Image, ImageChops, ImageFilter, ImageOps

from bot.providers._canvas import _finish
from bot.providers._canvas._palette import COLOURS, INK, WHITE, Colour, Palette, mix, turn
from bot.providers._canvas._surface import Surface, curved, cut, sized, toned

Style = Callable[[Surface, Palette], None]

_PAPER: Colour = (250, 247, 238)


def tint(image: Image.Image, names: tuple[str, ...], share: float) -> Image.Image:
    """Paint a picture in one colour, or dark parts in one and light parts in another."""
    first, last = COLOURS[names[0]], COLOURS[names[-1]]
    dark = mix(turn(first, value=0.4), INK, 0.35)
    light = mix(last, WHITE, 0.72)
    middle = mix(first, last, 0.5)
    grey = ImageOps.autocontrast(image.convert("L"), cutoff=1)
    return Image.blend(image, ImageOps.colorize(grey, dark, light, middle), share)


def _grade(
    *,
    exposure: float = 1.0,
    contrast: float = 1.0,
    richness: float = 1.0,
    filter_colour: Colour = WHITE,
) -> Style:
    """Make a style that changes all colours alike."""

    def paint(surface: Surface, _palette: Palette) -> None:
        grey = surface.image.convert("L").convert("RGB")
        image = Image.blend(grey, surface.image, richness)
        image = curved(image, lambda v: 128 + (v * exposure - 128) * contrast)
        tone = Image.new("RGB", image.size, filter_colour)
        surface.image = ImageChops.multiply(image, tone)

    return paint


def _grey(surface: Surface, _palette: Palette) -> None:
    grey = ImageOps.autocontrast(surface.image.convert("L"), cutoff=0.5)
    surface.image = grey.convert("RGB")


def _sepia(surface: Surface, _palette: Palette) -> None:
    grey = ImageOps.autocontrast(surface.image.convert("L"), cutoff=0.5)
    surface.image = toned(grey, (44, 28, 18), (250, 232, 200))


def _vintage(surface: Surface, palette: Palette) -> None:
    _grade(richness=0.62, contrast=0.86, filter_colour=(255, 238, 206))(surface, palette)
    surface.image = curved(surface.image, lambda v: 22 + v * 0.9)
    _finish.vignette(surface, palette, 0.6)


def _sketch(surface: Surface, _palette: Palette) -> None:
    """Draw with a pencil: lines where grey changes, shading where it is dark."""
    grey = ImageOps.autocontrast(surface.image.convert("L"), cutoff=1)
    soft = grey.filter(ImageFilter.GaussianBlur(max(1.5, surface.unit * 4)))
    line = cut(ImageChops.subtract(soft, grey, 1.0, 0), 2, 34)
    tooth = surface.noise(surface.dice.child("tooth"), cells=160, octaves=2)
    shade = cut(ImageChops.add(grey, tooth, 2.0), 34, 138)
    drawn = ImageChops.multiply(ImageOps.invert(line), Image.blend(shade, _blank(surface), 0.7))
    surface.image = toned(drawn, (44, 44, 50), _PAPER)


def _blank(surface: Surface) -> Image.Image:
    return Image.new("L", surface.size, 255)


def _outlined(surface: Surface, image: Image.Image, strength: int) -> Image.Image:
    """Draw dark lines around flat colours."""
    grey = image.convert("L").filter(ImageFilter.GaussianBlur(surface.unit))
    edges = cut(grey.filter(ImageFilter.FIND_EDGES), 8, strength)
    edges = edges.filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.GaussianBlur(0.7))
    return ImageChops.multiply(image, ImageOps.invert(edges).convert("RGB"))


def _flat(image: Image.Image) -> Image.Image:
    """Take small things out; in full size the filter is slow."""
    return sized(image.reduce(2).filter(ImageFilter.MedianFilter(5)), image.size)


def _poster(surface: Surface, palette: Palette) -> None:
    _grade(richness=1.5, contrast=1.15)(surface, palette)
    flat = _flat(surface.image)
    # Finding the colours takes a small copy; on the whole picture it would take a second.
    tones = flat.reduce(4).quantize(7, kmeans=2)
    surface.image = flat.quantize(palette=tones, dither=Image.Dither.NONE).convert("RGB")


def _comic(surface: Surface, palette: Palette) -> None:
    _grade(richness=1.35, contrast=1.1)(surface, palette)
    flat = ImageOps.posterize(_flat(surface.image), 3).filter(ImageFilter.MedianFilter(3))
    surface.image = _outlined(surface, curved(flat, lambda v: v * 1.08 + 10), 34)


def _pixels(surface: Surface, _palette: Palette) -> None:
    side = max(2, round(min(surface.size) / 72))
    small = surface.image.reduce(side).quantize(28, kmeans=1).convert("RGB")
    large = sized(small, (small.width * side, small.height * side), Image.Resampling.NEAREST)
    surface.image = large.crop((0, 0, *surface.size))


def _blur(surface: Surface, _palette: Palette) -> None:
    surface.image = surface.image.filter(ImageFilter.GaussianBlur(surface.unit * 9))


def _sharpen(surface: Surface, _palette: Palette) -> None:
    surface.image = surface.image.filter(ImageFilter.UnsharpMask(2, 180, 1))


def _negative(surface: Surface, _palette: Palette) -> None:
    surface.image = ImageOps.invert(surface.image)


def _mirror(surface: Surface, _palette: Palette) -> None:
    surface.image = ImageOps.mirror(surface.image)


def _upside_down(surface: Surface, _palette: Palette) -> None:
    surface.image = ImageOps.flip(surface.image)


def _oil(surface: Surface, _palette: Palette) -> None:
    for length, strokes, opacity in ((40, 2600, 0.9), (22, 6000, 0.85), (12, 7000, 0.6)):
        _finish.brush(surface, f"oil {length}", length=length, strokes=strokes, opacity=opacity)
    _finish.relief(surface)
    _finish.weave(surface, 0.14)


def _frame(surface: Surface, palette: Palette) -> None:
    """Hang it up: a mount and a dark moulding."""
    rim = round(surface.unit * 62)
    inner = (surface.width - 2 * rim, surface.height - 2 * rim)
    small = sized(surface.image, inner)
    surface.image = Image.new("RGB", surface.size, mix(palette.shadow, (60, 40, 26), 0.6))
    edge = rim // 3
    surface.image.paste(_PAPER, (edge, edge, surface.width - edge, surface.height - edge))
    surface.image.paste(small, (rim, rim))


def _dreamy(surface: Surface, palette: Palette) -> None:
    _grade(exposure=1.08, richness=0.9)(surface, palette)
    _finish.bloom(surface, 0.8)


MEDIA: dict[str, tuple[str, Style]] = {
    "grey": ("monochrome greyscale grayscale noir colourless", _grey),
    "sepia": ("sepia", _sepia),
    "vintage": ("vintage retro old aged antique polaroid faded nostalgic", _vintage),
    "sketch": ("sketch pencil drawing charcoal etching lineart", _sketch),
    "ink": ("ink manga calligraphy", _finish.ink),
    "watercolour": (
        "watercolour watercolor aquarelle",
        lambda surface, _palette: _finish.watercolour(surface),
    ),
    "oil": ("oil painting paint impasto impressionist impressionism gogh monet painterly", _oil),
    "poster": ("poster posterized pop warhol screenprint flat minimalist vector", _poster),
    "comic": ("comic cartoon anime cel animated illustration", _comic),
    "pixel": ("pixel pixelated pixelate mosaic 8bit bit blocky minecraft lego", _pixels),
    "blur": ("blur blurred blurry unfocused unsharp defocused bokeh", _blur),
    "dreamy": ("dreamy glow glowing ethereal magical", _dreamy),
}
"""What a picture can be made with, one at a time, each with the words that ask for it."""

TOUCHES: dict[str, tuple[str, Style]] = {
    "negative": ("negative invert inverted", _negative),
    "mirror": ("mirror mirrored flip flipped", _mirror),
    "upside down": ("upside", _upside_down),
    "sharp": ("sharp sharper sharpen crisp crisper", _sharpen),
    "brighter": ("brighter bright lighter lighten brighten", _grade(exposure=1.22)),
    "darker": ("darker dark darken dim gloomy moody", _grade(exposure=0.6)),
    "contrast": ("contrast dramatic punchy bold", _grade(contrast=1.45, richness=1.1)),
    "vivid": ("vivid vibrant saturated colorful colourful saturate", _grade(richness=1.75)),
    "muted": ("muted desaturated pale dull", _grade(richness=0.4)),
    "warmer": ("warm warmer", _grade(exposure=1.06, filter_colour=(255, 226, 178))),
    "cooler": ("cool cooler cold colder", _grade(exposure=1.06, filter_colour=(188, 218, 255))),
    "frame": ("frame framed", _frame),
}
"""Changes that go together, in this order, each with the words that ask for it."""
