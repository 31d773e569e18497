"""fal's queue: where a run is asked about, how its changes are noticed, and what it gives.

The addresses are made here from the endpoint and the run's id, never taken from an answer: the
key goes along to wherever they point.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from http import HTTPStatus
from typing import Any, TypeVar, cast

import httpx
import structlog
from fal_client import (
    AsyncRequestHandle,
    Completed,
    FalClientError,
    FalClientHTTPError,
    Queued,
    Status,
)
from httpx_sse import EventSource, ServerSentEvent, aconnect_sse

from bot.errors import ProviderError, ProviderLost
from bot.providers._fal_failures import (
    ASKED_AGAIN,
    Refused,
    failure_of,
    failure_without_result,
    is_cancelled,
    status_in,
)
from bot.providers._fal_progress import status_of

log = structlog.get_logger()
T = TypeVar("T")

MOST_STREAMS = 40
"""Each holds a connection of the pool that every provider shares and paid requests need. fal runs
at most 40 at once for one account; whoever waits behind them can be asked now and then."""

FIRST_WORD_S = 2.0
SILENCE_S = 10.0
"""How long a stream that has spoken may say nothing before we ask whether it still knows."""

BARREN_STREAMS = 3
"""After so many streams in a row without a word, a run is only asked about."""

QUICKEST_LOOK_S = 0.1
SLOWEST_LOOK_S = 1.0
MOST_LOOKS_PER_S = 100
LOOK_PER_WAITED = 0.05
_QUEUED_FACTOR = 2
_WAIT_FOR_RESULT_S = 1.0

_NAMESPACES = {"workflows", "comfy"}
_TOO_LATE = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}
_NO_STREAM_HERE = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
UNREADABLE = (
    AttributeError,
    FalClientError,
    httpx.InvalidURL,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What fal-client raises for an answer in a shape it does not expect."""


