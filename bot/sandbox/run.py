"""`main.py sandbox`: a world with its page, and the ordinary bot as a child process in it."""

import asyncio
import secrets
import shutil
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bot.config import Settings, StartError, environment
from bot.sandbox.server import HOST, WorldServer
from bot.sandbox.site import add_site
from bot.sandbox.world import World

MAIN = Path(__file__).parents[2] / "main.py"
CHILD_STOPS_WITHIN_S = 30.0

# The child gets these and what we set below, nothing else: no token, database or provider key
# of the host's real bot can reach the sandbox.
_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SYSTEMROOT",
    "LOG_LEVEL",
    "PAINTER_SECONDS",
)


async def run_sandbox(
    settings: Settings,
    *,
    port: int,
    is_fresh: bool,
    stop_signal: Callable[[], asyncio.Event],
) -> None:
    """Serve the page and run the bot until the stop signal, or until the bot ends.

    Raises:
        StartError: the port is taken, the folder cannot be used, or the bot ended by itself.
    """
    stop = stop_signal()
    folder = settings.data_dir / "sandbox"
    # First, so that `--fresh` cannot delete what a running sandbox lives in.
    await asyncio.to_thread(_check_port, port)
    await asyncio.to_thread(_prepare, folder, is_fresh=is_fresh)
    token = secrets.token_urlsafe(24)
    world = await asyncio.to_thread(World.load, folder / "world", token=token)
    server = WorldServer(world, port=port, folder=folder / "world")
    add_site(server.app, world, token=secrets.token_urlsafe(24))
    await server.start()
    try:
        print(f"Atelier's sandbox: {server.url}  (Ctrl-C stops it)", flush=True)  # noqa: T201 - said to the host
        await _run_child(child_environment(server, token, folder / "bot"), stop)
    finally:
        await server.stop()


def child_environment(server: WorldServer, token: str, data_dir: Path) -> dict[str, str]:
    """Return the whole environment of a bot that lives in a world."""
    inherited = {name: value for name, value in environment().items() if name in _PASSED_ON}
    return inherited | {
        "DISCORD_TOKEN": token,
        "DISCORD_API_BASE": server.api_url,
        "DISCORD_GATEWAY_URL": server.gateway_url,
        "DISCORD_CDN_BASE": server.cdn_url,
        "DATA_DIR": str(data_dir),
        "ENV_FILE": "",
    }


async def _run_child(environ: dict[str, str], stop: asyncio.Event) -> None:
    child = await asyncio.create_subprocess_exec(sys.executable, str(MAIN), "run", env=environ)
    ended = asyncio.create_task(child.wait())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await _end(child, ended)
    if not stop.is_set():
        raise StartError(f"the bot ended by itself with exit code {child.returncode}; see above")


async def _end(child: Process, ended: asyncio.Task[int]) -> None:
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(ended, CHILD_STOPS_WITHIN_S)
    except TimeoutError:
        child.kill()
        await child.wait()


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise StartError(
                f"port {port} is in use; stop what runs there, or choose another with --port"
            ) from None


def _prepare(folder: Path, *, is_fresh: bool) -> None:
    try:
        if is_fresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f"DATA_DIR: cannot write to {folder}: {error.strerror}") from None
