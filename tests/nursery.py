"""Bots from a warm process: a test pays a fork for a bot, not the second of importing it all.

Each process that runs tests has one nursery, made with the first bot. It is a fresh Python that
has imported the product and its libraries and done nothing else: it has no thread, no event loop
and no file open. A bot is a fork of it, so a process of its own, which runs `main.py` as Python
would. Between them stands a keeper, whose only work is to wait for the bot and tell how it ended.

    tests --order, files--> nursery --fork--> keeper --fork--> bot
      ^------------------------ pid, exit code --+
"""

import asyncio
import atexit
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import IO, Any

from bot.config import environment

ROOT = Path(__file__).parents[1]
STARTS_WITHIN_S = 180.0
MAX_ORDER_BYTES = 64_000
# Of the environment only what a Python needs: a bot gets all of its own with its order.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL")
# What the bot and its libraries import only when it runs.
LATE = (
    "PIL.ImageDraw",
    "PIL.ImageSequence",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "aiosqlite",
    "anyio._backends._asyncio",
    "bot.db._migrate",
    "concurrent.futures.process",
    "dbos._sys_db_sqlite",
    "httpcore._backends.anyio",
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.synchronize",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "tests.e2e.die_at",
    "typer._adapters",
)


class WarmProcess:
    """A bot's process; the part of `asyncio.subprocess.Process` that tests use."""

    def __init__(self, pid: int, report: socket.socket) -> None:
        self.pid = pid
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._loop.add_reader(report, self._hear)

    @property
    def returncode(self) -> int | None:
        """The exit code, negative when a signal ended it; None while it runs."""
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        """Wait until it has ended; return its exit code."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it is known to have ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _hear(self) -> None:
        said = self._report.recv(64)
        self._loop.remove_reader(self._report)
        self._report.close()
        if said:
            self._ended.set_result(int(said))
        else:
            self._ended.set_exception(ChildProcessError("the keeper ended before its bot"))


class Nursery:
    """The warm process, from the side of the tests."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        env = {name: value for name, value in environment().items() if name in PASSED_ON}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                cwd=ROOT,
                env={**env, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self.pid = self._process.pid
        atexit.register(self.close)

    async def start(
        self, arguments: Sequence[str], env: Mapping[str, str], log: IO[bytes], *, die_at: str = ""
    ) -> WarmProcess:
        """Start `main.py` with these arguments; its output goes to the log.

        `die_at` is a point of `tests.e2e.die_at`.
        """
        order = {"arguments": [*arguments], "env": {**env}, "die_at": die_at}
        text = json.dumps(order).encode()
        assert len(text) <= MAX_ORDER_BYTES, "the order is too long"
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            socket.send_fds(self._orders, [text], [theirs.fileno(), log.fileno()])
        ours.settimeout(0)
        async with asyncio.timeout(STARTS_WITHIN_S):
            said = await asyncio.get_running_loop().sock_recv(ours, 64)
        assert said, "the nursery is broken; see its output"
        return WarmProcess(int(said), ours)

    def close(self) -> None:
        """End the warm process; its bots go on."""
        self._orders.close()
        self._process.wait()


_nurseries: dict[int, Nursery] = {}


def nursery() -> Nursery:
    """Return this process's nursery, which is made when it is first asked for."""
    # By process, because a fork has no nursery although its parent has.
    if os.getpid() not in _nurseries:
        _nurseries[os.getpid()] = Nursery()
    return _nurseries[os.getpid()]


# From here on: the other side.


def _serve(orders: socket.socket) -> None:
    """Fork a bot for each order; only in a bot does this return, when it is to run."""
    while True:
        text, files, *_ = socket.recv_fds(orders, MAX_ORDER_BYTES, 2)
        if not text:
            os._exit(0)
        keeper = os.fork()
        if keeper == 0:
            report, log = files
            _keep(report)
            # The number is about to be another file's; its object must not close that one.
            orders.detach()
            _become(json.loads(text), log)
            return
        for file in files:
            os.close(file)
        _reap()


def _reap() -> None:
    """Bury the keepers that are done."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _keep(report: int) -> None:
    """Fork the bot, the only one that this returns in; tell its id and how it ends, and end."""
    bot = os.fork()
    if bot:
        os.write(report, str(bot).encode())
        code = os.waitstatus_to_exitcode(os.waitpid(bot, 0)[1])
        os.write(report, str(code).encode())
        os._exit(0)


def _become(order: dict[str, Any], log: int) -> None:
    """Make this process what a shell would have started."""
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.closerange(3, 256)
    environ = os.environ  # noqa: TID251 - made here, read by bot/config.py as ever
    environ.clear()
    environ.update(order["env"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["main.py", *order["arguments"]]
    if order["die_at"]:
        import_module("tests.e2e.die_at").POINTS[order["die_at"]]()


def _warm_up() -> None:
    for package in ("cogs", "bot.providers"):
        for module in iter_modules(import_module(package).__path__, f"{package}."):
            import_module(module.name)
    for name in LATE:
        import_module(name)


if __name__ == "__main__":
    # Ctrl-C is for the bots; this process ends with the tests.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[0] = str(ROOT)
    _warm_up()
    # So that collections in the bots leave the shared memory alone.
    gc.collect()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_path(str(ROOT / "main.py"), run_name="__main__")
