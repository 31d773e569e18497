"""What the bot asked over REST and what it was answered: bounded, readable, without secrets."""

import json
import re
import time
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from bot.sandbox.changes import Change
from bot.sandbox.guard import Handler
from bot.sandbox.requests import RequestRecord
from bot.sandbox.rest import PREFIX
from bot.sandbox.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.world import World

KEPT_EXCHANGES = 300
MASK = "•••"
_LONGEST_TEXT = 300
_LONGEST_BODY = 20_000
_MOST_ITEMS = 50
# Base64 of "interaction:", which every interaction token begins with, here as at Discord.
_INTERACTION_TOKEN = re.compile(r"aW50ZXJhY3Rpb246[\w\-=]*", re.ASCII)
_TOKEN_PARTS = ("webhook_token", "interaction_token")

# The record that the request of this task left in the world's own log.
_recorded: ContextVar[RequestRecord | None] = ContextVar("_recorded", default=None)


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. `at` is the world's time; status 0 means no answer at all.

    `body` and `errors` are JSON to be read by people: long texts and lists are shortened.
    """

    id: int
    at: float
    method: str
    path: str
    status: int
    elapsed_ms: float = 0.0
    body: str = ""
    files: list[str] = field(default_factory=list[str])
    refusal: str = ""
    errors: str = ""
    limit: Json | None = None

    def wire(self) -> Json:
        """Show the exchange to a page."""
        return asdict(self)


class Exchanges:
    """The latest exchanges, oldest first, and interactions that were never answered."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._kept: deque[Exchange] = deque(maxlen=KEPT_EXCHANGES)
        self._last_id = 0
        world.on_request.append(_remember)
        self._unsubscribe = world.subscribe(self._hear)

    @property
    def last_id(self) -> int:
        """The id of the newest; ids grow by one."""
        return self._last_id

    def after(self, exchange_id: int) -> list[Exchange]:
        """Return what came after an id, oldest first."""
        return [exchange for exchange in self._kept if exchange.id > exchange_id]

    def close(self) -> None:
        """Listen no more."""
        self._unsubscribe()
        self._world.on_request.remove(_remember)

    @web.middleware
    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Keep every request below the API's prefix, whatever becomes of it."""
        if not request.path.startswith(f"{PREFIX}/"):
            return await handler(request)
        _recorded.set(None)
        begun_at = time.perf_counter()
        answered: web.StreamResponse | None = None
        try:
            response = answered = await handler(request)
        except web.HTTPException as refusal:
            answered = refusal
            raise
        finally:
            elapsed_ms = (time.perf_counter() - begun_at) * 1000
            self._keep(self._exchange(request, answered, elapsed_ms))
        return response

    def masked(self, text: str) -> str:
        """Return a text with the bot's token and every interaction's made unreadable."""
        return _INTERACTION_TOKEN.sub(MASK, text.replace(self._world.token, MASK))

    def readable(self, value: object) -> str:
        """Write JSON for people: indented, masked, shortened."""
        text = json.dumps(self._shortened(value), indent=2, ensure_ascii=False)
        return _cut(text, _LONGEST_BODY)

    def shown(self, text: str) -> str:
        """Return a text masked, and cut where it is long."""
        return _cut(self.masked(text), _LONGEST_TEXT)

    def _exchange(
        self, request: web.Request, response: web.StreamResponse | None, elapsed_ms: float
    ) -> Exchange:
        record = _recorded.get()
        refusal, errors = self._refusal(response)
        return Exchange(
            id=self._last_id + 1,
            at=self._world.clock.now(),
            method=request.method,
            path=self._path(request),
            status=0 if response is None else response.status,
            elapsed_ms=round(elapsed_ms, 1),
            body="" if record is None or record.body is None else self.readable(record.body),
            files=[] if record is None else [self.masked(name) for name in record.files],
            refusal=refusal,
            errors=errors,
            limit=None if response is None else _limit(response),
        )

    def _path(self, request: web.Request) -> str:
        path = request.path_qs.removeprefix(PREFIX)
        for name in _TOKEN_PARTS:
            if token := request.match_info.get(name):
                path = path.replace(token, MASK)
        return self.shown(path)

    def _refusal(self, response: web.StreamResponse | None) -> tuple[str, str]:
        """Return why a request was refused, and the tree of what is wrong in its body."""
        if response is None:
            return "The answer never went out", ""
        if response.status < HTTPStatus.BAD_REQUEST:
            return "", ""
        told = _told(response)
        words = f"{told.get('code') or ''} {told.get('message') or response.reason}".strip()
        if told.get("retry_after") is not None:
            words += f" Retry after {told['retry_after']} s."
        errors = self.readable(told["errors"]) if told.get("errors") else ""
        return self.masked(words), errors

    def _shortened(self, value: object) -> object:
        if isinstance(value, str):
            return self.shown(value)
        if isinstance(value, dict):
            members = cast("dict[str, Any]", value).items()
            return {self.masked(name): self._shortened(member) for name, member in members}
        if isinstance(value, list):
            return list(self._items(cast("list[Any]", value)))
        return value

    def _items(self, items: list[Any]) -> Iterator[object]:
        yield from map(self._shortened, items[:_MOST_ITEMS])
        if len(items) > _MOST_ITEMS:
            yield f"… {len(items) - _MOST_ITEMS} more"

    def _hear(self, change: Change) -> None:
        """Keep an interaction that ran out of time: Discord tells the bot nothing of it."""
        if change["type"] == "interaction" and change["state"] == "failed":
            self._keep(
                Exchange(
                    id=self._last_id + 1,
                    at=self._world.clock.now(),
                    method="—",
                    path=f"interaction {change['id']} ({change['name'] or change['kind']})",
                    status=0,
                    refusal=str(change["error"]),
                )
            )

    def _keep(self, exchange: Exchange) -> None:
        self._last_id = exchange.id
        self._kept.append(exchange)
        self._world.changes.wake()


def _remember(record: RequestRecord) -> None:
    _recorded.set(record)


def _told(response: web.StreamResponse) -> Json:
    body = response.body if isinstance(response, web.Response) else None
    try:
        told: Any = json.loads(body) if isinstance(body, bytes) else None
    except ValueError:
        told = None
    return cast("Json", told) if isinstance(told, dict) else {}


def _limit(response: web.StreamResponse) -> Json | None:
    """Return what the answer told of its bucket, None where the limit is not its own."""
    headers = response.headers
    if "X-RateLimit-Bucket" not in headers:
        return None
    names = ("Bucket", "Limit", "Remaining", "Reset-After")
    return {name.lower(): headers[f"X-RateLimit-{name}"] for name in names}


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text)} characters)"
