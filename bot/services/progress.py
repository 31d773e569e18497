"""Progress on the card: few edits, never a stale one, none that says nothing new."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Self

import structlog

from bot.providers import Progress

log = structlog.get_logger()

FIRST_AFTER_S = 1.0
EVERY_S = 2.0
EXACT_BELOW = 10


class Relay:
    """Passes the latest state on: the first after a second, then at most one per two seconds.

    A picture that is ready within the second never shows progress at all. The last state is the
    outcome itself, which the delivery shows.
    """

    def __init__(self, show: Callable[[Progress], Awaitable[None]]) -> None:
        self._show = show
        self._latest = Progress()
        self._shown: Progress | None = Progress()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        await end(self._task)

    def tell(self, progress: Progress) -> None:
        """Take a change in; an older one that was not shown yet is dropped."""
        self._latest = replace(
            progress,
            position=_rough(progress.position),
            percent=_furthest(self._latest.percent, progress),
        )
        self._changed.set()

    def refresh(self) -> None:
        """Show the latest state once more: what else stands on the card has changed."""
        self._shown = None
        self._changed.set()

    async def _run(self) -> None:
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._latest != self._shown:
                self._shown = self._latest
                await self._show(self._latest)
                await asyncio.sleep(EVERY_S)


def _furthest(so_far: int | None, progress: Progress) -> int | None:
    """Return how far it is: whoever follows a run anew may have heard less of it than before."""
    if so_far is None or progress.position is not None:
        return progress.percent
    return max(so_far, progress.percent or 0)


def _rough(ahead: int | None) -> int | None:
    """Round a long line down to its first digit: 298 and 297 are the same news, 8 and 7 are not.

    Else every run that ends would edit the card of every run behind it.
    """
    if ahead is None or ahead < EXACT_BELOW:
        return ahead
    step = 10 ** (len(str(ahead)) - 1)
    return ahead // step * step


async def end(beside: asyncio.Task[None]) -> None:
    """End a task that runs beside a paid run; what broke in it is logged and costs no picture."""
    beside.cancel()
    # Waited for, not awaited: that would swallow a cancellation of our own along with its.
    await asyncio.wait({beside})
    if not beside.cancelled() and (error := beside.exception()) is not None:
        log.error("work beside a run broke", exc_info=error)
