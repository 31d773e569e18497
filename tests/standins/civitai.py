"""A CivitAI of our own on the loopback: its workflows, its website, its files, and their faults.

Three origins: the orchestration API, the website, and a third one for files, to which blobs are
redirected; a key that travels along shows in `seen`. `connect` gives an adapter in this process;
`environment` points the bot of another process here.
"""

import io
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import httpx
from aiohttp import web
from PIL import Image

from bot.config import Settings
from bot.providers import Inputs, Setup
from bot.providers._civitai_site import Site
from bot.providers.civitai import KEY_ENV, Civitai, Pace, connect
from tests.standins import KEY, Fate, Shelf, StandIn
from tests.standins.answers import ANSWERS, Answer, cut_short, hang_up
from tests.standins.civitai_door import Door
from tests.standins.civitai_runs import GOOD, MOMENT, SCRIPT, Outcome, Run, State, draw
from tests.standins.civitai_site import Library
from tests.standins.civitai_wire import (
    as_response,
    faults_in,
    faults_in_order,
    place_of,
    problem,
    refusal_of_key,
)

QUICK = Pace(quickest_s=0.005, slowest_s=0.02)
FLUX = "urn:air:flux1:checkpoint:civitai:618692@691639"
_API = "/v2/consumer"
_MATURE = {"r", "x", "xxx"}


