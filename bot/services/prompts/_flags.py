"""Midjourney's flags, as people type them behind the words of a prompt.

What they mean here is said in `_wishes`; this module knows how they are written.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, cast

from bot.errors import BadFlag, UnknownFlag
from bot.services.quoting import MAX_SEED

MOST_REPEATS = 8

# Phones turn two hyphens into a long dash, and a third key press into one of each.
_START = re.compile(r"(?<!\S)(?:--|[\u2013\u2014][-\u2013\u2014]?)(?=[^\W\d_])(\S+)")
_RATIO = re.compile(r"0*[1-9][0-9]{0,4}:0*[1-9][0-9]{0,4}")
_WHOLE = re.compile(r"[0-9]{1,10}")
_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{0,4})?|\.[0-9]{1,4}")
_QUALITIES = (0.25, 0.5, 1, 2, 4)
_MOST_IMAGE_WEIGHT = 3

_Value = str | int | float
_Read = Callable[[str], _Value | None]


class Flags(TypedDict, total=False):
    """The flags of a prompt under Midjourney's short names; `lane` is `--fast` or `--relax`.

    Switches are True. `no` is all of them, joined by commas; `niji` and `p` may be empty.
    """

    ar: str
    no: str
    seed: int
    q: float
    repeat: int
    iw: float
    lane: str
    s: int
    v: str
    niji: str
    tile: bool
    raw: bool
    style: str
    chaos: int
    weird: int
    sref: str
    cref: str
    oref: str
    sw: int
    cw: int
    ow: int
    sv: str
    exp: int
    stop: int
    p: str
    draft: bool
    turbo: bool
    video: bool
    hd: bool
    stealth: bool
    public: bool


@dataclass(frozen=True)
class ReadPrompt:
    """A prompt taken apart: the words before the first flag, and the flags."""

    words: str
    flags: Flags


@dataclass(frozen=True)
class _Flag:
    """How one flag is written: `fewest` to `most` words, None as many as there are.

    `read` gives None for what is not `expected`.
    """

    key: str
    read: _Read
    expected: str
    fewest: int = 1
    most: int | None = 1


def read_prompt(text: str) -> ReadPrompt:
    """Part a prompt from its flags; line breaks become spaces.

    From the first flag on, everything belongs to flags. `--` inside a word, alone or before
    anything but a letter is text.

    Raises:
        UnknownFlag: all that are not Midjourney's.
        BadFlag: a value that the flag does not take, words behind it, or two different values.
    """
    line = " ".join(text.splitlines())
    starts = list(_START.finditer(line))
    names = [start[1].casefold() for start in starts]
    unknown = [name for name in names if name not in _FLAGS]
    if unknown:
        raise UnknownFlag(names=unknown, is_known=False)
    ends = [start.start() for start in starts] + [len(line)]
    found: dict[str, list[_Value]] = {}
    for name, start, end in zip(names, starts, ends[1:], strict=True):
        flag = _FLAGS[name]
        value = _value(flag, name, line[start.end() : end])
        values = found.setdefault(flag.key, [])
        if values and flag.key != "no" and values[0] != value:
            raise BadFlag(name=name, value=str(value), expected="one value, not several")
        values.append(value)
    flags = {key: _joined(key, values) for key, values in found.items()}
    return ReadPrompt(line[: ends[0]].strip(), cast("Flags", flags))


def _joined(key: str, values: list[_Value]) -> _Value:
    return ", ".join(map(str, values)) if key == "no" else values[0]


def _value(flag: _Flag, name: str, typed: str) -> _Value:
    """Read what stands between a flag and the next one."""
    most = len(typed) if flag.most is None else flag.most
    words = typed.split(maxsplit=most)
    given = " ".join(words[:most])
    value = flag.read(given)
    if value is None or len(words) < flag.fewest:
        raise BadFlag(name=name, value=given, expected=flag.expected)
    if len(words) > most:
        raise BadFlag(name=name, value=words[most].rstrip(), expected=_nothing_after(flag))
    return value


def _nothing_after(flag: _Flag) -> str:
    return "nothing after its value" if flag.most else "no value"


def _ratio(given: str) -> str | None:
    return given if _RATIO.fullmatch(given) else None


def _whole(low: int, high: int) -> _Read:
    def read(given: str) -> int | None:
        value = int(given) if _WHOLE.fullmatch(given) else -1
        return value if low <= value <= high else None

    return read


def _number(given: str) -> float:
    return float(given) if _NUMBER.fullmatch(given) else -1.0


def _quality(given: str) -> float | None:
    value = _number(given)
    return value if value in _QUALITIES else None


def _image_weight(given: str) -> float | None:
    value = _number(given)
    return value if 0 <= value <= _MOST_IMAGE_WEIGHT else None


def _unwanted(given: str) -> str | None:
    return given.strip(" ,") or None


def _text(given: str) -> str:
    return given


def _is_set(_given: str) -> bool:
    return True


def _lane(name: str) -> _Flag:
    return _Flag("lane", lambda _given: name, "no value", fewest=0, most=0)


def _switch(name: str) -> _Flag:
    return _Flag(name, _is_set, "no value", fewest=0, most=0)


def _references(name: str) -> _Flag:
    return _Flag(name, _text, "links to pictures, or codes", most=None)


def _amount(name: str) -> _Flag:
    return _Flag(name, _whole(0, 10_000), "a whole number")


_ALL = [
    _Flag("ar", _ratio, "a ratio such as 16:9"),
    _Flag("no", _unwanted, "what to keep out", most=None),
    _Flag("seed", _whole(0, MAX_SEED), f"a whole number from 0 to {MAX_SEED}"),
    _Flag("q", _quality, "0.25, 0.5, 1, 2 or 4"),
    _Flag("repeat", _whole(1, MOST_REPEATS), f"a whole number from 1 to {MOST_REPEATS}"),
    _Flag("iw", _image_weight, f"a number from 0 to {_MOST_IMAGE_WEIGHT}"),
    *(_amount(name) for name in ("s", "chaos", "weird", "sw", "cw", "ow", "exp", "stop")),
    *(_Flag(name, _text, "a version") for name in ("v", "sv")),
    _Flag("style", _text, "a style such as raw"),
    _Flag("niji", _text, "a version", fewest=0),
    _Flag("p", _text, "codes of profiles", fewest=0, most=None),
    *(_references(name) for name in ("sref", "cref", "oref")),
    *(_switch(name) for name in ("tile", "raw", "draft", "turbo", "video", "hd")),
    *(_switch(name) for name in ("stealth", "public")),
]
_LONG_NAMES = {
    "aspect": "ar",
    "quality": "q",
    "r": "repeat",
    "stylize": "s",
    "version": "v",
    "c": "chaos",
    "w": "weird",
    "profile": "p",
}
_BY_KEY = {flag.key: flag for flag in _ALL}
_FLAGS = {
    **_BY_KEY,
    **{name: _BY_KEY[key] for name, key in _LONG_NAMES.items()},
    **{name: _lane(name) for name in ("fast", "relax")},
}
