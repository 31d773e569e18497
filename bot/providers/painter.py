"""The embedded provider: an offline painter, not AI. No key, no network, always there.

A run is nothing but its inputs, so a handle carries everything that is needed to paint it again:
finding a lost run, following it from another process and fetching it twice are all free.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Self

from bot.errors import ProviderDown, ProviderRejected
from bot.providers._easel import Easel
from bot.providers._protocol import Handle, Inputs, Output, Progress, Setup

KEY_ENV = None
ENDPOINT = "text-to-image"
STEPS = 20
"""How many steps of progress a picture is told in."""

_DONE = Progress(percent=100)
_SIDES = (256, 2048)
_COUNTS = (1, 4)
_SEEDS = (0, 2**63 - 1)
_INPUTS = {"prompt", "negative_prompt", "seed", "width", "height", "count"}
_KEPT_RUNS = 8
_KEPT_CANCELS = 1000
_LONGEST_LOOK_S = 0.1
_SHORTEST_LOOK_S = 0.01
_WAITING_LOOK_S = 0.5

# What a picture usually takes to paint, and how far we say we are while it takes longer.
_USUAL_S = 1.0
_ALMOST = 0.95


def connect(setup: Setup) -> "Painter":
    """Set up the painter at the pace of the settings; 0 s a picture is as fast as it can."""
    return Painter(seconds_per_picture=setup.settings.painter_seconds)


@dataclass(frozen=True)
class _Order:
    """What one run shall paint."""

    run_id: str
    started_at: float
    prompt: str
    negative_prompt: str
    seed: int
    width: int
    height: int
    count: int

    @classmethod
    def read(cls, handle: Handle) -> Self:
        """Check the inputs of a handle.

        Raises:
            ProviderRejected: an input is missing, unknown or out of its range.
        """
        inputs: Inputs = handle["inputs"]
        unknown = sorted(inputs.keys() - _INPUTS)
        if unknown:
            raise ProviderRejected(f"the painter takes no {unknown[0]}")
        return cls(
            run_id=handle["run_id"],
            started_at=handle["started_at"],
            prompt=_text(inputs, "prompt"),
            negative_prompt=_text(inputs, "negative_prompt"),
            seed=_number(inputs, "seed", _SEEDS),
            width=_number(inputs, "width", _SIDES),
            height=_number(inputs, "height", _SIDES),
            count=_number(inputs, "count", _COUNTS),
        )


def _text(inputs: Inputs, name: str) -> str:
    value = inputs.get(name) or ""
    if not isinstance(value, str):
        raise ProviderRejected(f"{name} is not text")
    return value


def _number(inputs: Inputs, name: str, limits: tuple[int, int]) -> int:
    value, (low, high) = inputs.get(name), limits
    if not isinstance(value, int) or not low <= value <= high:
        raise ProviderRejected(f"{name} must be a whole number from {low} to {high}")
    return value


class _Work:
    """One run on its way: how many pictures are painted, and since when the next one is."""

    def __init__(self, order: _Order) -> None:
        self.order = order
        self.painted: list[bytes] = []
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

    def __init__(self, *, seconds_per_picture: float) -> None:
        self._seconds_per_picture = seconds_per_picture
        look = seconds_per_picture / STEPS / 2
        self._look_s = min(_LONGEST_LOOK_S, max(_SHORTEST_LOOK_S, look))
        self._easel = Easel()
        self._turn = asyncio.Lock()
        self._line: list[_Work] = []
        self._finished: dict[str, list[bytes]] = {}
        self._cancelled: deque[str] = deque(maxlen=_KEPT_CANCELS)

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Take an order; nothing is painted before somebody follows or fetches it.

        Raises:
            ProviderRejected: the painter cannot paint this.
        """
        if endpoint != ENDPOINT:
            raise ProviderRejected(f"the painter has no {endpoint}")
        handle = {"run_id": key, "inputs": dict(inputs), "started_at": time.time()}
        _Order.read(handle)
        return handle

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Take the order again: the same inputs are the same run.

        Raises:
            ProviderDown: the order was refused before, so there is no run.
        """
        try:
            return await self.submit(endpoint, inputs, key=key)
        except ProviderRejected as error:
            raise ProviderDown(str(error)) from error

    async def follow(self, handle: Handle) -> AsyncGenerator[Progress]:
        """Paint the run and tell how far it is: runs ahead first, then percents of all pictures.

        Raises:
            ProviderRejected: the run was cancelled.
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
            self._keep(order.run_id, work.painted)
        finally:
            painting.cancel()
            self._line.remove(work)

    async def _paint(self, work: _Work) -> None:
        order, loop = work.order, asyncio.get_running_loop()
        async with self._turn:
            while not work.is_over:
                work.picture_begun_at = loop.time()
                seed = order.seed + len(work.painted)
                words = order.prompt, order.negative_prompt
                picture = await self._easel.paint(*words, seed, order.width, order.height)
                work.painted.append(picture)

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
        whole_s = self._seconds_per_picture * work.order.count
        due = (now - begun_at) / whole_s if whole_s else 1.0
        steps = STEPS * work.order.count
        return Progress(percent=int(min(due, work.share(now), 1.0) * steps) * 100 // steps)

    def _refuse_cancelled(self, order: _Order) -> None:
        if order.run_id in self._cancelled:
            raise ProviderRejected("cancelled")

    def _keep(self, run_id: str, pictures: list[bytes]) -> None:
        """Keep the pictures until they are fetched, of the latest runs only."""
        self._finished[run_id] = pictures
        while len(self._finished) > _KEPT_RUNS:
            del self._finished[next(iter(self._finished))]

    async def fetch(self, handle: Handle) -> list[Output]:
        """Hand over the pictures, painting them if they are not at hand any more.

        Raises:
            ProviderRejected: the run was cancelled.
        """
        order = _Order.read(handle)
        self._refuse_cancelled(order)
        pictures = self._finished.pop(order.run_id, None)
        if pictures is None:
            work = _Work(order)
            await self._paint(work)
            pictures = work.painted
        return [
            Output(data=data, seed=order.seed + number, is_nsfw=False)
            for number, data in enumerate(pictures)
        ]

    async def cancel(self, handle: Handle) -> None:
        """Stop the run, unless its pictures are finished already."""
        run_id: str = handle["run_id"]
        if run_id in self._finished:
            return
        self._cancelled.append(run_id)
