"""A Black Forest Labs of our own on the loopback: the API, its clusters, and a store of files.

The store is another origin, as the real one is, so that a key which is sent there shows. Where a
run is asked about by the address of its order, the place is `look`; by the general one, `guess`.
"""

import asyncio
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
from bot.providers.bfl import KEY_ENV, Bfl, Pace, connect
from tests.standins import KEY, Fate, Shelf, StandIn
from tests.standins.answers import ANSWERS, Answer, cut_short, hang_up
from tests.standins.bfl_wire import ORDERS, faults_in, size_for
from tests.standins.fal_runs import draw
from tests.standins.fal_wire import Fault, Oddity, Seen, problem

UNSTOPPABLE = True
QUICK = Pace(quickest_s=0.01, slowest_s=0.1)
IMPATIENT = Pace(quickest_s=0.01, slowest_s=0.01, unknown_s=0.0)

State = Mapping[str, Any] | Answer
"""One answer to a look: the fields that are told, or another answer altogether."""

PENDING: State = {"status": "Pending"}
READY: State = {"status": "Ready"}
UNKNOWN = Answer(404, '{"detail": "Task not found"}')
SCRIPT: Sequence[State] = (
    PENDING,
    {"status": "Pending", "progress": 0.25},
    {"status": "Pending", "progress": 0.75},
    READY,
)


@dataclass
class Run:
    """One bought run; it moves on at each look, and its last state stays."""

    id: str
    order: Mapping[str, Any]
    script: Sequence[State]
    is_held: bool
    step: int = -1

    def look(self) -> State:
        """Move on and tell the state."""
        last = len(self.script) - (2 if self.is_held else 1)
        self.step = min(self.step + 1, last)
        return self.script[self.step]


