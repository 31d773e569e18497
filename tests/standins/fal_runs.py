"""Runs at the fal.ai stand-in: the states they pass through, and what comes out of them."""

import base64
import io
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from tests.standins.answers import Answer


def bar(done: int, of: int = 28) -> str:
    """Return tqdm's line for so many steps."""
    share = 100 * done // of
    return f"{share:3d}%|{'█' * (share // 10):10}| {done}/{of} [00:01<00:02, 9.87it/s]"


@dataclass(frozen=True)
class State:
    """Where a run stands: its place in the queue, or the log lines it has written meanwhile."""

    status: str
    position: int = 0
    logs: Sequence[str] = ()


SCRIPT = (
    State("IN_QUEUE", position=1),
    State("IN_QUEUE", position=0),
    State("IN_PROGRESS", logs=["Loading the model", bar(7)]),
    State("IN_PROGRESS", logs=[bar(14), bar(21)]),
    State("COMPLETED", logs=[bar(28)]),
)


@dataclass(frozen=True)
class Outcome:
    """How a run ends: with pictures in some shape, or with a failure.

    `refusal` is the answer to the question for the result; `error` and `error_type` are what the
    status says then. `extra` and `without` change the answer, `wrap` changes how each picture is
    given: url, data, base64 or content.
    """

    refusal: Answer | None = None
    error: str | None = None
    error_type: str | None = None
    flags: Sequence[bool] | None = None
    wrap: str = "url"
    extra: Mapping[str, Any] = field(default_factory=dict)
    without: Sequence[str] = ()


GOOD = Outcome()
CANCELLED = Outcome(
    refusal=Answer(499, '{"detail": "Request cancelled by the client."}'),
    error="Request cancelled by the client.",
    error_type="client_cancelled",
)


def failed(status: int, detail: object, *, error_type: str | None = None) -> Outcome:
    """Return the outcome of a run that failed with this detail."""
    body: dict[str, object] = {"detail": detail}
    if error_type is not None:
        body["error_type"] = error_type
    return Outcome(
        refusal=Answer(status, json.dumps(body)),
        error=f"Invalid status code: {status}",
        error_type=error_type,
    )


def refused_input(name: str, message: str, *, kind: str = "value_error", **more: Any) -> Outcome:
    """Return the outcome of a run whose input was refused, in fal's list shape."""
    return failed(422, [_entry(name, message, kind=kind, **more)])


def _entry(name: str, message: str, *, kind: str, **more: Any) -> dict[str, Any]:
    url = f"https://docs.fal.ai/errors#{kind}"
    return {"loc": ["body", name], "msg": message, "type": kind, "url": url, **more}


@dataclass
class Run:
    """One bought run. It moves on at each look, or with the clock when it takes seconds."""

    id: str
    endpoint: str
    inputs: Mapping[str, Any]
    script: Sequence[State]
    outcome: Outcome
    seconds: float | None = None
    begun_at: float = field(default_factory=time.monotonic)
    step: int = -1
    is_held: bool = False

    @property
    def root(self) -> str:
        """The part of the endpoint under which runs are asked about."""
        parts = self.endpoint.split("/")
        return "/".join(parts[: 3 if parts[0] in {"workflows", "comfy"} else 2])

    @property
    def is_over(self) -> bool:
        """Whether the last state has been reached."""
        return self.script[self.step].status == "COMPLETED" and self.step >= 0

    def look(self) -> State:
        """Move on and tell the state."""
        last = len(self.script) - 1
        if not self.is_over:
            self.step = last if self.step == last else self._next_step(last)
        return self.script[self.step]

    def _next_step(self, last: int) -> int:
        step = self.step + 1
        if self.seconds is not None:
            share = (time.monotonic() - self.begun_at) / self.seconds if self.seconds else 1.0
            step = min(last, int(share * last))
        return min(step, last - 1) if self.is_held else step

    def wait_s(self) -> float | None:
        """Return when the next look finds something new; None when only a release can tell."""
        last = len(self.script) - 1
        if self.is_held and self.step >= last - 1:
            return None
        if self.seconds is None:
            return 0.0
        due = self.begun_at + self.seconds * (self.step + 1) / last
        return max(0.0, due - time.monotonic())

    def logs(self, *, since: int = 0) -> list[dict[str, Any]]:
        """Return the log entries of the states from `since` to now."""
        states = self.script[since : self.step + 1]
        return [
            {
                "message": line,
                "timestamp": f"2026-09-01T10:00:{step % 60:02d}.{number:03d}Z",
                "level": "STDERR",
                "source": "USER",
            }
            for step, state in enumerate(states, start=since)
            for number, line in enumerate(state.logs)
        ]

    def end(self, outcome: Outcome) -> None:
        """End it at once."""
        self.outcome = outcome
        self.script = (*self.script[: self.step + 1], State("COMPLETED"))
        self.step = len(self.script) - 1


