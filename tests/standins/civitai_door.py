"""The doors of CivitAI's stand-in: its origins, what is asked of them, and what is made of that."""

import asyncio
from collections import defaultdict, deque
from contextlib import AsyncExitStack
from typing import Any

import httpx
from aiohttp import web

from tests.standins.answers import Answer, cut_short, hang_up
from tests.standins.civitai_wire import Fault, Oddity, Seen, as_response, seen_of


class Door:
    """Origins on the loopback that write down every request, and fail as they are told to."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.closing = asyncio.Event()
        self._next: defaultdict[str, deque[Fault | None]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self._are_looks_lost = False
        self._sites: list[web.TCPSite] = []
        self._clients: list[httpx.AsyncClient] = []

    async def serve(self, stack: AsyncExitStack, handler: Any) -> str:
        """Open one more origin until the stack is left; return its address."""
        app = web.Application(client_max_size=200 * 1024**2)
        app.add_routes([web.get("/api/v1/model-versions/{id}", handler)])
        app.add_routes([web.route("*", "/{path:.*}", handler)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._sites.append(site)
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop_listening(self) -> None:
        """Let nobody in any more, at any origin."""
        for site in self._sites:
            await site.stop()

    async def close(self) -> None:
        """Let go of whoever hangs, and of our clients."""
        self.closing.set()
        for client in self._clients:
            await client.aclose()

    def client(self, *, patience_s: float = 20.0) -> httpx.AsyncClient:
        """Make an HTTP client that is closed with us."""
        # Unverified, because reading every authority's certificate takes longer than most tests.
        client = httpx.AsyncClient(timeout=patience_s, trust_env=False, verify=False)
        self._clients.append(client)
        return client

    def next_answer(self, place: str, *faults: Fault | None) -> None:
        """Decide what becomes of the next requests at a place; None is nothing unusual.

        Places are look, list, cancel, upload, refresh, blob, file, me, models, version.
        """
        self._next[place].extend(faults)

    def always(self, place: str, fault: Fault | None) -> None:
        """Decide what becomes of every request at a place from now on."""
        self._always.pop(place, None)
        if fault is not None:
            self._always[place] = fault

    def lose_looks(self) -> None:
        """Break the connection of every request that only reads, until `find_looks`."""
        self._are_looks_lost = True

    def find_looks(self) -> None:
        """Answer such requests again."""
        self._are_looks_lost = False

    def asked(self, *places: str) -> list[Seen]:
        """Return the requests to some places, oldest first."""
        return [seen for seen in self.seen if seen.place in places]

    async def meet(self, request: web.Request, place: str) -> web.StreamResponse | None:
        """Write a request down, and meet it with the fault that was planned, if any."""
        self.seen.append(await seen_of(request, place))
        if self._are_looks_lost and request.method == "GET":
            return hang_up(request)
        waiting = self._next[place]
        fault = waiting.popleft() if waiting else self._always.get(place)
        if isinstance(fault, Answer):
            return as_response(fault)
        if fault is Oddity.HANGING:
            await self.closing.wait()
        if fault is Oddity.HANG_UP:
            return hang_up(request)
        if fault is Oddity.IGNORED:
            return web.Response(status=204)
        if fault is Oddity.TRUNCATED:
            return await cut_short(request)
        return None
