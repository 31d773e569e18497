"""What every REST request passes: the body, ordered faults, the token, limits, the log."""

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.ratelimits import Allowance
from bot.sandbox.requests import RequestRecord
from bot.sandbox.rest._call import WORLD, Call, answer, read_body
from bot.sandbox.rules import ApiError

if TYPE_CHECKING:
    from bot.sandbox.world import World

PREFIX = "/api/v10"
Handler = Callable[[Call], Awaitable[web.Response]]
_MAJOR = ("channel_id", "guild_id", "webhook_token", "interaction_token")


@dataclass(frozen=True)
class Limit:
    """How many requests a bucket takes in a window."""

    count: int = 50
    window_s: float = 1.0


GENEROUS = Limit()
SENDING = Limit(5, 5.0)
BY_TOKEN = Limit(5, 2.0)


@dataclass(frozen=True)
class Endpoint:
    """One method of one route; `by_token` needs no bot token and no share of the global limit."""

    method: str
    route: str
    handler: Handler
    limit: Limit = GENEROUS
    by_token: bool = False

    async def serve(self, request: web.Request) -> web.Response:
        """Answer one request and write it down."""
        world = request.app[WORLD]
        call = Call(request, self._route(request))
        path = request.path.removeprefix(PREFIX)
        fault = world.faults.take(request, path)
        try:
            await read_body(call)
            if fault is not None and not fault.after:
                response = await world.faults.strike(fault, request)
            else:
                response = await self._answer(call)
        except ApiError as refusal:
            response = answer(refusal.body(), refusal.status)
        if fault is not None and fault.after:
            response = await world.faults.strike(fault, request)
        _record(call, path, response.status)
        return response

    async def _answer(self, call: Call) -> web.Response:
        if not self.by_token:
            _check_token(call)
            allowance = call.world.rate_limits.take_global()
            if allowance.retry_after_s is not None:
                return _limited(allowance)
        allowance = self._take(call.world, call.request)
        if allowance.retry_after_s is not None:
            return _limited(allowance)
        try:
            response = await self.handler(call)
        except ApiError as refusal:
            response = answer(refusal.body(), refusal.status)
        response.headers.update(allowance.headers())
        return response

    def _take(self, world: "World", request: web.Request) -> Allowance:
        major = ":".join(request.match_info[name] for name in _MAJOR if name in request.match_info)
        return world.rate_limits.take(
            f"{self.method}:{self.route}:{major}",
            limit=self.limit.count,
            window_s=self.limit.window_s,
        )

    def _route(self, request: web.Request) -> str:
        if request.match_info.get("message_id") == "@original":
            return self.route.replace("{message_id}", "@original")
        return self.route


def mount(app: web.Application, endpoints: Iterable[Endpoint]) -> None:
    """Add endpoints below the API's prefix, and a JSON 404 for everything else there."""
    for endpoint in endpoints:
        app.router.add_route(endpoint.method, PREFIX + endpoint.route, endpoint.serve)
    app.router.add_route("*", PREFIX + "/{tail:.*}", _not_found)


async def _not_found(request: web.Request) -> web.Response:
    call = Call(request, request.path.removeprefix(PREFIX))
    _record(call, call.route, 404)
    return answer({"message": "404: Not Found", "code": 0}, 404)


def _check_token(call: Call) -> None:
    given = call.request.headers.get("Authorization", "")
    expected = f"Bot {call.world.token}"
    if not secrets.compare_digest(given.encode(), expected.encode()):
        raise ApiError(401, 0, "401: Unauthorized")


def _limited(allowance: Allowance) -> web.Response:
    response = answer(allowance.body(), 429)
    response.headers.update(allowance.headers())
    return response


def _record(call: Call, path: str, status: int) -> None:
    query: Mapping[str, str] = call.request.query
    call.world.record(
        RequestRecord(
            at=call.world.clock.now(),
            method=call.request.method,
            path=path,
            route=call.route,
            query=dict(query),
            body=call.body,
            files=[file.filename for file in call.files],
            status=status,
        )
    )
