"""Finds what stands in a picture, by colour and place alone.

Nothing here knows what anything is; where colours tell too little, nothing is found.
"""

from collections import deque

from PIL import Image, ImageChops, ImageFilter

from bot.providers._canvas._dots import apart, beside, pieces, small_copy
from bot.providers._canvas._palette import Colour
from bot.providers._canvas._surface import curved, cut, sized

Tones = dict[Colour, int]
"""Colours, and how many dots have about this colour."""

# The ground is what the left and right edges are like: so much of the width, in bands of rows.
_STRIP = 0.08
_BANDS = 10
_BAND_TONES = 5
_NEW_UNTIL = 0.75
"""Further down than this no new ground begins: what fills the width there is a person's bust."""
_GROUND = 20
"""How far from the ground's colours a dot is still ground, in 1/255 of a channel."""
_GLOW = 3
_GLOW_ENDS = 0.55
"""How steeply a glow rises from dot to dot, and down to where there may be one."""
_TONES = 14
_ALIKE = 30
_ROUNDS = 2
_SHARES = (0.045, 0.8)
"""How much of a picture may be what stands in it; less or more is a mistake."""
_LARGEST_RIM = 0.45
_LOWEST_TOP = 0.55
_LEAST = 0.35
"""A piece smaller than this share of the largest one is a speck."""


def subject(picture: Image.Image) -> Image.Image | None:
    """Find what stands before the ground: a mask with soft edges, or None if nothing does.

    The ground has the colours that the picture has at its left and right edges.
    """
    small = small_copy(picture)
    strange = _strange(small)
    found, score = _whole(ImageChops.invert(_reached(small, strange))), strange
    for _ in range(_ROUNDS):
        if not _is_likely(found):
            return None
        score = _score(small, found, strange)
        found = _whole(cut(score, 127, 128))
    if not _is_likely(found):
        return None
    inside, outside = found.filter(ImageFilter.MinFilter(5)), found.filter(ImageFilter.MaxFilter(5))
    score = ImageChops.darker(ImageChops.lighter(score, inside), outside)
    return cut(sized(score, picture.size), 112, 150)


def _strange(small: Image.Image) -> Image.Image:
    """Measure how far every dot is from the colours at the edges of its height."""
    strange = Image.new("L", small.size)
    known: list[Colour] = []
    before: list[Colour] = []
    bands = min(_BANDS, small.height)
    for band in range(bands):
        top, bottom = (small.height * (band + part) // bands for part in (0, 1))
        area = small.crop((0, top, small.width, bottom))
        tones = list(_tones(*_edges(area), _BAND_TONES))
        if band >= bands * _NEW_UNTIL:
            tones = [tone for tone in tones if any(_is_like(tone, other) for other in known)]
        known += tones
        strange.paste(_nearest(area, tones + before), (0, top))
        before = tones
    return strange


def _edges(band: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Give a band and a mask of its two ends."""
    strip = max(2, round(band.width * _STRIP))
    ends = Image.new("L", band.size)
    ends.paste(255, (0, 0, strip, band.height))
    ends.paste(255, (band.width - strip, 0, band.width, band.height))
    return band, ends


def _reached(small: Image.Image, strange: Image.Image) -> Image.Image:
    """Mark what is like the edges, and the glow that rises smoothly from it."""
    wide, high = small.size
    light, odd = small.convert("L").tobytes(), strange.tobytes()
    seen = bytearray(255 if value < _GROUND else 0 for value in odd)
    lowest = round(high * _GLOW_ENDS) * wide
    line = deque(at for at, flag in enumerate(seen) if flag)
    while line:
        at = line.popleft()
        for other in beside(at, wide, high):
            rise = light[other] - light[at]
            if not seen[other] and other < lowest and 0 <= rise <= _GLOW:
                seen[other] = 255
                line.append(other)
    return Image.frombytes("L", small.size, bytes(seen))


def _is_likely(found: Image.Image) -> bool:
    """Doubt what is too small or large, what is as wide as the picture, and what only lies low."""
    low, high = _SHARES
    box = found.getbbox()
    if box is None or box[1] > found.height * _LOWEST_TOP:
        return False
    share = _share(found)
    wide, tall = found.size
    rim = [found.crop((0, 0, 1, tall)), found.crop((wide - 1, 0, wide, tall))]
    return low < share < high and all(_share(side) < _LARGEST_RIM for side in rim)


def _share(mask: Image.Image) -> float:
    return mask.tobytes().count(255) / (mask.width * mask.height)


def _score(small: Image.Image, found: Image.Image, strange: Image.Image) -> Image.Image:
    """Weigh colours, strangeness and place: above 128 a dot belongs to what was found."""
    own, others = (_tones(small, each, _TONES) for each in (found, ImageChops.invert(found)))
    soft = ImageFilter.GaussianBlur(1.2)
    from_own = _nearest(small, _without(own, others)).filter(soft)
    from_others = _nearest(small, _without(others, own)).filter(soft)
    colour = ImageChops.subtract(from_others, from_own, 0.5, 128)
    odd = curved(strange, lambda v: 128 + 2 * (v - _GROUND)).filter(soft)
    near = found.filter(ImageFilter.GaussianBlur(5))
    return Image.blend(Image.blend(colour, odd, 0.5), near, 0.45)


def _tones(small: Image.Image, region: Image.Image, count: int) -> Tones:
    """Count the main colours of a region."""
    dots, flags = small.tobytes(), region.tobytes()
    inside = b"".join(dots[3 * at : 3 * at + 3] for at, flag in enumerate(flags) if flag)
    strip = Image.frombytes("RGB", (len(inside) // 3, 1), inside).quantize(count, kmeans=2)
    palette = strip.getpalette() or []
    counts = strip.histogram()
    return {
        (red, green, blue): count
        for red, green, blue, count in zip(*(palette[n::3] for n in range(3)), counts, strict=False)
    }


def _without(tones: Tones, rivals: Tones) -> list[Colour]:
    """Leave out the colours that are more at home on the other side, if any remain."""
    own = [
        tone
        for tone, count in tones.items()
        if count > sum(rivals[rival] for rival in rivals if _is_like(tone, rival))
    ]
    return own or list(tones)


def _is_like(first: Colour, second: Colour) -> bool:
    return max(abs(a - b) for a, b in zip(first, second, strict=True)) < _ALIKE


def _nearest(small: Image.Image, tones: list[Colour]) -> Image.Image:
    """Measure how far every dot is from the nearest of some colours."""
    nearest = Image.new("L", small.size, 255)
    for tone in tones:
        nearest = ImageChops.darker(nearest, apart(small, Image.new("RGB", small.size, tone)))
    return nearest


def _whole(found: Image.Image) -> Image.Image:
    """Keep the larger pieces and close holes; drop specks, and what is in the sky only."""
    found = found.filter(ImageFilter.MedianFilter(5))
    found = found.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.MinFilter(9))
    flags = bytearray(found.width * found.height)
    larger = sorted(pieces(bytearray(found.tobytes()), found.width, 255), key=len, reverse=True)
    for piece in larger:
        is_grounded = piece is larger[0] or max(piece) >= len(flags) // 2
        if is_grounded and len(piece) > _LEAST * len(larger[0]):
            for at in piece:
                flags[at] = 255
    for gap in list(pieces(flags, found.width, 0)):
        if not _touches_rim(gap, found.width, found.height):
            for at in gap:
                flags[at] = 255
    return Image.frombytes("L", found.size, bytes(flags))


def _touches_rim(piece: list[int], wide: int, high: int) -> bool:
    return any(at % wide in {0, wide - 1} or at // wide in {0, high - 1} for at in piece)
