"""The colours of one picture: a sky, its light, and what they do to everything below."""

import colorsys
from dataclasses import dataclass, replace

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._words import Idea

Colour = tuple[int, int, int]
Sky = tuple[Colour, Colour, Colour, Colour]
"""From the zenith to the horizon."""

WHITE: Colour = (255, 255, 255)
INK: Colour = (16, 14, 24)

COLOURS: dict[str, Colour] = {
    "red": (206, 44, 48),
    "orange": (238, 124, 40),
    "yellow": (246, 200, 60),
    "green": (62, 142, 82),
    "teal": (32, 148, 150),
    "blue": (44, 98, 196),
    "purple": (122, 66, 178),
    "pink": (240, 128, 170),
    "brown": (128, 82, 52),
    "black": (38, 36, 44),
    "white": (240, 238, 232),
    "grey": (132, 136, 144),
    "gold": (222, 170, 60),
}

_SKIES: dict[str, tuple[Sky, ...]] = {
    "dawn": (
        ((52, 66, 118), (150, 124, 168), (246, 178, 158), (255, 226, 178)),
        ((70, 104, 140), (160, 168, 180), (244, 206, 176), (255, 236, 202)),
    ),
    "day": (
        ((28, 92, 170), (84, 154, 214), (160, 208, 236), (232, 240, 232)),
        ((36, 118, 164), (104, 178, 204), (186, 222, 220), (246, 242, 218)),
        ((60, 108, 178), (132, 172, 216), (206, 216, 226), (252, 236, 214)),
    ),
    "sunset": (
        ((44, 34, 92), (142, 58, 114), (236, 104, 84), (255, 190, 98)),
        ((26, 56, 98), (98, 104, 140), (240, 150, 96), (255, 214, 130)),
        ((70, 24, 60), (170, 48, 70), (244, 120, 60), (255, 206, 110)),
    ),
    "night": (
        ((6, 10, 32), (14, 26, 62), (34, 54, 98), (84, 104, 146)),
        ((10, 6, 36), (32, 20, 76), (66, 46, 116), (130, 92, 152)),
        ((4, 16, 30), (8, 38, 58), (22, 76, 94), (72, 128, 138)),
    ),
    "storm": (
        ((30, 36, 48), (62, 70, 84), (104, 112, 120), (170, 168, 156)),
        ((24, 32, 38), (52, 70, 76), (96, 116, 116), (186, 178, 140)),
    ),
    "neon": (
        ((10, 4, 36), (52, 12, 92), (176, 28, 140), (255, 110, 150)),
        ((4, 8, 38), (18, 26, 96), (40, 96, 176), (110, 236, 226)),
    ),
    "pastel": (
        ((176, 202, 236), (212, 204, 236), (250, 212, 224), (255, 240, 222)),
        ((186, 222, 218), (218, 232, 214), (252, 234, 208), (255, 244, 232)),
    ),
    "mist": (
        ((132, 150, 164), (168, 182, 190), (200, 208, 210), (226, 228, 222)),
        ((120, 128, 150), (166, 164, 180), (206, 196, 200), (236, 222, 212)),
    ),
}
_LIGHTS: dict[str, Colour] = {
    "dawn": (255, 228, 190),
    "day": (255, 246, 214),
    "sunset": (255, 214, 140),
    "night": (232, 238, 255),
    "storm": (226, 226, 210),
    "neon": (255, 180, 230),
    "pastel": (255, 248, 232),
    "mist": (250, 244, 232),
}
_FOLIAGE: dict[str, tuple[Colour, ...]] = {
    "autumn": ((196, 84, 32), (222, 134, 38), (160, 52, 36), (232, 176, 60)),
    "winter": ((120, 140, 150), (164, 180, 190), (96, 118, 124), (204, 216, 222)),
    "spring": ((122, 168, 74), (232, 150, 178), (164, 196, 96), (248, 190, 206)),
    "summer": ((52, 110, 62), (92, 144, 66), (36, 86, 70), (138, 164, 72)),
}


@dataclass(frozen=True)
class Palette:
    """What every layer dips its brush into."""

    sky: Sky
    light: Colour
    shadow: Colour
    accent: Colour
    foliage: tuple[Colour, ...]
    is_dark: bool

    @property
    def haze(self) -> Colour:
        """The air at the horizon, which far things fade into."""
        return mix(self.sky[3], self.sky[2], 0.35)

    def lit(self, colour: Colour, strength: float = 0.45) -> Colour:
        """Bring a thing's own colour into this light."""
        seen = mix(colour, mix(self.shadow, self.sky[1], 0.5), strength)
        return seen if self.is_dark else mix(colour, seen, 0.55)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Blend towards `second` by `share` (0-1)."""
    # Written out, because this is asked for ten thousand times a picture.
    (red, green, blue), (to_red, to_green, to_blue) = first, second
    return (
        round(red + (to_red - red) * share),
        round(green + (to_green - green) * share),
        round(blue + (to_blue - blue) * share),
    )


def turn(colour: Colour, *, hue: float = 0.0, richness: float = 1.0, value: float = 1.0) -> Colour:
    """Turn the hue by a share of the circle; scale saturation and value."""
    h, s, v = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    parts = colorsys.hsv_to_rgb((h + hue) % 1, min(1, s * richness), min(1, v * value))
    red, green, blue = (round(part * 255) for part in parts)
    return red, green, blue


def _tint(colour: Colour, towards: Colour, share: float) -> Colour:
    """Colour like `towards`, as bright as before."""
    hue, richness, _ = colorsys.rgb_to_hsv(*(part / 255 for part in towards))
    value = max(colour) / 255
    parts = colorsys.hsv_to_rgb(hue, richness * (1 - 0.45 * value), value)
    red, green, blue = (round(part * 255) for part in parts)
    return mix(colour, (red, green, blue), share)


def choose(idea: Idea, dice: Dice) -> Palette:
    """Choose the colours that the words and the dice ask for."""
    tone = idea.tone or dice.choice(("day", "dawn", "sunset", "sunset", "night", "mist"))
    lean = dice.uniform(-0.035, 0.035)
    first, second, third, last = (turn(c, hue=lean) for c in dice.choice(_SKIES[tone]))
    accent = turn(dice.choice(tuple(COLOURS.values())[:8]), hue=lean)
    foliage = _FOLIAGE[idea.season or "summer"]
    palette = Palette(
        sky=(first, second, third, last),
        light=_LIGHTS[tone],
        shadow=mix(turn(first, richness=0.8, value=0.55), INK, 0.3),
        accent=accent,
        foliage=tuple(turn(leaf, hue=lean) for leaf in foliage),
        is_dark=tone in {"night", "neon", "storm"},
    )
    for name in idea.colours:
        palette = _steep(palette, COLOURS[name])
    return palette


def _steep(palette: Palette, colour: Colour) -> Palette:
    first, second, third, last = (_tint(c, colour, 0.6) for c in palette.sky)
    return replace(
        palette,
        sky=(first, second, third, last),
        shadow=_tint(palette.shadow, colour, 0.5),
        accent=colour,
        foliage=tuple(_tint(leaf, colour, 0.35) for leaf in palette.foliage),
    )
