"""Workflows at the CivitAI stand-in: the states they pass through, and what comes out of them."""

import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from PIL import Image

MOMENT = "2026-01-05T10:00:00.123Z"
OVER = ("succeeded", "failed", "expired", "canceled")
PRICE_EACH = 28


@dataclass(frozen=True)
class State:
    """Where a workflow stands. `step` and `jobs` change what its step and each job say."""

    status: str
    step: Mapping[str, Any] = field(default_factory=dict)
    jobs: Sequence[Mapping[str, Any]] = ()


def queued(ahead: int) -> Mapping[str, Any]:
    return {"queuePosition": {"support": "available", "precedingJobs": ahead}}


def preparing(progress: float | None, *, ahead: int = 0, eta: int | None = None) -> State:
    download = {"resource": "urn:air:flux1:lora:civitai:200001@300001", "queuePosition": ahead}
    facts = {**download, "progress": progress, "etaSeconds": eta}
    return State("preparing", {"preparation": facts})


DONE = State("succeeded")
SCRIPT = (
    State("unassigned"),
    preparing(0.4, eta=12),
    State("scheduled", jobs=[queued(3), queued(4)]),
    State("processing", {"estimatedProgressRate": 0.2}),
    State("processing", jobs=[{"status": "succeeded"}, {"estimatedProgressRate": 0.2}]),
    DONE,
)


@dataclass(frozen=True)
class Outcome:
    """How a workflow ends. `blobs` change what each picture's blob says; None drops a name.

    `nodes` add words to the workflow, its step, its jobs or its output.
    """

    status: str = "succeeded"
    blobs: Sequence[Mapping[str, Any]] = ()
    nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    total: float | None = None
    is_stale: bool = False
    """Whether the addresses of its pictures have expired."""


GOOD = Outcome()


@dataclass
class Run:
    """One bought workflow. It moves on at each look, or with the clock when it takes seconds."""

    id: str
    order: Mapping[str, Any]
    script: Sequence[State]
    outcome: Outcome
    source_size: tuple[int, int] | None = None
    seconds: float | None = None
    begun_at: float = field(default_factory=time.monotonic)
    at: int = -1
    is_held: bool = False
    is_cancelled: bool = False

    @property
    def step(self) -> Mapping[str, Any]:
        """The one step that was ordered."""
        return self.order["steps"][0]

    @property
    def state(self) -> State:
        """Where it stands; the last state is what becomes of it."""
        if self.is_cancelled:
            return State("canceled")
        state = self.script[max(self.at, 0)]
        return State(self.outcome.status) if state is DONE else state

    @property
    def is_over(self) -> bool:
        return self.state.status in OVER

    @property
    def count(self) -> int:
        given = self.step["input"]
        return given.get("quantity", 1) * given.get("batchSize", 1)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of each of its pictures."""
        given = self.step["input"]
        if self.source_size is None:
            return given.get("width", 512), given.get("height", 512)
        scale = 2 ** given.get("numberOfRepeats", 1) if "Upscaler" in self.step["$type"] else 1
        return self.source_size[0] * scale, self.source_size[1] * scale

    def look(self) -> None:
        """Move on."""
        if self.is_over:
            return
        last = len(self.script) - 1
        self.at = min(self._next(last), last - 1 if self.is_held else last)

    def _next(self, last: int) -> int:
        if self.seconds is None:
            return self.at + 1
        share = (time.monotonic() - self.begun_at) / self.seconds if self.seconds else 1.0
        return int(share * last)

    def blob_ids(self) -> list[str]:
        return [f"{self.id}-{number}-0.png" for number in range(self.count)]

    def body(self, blobs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the workflow as CivitAI tells it."""
        state, nodes = self.state, self.outcome.nodes if self.is_over else {}
        step: dict[str, Any] = {
            **self.step,
            "priority": "normal",
            "status": state.status,
            "metadata": {},
            "jobs": [{**job, **nodes.get("job", {})} for job in self._jobs(state)],
            "output": {**self._output(blobs), **nodes.get("output", {})},
            **state.step,
            **nodes.get("step", {}),
        }
        return {
            "id": self.id,
            "createdAt": MOMENT,
            "transactions": self._transactions(),
            "metadata": {},
            "status": state.status,
            "tags": self.order.get("tags", []),
            "arguments": {},
            "steps": [step],
            "callbacks": [],
            "tips": self.order["tips"],
            "cost": self._cost(),
            "allowMatureContent": self.order["allowMatureContent"],
            "upgradeMode": self.order["upgradeMode"],
            "currencies": self.order["currencies"],
            "forceRefunded": False,
            **nodes.get("workflow", {}),
        }

    def _jobs(self, state: State) -> list[dict[str, Any]]:
        usual = {"status": state.status, "cost": float(PRICE_EACH)}
        extras = [*state.jobs, *({} for _ in range(self.count))][: self.count]
        return [{"id": f"{self.id}-{n}", **usual, **extra} for n, extra in enumerate(extras)]

    def _output(self, blobs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        names = {"imageUpscaler": "blob", "imageBackgroundRemoval": "image"}
        name = names.get(self.step["$type"])
        return {name: blobs[0]} if name else {"images": list(blobs)}

    def _transactions(self) -> dict[str, Any]:
        amount = PRICE_EACH * self.count
        debit = {"type": "debit", "amount": amount, "id": "tx_1", "accountType": "blue"}
        is_refunded = self.is_over and self.state.status != "succeeded"
        return {"list": [debit, {**debit, "type": "credit"}] if is_refunded else [debit]}

    def _cost(self) -> dict[str, Any]:
        total = PRICE_EACH * self.count if self.outcome.total is None else self.outcome.total
        if self.state.status == "failed":
            total = 0
        tips = {"civitai": 0, "creators": 0}
        return {"base": total, "factors": {}, "fixed": {}, "tips": tips, "fees": {}, "total": total}


@cache
def draw(size: tuple[int, int], shade: int) -> bytes:
    """Draw a small file of this size."""
    png = io.BytesIO()
    Image.new("RGB", size, (40 + shade % 200, 40, 90)).save(png, "PNG", compress_level=1)
    return png.getvalue()
