"""Continues a picture into the part of it that is missing, patch by patch, from what is there.

The work is planned on a small copy, one dot of which is many of the picture; then the patches
are cut from the picture itself.
"""

from collections import deque
from dataclasses import dataclass, field
from operator import itemgetter, sub
from typing import cast

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._dots import beside
from bot.providers._canvas._surface import means, shifted_by, sized, swapped

Dot = tuple[int, int]

_LONGEST = 104
"""The longer side of the small copy, in dots."""
_REACH = 4
"""A patch is this many dots to each side of its middle."""
_PATCH = 2 * _REACH + 1
_STRIDE = 6
_SAMPLES = 700
_SHORTLIST = 40
_BLURS = ((16, 1), (10, 1), (6, 1), (4, 1), (2, 1), (1, 1), (1, 1))
"""Across far more than down: what is at one height is mostly of one kind."""
_ROUGH = 90
"""The range of greys from which on a patch keeps all of its own broad colours."""

# What a patch costs beside how badly it fits its neighbours: its mean difference from the guide,
# the range of its greys, each dot it is above or below its new place, and each earlier use.
_COLOUR_COST = 2.0
_RANGE_COST = 0.06
_ROW_COST = 0.5
_AGAIN_COST = 5.0


@dataclass
class _Patch:
    """One piece of what is there, what it is like from afar, and how much happens in it."""

    at: Dot
    dots: bytes
    gist: bytes
    range: int
    uses: int = field(default=0)


