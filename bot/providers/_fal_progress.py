"""How far a run at fal.ai is: its states and its models' log lines, told as changes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from fal_client import Completed, InProgress, Queued, Status

from bot.providers._http import one_line
from bot.providers._protocol import Progress

LONGEST_LINE = 200
_ALMOST = 99
_WHOLE = 100
_TQDM = re.compile(r"(?<!\d)(\d{1,3})%\|")
_STEP = re.compile(r"\bstep\s+(\d{1,6})\s*(?:/|of)\s*(\d{1,6})\b", re.IGNORECASE)


def status_of(event: object) -> Status | None:
    """Read one event of the status stream; None for what says nothing of the run's state.

    Unlike fal-client's own reader it lives without the keys that we do not need.
    """
    if not isinstance(event, dict):
        return None
    data = cast("dict[str, Any]", event)
    match data.get("status"):
        case "IN_QUEUE":
            return Queued(position=data.get("queue_position", 0))
        case "IN_PROGRESS":
            return InProgress(logs=data.get("logs"))
        case "COMPLETED":
            return Completed(
                logs=data.get("logs"),
                metrics={},
                error=data.get("error"),
                error_type=data.get("error_type"),
            )
        case _:
            return None


class Teller:
    """Turns the states of one run into changes; what was told before is not told again.

    A run may go back into the queue when fal repeats it by itself. Its percents never fall.
    """

    def __init__(self) -> None:
        self._told: Progress | None = None
        self._percent: int | None = None
        self._line: str | None = None

    def news(self, status: Status) -> Progress | None:
        """Return what is new in a state, if anything is."""
        progress = self._progress(status)
        if progress == self._told:
            return None
        self._told = progress
        return progress

    def _progress(self, status: Status) -> Progress:
        if isinstance(status, Queued):
            return Progress(position=_place(status.position))
        if isinstance(status, InProgress | Completed):
            self._read(status.logs)
        if isinstance(status, Completed):
            self._percent = _WHOLE
        return Progress(percent=self._percent, log_line=self._line)

    def _read(self, logs: object) -> None:
        """Take in log lines: a poll gives all of them, an event of the stream only new ones."""
        lines = _messages(logs)
        if not lines:
            return
        # What is left of tqdm's bar after its last carriage return is what a terminal would show.
        self._line = one_line(lines[-1].strip().split("\r")[-1])[:LONGEST_LINE] or self._line
        found = next((share for line in reversed(lines) if (share := _percent_in(line))), 0)
        # Loading the model may draw a whole bar before the first step; only the end is 100.
        if found:
            self._percent = max(self._percent or 0, min(found, _ALMOST))


def _place(position: object) -> int | None:
    return position if isinstance(position, int) and position >= 0 else None


def objects_in(value: object) -> list[Mapping[str, Any]]:
    """Return the JSON objects of what should be a list of them."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, Any]", item) for item in items if isinstance(item, dict)]


def _messages(logs: object) -> Sequence[str]:
    messages = [entry.get("message") for entry in objects_in(logs)]
    return [message for message in messages if isinstance(message, str) and message.strip()]


def _percent_in(line: str) -> int:
    """Return the last percent that a log line names: ` 43%|####  |` or `step 12/28`; else 0."""
    if bars := _TQDM.findall(line):
        return min(int(bars[-1]), _WHOLE)
    if steps := _STEP.findall(line):
        done, all_steps = map(int, steps[-1])
        return min(_WHOLE * done // all_steps, _WHOLE) if all_steps else 0
    return 0
