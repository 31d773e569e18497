"""What the painter can be asked for: each endpoint, what it takes and what paints it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from bot.errors import ProviderRejected
from bot.providers._canvas._blend import blend
from bot.providers._canvas._cutout import cutout
from bot.providers._canvas._describe import describe
from bot.providers._canvas._edit import edit
from bot.providers._canvas._enhance import LONGEST, enhance
from bot.providers._canvas._fill import fill
from bot.providers._canvas._scene import draw
from bot.providers._canvas._upscale import upscale
from bot.providers._canvas._vary import vary
from bot.providers._protocol import Inputs

Check = Callable[[str, object], Any]
"""Gives the value to paint with for the value of a named input, None when it was not given."""

PICTURES = ("image", "mask", "images")
"""The inputs that are hashes of pictures, or a list of such; what paints gets their bytes."""


def _text(name: str, value: object) -> str:
    if not isinstance(value or "", str):
        raise ProviderRejected(f"{name} is not text")
    return str(value or "")


def _short_text(name: str, value: object) -> str:
    """Take words that something can be added to."""
    text = _text(name, value)
    if not text.strip() or len(text) > LONGEST:
        raise ProviderRejected(f"{name} must have 1 to {LONGEST} characters")
    return text


def _picture(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ProviderRejected(f"{name} is not a picture")
    return value


def _pictures(low: int, high: int) -> Check:
    """Take a list of so many pictures."""

    def check(name: str, value: object) -> list[str]:
        given = cast("list[object]", value) if isinstance(value, list) else []
        if not low <= len(given) <= high:
            raise ProviderRejected(f"{name} must be a list of {low} to {high} pictures")
        return [_picture(name, each) for each in given]

    return check


def _whole(low: int, high: int) -> Check:
    """Take whole numbers of a range."""

    def check(name: str, value: object) -> int:
        if not isinstance(value, int) or not low <= value <= high:
            raise ProviderRejected(f"{name} must be a whole number from {low} to {high}")
        return value

    return check


def _number(low: float, high: float, *, usual: float | None = None) -> Check:
    """Take numbers of a range, and `usual` when there is none."""

    def check(name: str, value: object) -> float:
        number = usual if value is None else value
        if not isinstance(number, int | float) or not low <= number <= high:
            raise ProviderRejected(f"{name} must be a number from {low:g} to {high:g}")
        return float(number)

    return check


_SEED, _COUNT, _SIDE = _whole(0, 2**63 - 1), _whole(1, 4), _whole(256, 2048)


@dataclass(frozen=True)
class Endpoint:
    """What paints one picture, given the inputs by name; `count` is how many it is asked for.

    Some give words instead, as text.
    """

    paint: Callable[..., bytes | str]
    takes: Mapping[str, Check]

    def read(self, inputs: Inputs) -> dict[str, Any]:
        """Check all inputs and give those to paint with.

        Raises:
            ProviderRejected: an input is missing, unknown or out of its range.
        """
        unknown = sorted(inputs.keys() - self.takes.keys())
        if unknown:
            raise ProviderRejected(f"the painter takes no {unknown[0]}")
        return {name: check(name, inputs.get(name)) for name, check in self.takes.items()}


_MANY: Mapping[str, Check] = {"seed": _SEED, "count": _COUNT}
ENDPOINTS: Mapping[str, Endpoint] = {
    "text-to-image": Endpoint(
        draw,
        {"prompt": _text, "negative_prompt": _text, "width": _SIDE, "height": _SIDE, **_MANY},
    ),
    "vary": Endpoint(
        vary,
        {
            "prompt": _text,
            "negative_prompt": _text,
            "image": _picture,
            "strength": _number(0, 1),
            **_MANY,
        },
    ),
    "edit": Endpoint(edit, {"prompt": _text, "image": _picture, **_MANY}),
    "fill": Endpoint(fill, {"prompt": _text, "image": _picture, "mask": _picture, **_MANY}),
    "upscale": Endpoint(
        upscale,
        {"image": _picture, "scale": _number(1, 4), "creativity": _number(0, 1, usual=0)},
    ),
    "cutout": Endpoint(cutout, {"image": _picture}),
    "blend": Endpoint(
        blend,
        {
            "prompt": _text,
            "images": _pictures(2, 5),
            "seed": _SEED,
            "width": _SIDE,
            "height": _SIDE,
        },
    ),
    "describe": Endpoint(describe, {"image": _picture}),
    "enhance": Endpoint(enhance, {"prompt": _short_text}),
}
