"""What Black Forest Labs says of a run: its state, how far it is, and why it failed."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, cast

from bot.errors import Moderated, ProviderFailed, ProviderRejected
from bot.providers._http import one_line
from bot.providers._protocol import Progress

_MICROS_PER_CREDIT = 10_000
"""One credit is 0.01 USD."""

_MOST_CREDITS = 100_000
_LARGEST_SEED = 2**63 - 1
_WHOLE = 100
_ALMOST = 99
_MOST_REASONS = 3
_FAILED = "the run failed on its side"
_REFUSED = "its safety filter refused the words or the picture"
_UNSAFE_TO_SHOW = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]*://|data:)\S+|\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b",
    re.IGNORECASE,
)
"""Addresses, and ids in the form of a UUID."""


class Stage(Enum):
    """What a state means to whoever waits; one that we have never heard of is UNDER_WAY."""

    UNDER_WAY = auto()
    READY = auto()
    WITHHELD = auto()
    REFUSED = auto()
    FAILED = auto()
    UNKNOWN = auto()


_STAGES = {
    "ready": Stage.READY,
    "content moderated": Stage.WITHHELD,
    "request moderated": Stage.REFUSED,
    "error": Stage.FAILED,
    "failed": Stage.FAILED,
    "task not found": Stage.UNKNOWN,
}
OVER = {Stage.READY, Stage.WITHHELD}
"""Stages of a run that gave something, if only the news that its picture is withheld."""


@dataclass(frozen=True)
class State:
    """One answer to the question how a run is; `percent` is 0-99 while it is under way."""

    stage: Stage
    percent: int | None = None
    sample_url: str = ""
    seed: int | None = None
    reasons: str = ""
    """Why it failed, in words fit for the person; empty where nothing was said."""


def state_in(answer: Mapping[str, Any]) -> State:
    """Read an answer, whatever is missing from it."""
    stage = _STAGES.get(str(answer.get("status")).strip().lower(), Stage.UNDER_WAY)
    result = _object(answer.get("result"))
    sample_url = result.get("sample")
    return State(
        stage=stage,
        percent=_percent(answer.get("progress")),
        sample_url=sample_url if isinstance(sample_url, str) else "",
        seed=_seed(result.get("seed")),
        reasons=_reasons(_object(answer.get("details"))),
    )


def failure_of(state: State) -> ProviderRejected | None:
    """Name the failure that a state tells of, if it does."""
    tail = f": {state.reasons}" if state.reasons else ""
    match state.stage:
        case Stage.REFUSED:
            return Moderated(one_line(_REFUSED + tail))
        case Stage.FAILED:
            return ProviderFailed(one_line(_FAILED + tail))
        case Stage.UNKNOWN:
            return ProviderRejected("Black Forest Labs does not know this run any more")
        case _:
            return None


def cost_in(answer: Mapping[str, Any]) -> int | None:
    """Return what a run costs in 1e-6 USD, from the credits that the paid answer names."""
    credits_ = _number(answer.get("cost"))
    if credits_ is None or not 0 <= credits_ <= _MOST_CREDITS:
        return None
    return round(credits_ * _MICROS_PER_CREDIT)


def credits_in(answer: Mapping[str, Any]) -> float | None:
    """Return what is left in the account, in credits."""
    return _number(answer.get("credits"))


class Teller:
    """Turns the states of one run into changes; its percents never fall."""

    def __init__(self) -> None:
        self._told: Progress | None = None
        self._percent: int | None = None

    def news(self, state: State) -> Progress | None:
        """Return what is new in a state, if anything is."""
        if state.stage in OVER:
            self._percent = _WHOLE
        elif state.percent is not None:
            self._percent = max(self._percent or 0, state.percent)
        progress = Progress(percent=self._percent)
        if progress == self._told:
            return None
        self._told = progress
        return progress


def _percent(progress: object) -> int | None:
    """Read how far a run is. The scale is nowhere written: below 1 is a share, above, percent."""
    value = _number(progress)
    # Exactly 1 may be the whole or a hundredth of it.
    if value is None or value < 0 or value == 1:
        return None
    return min(_ALMOST, round(value * _WHOLE if value < 1 else value))


def _seed(value: object) -> int | None:
    """Return a seed; one beyond 63 bits fits in no row of ours."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST_SEED else None


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _object(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _reasons(details: Mapping[str, Any]) -> str:
    """Join the reasons in details such as `{"Moderation Reasons": ["Derivative Works"]}`."""
    said: list[str] = []
    for value in details.values():
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        said += [item for item in items if isinstance(item, str)]
    words = (_UNSAFE_TO_SHOW.sub("…", item) for item in said[:_MOST_REASONS])
    return one_line(", ".join(words))
