"""The POST that spends money: it leaves this process once, and every outcome has a name.

Whether a run was bought decides what may follow, so the line is drawn here and nowhere else:
what failed before the request was written is surely not accepted; what failed afterwards, or was
answered with something we cannot read, may have been.

What it bought is downloaded here as well, bounded and without the key.
"""

import asyncio
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, cast

import httpx
import structlog

from bot.errors import (
    BadKey,
    EndpointGone,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    ProviderLost,
    ProviderRejected,
    SubmitUncertain,
)

log = structlog.get_logger()

LONGEST_PAUSE_S = 300.0
LONGEST_MESSAGE = 300
_MARGIN_S = 5.0
_OF_THE_TRANSFER = {"content-encoding", "content-length", "transfer-encoding"}
_DEEPEST_WORDS = 6
_SHORTEST_PAUSE_S = 1.0
_USUAL_PAUSE_S = 5.0
_SHORTEST_SECRET = 6
"""Shorter header values are words like `1` or `true`, which messages may contain."""

_NOT_WRITTEN = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_MOST_HOPS = 3
_TYPES = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
    b"GIF8": "image/gif",
}
_MAY_COME_BACK = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_KEY_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_DOWN = {
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
# A 422 quotes the inputs, and a prompt may well be about insufficient funds.
_MAY_MEAN_FUNDS = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_ACCEPTABLE, *_KEY_REFUSED}
_FUNDS = re.compile(
    r"(insufficient|not enough|no more|(run|ran) out of|out of|exhausted) (your )?"
    r"(buzz|funds?|credits?|balance)|(balance|credits?) (is |are )?(exhausted|insufficient"
    r"|too low|used up)|top(ping)? up (your |the )?(balance|account|credits?|funds|wallet)"
    r"|exceeded .{0,40}credits|payment required|spend(ing)? limit",
    re.IGNORECASE,
)
# Some quote the prompt, and a prompt may speak of money.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|“[^”]*”")
_PLAIN_HEADERS = {"accept", "accept-encoding", "connection", "content-length", "content-type"} | {
    "host",
    "user-agent",
}


@dataclass(frozen=True)
class Bounds:
    """How long an answer may take, or as long as the client says, and how much of it is read."""

    patience_s: float | None = None
    limit_bytes: int = 4 * 1024 * 1024


USUAL_BOUNDS = Bounds()

Refusal = Callable[[httpx.Response], ProviderError | None]
"""Names a refusal where a company says in its own way what is wrong."""


async def post_once(
    http: httpx.AsyncClient,
    url: str,
    body: Mapping[str, Any],
    *,
    headers: Mapping[str, str] | None = None,
    refusal: Refusal | None = None,
) -> dict[str, Any]:
    """Send a JSON body that buys a run, exactly once, and give the JSON object that came back.

    Redirects are not followed. No message holds a header value or the URL. `refusal` is asked
    first what a refusal means; None leaves it to what is usual.

    Raises:
        ProviderBusy, ProviderDown, OutOfFunds, BadKey: surely not accepted.
        ProviderRejected: answered with a final no.
        SubmitUncertain: perhaps accepted.
    """
    return object_in(await post_for_answer(http, url, body, headers=headers, refusal=refusal))


async def post_for_answer(
    http: httpx.AsyncClient,
    url: str,
    body: Mapping[str, Any],
    *,
    headers: Mapping[str, str] | None = None,
    bounds: Bounds = USUAL_BOUNDS,
    refusal: Refusal | None = None,
) -> httpx.Response:
    """Send a JSON body as `post_once` does, and give whatever came with a success, read whole.

    Raises as `post_once`.
    """
    patience_s, limit_bytes = bounds.patience_s, bounds.limit_bytes
    timeout = http.timeout if patience_s is None else _patient(http.timeout, patience_s)
    try:
        request = http.build_request("POST", url, json=body, headers=headers, timeout=timeout)
        # The client's own timeout starts again with every byte.
        async with asyncio.timeout(timeout.read and timeout.read + _MARGIN_S):
            response = await _send(http, request, limit_bytes)
    except (httpx.TransportError, httpx.DecodingError) as error:
        failure = _unanswered(error)
    except TimeoutError:
        failure = SubmitUncertain("the provider's answer took too long")
    except httpx.InvalidURL:
        failure = ProviderDown("the provider's address is malformed")
    except UnicodeEncodeError:
        failure = BadKey("the key holds characters that no header can carry")
    else:
        if response.is_success:
            return response
        failure = refusal(response) if refusal else None
        failure = failure or _refusal(response, _json_of(response))
    # Raised out here because httpx's errors show header values and hold the request.
    raise failure


