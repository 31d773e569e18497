"""Progress on the card: few edits, never a stale one, none that says nothing new."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

from bot.providers import Progress

FIRST_AFTER_S = 1.0
EVERY_S = 2.0


class Relay:
    """Passes the latest state on: the first after a second, then at most one per two seconds.

    A picture that is ready within the second never shows progress at all. The last state is the
    outcome itself, which the delivery shows.
    """

    def __init__(self, show: Callable[[Progress], Awaitable[None]]) -> None:
        self._show = show
        self._latest = Progress()
        self._shown = Progress()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def tell(self, progress: Progress) -> None:
        """Take a change in; an older one that was not shown yet is dropped."""
        self._latest = progress
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
