"""How far a run at ComfyUI is, by the frames of its WebSocket; frames are JSON or binary.

The server tells everybody of a run that was ordered without a client id, pictures included, so
every frame is looked at for whose it is. Source: execution.py and server.py of ComfyUI, 2026.
"""

import json
import struct
import time
from collections.abc import Mapping
from typing import Any

from bot.providers._comfy_failures import items, mapping
from bot.providers._protocol import Progress

PREVIEW_EVERY_S = 1.0
LARGEST_PREVIEW = 2 * 1024 * 1024
_PREVIEW, _PREVIEW_WITH_FACTS = 1, 4
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")
_ENDS = {"execution_success", "execution_error", "execution_interrupted"}
_UNNAMED = {"status", "executing"}
"""What is said of no run: the queue's length, and to one who comes back, which node is at work."""

_ALMOST = 99


class Score:
    """The progress of one run, `run_id`. Percents never go back once it has begun.

    `weights` says how much of the run each node is. A preview changes once a second at most.
    Frames that are another run's, or not as they should be, say nothing.
    """

    def __init__(
        self,
        weights: Mapping[str, int],
        *,
        run_id: str,
        preview_every_s: float = PREVIEW_EVERY_S,
    ) -> None:
        self.is_over = False
        """The run has ended, well or not, and its entry is in the history."""
        self.has_queue_moved = False
        self._run_id = run_id
        self._started: str | None = None
        """The run that was heard to start and of which alone was told since."""
        self._position: int | None = None
        self._weights = weights
        self._shares: dict[str, float] = {}
        self._running: str | None = None
        self._has_begun = False
        self._percent = 0
        self._preview: bytes | None = None
        self._preview_every_s = preview_every_s
        self._next_preview = float("-inf")

    @property
    def progress(self) -> Progress:
        """Where the run stands."""
        if self._position is not None and not self._has_begun:
            return Progress(position=self._position)
        return Progress(percent=self._percent, preview=self._preview)

    def name(self, run_id: str) -> None:
        """Take the id that the server gave the run; it may have started under it already."""
        if run_id != self._run_id:
            self._run_id = run_id
            if self._started == run_id:
                self._begin({})

    def lose_touch(self) -> None:
        """Take notice that frames are missed from now on: what runs then is not known."""
        self._started = None

    def forget_signs(self) -> None:
        """Take notice that the server is about to be asked; signs from now on are new ones."""
        self.has_queue_moved = self.is_over = False

    def place(self, position: int | None) -> None:
        """Take in what the queue says; `position` is None for a run that has begun."""
        self._position = position
        self._has_begun = self._has_begun or position is None

    def hear(self, frame: str) -> None:
        """Take in a JSON frame."""
        try:
            event = mapping(json.loads(frame))
        except (ValueError, RecursionError):
            return
        readers = {
            "status": self._hear_status,
            "execution_start": self._begin,
            "execution_cached": self._skip,
            "executing": self._enter,
            "executed": self._leave,
            "progress": self._hear_progress,
            "progress_state": self._hear_states,
        }
        kind, data = str(event.get("type")), mapping(event.get("data"))
        is_ours = self._is_ours(data) or (kind in _UNNAMED and data.get("prompt_id") is None)
        self._mind_start(kind, data)
        read = readers.get(kind)
        if is_ours and read is not None:
            read(data)
            self._count()

    def see(self, frame: bytes) -> None:
        """Take in a binary frame: a preview, with or without facts about it, or something else."""
        try:
            kind, size = struct.unpack_from(">II", frame)
        except struct.error:
            return
        if kind == _PREVIEW and self._is_ours({}):
            self._show(frame[8:])
        elif kind == _PREVIEW_WITH_FACTS and self._is_ours(_facts_in(frame[8 : 8 + size])):
            self._show(frame[8 + size :])

    def _is_ours(self, data: Mapping[str, Any]) -> bool:
        """Whether something is our run's: by the id in it, or else because our run has started.

        The server works on one run at a time.
        """
        named = data.get("prompt_id")
        return (self._started if named is None else named) == self._run_id

    def _mind_start(self, kind: str, data: Mapping[str, Any]) -> None:
        """Note which run starts, and that it is over or another one's turn."""
        named = data.get("prompt_id")
        if kind == "execution_start":
            self._started = named if isinstance(named, str) else None
        elif named is not None and (named != self._started or _ends(kind, data)):
            self._started = None

    def _show(self, picture: bytes) -> None:
        now = time.monotonic()
        is_picture = picture.startswith(_PICTURES) and len(picture) <= LARGEST_PREVIEW
        if is_picture and now >= self._next_preview:
            self._preview = picture
            self._next_preview = now + self._preview_every_s

    def _hear_status(self, _data: Mapping[str, Any]) -> None:
        self.has_queue_moved = not self._has_begun

    def _begin(self, _data: Mapping[str, Any]) -> None:
        self._has_begun = True
        self.has_queue_moved = False
        self._shares.clear()
        self._running = self._preview = None
        self._percent = 0
        self._next_preview = float("-inf")

    def _skip(self, data: Mapping[str, Any]) -> None:
        """Count what is in the cache as done."""
        for node in items(data.get("nodes")):
            self._finish(node)

    def _enter(self, data: Mapping[str, Any]) -> None:
        """Go on to the next node; None comes last, when the history is written."""
        node = data.get("node")
        self._has_begun = True
        if self._running is not None:
            self._finish(self._running)
        self._running = node if isinstance(node, str) else None
        self.is_over = node is None

    def _leave(self, data: Mapping[str, Any]) -> None:
        self._finish(data.get("node"))

    def _hear_progress(self, data: Mapping[str, Any]) -> None:
        self._advance(data.get("node") or self._running, data)

    def _hear_states(self, data: Mapping[str, Any]) -> None:
        for node, state in mapping(data.get("nodes")).items():
            self._advance(node, mapping(state))

    def _finish(self, node: object) -> None:
        if isinstance(node, str):
            self._shares[node] = 1.0

    def _advance(self, node: object, state: Mapping[str, Any]) -> None:
        value, whole = state.get("value"), state.get("max")
        if state.get("state") == "finished":
            self._finish(node)
        elif (
            isinstance(node, str)
            and isinstance(value, int | float)
            and isinstance(whole, int | float)
            and whole > 0
        ):
            self._shares[node] = min(1.0, max(0.0, value / whole))

    def _count(self) -> None:
        whole = sum(self._weights.values())
        if whole:
            done = sum(weight * self._shares.get(n, 0.0) for n, weight in self._weights.items())
            self._percent = max(self._percent, min(_ALMOST, int(100 * done / whole)))


def _ends(kind: str, data: Mapping[str, Any]) -> bool:
    return kind in _ENDS or (kind == "executing" and data.get("node") is None)


def _facts_in(text: bytes) -> Mapping[str, Any]:
    """Read what stands before a preview; what cannot be read is no run of ours."""
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        return {"prompt_id": ""}
    return mapping(facts)