async def _send(
    http: httpx.AsyncClient, request: httpx.Request, limit_bytes: int
) -> httpx.Response:
    """Send a request once and read its answer, unpacked, up to a limit."""
    response = await http.send(request, stream=True, follow_redirects=False)
    data = bytearray()
    try:
        async for part in response.aiter_bytes():
            data += part
            if len(data) > limit_bytes:
                raise httpx.ReadError("the answer is too large")
    finally:
        await response.aclose()
    headers = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name.lower() not in _OF_THE_TRANSFER
    ]
    return httpx.Response(
        response.status_code, headers=headers, content=bytes(data), request=request
    )


def _patient(timeout: httpx.Timeout, read_s: float) -> httpx.Timeout:
    return httpx.Timeout(
        connect=timeout.connect, read=read_s, write=timeout.write, pool=timeout.pool
    )


def _unanswered(error: httpx.HTTPError) -> ProviderError:
    """Name a request that got no whole answer."""
    kind = type(error).__name__
    if isinstance(error, httpx.PoolTimeout):
        return ProviderBusy("too many requests wait here", retry_after_s=_USUAL_PAUSE_S)
    if isinstance(error, _NOT_WRITTEN):
        return ProviderDown(f"the provider could not be reached ({kind})")
    if isinstance(error, httpx.LocalProtocolError):
        return BadKey("the key holds characters that no header can carry")
    return SubmitUncertain(f"the provider's answer was lost ({kind})")


