"""Scripts: what a stand-in does at each of its points, written down by the test beforehand."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable

DEADLINE_S = 20.0


class Gate:
    """A place to stop at: the test waits until somebody stands there, and lets them on."""

    def __init__(self, then: Exception | None = None) -> None:
        self._reached = asyncio.Event()
        self._opened = asyncio.Event()
        self._then = then

    async def reached(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await self._reached.wait()

    def open(self) -> None:
        self._opened.set()

    async def pass_through(self) -> None:
        self._reached.set()
        await self._opened.wait()
        if self._then is not None:
            raise self._then


class Script:
    """For each point, what happens there next: an exception is raised, a gate is waited at."""

    def __init__(self) -> None:
        self._fates: defaultdict[str, deque[Exception | Gate]] = defaultdict(deque)

    def will(self, point: str, *fates: Exception | Gate) -> None:
        """Add fates: each visit of the point takes the next one."""
        self._fates[point].extend(fates)

    def gate(self, point: str, *, then: Exception | None = None) -> Gate:
        """Add a gate at the point; behind it something may be raised."""
        gate = Gate(then)
        self.will(point, gate)
        return gate

    def awaits(self, point: str) -> bool:
        """Whether fates are left at a point."""
        return bool(self._fates[point])

    async def meet(self, point: str) -> None:
        """Come by a point."""
        if not self._fates[point]:
            return
        fate = self._fates[point].popleft()
        if isinstance(fate, Exception):
            raise fate
        await fate.pass_through()


async def until(is_so: Callable[[], object]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.002)
