"""What CivitAI's refusals and failed workflows mean, in our errors and in words for the person."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from bot.errors import (
    BadKey,
    Moderated,
    OutOfFunds,
    ProviderError,
    ProviderFailed,
    ProviderRejected,
)
from bot.providers._civitai_wire import jobs_of, object_in, objects_in, status_of, steps_of
from bot.providers._http import one_line

SUCCEEDED = "succeeded"
_CANCELLED = {"canceled", "cancelled"}
_FAILED = {"failed", "expired"}
SAFETY = "its safety filter refused the words or the picture"
_SIDE = "the run failed on its side"
_WORDS = {
    "no_provider_available": "none of its machines takes these inputs",
    "timeout": "the model did not finish in time",
    "expired": "the model did not finish in time",
}
_BLOCKED = "blocked"
_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|data:|urn:)\S+", re.IGNORECASE)
_FORBIDDEN = "answered 403"
_OF_THE_KEY = re.compile(r"\b(key|token|scope|insufficient_scope|unauthori[sz]ed)\b", re.IGNORECASE)
_MONEY = re.compile(r"\b(buzz|funds)\b", re.IGNORECASE)
# A 400 may quote the prompt, and that may well be about Buzz Lightyear.
_TOO_LITTLE = re.compile(
    r"\b(insufficient|enough|lacks?)\b.{0,20}\b(buzz|funds)\b"
    r"|\b(buzz|funds)\b.{0,20}\b(insufficient|required|too low)\b",
    re.IGNORECASE,
)
_MATURE = re.compile(r"\b(mature|nsfw|moderat\w+|blocked|prohibited)\b", re.IGNORECASE)
_NOT_FOR_SALE = re.compile(r"\b(resource|model|checkpoint|tier|member)", re.IGNORECASE)


def refusal_in(error: BadKey | ProviderRejected) -> ProviderError:
    """Name a refused order by its words: CivitAI's 403 and 400 mean many things.

    Its documents give no status for an empty account; a 403 with a JSON object and one with a
    bare string were recorded. What else is forbidden is hardly ever the key's fault.
    """
    words = cleaned(str(error))
    if isinstance(error, BadKey):
        return _forbidden(words) if _FORBIDDEN in words else BadKey(words)
    if _TOO_LITTLE.search(words):
        return OutOfFunds(words)
    return Moderated(SAFETY) if "mature content" in words.lower() else ProviderRejected(words)


def _forbidden(words: str) -> ProviderError:
    if _MONEY.search(words):
        return OutOfFunds(words)
    if _OF_THE_KEY.search(words):
        return BadKey(words)
    if _MATURE.search(words):
        return Moderated(SAFETY)
    return ProviderRejected(words) if _NOT_FOR_SALE.search(words) else BadKey(words)


def failure_in(workflow: Mapping[str, Any]) -> ProviderRejected | None:
    """Say how a workflow ended without pictures; None when it did not.

    CivitAI gives the Buzz of a failed workflow back, so that another provider may have its turn.
    """
    status = status_of(workflow)
    if status in _CANCELLED:
        return ProviderRejected("cancelled")
    if status not in _FAILED:
        return None
    reasons = list(_reasons_in(workflow))
    if _BLOCKED in reasons or any(is_blocked(node) for node in _nodes_of(workflow)):
        return Moderated(SAFETY)
    known = (_WORDS[reason] for reason in [*reasons, status] if reason in _WORDS)
    words = next(known, None)
    said = _errors_in(workflow)
    if words is None and said:
        return ProviderRejected(said)
    return ProviderFailed(words or _SIDE)


def is_blocked(node: Mapping[str, Any]) -> bool:
    """Whether CivitAI keeps a blob back; `none` is one of the reasons it gives."""
    reason = node.get("blockedReason")
    return bool(reason) and str(reason).lower() != "none"


def cleaned(text: str) -> str:
    """Take addresses and resource names out of a text, and put it on one line."""
    return one_line(_ADDRESS.sub("(link)", text))


def _nodes_of(workflow: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield everything in a workflow that may say why it failed; where is not documented."""
    yield workflow
    for step in steps_of(workflow):
        output = object_in(step.get("output"))
        yield from (step, output, *objects_in(output.get("images")))
        yield from (object_in(output.get(name)) for name in ("blob", "image"))
    yield from jobs_of(workflow)


def _reasons_in(workflow: Mapping[str, Any]) -> Iterator[str]:
    for node in _nodes_of(workflow):
        reason = node.get("reason")
        if isinstance(reason, str) and reason:
            yield reason.lower()


def _errors_in(workflow: Mapping[str, Any]) -> str:
    for step in steps_of(workflow):
        errors = object_in(step.get("output")).get("errors")
        if isinstance(errors, list) and errors:
            return cleaned(str(cast("list[object]", errors)[0]))
    return ""