class BflAtHome:
    """The company's side, and the way to its adapter.

    `script` is for the runs bought from now on. `submit_extra` changes the paid answers and
    `result_extra` the results; a value of `...` takes a field away.
    """

    endpoint = "flux-pro-1.1"
    inputs: Mapping[str, Any] = {
        "prompt": "a fox",
        "seed": 7,
        "width": 256,
        "height": 320,
        "output_format": "png",
        "safety_tolerance": 2,
    }
    sizes: Sequence[tuple[int, int]] = [(256, 320)]
    seeds: Sequence[int | None] = [7]
    posts_per_run = 1

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.posts: Counter[str] = Counter()
        self.seen: list[Seen] = []
        self.runs: dict[str, Run] = {}
        self.refused_orders: list[Any] = []
        self.script = SCRIPT
        self.credits: Any = 512.5
        self.submit_extra: dict[str, Any] = {}
        self.result_extra: dict[str, Any] = {}
        self.url = ""
        self.files_url = ""
        self._fates: deque[Fate | Answer] = deque()
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self._are_looks_lost = False
        self._is_holding = False
        self._clients: list[httpx.AsyncClient] = []
        self._closing = asyncio.Event()

    @property
    def paid_posts(self) -> int:
        """How many requests bought a run, or tried to."""
        return self.posts.total()

    @property
    def environment(self) -> dict[str, str]:
        """What the bot of another process needs to find us instead of Black Forest Labs."""
        return {"BFL_BASE_URL": self.url, KEY_ENV: KEY}

    @asynccontextmanager
    async def open(self) -> AsyncIterator["BflAtHome"]:
        """Serve until the block is left."""
        api = web.Application(middlewares=[self._door], client_max_size=200 * 1024**2)
        api.add_routes(
            [
                web.get("/v1/credits", self._credits, name="credits"),
                web.get("/v1/get_result", self._look, name="guess"),
                web.get("/cluster-7/v1/get_result", self._look, name="look"),
                web.post("/v1/{endpoint:.+}", self._buy, name="submit"),
                web.route("*", "/{path:.*}", self._nowhere, name="nowhere"),
            ]
        )
        files = web.Application(middlewares=[self._door])
        files.add_routes(
            [
                web.get("/samples/{id}.png", self._sample, name="sample"),
                web.route("*", "/{path:.*}", self._nowhere, name="stranger"),
            ]
        )
        runners = [
            web.AppRunner(app, access_log=None, shutdown_timeout=0.5) for app in (api, files)
        ]
        self._site, self.url = await _serve(runners[0])
        _, self.files_url = await _serve(runners[1])
        try:
            yield self
        finally:
            self._closing.set()
            for client in self._clients:
                await client.aclose()
            for runner in runners:
                await runner.cleanup()

    def connect(self, *, patience_s: float = 20.0, key: str = KEY, pace: Pace = QUICK) -> Bfl:
        """Make a new adapter, as a new process would."""
        # Unverified, because reading every authority's certificate takes longer than most tests.
        http = httpx.AsyncClient(timeout=patience_s, trust_env=False, verify=False)
        self._clients.append(http)
        settings = Settings(bfl_base_url=self.url)
        return connect(Setup(settings, http, self.shelf.read, self.shelf.take, key), pace=pace)

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        """Return a run that gives one picture as large as the uploaded one."""
        return "flux-kontext-pro", {"prompt": "a red fox", "input_image": uploaded, "seed": 7}

    async def next_submit(self, fate: Fate | Answer) -> None:
        """Decide what becomes of the next paid POST."""
        if fate is Fate.REFUSED:
            await self._site.stop()
        else:
            self._fates.append(fate)

    def next_answer(self, place: str, *faults: Fault) -> None:
        """Decide what becomes of the next requests at look, guess, credits or sample."""
        self._faults[place].extend(faults)

    def always(self, place: str, fault: Fault) -> None:
        """Decide what becomes of every request at a place from now on."""
        self._always[place] = fault

    def heal(self) -> None:
        """Answer again as usual, everywhere."""
        self._always.clear()

    def lose_looks(self) -> None:
        """Break the connection of every request that only reads, until `find_looks`."""
        self._are_looks_lost = True

    def find_looks(self) -> None:
        """Answer such requests again."""
        self._are_looks_lost = False

    def hold_runs(self) -> None:
        """Let no run end any more."""
        self._is_holding = True
        for run in self.runs.values():
            run.is_held = True

    def asked(self, *places: str) -> list[Seen]:
        """Return the requests to some places, oldest first."""
        return [seen for seen in self.seen if seen.place in places]

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        place = str(request.match_info.route.name)
        await self._note(place, request)
        if self._are_looks_lost and request.method == "GET":
            return hang_up(request)
        is_of_api = place in {"submit", "look", "guess", "credits"}
        is_fated = place == "submit" and bool(self._fates)
        if is_of_api and not is_fated and request.headers.get("x-key") != KEY:
            if place == "submit":
                self.posts["refused"] += 1
            return problem(403, "Not authenticated")
        fault = self._faults[place].popleft() if self._faults[place] else self._always.get(place)
        if isinstance(fault, Answer):
            return _given(fault)
        if fault is Oddity.HANGING:
            await self._closing.wait()
        return hang_up(request) if fault is Oddity.HANG_UP else await handler(request)

    async def _note(self, place: str, request: web.Request) -> None:
        has_key = KEY in f"{request.path_qs} {list(request.headers.items())}"
        headers = {name: value for name, value in request.headers.items() if KEY not in value}
        query, body = dict(request.query), await request.read()
        seen = Seen(place, request.method, request.path, query, headers, body, has_key=has_key)
        self.seen.append(seen)

    async def _nowhere(self, request: web.Request) -> web.Response:
        return problem(404, "Not Found")

    async def _credits(self, request: web.Request) -> web.Response:
        return web.json_response(_without_gaps({"credits": self.credits}))

    async def _buy(self, request: web.Request) -> web.StreamResponse:
        endpoint = request.match_info["endpoint"]
        self.posts[endpoint] += 1
        fate = self._fates.popleft() if self._fates else None
        answer = ANSWERS.get(fate) if isinstance(fate, Fate) else fate
        if answer:
            return _given(answer)
        if endpoint not in ORDERS:
            return problem(404, "Not Found")
        order = json.loads(await request.read())
        if faults := faults_in(endpoint, order):
            self.refused_orders.append((endpoint, faults))
            return web.json_response({"detail": faults}, status=422)
        run = Run(f"run-{len(self.runs) + 1}", order, self.script, is_held=self._is_holding)
        self.runs[run.id] = run
        if fate is Fate.LOST:
            return hang_up(request)
        if fate is Fate.HANGING:
            await self._closing.wait()
        if fate is Fate.CUT:
            return await cut_short(request)
        facts = {"id": run.id, "polling_url": f"{self.url}/cluster-7/v1/get_result?id={run.id}"}
        costs = {"cost": 4.0, "input_mp": 0.0, "output_mp": 0.08}
        return web.json_response(_without_gaps({**facts, **costs, **self.submit_extra}))

    async def _look(self, request: web.Request) -> web.StreamResponse:
        run = self.runs.get(request.query.get("id", ""))
        if run is None:
            return _given(UNKNOWN)
        state = run.look()
        if isinstance(state, Answer):
            return _given(state)
        nothing = {"result": None, "progress": None, "details": None, "preview": None}
        result = {"result": self._result(run)} if state == READY else {}
        return web.json_response(_without_gaps({"id": run.id, **nothing, **state, **result}))

    def _result(self, run: Run) -> dict[str, Any]:
        result = {
            "sample": f"{self.files_url}/samples/{run.id}.png?sig=2f6a",
            "prompt": run.order.get("prompt", ""),
            "seed": run.order.get("seed", 12345),
            "start_time": 1763700000.25,
        }
        return _without_gaps({**result, **self.result_extra})

    async def _sample(self, request: web.Request) -> web.Response:
        order = self.runs[request.match_info["id"]].order
        return web.Response(body=draw(size_for(order), order.get("seed", 0)))


async def _serve(runner: web.AppRunner) -> tuple[web.TCPSite, str]:
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    return site, f"http://{host}:{port}"


def _given(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, text=answer.text, headers=answer.headers)


def _without_gaps(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not ...}


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with BflAtHome().open() as bfl:
        yield bfl
