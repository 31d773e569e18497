"""Personal data in prompts: e-mail addresses, payment cards and phone numbers.

Prompts are full of numbers that are none of these: seeds, sizes, dates, years. A card number must
have a plausible beginning and length, its usual groups and a right check digit; a phone number
needs a plus sign, the groups of a numbering plan, or a word like "phone" before it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from bot.policy._letters import Letters
from bot.policy._screen_engines import Expression, expression_of

PersonalKind = Literal["email", "card", "phone"]


@dataclass(frozen=True)
class Personal:
    """Personal data, and where it stands in the folded text."""

    kind: PersonalKind
    start: int
    end: int


def find_personal(folded: Letters) -> Iterator[Personal]:
    """Return the personal data in a folded text, the first of each way to write it."""
    text = folded.text
    if _AT.search(text):
        yield from _first("email", text, _EMAIL, _is_address)
    if _DIGITS.search(text):
        yield from _first("card", text, _CARD, _is_card)
        yield from _first("phone", text, _ABROAD, _is_abroad)
        yield from _first("phone", text, _PLANNED, _is_planned)
        yield from _first("phone", text, _ANNOUNCED, _is_announced)


def _first(
    kind: PersonalKind, text: str, pattern: Expression, is_one: Callable[[str, int, int], bool]
) -> Iterator[Personal]:
    for match in pattern.finditer(text):
        start, end = match.span()
        if is_one(text, start, end):
            announced = _BEFORE_NUMBER.match(text, start) if kind == "phone" else None
            yield Personal(kind, announced.end() if announced else start, end)
            return


# RE2 in all of these: `re` would take the square of a long text's length.
_AT = re.compile(r"@|[(\[]at[)\]]")
_EMAIL = expression_of(
    r"[a-z0-9][a-z0-9._%+-]*(?:@|\s?[(\[]at[)\]]\s?)[a-z0-9-]+(?:\.[a-z0-9-]+)*"
    r"(?:\.|\s?[(\[]dot[)\]]\s?)[a-z]{2,18}\b"
)
_FILES = ("png", "jpg", "jpeg", "webp", "gif", "svg", "mp4", "webm", "pdf", "psd", "ckpt", "bin")


def _is_address(text: str, start: int, end: int) -> bool:
    return not text[start:end].endswith(_FILES)


_DIGITS = re.compile(r"\d[ .()\-/]{0,2}\d\d")
_CARD = expression_of(
    r"\b(?:\d{13,19}|\d{4}(?:[ -]\d{4}){3}(?:[ -]\d{1,3})?|\d{4}[ -]\d{6}[ -]\d{4,5})\b"
)
# How the numbers of a company begin, and how long they are.
_COMPANIES = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}"
    r"|(?:6011|64[4-9]\d|65\d{2})\d{12,15}"
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"
    r"|3(?:0[0-5]|[689]\d)\d{11}"
    r"|62\d{14,17}"
)


def _is_card(text: str, start: int, end: int) -> bool:
    digits = _digits_of(text[start:end])
    return (
        _COMPANIES.fullmatch(digits) is not None
        and _has_check_digit(digits)
        and not _is_seed(text, start)
    )


def _has_check_digit(digits: str) -> bool:
    """Whether the last digit is the one that follows from the others. Source: ISO/IEC 7812-1."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - its digits are added
    return total % 10 == 0


_ABROAD = expression_of(r"\+\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){1,6}")
_PLANNED = expression_of(
    r"(?:\([2-9]\d{2}\) ?|\b[2-9]\d{2}[.-])[2-9]\d{2}[.-]\d{4}\b"
    r"|\b0[1-9](?:[ .]\d{2}){4}\b|\b07\d{3} ?\d{6}\b"
)
_ANNOUNCED = expression_of(
    r"(?:phone|tel|mobile|cell|whatsapp|signal|call|text|sms|fax|telefon|handy|mobil|portable|"
    r"telephone|telefono|movil|celular|llamame|telefone|ligue|chiama|cellulare|komorka|zadzwon|"
    r"numer|number|телефон|тел|звони|電話|电话|手机|전화)"
    r"(?:[ .:=#-]{0,3}(?:number|no|nr|num|numero|numer|nummer|me|us|at|on|is|now|unter|au|al|на))?"
    r"[ .:=#-]{0,3}\+?\(?\d(?:[ .()/-]{0,2}\d){6,14}"
)
_BEFORE_NUMBER = re.compile(r"[^\d+(]+")
_DATE = re.compile(r"(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ]\d")
_LOCAL = re.compile(r"\d{3}-\d{4}$")
_SHORTEST, _LONGEST = 9, 15
"""Digits of a phone number with its area's. The longest is of E.164."""


def _is_abroad(text: str, start: int, end: int) -> bool:
    return _stands_alone(text, start, end) and _is_long(text[start:end])


def _is_planned(text: str, start: int, end: int) -> bool:
    return _stands_alone(text, start, end) and not _is_seed(text, start)


def _is_announced(text: str, start: int, end: int) -> bool:
    number = text[start:end]
    if text[start - 1 : start].isalpha() or _DATE.search(number):
        return False
    return _stands_alone(text, start, end) and (
        _is_long(number) or _LOCAL.search(number) is not None
    )


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether it is no part of a longer number, of a size, or of a weight."""
    return not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum()


def _is_long(number: str) -> bool:
    return _SHORTEST <= len(_digits_of(number)) <= _LONGEST


def _is_seed(text: str, start: int) -> bool:
    return text[:start].rstrip(" :=").endswith("seed")


def _digits_of(text: str) -> str:
    return "".join(letter for letter in text if letter.isdecimal())
