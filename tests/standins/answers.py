"""The answers that any company's API may give instead of the one that was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from tests.standins import KEY, Fate


@dataclass(frozen=True)
class Answer:
    """An HTTP answer given without looking at the request."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


_PROBLEM = '{"detail": "%s"}'
ANSWERS: dict[Fate, Answer] = {
    Fate.TRUNCATED: Answer(200, '{"run_id": "r'),
    Fate.HTML: Answer(200, "<html><body>It works!</body></html>"),
    Fate.LIST: Answer(200, "[]"),
    Fate.MOVED: Answer(307, "", {"Location": "/elsewhere"}),
    Fate.SEE_OTHER: Answer(303, "", {"Location": "/elsewhere"}),
    Fate.BAD_REQUEST: Answer(400, _PROBLEM % "width is odd"),
    Fate.BAD_KEY: Answer(401, _PROBLEM % f"no user with key {KEY}"),
    Fate.NO_FUNDS: Answer(402, _PROBLEM % "insufficient credit"),
    Fate.FORBIDDEN: Answer(403, _PROBLEM % "this key may not run models"),
    Fate.LOCKED: Answer(403, _PROBLEM % "User is locked. Reason: Exhausted balance."),
    Fate.UNKNOWN: Answer(404, _PROBLEM % "no such model"),
    Fate.TIMED_OUT: Answer(408, ""),
    Fate.INVALID: Answer(422, '{"detail": [{"loc": ["prompt"], "msg": "prompt is empty"}]}'),
    Fate.BUSY: Answer(429, _PROBLEM % "slow down", {"Retry-After": "7"}),
    Fate.BROKEN: Answer(500, "<html>nginx</html>"),
    Fate.BAD_GATEWAY: Answer(502, ""),
    Fate.OVERLOADED: Answer(503, _PROBLEM % "overloaded", {"Retry-After": "7"}),
    Fate.DOWN: Answer(503, _PROBLEM % "maintenance"),
    Fate.SLOW_GATEWAY: Answer(504, ""),
}


def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_short(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "400"})
    await response.prepare(request)
    await response.write(b'{"run_id": ')
    return hang_up(request)
