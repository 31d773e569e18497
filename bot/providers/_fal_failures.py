"""What fal.ai's refusals mean, in our errors and in words fit for the person.

A run that failed is COMPLETED in fal's queue; how it failed is the HTTP answer to the question for
its result. The same statuses come from fal's gateways, which say nothing about the run, so a
failure is final only when the run's own status tells of it.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from fal_client import Completed, FalClientHTTPError

from bot.errors import Moderated, ProviderError, ProviderFailed, ProviderLost, ProviderRejected
from bot.providers._fal_progress import objects_in
from bot.providers._http import one_line

CLIENT_CLOSED_REQUEST = 499
ASKED_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
"""What fal-client takes for passing trouble, whoever answers it, and asks again."""

_POLICY = "content_policy_violation"
_CANCELLED = "client_cancelled"
_UNFINISHED = "still in progress"
_MAY_BE_OURS = ASKED_AGAIN | {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_MOST_ENTRIES = 3
_SHORTEST_ECHO = 8
_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|data:)\S+", re.IGNORECASE)
_STATUS_IN_ERROR = re.compile(r"status code: (\d{3})\b")
_FAILED = "the run failed on its side"
_WORDS = {
    "request_timeout": "the queue was too long",
    "startup_timeout": "the model did not start in time",
    "generation_timeout": "the model did not finish in time",
    "downstream_service_error": "the service behind the model refused it",
    "downstream_service_unavailable": "the service behind the model is down",
    "no_media_generated": "the model made no picture",
    "runner_scheduling_failure": "there was no machine to run it",
}


class Refused(Exception):
    """fal.ai answered a question about a run with an error; `detail` is None when a gateway did."""

    def __init__(self, error: FalClientHTTPError) -> None:
        super().__init__(f"fal.ai answered {error.status_code}")
        # The error itself is let go: it holds the request, and the request holds the key.
        body = _json_of(error)
        self.status = error.status_code
        self.detail: object = body.get("detail")
        self.error_type = error.error_type or _type_of(self.detail)

    @property
    def is_of_fal(self) -> bool:
        """Whether fal's own JSON came, rather than the page of something in between."""
        return self.detail is not None


def _json_of(error: FalClientHTTPError) -> Mapping[str, Any]:
    try:
        body = error.response.json()
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _type_of(detail: object) -> str | None:
    types = [str(entry.get("type")) for entry in objects_in(detail)]
    return _POLICY if _POLICY in types else next(iter(types), None)


def tells_failure(status: Completed) -> bool:
    """Whether a run that is over says that it failed."""
    return bool(status.error or status.error_type)


def status_in(status: Completed) -> int | None:
    """Return the HTTP status that a run ended with, where its error names one."""
    found = _STATUS_IN_ERROR.search(str(status.error))
    return int(found[1]) if found else None


def is_cancelled(status: Completed) -> bool:
    """Whether a run is over because somebody stopped it."""
    return status.error_type == _CANCELLED


def failure_of(refused: Refused, status: Completed | None) -> ProviderError:
    """Name what came in place of a result; `status` is what the run says of itself, if known."""
    if refused.status == CLIENT_CLOSED_REQUEST or refused.error_type == _CANCELLED:
        return ProviderRejected("cancelled")
    if not _is_final(refused, status):
        return ProviderLost(str(refused))
    if refused.error_type == _POLICY:
        return Moderated("its safety filter refused the words or the picture")
    if refused.status == HTTPStatus.NOT_FOUND and not (status and tells_failure(status)):
        return ProviderRejected("fal.ai does not know this run any more")
    if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ProviderFailed(_WORDS.get(str(refused.error_type), _FAILED))
    return ProviderRejected(_words_of(refused))


def failure_without_result(status: Completed) -> ProviderRejected:
    """Name the failure of a run from its own status alone."""
    if is_cancelled(status):
        return ProviderRejected("cancelled")
    return ProviderFailed(_WORDS.get(str(status.error_type), _FAILED))


def _is_final(refused: Refused, status: Completed | None) -> bool:
    if status is not None and status_in(status) == refused.status:
        return True
    if not refused.is_of_fal or refused.status < HTTPStatus.BAD_REQUEST:
        return False
    if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return status is not None and tells_failure(status)
    return refused.status not in _MAY_BE_OURS and _UNFINISHED not in str(refused.detail)


def _words_of(refused: Refused) -> str:
    """Say what was wrong with the inputs, field by field, without repeating them."""
    if isinstance(refused.detail, str):
        said = [_without_addresses(refused.detail)]
    else:
        said = [_entry_words(entry) for entry in objects_in(refused.detail)[:_MOST_ENTRIES]]
    words = one_line("; ".join(dict.fromkeys(filter(None, said))))
    return words or _WORDS.get(str(refused.error_type), _FAILED)


def _entry_words(entry: Mapping[str, Any]) -> str:
    message, echo = str(entry.get("msg") or ""), entry.get("input")
    if isinstance(echo, str) and len(echo) >= _SHORTEST_ECHO:
        message = message.replace(echo, "…")
    field = _field_of(entry.get("loc"))
    message = _without_addresses(message)
    return f"{field}: {message}" if field and message else message


def _field_of(path: object) -> str:
    """Return the last name in a path such as `["body", "loras", 0, "path"]`."""
    if not isinstance(path, list):
        return ""
    names = [name for name in cast("list[object]", path) if isinstance(name, str)]
    return names[-1] if names and names[-1] != "body" else ""


def _without_addresses(text: str) -> str:
    # Before the first cut, so that half an address cannot slip through.
    return _ADDRESS.sub("(link)", text)
