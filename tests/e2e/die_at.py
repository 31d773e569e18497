"""The points of the first job's life at which a bot's process can be killed.

Only where the process dies is arranged here; nothing it does before is changed.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from bot.providers.fal import Fal
from bot.providers.painter import Painter
from bot.services.handing import Handing
from bot.services.making import Making
from cogs._delivery import DiscordDelivery


def die(*_: Any, **__: Any) -> None:
    """End as in a power cut: nothing is flushed, closed or said."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(name: str, *owners: type) -> None:
    """Die when a method is called."""
    for owner in owners:
        setattr(owner, name, die)


def after(name: str, *owners: type) -> None:
    """Die when a method has done its work."""
    for owner in owners:
        setattr(owner, name, _dying_after(getattr(owner, name)))


def in_the_midst(name: str, *owners: type) -> None:
    """Die when an iteration gives its third item."""
    for owner in owners:
        setattr(owner, name, _dying_within(getattr(owner, name)))


def _dying_after(original: Callable[..., Any]) -> Callable[..., Any]:
    async def then_die(*args: Any, **kwargs: Any) -> None:
        await original(*args, **kwargs)
        die()

    return then_die


def _dying_within(original: Callable[..., Any]) -> Callable[..., Any]:
    async def then_die(*args: Any, **kwargs: Any) -> Any:
        count = 0
        async for item in original(*args, **kwargs):
            yield item
            count += 1
            if count == 3:
                die()

    return then_die


PROVIDERS = (Painter, Fal)
POINTS: dict[str, Callable[[], None]] = {
    # The job and its hold are committed, nobody was answered: status queued.
    "accepted": lambda: after("request_images", Making),
    # The card is there, the engine was not told: still queued.
    "answered": lambda: after("note_answer", Making),
    # The attempt is written, the paid request not sent: submitting, no handle.
    "before the paid request": lambda: before("submit", *PROVIDERS),
    # The paid request was answered, the handle not written: submitting, no handle.
    "after the paid request": lambda: after("submit", *PROVIDERS),
    "running": lambda: in_the_midst("follow", *PROVIDERS),
    # The pictures are fetched and not yet stored: running.
    "fetched": lambda: after("fetch", *PROVIDERS),
    "delivering": lambda: before("deliver", DiscordDelivery),
    # The pictures are in front of the person, the money is not settled: delivering.
    "before settle": lambda: before("_settle", Handing),
}