class Keyed(httpx.AsyncBaseTransport):
    """Sends through the client that all providers share, with our key.

    fal-client's own client would open a pool of its own that nobody closes, and would send the
    key to another domain when fal's cannot be reached.
    """

    def __init__(self, http: httpx.AsyncClient, key: str) -> None:
        self._http = http
        self._key = key

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Add the key and pass the request on; its body is streamed."""
        request.headers["Authorization"] = f"Key {self._key}"
        return await self._http.send(request, stream=True, follow_redirects=False)


async def ask(question: Awaitable[T], *, patience_s: float | None) -> T:
    """Wait for an answer that fal-client fetches; it asks up to ten times by itself.

    Raises:
        Refused: fal.ai answered with an error.
        ProviderLost: no answer in time, or none that can be read.
    """
    try:
        async with asyncio.timeout(patience_s):
            return await question
    except FalClientHTTPError as error:
        failure = Refused(error)
    except TimeoutError:
        failure = ProviderLost("fal.ai did not answer in time")
    except httpx.HTTPError as error:
        failure = ProviderLost(f"fal.ai could not be reached ({type(error).__name__})")
    except UNREADABLE as error:
        log.warning("fal.ai answered in a shape we do not know", kind=type(error).__name__)
        failure = ProviderLost("fal.ai answered in a shape we do not know")
    # Raised out here because these errors hold the request, and the request holds the key.
    raise failure


class Queue:
    """What all runs share: the client with the key, and who streams and who asks just now."""

    def __init__(self, http: httpx.AsyncClient, *, url: str, key: str) -> None:
        self.url = url.rstrip("/")
        self.patience_s = http.timeout.read
        self.http = httpx.AsyncClient(transport=Keyed(http, key), trust_env=False)
        self.followers = 0
        self.streams = 0
        self.streamless: set[str] = set()
        """Endpoints found to have no status stream."""

    def run(self, endpoint: str, request_id: str) -> "Run":
        """Return the way to one run."""
        return Run(self, endpoint=endpoint, request_id=request_id)


class Run:
    """One run in the queue, as one follower sees it."""

    def __init__(self, queue: Queue, *, endpoint: str, request_id: str) -> None:
        self._queue = queue
        self._endpoint = endpoint
        root = f"{queue.url}/{_root_of(endpoint)}/requests/{request_id}"
        self._handle = AsyncRequestHandle(
            request_id=request_id,
            response_url=root,
            status_url=f"{root}/status",
            cancel_url=f"{root}/cancel",
            client=queue.http,
        )
        self._has_no_stream = False
        self._barren_streams = 0

    async def watch(self) -> AsyncGenerator[Status]:
        """Yield its states until it is over: streamed where that works, else asked for.

        States may repeat, and a run may go back into the queue.

        Raises:
            ProviderRejected: fal.ai does not know the run.
            ProviderLost: it could not be reached.
        """
        clock = asyncio.get_running_loop().time
        begun_at = clock()
        self._queue.followers += 1
        try:
            while True:
                round_at = clock()
                status: Status | None = None
                async with aclosing(self._round()) as states:
                    async for status in states:
                        yield status
                if isinstance(status, Completed):
                    return
                pause_s = self._pause_s(status, waited_s=clock() - begun_at)
                await asyncio.sleep(max(0.0, round_at + pause_s - clock()))
        finally:
            self._queue.followers -= 1

    async def cancel(self) -> None:
        """Ask for its end; a run that is over or unknown needs none.

        Raises:
            ProviderLost: the question did not arrive.
        """
        try:
            await self._ask(self._handle.cancel())
        except Refused as refused:
            if refused.status not in _TOO_LATE:
                raise ProviderLost(str(refused)) from None

    async def result(self, status: Completed | None = None) -> dict[str, Any]:
        """Fetch what it gave; `status` is its last state, where the caller has it.

        Raises:
            ProviderRejected: it failed, or was cancelled.
            ProviderLost: that could not be learnt just now.
        """
        if status is not None and (is_cancelled(status) or status_in(status) in ASKED_AGAIN):
            raise failure_without_result(status)
        try:
            answer = await self._ask(self._handle.get(interval=_WAIT_FOR_RESULT_S))
        except Refused as refused:
            failure = await self._named(refused, status)
        else:
            if isinstance(cast("object", answer), dict):
                return answer
            failure = ProviderLost("fal.ai gave a result that is no JSON object")
        raise failure

    async def _named(self, refused: Refused, status: Completed | None) -> ProviderError:
        """Name a refused result; the run itself says whether it failed or only the way to it."""
        failure = failure_of(refused, status)
        if status is None and isinstance(failure, ProviderLost):
            look = await self._look()
            return failure_of(refused, look if isinstance(look, Completed) else None)
        return failure

    async def _ask(self, question: Awaitable[T]) -> T:
        return await ask(question, patience_s=self._queue.patience_s)

    async def _look(self) -> Status:
        """Ask once how it is."""
        try:
            return await self._ask(self._handle.status(with_logs=True))
        except Refused as refused:
            # Any other refusal may be the gateway's or our key's, and the run goes on.
            may_be_gone = refused.status == HTTPStatus.NOT_FOUND
            failure = failure_of(refused, None) if may_be_gone else ProviderLost(str(refused))
        raise failure

    async def _round(self) -> AsyncGenerator[Status]:
        """Yield what a stream tells; when it ends before the run does, look once."""
        if self._may_stream():
            async with aclosing(self._streamed()) as states:
                async for status in states:
                    yield status
                    if isinstance(status, Completed):
                        return
        status = await self._look()
        if self._has_no_stream:
            # Not earlier: a run that fal does not know is a 404 as well.
            self._queue.streamless.add(self._endpoint)
        yield status

    def _may_stream(self) -> bool:
        return (
            self._endpoint not in self._queue.streamless
            and self._barren_streams < BARREN_STREAMS
            and self._queue.streams < MOST_STREAMS
        )

    async def _streamed(self) -> AsyncGenerator[Status]:
        """Yield what the status stream tells, until it ends, breaks or falls silent."""
        self._barren_streams += 1
        self._queue.streams += 1
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(FIRST_WORD_S):
                    source = await stack.enter_async_context(self._open_stream())
                    events = await stack.enter_async_context(aclosing(self._events(source)))
                    event = await anext(events, None)
                while event is not None:
                    if (status := _status_in(event)) is not None:
                        self._barren_streams = 0
                        yield status
                    async with asyncio.timeout(SILENCE_S):
                        event = await anext(events, None)
        except (TimeoutError, httpx.HTTPError, ValueError) as error:
            # A ValueError is a key that no header can carry: the look names that.
            log.debug("status stream ended", kind=type(error).__name__)
        finally:
            self._queue.streams -= 1

    def _open_stream(self) -> AbstractAsyncContextManager[EventSource]:
        url, timeout = f"{self._handle.status_url}/stream", httpx.Timeout(2 * SILENCE_S)
        return aconnect_sse(self._queue.http, "GET", url, params={"logs": "1"}, timeout=timeout)

    async def _events(self, source: EventSource) -> AsyncGenerator[ServerSentEvent]:
        response = source.response
        is_stream = response.headers.get("Content-Type", "").startswith("text/event-stream")
        self._has_no_stream = response.status_code in _NO_STREAM_HERE or (
            response.is_success and not is_stream
        )
        response.raise_for_status()
        async with aclosing(source.aiter_sse()) as events:
            async for event in events:
                yield event

    def _pause_s(self, status: Status | None, *, waited_s: float) -> float:
        """Return how far apart two looks are: the longer it took so far, the less one more is."""
        pause_s = min(SLOWEST_LOOK_S, max(QUICKEST_LOOK_S, waited_s * LOOK_PER_WAITED))
        if isinstance(status, Queued):
            pause_s *= _QUEUED_FACTOR
        askers = self._queue.followers - self._queue.streams
        return max(pause_s, askers / MOST_LOOKS_PER_S)


def _root_of(endpoint: str) -> str:
    """Return the part of an endpoint under which its runs are: `[namespace/]owner/alias`."""
    parts = endpoint.split("/")
    return "/".join(parts[: 3 if parts[0] in _NAMESPACES else 2])


def _status_in(event: ServerSentEvent) -> Status | None:
    try:
        return status_of(json.loads(event.data))
    except (ValueError, RecursionError):
        return None
