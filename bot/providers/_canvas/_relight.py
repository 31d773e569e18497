"""Changes the hour, the season and the weather of a picture."""

from dataclasses import dataclass

from PIL import Image, ImageChops

from bot.providers._canvas import _sky
from bot.providers._canvas._above import sky
from bot.providers._canvas._palette import WHITE, Colour, Palette, mix
from bot.providers._canvas._subject import subject
from bot.providers._canvas._surface import Surface, curved, cut, gradient, swapped, toned


@dataclass(frozen=True)
class _Light:
    """What a time of day does to the things in it."""

    exposure: float
    richness: float
    tint: Colour
    share: float
    heavy: bool = False


_LIGHTS = {
    "dawn": _Light(0.96, 0.95, (255, 206, 170), 0.45),
    "day": _Light(1.18, 1.08, (255, 250, 232), 0.3),
    "sunset": _Light(0.86, 1.1, (255, 150, 92), 0.55),
    "night": _Light(0.62, 0.7, (104, 126, 214), 0.8),
    "storm": _Light(0.62, 0.5, (150, 164, 176), 0.6, heavy=True),
    "neon": _Light(0.62, 1.3, (226, 96, 220), 0.6),
    "pastel": _Light(1.12, 0.7, (255, 232, 240), 0.3),
    "mist": _Light(1.0, 0.55, (226, 232, 236), 0.3),
}
# From and to in 1/256 of the colour circle: what is green in summer.
_GREENS = (36, 118)
_LEAVES = {"autumn": (10, 32), "spring": (48, 92), "summer": (56, 96)}


def relight(surface: Surface, tone: str, palette: Palette) -> None:
    """Put a picture into the light of a time of day; `palette` holds that time's colours."""
    light, above = _LIGHTS[tone], sky(surface.image)
    shone = _sunlit(surface, light)
    reach = above.getbbox()
    if reach:
        heaven = _heaven(surface, tone, palette, reach[3])
        lamps = _lamps(surface.image, above) if palette.is_dark else None
        before, surface.image = surface.image, shone
        surface.lay(heaven, above, 0.94)
        if lamps:
            surface.lay(curved(before, lambda v: v * 1.1 + 12), lamps)
    else:
        surface.image = shone


def _sunlit(surface: Surface, light: _Light) -> Image.Image:
    """Expose, colour and tint everything."""
    grey = surface.image.convert("L").convert("RGB")
    image = Image.blend(grey, surface.image, light.richness)
    image = curved(image, lambda v: v * light.exposure)
    tinted = ImageChops.multiply(image, Image.new("RGB", image.size, light.tint))
    return Image.blend(image, tinted, light.share)


def _heaven(surface: Surface, tone: str, palette: Palette, bottom: int) -> Image.Image:
    """Paint a new sky that ends where the old one does."""
    other = Surface(surface.width, surface.height, surface.dice.child("heaven"))
    other.image = gradient((other.width, max(2, bottom)), palette.sky)
    other.image = other.image.crop((0, 0, *other.size))
    other.shade(other.noise(other.dice, cells=3, stretch=2.5), 0.16)
    is_night = tone in {"night", "neon"}
    if is_night:
        _sky.paint_stars(other, palette, bottom)
    if tone not in {"storm", "mist"}:
        at = other.width * other.dice.uniform(0.16, 0.84), bottom * 0.3
        _sky.paint_orb(other, palette, at, is_moon=is_night)
    if not is_night:
        _sky.paint_clouds(other, palette, bottom, heavy=_LIGHTS[tone].heavy)
    return other.image


def _lamps(image: Image.Image, above: Image.Image) -> Image.Image:
    """Find what is bright and warm on the ground: it goes on shining in the dark."""
    red, _, blue = image.split()
    warm = cut(ImageChops.subtract(red, blue), 60, 110)
    bright = cut(image.convert("L"), 165, 205)
    ground = ImageChops.invert(above)
    return ImageChops.multiply(ImageChops.multiply(warm, bright), ground)


def change_season(surface: Surface, season: str, palette: Palette) -> None:
    """Turn the leaves, or let snow lie."""
    if season == "winter":
        _snow_in(surface, palette)
        return
    low, high = _LEAVES[season]
    first, last = _GREENS
    hue, richness, value = surface.image.convert("HSV").split()
    hue = swapped(
        hue,
        [
            low + (at - first) * (high - low) // (last - first) if first <= at <= last else at
            for at in range(256)
        ],
    )
    richness = curved(richness, lambda v: v * 1.25)
    surface.image = Image.merge("HSV", (hue, richness, value)).convert("RGB")
    warmth = {"autumn": (255, 214, 160), "spring": (255, 236, 244), "summer": (255, 246, 214)}
    tinted = ImageChops.multiply(surface.image, Image.new("RGB", surface.size, warmth[season]))
    surface.image = Image.blend(surface.image, tinted, 0.6)


def _snow_in(surface: Surface, palette: Palette) -> None:
    """Cover the ground with snow and leave free what stands on it."""
    image = surface.image
    surface.image = Image.blend(image.convert("L").convert("RGB"), image, 0.7)
    above = sky(image)
    ground = ImageChops.invert(above)
    found = subject(image)
    if found:
        ground = ImageChops.subtract(ground, found)
    drifts = surface.noise(surface.dice.child("snow"), cells=6, octaves=5, stretch=2.5)
    white = toned(
        Image.blend(image.convert("L"), drifts, 0.5),
        mix(palette.sky[1], (150, 170, 200), 0.7),
        WHITE,
    )
    cover = ImageChops.multiply(ground, curved(drifts, lambda v: 150 + v))
    surface.lay(white, cover, 0.72)
    surface.lay((206, 216, 226), above, 0.3)


def weather(surface: Surface, name: str, palette: Palette) -> None:
    """Let it rain, snow or be foggy before everything."""
    if name == "fog":
        haze = mix(palette.haze, (230, 233, 235), 0.75)
        drift = surface.noise(surface.dice.child("fog"), cells=3, octaves=4, stretch=3)
        depth = surface.band(surface.height, surface.height * 0.45, low=120, high=255)
        surface.lay(haze, ImageChops.multiply(curved(drift, lambda v: 150 + v * 0.8), depth))
        return
    if name == "rain":
        grey = surface.image.convert("L").convert("RGB")
        surface.image = curved(Image.blend(grey, surface.image, 0.6), lambda v: v * 0.78)
    _sky.paint_weather(surface, palette, is_snow=name == "snowfall")
