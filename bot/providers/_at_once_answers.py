"""What an answer with pictures holds: bytes, base64, data URIs or addresses, flags and a cost.

The answer was paid for, so everything that can be read is, whatever else is odd about it.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any, cast

import httpx
import structlog

log = structlog.get_logger()

_MICROS = 1_000_000
_MOST_USD = 1000
"""A cost beyond this is a mistake in its unit, not a price."""

_LARGEST_SEED = 2**63 - 1
_LONGEST_ADDRESS = 4096
_ADDRESSES = ("https://", "http://")


@dataclass(frozen=True)
class Picture:
    """One picture of an answer: its bytes or its address, or neither when it cannot be had."""

    data: bytes = b""
    address: str = ""
    is_nsfw: bool | None = None

    @property
    def is_something(self) -> bool:
        """Whether it is there, or is known to be withheld."""
        return bool(self.data or self.address or self.is_nsfw)


@dataclass(frozen=True)
class Made:
    """What an order gave; `cost_usd_micros` is for all its pictures together, in 1e-6 USD."""

    pictures: Sequence[Picture] = ()
    seed: int | None = None
    cost_usd_micros: int | None = None


def bytes_in(response: httpx.Response) -> Made | None:
    """Return the picture that an answer is; None when it is something else, such as JSON."""
    if not response.headers.get("Content-Type", "").lower().startswith("image/"):
        return None
    return Made([Picture(response.content)])


def pictures_in(found: object, *, flags: object = None) -> list[Picture]:
    """Return the pictures of a list, in its order; `flags` say which ones a filter withheld.

    Each is a string, or an object with `b64_json` or `url`. One alone may stand for its list.
    """
    sources = _list_of(found)
    marks = _list_of(flags)[: len(sources) or None]
    return [_picture(source, flag) for source, flag in zip_longest(sources, marks)]


def _picture(source: object, flag: object) -> Picture:
    is_nsfw = flag if isinstance(flag, bool) else None
    if isinstance(source, dict):
        fields = cast("dict[str, object]", source)
        source = fields.get("b64_json") or fields.get("url")
    if is_nsfw or not isinstance(source, str):
        return Picture(is_nsfw=is_nsfw)
    if source.startswith(_ADDRESSES):
        return Picture(address=source if len(source) <= _LONGEST_ADDRESS else "", is_nsfw=is_nsfw)
    return Picture(_decoded(source), is_nsfw=is_nsfw)


def _decoded(text: str) -> bytes:
    """Decode base64, bare or in a data URI, with line breaks or without padding."""
    if text.startswith("data:"):
        _, _, text = text.partition(";base64,")
    text = "".join(text.split()).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        # Without the text: it may be a picture.
        log.warning("a picture came in a form we do not take", length=len(text))
        return b""


def _list_of(found: object) -> list[object]:
    if isinstance(found, list):
        return cast("list[object]", found)
    return [] if found is None else [found]


def fields_of(found: object) -> Mapping[str, Any]:
    """Return an object of JSON as it is, and anything else as an empty one."""
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def types_in(response: httpx.Response) -> str:
    """Return the types of the errors in a refusal's `detail`, as fal lists them, in one text.

    They are fixed words, where messages change. What was refused may stand beside them, and is not
    looked at.
    """
    try:
        entries = _list_of(fields_of(response.json()).get("detail"))
    except (ValueError, RecursionError):
        return ""
    types = (fields_of(entry).get("type") for entry in entries)
    return " ".join(kind for kind in types if isinstance(kind, str))


def seed_of(found: object) -> int | None:
    """Return a seed; one beyond 63 bits fits in no row of ours."""
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return found if 0 <= found <= _LARGEST_SEED else None


def number_of(found: object) -> Decimal | None:
    """Read an amount that JSON holds as a number or as a string."""
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        number = Decimal(str(found))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def micros_of(found: object) -> int | None:
    """Read a cost in USD; return it in 1e-6 USD."""
    usd = number_of(found)
    return round(usd * _MICROS) if usd is not None and 0 <= usd <= _MOST_USD else None


def shares_of(cost_usd_micros: int | None, count: int) -> list[int | None]:
    """Split a cost over pictures as evenly as integers can; the shares add up to it."""
    if cost_usd_micros is None:
        return [None] * count
    whole, rest = divmod(cost_usd_micros, count)
    return [whole + (number < rest) for number in range(count)]
