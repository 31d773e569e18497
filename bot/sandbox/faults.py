"""Failures ordered in advance: the next request to a route answers wrongly, or not at all."""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from aiohttp import web

from bot.sandbox.rules import ApiError

Fate = int | ApiError | Literal["reset", "hang"]


@dataclass
class Fault:
    """One ordered failure; see `Faults.next`."""

    method: str
    path_part: str
    status: Fate
    remaining: int
    after: bool
    headers: Mapping[str, str] | None
    with_files: bool

    def matches(self, request: web.Request, path: str) -> bool:
        """Tell whether a request is meant."""
        is_meant = request.method == self.method and self.path_part in path
        has_files = request.content_type == "multipart/form-data"
        return self.remaining > 0 and is_meant and has_files >= self.with_files


class Faults:
    """Failures still to come, the first ordered first."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []
        self._released = asyncio.Event()

    def next(  # noqa: PLR0913 - one order, said in one call
        self,
        method: str,
        path_part: str,
        *,
        status: Fate,
        count: int = 1,
        after: bool = False,
        headers: Mapping[str, str] | None = None,
        with_files: bool = False,
    ) -> Fault:
        """Order a failure for the next `count` requests that match.

        A `status` is answered as JSON, an `ApiError` as its own; "reset" cuts the connection,
        "hang" never answers. With `after` the request takes effect and only its answer fails.
        A 429 has the `Via` header unless `headers` are given. `with_files` means uploads alone.
        """
        fault = Fault(method, path_part, status, count, after, headers, with_files)
        self._ordered.append(fault)
        return fault

    def take(self, request: web.Request, path: str) -> Fault | None:
        """Use up one matching failure."""
        for fault in self._ordered:
            if fault.matches(request, path):
                fault.remaining -= 1
                return fault
        return None

    def clear(self) -> None:
        """Cancel all orders and let go of every hanging request."""
        self._ordered.clear()
        self._released.set()
        self._released = asyncio.Event()

    async def strike(self, fault: Fault, request: web.Request) -> web.Response:
        """Give the wrong answer."""
        if fault.status == "reset":
            _reset(request)
            return web.Response(status=500)
        if fault.status == "hang":
            await self._released.wait()
            return web.Response(status=504)
        headers = {"Via": "1.1 sandbox"} if fault.headers is None else dict(fault.headers)
        body, status = _body(fault.status)
        headers.setdefault("Content-Type", "application/json")
        return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)


def _body(fate: Fate) -> tuple[dict[str, Any], int]:
    if isinstance(fate, ApiError):
        return fate.body(), fate.status
    status = HTTPStatus(int(fate))
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        words = "You are being rate limited."
        return {"message": words, "retry_after": 0.05, "global": False}, status
    return {"message": f"{status.value}: {status.phrase}", "code": 0}, status


def _reset(request: web.Request) -> None:
    """Cut the connection with RST, as a dying load balancer does."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
