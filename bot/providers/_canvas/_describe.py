"""Puts into words what can be measured in a picture; what it shows is not among that."""

from PIL import Image, ImageFilter, ImageStat

from bot.providers._canvas._colours import colours_in
from bot.providers._canvas._dots import apart
from bot.providers._canvas._picture import opened
from bot.providers._canvas._surface import means

# Its words are no things either: whoever draws from it gets what was measured.
_HONEST = "The offline painter only measures pictures and cannot see what they show."
_DOTS = 96
"""The longer side of the copy that is measured."""
_RATIOS = ("1:1", "5:4", "4:3", "3:2", "16:9", "21:9", "3:1")
_SQUARE = 1.03
_NEAR = 0.07
"""How far a picture may be off a ratio that is named, in shares of it."""
_EVEN = 12
"""Sides whose mean greys differ by less than this, in 1/255, are equally light."""
_PLAIN = 2.0
"""Where dots differ from the mean by less than this on average, nothing stands out."""
_OFF_CENTRE = 0.06
"""How far from the middle the weight lies at least, in shares of a side, to be called off it."""
_LIGHTS = ((45, "very dark"), (95, "dark"), (160, "of medium light"), (210, "bright"))
_CONTRASTS = ((6, "hardly any"), (32, "soft"), (64, "clear"))
_DETAILS = (
    (5, "calm, with large plain areas"),
    (14, "moderately detailed"),
    (26, "full of detail"),
)


def describe(*, image: bytes) -> str:
    """Say in one paragraph of plain words what shape, colours, light and weight it has.

    Raises:
        ProviderRejected: the picture cannot be decoded.
    """
    picture = opened(image)
    shown = picture.on_white()
    scale = _DOTS / max(shown.size)
    small = means(shown, (max(1, round(shown.width * scale)), max(1, round(shown.height * scale))))
    clear = ", on a transparent ground" if picture.alpha else ""
    return " ".join(
        (
            _HONEST,
            f"{_shape(*shown.size)}{clear}, {colours_in(small)}.",
            f"It is {_light(small)}, and {_detail(small)}; {_weight(small)}.",
        )
    )


def _shape(width: int, height: int) -> str:
    long, short = max(width, height), min(width, height)
    if long / short < _SQUARE:
        return f"A square picture of {width} × {height} pixels"
    nearest = min(_RATIOS, key=lambda ratio: abs(_ratio(ratio) - long / short))
    shape = "wide" if width > height else "tall"
    name = nearest if width > height else ":".join(reversed(nearest.split(":")))
    is_near = abs(_ratio(nearest) * short / long - 1) < _NEAR
    return f"A {shape} picture of {width} × {height} pixels{f', about {name}' if is_near else ''}"


def _ratio(name: str) -> float:
    long, short = name.split(":")
    return int(long) / int(short)


def _word(steps: tuple[tuple[int, str], ...], value: float, last: str) -> str:
    return next((word for limit, word in steps if value < limit), last)


def _light(small: Image.Image) -> str:
    """Name light and contrast, and which side is the lighter one."""
    grey = small.convert("L")
    stat = ImageStat.Stat(grey)
    light = _word(_LIGHTS, stat.mean[0], "very bright")
    contrast = _word(_CONTRASTS, stat.stddev[0], "strong")
    return f"{light}, with {contrast} contrast{_lighter_side(grey)}"


def _lighter_side(grey: Image.Image) -> str:
    wide, high = grey.size
    boxes = {
        "at the top": (0, 0, wide, (high + 1) // 2),
        "at the bottom": (0, high // 2, wide, high),
        "on the left": (0, 0, (wide + 1) // 2, high),
        "on the right": (wide // 2, 0, wide, high),
    }
    light = {name: ImageStat.Stat(grey.crop(box)).mean[0] for name, box in boxes.items()}
    lightest = max(light, key=lambda name: light[name])
    is_even = light[lightest] - ImageStat.Stat(grey).mean[0] < _EVEN / 2
    return "" if is_even else f", lighter {lightest}"


def _detail(small: Image.Image) -> str:
    """Name how busy it is, by how far neighbouring dots are apart on average."""
    steps = apart(small, small.filter(ImageFilter.BoxBlur(1)))
    return _word(_DETAILS, 2 * ImageStat.Stat(steps).mean[0], "very busy all over")


def _weight(small: Image.Image) -> str:
    """Name where the dots lie that are least like all others."""
    red, green, blue = (round(value) for value in ImageStat.Stat(small).mean)
    odd = apart(small, Image.new("RGB", small.size, (red, green, blue)))
    strength = ImageStat.Stat(odd).mean[0]
    if strength < _PLAIN:
        return "nothing stands out"
    # Squares, so that a few strange dots outweigh many that are slightly off.
    weights, wide = [value * value for value in odd.tobytes()], small.width
    total = sum(weights)
    x = sum(weight * (at % wide + 0.5) for at, weight in enumerate(weights)) / total / wide - 0.5
    y = sum(weight * (at // wide + 0.5) for at, weight in enumerate(weights)) / total
    rows = _side(y / small.height - 0.5, "top", "bottom")
    columns = _side(x, "left", "right")
    places = " ".join(place for place in (rows, columns) if place)
    return f"its weight lies {f'towards the {places}' if places else 'in the middle'}"


def _side(off: float, before: str, after: str) -> str:
    if abs(off) < _OFF_CENTRE:
        return ""
    return before if off < 0 else after
