"""Companies that answer an order with the pictures: what their stand-ins share.

The API and the files are two origins, so that a key that strays to the files shows. What is asked
is written down in `seen`, without the key. Each company's own file says what its API is like.
"""

import asyncio
import base64
import io
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType
from typing import Any, Self

import httpx
from aiohttp import web
from PIL import Image

from bot.config import Settings
from bot.providers import Inputs, Setup
from bot.providers._at_once import AtOnce
from tests.pictures import png
from tests.standins import KEY, Fate, Shelf
from tests.standins.answers import ANSWERS, Answer, cut_short, hang_up

MEGABYTE = 1024 * 1024


class Oddity(StrEnum):
    """What may become of an order besides a fate and a plain answer."""

    TRICKLING = "the answer comes byte by byte and never ends"
    HUGE = "the answer is larger than anybody takes"


@dataclass(frozen=True)
class Seen:
    """One request, without its key."""

    origin: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    has_key: bool


class AtOnceAtHome:
    """One company's API and files. A subclass is a table of its ways and a few functions.

    `extra` is laid over every JSON answer to an order; `seconds` is how long an order takes.
    """

    adapter: ModuleType
    base_url_setting: str
    key = KEY
    key_header = "Authorization"
    key_prefix = "Bearer "
    posts_per_run = 1
    endpoint: str
    inputs: Mapping[str, Any]
    sizes: Sequence[tuple[int, int]]
    seeds: Sequence[int | None]
    free: Mapping[str, Any] = {}
    """Path and JSON of each free question that needs the key."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.seen: list[Seen] = []
        self.paid_posts = 0
        self.extra: dict[str, Any] = {}
        self.seconds = 0.0
        self.refused_orders: list[str] = []
        self.url = ""
        self.files_url = ""
        self._files: dict[str, bytes] = {}
        self._fates: deque[Fate | Answer | Oddity] = deque()
        self._next_free: deque[Answer] = deque()
        self._are_looks_lost = False
        self._is_holding = False
        self._clients: list[httpx.AsyncClient] = []
        self._closing = asyncio.Event()

    # What each company fills in.

    def faults_in(self, path: str, order: Mapping[str, Any]) -> str | None:
        """Return what is wrong with an order, as the company would say it."""
        raise NotImplementedError

    def answer_to(self, path: str, order: Mapping[str, Any]) -> web.Response:
        """Return the answer to an order that is fine."""
        raise NotImplementedError

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        """Return a run that gives one picture as large as the uploaded one."""
        raise NotImplementedError

    # What they share.

    @property
    def environment(self) -> dict[str, str]:
        """What the bot of another process needs to find us instead of the company."""
        return {self.base_url_setting.upper(): self.url, self.adapter.KEY_ENV: self.key}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        """Serve both origins until the block is left."""
        api, self._site, self.url = await self._serve("api", self._api)
        files, _, self.files_url = await self._serve("files", self._file)
        try:
            yield self
        finally:
            self._closing.set()
            for client in self._clients:
                await client.aclose()
            await api.cleanup()
            await files.cleanup()

    async def _serve(self, origin: str, handler: Any) -> tuple[web.AppRunner, web.TCPSite, str]:
        async def note(request: web.Request) -> web.StreamResponse:
            await self._note(origin, request)
            if self._are_looks_lost and request.method == "GET":
                return hang_up(request)
            return await handler(request)

        app = web.Application(client_max_size=200 * MEGABYTE)
        app.add_routes([web.route("*", "/{path:.*}", note)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return runner, site, f"http://{host}:{port}"

    async def _note(self, origin: str, request: web.Request) -> None:
        body = await request.read()
        everything = f"{request.raw_path} {dict(request.headers)} {body!r}"
        headers = {k: v.replace(self.key, "[key]") for k, v in request.headers.items()}
        has_key = self.key in everything
        self.seen.append(Seen(origin, request.method, request.path, headers, body, has_key))

    def client(self, *, patience_s: float = 20.0, read_s: float | None = None) -> httpx.AsyncClient:
        """Make an HTTP client that is closed with us; `read_s` is its patience for answers."""
        timeout = httpx.Timeout(patience_s, read=read_s or patience_s)
        # Unverified, because reading every authority's certificate takes longer than most tests.
        client = httpx.AsyncClient(timeout=timeout, trust_env=False, verify=False)
        self._clients.append(client)
        return client

    def connect(self, *, patience_s: float = 20.0, key: str | None = None) -> AtOnce:
        """Make a new adapter, as a new process would."""
        return self.connect_with(self.client(patience_s=patience_s), patience_s=patience_s, key=key)

    def connect_with(
        self,
        http: httpx.AsyncClient,
        *,
        patience_s: float = 20.0,
        key: str | None = None,
        base_url: str | None = None,
    ) -> AtOnce:
        """Make a new adapter on this client, perhaps for another address than ours."""
        settings = Settings(**{self.base_url_setting: base_url or self.url})
        setup = Setup(settings, http, self.shelf.read, self.shelf.take, key or self.key)
        return self.adapter.connect(setup, patience_s=patience_s)

    async def next_submit(self, fate: Fate | Answer | Oddity) -> None:
        """Decide what becomes of the next paid POST."""
        if fate is Fate.REFUSED:
            await self._site.stop()
        else:
            self._fates.append(fate)

    def next_free(self, answer: Answer) -> None:
        """Decide what the next free question is answered with."""
        self._next_free.append(answer)

    def lose_looks(self) -> None:
        """Break the connection of every request that only reads, until `find_looks`."""
        self._are_looks_lost = True

    def find_looks(self) -> None:
        """Answer such requests again."""
        self._are_looks_lost = False

    def hold_runs(self) -> None:
        """Answer no order any more."""
        self._is_holding = True

    def asked(self, origin: str) -> list[Seen]:
        """Return the requests to `api` or `files`, oldest first."""
        return [seen for seen in self.seen if seen.origin == origin]

    def put_file(self, data: bytes) -> str:
        """Keep a file; return its address."""
        name = f"{len(self._files) + 1}.png"
        self._files[name] = data
        return f"{self.files_url}/{name}"

    def lose_files(self) -> None:
        """Forget every file, as companies do after a while."""
        self._files.clear()

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if not request.headers.get("User-Agent"):
            return web.Response(status=403)
        data = self._files.get(request.match_info["path"])
        if data is None:
            return web.Response(status=404)
        return web.Response(body=data, content_type="image/png")

    async def _api(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return await self._buy(request)
        if self._next_free:
            return _given(self._next_free.popleft())
        if request.path not in self.free:
            return problem(404, "Not Found")
        return web.json_response(self.free[request.path]) if self._knows(request) else _stranger()

    def _knows(self, request: web.Request) -> bool:
        return request.headers.get(self.key_header) == f"{self.key_prefix}{self.key}"

    async def _buy(self, request: web.Request) -> web.StreamResponse:
        self.paid_posts += 1
        fate = self._fates.popleft() if self._fates else None
        answer = ANSWERS.get(fate) if isinstance(fate, Fate) else fate
        if isinstance(answer, Answer):
            return _given(answer, text=answer.text.replace(KEY, self.key))
        if not self._knows(request):
            return _stranger()
        order = await request.json()
        fault = self.faults_in(request.path, order)
        if fault is not None:
            self.refused_orders.append(fault)
            return problem(422, fault)
        return await self._fulfil(request, order, fate)

    async def _fulfil(self, request: web.Request, order: Any, fate: object) -> web.StreamResponse:
        if fate is Fate.LOST:
            return hang_up(request)
        if fate is Fate.CUT:
            return await cut_short(request)
        if fate is Fate.HANGING or self._is_holding:
            await self._closing.wait()
        if fate is Oddity.TRICKLING:
            return await self._trickle(request)
        if fate is Oddity.HUGE:
            return web.Response(body=bytes(41 * MEGABYTE), content_type="image/png")
        if self.seconds:
            await _wait(self._closing, self.seconds)
        return self.answer_to(request.path, order)

    async def _trickle(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        await response.prepare(request)
        while not self._closing.is_set() and request.transport is not None:
            await response.write(b"\x89")
            await _wait(self._closing, 0.02)
        return response

    def json(self, body: Mapping[str, Any], status: int = 200) -> web.Response:
        """Answer an order with JSON."""
        return web.json_response({**body, **self.extra}, status=status)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def _given(answer: Answer, *, text: str | None = None) -> web.Response:
    text = answer.text if text is None else text
    return web.Response(status=answer.status, text=text, headers=answer.headers)


def _stranger() -> web.Response:
    return problem(401, "Invalid API key")


def problem(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "error"}}, status=status)


def missing_or_unknown(
    order: Mapping[str, Any], *, needed: set[str], known: set[str]
) -> str | None:
    """Say which field is missing, or is one that nobody knows."""
    if needed - order.keys():
        return f"{min(needed - order.keys())} is missing"
    unknown = order.keys() - needed - known
    return f"{min(unknown)} is unknown" if unknown else None


def draw(size: tuple[int, int]) -> bytes:
    return png(*size)


def as_data_uri(data: bytes) -> str:
    return f"data:image/png;base64,{as_base64(data)}"


def as_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def size_in(uri: str) -> tuple[int, int]:
    """Return the size of the picture in a data URI or in bare base64."""
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(";base64,")[2] or uri))).size
