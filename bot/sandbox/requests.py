"""What the bot asked over REST: a bounded log, and counters."""

from collections import deque
from dataclasses import dataclass
from typing import Any

KEPT_REQUESTS = 2000


@dataclass(frozen=True)
class RequestRecord:
    """One answered request. `route` is the template, ids not filled in; `body` is the JSON."""

    at: float
    method: str
    path: str
    route: str
    query: dict[str, str]
    body: Any
    files: list[str]
    status: int


@dataclass
class Stats:
    """Counters since the world began."""

    requests: int = 0
    too_many_requests: int = 0
    invalid_requests: int = 0
    heartbeats: int = 0
    identifies: int = 0
    resumes: int = 0


class RequestLog(deque[RequestRecord]):
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        super().__init__(maxlen=KEPT_REQUESTS)

    def to(self, method: str, route_part: str = "") -> list[RequestRecord]:
        """Return the requests of one method whose template contains `route_part`."""
        return [record for record in self if record.method == method and route_part in record.route]
