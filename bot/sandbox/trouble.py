"""The trouble buttons: what goes wrong at Discord, at the host and at a provider, on demand."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.sandbox.child import Child
from bot.sandbox.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.world import World

RESUMABLE = 4000
LEAP_S = 15 * 60.0
WELL = "well"
PROVIDER_TROUBLES = (WELL, "slow", "busy", "down", "moderated")
_NO_CHILD = "The bot here is no process of the sandbox"


class CannotMake(Exception):
    """This trouble is not to be had here; the text says why."""


class Trouble:
    """Makes trouble for a world's bot; without its process or its painter, less of it.

    `painter_file` is what the bot's offline painter looks into at every order.
    """

    def __init__(
        self, world: "World", *, child: Child | None = None, painter_file: Path | None = None
    ) -> None:
        self._world = world
        self._child = child
        self._painter_file = painter_file
        self._provider = WELL
        self._makers: dict[str, Callable[[], Awaitable[str]]] = {
            "drop": self._drop,
            "leap": self._leap,
            "restart": self._restart,
            "kill": self._kill,
        }

    def state(self) -> Json:
        """Return how the bot fares, and which buttons there are."""
        return {
            "bot": self._bot(),
            "has_child": self._child is not None,
            "provider": self._provider if self._painter_file is not None else None,
            "ahead_s": round(self._world.clock.now() - time.time()),
        }

    async def make(self, kind: str) -> str:
        """Do what one button says; return what was done.

        Raises:
            CannotMake: there is no such trouble, or not here.
        """
        if kind in PROVIDER_TROUBLES:
            return self._trouble_provider(kind)
        maker = self._makers.get(kind)
        if maker is None:
            raise CannotMake("There is no such trouble")
        return await maker()

    def _bot(self) -> str:
        if self._child is not None and self._child.is_changing:
            return "restarting"
        return "online" if self._world.gateway.connected else "connecting"

    async def _drop(self) -> str:
        await self._world.gateway.drop(code=RESUMABLE)
        return "The gateway was dropped; the bot resumes."

    async def _leap(self) -> str:
        self._world.advance(LEAP_S)
        return "15 minutes passed: older interaction tokens are worth nothing now."

    async def _restart(self) -> str:
        await self._own_child().restart()
        return "The bot was stopped and started again."

    async def _kill(self) -> str:
        await self._own_child().kill()
        return "The bot was killed and started again."

    def _own_child(self) -> Child:
        if self._child is None:
            raise CannotMake(_NO_CHILD)
        return self._child

    def _trouble_provider(self, kind: str) -> str:
        if self._painter_file is None:
            raise CannotMake(_NO_CHILD)
        # Whole or not at all: the painter may be reading it.
        new = self._painter_file.with_suffix(".new")
        new.write_text(kind, encoding="utf-8")
        new.replace(self._painter_file)
        self._provider = kind
        self._world.changes.wake()
        return (
            "The painter is well again." if kind == WELL else f"The painter is {kind} from now on."
        )
