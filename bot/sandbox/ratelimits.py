"""Counting requests against limits, and telling the client so in headers.

Source: discord.com/developers/docs/topics/rate-limits.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

GLOBAL = "global"
GLOBAL_LIMIT = 50
GLOBAL_WINDOW_S = 1.0


@dataclass(frozen=True)
class Allowance:
    """The answer to one request: granted, or to come back after `retry_after_s`.

    `reset_at` is in seconds since 1970 of the clock that counts.
    """

    bucket: str
    limit: int
    remaining: int
    reset_at: float
    reset_after_s: float
    retry_after_s: float | None
    is_global: bool

    def headers(self) -> dict[str, str]:
        """Return the headers of the answer; a global limit shows only when it is passed."""
        told: dict[str, str] = {} if self.is_global else self._own_headers()
        if self.retry_after_s is None:
            return told
        told["Retry-After"] = str(math.ceil(self.retry_after_s))
        told["X-RateLimit-Scope"] = "global" if self.is_global else "user"
        if self.is_global:
            told["X-RateLimit-Global"] = "true"
        # Without it the library takes a 429 for a ban by the network in front of the API.
        told["Via"] = "1.1 sandbox"
        return told

    def body(self) -> dict[str, Any]:
        """Return the JSON of a refusal."""
        assert self.retry_after_s is not None, self
        return {
            "message": "You are being rate limited.",
            "retry_after": round(self.retry_after_s, 3),
            "global": self.is_global,
        }

    def _own_headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": f"{self.reset_at:.3f}",
            "X-RateLimit-Reset-After": f"{self.reset_after_s:.3f}",
            "X-RateLimit-Bucket": _opaque(self.bucket),
        }


@dataclass
class _Window:
    opened_at: float
    length_s: float
    used: int = 0

    def is_open(self, now: float) -> bool:
        # A clock that was moved back must not leave a window open for ever.
        return self.opened_at <= now < self.opened_at + self.length_s


class RateLimits:
    """A fixed window for each bucket, opened by its first request."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def take(self, bucket: str, *, limit: int, window_s: float) -> Allowance:
        """Count one request; beyond `limit` in `window_s` seconds it is refused, uncounted."""
        return self._take(bucket, limit, window_s, is_global=False)

    def take_global(self) -> Allowance:
        """Count one request against the 50 a second that all of a bot's routes share."""
        return self._take(GLOBAL, GLOBAL_LIMIT, GLOBAL_WINDOW_S, is_global=True)

    def _take(self, bucket: str, limit: int, window_s: float, *, is_global: bool) -> Allowance:
        now = self._clock()
        window = self._window(bucket, window_s, now)
        is_refused = window.used >= limit
        window.used += not is_refused
        reset_at = window.opened_at + window.length_s
        return Allowance(
            bucket=bucket,
            limit=limit,
            remaining=limit - window.used,
            reset_at=reset_at,
            reset_after_s=reset_at - now,
            retry_after_s=reset_at - now if is_refused else None,
            is_global=is_global,
        )

    def _window(self, bucket: str, window_s: float, now: float) -> _Window:
        window = self._windows.get(bucket)
        if window is None or not window.is_open(now):
            # Every interaction has its own bucket: without this they would pile up.
            self._windows = {
                name: kept for name, kept in self._windows.items() if kept.is_open(now)
            }
            window = self._windows[bucket] = _Window(now, window_s)
        return window


def _opaque(bucket: str) -> str:
    """Name a bucket without showing the ids and tokens it is made of."""
    return hashlib.blake2s(bucket.encode(), digest_size=16).hexdigest()
