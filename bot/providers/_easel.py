"""Where pictures are painted: a process of its own, so that the bot stays quick meanwhile.

Painting is processor work in Python; in a thread it would take the interpreter's lock from every
answer that somebody waits for. The process starts with the first picture and ends with the bot.
"""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from bot.errors import ProviderLost
from bot.providers._canvas import ENDPOINTS

_NICENESS = 10


class Easel:
    """Paints one picture at a time, first come first served."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def paint(self, endpoint: str, inputs: Mapping[str, Any]) -> bytes | str:
        """Return one picture as PNG bytes, or text; pictures among the inputs are files' bytes.

        Raises:
            ProviderRejected: it cannot be painted from these inputs.
            ProviderLost: the painting process was killed; the same call starts a new one.
        """
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                # Not fork: this process has threads, and their locks would be copied as held.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_settle_in,
            )
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, _paint, endpoint, dict(inputs))
        except BrokenProcessPool as error:
            self._pool = None
            raise ProviderLost("the painting process died") from error


def _paint(endpoint: str, inputs: dict[str, Any]) -> bytes | str:
    return ENDPOINTS[endpoint].paint(**inputs)


def _settle_in() -> None:
    """Step back behind the bot, and never outlive it."""
    os.nice(_NICENESS)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(0)
