"""Upkeep: what is due by the calendar, done when the engine's clock ticks and at every start.

A tick reaches one process. What is due is read from the rows, so a tick that is lost is made up
for by the next one, and one too many does nothing.
"""

from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.services.delivery import NotNow
from bot.services.nudging import Nudged

log = structlog.get_logger()

Round = Callable[[], Awaitable[object]]


class Upkeep:
    """Goes the rounds, one after the other and never two at once."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        self._rounds = rounds
        self._going = Nudged(self.go)

    def start(self) -> None:
        """Do what fell due while nobody was there, and all that follows."""
        self._going.start()

    async def tick(self) -> None:
        """Say that it is time; returns at once."""
        self._going.nudge()

    async def stop(self) -> None:
        """Go no more rounds; when this returns, nothing of them uses the database."""
        await self._going.stop()

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
