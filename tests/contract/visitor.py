"""A served world and a visitor of its page, for the tests of what the page's routes do."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from bot.sandbox.guard import TOKEN_HEADER
from bot.sandbox.seed import GENERAL_ID
from bot.sandbox.server import WorldServer
from bot.sandbox.site import add_site
from bot.sandbox.trouble import Trouble
from bot.sandbox.world import World
from tests.worlds import TOKEN

PAGE_TOKEN = "a-token-of-this-run"
SAY = {"act": "say", "as": "mia", "channel_id": str(GENERAL_ID), "content": "hello"}
LEAP = {"trouble": "leap"}


class Visitor:
    """Asks as the page does (`http`), or as anything else on the machine can (`stranger`)."""

    def __init__(
        self, server: WorldServer, http: aiohttp.ClientSession, stranger: aiohttp.ClientSession
    ) -> None:
        self.world, self.port = server.world, server.port
        self.http, self.stranger = http, stranger
        self._began_at = self.world.clock.now()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def request(self, method: str, path: str, **headers: str) -> aiohttp.ClientResponse:
        """Ask with the page's token and no more headers than these; a POST would change things."""
        every = {TOKEN_HEADER: PAGE_TOKEN} | headers
        body = {"/page/act": SAY, "/page/trouble": LEAP}.get(path)
        url = self.url(path)
        async with self.stranger.request(method, url, json=body, headers=every) as answer:
            await answer.read()
            return answer

    async def act(self, token: str = PAGE_TOKEN, **deed: object) -> dict:
        return await self._post("/page/act", {"as": "mia"} | deed, token)

    async def make(self, trouble: str) -> dict:
        return await self._post("/page/trouble", {"trouble": trouble}, PAGE_TOKEN)

    async def _post(self, path: str, body: dict, token: str) -> dict:
        headers = {TOKEN_HEADER: token}
        async with self.http.post(self.url(path), json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    def events(self, name: str, token: str = PAGE_TOKEN):
        return self.http.ws_connect(self.url(f"/page/events?as={name}&token={token}"))

    def inspector(self, token: str = PAGE_TOKEN):
        return self.http.ws_connect(self.url(f"/page/inspector?token={token}"))

    def said(self) -> list[str]:
        return [message.content for message in self.world.messages.all()]

    def is_untouched(self) -> bool:
        """Whether nothing was said and no trouble made."""
        return self.said() == [] and self.world.clock.now() - self._began_at < 600


@contextlib.asynccontextmanager
async def visiting(
    trouble: Trouble | None = None, database: Path | None = None
) -> AsyncIterator[Visitor]:
    """Serve a world with its page, and visit it."""
    world = trouble._world if trouble else World(TOKEN)
    server = WorldServer(world)
    add_site(server.app, world, token=PAGE_TOKEN, trouble=trouble, database=database)
    async with server:
        origin = {"Origin": server.url}
        async with (
            aiohttp.ClientSession(headers=origin) as http,
            aiohttp.ClientSession() as stranger,
        ):
            yield Visitor(server, http, stranger)