class CivitaiAtHome(Door):
    """The company's side, and the way to its adapter.

    A run moves one state on at each look unless `seconds` says how long it takes. `script` and
    `outcome` are for the runs bought from now on, `outcomes` for the next ones first.
    """

    endpoint = "textToImage"
    inputs: Mapping[str, Any] = {
        "model": FLUX,
        "prompt": "a fox",
        "seed": 7,
        "width": 64,
        "height": 80,
        "steps": 28,
        "cfgScale": 3.5,
        "quantity": 2,
    }
    sizes: Sequence[tuple[int, int]] = [(64, 80)] * 2
    seeds: Sequence[int | None] = [None, None]
    posts_per_run = 1

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Shelf()
        self.library = Library()
        self.paid_posts = 0
        self.runs: dict[str, Run] = {}
        self.contract_faults: list[Mapping[str, Any]] = []
        self.seconds: float | None = None
        self.script: Sequence[State] = SCRIPT
        self.outcome = GOOD
        self.outcomes: deque[Outcome] = deque()
        self.submit_extra: dict[str, Any] = {}
        self.upload_extra: dict[str, Any] = {}
        self.page_size = 100
        self.url = self.site_url = self.files_url = ""
        self._named: dict[str, str] = {}
        self._uploads: dict[str, bytes] = {}
        self._fates: deque[Fate | Answer] = deque()
        self._is_holding = False

    @property
    def environment(self) -> dict[str, str]:
        """What the bot of another process needs to find us instead of CivitAI."""
        return {
            "CIVITAI_BASE_URL": self.site_url,
            "CIVITAI_ORCHESTRATION_URL": self.url,
            KEY_ENV: KEY,
        }

    @asynccontextmanager
    async def open(self) -> AsyncIterator["CivitaiAtHome"]:
        """Serve all three origins until the block is left."""
        async with AsyncExitStack() as stack:
            self.url = await self.serve(stack, self._api)
            self.site_url = await self.serve(stack, self._website)
            self.files_url = await self.serve(stack, self._file)
            stack.push_async_callback(self.close)
            yield self

    def connect(self, *, patience_s: float = 20.0, key: str = KEY, pace: Pace = QUICK) -> Civitai:
        """Make a new adapter, as a new process would."""
        http = self.client(patience_s=patience_s)
        setup = Setup(self._settings, http, self.shelf.read, self.shelf.take, key)
        return connect(setup, pace=pace)

    @cached_property
    def _settings(self) -> Settings:
        return Settings(civitai_base_url=self.site_url, civitai_orchestration_url=self.url)

    def site(self, *, key: str | None = KEY, **options: Any) -> Site:
        """Make a new client of the website."""
        return Site(self.client(), self.site_url, key, **options)

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        """Return a run that gives one picture as large as the uploaded one."""
        return "imageBackgroundRemoval", {"image": uploaded, "format": "png"}

    async def next_submit(self, fate: Fate | Answer) -> None:
        """Decide what becomes of the next paid POST."""
        if fate is Fate.REFUSED:
            await self.stop_listening()
        else:
            self._fates.append(fate)

    def hold_runs(self) -> None:
        """Let no run end any more, unless it is cancelled."""
        self._hold(is_held=True)

    def release_runs(self) -> None:
        """Let runs end again."""
        self._hold(is_held=False)

    def _hold(self, *, is_held: bool) -> None:
        self._is_holding = is_held
        for run in self.runs.values():
            run.is_held = is_held

    async def _api(self, request: web.Request) -> web.StreamResponse:
        place = place_of(request)
        early = await self.meet(request, place)
        if early is not None:
            return early
        is_fated = place == "submit" and bool(self._fates)
        refusal = None if place == "blob" or is_fated else refusal_of_key(request)
        if refusal is not None:
            return refusal
        answers = {
            "submit": self._buy,
            "list": self._list,
            "look": self._look,
            "cancel": self._cancel,
            "upload": self._upload,
            "refresh": self._refresh,
            "blob": self._blob,
        }
        return await answers[place](request) if place in answers else problem(404)

    async def _website(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/api/v1/")
        place = {"me": "me", "models": "models"}.get(path, "nowhere")
        place = "version" if path.startswith("model-versions/") else place
        early = await self.meet(request, place)
        if early is not None:
            return early
        if "Authorization" in request.headers and refusal_of_key(request) is not None:
            return web.json_response({"error": "Unauthorized"}, status=401)
        answers = {
            "me": self.library.me,
            "models": self.library.search,
            "version": self.library.version,
        }
        return answers[place](request) if place in answers else problem(404)

    async def _buy(self, request: web.Request) -> web.StreamResponse:
        self.paid_posts += 1
        fate = self._fates.popleft() if self._fates else None
        answer = ANSWERS.get(fate) if isinstance(fate, Fate) else fate
        if answer:
            return as_response(answer)
        order = await request.json()
        if faults := faults_in_order(order):
            self.contract_faults.append(faults)
            title = "One or more validation errors occurred."
            return problem(400, title=title, errors=faults)
        run = self._run_for(order)
        if fate is Fate.LOST:
            return hang_up(request)
        if fate is Fate.HANGING:
            await self.closing.wait()
        if fate is Fate.CUT:
            return await cut_short(request)
        return self._answer(run, request, **self.submit_extra)

    def _run_for(self, order: Mapping[str, Any]) -> Run:
        """Make a run, or find the first one that had this name."""
        name = order["externalId"]
        if name in self._named:
            return self.runs[self._named[name]]
        run = Run(
            id=f"4242-20260105100000{len(self.runs) + 1:03d}",
            order=order,
            script=self.script,
            outcome=self.outcomes.popleft() if self.outcomes else self.outcome,
            source_size=self._source_size(order["steps"][0]["input"]),
            seconds=self.seconds,
            is_held=self._is_holding,
        )
        self.runs[run.id] = run
        self._named[name] = run.id
        return run

    def _source_size(self, given: Mapping[str, Any]) -> tuple[int, int] | None:
        address = given.get("image") or given.get("sourceImage")
        if address is None:
            return None
        data = self._uploads[httpx.URL(address).path.rpartition("/")[2]]
        return Image.open(io.BytesIO(data)).size

    def _answer(self, run: Run, request: web.Request, **extra: Any) -> web.Response:
        hides = request.query.get("hideMatureContent") == "true"
        blobs = [self._blob_of(run, number, hides=hides) for number in range(run.count)]
        status = 200 if run.is_over else 202
        return web.json_response({**run.body(blobs), **extra}, status=status)

    def _blob_of(self, run: Run, number: int, *, hides: bool) -> dict[str, Any]:
        """Return what is said of a picture, long before there is one."""
        blob_id, (width, height) = run.blob_ids()[number], run.size
        blob: dict[str, Any] = {
            "type": "image",
            "id": blob_id,
            "available": run.state.status == "succeeded",
            "url": self._address(blob_id, is_stale=run.outcome.is_stale),
            "urlExpiresAt": "2027-01-05T10:00:00Z",
            "width": width,
            "height": height,
        }
        if run.is_over:
            blob["nsfwLevel"] = "pg"
            blob |= next(iter(run.outcome.blobs[number : number + 1]), {})
        if hides and blob.get("nsfwLevel") in _MATURE:
            blob |= {"available": False, "url": None}
        return {name: value for name, value in blob.items() if value is not None}

    def _address(self, blob_id: str, *, is_stale: bool = False) -> str:
        return f"{self.url}{_API}/blobs/{blob_id}?sig={'stale' if is_stale else 'fresh'}"

    async def _list(self, request: web.Request) -> web.StreamResponse:
        wanted = set(request.query.getall("tags", []))
        runs = [run for run in self.runs.values() if wanted & set(run.order.get("tags", []))]
        start = int(request.query.get("cursor", 0))
        page = runs[start : start + self.page_size]
        more = start + self.page_size < len(runs)
        items = [
            run.body([self._blob_of(run, n, hides=True) for n in range(run.count)]) for run in page
        ]
        following = str(start + self.page_size) if more else ""
        return web.json_response({"next": following, "items": items})

    def _run_in(self, request: web.Request) -> Run | None:
        return self.runs.get(unquote(request.raw_path.partition("?")[0].rpartition("/")[2]))

    async def _look(self, request: web.Request) -> web.StreamResponse:
        run = self._run_in(request)
        if run is None:
            return problem(404, title="Not Found")
        run.look()
        return self._answer(run, request)

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        run = self._run_in(request)
        if run is None:
            return problem(404, title="Not Found")
        if faults := faults_in(await request.json(), "UpdateWorkflowRequest"):
            self.contract_faults.append(faults)
        if run.is_over:
            return problem(400, title="The workflow is over")
        run.is_cancelled = True
        return web.Response(status=204)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        blob_id = f"upload-{len(self._uploads) + 1}.png"
        self._uploads[blob_id] = await request.read()
        blob = {"type": "image", "id": blob_id, "available": True, "nsfwLevel": "pg"}
        body = {**blob, "url": self._address(blob_id), **self.upload_extra}
        return web.json_response(body, status=201)

    async def _refresh(self, request: web.Request) -> web.StreamResponse:
        blob_id = request.path.split("/")[-2]
        if self._picture(blob_id) is None:
            return problem(404, title="Not Found")
        blob = {"type": "image", "id": blob_id, "available": True, "nsfwLevel": "pg"}
        return web.json_response({**blob, "url": self._address(blob_id), "createdAt": MOMENT})

    async def _blob(self, request: web.Request) -> web.StreamResponse:
        blob_id = request.path.rpartition("/")[2]
        if request.query.get("sig") != "fresh":
            return problem(403, title="The signature has expired")
        if self._picture(blob_id) is None:
            return problem(404, title="Not Found")
        headers = {"Location": f"{self.files_url}/{blob_id}?token=abc"}
        return web.Response(status=308, headers=headers)

    def _picture(self, blob_id: str) -> bytes | None:
        """Return the bytes of a blob that exists and is no secret."""
        for run in self.runs.values():
            if blob_id in run.blob_ids() and run.state.status == "succeeded":
                number = run.blob_ids().index(blob_id)
                return draw(run.size, int(run.step["input"].get("seed", 0)) + number)
        return self._uploads.get(blob_id)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        early = await self.meet(request, "file")
        if early is not None:
            return early
        data = self._picture(request.path.rpartition("/")[2])
        return web.Response(body=data, content_type="image/png") if data else problem(404)


@asynccontextmanager
async def open_stand_in() -> AsyncIterator[StandIn]:
    async with CivitaiAtHome().open() as civitai:
        yield civitai
