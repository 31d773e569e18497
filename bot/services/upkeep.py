"""Upkeep: what is due by the calendar, done when the engine's clock ticks and at every start.

A tick reaches one process. What is due is read from the rows, so a tick that is lost is made up
for by the next one, and one too many does nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.services.delivery import NotNow

log = structlog.get_logger()

Round = Callable[[], Awaitable[object]]

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


class Upkeep:
    """Goes the rounds, one after the other and never two at once."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        self._rounds = rounds
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._pause_s = FIRST_PAUSE_S

    def start(self) -> None:
        """Do what fell due while nobody was there, and all that follows."""
        self._due.set()
        self._task = asyncio.create_task(self._keep_going())

    async def tick(self) -> None:
        """Say that it is time; returns at once."""
        self._due.set()

    async def stop(self) -> None:
        """Go no more rounds; when this returns, nothing of them uses the database."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def go(self) -> bool:
        """Go every round once; return whether none of them has to be gone again soon."""
        is_done = True
        for one in self._rounds:
            try:
                await one()
            except (NotNow, SQLAlchemyError) as error:
                log.info("upkeep waits", reason=str(error))
                is_done = False
            except Exception:
                # Whatever broke there, the other rounds and the next tick must come.
                log.exception("upkeep broke")
        return is_done

    async def _keep_going(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            if await self.go():
                self._pause_s = FIRST_PAUSE_S
                continue
            self._due.set()
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)
