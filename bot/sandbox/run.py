"""`main.py sandbox`: a world with its page, and the ordinary bot as a child process in it."""

import asyncio
import math
import secrets
import socket
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from bot.config import Settings, StartError, environment, secret
from bot.sandbox.child import Child
from bot.sandbox.folder import own_folder
from bot.sandbox.server import HOST, WorldServer
from bot.sandbox.site import add_site
from bot.sandbox.trouble import Trouble
from bot.sandbox.world import World

MAIN = Path(__file__).parents[2] / "main.py"

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
    uses_real_providers: bool = False,
    key_names: Collection[str] = (),
) -> None:
    """Serve the page and run the bot until the stop signal, or until the bot ends.

    With `uses_real_providers` the bot also gets what the host's environment has of `key_names`,
    the keys of the adapters, and the host's monthly budget.

    Raises:
        StartError: the port is taken, the folder cannot be used or is in use, there is no key,
            or the bot ended by itself.
    """
    stop = stop_signal()
    extra = _real_providers(settings, key_names) if uses_real_providers else {}
    await asyncio.to_thread(_check_port, port)
    with own_folder(settings.data_dir, is_fresh=is_fresh) as folder:
        await _serve(folder, port=port, stop=stop, extra=extra)


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


async def _serve(folder: Path, *, port: int, stop: asyncio.Event, extra: dict[str, str]) -> None:
    token = secrets.token_urlsafe(24)
    world = await asyncio.to_thread(World.load, folder / "world", token=token)
    _catch_up(world)
    server = WorldServer(world, port=port, folder=folder / "world")
    painter_file, bots_folder = folder / "trouble", folder / "bot"
    painter_file.unlink(missing_ok=True)
    environ = child_environment(server, token, bots_folder)
    environ |= {"PAINTER_TROUBLE": str(painter_file)} | extra
    if not extra:
        # No network means none: there nobody answers a search for LoRAs.
        environ["CIVITAI_BASE_URL"] = "http://127.0.0.1:9"
    child = Child((sys.executable, str(MAIN), "run"), environ)
    add_site(
        server.app,
        world,
        token=secrets.token_urlsafe(24),
        trouble=Trouble(world, child=child, painter_file=painter_file),
        database=bots_folder / "atelier.sqlite",
    )
    await server.start()
    try:
        print(f"Atelier's sandbox: {server.url}  (Ctrl-C stops it)", flush=True)  # noqa: T201 - said to the host
        await _run(child, stop)
    finally:
        await server.stop()


async def _run(child: Child, stop: asyncio.Event) -> None:
    await child.start()
    ended = asyncio.create_task(child.wait())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await child.stop()
        code = await ended
    if not stop.is_set():
        raise StartError(f"the bot ended by itself with exit code {code}; see above")


def _real_providers(settings: Settings, key_names: Collection[str]) -> dict[str, str]:
    """Return the providers' keys that the host has, and the budget they may use up."""
    keys = {name: key for name in key_names if (key := secret(name))}
    if not keys:
        names = ", ".join(sorted(key_names))
        raise StartError(f"--real-providers: set the key of one, such as {names}")
    print(f"Real providers cost real money: {', '.join(sorted(keys))}", flush=True)  # noqa: T201 - said to the host
    return keys | {"MONTHLY_BUDGET_USD": str(settings.monthly_budget_usd)}


def _catch_up(world: World) -> None:
    """Go on where the last run was: its clock may have been ahead, and ids tell their time."""
    newest = max((message.created_at for message in world.messages.all()), default=0.0)
    behind_s = newest - world.clock.now()
    if behind_s >= 0:
        # A whole second at least: an id of the same millisecond may have been given out.
        world.clock.advance(math.ceil(behind_s) + 1)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise StartError(
                f"port {port} is in use; stop what runs there, or choose another with --port"
            ) from None