def object_in(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object that a success came with.

    Raises:
        SubmitUncertain: there is none.
    """
    payload = _json_of(response)
    if not isinstance(payload, dict):
        raise SubmitUncertain(f"the provider answered {response.status_code} with no JSON object")
    return cast("dict[str, Any]", payload)


def _json_of(response: httpx.Response) -> object:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _refusal(response: httpx.Response, payload: object) -> ProviderError:
    status = response.status_code
    message = _hidden(one_line(_message_in(payload)), response.request)
    said = f"the provider answered {status}" + (f": {message}" if message else "")
    if status == HTTPStatus.PAYMENT_REQUIRED or (
        status in _MAY_MEAN_FUNDS and _FUNDS.search(_QUOTED.sub("", message))
    ):
        return OutOfFunds(said)
    if status in _KEY_REFUSED:
        return BadKey(said)
    if status == HTTPStatus.TOO_MANY_REQUESTS or (
        status == HTTPStatus.SERVICE_UNAVAILABLE and "Retry-After" in response.headers
    ):
        return ProviderBusy(said, retry_after_s=_pause(response, payload))
    if status in _DOWN or status in _GONE:
        return EndpointGone(said) if status in _GONE else ProviderDown(said)
    if response.is_client_error and status != HTTPStatus.REQUEST_TIMEOUT:
        return ProviderRejected(message or said)
    return SubmitUncertain(said)


def refusal_of(response: httpx.Response) -> ProviderError:
    """Name the refusal of a request that buys nothing, such as an upload: never uncertain.

    It is one of ProviderBusy, ProviderDown, OutOfFunds and BadKey.
    """
    refusal = _refusal(response, _json_of(response))
    if isinstance(refusal, ProviderRejected | SubmitUncertain):
        return ProviderDown(str(refusal))
    return refusal


def _message_in(payload: object) -> str:
    """Find the words in any of the shapes that providers give their errors."""
    return "; ".join(dict.fromkeys(_words(payload)))


def _words(payload: object, depth: int = 0) -> Iterator[str]:
    if isinstance(payload, str):
        yield payload
    elif depth == _DEEPEST_WORDS:
        return
    elif isinstance(payload, list):
        for item in cast("list[object]", payload)[:5]:
            yield from _words(item, depth + 1)
    elif isinstance(payload, dict):
        yield from _words_by_name(cast("dict[str, object]", payload), depth)


def _words_by_name(fields: dict[str, object], depth: int) -> Iterator[str]:
    for name in ("detail", "message", "msg", "error", "errors", "messages", "title"):
        if fields.get(name):
            yield from _words(fields[name], depth + 1)
            return
    # `{"steps[0].input.prompt": ["is required"]}`: words by the field that they are about.
    for name, found in fields.items():
        if isinstance(found, list):
            words = "; ".join(_words(cast("object", found), depth + 1))
            yield f"{name.rpartition('.')[2]}: {words}"


def _hidden(text: str, request: httpx.Request) -> str:
    """Take the key out of a message that quotes it, or one half of an `id:secret`."""
    secrets = [
        word
        for name, value in request.headers.items()
        if name not in _PLAIN_HEADERS
        for word in (value, *value.split(), *re.split(r"[\s:]+", value))
    ]
    secrets += [value for _, value in request.url.params.multi_items()]
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "[hidden]")
    return text


def _pause(response: httpx.Response, payload: object) -> float:
    """Read how long to wait, in seconds: the header first, then the body, then our own guess."""
    seconds = _seconds(response.headers.get("Retry-After"))
    if seconds is None and isinstance(payload, dict):
        seconds = _seconds(cast("dict[str, object]", payload).get("retry_after"))
    seconds = _USUAL_PAUSE_S if seconds is None else seconds
    return min(LONGEST_PAUSE_S, max(_SHORTEST_PAUSE_S, seconds))


def _seconds(value: object) -> float | None:
    """Read a number of seconds or an HTTP date; anything else is None."""
    try:
        seconds = float(str(value))
    except ValueError:
        return _seconds_until(str(value))
    return seconds if math.isfinite(seconds) else None


def _seconds_until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime.now(UTC)).total_seconds()


def one_line(text: str) -> str:
    """Put a message on one line of at most `LONGEST_MESSAGE` characters."""
    letters = (letter if letter.isprintable() else " " for letter in text[: 8 * LONGEST_MESSAGE])
    line = " ".join("".join(letters).split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def mime_of(data: bytes) -> str:
    """Tell a picture's type by its first bytes; we keep PNG, JPEG, WebP and GIF."""
    types = (mime for start, mime in _TYPES.items() if data.startswith(start))
    return next(types, "application/octet-stream")


async def download(http: httpx.AsyncClient, url: str, *, limit_bytes: int) -> bytes:
    """Return the bytes of a file; none when it is gone or larger than `limit_bytes`.

    Nothing but the address is sent, so the client must carry no key of its own. A redirect is
    followed three times, but never from https to plain http.

    Raises:
        ProviderLost: it could not be reached, or not whole; it may be there later.
    """
    try:
        for _ in range(_MOST_HOPS + 1):
            async with http.stream("GET", url, follow_redirects=False) as response:
                if response.next_request is None:
                    return await _body(response, limit_bytes)
                url = _next_hop(response.url, response.next_request.url)
        return _nothing("redirected too often")
    except httpx.HTTPError as error:
        failure = ProviderLost(f"a file could not be fetched ({type(error).__name__})")
    except (httpx.InvalidURL, UnicodeError):
        # The latter for a host that is no name in any script.
        return _nothing("malformed address")
    raise failure


def _next_hop(here: httpx.URL, there: httpx.URL) -> str:
    if there.scheme not in {"https", here.scheme}:
        raise httpx.InvalidURL("redirected out of https")
    return str(there)


async def _body(response: httpx.Response, limit_bytes: int) -> bytes:
    """Read an answer that may be larger than it says, or than we want."""
    status = response.status_code
    if response.is_server_error or status in _MAY_COME_BACK:
        raise ProviderLost(f"a file could not be fetched (answered {status})")
    if not response.is_success:
        return _nothing(f"answered {status}")
    data = bytearray()
    async for part in response.aiter_bytes():
        data += part
        if len(data) > limit_bytes:
            return _nothing(f"more than {limit_bytes} bytes")
    return bytes(data)


def _nothing(reason: str) -> bytes:
    # Without the address: whoever has it has the picture.
    log.warning("a file cannot be had", reason=reason)
    return b""
