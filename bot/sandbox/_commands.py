"""What Discord takes as application commands and as choices for their options.

Source: discord.com/developers/docs/interactions/application-commands.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from bot.sandbox._body import ApiError, Part

SLASH, USER_MENU, MESSAGE_MENU, ENTRY_POINT = 1, 2, 3, 4
MAX_CHARACTERS = 8000

_MOST_OF_A_TYPE = {SLASH: 100, USER_MENU: 15, MESSAGE_MENU: 15, ENTRY_POINT: 1}
_SUBCOMMAND, _GROUP = 1, 2
_WITH_CHOICES = (3, 4, 10)  # text, integer, number
_VALUES = range(3, 12)
_MAX_STRING = 6000


def check_commands(commands: Sequence[Mapping[str, Any]]) -> None:
    """Check a full set of one scope's commands.

    Raises:
        ApiError: 400/50035, keyed by the place in the list; 400/30032 for too many of a type.
    """
    body = Part({str(n): command for n, command in enumerate(commands)})
    parts = [body.part(key) for key in body.value]
    for command in parts:
        _check_command(command)
    _check_unique(parts, "APPLICATION_COMMANDS_DUPLICATE_NAME", _type_and_name)
    body.refuse()
    _check_numbers(commands)


def check_choices(choices: Sequence[Mapping[str, Any]]) -> None:
    """Check what an autocomplete offers.

    Raises:
        ApiError: 400/50035, below `choices`.
    """
    body = Part({"choices": choices})
    _check_choices(body)
    body.refuse()


def _check_numbers(commands: Sequence[Mapping[str, Any]]) -> None:
    numbers = Counter(command.get("type") or SLASH for command in commands)
    for kind, number in numbers.items():
        most = _MOST_OF_A_TYPE[kind]
        if number > most:
            words = f"Maximum number of application commands reached ({most})"
            raise ApiError(400, 30032, words)


def _check_command(command: Part) -> None:
    if command.one_of("type", _MOST_OF_A_TYPE, default=SLASH) == SLASH:
        _check_named(command)
        _check_options(command)
    else:
        command.text("name", low=1, high=32)
        command.text("description", high=0)
        command.parts("options", high=0)
    if _characters(command) > MAX_CHARACTERS:
        words = f"Command exceeds maximum size ({MAX_CHARACTERS})"
        command.note("APPLICATION_COMMAND_TOO_LARGE", words)


def _check_named(part: Part) -> None:
    _check_name(part, "name")
    part.text("description", low=1, high=100)
    names = part.part("name_localizations")
    for locale in names.value:
        _check_name(names, locale)
    descriptions = part.part("description_localizations")
    for locale in descriptions.value:
        descriptions.text(locale, low=1, high=100)


def _check_name(part: Part, key: str) -> None:
    name = part.text(key, low=1, high=32)
    if name and not (name == name.lower() and all(map(_may_stand_in_name, name))):
        part.note("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid", at=key)


def _may_stand_in_name(character: str) -> bool:
    if character in "-_'" or unicodedata.category(character)[0] in "LN":
        return True
    # Marks belong to the letters of these two scripts, and no others are taken.
    return unicodedata.name(character, "").startswith(("DEVANAGARI", "THAI"))


def _check_options(owner: Part, *, inside: int | None = None) -> None:
    """Check the options of a command, or of the group or subcommand that `inside` says."""
    options = owner.parts("options", high=25)
    allowed = _allowed(options, inside)
    for option in options:
        _check_named(option)
        kind = option.one_of("type", allowed)
        if kind in (_GROUP, _SUBCOMMAND):
            _check_options(option, inside=kind)
        else:
            _check_value_option(option, kind)
    _check_unique(options, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", _name)
    _check_order(options)


def _allowed(options: Sequence[Part], inside: int | None) -> Collection[int]:
    if inside == _GROUP:
        return (_SUBCOMMAND,)
    nests = any(option.value.get("type") in (_SUBCOMMAND, _GROUP) for option in options)
    return (_SUBCOMMAND, _GROUP) if nests and inside is None else _VALUES


def _check_value_option(option: Part, kind: int) -> None:
    takes_choices = kind in _WITH_CHOICES and not option.value.get("autocomplete")
    _check_choices(option, most=25 if takes_choices else 0)
    longest = option.whole("max_length", low=1, high=_MAX_STRING, default=_MAX_STRING)
    option.whole("min_length", low=0, high=longest, default=0)


def _check_choices(owner: Part, *, most: int = 25) -> None:
    for choice in owner.parts("choices", high=most):
        choice.text("name", low=1, high=100)
        names = choice.part("name_localizations")
        for locale in names.value:
            names.text(locale, low=1, high=100)
        if not isinstance(choice.value.get("value"), int | float):
            choice.text("value", low=1, high=100)


def _check_order(options: Sequence[Part]) -> None:
    was_optional = False
    for option in options:
        is_required = bool(option.value.get("required"))
        is_value = option.value.get("type") in _VALUES
        if is_required and was_optional:
            words = "Required options must be placed before non-required options"
            option.note("APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)
        was_optional = was_optional or (is_value and not is_required)


def _check_unique(parts: Sequence[Part], code: str, key: Callable[[Part], object]) -> None:
    seen: set[object] = set()
    for part in parts:
        if key(part) in seen:
            part.note(code, "The name must be unique", at="name")
        seen.add(key(part))


def _name(part: Part) -> str:
    return str(part.value.get("name"))


def _type_and_name(command: Part) -> tuple[int, str]:
    return command.value.get("type") or SLASH, _name(command)


def _characters(command: Part) -> int:
    return sum(_own_characters(part.value) for part in (command, *command.below()))


def _own_characters(part: Mapping[str, Any]) -> int:
    words = _longest(part, "name") + _longest(part, "description")
    return words + len(str(part.get("value", "")))


def _longest(part: Mapping[str, Any], key: str) -> int:
    """Measure one field in its longest language, which alone counts."""
    translations = Part(part).part(f"{key}_localizations").value
    return max(len(str(words)) for words in (part.get(key, ""), *translations.values()))
