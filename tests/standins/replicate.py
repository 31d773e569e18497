"""A Replicate of our own on the loopback: its API, its file store, and the faults of both.

`connect` gives an adapter in this process; `environment` points the bot of another process here.
Files of runs are served from a second origin, so that a key that follows them shows in `seen`.
"""

import asyncio
import math
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from aiohttp import web

from bot.config import Settings
from bot.providers import Inputs, Setup
from bot.providers.replicate import KEY_ENV, Pace, Replicate, connect
from tests.standins import KEY, Fate, Shelf, StandIn
from tests.standins.answers import ANSWERS, Answer, cut_short, hang_up
from tests.standins.replicate_files import FileStore
from tests.standins.replicate_runs import (
    GOOD,
    SCRIPT,
    VERSION,
    Outcome,
    Run,
    State,
    draw,
    run_id,
    size_for,
)
from tests.standins.replicate_wire import (
    FAULT,
    Fault,
    Oddity,
    Seen,
    breaches_of,
    faults_in,
    has_key,
    place_of,
    problem,
    unauthenticated,
    unknown,
)

QUICK = Pace(quickest_s=0.0, slowest_s=0.0, most_per_s=math.inf)


class ReplicateAtHome:
    """The company's side, and the way to its adapter.

    `script` and `outcome` are for the runs bought from now on, `outcomes` for the next ones first.
    `breaches` are the answers of ours that Replicate's official description does not allow; a
    test that means to go beyond it says that nothing here `is_official`.
    """

    endpoint = "black-forest-labs/flux-dev"
    inputs: Mapping[str, Any] = {
        "prompt": "a fox",
        "seed": 7,
        "aspect_ratio": "4:5",
        "num_outputs": 2,
        "output_format": "png",
    }
    sizes: Sequence[tuple[int, int]] = [(64, 80)] * 2
    seeds: Sequence[int | None] = [7, 7]
    posts_per_run = 1

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.paid_posts = 0
        self.seen: list[Seen] = []
        self.runs: dict[str, Run] = {}
        self.breaches: list[str] = []
        self.is_official = True
        self.script: Sequence[State] = SCRIPT
        self.outcome = GOOD
        self.outcomes: deque[Outcome] = deque()
        self.version = VERSION
        self.create_extra: dict[str, Any] = {}
        self.files = FileStore()
        self.page_length = 100
        self.next_page: str | None = None
        self.url = ""
        self._fates: deque[Fate | Answer] = deque()
        self._next: defaultdict[str, deque[Fault | None]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self._are_looks_lost = False
        self._is_holding = False
        self._clients: list[httpx.AsyncClient] = []
        self._closing = asyncio.Event()

    @property
    def environment(self) -> dict[str, str]:
        """What the bot of another process needs to find us instead of Replicate."""
        return {"REPLICATE_BASE_URL": self.url, KEY_ENV: KEY}

    @asynccontextmanager
    async def open(self) -> AsyncIterator["ReplicateAtHome"]:
        """Serve until the block is left."""
        app = web.Application(middlewares=[self._door], client_max_size=100 * 1024**2)
        app.add_routes([web.route("*", "/{path:.*}", self._serve)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        self._site = web.TCPSite(runner, "127.0.0.1", 0)
        await self._site.start()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url, self.files.url = (f"http://{host}:{port}" for host, port in runner.addresses)
        try:
            yield self
        finally:
            self._closing.set()
            for client in self._clients:
                await client.aclose()
            await runner.cleanup()

    def client(self, *, patience_s: float = 20.0, **options: Any) -> httpx.AsyncClient:
        """Make an HTTP client that is closed with us."""
        # Unverified, because reading every authority's certificate takes longer than most tests.
        client = httpx.AsyncClient(timeout=patience_s, trust_env=False, verify=False, **options)
        self._clients.append(client)
        return client

    def connect(self, *, patience_s: float = 20.0, key: str = KEY, pace: Pace = QUICK) -> Replicate:
        """Make a new adapter, as a new process would."""
        settings = Settings(replicate_base_url=self.url)
        http = self.client(patience_s=patience_s)
        setup = Setup(settings, http, self.shelf.read, self.shelf.take, key)
        return connect(setup, pace=pace)

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        """Return a run that gives one picture as large as the uploaded one."""
        return "nightmareai/real-esrgan:latest", {"image": uploaded, "scale": 1}

    async def next_submit(self, fate: Fate | Answer) -> None:
        """Decide what becomes of the next paid POST."""
        if fate is Fate.REFUSED:
            await self._site.stop()
        else:
            self._fates.append(fate)

    def next_answer(self, place: str, *faults: Fault | None) -> None:
        """Decide what becomes of the next requests at a place; None is nothing unusual.

        Places are account, model, upload, look, list, cancel and file.
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

    def add_run(self, inputs: Mapping[str, Any], **facts: Any) -> Run:
        """Put a run on the books, as one that was bought by whomever."""
        run = Run(
            id=run_id(len(self.runs) + 1),
            model=facts.pop("model", self.endpoint),
            version=facts.pop("version", "hidden"),
            inputs=inputs,
            script=self.script,
            outcome=self.outcomes.popleft() if self.outcomes else self.outcome,
            is_held=self._is_holding,
            **facts,
        )
        self.runs[run.id] = run
        return run

    def _hold(self, *, is_held: bool) -> None:
        self._is_holding = is_held
        for run in self.runs.values():
            run.is_held = is_held

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        place = place_of(request)
        assert request.transport is not None
        self.seen.append(
            Seen(
                place,
                request.method,
                request.path,
                dict(request.query),
                {k: v for k, v in request.headers.items() if k != "Authorization"},
                # A form can be read only once, and by the file store.
                b"" if place == "upload" else await request.read(),
                port=request.transport.get_extra_info("sockname")[1],
                has_key="Authorization" in request.headers,
            )
        )
        if self._are_looks_lost and request.method == "GET":
            return hang_up(request)
        if place == "submit":
            return await self._buy(request)
        if place not in {"file", "nowhere"} and not has_key(request):
            return unauthenticated()
        request[FAULT] = self._next[place].popleft() if self._next[place] else None
        request[FAULT] = request[FAULT] or self._always.get(place)
        return await self._answer(request, handler)

    async def _answer(self, request: web.Request, handler: Any) -> web.StreamResponse:
        fault = request[FAULT]
        if isinstance(fault, Answer):
            return web.Response(status=fault.status, text=fault.text, headers=fault.headers)
        if fault is Oddity.HANGING:
            await self._closing.wait()
        if fault is Oddity.HANG_UP:
            return hang_up(request)
        return await handler(request)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        answers = {
            "account": self._account,
            "upload": self._upload,
            "model": self._model,
            "list": self._list,
            "look": self._look,
            "cancel": self._cancel,
            "file": self.files.give,
        }
        answer = answers.get(place_of(request))
        return await answer(request) if answer else unknown()

    async def _buy(self, request: web.Request) -> web.StreamResponse:
        self.paid_posts += 1
        fate = self._fates.popleft() if self._fates else None
        answer = ANSWERS.get(fate) if isinstance(fate, Fate) else fate
        if answer:
            return web.Response(status=answer.status, text=answer.text, headers=answer.headers)
        if not has_key(request):
            return unauthenticated()
        run = self._take(request.path, await request.json())
        if not isinstance(run, Run):
            return run
        if fate is Fate.LOST:
            return hang_up(request)
        if fate is Fate.HANGING:
            await self._closing.wait()
        if fate is Fate.CUT:
            return await cut_short(request)
        return self._tell(run, status=201, extra=self.create_extra)

    def _take(self, path: str, order: Mapping[str, Any]) -> Run | web.Response:
        """Begin a run, or refuse the order as Replicate does: before anything is bought."""
        facts: dict[str, Any] = {}
        kind, _, rest = path.removeprefix("/v1/").partition("/")
        name = rest.removesuffix("/predictions")
        schema = "prediction_request"
        if kind == "deployments":
            facts = {"deployment": name, "model": "mia/foxes"}
        elif kind == "models":
            facts = {"model": name}
        else:
            schema = "version_prediction_request"
            if order.get("version") != self.version:
                title = "Invalid version or not permitted"
                return problem(422, "The specified version does not exist", title=title)
            facts = {"version": self.version, "model": "nightmareai/real-esrgan"}
        if breaches := breaches_of(schema, order):
            return problem(400, "; ".join(breaches), title="Bad request")
        if faults := faults_in(facts["model"], order["input"]):
            lines = [f"- {fault['field']}: {fault['description']}\n" for fault in faults]
            title = "Input validation failed"
            return problem(422, "".join(lines), title=title, invalid_fields=faults)
        run = self.add_run(order["input"], **facts)
        self._paint(run)
        return run

    def _paint(self, run: Run) -> None:
        size = size_for(run.inputs, self.files.picture(run.inputs.get("image")))
        shade = run.inputs.get("seed", 0)
        addresses = [
            self.files.put(f"{run.id}/out-{n}.png", draw(size, shade + n))
            for n in range(run.count)
            if n not in run.outcome.unsafe
        ]
        is_single = run.outcome.is_single or "esrgan" in run.model
        run.output = addresses[0] if is_single else addresses

    def _tell(
        self, run: Run, *, status: int = 200, extra: Mapping[str, Any] | None = None
    ) -> web.Response:
        body = run.answer(self.url)
        if self.is_official and not run.outcome.extra and not run.outcome.without:
            self.breaches += breaches_of("prediction_response", body)
        return web.json_response({**body, **(extra or {})}, status=status)

    async def _look(self, request: web.Request) -> web.StreamResponse:
        run = self.runs.get(request.path.rpartition("/")[2])
        if run is None:
            return unknown()
        run.look()
        return self._tell(run)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        start = int(request.query.get("cursor", "0"))
        newest = list(self.runs.values())[::-1]
        page = newest[start : start + self.page_length]
        end = start + len(page)
        following = f"{self.url}/v1/predictions?cursor={end}" if end < len(newest) else None
        body = {
            "next": self.next_page or following,
            "previous": None,
            "results": [run.answer(self.url) for run in page],
        }
        return web.json_response(body)

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        run = self.runs.get(request.path.split("/")[3])
        if run is None:
            return unknown()
        if not run.is_over and request[FAULT] is not Oddity.IGNORED:
            run.stop()
        return self._tell(run)

    async def _account(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"type": "user", "username": "mia", "name": "Mia"})

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        body = await self.files.take(request, f"{self.url}/v1/files")
        self.breaches += breaches_of("file_response", body)
        return web.json_response({**body, **self.files.extra}, status=201)

    async def _model(self, request: web.Request) -> web.StreamResponse:
        owner, name = request.path.split("/")[3:5]
        body = {
            "url": f"https://replicate.com/{owner}/{name}",
            "owner": owner,
            "name": name,
            "description": None,
            "visibility": "public",
            "run_count": 12,
            "default_example": None,
            "latest_version": {"id": self.version, "created_at": "2026-01-01T00:00:00Z"},
        }
        self.breaches += breaches_of("model_response", body)
        return web.json_response(body)


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with ReplicateAtHome().open() as replicate:
        yield replicate
        assert replicate.breaches == []
