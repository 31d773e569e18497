"""What the language inside a prompt means here: a typed wish becomes one or several."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from bot.catalog import Quality
from bot.errors import BadFlag, TooManyPrompts, UnknownFlag
from bot.services.prompts._flags import Flags, ReadPrompt, read_prompt
from bot.services.prompts._lists import expand
from bot.services.requests import ImageWish

RATIOS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9", "9:21")

_OURS = {"ar", "no", "seed", "q", "repeat", "iw", "lane"}
_NEAR = Fraction(102, 100)
_QUALITIES: dict[float, Quality] = {
    0.25: "draft",
    0.5: "draft",
    1: "standard",
    2: "high",
    4: "high",
}
_UNTYPED = ImageWish("")


def wishes_from(wish: ImageWish, *, limit: int = 10) -> list[ImageWish]:
    """Return the wishes that a typed one stands for: its lists expanded, its flags obeyed.

    An option that was typed, which is one that is not as usual, wins over a flag.

    Raises:
        TooManyPrompts: lists and `--repeat` make more than `limit`.
        UnknownFlag: not Midjourney's, or without a meaning here.
        BadFlag: a value that the flag does not take, or words behind it.
    """
    wishes: list[ImageWish] = []
    for text in expand(wish.prompt, limit=limit):
        read = read_prompt(text)
        wishes += [_wish(wish, read)] * read.flags.get("repeat", 1)
    if len(wishes) > limit:
        raise TooManyPrompts(count=len(wishes), limit=limit)
    return wishes


def _wish(wish: ImageWish, read: ReadPrompt) -> ImageWish:
    foreign = [name for name in read.flags if name not in _OURS]
    if foreign:
        raise UnknownFlag(names=foreign, is_known=True)
    asked = _fields(read.flags, has_picture=_has_picture(wish))
    untyped = {
        name: value
        for name, value in asked.items()
        if name not in wish.said and getattr(wish, name) == getattr(_UNTYPED, name)
    }
    return replace(wish, prompt=read.words, said=(*wish.said, *untyped), **untyped)


def _fields(flags: Flags, *, has_picture: bool) -> dict[str, Any]:
    """Return the fields of a wish that the flags set."""
    fields: dict[str, Any] = {}
    if "ar" in flags:
        fields["aspect_ratio"] = _nearest(flags["ar"])
    if "no" in flags:
        fields["negative_prompt"] = flags["no"]
    if "seed" in flags:
        fields["seed"] = flags["seed"]
    if "q" in flags:
        fields["quality"] = _QUALITIES[flags["q"]]
    if "iw" in flags:
        fields["strength"] = _strength(flags["iw"], has_picture=has_picture)
    if "lane" in flags:
        fields["lane"] = flags["lane"]
    return fields


def _has_picture(wish: ImageWish) -> bool:
    # A command may read the words before it has looked at the picture that came with them.
    return wish.image is not None or wish.task != "imagine"


def _nearest(ratio: str) -> str:
    """Return our ratio that this one is within 2 % of."""
    value = _fraction(ratio)
    apart = {ours: max(value / _fraction(ours), _fraction(ours) / value) for ours in RATIOS}
    nearest = min(RATIOS, key=apart.__getitem__)
    if apart[nearest] > _NEAR:
        expected = f"{', '.join(RATIOS[:-1])} or {RATIOS[-1]}"
        raise BadFlag(name="ar", value=ratio, expected=expected)
    return nearest


def _fraction(ratio: str) -> Fraction:
    width, height = ratio.split(":")
    return Fraction(int(width), int(height))


def _strength(image_weight: float, *, has_picture: bool) -> float:
    """Turn Midjourney's 0-3 for the picture into our 1-0 for the words."""
    if not has_picture:
        raise BadFlag(name="iw", value=f"{image_weight:g}", expected="a picture to start from")
    return round(1 - image_weight / 3, 2)
