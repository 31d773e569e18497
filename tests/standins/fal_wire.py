"""What travels between fal.ai's stand-in and whoever asks it: places, keys, faults."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from tests.standins import KEY
from tests.standins.answers import Answer

FAL_KEY = f"5f2c90ab-71d4:{KEY}"
_ROOT = r"(?P<root>(?:(?:workflows|comfy)/)?[^/]+/[^/]+)"
RUN_PATH = re.compile(rf"{_ROOT}/requests/(?P<id>[^/]+)(?P<what>/.+)?")
_ASKED = {
    ("GET", None): "result",
    ("GET", "/response"): "result",
    ("GET", "/status"): "status",
    ("GET", "/status/stream"): "stream",
    ("PUT", "/cancel"): "cancel",
}


class Oddity(StrEnum):
    """What may become of a request besides a plain answer."""

    HANGING = "the answer never comes"
    HANG_UP = "the connection breaks"
    CUT = "it breaks after the first event"
    SILENT = "a stream that says nothing"
    HALF_SILENT = "a stream that says nothing after the first event"
    NO_LOGS = "a status without its logs"
    UNKNOWN_STATE = "a status nobody has heard of"
    IGNORED = "202, and nothing happens"
    TRUNCATED = "half a file"


Fault = Oddity | Answer
FAULT = web.RequestKey("fault", object)


@dataclass(frozen=True)
class Seen:
    """One request, without its key."""

    place: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    has_key: bool


def place_of(request: web.Request) -> str:
    """Name what a request asks for."""
    area, _, path = request.path.lstrip("/").partition("/")
    if area == "queue" and request.method == "POST" and "/requests/" not in path:
        return "submit"
    if area == "queue" and (match := RUN_PATH.fullmatch(path)):
        return _ASKED.get((request.method, match["what"]), "nowhere")
    places = {
        ("rest", "storage/auth/token"): "token",
        ("cdn", "files/upload"): "upload",
    }
    if (area, path) in places:
        return places[area, path]
    return "file" if (area, request.method) == ("cdn", "GET") else "nowhere"


def refusal_of_key(authorization: str) -> web.Response | None:
    """Refuse a key as fal does, in its own words."""
    if authorization == f"Key {FAL_KEY}":
        return None
    if not re.fullmatch(r"Key [^:]+:.+", authorization):
        expected = "Expected '<key_id>:<key_secret>'."
        return problem(401, f"Invalid Key Authorization header format. {expected}")
    return problem(401, "No user found for Key ID and Secret")


def problem(status: int, detail: str) -> web.Response:
    return web.json_response({"detail": detail}, status=status)
