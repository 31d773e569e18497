"""Stand-ins for the companies' APIs: real sockets on 127.0.0.1, with a programmable fate.

A provider file `bot/providers/<name>.py` has its stand-in in `tests/standins/<name>.py`, whose
`open_stand_in()` is an asynchronous context manager that gives a `StandIn`. It says
`AT_ONCE = True` when the paid POST itself is answered with the pictures, `UNSTOPPABLE = True` when
its runs cannot be cancelled, and `KEYLESS = True` when nobody's key is ever refused.
"""

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from bot.providers._protocol import Inputs, Provider

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


class Shelf:
    """Pictures that are kept, as an adapter's `read_picture` finds them."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def keep(self, data: bytes) -> str:
        """Keep a picture; return its hash."""
        sha256 = hashlib.sha256(data).hexdigest()
        self._kept[sha256] = data
        return sha256

    async def take(self, data: bytes) -> str:
        """Keep bytes as an adapter's `keep_bytes` does."""
        return self.keep(data)

    async def read(self, sha256: str) -> bytes:
        """Return the bytes of a picture that is kept."""
        try:
            return self._kept[sha256]
        except KeyError:
            raise FileNotFoundError(sha256) from None


class StandIn(Protocol):
    """One company's API on the loopback, and the way to its adapter."""

    shelf: Shelf
    endpoint: str
    inputs: Mapping[str, Any]
    sizes: Sequence[tuple[int, int]]
    """Width and height of each picture that these inputs give."""
    seeds: Sequence[int | None]
    """What the outputs of these inputs shall say about their seeds."""
    paid_posts: int
    posts_per_run: int
    """What one run costs in paid POSTs: 1, or 0 where nothing is sold."""

    def from_picture(self, uploaded: Any) -> tuple[str, Inputs]:
        """Return endpoint and inputs of a run that gives one picture as large as the uploaded."""
        ...

    def connect(self, *, patience_s: float = 20.0, key: str = KEY) -> Provider:
        """Make a new adapter, as a new process would."""
        ...

    async def next_submit(self, fate: Fate) -> None:
        """Decide what becomes of the next paid POST."""
        ...

    def lose_looks(self) -> None:
        """Break the connection of every request that only reads, until `find_looks`."""
        ...

    def find_looks(self) -> None:
        """Answer such requests again."""
        ...

    def hold_runs(self) -> None:
        """Let no run end any more, unless it is cancelled."""
        ...
