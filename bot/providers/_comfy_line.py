"""The WebSocket on which ComfyUI tells a run's progress. It may drop; then polling serves."""

import asyncio

import aiohttp
import structlog

from bot.providers._comfy_score import Score

log = structlog.get_logger()

OPEN_WITHIN_S = 5.0
_HEARTBEAT_S = 30.0
_CLOSE_WITHIN_S = 1.0
_LARGEST_FRAME = 64 * 1024 * 1024
"""aiohttp's own limit of 4 MiB would let a large preview end the connection."""

_FEATURES = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}


class Line:
    """A connection under one run's client id; what comes in goes into its score.

    The server sends a run's events to that id alone, and has one socket for each id: a newer one
    takes the place of an older one, which then stays silent.
    """

    def __init__(self, url: str, client_id: str, score: Score) -> None:
        self.score = score
        self.is_live = False
        self._url = f"{url}?clientId={client_id}"
        self._news = asyncio.Event()
        self._opened = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect; without success `is_live` stays False."""
        await self.close()
        self.score.lose_touch()
        self._opened.clear()
        self._task = asyncio.create_task(self._listen())
        await self._opened.wait()

    async def close(self) -> None:
        """Hang up; nothing happens when that was done before."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    def hang_up_soon(self) -> None:
        """Hang up without waiting."""
        if self._task is not None:
            self._task.cancel()

    async def news(self, *, until: float, queue_from: float) -> bool:
        """Wait for something new; return whether the server should be asked now.

        Times are the loop's. A change in the queue counts from `queue_from` on, and the run's
        end, or that of the connection, at once.
        """
        was_live = self.is_live
        while not self._ends_wait(was_live=was_live):
            end = min(until, queue_from) if self.score.has_queue_moved else until
            try:
                async with asyncio.timeout_at(end):
                    await self._news.wait()
            except TimeoutError:
                return True
            self._news.clear()
            if not self.score.has_queue_moved:
                return self._ends_wait(was_live=was_live)
        return True

    def _ends_wait(self, *, was_live: bool) -> bool:
        return self.score.is_over or (was_live and not self.is_live)

    async def _listen(self) -> None:
        try:
            async with aiohttp.ClientSession() as session, await self._connect(session) as socket:
                await socket.send_json(_FEATURES)
                self.is_live = True
                self._opened.set()
                async for message in socket:
                    self._take(message)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("no progress from ComfyUI", reason=type(error).__name__)
        finally:
            self.is_live = False
            self._opened.set()
            self._news.set()

    async def _connect(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        async with asyncio.timeout(OPEN_WITHIN_S):
            return await session.ws_connect(
                self._url,
                max_msg_size=_LARGEST_FRAME,
                heartbeat=_HEARTBEAT_S,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_WITHIN_S),  # pyright: ignore[reportCallIssue] - made by attrs
            )

    def _take(self, message: aiohttp.WSMessage) -> None:
        if message.type is aiohttp.WSMsgType.TEXT:
            self.score.hear(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            self.score.see(message.data)
        self._news.set()


class Lines:
    """Connections that were opened for a run before it was ordered, until it is followed."""

    def __init__(self, *, keep_s: float = 60.0) -> None:
        self._kept: dict[str, tuple[Line, asyncio.TimerHandle]] = {}
        self._keep_s = keep_s

    def keep(self, run_id: str, line: Line) -> None:
        """Keep a line for whoever follows the run; it is hung up when nobody does."""
        loop = asyncio.get_running_loop()
        self._kept[run_id] = line, loop.call_later(self._keep_s, self._drop, run_id)

    def take(self, run_id: str) -> Line | None:
        """Hand a line out; whoever takes it closes it."""
        kept = self._kept.pop(run_id, None)
        if kept is None:
            return None
        line, timer = kept
        timer.cancel()
        return line

    def _drop(self, run_id: str) -> None:
        line = self.take(run_id)
        if line is not None:
            line.hang_up_soon()
