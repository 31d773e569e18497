"""How far a workflow at CivitAI is: its rates, its place in the queue, what it waits for."""

from collections.abc import Mapping
from typing import Any

from bot.providers._civitai_failures import SUCCEEDED
from bot.providers._civitai_wire import jobs_of, number_in, object_in, status_of, steps_of
from bot.providers._protocol import Progress

_ALMOST = 99
_WHOLE = 100
_LONGEST_ETA_S = 3600


class Teller:
    """Turns the states of one workflow into changes; what was told before is not told again.

    CivitAI goes back and forth between preparing and scheduled. Its percents never fall.
    """

    def __init__(self) -> None:
        self._told: Progress | None = None
        self._percent: int | None = None

    def news(self, workflow: Mapping[str, Any]) -> Progress | None:
        """Return what is new in a state, if anything is."""
        progress = self._progress(workflow)
        if progress == self._told:
            return None
        self._told = progress
        return progress

    def _progress(self, workflow: Mapping[str, Any]) -> Progress:
        if status_of(workflow) == SUCCEEDED:
            return Progress(percent=_WHOLE)
        rate = _rate_of(workflow)
        if rate:
            # Only the end is 100: the last step's rate may be 1 while its files are written.
            percent = min(_ALMOST, int(_WHOLE * rate))
            self._percent = max(self._percent or 0, percent)
        if self._percent is not None:
            return Progress(percent=self._percent)
        return Progress(position=_position_of(workflow), log_line=_preparation_of(workflow))


def _rate_of(workflow: Mapping[str, Any]) -> float | None:
    """Return how much is done, 0-1: what the step says, else what its jobs say on average."""
    rates = [number_in(step.get("estimatedProgressRate")) for step in steps_of(workflow)]
    shares = [rate for rate in rates if rate is not None]
    if not shares:
        shares = [_share_of(job) for job in jobs_of(workflow)]
    return max(0.0, min(1.0, sum(shares) / len(shares))) if shares else None


def _share_of(job: Mapping[str, Any]) -> float:
    if status_of(job) == SUCCEEDED:
        return 1.0
    return max(0.0, min(1.0, number_in(job.get("estimatedProgressRate")) or 0.0))


def _position_of(workflow: Mapping[str, Any]) -> int | None:
    """Return how many jobs are before the first of ours."""
    places = [
        number_in(object_in(job.get("queuePosition")).get("precedingJobs"))
        for job in jobs_of(workflow)
    ]
    return min((int(place) for place in places if place is not None and place >= 0), default=None)


def _preparation_of(workflow: Mapping[str, Any]) -> str | None:
    """Say which download holds the step back, if one does."""
    for step in steps_of(workflow):
        preparation = object_in(step.get("preparation"))
        share = number_in(preparation.get("progress"))
        if share is not None:
            percent = int(_WHOLE * max(0.0, min(1.0, share)))
            return f"downloading a model: {percent} %{_eta(preparation)}"
        ahead = number_in(preparation.get("queuePosition"))
        if ahead is not None:
            return f"waiting for a model's download, {int(ahead)} before it"
    return None


def _eta(preparation: Mapping[str, Any]) -> str:
    seconds = number_in(preparation.get("etaSeconds"))
    if seconds is None or not 0 < seconds <= _LONGEST_ETA_S:
        return ""
    return f", about {int(seconds)} s"
