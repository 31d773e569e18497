"""What Replicate's refusals and failed runs mean, in our errors and in words fit for the person."""

import re
from collections.abc import Mapping
from typing import Any

from bot.errors import (
    EndpointGone,
    Moderated,
    ProviderBusy,
    ProviderError,
    ProviderFailed,
    ProviderRejected,
)
from bot.providers._http import LONGEST_PAUSE_S, one_line

ENDED_BADLY = {"failed", "canceled", "aborted"}

_FAILED = "the run failed on its side"
_FILTERED = "its safety filter refused the words or the picture"
_BROKEN_OFF = "the run was interrupted on its side; the same may work again"
_NO_START = "the model did not start"
_NO_MEMORY = "the model ran out of memory; a smaller picture may work"
_WORDS = {
    "E004": "the service behind the model is down",
    "E1001": _NO_MEMORY,
    "E6716": "the model did not start in time",
    "E8367": _BROKEN_OFF,
    "E8765": _NO_START,
    "E9243": _NO_START,
    "E9825": "its pictures could not be handed over",
    "E9828": _BROKEN_OFF,
    "PA": _BROKEN_OFF,
}

_FLAGGED = re.compile(r"flagged as sensitive|\bE005\b", re.IGNORECASE)
_MODERATED = re.compile(rf"{_FLAGGED.pattern}|nsfw|\bsafety\b", re.IGNORECASE)
_CODE = re.compile(r"\bcode: (\w{1,8})\b|\b(E\d{3,4})\b")
_PLATFORM = re.compile(r"E\d{4}")
"""Codes of Replicate's own machinery; shorter ones are the hosted models', for inputs as well."""
_CODES_AT_END = re.compile(r"(?:\s*\((?:code: )?\w+\))+\s*$")
_OUT_OF_MEMORY = re.compile(r"\bout of memory\b", re.IGNORECASE)
_NO_VERSION = re.compile(r"\bversion does not exist\b|\binvalid version\b", re.IGNORECASE)
_RESETS = re.compile(r"resets in ~?(\d{1,6})\s?s", re.IGNORECASE)

_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|data:)\S+", re.IGNORECASE)
_ID = re.compile(r"\b(?=[a-z]*\d)[a-z0-9]{24,}\b")
_FIELD = re.compile(r"(^|\s)- input[.:]\s*")
_OF_INPUT = re.compile(r"\binput\.(?=\w)")


def worded(text: str) -> str:
    """Put foreign text on one line without addresses, ids and the API's name for our inputs."""
    # Addresses go before the first cut, so that half of one cannot slip through.
    text = _ID.sub("…", _ADDRESS.sub("(link)", text))
    text = _FIELD.sub(lambda found: "; " if found[1] else "", text)
    return one_line(_OF_INPUT.sub("", text))


def reworded(error: ProviderError) -> ProviderError:
    """Return a refused order's error in our words, with the pause that Replicate's own name.

    A 429 often says only in its text when the limit ends.
    """
    text = worded(str(error))
    if isinstance(error, ProviderBusy):
        return ProviderBusy(text, retry_after_s=_pause_s(text, at_least=error.retry_after_s))
    if isinstance(error, ProviderRejected) and _FLAGGED.search(text):
        return Moderated(_FILTERED)
    if isinstance(error, ProviderRejected) and _NO_VERSION.search(text):
        return EndpointGone(text)
    return type(error)(text)


def _pause_s(text: str, *, at_least: float) -> float:
    found = _RESETS.search(text)
    return min(LONGEST_PAUSE_S, max(at_least, float(found[1]))) if found else at_least


def failure_of(run: Mapping[str, Any]) -> ProviderRejected:
    """Name the end of a run whose status is one of `ENDED_BADLY`."""
    if run["status"] == "canceled":
        return ProviderRejected("cancelled")
    if run["status"] == "aborted":
        return ProviderRejected("cancelled before it began")
    error = run.get("error")
    text = error if isinstance(error, str) else ""
    if _MODERATED.search(text):
        return Moderated(_FILTERED)
    said = worded(_CODES_AT_END.sub("", text))
    found = _CODE.search(text)
    code = (found[1] or found[2]) if found else ""
    if code in _WORDS or _PLATFORM.fullmatch(code):
        return ProviderFailed(_WORDS.get(code) or said or _FAILED)
    if _OUT_OF_MEMORY.search(text):
        return ProviderFailed(_NO_MEMORY)
    # Otherwise it is the model's own word, most likely on the inputs.
    return ProviderRejected(said) if said else ProviderFailed(_FAILED)
