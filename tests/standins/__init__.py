"""Stand-ins for the companies' APIs: real sockets on 127.0.0.1, with a programmable fate.

A provider file `bot/providers/<name>.py` has its stand-in in `tests/standins/<name>.py`, whose
`open_stand_in()` is an asynchronous context manager that gives a `StandIn`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from bot.providers._protocol import Provider

KEY = "kiosk-key-5f2c90ab71"
"""The host's key at every stand-in; no message, handle or log may hold it."""


class Fate(StrEnum):
    """What becomes of the next paid POST."""

    REFUSED = "nothing listens"
    LOST = "accepted, but the connection breaks before the answer"
    HANGING = "accepted, but the answer never comes"
    CUT = "accepted, but the answer ends in the middle"
    TRUNCATED = "200 with half a JSON document"
    HTML = "200 with a web page"
    LIST = "200 with JSON that is no object"
    MOVED = "307 to elsewhere"
    SEE_OTHER = "303 to elsewhere"
    BAD_REQUEST = "400"
    BAD_KEY = "401"
    NO_FUNDS = "402"
    FORBIDDEN = "403"
    LOCKED = "403 because the balance is exhausted"
    UNKNOWN = "404"
    TIMED_OUT = "408"
    INVALID = "422"
    BUSY = "429 with Retry-After"
    BROKEN = "500"
    BAD_GATEWAY = "502"
    OVERLOADED = "503 with Retry-After"
    DOWN = "503 without"
    SLOW_GATEWAY = "504"


class StandIn(Protocol):
    """One company's API on the loopback, and the way to its adapter."""

    endpoint: str
    inputs: Mapping[str, Any]
    paid_posts: int
    posts_per_run: int
    """What one run costs in paid POSTs: 1, or 0 where nothing is sold."""

    def connect(self, *, patience_s: float = 20.0) -> Provider:
        """Make a new adapter, as a new process would."""
        ...

    async def next_submit(self, fate: Fate) -> None:
        """Decide what becomes of the next paid POST."""
        ...

    def lose_next_look(self) -> None:
        """Break the connection of the next request that only reads."""
        ...

    def hold_runs(self) -> None:
        """Let no run end any more, unless it is cancelled."""
        ...
