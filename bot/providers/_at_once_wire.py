"""The client for orders that are answered with pictures: bounded, with refusals in usual statuses.

It sends through the shared client, so that connections and timeouts stay in one place; what comes
back is read here, because a picture is larger than other answers and may be larger than we take.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import httpx

LIMIT_BYTES = 40 * 1024 * 1024
"""The largest answer, decompressed: a few pictures in base64."""

_OF_THE_TRANSFER = ("content-encoding", "content-length", "transfer-encoding")


def _no_pause(_: httpx.Response) -> float | None:
    return None


@dataclass(frozen=True)
class Manners:
    """How a company refuses where it has a way of its own."""

    no_funds: frozenset[int] = frozenset()
    """Statuses that mean what 402 means elsewhere."""
    pause_s: Callable[[httpx.Response], float | None] = _no_pause
    """Reads how long to wait, in seconds, from a refusal without Retry-After."""


def client_for(
    http: httpx.AsyncClient,
    *,
    manners: Manners,
    patience_s: float,
    hear: Callable[[httpx.Response], None] | None = None,
) -> httpx.AsyncClient:
    """Make a client that sends through another one; it holds nothing that must be closed.

    `hear` is given every refusal, without its request.
    """
    transport = _Through(http, manners=manners, patience_s=patience_s, hear=hear)
    return httpx.AsyncClient(
        transport=transport, headers=http.headers, timeout=http.timeout, trust_env=False
    )


class _Through(httpx.AsyncBaseTransport):
    """Sends by another client and reads the answer whole, but not beyond a limit.

    Raises what that client raises, and httpx.ReadError or ReadTimeout for an answer that is too
    large or trickles for more than `patience_s`: either way it was on its way and is lost.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        manners: Manners,
        patience_s: float,
        hear: Callable[[httpx.Response], None] | None,
    ) -> None:
        self._http = http
        self._manners = manners
        self._patience_s = patience_s
        self._hear = hear

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            # The client's own timeout starts again with every byte.
            async with asyncio.timeout(self._patience_s):
                data = await self._read(response)
        except TimeoutError:
            raise httpx.ReadTimeout("the answer trickles") from None
        finally:
            await response.aclose()
        answer = self._in_usual_terms(response, data)
        if self._hear is not None and not answer.is_success:
            self._hear(httpx.Response(answer.status_code, content=data))
        return answer

    async def _read(self, response: httpx.Response) -> bytes:
        data = bytearray()
        async for part in response.aiter_bytes():
            data += part
            if len(data) > LIMIT_BYTES:
                raise httpx.ReadError("the answer is too large")
        return bytes(data)

    def _in_usual_terms(self, response: httpx.Response, data: bytes) -> httpx.Response:
        headers = httpx.Headers(response.headers)
        for name in _OF_THE_TRANSFER:
            headers.pop(name, None)
        status = response.status_code
        if status in self._manners.no_funds:
            status = HTTPStatus.PAYMENT_REQUIRED
        answer = httpx.Response(status, headers=headers, content=data)
        pause_s = None if answer.is_success else self._manners.pause_s(answer)
        if pause_s is not None:
            answer.headers.setdefault("Retry-After", str(pause_s))
        return answer
