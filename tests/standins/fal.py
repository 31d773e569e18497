"""A fal.ai of our own on the loopback: its queue, its file store, and the faults of both.

`connect` gives an adapter in this process; `environment` points the bot of another process here.
What is asked of it is written down in `seen`, without the key.
"""

import asyncio
import base64
import json
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from aiohttp import web

from bot.config import Settings
from bot.providers import Inputs, Setup
from bot.providers.fal import KEY_ENV, Fal, connect
from tests.standins import KEY, Fate, Shelf, StandIn
from tests.standins.answers import ANSWERS, Answer, cut_short, hang_up
from tests.standins.fal_runs import (
    CANCELLED,
    GOOD,
    SCRIPT,
    Outcome,
    Run,
    State,
    black,
    draw,
    faults_in,
    is_single,
    size_for,
    wrapped,
)
from tests.standins.fal_wire import (
    FAL_KEY,
    FAULT,
    RUN_PATH,
    Fault,
    Oddity,
    Seen,
    place_of,
    problem,
    refusal_of_key,
)


@dataclass
class _File:
    data: bytes
    content_type: str = "image/png"


class FalAtHome:
    """The company's side, and the way to its adapter.

    A run moves one state on at each look unless `seconds` says how long it takes. `script` and
    `outcome` are for the runs bought from now on, `outcomes` for the next ones first.
    """

    endpoint = "fal-ai/flux/dev"
    inputs: Mapping[str, Any] = {
        "prompt": "a fox",
        "seed": 7,
        "image_size": {"width": 64, "height": 80},
        "num_images": 2,
    }
    sizes: Sequence[tuple[int, int]] = [(64, 80)] * 2
    seeds: Sequence[int | None] = [7, 7]
    posts_per_run = 1

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.posts: Counter[str] = Counter()
        self.seen: list[Seen] = []
        self.open_streams = 0
        self.most_streams = 0
        self.no_streams = asyncio.Event()
        self.runs: dict[str, Run] = {}
        self.refused_inputs: list[Any] = []
        self.seconds: float | None = None
        self.script: Sequence[State] = SCRIPT
        self.outcome = GOOD
        self.outcomes: deque[Outcome] = deque()
        self.submit_extra: dict[str, Any] = {}
        self.token_extra: dict[str, Any] = {}
        self.url = ""
        self._files: dict[str, _File] = {}
        self._fates: deque[Fate | Answer] = deque()
        self._next: defaultdict[str, deque[Fault | None]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self._are_looks_lost = False
        self._is_holding = False
        self._news = asyncio.Event()
        self._clients: list[httpx.AsyncClient] = []
        self._closing = asyncio.Event()

    @property
    def paid_posts(self) -> int:
        """How many requests bought a run, or tried to."""
        return self.posts.total()

    @property
    def environment(self) -> dict[str, str]:
        """What the bot of another process needs to find us instead of fal.ai."""
        return {
            "FAL_QUEUE_URL": f"{self.url}/queue",
            "FAL_REST_URL": f"{self.url}/rest",
            "FAL_CDN_URL": f"{self.url}/cdn",
            KEY_ENV: FAL_KEY,
        }

    @asynccontextmanager
    async def open(self) -> AsyncIterator["FalAtHome"]:
        """Serve until the block is left."""
        app = web.Application(middlewares=[self._door], client_max_size=200 * 1024**2)
        app.add_routes(
            [
                web.post("/rest/storage/auth/token", self._token),
                web.post("/cdn/files/upload", self._take_file),
                web.get("/cdn/files/{name}", self._file),
                web.route("*", "/queue/{path:.+}", self._queue),
                web.route("*", "/{path:.*}", self._nowhere),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        self._site = web.TCPSite(runner, "127.0.0.1", 0)
        await self._site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        try:
            yield self
        finally:
            self._closing.set()
            self._tell()
            for client in self._clients:
                await client.aclose()
            await runner.cleanup()

    def client(self, *, patience_s: float = 20.0, **options: Any) -> httpx.AsyncClient:
        """Make an HTTP client that is closed with us."""
        # Unverified, because reading every authority's certificate takes longer than most tests.
        client = httpx.AsyncClient(timeout=patience_s, trust_env=False, verify=False, **options)
        self._clients.append(client)
        return client

    def connect(self, *, patience_s: float = 20.0, key: str = FAL_KEY) -> Fal:
        """Make a new adapter, as a new process would."""
        return self.connect_with(self.client(patience_s=patience_s), key=key)

    def connect_with(self, http: httpx.AsyncClient, *, key: str = FAL_KEY) -> Fal:
        """Make a new adapter on this client."""
        settings = Settings(
            fal_queue_url=f"{self.url}/queue",
            fal_rest_url=f"{self.url}/rest",
            fal_cdn_url=f"{self.url}/cdn",
        )
        return connect(Setup(settings, http, self.shelf.read, self.shelf.take, key))

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        """Return a run that gives one picture as large as the uploaded one."""
        inputs = {"prompt": "a fox", "image_url": uploaded, "seed": 7}
        return "fal-ai/flux/dev/image-to-image", inputs

    async def next_submit(self, fate: Fate | Answer) -> None:
        """Decide what becomes of the next paid POST."""
        if fate is Fate.REFUSED:
            await self._site.stop()
        else:
            self._fates.append(fate)

    def next_answer(self, place: str, *faults: Fault | None) -> None:
        """Decide what becomes of the next requests at a place; None is nothing unusual.

        Places are status, stream, result, cancel, token, upload and file.
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

    def hold_runs(self) -> None:
        """Let no run end any more, unless it is cancelled."""
        self._hold(is_held=True)

    def release_runs(self) -> None:
        """Let runs end again."""
        self._hold(is_held=False)

    def asked(self, *places: str) -> list[Seen]:
        """Return the requests to some places, oldest first."""
        return [seen for seen in self.seen if seen.place in places]

    def put_file(self, name: str, data: bytes, content_type: str = "image/png") -> str:
        """Keep a file; return its address."""
        self._files[name] = _File(data, content_type)
        return f"{self.url}/cdn/files/{name}"

    def _hold(self, *, is_held: bool) -> None:
        self._is_holding = is_held
        for run in self.runs.values():
            run.is_held = is_held
        self._tell()

    def _tell(self) -> None:
        """Wake every stream."""
        old, self._news = self._news, asyncio.Event()
        old.set()

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        place = place_of(request)
        authorization = request.headers.get("Authorization", "")
        self.seen.append(
            Seen(
                place,
                request.method,
                request.path,
                dict(request.query),
                {k: v for k, v in request.headers.items() if k != "Authorization"},
                await request.read(),
                has_key=KEY in authorization,
            )
        )
        if self._are_looks_lost and request.method == "GET":
            return hang_up(request)
        if place in {"submit", "status", "stream", "result", "cancel", "token"}:
            refusal = refusal_of_key(authorization)
            if refusal is not None and not (place == "submit" and self._fates):
                return refusal
        request[FAULT] = self._fault(place)
        return await self._answer(request, handler)

    def _fault(self, place: str) -> Fault | None:
        return self._next[place].popleft() if self._next[place] else self._always.get(place)

    async def _answer(self, request: web.Request, handler: Any) -> web.StreamResponse:
        fault = request[FAULT]
        if isinstance(fault, Answer):
            return web.Response(status=fault.status, text=fault.text, headers=fault.headers)
        if fault is Oddity.HANGING:
            await self._closing.wait()
        if fault is Oddity.HANG_UP:
            return hang_up(request)
        return await handler(request)

    async def _nowhere(self, request: web.Request) -> web.Response:
        return problem(404, "Not Found")

    async def _queue(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        place = place_of(request)
        if place == "submit":
            return await self._buy(request, path)
        match = RUN_PATH.fullmatch(path)
        if match is None or place == "nowhere":
            return problem(405, "Method Not Allowed")
        run = self.runs.get(match["id"])
        if run is None or run.root != match["root"]:
            return problem(404, f"Request {match['id']} not found")
        answers = {
            "status": self._status,
            "stream": self._stream,
            "result": self._result,
            "cancel": self._cancel,
        }
        return await answers[place](request, run)

    async def _buy(self, request: web.Request, endpoint: str) -> web.StreamResponse:
        self.posts[endpoint] += 1
        fate = self._fates.popleft() if self._fates else None
        answer = ANSWERS.get(fate) if isinstance(fate, Fate) else fate
        if answer:
            return web.Response(status=answer.status, text=answer.text, headers=answer.headers)
        run = Run(
            id=f"764cabcf-b745-4b3e-ae38-{len(self.runs) + 1:012d}",
            endpoint=endpoint,
            inputs=await request.json(),
            script=self.script,
            outcome=self.outcomes.popleft() if self.outcomes else self.outcome,
            seconds=self.seconds,
            is_held=self._is_holding,
        )
        self.runs[run.id] = run
        if fate is Fate.LOST:
            return hang_up(request)
        if fate is Fate.HANGING:
            await self._closing.wait()
        if fate is Fate.CUT:
            return await cut_short(request)
        body = {"status": "IN_QUEUE", "queue_position": 1, "logs": None, "metrics": {}}
        return web.json_response({**body, **self._addresses(run), **self.submit_extra})

    def _addresses(self, run: Run) -> dict[str, str]:
        base = f"{self.url}/queue/{run.root}/requests/{run.id}"
        return {
            "request_id": run.id,
            "response_url": base,
            "status_url": f"{base}/status",
            "cancel_url": f"{base}/cancel",
        }

    async def _status(self, request: web.Request, run: Run) -> web.StreamResponse:
        has_logs = request.query.get("logs") in {"1", "true"}
        body = self._body(run, run.look(), since=0 if has_logs else None)
        if request[FAULT] is Oddity.NO_LOGS:
            body.pop("logs", None)
        if request[FAULT] is Oddity.UNKNOWN_STATE:
            body["status"] = "DREAMING"
        self._tell()
        return web.json_response(body, status=200 if run.is_over else 202)

    def _body(self, run: Run, state: State, *, since: int | None) -> dict[str, Any]:
        """Return a status answer; `since` is the first state whose logs are told."""
        body: dict[str, Any] = {"status": state.status, **self._addresses(run)}
        if state.status == "IN_QUEUE":
            return {**body, "queue_position": state.position}
        body["logs"] = None if since is None else run.logs(since=since)
        if state.status == "COMPLETED":
            body["metrics"] = {"inference_time": 1.25}
            outcome = {"error": run.outcome.error, "error_type": run.outcome.error_type}
            body |= {name: value for name, value in outcome.items() if value is not None}
        return body

    async def _stream(self, request: web.Request, run: Run) -> web.StreamResponse:
        """Tell each change, with only the log lines that are new, until the run is over."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.open_streams += 1
        self.no_streams.clear()
        self.most_streams = max(self.most_streams, self.open_streams)
        try:
            if request[FAULT] is Oddity.SILENT:
                await self._closing.wait()
            await self._tell_changes(request, response, run)
        except ConnectionResetError:
            pass
        finally:
            self.open_streams -= 1
            if not self.open_streams:
                self.no_streams.set()
        return response

    async def _tell_changes(
        self, request: web.Request, response: web.StreamResponse, run: Run
    ) -> None:
        told = -1
        while not self._closing.is_set():
            news = self._news
            state = run.look()
            if run.step != told:
                body = self._body(run, state, since=told + 1)
                if request[FAULT] is Oddity.UNKNOWN_STATE:
                    await response.write(b'data: {"status": "DREAMING"}\n\ndata: {oops\n\n')
                await response.write(f": ping\ndata: {json.dumps(body)}\n\n".encode())
                told = run.step
                if request[FAULT] is Oddity.CUT:
                    hang_up(request)
                    return
                if request[FAULT] is Oddity.HALF_SILENT:
                    await self._closing.wait()
            if run.is_over:
                return
            await _wait(news, run.wait_s())

    async def _result(self, request: web.Request, run: Run) -> web.StreamResponse:
        if not run.is_over:
            return problem(400, "Request is still in progress")
        refusal = run.outcome.refusal
        if refusal is not None:
            return web.Response(status=refusal.status, text=refusal.text, headers=refusal.headers)
        if faults := faults_in(run.endpoint, run.inputs):
            self.refused_inputs.append((run.endpoint, faults))
            return web.json_response({"detail": faults}, status=422)
        return web.json_response(
            self._output(run), headers={"x-fal-request-id": run.id, "x-fal-billable-units": "1"}
        )

    def _output(self, run: Run) -> dict[str, Any]:
        outcome, count = run.outcome, run.inputs.get("num_images", 1)
        flags = [False] * count if outcome.flags is None else list(outcome.flags)
        images = [
            self._picture(run, n, is_flagged=flags[n : n + 1] == [True]) for n in range(count)
        ]
        output: dict[str, Any] = {
            "images": images,
            "timings": {"inference": 1.25},
            "seed": run.inputs.get("seed", 12345),
            "has_nsfw_concepts": flags,
            "prompt": run.inputs.get("prompt", ""),
        }
        if is_single(run.endpoint):
            output = {"image": images[0], "mask_image": images[0], "seed": output["seed"]}
        output |= outcome.extra
        return {name: value for name, value in output.items() if name not in outcome.without}

    def _picture(self, run: Run, number: int, *, is_flagged: bool) -> dict[str, Any]:
        size = size_for(run.inputs, self._input_picture(run.inputs.get("image_url")))
        is_cutout = "birefnet" in run.endpoint
        shade = run.inputs.get("seed", 0) + number
        data = black(size) if is_flagged else draw(size, shade, is_cutout=is_cutout)
        url = self.put_file(f"{run.id}-{number}.png", data)
        facts = {"width": size[0], "height": size[1], "content_type": "image/png"}
        return {**wrapped(data, url, run.outcome.wrap), **facts}

    def _input_picture(self, address: object) -> bytes | None:
        """Return the picture that a run starts from, where we have it."""
        if not isinstance(address, str):
            return None
        if address.startswith("data:"):
            return base64.b64decode(address.partition(";base64,")[2])
        file = self._files.get(address.rpartition("/")[2])
        return file.data if file else None

    async def _cancel(self, request: web.Request, run: Run) -> web.StreamResponse:
        if run.is_over:
            return web.json_response({"status": "ALREADY_COMPLETED"}, status=400)
        if request[FAULT] is not Oddity.IGNORED:
            run.end(CANCELLED)
            self._tell()
        return web.json_response({"status": "CANCELLATION_REQUESTED"}, status=202)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        body = {
            "token": "cdn-token-1",
            "token_type": "Bearer",
            "base_url": f"{self.url}/cdn",
            "expires_at": "2099-01-01T00:00:00+00:00",
        }
        return web.json_response({**body, **self.token_extra})

    async def _take_file(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Bearer cdn-token-1":
            return problem(401, "Invalid token")
        name = f"upload-{len(self._files)}"
        url = self.put_file(name, await request.read(), request.content_type)
        return web.json_response({"access_url": url})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self._files.get(request.match_info["name"])
        if file is None:
            return problem(404, "File not found")
        response = web.StreamResponse(headers={"Content-Type": file.content_type})
        response.content_length = len(file.data)
        await response.prepare(request)
        if request[FAULT] is Oddity.TRUNCATED:
            await response.write(file.data[: len(file.data) // 2])
            return hang_up(request)
        await response.write(file.data)
        return response


async def _wait(news: asyncio.Event, seconds: float | None) -> None:
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with FalAtHome().open() as fal:
        yield fal
