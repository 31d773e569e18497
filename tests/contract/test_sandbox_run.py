"""`main.py sandbox` as a process: its folder, its child, and what the child never gets."""

import asyncio
import contextlib
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from bot.config import Settings, StartError
from bot.sandbox.child import Child
from bot.sandbox.folder import own_folder
from bot.sandbox.guard import TOKEN_HEADER
from bot.sandbox.messages import Sending
from bot.sandbox.run import _catch_up, run_sandbox
from bot.sandbox.seed import GENERAL_ID
from bot.sandbox.world import World
from tests.worlds import TOKEN

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0
EXIT_MISCONFIGURED = 2
SLEEPER = (sys.executable, "-c", "import signal; signal.pause()")
STUBBORN = """
import pathlib, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
while True:
    signal.pause()
"""


def bots() -> list[psutil.Process]:
    """Return the bots that this process has started; other tests leave other children."""
    found: list[psutil.Process] = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            # Between fork and exec a child still looks like us.
            if child.cmdline()[-1:] == ["run"]:
                found.append(child)
    return found


class Sandbox:
    """A sandbox process and a visitor of its page."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process, self.port = process, port
        self.url = f"http://127.0.0.1:{port}"

    async def child(self) -> psutil.Process:
        """Return the bot's process of the moment, as soon as there is one."""
        own = psutil.Process(self.process.pid)
        await until(own.children)
        (child,) = own.children()
        return child

    async def make(self, http: aiohttp.ClientSession, trouble: str) -> dict[str, Any]:
        headers = {TOKEN_HEADER: await self.token(http), "Origin": self.url}
        body = {"trouble": trouble}
        async with http.post(f"{self.url}/page/trouble", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def token(self, http: aiohttp.ClientSession) -> str:
        async with http.get(self.url) as answer:
            found = re.search(r'sandbox-token" content="([^"]+)"', await answer.text())
        assert found is not None
        return found[1]

    async def online(self, http: aiohttp.ClientSession) -> None:
        """Wait until the bot is connected."""
        query = f"token={await self.token(http)}"
        url, origin = f"{self.url}/page/inspector?{query}", self.url
        async with asyncio.timeout(DEADLINE_S), http.ws_connect(url, origin=origin) as inspector:
            while True:
                message = await inspector.receive_json()
                if message["type"] == "state" and message["bot"] == "online":
                    return

    async def end(self) -> tuple[int, str]:
        """Ask it to stop; return its exit code and what it said."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        return await self.ended()

    async def ended(self) -> tuple[int, str]:
        async with asyncio.timeout(DEADLINE_S):
            output, _ = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, output.decode()


@contextlib.asynccontextmanager
async def running(data_dir: Path, *options: str, **env: str) -> AsyncIterator[Sandbox]:
    """Start a sandbox and wait for its page; at the end neither it nor a bot is left."""
    port = free_port()
    process = await spawn(data_dir, "--port", str(port), *options, **env)
    sandbox = Sandbox(process, port)
    try:
        async with asyncio.timeout(DEADLINE_S):
            assert process.stdout is not None
            while b"http://127.0.0.1" not in (line := await process.stdout.readline()):
                assert line, "the sandbox ended before it served its page"
        yield sandbox
    finally:
        if process.returncode is None:
            await sandbox.end()


async def spawn(data_dir: Path, *options: str, **env: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "main.py",
        "sandbox",
        *options,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DATA_DIR": str(data_dir), "ENV_FILE": "", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.05)


# The child


async def test_restart_and_kill_exchange_the_bot_and_the_sandbox_goes_on(tmp_path):
    async with running(tmp_path) as sandbox, aiohttp.ClientSession() as http:
        await sandbox.online(http)
        first = await sandbox.child()
        restarted = await sandbox.make(http, "restart")
        second = await sandbox.child()
        await sandbox.online(http)
        killed = await sandbox.make(http, "kill")
        third = await sandbox.child()
        await sandbox.online(http)
        code, output = await sandbox.end()

    assert "started again" in restarted["done"]
    assert "killed" in killed["done"]
    assert len({first.pid, second.pid, third.pid}) == 3
    assert not any(child.is_running() for child in (first, second, third))
    assert code == 0, output
    assert "ended by itself" not in output


async def test_bot_that_ends_by_itself_ends_the_sandbox_with_a_line(tmp_path):
    async with running(tmp_path) as sandbox, aiohttp.ClientSession() as http:
        await sandbox.online(http)
        (await sandbox.child()).kill()
        code, output = await sandbox.ended()

    assert code == EXIT_MISCONFIGURED
    assert "the bot ended by itself with exit code -9" in output
    assert "Traceback" not in output


async def test_stop_in_the_middle_of_a_restart_leaves_no_process():
    child = Child(SLEEPER, {})
    await child.start()
    ended = asyncio.create_task(child.wait())
    restarting = asyncio.create_task(child.restart())
    await asyncio.sleep(0)
    was_changing = child.is_changing

    await child.stop()

    await restarting
    assert was_changing
    assert await ended == -signal.SIGTERM
    assert child.pid is not None
    assert not psutil.pid_exists(child.pid)


async def test_button_pressed_after_the_stop_starts_nothing():
    child = Child(SLEEPER, {})
    await child.start()
    await child.stop()
    stopped = child.pid

    before = psutil.Process().children()

    await child.restart()
    await child.kill()

    assert child.pid == stopped
    assert set(psutil.Process().children()) <= set(before)


async def test_child_that_will_not_stop_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.sandbox.child.STOPS_WITHIN_S", 0.2)
    ready = tmp_path / "ready"
    child = Child((sys.executable, "-c", STUBBORN, str(ready)), {})
    await child.start()
    await until(ready.exists)
    ended = asyncio.create_task(child.wait())

    await child.stop()

    assert await ended == -signal.SIGKILL


async def test_wait_is_not_over_when_a_button_exchanged_the_process():
    child = Child(SLEEPER, {})
    await child.start()
    ended = asyncio.create_task(child.wait())

    await child.kill()
    await child.restart()
    was_over = ended.done()
    await child.stop()

    assert not was_over
    assert await ended == -signal.SIGTERM


# The folder


async def test_second_sandbox_in_the_same_folder_is_refused_even_fresh(tmp_path):
    async with running(tmp_path) as sandbox:
        world = tmp_path / "sandbox" / "bot"
        await until(world.exists)
        others = [
            await (await spawn(tmp_path, "--port", str(free_port()), *options)).communicate()
            for options in ((), ("--fresh",))
        ]
        still_there = world.exists()
        pid = sandbox.process.pid

    for output, _ in others:
        lines = [line for line in output.decode().splitlines() if "level=" not in line]
        assert len(lines) == 1, output
        assert f"another sandbox (process {pid}) already runs" in lines[0]
    assert still_there


def test_fresh_empties_the_own_folder_and_nothing_else(tmp_path):
    own, foreign = tmp_path / "sandbox", tmp_path / "atelier.sqlite"
    elsewhere = tmp_path / "elsewhere"
    for path in (own / "bot" / "atelier.sqlite", own / "world" / "world.json", elsewhere / "kept"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    foreign.touch()
    (own / "link").symlink_to(elsewhere)

    with own_folder(tmp_path, is_fresh=True) as folder:
        left = [path.name for path in folder.iterdir()]

    assert left == ["sandbox.lock"]
    assert foreign.exists()
    assert (elsewhere / "kept").exists()


def test_folder_that_is_a_link_is_refused(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (tmp_path / "sandbox").symlink_to(elsewhere)

    with pytest.raises(StartError, match="is a link"), own_folder(tmp_path, is_fresh=True):
        pass

    assert [path.name for path in elsewhere.iterdir()] == ["kept"]


def test_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()

    with (
        pytest.raises(StartError, match="cannot write"),
        own_folder(tmp_path / "file", is_fresh=False),
    ):
        pass


def test_bot_that_outlived_its_sandbox_keeps_its_folder(tmp_path):
    """A sandbox that was killed leaves its bot behind, on the database `--fresh` would delete."""
    lock = tmp_path / "sandbox" / "bot" / "atelier.lock"
    lock.parent.mkdir(parents=True)
    program = (
        f"import fcntl, signal; lock = open({str(lock)!r}, 'w'); fcntl.flock(lock, fcntl.LOCK_EX);"
        "print(flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as bot:
        try:
            assert bot.stdout is not None
            bot.stdout.readline()
            with pytest.raises(StartError, match="earlier sandbox"):
                enter(own_folder(tmp_path, is_fresh=True))
        finally:
            bot.kill()

    assert lock.exists()


def enter(folder: contextlib.AbstractContextManager[Path]) -> None:
    with folder:
        pass


def test_folder_is_free_again_after_its_sandbox(tmp_path):
    with own_folder(tmp_path, is_fresh=False):
        pass

    with own_folder(tmp_path, is_fresh=True) as folder:
        assert folder == tmp_path / "sandbox"


def test_world_goes_on_where_its_moved_clock_was():
    """After "let 15 minutes pass" new messages must not sort before the old ones."""
    world = World(TOKEN)
    world.clock.advance(900)
    world.messages.create(world.new_message(GENERAL_ID, world.bot.id), Sending({"content": "a"}))
    restarted = World(TOKEN)
    for message in world.messages.all():
        restarted.messages.add(message)

    _catch_up(restarted)

    (old,) = restarted.messages.all()
    assert restarted.new_message(GENERAL_ID, world.bot.id).id > old.id


# What the child gets

SECRETS = {
    "FAL_KEY": "a-fal-key",
    "REPLICATE_API_TOKEN": "a-replicate-token",
    "DISCORD_TOKEN": "the-real-bots-token",
    "DATABASE_URL": "postgresql://user:password@db.example/atelier",
    "SOME_OTHER_SECRET": "whatever",
}


async def test_no_secret_of_the_host_reaches_the_child(tmp_path):
    async with running(tmp_path, **SECRETS) as sandbox:
        environ = (await sandbox.child()).environ()

    assert not set(SECRETS.values()) & set(environ.values())
    assert environ["DATA_DIR"] == str(tmp_path / "sandbox" / "bot")
    assert environ["PAINTER_TROUBLE"] == str(tmp_path / "sandbox" / "trouble")


async def test_keys_reach_the_child_only_when_asked_for(tmp_path, monkeypatch, capsys):
    """And only those of adapters, with the budget that keeps the bill in bounds."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ENV_FILE", "")
    stop = asyncio.Event()
    running = asyncio.create_task(
        run_sandbox(
            Settings(data_dir=tmp_path, monthly_budget_usd=3),
            port=free_port(),
            is_fresh=False,
            stop_signal=lambda: stop,
            uses_real_providers=True,
            key_names=("FAL_KEY", "REPLICATE_API_TOKEN", "BFL_API_KEY"),
        )
    )
    await until(lambda: running.done() or bots())
    (child,) = bots()
    environ = child.environ()
    stop.set()
    await running

    assert environ["FAL_KEY"] == "a-fal-key"
    assert environ["REPLICATE_API_TOKEN"] == "a-replicate-token"
    assert environ["MONTHLY_BUDGET_USD"] == "3.0"
    assert "BFL_API_KEY" not in environ
    assert "SOME_OTHER_SECRET" not in environ
    assert environ["DISCORD_TOKEN"] != SECRETS["DISCORD_TOKEN"]
    said = capsys.readouterr().out
    assert "FAL_KEY, REPLICATE_API_TOKEN" in said
    assert "a-fal-key" not in said


async def test_real_providers_without_a_key_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ENV_FILE", "")
    monkeypatch.delenv("FAL_KEY", raising=False)

    with pytest.raises(StartError, match="FAL_KEY"):
        await run_sandbox(
            Settings(data_dir=tmp_path),
            port=free_port(),
            is_fresh=False,
            stop_signal=asyncio.Event,
            uses_real_providers=True,
            key_names=("FAL_KEY",),
        )

    assert list(tmp_path.iterdir()) == []
