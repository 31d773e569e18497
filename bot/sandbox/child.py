"""The bot's process: started with the sandbox, exchanged by a button, ended with the sandbox."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress

STOPS_WITHIN_S = 30.0


class Child:
    """One process at a time, and never one that outlives `stop`.

    A process that a button ended is followed by another; one that ends by itself is the end.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._command = command
        self._environ = environ
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._is_stopping = False

    @property
    def pid(self) -> int | None:
        """The id of the process of the moment."""
        return None if self._process is None else self._process.pid

    @property
    def is_changing(self) -> bool:
        """Whether a button is exchanging the process just now."""
        return self._turn.locked()

    async def start(self) -> None:
        """Start the first process."""
        self._process = await asyncio.create_subprocess_exec(*self._command, env=self._environ)

    async def restart(self) -> None:
        """Ask the process to stop, as a host does, and start another."""
        async with self._turn:
            await self._terminate()
            await self._start_again()

    async def kill(self) -> None:
        """End the process at once, as a power cut does, and start another."""
        async with self._turn:
            await self._kill()
            await self._start_again()

    async def wait(self) -> int:
        """Return the exit code of a process that ended without being asked to."""
        while True:
            process = self._running()
            code = await process.wait()
            # A button may be exchanging it at this moment: its process is the next to wait for.
            async with self._turn:
                if process is self._process:
                    return code

    async def stop(self) -> None:
        """End the process and start no other."""
        self._is_stopping = True
        async with self._turn:
            await self._terminate()

    async def _start_again(self) -> None:
        if not self._is_stopping:
            await self.start()

    async def _terminate(self) -> None:
        process = self._running()
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOPS_WITHIN_S)
        except TimeoutError:
            await self._kill()

    async def _kill(self) -> None:
        process = self._running()
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    def _running(self) -> Process:
        assert self._process is not None, "before the start"
        return self._process
