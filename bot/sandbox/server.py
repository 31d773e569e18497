"""One HTTP server for a world: REST, gateway and attachments on one loopback port."""

import asyncio
import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from PIL import Image

from bot.sandbox.rest import PREFIX, WORLD, add_rest
from bot.sandbox.world import World

HOST = "127.0.0.1"
LARGEST_REQUEST_BYTES = 512 * 1024 * 1024
SAVE_AFTER_S = 1.0
_AVATAR_COLOURS = ("#5865f2", "#747f8d", "#3ba55d", "#faa61a", "#ed4245", "#eb459e")


class WorldServer:
    """Serves a world from `start` to `stop`; more routes may be added to `app` before.

    With a `folder` the world is saved there a second after it changed, and at the stop.
    """

    def __init__(self, world: World, *, port: int = 0, folder: Path | None = None) -> None:
        self.world = world
        self.app = web.Application(client_max_size=LARGEST_REQUEST_BYTES)
        self.app[WORLD] = world
        add_rest(self.app)
        self.app.router.add_get("/gateway", world.gateway.serve)
        self.app.router.add_get("/attachments/{channel_id}/{file_id}/{filename}", self._attachment)
        self.app.router.add_get("/cdn/embed/avatars/{index}.png", _default_avatar)
        self._port = port
        self._folder = folder
        self._runner: web.AppRunner | None = None
        self._saver: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._saves = 0

    @property
    def port(self) -> int:
        """The port in use; 0 before the start when any would do."""
        return self._port

    @property
    def url(self) -> str:
        """Where the server is reached."""
        return f"http://{HOST}:{self._port}"

    @property
    def api_url(self) -> str:
        """What stands in for https://discord.com/api/v10."""
        return self.url + PREFIX

    @property
    def gateway_url(self) -> str:
        """What stands in for wss://gateway.discord.gg/."""
        return f"ws://{HOST}:{self._port}/gateway"

    @property
    def cdn_url(self) -> str:
        """What stands in for https://cdn.discordapp.com."""
        return self.url + "/cdn"

    async def start(self) -> None:
        """Listen; afterwards the world's URLs are right.

        Raises:
            OSError: the port is taken.
        """
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        await site.start()
        self._port = int(self._runner.addresses[0][1])
        self.world.gateway.url = self.gateway_url
        self.world.files.base_url = self.url
        self.world.interactions.watch_clocks()
        if self._folder is not None:
            changed = asyncio.Event()
            self._unsubscribe = self.world.subscribe(lambda _: changed.set())
            self._saver = asyncio.create_task(self._save_when_changed(self._folder, changed))

    async def stop(self) -> None:
        """Close every connection and save a last time."""
        assert self._runner is not None, "stop before start"
        if self._saver is not None:
            self._unsubscribe()
            self._saver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._saver
        self.world.faults.clear()
        await self.world.gateway.close()
        await self._runner.cleanup()
        if self._folder is not None:
            self.world.save(self._folder)

    async def saved(self, timeout_s: float = 10.0) -> None:
        """Wait for the next save.

        Raises:
            TimeoutError: nothing changed for so long, or there is no folder.
        """
        before = self._saves
        await self.world.wait_for(lambda: self._saves > before, timeout_s)

    async def __aenter__(self) -> "WorldServer":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _save_when_changed(self, folder: Path, changed: asyncio.Event) -> None:
        while True:
            await changed.wait()
            await asyncio.sleep(SAVE_AFTER_S)
            changed.clear()
            self.world.save(folder)
            self._saves += 1
            self.world.changes.wake()

    async def _attachment(self, request: web.Request) -> web.Response:
        ids = request.match_info["channel_id"], request.match_info["file_id"]
        file = self.world.files.find(int(ids[1])) if ids[1].isdecimal() else None
        if file is None or str(file.channel_id) != ids[0]:
            return web.Response(status=404, text="This content is no longer available.")
        headers = {
            "Content-Type": file.content_type,
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(file.filename)}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return web.Response(body=file.read(), headers=headers)


async def _default_avatar(request: web.Request) -> web.Response:
    """Paint the avatar of someone who has none: one of six colours."""
    index = request.match_info["index"]
    if not index.isdecimal() or int(index) >= len(_AVATAR_COLOURS):
        return web.Response(status=404)
    body = io.BytesIO()
    Image.new("RGB", (256, 256), _AVATAR_COLOURS[int(index)]).save(body, "PNG")
    return web.Response(body=body.getvalue(), content_type="image/png")
