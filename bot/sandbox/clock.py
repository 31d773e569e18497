"""The world's time and the snowflakes made from it."""

import time
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000
_SEQUENCES = 1 << 22


class Clock:
    """Real time plus whatever a test added to it."""

    def __init__(self) -> None:
        self._offset_s = 0.0
        self._sequence = 0

    def now(self) -> float:
        """Return seconds since 1970 in this world."""
        return time.time() + self._offset_s

    def advance(self, seconds: float) -> None:
        """Move the world's time; a negative number moves it back."""
        self._offset_s += seconds

    def snowflake(self) -> int:
        """Make an id that was never given out before and tells its time."""
        self._sequence = (self._sequence + 1) % _SEQUENCES
        return ((int(self.now() * 1000) - EPOCH_MS) << 22) | self._sequence


def made_at(snowflake: int) -> float:
    """Return the second since 1970 in which an id was made."""
    return ((snowflake >> 22) + EPOCH_MS) / 1000


def iso(at: float) -> str:
    """Write a time the way Discord does, in UTC with microseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
