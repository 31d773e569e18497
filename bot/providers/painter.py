"""The embedded provider: an offline painter, not AI. No key, no network, always there.

A run is nothing but its inputs, so a handle carries everything that is needed to paint it again:
finding a lost run, following it from another process and fetching it twice are all free. Pictures
to work from are in it by their hash and read when it is painted.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bot.errors import Moderated, ProviderBusy, ProviderDown, ProviderRejected
from bot.providers._canvas import ENDPOINTS, PICTURES
from bot.providers._easel import Easel
from bot.providers._protocol import Handle, Inputs, Output, Progress, ReadPicture, Setup

KEY_ENV = None
STEPS = 20
"""How many steps of progress a picture is told in."""

_DONE = Progress(percent=100)
_KEPT_RUNS = 8
_KEPT_CANCELS = 1000
_LONGEST_LOOK_S = 0.1
_SHORTEST_LOOK_S = 0.01
_WAITING_LOOK_S = 0.5

# What a picture usually takes to paint, and how far we say we are while it takes longer.
_USUAL_S = 1.0
_ALMOST = 0.95

# The trouble that the sandbox's buttons ask for.
_BUSY_S = 2.0
_SLOW_TIMES = 10


def connect(setup: Setup) -> "Painter":
    """Set up the painter at the pace of the settings; 0 s a picture is as fast as it can."""
    return Painter(
        read_picture=setup.read_picture,
        seconds_per_picture=setup.settings.painter_seconds,
        trouble_file=setup.settings.painter_trouble,
    )


@dataclass(frozen=True)
class _Order:
    """What one run shall paint: `count` pictures, each with the next seed if it has one."""

    run_id: str
    started_at: float
    endpoint: str
    inputs: Mapping[str, Any]
    count: int
    trouble: str

    @classmethod
    def read(cls, handle: Handle) -> Self:
        """Check the inputs of a handle.

        Raises:
            ProviderRejected: an input is missing, unknown or out of its range.
        """
        # Handles of before the painter had several endpoints name none.
        endpoint = handle.get("endpoint", "text-to-image")
        inputs = ENDPOINTS[endpoint].read(handle["inputs"])
        return cls(
            run_id=handle["run_id"],
            started_at=handle["started_at"],
            endpoint=endpoint,
            count=inputs.pop("count", 1),
            inputs=inputs,
            trouble=handle.get("trouble", ""),
        )

    def seed(self, number: int) -> int | None:
        """Return the seed of one of the pictures, 0 being the first."""
        return self.inputs["seed"] + number if "seed" in self.inputs else None

    def inputs_of(self, number: int) -> dict[str, Any]:
        """Return what one of the pictures is painted from."""
        seed = self.seed(number)
        return dict(self.inputs) if seed is None else {**self.inputs, "seed": seed}


class _Work:
    """One run on its way: how many pictures are painted, and since when the next one is."""

    def __init__(self, order: _Order) -> None:
        self.order = order
        self.painted: list[bytes | str] = []
        self.picture_begun_at: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether every picture is painted."""
        return len(self.painted) == self.order.count

    def share(self, now: float) -> float:
        """Return how much of the run is painted, 0 to 1; within a picture, by experience."""
        if self.is_over:
            return 1.0
        begun = self.picture_begun_at
        part = 0.0 if begun is None else min((now - begun) / _USUAL_S, _ALMOST)
        return (len(self.painted) + part) / self.order.count


