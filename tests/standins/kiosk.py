"""The kiosk: an imaginary company that sells pictures over HTTP, as the real ones do.

POST /runs buys a run and answers its id; GET /runs/{id} tells the state and moves it one step on;
GET /runs/{id}/files/{n} gives a picture; DELETE /runs/{id} stops it; GET /runs?name= finds a run
by the name its buyer gave it; POST /pictures keeps a picture that a run may start from; GET
/account tells whether the key is good.
"""

import asyncio
import io
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from aiohttp import web
from PIL import Image

from bot.config import Settings
from bot.providers import Inputs, Setup
from tests.standins import KEY, Fate, Shelf, StandIn
from tests.standins.answers import ANSWERS, Answer, cut_short, hang_up
from tests.standins.kiosk_adapter import Kiosk, connect

STATES: tuple[Mapping[str, Any], ...] = (
    {"status": "queued", "position": 2},
    {"status": "queued", "position": 1},
    {"status": "running", "percent": 20},
    {"status": "running", "percent": 70},
    {"status": "done", "percent": 100},
)
_LAST_HELD = 2


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
    sizes: Sequence[tuple[int, int]] = [(64, 80)] * 2
    seeds: Sequence[int | None] = [7, 8]
    posts_per_run = 1

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.paid_posts = 0
        self.first_post = asyncio.Event()
        self.other_posts = 0
        self._fates: deque[Fate | Answer] = deque()
        self._are_looks_lost = False
        self._is_holding = False
        self._runs: dict[str, _Run] = {}
        self._pictures: dict[str, bytes] = {}
        self._clients: list[httpx.AsyncClient] = []
        self._closing = asyncio.Event()
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["KioskAtHome"]:
        app = web.Application(middlewares=[self._door])
        app.add_routes(
            [
                web.post("/runs", self._buy),
                web.get("/account", self._account),
                web.post("/pictures", self._take_picture),
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
        # Unverified, because reading every authority's certificate takes longer than most tests.
        client = httpx.AsyncClient(timeout=patience_s, trust_env=False, verify=False)
        self._clients.append(client)
        return client

    def connect(self, *, patience_s: float = 20.0, key: str = KEY) -> Kiosk:
        http = self.client(patience_s=patience_s)
        setup = Setup(Settings(), http, self.shelf.read, self.shelf.take, key)
        return connect(setup, base_url=self.url)

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        return self.endpoint, {"seed": 7, "picture": uploaded, "count": 1}

    async def next_submit(self, fate: Fate | Answer) -> None:
        if fate is Fate.REFUSED:
            await self._site.stop()
        else:
            self._fates.append(fate)

    def lose_looks(self) -> None:
        self._are_looks_lost = True

    def find_looks(self) -> None:
        self._are_looks_lost = False

    def hold_runs(self) -> None:
        self._is_holding = True

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.method == "GET" and self._are_looks_lost:
            return hang_up(request)
        return await handler(request)

    async def _buy(self, request: web.Request) -> web.StreamResponse:
        self.paid_posts += 1
        self.first_post.set()
        fate = self._fates.popleft() if self._fates else None
        answer = ANSWERS.get(fate) if isinstance(fate, Fate) else fate
        if answer:
            return web.Response(status=answer.status, text=answer.text, headers=answer.headers)
        if not _has_key(request):
            return _no_such_key()
        run_id = self._take(await request.json())
        if fate is Fate.LOST:
            return hang_up(request)
        if fate is Fate.HANGING:
            await self._closing.wait()
        if fate is Fate.CUT:
            return await cut_short(request)
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
        Image.new("RGB", self._size_for(inputs), (shade, 90, 40)).save(png, "PNG")
        return web.Response(body=png.getvalue(), content_type="image/png")

    def _size_for(self, inputs: Mapping[str, Any]) -> tuple[int, int]:
        if "picture" in inputs:
            return Image.open(io.BytesIO(self._pictures[inputs["picture"]])).size
        return inputs["width"], inputs["height"]

    async def _account(self, request: web.Request) -> web.Response:
        return web.json_response({"credits": 12}) if _has_key(request) else _no_such_key()

    async def _take_picture(self, request: web.Request) -> web.Response:
        if not _has_key(request):
            return _no_such_key()
        name = f"picture-{len(self._pictures) + 1}"
        self._pictures[name] = await request.read()
        return web.json_response({"name": name}, status=201)

    async def _stop(self, request: web.Request) -> web.Response:
        run = self._runs[request.match_info["id"]]
        if STATES[run.step]["status"] == "done":
            return web.json_response({"detail": "the run is over"}, status=409)
        run.is_cancelled = True
        return web.Response(status=204)

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self.other_posts += 1
        return web.json_response({"run_id": "run-elsewhere"})


def _has_key(request: web.Request) -> bool:
    return request.headers.get("Authorization") == f"Key {KEY}"


def _no_such_key() -> web.Response:
    return web.json_response({"detail": "no such key"}, status=401)


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with KioskAtHome().open() as kiosk:
        yield kiosk
