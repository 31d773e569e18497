"""Run the real `main.py`, and kill the process at one point of the first job's life.

Usage: python tests/e2e/die_at.py POINT run
Only where the process dies is arranged here; nothing it does before is changed.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from bot.providers.painter import Painter
from bot.services.handing import Handing
from bot.services.making import Making
from cogs._delivery import DiscordDelivery


def die(*_: Any, **__: Any) -> None:
    """End as in a power cut: nothing is flushed, closed or said."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: type, name: str) -> None:
    """Die when a method is called."""
    setattr(owner, name, die)


def after(owner: type, name: str) -> None:
    """Die when a method has done its work."""
    original: Callable[..., Any] = getattr(owner, name)

    async def then_die(*args: Any, **kwargs: Any) -> None:
        await original(*args, **kwargs)
        die()

    setattr(owner, name, then_die)


def in_the_midst(owner: type, name: str) -> None:
    """Die when an iteration gives its third item."""
    original: Callable[..., Any] = getattr(owner, name)

    async def then_die(*args: Any, **kwargs: Any) -> Any:
        count = 0
        async for item in original(*args, **kwargs):
            yield item
            count += 1
            if count == 3:
                die()

    setattr(owner, name, then_die)


POINTS: dict[str, Callable[[], None]] = {
    # The job and its hold are committed, nobody was answered: status queued.
    "accepted": lambda: after(Making, "request_images"),
    # The card is there, the engine was not told: still queued.
    "answered": lambda: after(Making, "note_answer"),
    # The attempt is written, the paid request not sent: submitting, no handle.
    "before the paid request": lambda: before(Painter, "submit"),
    # The paid request was answered, the handle not written: submitting, no handle.
    "after the paid request": lambda: after(Painter, "submit"),
    "running": lambda: in_the_midst(Painter, "follow"),
    # The pictures are fetched and not yet stored: running.
    "fetched": lambda: after(Painter, "fetch"),
    "delivering": lambda: before(DiscordDelivery, "deliver"),
    # The pictures are in front of the person, the money is not settled: delivering.
    "before settle": lambda: before(Handing, "_settle"),
}


if __name__ == "__main__":
    POINTS[sys.argv.pop(1)]()

    from main import cli

    cli()
