"""What Discord's client checks before it sends a command: options, their types and limits."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bot.sandbox.wire import Json

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
SNOWFLAKES = frozenset({USER, CHANNEL, ROLE, MENTIONABLE})
_LONGEST_STRING = 6000
_LARGEST_INTEGER = 2**53


class ClientRefused(Exception):
    """Discord's client would not send this; nothing reached the bot."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_options(
    declared: Sequence[Json], given: Mapping[str, Any], file_names: Collection[str]
) -> None:
    """Check what a person filled in against what the command declares.

    Raises:
        ClientRefused: with the words a person would read.
    """
    known = {option["name"]: option for option in declared}
    for name in (*given, *file_names):
        if name not in known:
            raise ClientRefused(f"There is no option {name}")
    for option in declared:
        _check_presence(option, given, file_names)
    for name, value in given.items():
        _check_value(known[name], value)


def _check_presence(option: Json, given: Mapping[str, Any], file_names: Collection[str]) -> None:
    name = option["name"]
    is_given = name in file_names if option["type"] == ATTACHMENT else name in given
    if option.get("required") and not is_given:
        raise ClientRefused(f"{name}: This option is required")
    if option["type"] == ATTACHMENT and name in given:
        raise ClientRefused(f"{name}: Attach a file")
    if option["type"] != ATTACHMENT and name in file_names:
        raise ClientRefused(f"{name}: This option takes no file")


def _check_value(option: Json, value: object) -> None:
    name, kind = option["name"], option["type"]
    if not _is_of_type(kind, value):
        raise ClientRefused(f"{name}: Input a valid {_TYPE_WORDS[kind]}")
    if option.get("choices"):
        if value not in [choice["value"] for choice in option["choices"]]:
            raise ClientRefused(f"{name}: Choose one of the listed options")
    elif isinstance(value, str) and kind == STRING:
        _check_length(option, value)
    elif isinstance(value, int | float) and kind in {INTEGER, NUMBER}:
        _check_range(option, value)


def _check_length(option: Json, value: str) -> None:
    shortest = option.get("min_length") or 0
    longest = option.get("max_length") or _LONGEST_STRING
    if len(value) < max(shortest, 1):
        raise ClientRefused(f"{option['name']}: At least {max(shortest, 1)} characters")
    if len(value) > longest:
        raise ClientRefused(f"{option['name']}: At most {longest} characters")


def _check_range(option: Json, value: float) -> None:
    lowest = option.get("min_value", -_LARGEST_INTEGER)
    highest = option.get("max_value", _LARGEST_INTEGER)
    if value < lowest:
        raise ClientRefused(f"{option['name']}: At least {lowest}")
    if value > highest:
        raise ClientRefused(f"{option['name']}: At most {highest}")


_TYPE_WORDS = {
    STRING: "text",
    INTEGER: "integer",
    BOOLEAN: "boolean",
    USER: "user",
    CHANNEL: "channel",
    ROLE: "role",
    MENTIONABLE: "user or role",
    NUMBER: "number",
    ATTACHMENT: "file",
}


def _is_of_type(kind: int, value: object) -> bool:
    if kind == BOOLEAN:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == INTEGER:
        return isinstance(value, int)
    if kind == NUMBER:
        return isinstance(value, int | float) and math.isfinite(value)
    if kind in SNOWFLAKES:
        return str(value).isdecimal()
    return isinstance(value, str)


def fill_options(declared: Sequence[Json], given: Mapping[str, Any]) -> list[Json]:
    """Return options as the wire has them, in the command's order, unknown ones last."""
    kinds = {option["name"]: option["type"] for option in declared}
    order = {name: place for place, name in enumerate(kinds)}
    filled: list[Json] = []
    for name in sorted(given, key=lambda name: order.get(name, len(order))):
        kind, value = kinds.get(name, STRING), given[name]
        is_id = kind in SNOWFLAKES or kind == ATTACHMENT
        filled.append({"type": kind, "name": name, "value": str(value) if is_id else value})
    return filled


def nest(way: Sequence[Json], options: list[Json]) -> list[Json]:
    """Wrap filled-in options into the groups and subcommands on the way to them."""
    for step in reversed(way):
        options = [{"name": step["name"], "type": step["type"], "options": options}]
    return options
