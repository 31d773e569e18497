"""A provider in memory that follows a script and remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from bot.errors import ProviderDown, ProviderRejected, SubmitUncertain
from bot.providers import Handle, Inputs, Output, Progress
from tests.pictures import png
from tests.unit.services.script import Script

COLORS = ("teal", "orange", "purple", "olive")


@dataclass
class PaidRun:
    """One run that the provider has taken and will be paid for."""

    endpoint: str
    inputs: Inputs
    stopped: asyncio.Event = field(default_factory=asyncio.Event)


class Scripted:
    """Points of its script: upload, submit, answer (taken already), find, follow, fetch, cancel."""

    def __init__(self) -> None:
        self.script = Script()
        self.runs: dict[str, PaidRun] = {}
        self.submits: list[str] = []
        self.uploads: list[str] = []
        self.cancels: list[str] = []
        self.follows: list[str] = []
        self.progress: list[Progress] = []
        self.outputs: list[Output] | None = None
        self.can_find = False
        self.stops = True
        self.most_at_once = 0
        self._at_once = 0

    async def check(self) -> None:
        await self.script.meet("check")

    async def upload(self, sha256: str) -> str:
        await self.script.meet("upload")
        self.uploads.append(sha256)
        return f"kept://{sha256}"

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        self.submits.append(key)
        await self.script.meet("submit")
        self.runs[key] = PaidRun(endpoint, inputs)
        await self.script.meet("answer")
        return {"run_id": key}

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        await self.script.meet("find")
        if not self.can_find:
            raise SubmitUncertain("runs have no names here")
        if key not in self.runs:
            raise ProviderDown("there is no such run")
        return {"run_id": key}

    async def follow(self, handle: Handle) -> AsyncIterator[Progress]:
        run_id = handle["run_id"]
        self.follows.append(run_id)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            for progress in self.progress:
                yield progress
            await self._work(run_id)
        finally:
            self._at_once -= 1

    async def _work(self, run_id: str) -> None:
        """Come by the point `follow`, or stop there as soon as the run is cancelled."""
        working = asyncio.create_task(self.script.meet("follow"))
        stopping = asyncio.create_task(self.runs[run_id].stopped.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                raise ProviderRejected("stopped on request")
            working.result()
        finally:
            working.cancel()
            stopping.cancel()

    async def fetch(self, handle: Handle) -> list[Output]:
        await self.script.meet("fetch")
        if self.outputs is not None:
            return self.outputs
        inputs = self.runs[handle["run_id"]].inputs
        return [
            Output(png(48, 32, color), seed=inputs.get("seed", 0) + number, is_nsfw=False)
            for number, color in enumerate(COLORS[: inputs.get("count", 1)])
        ]

    async def cancel(self, handle: Handle) -> None:
        self.cancels.append(handle["run_id"])
        await self.script.meet("cancel")
        if self.stops:
            self.runs[handle["run_id"]].stopped.set()