SIZES = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
_USUAL_SIZE = (512, 512)
_RATIO_AREA = 512 * 512
_ONE_PICTURE = ("fal-ai/clarity-upscaler", "fal-ai/birefnet")


def is_single(endpoint: str) -> bool:
    """Whether an endpoint answers one `image` instead of `images`."""
    return endpoint.startswith(_ONE_PICTURE)


def size_for(inputs: Mapping[str, Any], source: bytes | None) -> tuple[int, int]:
    """Return the size of the pictures that these inputs give; `source` is the input picture."""
    asked = inputs.get("image_size")
    if isinstance(asked, Mapping):
        return asked["width"], asked["height"]
    if isinstance(asked, str):
        return SIZES[asked]
    if source is not None:
        width, height = Image.open(io.BytesIO(source)).size
        factor = inputs.get("upscale_factor", 1)
        return round(width * factor), round(height * factor)
    wide, _, high = str(inputs.get("aspect_ratio", "")).partition(":")
    if high:
        ratio = int(wide) / int(high)
        return round((_RATIO_AREA * ratio) ** 0.5), round((_RATIO_AREA / ratio) ** 0.5)
    return _USUAL_SIZE


@cache
def draw(size: tuple[int, int], shade: int, *, is_cutout: bool = False) -> bytes:
    """Draw a small file of this size."""
    picture = Image.new("RGB", size, (40 + shade % 200, 90, 40))
    if is_cutout:
        picture.putalpha(Image.linear_gradient("L").resize(size))
    png = io.BytesIO()
    picture.save(png, "PNG", compress_level=1)
    return png.getvalue()


@cache
def black(size: tuple[int, int]) -> bytes:
    """Draw what the safety filter leaves of a picture."""
    png = io.BytesIO()
    Image.new("RGB", size).save(png, "PNG")
    return png.getvalue()


def wrapped(data: bytes, url: str, wrap: str) -> dict[str, Any]:
    """Give a picture as the outcome wants it."""
    encoded = base64.b64encode(data).decode()
    values = {
        "url": {"url": url},
        "data": {"url": f"data:image/png;base64,{encoded}"},
        "base64": {"url": encoded},
        "content": {"content": encoded},
    }
    return values[wrap]


def _contracts() -> Path | None:
    folders = (folder / "shared/contracts/fal/models.json" for folder in Path(__file__).parents)
    return next((path for path in folders if path.exists()), None)


@cache
def _models() -> Mapping[str, Any]:
    """Return fal's own word on inputs, where it is at hand."""
    path = _contracts()
    return json.loads(path.read_text())["models"] if path else {}


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def faults_in(endpoint: str, inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Hold inputs to the endpoint's schema, as fal does when a run begins; [] when they pass.

    Stricter than fal in one thing: a name that the endpoint does not know is a fault as well.
    """
    model = _models().get(endpoint)
    if model is None:
        return []
    fields = model["input"]
    missing = [
        _entry(name, "Field required", kind="missing")
        for name, rule in fields.items()
        if rule.get("required") and name not in inputs
    ]
    return missing + [
        _entry(name, message, kind=kind, input=value)
        for name, value in inputs.items()
        for kind, message in _faults_of(fields.get(name), value)
    ]


def _faults_of(rule: Mapping[str, Any] | None, value: Any) -> list[tuple[str, str]]:
    if rule is None:
        return [("extra_forbidden", "Extra inputs are not permitted")]
    if value is None:
        return [] if rule.get("nullable") else [("none_forbidden", "Input should not be null")]
    expected = _TYPES.get(rule.get("type", ""))
    is_bool = isinstance(value, bool) and rule.get("type") != "boolean"
    if expected and (not isinstance(value, expected) or is_bool):
        return [("type_error", f"Input should be a valid {rule['type']}")]
    if "enum" in rule and isinstance(value, str | int) and value not in rule["enum"]:
        return [("enum", f"Input should be one of {rule['enum']}")]
    if not isinstance(value, int | float):
        return []
    limits = [
        ("min", "greater_than_equal", lambda limit: value >= limit),
        ("max", "less_than_equal", lambda limit: value <= limit),
        ("xmin", "greater_than", lambda limit: value > limit),
        ("xmax", "less_than", lambda limit: value < limit),
    ]
    return [
        (kind, f"Input should be {kind.replace('_', ' ')} {rule[name]}")
        for name, kind, holds in limits
        if name in rule and not holds(rule[name])
    ]
