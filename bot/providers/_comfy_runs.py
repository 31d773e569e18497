"""The runs at a ComfyUI: where each stands, which one was ours, and how it is stopped."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from bot.errors import ProviderDown, ProviderFailed, ProviderRejected
from bot.providers._comfy_failures import failure_in, items, mapping
from bot.providers._comfy_server import Server

NAME = "atelier_run"
"""What a run's name is called among the extra data of an order."""

_LATEST = "200"
_REMEMBERED = 1000
_NAMES = UUID("5d0ac6a1-8f3c-4d0e-9f43-7a1b3a0f7c52")


def name_of(key: str, endpoint: str, inputs: Mapping[str, object]) -> UUID:
    """Name the run of an attempt, so that the name can be made again after a crash.

    The inputs take part because keys count from 1 in every database, and two of our bots may
    share a machine: one must not take the other's run for its own.
    """
    return uuid5(_NAMES, json.dumps([key, endpoint, dict(inputs)], sort_keys=True))


@dataclass(frozen=True)
class Look:
    """Where a run stands: behind `position` others, running, or over with this `entry`."""

    position: int | None = None
    entry: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class _Item:
    """One run in the queue or in the history."""

    number: float
    run_id: str
    extra: Mapping[str, Any]

    @classmethod
    def read(cls, value: object) -> "_Item":
        """Read number, id, graph, extra data and what else there is."""
        number, run_id, _, extra = (items(value) + [None] * 4)[:4]
        is_number = isinstance(number, int | float)
        return cls(number if is_number else 0, str(run_id), mapping(extra))


class Runs:
    """Asks one server for its runs."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._cancelled: deque[str] = deque(maxlen=_REMEMBERED)

    async def look(self, run_id: str) -> Look:
        """Ask for a run: in the queue first, because it never goes back there.

        Raises:
            ProviderRejected: it ended without pictures, or the server does not know it any more.
            ProviderLost: it could not be asked for.
        """
        running, pending = await self._queue()
        if any(item.run_id == run_id for item in running):
            return Look()
        ours = next((item for item in pending if item.run_id == run_id), None)
        if ours is not None:
            # The list is a heap: only the numbers say who comes first.
            return Look(len(running) + sum(item.number < ours.number for item in pending))
        history = await self._server.read(f"/history/{run_id}")
        if run_id not in history:
            raise self._gone(run_id)
        entry = mapping(history[run_id])
        status = mapping(entry.get("status"))
        word = status.get("status_str", "success")
        if word == "error":
            raise failure_in(entry)
        is_over = word == "success" or status.get("completed") is True
        return Look(entry=entry if is_over else None)

    async def find(self, name: str) -> str:
        """Return the id of the run that has a name, as its id or beside its order.

        Raises:
            ProviderDown: the server has no such run.
            ProviderLost: it could not be asked.
        """
        running, pending = await self._queue()
        if name in await self._server.read(f"/history/{name}"):
            return name
        history = await self._server.read("/history", max_items=_LATEST)
        done = [_Item.read(mapping(entry).get("prompt")) for entry in history.values()]
        for item in (*running, *pending, *done):
            if name in (item.run_id, item.extra.get(NAME)):
                return item.run_id
        raise ProviderDown("ComfyUI has no such run")

    async def cancel(self, run_id: str) -> None:
        """Stop a run, or take it out of the queue; one that is over stays as it is.

        Raises:
            ProviderLost: the question did not arrive.
        """
        # Noted first: one that waited in the queue leaves no trace, and may be looked for at once.
        self._cancelled.append(run_id)
        if await self._server.tell(f"/api/jobs/{run_id}/cancel", {}):
            return
        await self._server.tell("/queue", {"delete": [run_id]})
        running, _ = await self._queue()
        # The oldest servers stop whatever is running, so only when that is ours.
        if any(item.run_id == run_id for item in running):
            await self._server.tell("/interrupt", {"prompt_id": run_id})

    async def _queue(self) -> tuple[list[_Item], list[_Item]]:
        queue = await self._server.read("/queue")
        running, pending = (items(queue.get(f"queue_{name}")) for name in ("running", "pending"))
        return [_Item.read(item) for item in running], [_Item.read(item) for item in pending]

    def _gone(self, run_id: str) -> ProviderRejected:
        if run_id in self._cancelled:
            return ProviderRejected("cancelled")
        return ProviderFailed("ComfyUI knows nothing of the run any more")
