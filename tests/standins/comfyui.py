"""A ComfyUI of our own on the loopback: the routes of its server, and the faults of all of them."""

import asyncio
import io
import json
import re
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from aiohttp import web
from PIL import Image

from bot.config import Settings
from bot.providers import Inputs, Setup
from bot.providers.comfyui import KEY_ENV, ComfyUI, connect
from tests.standins import Fate, Shelf, StandIn
from tests.standins.answers import ANSWERS, Answer, cut_short, hang_up
from tests.standins.comfyui_machine import Machine, Run
from tests.standins.comfyui_nodes import (
    MODELS,
    refusal,
)

KEYLESS = True
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BOUNDLESS = 200 * 1024**2


@dataclass(frozen=True)
class Seen:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class ComfyAtHome(Machine):
    """The owner's machine, and the way to its adapter."""

    endpoint = "flux-schnell"
    inputs: Mapping[str, Any] = {
        "prompt": "a fox",
        "seed": 7,
        "width": 64,
        "height": 80,
        "count": 2,
    }
    sizes: Sequence[tuple[int, int]] = [(64, 80)] * 2
    seeds: Sequence[int | None] = [7, 7]
    posts_per_run = 1

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Shelf()
        self.paid_posts = 0
        self.seen: list[Seen] = []
        self.url = ""
        self.models = {folder: list(names) for folder, names in MODELS.items()}
        self.workflows: Path | None = None
        self.knows_jobs = True
        """Newer servers cancel by job; older ones have only the queue and the interrupt."""
        self.mints_ids = False
        self.obeys_target = True
        """Newer servers interrupt only the run that is named."""
        self.has_socket = True
        self.renames = False
        self.interrupts = 0
        self.flags: list[Any] = []
        self.was_socket_open_at_post: list[bool] = []
        self._fates: deque[Fate | Answer] = deque()
        self._are_looks_lost = False
        self._next: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self._clients: list[httpx.AsyncClient] = []
        self._closing = asyncio.Event()

    @property
    def environment(self) -> dict[str, str]:
        """What the bot of another process needs to find us."""
        return {KEY_ENV: self.url}

    @asynccontextmanager
    async def open(self) -> AsyncIterator["ComfyAtHome"]:
        """Serve until the block is left."""
        app = web.Application(middlewares=[self._door], client_max_size=_BOUNDLESS)
        app.add_routes(
            [
                web.post("/prompt", self._buy),
                web.get("/queue", self._queue),
                web.post("/queue", self._change_queue),
                web.post("/interrupt", self._interrupt),
                web.get("/history", self._all_history),
                web.get("/history/{id}", self._one_history),
                web.get("/view", self._view),
                web.post("/upload/image", self._upload),
                web.get("/system_stats", self._stats),
                web.get("/ws", self._socket),
                web.post("/api/jobs/{id}/cancel", self._cancel),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        self._site = web.TCPSite(runner, "127.0.0.1", 0)
        await self._site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        worker = asyncio.create_task(self._work())
        try:
            yield self
        finally:
            self._closing.set()
            worker.cancel()
            await asyncio.wait({worker})
            for socket in list(self._open):
                await socket.close()
            for client in self._clients:
                await client.aclose()
            await runner.cleanup()
        if not worker.cancelled():
            worker.result()

    def client(self, *, patience_s: float = 20.0) -> httpx.AsyncClient:
        """Make an HTTP client that is closed with us."""
        # Unverified, because reading every authority's certificate takes longer than most tests.
        client = httpx.AsyncClient(timeout=patience_s, trust_env=False, verify=False)
        self._clients.append(client)
        return client

    def connect(
        self,
        *,
        patience_s: float = 20.0,
        key: str | None = None,
        pace: float = 0.02,
        preview_every_s: float = 0.0,
    ) -> ComfyUI:
        """Make a new adapter, as a new process would."""
        settings = Settings(comfyui_workflows=self.workflows)
        http = self.client(patience_s=patience_s)
        setup = Setup(settings, http, self.shelf.read, self.shelf.take, key or self.url)
        return connect(setup, pace=pace, preview_every_s=preview_every_s)

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        """Return a run that gives one picture as large as the uploaded one."""
        inputs = {"prompt": "a fox", "image": uploaded, "strength": 0.6, "seed": 7, "count": 1}
        return "flux-dev-image", inputs

    async def next_submit(self, fate: Fate | Answer) -> None:
        """Decide what becomes of the next order."""
        if fate is Fate.REFUSED:
            await self._site.stop()
        else:
            self._fates.append(fate)

    def next_answer(self, path: str, *answers: Answer) -> None:
        """Decide what the next requests to a path are answered."""
        self._next[path].extend(answers)

    def lose_looks(self) -> None:
        """Break the connection of every request that only reads, until `find_looks`."""
        self._are_looks_lost = True

    def find_looks(self) -> None:
        """Answer such requests again."""
        self._are_looks_lost = False

    def asked(self, path: str, method: str = "GET") -> list[Seen]:
        """Return the requests to a path, oldest first."""
        return [s for s in self.seen if s.path.startswith(path) and s.method == method]

    def order(self, number: int = 0) -> dict[str, Any]:
        """Return the body of an order that arrived."""
        return json.loads(self.asked("/prompt", "POST")[number].body)

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        # aiohttp reads a form only from the wire.
        is_form = request.content_type == "multipart/form-data"
        body = b"" if is_form else await request.read()
        seen = Seen(request.method, request.path, dict(request.query), dict(request.headers), body)
        self.seen.append(seen)
        if self._are_looks_lost and request.method == "GET":
            return hang_up(request)
        if "Origin" in request.headers:
            return web.Response(status=403)
        if self._next[request.path]:
            return _given(self._next[request.path].popleft())
        return await handler(request)

    async def _buy(self, request: web.Request) -> web.StreamResponse:
        self.paid_posts += 1
        order = await request.json()
        self.was_socket_open_at_post.append(order.get("client_id") in self.sockets)
        fate = self._fates.popleft() if self._fates else None
        answer = ANSWERS.get(fate) if isinstance(fate, Fate) else fate
        if answer:
            return _given(answer)
        assert order.keys() <= {"prompt", "prompt_id", "client_id", "extra_data"}
        refused = self._refusal(order)
        if refused:
            return web.json_response(refused, status=400)
        run = await self._take(order)
        if fate is Fate.LOST:
            return hang_up(request)
        if fate is Fate.HANGING:
            await self._closing.wait()
        if fate is Fate.CUT:
            return await cut_short(request)
        return web.json_response({"prompt_id": run.id, "number": run.number, "node_errors": {}})

    def _refusal(self, order: Mapping[str, Any]) -> dict[str, Any] | None:
        wanted = order.get("prompt_id")
        if wanted is not None and not _UUID.fullmatch(str(wanted)) and not self.mints_ids:
            error = {"type": "invalid_prompt_id", "message": "prompt_id must be a valid UUID"}
            return {"error": error, "node_errors": {}}
        return refusal(order.get("prompt"), {**self.models, "input": list(self._uploads)})

    async def _take(self, order: Mapping[str, Any]) -> Run:
        run_id = str(uuid4()) if self.mints_ids else order.get("prompt_id") or str(uuid4())
        assert run_id not in self.runs, "the same run was ordered twice"
        extra = {**order.get("extra_data", {}), "client_id": order.get("client_id")}
        run = Run(float(len(self.runs)), run_id, order["prompt"], extra)
        run.failure = self.failures.popleft() if self.failures else None
        self.runs[run_id] = run
        self._waiting.append(run)
        await self._queue_moved()
        return run

    async def _queue(self, request: web.Request) -> web.Response:
        running = [self._running.as_item()] if self._running else []
        # The server's list is a heap, so the order of its items says nothing.
        pending = [run.as_item() for run in reversed(self._waiting)]
        return web.json_response({"queue_running": running, "queue_pending": pending})

    async def _change_queue(self, request: web.Request) -> web.Response:
        for run_id in (await request.json()).get("delete", []):
            await self.dequeue(run_id)
        return web.Response()

    async def _interrupt(self, request: web.Request) -> web.Response:
        self.interrupts += 1
        target = (await request.json()).get("prompt_id") if request.can_read_body else None
        if self._running and (target in (None, self._running.id) or not self.obeys_target):
            self._running.is_interrupted = True
            self._tell()
        return web.Response()

    async def _cancel(self, request: web.Request) -> web.Response:
        if not self.knows_jobs:
            return web.Response(status=405)
        run_id = request.match_info["id"]
        if self._running is not None and self._running.id == run_id:
            self._running.is_interrupted = True
            self._tell()
            return web.json_response({"cancelled": True})
        return web.json_response({"cancelled": await self.dequeue(run_id)})

    async def _all_history(self, request: web.Request) -> web.Response:
        latest = int(request.query.get("max_items", "10000"))
        return web.json_response(dict(list(self._history.items())[-latest:]))

    async def _one_history(self, request: web.Request) -> web.Response:
        run_id = request.match_info["id"]
        entry = self._history.get(run_id)
        return web.json_response({} if entry is None else {run_id: entry})

    async def _view(self, request: web.Request) -> web.Response:
        query = request.query
        if ".." in query["filename"] or query.get("type") not in {"output", "temp", "input"}:
            return web.Response(status=400)
        data = self.files.get((query.get("subfolder", ""), query["filename"]))
        if data is None:
            return web.Response(status=404)
        return web.Response(body=data, content_type="image/png")

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        image = form["image"]
        assert isinstance(image, web.FileField)
        name, folder = image.filename, str(form.get("subfolder", ""))
        if self.renames:
            stem, _, suffix = name.rpartition(".")
            name = f"{stem} (1).{suffix}"
        path = f"{folder}/{name}" if folder else name
        self._uploads[path] = Image.open(io.BytesIO(image.file.read())).size
        return web.json_response({"name": name, "subfolder": folder, "type": "input"})

    async def _stats(self, request: web.Request) -> web.Response:
        system = {"os": "posix", "comfyui_version": "0.9.1", "python_version": "3.12"}
        return web.json_response({"system": system, "devices": [{"vram_free": 1}]})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self.has_socket:
            return web.Response(status=502)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        client_id = request.query["clientId"]
        self.sockets[client_id] = socket
        self._open.append(socket)
        self._tell()
        await self._send(client_id, "status", {**self._status(), "sid": client_id})
        try:
            first = await socket.receive()
            if first.type is web.WSMsgType.TEXT:
                self.flags.append(json.loads(first.data))
                self._features.add(client_id)
                await self._send(client_id, "feature_flags", {"max_upload_size": 1})
            async for _ in socket:
                pass
        finally:
            if self.sockets.get(client_id) is socket:
                del self.sockets[client_id]
            self._open.remove(socket)
            self._tell()
        return socket


def _given(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, text=answer.text, headers=answer.headers)


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with ComfyAtHome().open() as comfy:
        yield comfy