class Painter:
    """Paints one run at a time, first come first served."""

    def __init__(
        self,
        *,
        read_picture: ReadPicture,
        seconds_per_picture: float,
        trouble_file: Path | None = None,
    ) -> None:
        self._read_picture = read_picture
        self._seconds_per_picture = seconds_per_picture
        self._trouble_file = trouble_file
        look = seconds_per_picture / STEPS / 2
        self._look_s = min(_LONGEST_LOOK_S, max(_SHORTEST_LOOK_S, look))
        self._easel = Easel()
        self._turn = asyncio.Lock()
        self._line: list[_Work] = []
        self._finished: dict[str, list[bytes | str]] = {}
        self._cancelled: deque[str] = deque(maxlen=_KEPT_CANCELS)

    async def check(self) -> None:
        """Do nothing: there is no key that could be wrong."""

    async def upload(self, sha256: str) -> str:
        """Return the hash itself, having made sure that the picture is kept.

        Raises:
            FileNotFoundError: it is not.
        """
        await self._read_picture(sha256)
        return sha256

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Take an order; nothing is painted before somebody follows or fetches it.

        Raises:
            ProviderRejected: the painter cannot paint this.
            ProviderBusy: the sandbox wants it so.
            ProviderDown: as above.
        """
        trouble = _asked_for(self._trouble_file)
        if trouble == "busy":
            raise ProviderBusy("the painter is busy", retry_after_s=_BUSY_S)
        if trouble == "down":
            raise ProviderDown("the painter is down")
        taken = self._take(endpoint, inputs, key=key)
        return {**taken, "trouble": trouble} if trouble else taken

    def _take(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        if endpoint not in ENDPOINTS:
            raise ProviderRejected(f"the painter has no {endpoint}")
        handle = {
            "run_id": key,
            "endpoint": endpoint,
            "inputs": dict(inputs),
            "started_at": time.time(),
        }
        _Order.read(handle)
        return handle

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Take the order again: the same inputs are the same run.

        Raises:
            ProviderDown: the order was refused before, so there is no run.
        """
        try:
            return self._take(endpoint, inputs, key=key)
        except ProviderRejected as error:
            raise ProviderDown(str(error)) from error

    async def follow(self, handle: Handle) -> AsyncGenerator[Progress]:
        """Paint the run and tell how far it is: runs ahead first, then percents of all pictures.

        Raises:
            ProviderRejected: the run was cancelled, or cannot be painted.
            ProviderLost: the painting process was killed.
        """
        order = _Order.read(handle)
        if order.run_id in self._finished:
            yield _DONE
            return
        work = _Work(order)
        self._line.append(work)
        painting = asyncio.create_task(self._paint(work))
        try:
            async for progress in self._watch(work, painting):
                yield progress
            _moderate(order)
            self._keep(order.run_id, work.painted)
        finally:
            painting.cancel()
            self._line.remove(work)

    async def _paint(self, work: _Work) -> None:
        order, loop = work.order, asyncio.get_running_loop()
        async with self._turn:
            pictures = await self._read_pictures(order)
            while not work.is_over:
                work.picture_begun_at = loop.time()
                inputs = order.inputs_of(len(work.painted)) | pictures
                work.painted.append(await self._easel.paint(order.endpoint, inputs))

    async def _read_pictures(self, order: _Order) -> dict[str, bytes | list[bytes]]:
        names = [name for name in PICTURES if name in order.inputs]
        try:
            return {name: await self._read(order.inputs[name]) for name in names}
        except FileNotFoundError as error:
            raise ProviderRejected("a picture to work from is not kept any more") from error

    async def _read(self, hashes: str | list[str]) -> bytes | list[bytes]:
        if isinstance(hashes, str):
            return await self._read_picture(hashes)
        return [await self._read_picture(sha256) for sha256 in hashes]

    async def _watch(self, work: _Work, painting: asyncio.Task[None]) -> AsyncGenerator[Progress]:
        last: Progress | None = None
        loop = asyncio.get_running_loop()
        # The wall clock only bridges a restart: it may jump while we watch.
        begun_at = loop.time() - max(0.0, time.time() - work.order.started_at)
        while True:
            self._refuse_cancelled(work.order)
            if painting.done():
                painting.result()
            progress = self._progress(work, begun_at, loop.time())
            if progress != last:
                yield progress
            if painting.done() and progress == _DONE:
                return
            last = progress
            look_s = self._look_s if progress.position is None else _WAITING_LOOK_S
            if painting.done():
                await asyncio.sleep(look_s)
            else:
                await asyncio.wait({painting}, timeout=look_s)

    def _progress(self, work: _Work, begun_at: float, now: float) -> Progress:
        before = self._line[: self._line.index(work)]
        ahead = sum(not other.is_over for other in before)
        if ahead:
            return Progress(position=ahead)
        times = _SLOW_TIMES if work.order.trouble == "slow" else 1
        whole_s = self._seconds_per_picture * work.order.count * times
        due = (now - begun_at) / whole_s if whole_s else 1.0
        steps = STEPS * work.order.count
        return Progress(percent=int(min(due, work.share(now), 1.0) * steps) * 100 // steps)

    def _refuse_cancelled(self, order: _Order) -> None:
        if order.run_id in self._cancelled:
            raise ProviderRejected("cancelled")

    def _keep(self, run_id: str, pictures: list[bytes | str]) -> None:
        """Keep the pictures until they are fetched, of the latest runs only."""
        self._finished[run_id] = pictures
        while len(self._finished) > _KEPT_RUNS:
            del self._finished[next(iter(self._finished))]

    async def fetch(self, handle: Handle) -> list[Output]:
        """Hand over the pictures, painting them if they are not at hand any more.

        Raises:
            ProviderRejected: the run was cancelled, or cannot be painted.
            ProviderLost: the painting process was killed.
        """
        order = _Order.read(handle)
        self._refuse_cancelled(order)
        _moderate(order)
        pictures = self._finished.pop(order.run_id, None)
        if pictures is None:
            work = _Work(order)
            await self._paint(work)
            pictures = work.painted
        return [_output(made, order.seed(number)) for number, made in enumerate(pictures)]

    async def cancel(self, handle: Handle) -> None:
        """Stop the run, unless its pictures are finished already."""
        run_id: str = handle["run_id"]
        if run_id in self._finished:
            return
        self._cancelled.append(run_id)


def _output(made: bytes | str, seed: int | None) -> Output:
    if isinstance(made, str):
        return Output(b"", text=made)
    return Output(data=made, seed=seed, is_nsfw=False)


def _asked_for(trouble_file: Path | None) -> str:
    """Return the word in the sandbox's file; empty outside of the sandbox."""
    if trouble_file is None:
        return ""
    try:
        return trouble_file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _moderate(order: _Order) -> None:
    if order.trouble == "moderated":
        raise Moderated("the sandbox asked for a refusal")
