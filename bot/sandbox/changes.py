"""Telling whoever watches that the world changed."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

Change = dict[str, Any]
T = TypeVar("T")


class Changes:
    """Everyone who watches: pages by subscription, tests by waiting for a condition."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[Change], None]] = []
        self._waiting: list[asyncio.Future[None]] = []

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call `callback` with every change from now on; the answer ends that."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def publish(self, change: Change) -> None:
        """Hand a change to every subscriber and wake everyone who waits."""
        for callback in tuple(self._subscribers):
            callback(change)
        self.wake()

    def wake(self) -> None:
        """Let every waiter look again: something moved that no page would show."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait_for(self, predicate: Callable[[], T], timeout_s: float) -> T:
        """Return the first true answer of `predicate`, asked now and after every change.

        Raises:
            TimeoutError: it stayed false for `timeout_s` seconds of real time.
        """
        async with asyncio.timeout(timeout_s):
            while not (answer := predicate()):
                future = asyncio.get_running_loop().create_future()
                self._waiting.append(future)
                await future
        return answer
