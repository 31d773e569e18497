"""The kiosk: an imaginary company that sells pictures over HTTP, as the real ones do.

POST /runs buys a run and answers its id; GET /runs/{id} tells the state and moves it one step on;
GET /runs/{id}/files/{n} gives a picture; DELETE /runs/{id} stops it; GET /runs?name= finds a run
by the name its buyer gave it.
"""

import asyncio
import io
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiohttp import web
from PIL import Image

from bot.config import Settings
from bot.providers import Setup
from tests.standins import KEY, Fate, StandIn
from tests.standins.kiosk_adapter import Kiosk, connect

STATES: tuple[Mapping[str, Any], ...] = (
    {"status": "queued", "position": 2},
    {"status": "queued", "position": 1},
    {"status": "running", "percent": 20},
    {"status": "running", "percent": 70},
    {"status": "done", "percent": 100},
)
_LAST_HELD = 2


@dataclass(frozen=True)
class Answer:
    """An HTTP answer given without looking at the request."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


_PROBLEM = '{"detail": "%s"}'
ANSWERS: dict[Fate, Answer] = {
    Fate.TRUNCATED: Answer(200, '{"run_id": "r'),
    Fate.HTML: Answer(200, "<html><body>It works!</body></html>"),
    Fate.LIST: Answer(200, "[]"),
    Fate.MOVED: Answer(307, "", {"Location": "/elsewhere"}),
    Fate.SEE_OTHER: Answer(303, "", {"Location": "/elsewhere"}),
    Fate.BAD_REQUEST: Answer(400, _PROBLEM % "width is odd"),
    Fate.BAD_KEY: Answer(401, _PROBLEM % f"no user with key {KEY}"),
    Fate.NO_FUNDS: Answer(402, _PROBLEM % "insufficient credit"),
    Fate.FORBIDDEN: Answer(403, _PROBLEM % "this key may not run models"),
    Fate.LOCKED: Answer(403, _PROBLEM % "User is locked. Reason: Exhausted balance."),
    Fate.UNKNOWN: Answer(404, _PROBLEM % "no such model"),
    Fate.TIMED_OUT: Answer(408, ""),
    Fate.INVALID: Answer(422, '{"detail": [{"loc": ["prompt"], "msg": "prompt is empty"}]}'),
    Fate.BUSY: Answer(429, _PROBLEM % "slow down", {"Retry-After": "7"}),
    Fate.BROKEN: Answer(500, "<html>nginx</html>"),
    Fate.BAD_GATEWAY: Answer(502, ""),
    Fate.OVERLOADED: Answer(503, _PROBLEM % "overloaded", {"Retry-After": "7"}),
    Fate.DOWN: Answer(503, _PROBLEM % "maintenance"),
    Fate.SLOW_GATEWAY: Answer(504, ""),
}


@dataclass
class _Run:
    name: str
    inputs: Mapping[str, Any]
    step: int = 0
    is_cancelled: bool = False


class KioskAtHome:
    """The company's side, and the way to its adapter."""

    endpoint = "fox-diffusion"
    inputs: Mapping[str, Any] = {
        "prompt": "a fox",
        "seed": 7,
        "width": 64,
        "height": 80,
        "count": 2,
    }
    posts_per_run = 1

    def __init__(self) -> None:
        self.paid_posts = 0
        self.first_post = asyncio.Event()
        self.other_posts = 0
        self._fates: deque[Fate | Answer] = deque()
        self._lost_looks = 0
        self._is_holding = False
        self._runs: dict[str, _Run] = {}
        self._clients: list[httpx.AsyncClient] = []
        self._closing = asyncio.Event()
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["KioskAtHome"]:
        app = web.Application(middlewares=[self._door])
        app.add_routes(
            [
                web.post("/runs", self._buy),
                web.get("/runs", self._search),
                web.get("/runs/{id}", self._look),
                web.get("/runs/{id}/files/{number}", self._file),
                web.delete("/runs/{id}", self._stop),
                web.post("/elsewhere", self._elsewhere),
                web.get("/elsewhere", self._elsewhere),
            ]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._site = web.TCPSite(runner, "127.0.0.1", 0)
        await self._site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        try:
            yield self
        finally:
            self._closing.set()
            for client in self._clients:
                await client.aclose()
            await runner.cleanup()

    def client(self, *, patience_s: float = 20.0) -> httpx.AsyncClient:
        """Make an HTTP client that is closed with the kiosk."""
        client = httpx.AsyncClient(timeout=patience_s, trust_env=False)
        self._clients.append(client)
        return client

    def connect(self, *, patience_s: float = 20.0) -> Kiosk:
        http = self.client(patience_s=patience_s)
        return connect(Setup(settings=Settings(), http=http, key=KEY), base_url=self.url)

    async def next_submit(self, fate: Fate | Answer) -> None:
        if fate is Fate.REFUSED:
            await self._site.stop()
        else:
            self._fates.append(fate)

    def lose_next_look(self) -> None:
        self._lost_looks += 1

    def hold_runs(self) -> None:
        self._is_holding = True

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.method == "GET" and self._lost_looks:
            self._lost_looks -= 1
            return _hang_up(request)
        return await handler(request)

    async def _buy(self, request: web.Request) -> web.StreamResponse:
        self.paid_posts += 1
        self.first_post.set()
        fate = self._fates.popleft() if self._fates else None
        answer = ANSWERS.get(fate) if isinstance(fate, Fate) else fate
        if answer:
            return web.Response(status=answer.status, text=answer.text, headers=answer.headers)
        if request.headers.get("Authorization") != f"Key {KEY}":
            return web.json_response({"detail": "no such key"}, status=401)
        run_id = self._take(await request.json())
        if fate is Fate.LOST:
            return _hang_up(request)
        if fate is Fate.HANGING:
            await self._closing.wait()
        if fate is Fate.CUT:
            return await _cut_short(request)
        return web.json_response({"run_id": run_id}, status=201)

    def _take(self, order: Mapping[str, Any]) -> str:
        run_id = f"run-{len(self._runs) + 1}"
        self._runs[run_id] = _Run(order["name"], order["inputs"])
        return run_id

    async def _search(self, request: web.Request) -> web.Response:
        found = [i for i, run in self._runs.items() if run.name == request.query["name"]]
        return web.json_response({"run_ids": found})

    async def _look(self, request: web.Request) -> web.Response:
        run = self._runs[request.match_info["id"]]
        if run.is_cancelled:
            return web.json_response({"status": "cancelled"})
        state = STATES[run.step]
        last = _LAST_HELD if self._is_holding else len(STATES) - 1
        run.step = min(run.step + 1, last)
        files = run.inputs["count"] if state["status"] == "done" else 0
        return web.json_response({**state, "files": files})

    async def _file(self, request: web.Request) -> web.Response:
        inputs = self._runs[request.match_info["id"]].inputs
        shade = (inputs["seed"] + int(request.match_info["number"])) % 256
        png = io.BytesIO()
        Image.new("RGB", (inputs["width"], inputs["height"]), (shade, 90, 40)).save(png, "PNG")
        return web.Response(body=png.getvalue(), content_type="image/png")

    async def _stop(self, request: web.Request) -> web.Response:
        run = self._runs[request.match_info["id"]]
        if STATES[run.step]["status"] == "done":
            return web.json_response({"detail": "the run is over"}, status=409)
        run.is_cancelled = True
        return web.Response(status=204)

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self.other_posts += 1
        return web.json_response({"run_id": "run-elsewhere"})


def _hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _cut_short(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "400"})
    await response.prepare(request)
    await response.write(b'{"run_id": ')
    return _hang_up(request)


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with KioskAtHome().open() as kiosk:
        yield kiosk