def continued(
    picture: Image.Image, hole: Image.Image, unique: Image.Image, dice: Dice
) -> Image.Image:
    """Fill the white of `hole` with more of the picture; the rest is no more than close to it.

    `picture` is RGB; what is white in `unique` is not repeated. Both masks are L of its size.
    """
    scale = max(1, -(-max(picture.size) // _LONGEST))
    missing = _missing(hole, scale)
    torn = ImageChops.lighter(missing, _missing(unique, scale))
    guide = _guide(picture.reduce(scale), missing, torn)
    plan = _plan(guide, missing, _patches(guide, torn, dice) or _patches(guide, missing, dice))
    whole = sized(guide, picture.size)
    whole.paste(picture, (0, 0), ImageChops.invert(hole))
    stamp = _stamp(scale)
    for target, source in plan:
        left, top, right, bottom = (side * scale for side in _around(source.at))
        piece = picture.crop((left, top, right, bottom))
        piece = _adjusted(piece, source, guide.crop(_around(target)))
        left, top, _, _ = _around(target)
        whole.paste(piece, (left * scale, top * scale), stamp)
    return _levelled(whole, guide, missing)


def _around(middle: Dot) -> tuple[int, int, int, int]:
    x, y = middle
    return x - _REACH, y - _REACH, x + _REACH + 1, y + _REACH + 1


def _missing(hole: Image.Image, scale: int) -> Image.Image:
    """Mark every dot of the small copy that is missing in part."""
    return swapped(hole.reduce(scale), [0] + [255] * 255)


def _stamp(scale: int) -> Image.Image:
    """Make the mask of a patch: solid, with soft edges."""
    rim = (_PATCH - _STRIDE) * scale
    mask = Image.new("L", (_PATCH * scale, _PATCH * scale))
    pen = ImageDraw.Draw(mask)
    for step in range(rim):
        edge = (step, step, mask.width - 1 - step, mask.height - 1 - step)
        pen.rectangle(edge, fill=round(255 * (step + 1) / (rim + 1)))
    pen.rectangle((rim, rim, mask.width - 1 - rim, mask.height - 1 - rim), fill=255)
    return mask


def _guide(small: Image.Image, missing: Image.Image, torn: Image.Image) -> Image.Image:
    """Lead the colours of the ground along the seam far into what is missing."""
    ground = _spread(small, torn)
    guide = ground
    for radius in _BLURS:
        guide = Image.composite(guide.filter(ImageFilter.GaussianBlur(radius)), ground, missing)
    return Image.composite(guide, small, missing)


def _spread(small: Image.Image, missing: Image.Image) -> Image.Image:
    """Give each missing dot the colour of the nearest one that is there."""
    dots = small.tobytes()
    spread = b"".join(dots[3 * at : 3 * at + 3] for at in _seam(missing))
    return Image.frombytes("RGB", small.size, spread)


def _plan(
    guide: Image.Image, missing: Image.Image, patches: list[_Patch]
) -> list[tuple[Dot, _Patch]]:
    """Decide which patch goes where, from the seam outwards: pairs of a middle and a patch."""
    if not patches:
        return []
    rows = [patch.at[1] for patch in patches]
    canvas, filled = guide.copy(), ImageChops.invert(missing)
    plan: list[tuple[Dot, _Patch]] = []
    for at in _targets(missing):
        box = _around(at)
        row = min(max(at[1], min(rows)), max(rows))
        chosen = _choose(patches, canvas.crop(box), filled.crop(box).tobytes(), row)
        chosen.uses += 1
        piece = Image.frombytes("RGB", (_PATCH, _PATCH), chosen.dots)
        piece = _adjusted(piece, chosen, guide.crop(box))
        canvas.paste(piece, box, missing.crop(box))
        filled.paste(255, box)
        plan.append((at, chosen))
    return plan


def _patches(guide: Image.Image, missing: Image.Image, dice: Dice) -> list[_Patch]:
    """Take samples of what is there, each whole; none if there is too little."""
    torn = missing.filter(ImageFilter.MaxFilter(_PATCH)).tobytes()
    wide, high = guide.size
    whole = [
        (x, y)
        for y in range(_REACH, high - _REACH)
        for x in range(_REACH, wide - _REACH)
        if not torn[y * wide + x]
    ]
    return [_patch(guide, at) for at in dice.sample(whole, min(_SAMPLES, len(whole)))]


def _patch(guide: Image.Image, at: Dot) -> _Patch:
    piece = guide.crop(_around(at))
    low, high = cast("tuple[int, int]", piece.convert("L").getextrema())
    return _Patch(at, piece.tobytes(), _gist(piece), high - low)


def _gist(piece: Image.Image) -> bytes:
    """Look at a piece with half-closed eyes."""
    return means(piece, (2, 2)).tobytes()


def _targets(missing: Image.Image) -> list[Dot]:
    """List the middles of the patches to lay, the nearest to the seam first."""
    wide, high = missing.size
    seam = _seam(missing)
    targets: dict[Dot, int] = {}
    for row in range(0, high + _STRIDE, _STRIDE):
        for column in range(0, wide + _STRIDE, _STRIDE):
            x = min(max(column, _REACH), wide - _REACH - 1)
            y = min(max(row, _REACH), high - _REACH - 1)
            if missing.crop(_around((x, y))).getbbox():
                targets[x, y] = _apart(seam[y * wide + x], y * wide + x, wide)
    return sorted(targets, key=lambda at: (targets[at], at))


def _seam(missing: Image.Image) -> list[int]:
    """Find for each dot the nearest one that is there; itself where nothing is."""
    wide, high = missing.size
    origins = [-1 if value else at for at, value in enumerate(missing.tobytes())]
    line = deque(at for at, origin in enumerate(origins) if origin >= 0)
    while line:
        at = line.popleft()
        for other in beside(at, wide, high):
            if origins[other] < 0:
                origins[other] = origins[at]
                line.append(other)
    return [at if origin < 0 else origin for at, origin in enumerate(origins)]


def _apart(first: int, second: int, wide: int) -> int:
    """Measure the square of the distance of two dots."""
    return (first % wide - second % wide) ** 2 + (first // wide - second // wide) ** 2


def _choose(patches: list[_Patch], area: Image.Image, filled: bytes, row: int) -> _Patch:
    """Find the patch that goes on best where a part of the area is filled already."""
    gist = _gist(area)

    def strangeness(patch: _Patch) -> float:
        return (
            _COLOUR_COST * sum(map(abs, map(sub, patch.gist, gist))) / len(gist)
            + _RANGE_COST * patch.range
            + _ROW_COST * abs(patch.at[1] - row)
            + _AGAIN_COST * patch.uses
        )

    near = sorted(patches, key=strangeness)[:_SHORTLIST]
    known = [3 * dot + band for dot, value in enumerate(filled) if value for band in range(3)]
    if len(known) < _PATCH:
        return near[0]
    seen = itemgetter(*known)
    dots = seen(area.tobytes())

    def misfit(patch: _Patch) -> float:
        return sum(map(abs, map(sub, seen(patch.dots), dots))) / len(known) + strangeness(patch)

    return min(near, key=misfit)


def _adjusted(piece: Image.Image, patch: _Patch, wanted: Image.Image) -> Image.Image:
    """Give a piece of a patch the broad colours wanted, the more the less happens in it."""
    first = Image.frombytes("RGB", (2, 2), patch.gist)
    second = Image.frombytes("RGB", (2, 2), _gist(wanted))
    second = Image.blend(second, first, min(1.0, patch.range / _ROUGH))
    lift, drop = ImageChops.subtract(second, first), ImageChops.subtract(first, second)
    return shifted_by(piece, lift, drop)


def _levelled(whole: Image.Image, guide: Image.Image, missing: Image.Image) -> Image.Image:
    """Bring the patches to the broad colours of the guide, so that none of them stands out."""
    small = means(whole, guide.size)
    there = ImageChops.invert(missing)
    # Across the seam the two are the same, which must not hide how they differ on this side.
    lift, drop = (
        _spread(change, there).filter(ImageFilter.GaussianBlur(2))
        for change in (ImageChops.subtract(guide, small), ImageChops.subtract(small, guide))
    )
    return shifted_by(whole, lift, drop)
