"""Charting: a chart as a picture, drawn by a process that ends with it (`bot.charts`)."""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

import bot
from bot.config import environment
from bot.services.resources import Resources

log = structlog.get_logger()

DRAWN_WITHIN_S = 120.0
"""Far more than it takes: the first time ever, all fonts of the machine are looked through."""

# Of our environment, which holds keys, it gets only what finds programs and libraries.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG", "SYSTEMROOT")


@dataclass(frozen=True)
class Series:
    """One colour: what it is called, what it came to in words, and a value for each bucket."""

    name: str
    note: str
    values: Sequence[float]


@dataclass(frozen=True)
class ChartPanel:
    """Stacked bars over time, at most nine series; `empty` is said when there is none."""

    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    is_whole: bool
    empty: str


@dataclass(frozen=True)
class Chart:
    """A picture: a title, a few figures with what they are, and panels beside each other."""

    title: str
    tiles: Sequence[tuple[str, str]]
    panels: Sequence[ChartPanel]


class Charting:
    """Draws one chart at a time."""

    def __init__(self, resources: Resources) -> None:
        self._folder = resources.settings.data_dir / "tmp" / "charts"
        self._turn = asyncio.Lock()

    async def draw(self, chart: Chart) -> bytes | None:
        """Return a chart as a PNG picture, or None when it could not be drawn."""
        async with self._turn:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot.charts",
                cwd=Path(bot.__file__).parents[1],
                env=self._environment(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            asked = json.dumps(asdict(chart)).encode()
            try:
                async with asyncio.timeout(DRAWN_WITHIN_S):
                    drawn, trouble = await process.communicate(asked)
            except TimeoutError:
                log.warning("chart takes too long")
                return None
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        if process.returncode:
            last = trouble.decode(errors="replace").strip().splitlines()[-1:]
            log.warning("chart not drawn", code=process.returncode, reason=last)
            return None
        return drawn

    def _environment(self) -> dict[str, str]:
        ours = environment()
        kept = {name: ours[name] for name in _PASSED_ON if name in ours}
        # Its list of fonts is kept between two charts; one thread is enough for a few bars.
        return {**kept, "MPLCONFIGDIR": str(self._folder.resolve()), "OPENBLAS_NUM_THREADS": "1"}
