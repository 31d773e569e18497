"""The machine behind the stand-in of ComfyUI: one run at a time, told step by step.

Runs go as fast as they can; `pause_at` stops them at a place until `resume`. Places are `start`,
`step` (in the middle of the sampling) and `history` (after `execution_success`, before there is
an entry).
"""

import asyncio
import io
import json
import struct
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiohttp import web
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.standins.comfyui_nodes import (
    KINDS,
    SLOW,
    in_order,
    seed_in,
    shape_of,
    signature,
    steps_in,
)


class Interrupted(Exception):
    """The run that is worked on shall stop."""


@dataclass
class Run:
    """One order."""

    number: float
    id: str
    graph: dict[str, Any]
    extra: dict[str, Any]
    failure: Mapping[str, Any] | None = None
    is_interrupted: bool = False
    preview: bytes | None = None

    def as_item(self) -> list[Any]:
        outputs = [n for n, body in self.graph.items() if KINDS[body["class_type"]].is_output]
        return [self.number, self.id, self.graph, self.extra, outputs]


class Machine:
    """Its queue, its history, its files and the sockets of those who listen."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.preview: bytes | None = None
        self.preview_facts = True
        self.drops_at_step = False
        self.failures: deque[Mapping[str, Any]] = deque()
        self.reached: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self._features: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._pauses: set[str] = set()
        self._waiting: list[Run] = []
        self._running: Run | None = None
        self._history: dict[str, dict[str, Any]] = {}
        self._cache: set[str] = set()
        self.files: dict[tuple[str, str], bytes] = {}
        self._uploads: dict[str, tuple[int, int]] = {}
        self._news = asyncio.Event()

    def hold_runs(self) -> None:
        """Let no run end any more, unless it is cancelled."""
        self.pause_at("step")

    def pause_at(self, place: str) -> None:
        """Stop every run at a place until `resume`."""
        self._pauses.add(place)

    def resume(self, place: str) -> None:
        """Let runs go on."""
        self._pauses.discard(place)
        self._tell()

    def restart(self) -> None:
        """Forget everything that is not a file, as a process does."""
        self._waiting.clear()
        self._history.clear()
        if self._running is not None:
            self._running.is_interrupted = True
        self._running = None
        for socket in self.sockets.values():
            self._hang_up_socket(socket)
        self._tell()

    def lose_files(self) -> None:
        """Delete what was saved."""
        self.files.clear()

    async def queue_other(self, *, front: bool = False, preview: bytes | None = None) -> str:
        """Put a run of somebody else's into the queue; return its id.

        With a preview it samples. It has no client id, so everybody is told how it goes.
        """
        run_id = str(uuid4())
        number = -1.0 if front else float(len(self.runs))
        graph = {
            "1": {
                "class_type": "EmptyLatentImage",
                "inputs": {"width": 16, "height": 16, "batch_size": 1},
            },
        }
        if preview is not None:
            graph["13"] = {"class_type": "KSampler", "inputs": {"steps": 4}}
        run = self.runs[run_id] = Run(number, run_id, graph, {}, preview=preview)
        self._waiting.append(run)
        await self._queue_moved()
        return run_id

    async def shows(self, is_so: Callable[[], bool]) -> None:
        """Wait until something shows here."""
        while not is_so():
            await self._news.wait()

    def _tell(self) -> None:
        old, self._news = self._news, asyncio.Event()
        old.set()

    async def dequeue(self, run_id: str) -> bool:
        before = len(self._waiting)
        self._waiting = [run for run in self._waiting if run.id != run_id]
        await self._queue_moved()
        return len(self._waiting) < before

    def _status(self) -> dict[str, Any]:
        remaining = len(self._waiting) + (self._running is not None)
        return {"status": {"exec_info": {"queue_remaining": remaining}}}

    async def _queue_moved(self) -> None:
        """Tell everybody, as the server does at each change of the queue."""
        for client_id in list(self.sockets):
            await self._send(client_id, "status", self._status())
        self._tell()

    async def _send(self, client_id: str | None, kind: str, data: Mapping[str, Any]) -> None:
        socket = self.sockets.get(client_id or "")
        if socket is not None:
            with suppress(ConnectionError):
                await socket.send_json({"type": kind, "data": data})

    async def _send_steps(self, run: Run, kind: str, data: Mapping[str, Any]) -> None:
        for client_id in self._watching(run):
            await self._send(client_id, kind, self._about(run, **data))

    def _watching(self, run: Run) -> list[str]:
        """Return who is told of a run's steps: everybody, where it was ordered without an id."""
        client_id = run.extra.get("client_id")
        return list(self.sockets) if client_id is None else [client_id]

    async def _send_previews(self, run: Run) -> None:
        preview = run.preview or self.preview
        if preview is None:
            return
        for client_id in self._watching(run):
            await self._send_preview(client_id, preview, run.id)

    async def _send_preview(self, client_id: str, preview: bytes, run_id: str) -> None:
        socket = self.sockets.get(client_id)
        if socket is None:
            return
        frame = struct.pack(">II", 1, 1) + preview
        if self.preview_facts and client_id in self._features:
            about = {"node_id": "13", "prompt_id": run_id, "image_type": "image/jpeg"}
            facts = json.dumps(about).encode()
            frame = struct.pack(">II", 4, len(facts)) + facts + preview
        with suppress(ConnectionError):
            await socket.send_bytes(frame)

    def _hang_up_socket(self, socket: web.WebSocketResponse) -> None:
        transport = socket._req.transport if socket._req else None
        if transport is not None:
            transport.abort()

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                await self._news.wait()
            await self._stop_at("start", None)
            if not self._waiting:
                continue
            run = self._running = min(self._waiting, key=lambda run: run.number)
            self._waiting.remove(run)
            await self._queue_moved()
            outputs, events = await self._outcome(run)
            if self._running is run:
                self._write_history(run, outputs, events)
            await self._send(run.extra.get("client_id"), "executing", self._about(run, node=None))
            await self._queue_moved()

    def _about(self, run: Run, **facts: Any) -> dict[str, Any]:
        return {**facts, "prompt_id": run.id}

    def _write_history(self, run: Run, outputs: dict[str, Any], events: list[Any]) -> None:
        # In one go, as the server does under its lock.
        self._running = None
        is_good = events[-1][0] == "execution_success"
        self._history[run.id] = {
            "prompt": run.as_item(),
            "outputs": outputs,
            "status": {
                "status_str": "success" if is_good else "error",
                "completed": is_good,
                "messages": events,
            },
            "meta": {},
        }

    async def _outcome(self, run: Run) -> tuple[dict[str, Any], list[Any]]:
        """Work on a run; return its outputs and what its history says has happened."""
        client_id = run.extra.get("client_id")
        events: list[Any] = [["execution_start", self._about(run)]]
        await self._send(client_id, *events[0])
        try:
            outputs = await self._execute(run)
            last: list[Any] = ["execution_success", self._about(run)]
        except Interrupted:
            outputs, last = {}, ["execution_interrupted", self._about(run, node_id="13")]
        if run.failure is not None:
            outputs, last = {}, ["execution_error", self._about(run, **run.failure)]
        events.append(last)
        await self._send(client_id, *last)
        if last[0] == "execution_success":
            with suppress(Interrupted):
                await self._stop_at("history", run)
        return outputs, events

    async def _execute(self, run: Run) -> dict[str, Any]:
        client_id, outputs = run.extra.get("client_id"), {}
        cached = [node for node in run.graph if signature(run.graph, node) in self._cache]
        await self._send(client_id, "execution_cached", self._about(run, nodes=cached))
        for node in in_order(run.graph):
            if node in cached:
                continue
            await self._send(client_id, "executing", self._about(run, node=node))
            kind = run.graph[node]["class_type"]
            if kind in SLOW:
                await self._sample(run, node)
            self._cache.add(signature(run.graph, node))
            if KINDS[kind].is_output:
                outputs[node] = {"images": self._save(run, node)}
                await self._send(
                    client_id, "executed", self._about(run, node=node, output=outputs[node])
                )
        return outputs

    async def _sample(self, run: Run, node: str) -> None:
        whole = steps_in(run.graph)
        for step in range(1, whole + 1):
            facts = {"value": step, "max": whole}
            await self._send_steps(run, "progress", {**facts, "node": node})
            states = {node: {**facts, "state": "running"}}
            await self._send_steps(run, "progress_state", {"nodes": states})
            await self._send_previews(run)
            if step == (whole + 1) // 2:
                await self._halfway(run)
            if run.is_interrupted:
                raise Interrupted
            if run.failure is not None:
                return

    async def _halfway(self, run: Run) -> None:
        socket = self.sockets.get(run.extra.get("client_id", ""))
        if self.drops_at_step and socket is not None:
            self.drops_at_step = False
            self._hang_up_socket(socket)
        await self._stop_at("step", run)

    async def _stop_at(self, place: str, run: Run | None) -> None:
        self.reached[place].set()
        while place in self._pauses:
            if run is not None and run.is_interrupted:
                raise Interrupted
            await self._news.wait()

    def _save(self, run: Run, node: str) -> list[dict[str, str]]:
        width, height, count = shape_of(run.graph, node, self._uploads)
        prefix = run.graph[node]["inputs"]["filename_prefix"]
        folder, _, stem = prefix.rpartition("/")
        images = []
        for number in range(1, count + 1):
            name = f"{stem}_{number:05d}_.png"
            shade = (seed_in(run.graph) + number) % 256
            self.files[folder, name] = _png(width, height, shade, run.graph)
            images.append({"filename": name, "subfolder": folder, "type": "output"})
        return images


def _png(width: int, height: int, shade: int, graph: Mapping[str, Any]) -> bytes:
    """Draw a picture with the graph in it, and another text that may stay."""
    texts = PngInfo()
    texts.add_text("prompt", json.dumps(graph))
    texts.add_itxt("workflow", json.dumps({"nodes": graph}))
    texts.add_text("Software", "ComfyUI")
    png = io.BytesIO()
    Image.new("RGB", (width, height), (shade, 90, 40)).save(png, "PNG", pnginfo=texts)
    return png.getvalue()
