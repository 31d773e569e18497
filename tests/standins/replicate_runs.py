"""The runs of Replicate's stand-in: how they go, how they end, what they answer."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from PIL import Image

VERSION = "b3ef194191d13140337468c916c2c5b96dd0cb06dffc032a022a31807f6a5ea8"
SEED_NOBODY_CHOSE = 68235


def bar(done: int, of: int = 28, *, label: str = "") -> str:
    """Return tqdm's line for so many steps."""
    share = 100 * done // of
    return f"{label}{share:3d}%|{'█' * (share // 10):10}| {done}/{of} [00:01<00:02, 9.87it/s]"


@dataclass(frozen=True)
class State:
    """Where a run stands, and the log lines it has written meanwhile."""

    status: str
    logs: Sequence[str] = ()


DONE = State("succeeded")
SCRIPT = (
    State("starting"),
    State("starting"),
    State("processing", logs=["Using seed: {seed}", bar(7)]),
    State("processing", logs=[bar(14), bar(21)]),
    State("succeeded", logs=[bar(28), "Total safe images: {safe} out of {count}"]),
)


@dataclass(frozen=True)
class Outcome:
    """How a run ends.

    `status` and `error` are those of a failed one. `unsafe` are the numbers of the pictures that
    the safety filter leaves out; `is_single` gives one address in place of a list. `extra`
    changes the answer, and `without` takes from it.
    """

    status: str = "succeeded"
    error: Any = None
    unsafe: Sequence[int] = ()
    is_single: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    without: Sequence[str] = ()


GOOD = Outcome()


def failed(error: Any) -> Outcome:
    """Return the outcome of a run that fails with this text."""
    return Outcome(status="failed", error=error)


@dataclass
class Run:
    """One bought run, which moves on at each look."""

    id: str
    model: str
    version: str
    inputs: Mapping[str, Any]
    script: Sequence[State]
    outcome: Outcome
    deployment: str | None = None
    source: str = "api"
    step: int = 0
    is_held: bool = False
    output: Any = None

    @property
    def is_over(self) -> bool:
        """Whether its last state has been reached."""
        return self.step >= len(self.script) - 1 and bool(self.script)

    def look(self) -> None:
        """Move on by one state."""
        last = len(self.script) - 1
        if not self.is_over:
            self.step = min(self.step + 1, last - 1 if self.is_held else last)

    @property
    def state(self) -> State:
        return self.script[self.step]

    @property
    def status(self) -> str:
        """The state's, or what the outcome makes of a success."""
        is_success = self.state.status == "succeeded"
        return self.outcome.status if is_success else self.state.status

    @property
    def count(self) -> int:
        """How many pictures were asked for."""
        return self.inputs.get("num_outputs", 1)

    def logs(self) -> str:
        """Return the log from its beginning, as every look gives it."""
        lines = [line for state in self.script[: self.step + 1] for line in state.logs]
        lines += [f"NSFW content detected in image {n}" for n in self.outcome.unsafe]
        seed = self.inputs.get("seed", SEED_NOBODY_CHOSE)
        safe = self.count - len(self.outcome.unsafe)
        text = "".join(f"{line}\n" for line in lines)
        for name, value in {"seed": seed, "safe": safe, "count": self.count}.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def stop(self) -> None:
        """End it now, without pictures."""
        self.outcome = Outcome(status="canceled")
        self.script = (*self.script[: self.step + 1], DONE)
        self.step = len(self.script) - 1

    def answer(self, url: str) -> dict[str, Any]:
        """Return the run as the API at this address tells it."""
        here = f"{url}/v1/predictions/{self.id}"
        body: dict[str, Any] = {
            "id": self.id,
            "model": self.model,
            "version": self.version,
            "input": dict(self.inputs),
            "logs": self.logs(),
            "output": self.output if self.status == "succeeded" else None,
            "data_removed": False,
            "error": self.outcome.error if self.is_over else None,
            "source": self.source,
            "status": self.status,
            "created_at": "2026-09-01T10:00:00.123Z",
            "urls": {
                "get": here,
                "cancel": f"{here}/cancel",
                "stream": f"{url}/v1/streams/{self.id}",
                "web": f"https://replicate.com/p/{self.id}",
            },
        }
        if self.deployment is not None:
            body["deployment"] = self.deployment
        if self.is_over:
            body["completed_at"] = "2026-09-01T10:00:02.450Z"
            body["metrics"] = {"predict_time": 1.25, "total_time": 2.327}
            body |= self.outcome.extra
        return {name: value for name, value in body.items() if name not in self.outcome.without}


def run_id(number: int) -> str:
    """Return an id as Replicate's are: 26 small letters and digits."""
    return f"m0ckrd1xsdrm80c0z4a9v3{number:04d}"


SIZES = {"1:1": (64, 64), "4:5": (64, 80), "16:9": (96, 54)}


def size_for(inputs: Mapping[str, Any], source: bytes | None) -> tuple[int, int]:
    """Return the size of the pictures that these inputs give; `source` is the input picture."""
    if source is None:
        return SIZES.get(inputs.get("aspect_ratio", "1:1"), SIZES["1:1"])
    width, height = Image.open(io.BytesIO(source)).size
    factor = inputs.get("scale", 1)
    return round(width * factor), round(height * factor)


@cache
def draw(size: tuple[int, int], shade: int) -> bytes:
    """Draw a small file of this size."""
    png = io.BytesIO()
    Image.new("RGB", size, (40 + shade % 200, 90, 40)).save(png, "PNG", compress_level=1)
    return png.getvalue()
