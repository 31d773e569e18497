"""A stage for whole stories: a world, the real `main.py` as a process, and its database.

Everything a story waits for is a condition with a generous deadline, never a length of time.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

from bot.books import verify_ledger
from bot.config import Settings
from bot.sandbox import seed
from bot.sandbox.interactions import Invocation
from bot.sandbox.layout import GALLERY, find, texts, walk
from bot.sandbox.run import child_environment
from bot.sandbox.server import WorldServer
from bot.sandbox.world import World
from tests.blank import migrated_file
from tests.nursery import WarmProcess, nursery
from tests.worlds import TOKEN, running_server

ROOT = Path(__file__).parents[2]
DEADLINE_S = 180.0
T = TypeVar("T")
FINAL = ("done", "failed", "cancelled")
EPHEMERAL = 64


class Stage:
    """One world, one data folder, and the bot process of the moment."""

    def __init__(self, server: WorldServer, folder: Path) -> None:
        self.server = server
        self.world: World = server.world
        self.data_dir = folder / "data"
        self.log_path = folder / "bot.log"
        self.channel_id = seed.GENERAL_ID
        self._process: Process | WarmProcess | None = None

    async def start(
        self, *, die_at: str = "", ready: bool = True, is_cold: bool = False, **env: str
    ) -> None:
        """Start the bot and wait until it listens; `die_at` kills it at that point of a job.

        It comes from the nursery and finds a migrated database; a cold one has neither.
        """
        # Not how many are connected: the world may not have noticed yet that the last one is gone.
        before = set(self.world.gateway.sessions)
        environ = self.environment(**env)
        with self.log_path.open("ab") as log:
            if is_cold:
                self._process = await self._start_cold(["run"], environ, log)
            else:
                await asyncio.to_thread(self._prepare_data)
                self._process = await nursery().start(["run"], environ, log, die_at=die_at)
        if ready:
            await self.until(lambda: self._is_there(before) and self._knows_us())

    async def _start_cold(
        self, arguments: Sequence[str], environ: Mapping[str, str], log: IO[bytes]
    ) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "main.py", *arguments, cwd=ROOT, env=environ, stdout=log, stderr=log
        )

    def _prepare_data(self) -> None:
        if not self.data_dir.exists():
            self.data_dir.mkdir(parents=True)
            shutil.copyfile(migrated_file(), self.data_dir / "atelier.sqlite")

    def environment(self, **env: str) -> dict[str, str]:
        """Return the bot's environment; the painter draws as fast as it can."""
        made = child_environment(self.server, TOKEN, self.data_dir)
        return {**made, "PAINTER_SECONDS": "0", "PYTHONPATH": str(ROOT), **env}

    async def ended(self) -> int:
        """Wait until the process is gone; return its exit code (-9 when killed)."""
        assert self._process is not None
        async with asyncio.timeout(DEADLINE_S):
            return await self._process.wait()

    async def kill(self) -> None:
        """Kill the process as a power cut would."""
        self._signal(signal.SIGKILL)
        await self.ended()

    async def terminate(self) -> int:
        """Ask the process to stop, as `docker stop` does; return its exit code."""
        self._signal(signal.SIGTERM)
        return await self.ended()

    async def close(self) -> None:
        """End whatever still runs."""
        if self._process is not None and self._process.returncode is None:
            await self.kill()

    async def until(self, condition: Callable[[], T]) -> T:
        """Wait for a condition over world, database or log."""
        async with asyncio.timeout(DEADLINE_S):
            while not (found := condition()):
                assert self._process is None or self._process.returncode in (None, -9), self.log
                await self._next_change()
        return found

    async def imagine(self, prompt: str = "a fox", who: str = "mia", **options: Any) -> Invocation:
        """Run `/imagine` and wait for its answer."""
        options = {"prompt": prompt, **options}
        invocation = await self.world.person(who).slash(self.channel_id, "imagine", options)
        return await invocation.answered()

    async def command(self, path: str, who: str = "mia", **options: Any) -> str:
        """Run a command and return the words of its answer."""
        invocation = await self.world.person(who).slash(self.channel_id, path, options)
        await invocation.answered()
        return self.words(invocation)

    async def attach(
        self, path: str, files: Mapping[str, tuple[str, bytes]], who: str = "mia", **options: Any
    ) -> Invocation:
        """Run a command with pictures and wait until it has taken or refused them."""
        person = self.world.person(who)
        invocation = await person.slash(self.channel_id, path, options, files=files)
        await invocation.answered()
        await self.until(lambda: "Checking" not in self.words(invocation, gone=""))
        return invocation

    async def card(self, invocation: Invocation) -> int:
        """Return the message that became the job's card."""
        return await self.until(
            lambda: next(
                (
                    job["message_id"]
                    for job in self.jobs()
                    if job["interaction_id"] == invocation.id
                ),
                None,
            )
        )

    async def press(self, message_id: int, action: str, who: str = "mia") -> Invocation:
        """Press a button by the start of its label's action, such as `pick:1:2`."""
        custom_id = self.button(message_id, action)
        assert custom_id is not None, f"no button {action} on {self.text(message_id)}"
        invocation = await self.world.person(who).press(message_id, custom_id)
        return await invocation.answered()

    def button(self, message_id: int, action: str) -> str | None:
        """Return the custom id of a message's button for an action, if it is there."""
        components = self.message(message_id)["components"]
        ids = (part.get("custom_id") or "" for part in walk(components))
        return next((one for one in ids if f"{one}:".startswith(f"v1:{action}:")), None)

    def message(self, message_id: int) -> dict[str, Any]:
        """Return a message as it stands, in wire shape."""
        return self.world.messages.wire(self.world.messages.find(message_id))

    def text(self, message_id: int) -> str:
        """Return everything a message says."""
        message = self.message(message_id)
        return message["content"] + texts(message.get("components", ()))

    def words(self, invocation: Invocation, *, gone: str | None = None) -> str:
        """Return everything the answer to an interaction says, or `gone` when it was deleted."""
        assert invocation.message_id is not None, invocation
        if gone is not None and not self.exists(invocation.message_id):
            return gone
        return self.text(invocation.message_id)

    def exists(self, message_id: int) -> bool:
        """Whether a message is there (still)."""
        return self.world.messages.find(message_id) is not None

    def whispers(self, who: str = "mia") -> list[str]:
        """Return what only this person sees, oldest first."""
        return [
            self.text(int(message["id"]))
            for message in self.world.person(who).messages(self.channel_id)
            if message["flags"] & EPHEMERAL
        ]

    def pictures(self, message_id: int) -> list[dict[str, Any]]:
        """Return the gallery items of a message."""
        galleries = (
            part for part in walk(self.message(message_id)["components"]) if part["type"] == GALLERY
        )
        return [item for gallery in galleries for item in gallery["items"]]

    async def finished(self, message_id: int, *, pictures: int = 1) -> None:
        """Wait until a card shows its pictures and the job behind it is settled."""
        await self.until(lambda: len(self.pictures(message_id)) == pictures)
        await self.settled()

    async def settled(self) -> None:
        """Wait until no job is under way."""
        await self.until(lambda: all(job["status"] in FINAL for job in self.jobs()))

    def jobs(self) -> list[dict[str, Any]]:
        """Return every job row, oldest first."""
        return self.rows("SELECT * FROM jobs ORDER BY id")

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Ask the bot's database, read-only and from outside."""
        path = self.data_dir / "atelier.sqlite"
        if not path.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]

    def amounts(self, kind: str) -> int:
        """Return the sum of the ledger entries of a kind."""
        rows = self.rows(f"SELECT amount FROM ledger_entries WHERE kind = '{kind}'")
        return sum(row["amount"] for row in rows)

    async def cli(self, *arguments: str, **env: str) -> tuple[int, str]:
        """Run `main.py` with arguments to its end; return exit code and output."""
        environ = self.environment(**env)
        with tempfile.TemporaryFile() as output:
            # What is not `run` imports a part of the product only, and that must be enough.
            start = nursery().start if arguments == ("run",) else self._start_cold
            process = await start(arguments, environ, output)
            async with asyncio.timeout(DEADLINE_S):
                code = await process.wait()
            output.seek(0)
            return code, output.read().decode()

    async def check_books(self) -> None:
        """Prove the ledger, and that every job ends and is paid if and only if delivered."""
        await self.settled()
        for job in self.jobs():
            assert job["status"] in FINAL, job
            unit = job["price"] // job["count"]
            entries = self.rows(f"SELECT * FROM ledger_entries WHERE job_id = {job['id']}")
            held = sum(row["amount"] for row in entries if row["kind"] == "hold")
            captured = sum(row["amount"] for row in entries if row["kind"] == "capture")
            released = sum(row["amount"] for row in entries if row["kind"] == "release")
            assert held == job["price"] == captured + released, (job, entries)
            paid = job["delivered"] + (job["withheld_paid"] or 0)
            assert captured == unit * paid, (job, entries)
        # What `main.py ledger verify` does, without a second of starting a process.
        assert await verify_ledger(Settings(data_dir=self.data_dir)) == []

    @property
    def log(self) -> str:
        """Return what the bot processes have logged so far."""
        return self.log_path.read_text() if self.log_path.exists() else ""

    def component(self, message_id: int, custom_id: str) -> dict[str, Any] | None:
        """Return the component of a message with a custom id."""
        return find(self.message(message_id)["components"], custom_id)

    def _is_there(self, before: Collection[str]) -> bool:
        gateway = self.world.gateway
        return bool(gateway.connected and set(gateway.sessions) - set(before))

    async def _next_change(self) -> None:
        """Wait for a change of the world, a moment at most: the database tells of none."""
        looks = itertools.count()
        with contextlib.suppress(TimeoutError):
            await self.world.wait_for(lambda: next(looks) > 0, 0.05)

    def _knows_us(self) -> bool:
        return any(command["name"] == "imagine" for command in self.world.commands.of(None))

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


@contextlib.asynccontextmanager
async def running_stage(folder: Path, *, check_bodies: bool = True) -> AsyncIterator[Stage]:
    """Set a stage up on a free port; its end fails if the bot ever broke Discord's schemas."""
    async with running_server(World(TOKEN), check_bodies=check_bodies) as server:
        stage = Stage(server, folder)
        try:
            yield stage
        finally:
            await stage.close()
