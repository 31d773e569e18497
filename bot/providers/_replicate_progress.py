"""How far a run at Replicate is: its status and its model's log, told as changes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.providers._http import one_line
from bot.providers._protocol import Progress
from bot.providers._replicate_failures import worded

LONGEST_LINE = 200
WARM_UP_S = 10.0
"""A run that has not begun after so long waits for a machine to load the model."""

_WARMING_UP = "warming up"
_ALMOST = 99
_WHOLE = 100
_TAIL = 20_000
"""How many characters of a log are looked at, from its end."""

# Not the package's own pattern: that one misses bars with a label in front of them.
_BAR = re.compile(r"(?<![\d.])(\d{1,3})%\s*\|[^|]*\|\s*\d+/\d+")
_BEFORE_THE_RUN = re.compile(r"load|fetch|download", re.IGNORECASE)
_LINE_ENDS = re.compile(r"[\r\n]+")
_TERMINAL_CODE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Teller:
    """Turns the looks at one run into changes; what was told before is not told again.

    Models of several stages begin their bars again; the percents told here never fall.
    """

    def __init__(self) -> None:
        self._told: Progress | None = None
        self._percent: int | None = None
        self._line: str | None = None

    def news(self, run: Mapping[str, Any], *, waited_s: float) -> Progress | None:
        """Return what is new, if anything is; `waited_s` is how long the run is followed."""
        progress = self._progress(run, waited_s)
        if progress == self._told:
            return None
        self._told = progress
        return progress

    def _progress(self, run: Mapping[str, Any], waited_s: float) -> Progress:
        self._read(lines_of(run))
        if run["status"] == "succeeded":
            self._percent = _WHOLE
        is_cold = run["status"] == "starting" and waited_s >= WARM_UP_S
        line = self._line or (_WARMING_UP if is_cold else None)
        return Progress(percent=self._percent, log_line=line)

    def _read(self, lines: Sequence[str]) -> None:
        """Take in the log, which every look gives from the beginning."""
        if lines:
            self._line = one_line(worded(lines[-1]))[:LONGEST_LINE]
        bars = (found for line in reversed(lines) if (found := _percent_in(line)) is not None)
        found = next(bars, None)
        # A stage may draw its whole bar before the next one begins; only the end is 100.
        if found is not None:
            self._percent = max(self._percent or 0, min(found, _ALMOST))


def log_of(run: Mapping[str, Any]) -> str:
    """Return a run's log so far; "" while there is none."""
    logs = run.get("logs")
    return logs if isinstance(logs, str) else ""


def lines_of(run: Mapping[str, Any]) -> Sequence[str]:
    """Return the last lines of a run's log that say something, without a terminal's codes."""
    # A bar draws itself anew behind a carriage return, so that ends a line as well.
    lines = _LINE_ENDS.split(_TERMINAL_CODE.sub("", log_of(run)[-_TAIL:]))
    return [line for line in lines if line.strip()]


def _percent_in(line: str) -> int | None:
    """Return the last percent that a line's bars name; what is loaded before the run is none."""
    if _BEFORE_THE_RUN.search(line):
        return None
    bars = _BAR.findall(line)
    return int(bars[-1]) if bars else None
