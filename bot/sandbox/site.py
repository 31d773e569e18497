"""The sandbox's web page: what it is told of the world, and what a person does in it.

Who may ask at all is `guard`'s; what changes or shows the world asks for the token of this run.
"""

import asyncio
import html
import mimetypes
from collections.abc import Callable, Coroutine
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, web

from bot.sandbox.changes import Change
from bot.sandbox.composer import ClientRefused
from bot.sandbox.deeds import DEEDS, read_deed
from bot.sandbox.guard import TOKEN_HEADER, check_token, harden, own_requests_only
from bot.sandbox.inspector import Inspector
from bot.sandbox.interactions import NO_RESPONSE, DidNotRespond
from bot.sandbox.people import Person
from bot.sandbox.permissions import Permission
from bot.sandbox.places import DM, Channel, Guild, User
from bot.sandbox.rules import ApiError
from bot.sandbox.trouble import CannotMake, Trouble
from bot.sandbox.wire import Json, channel_json, role_json, user_json

if TYPE_CHECKING:
    from bot.sandbox.world import World

_PAGE = Path(__file__).parent / "page"


def add_site(
    app: web.Application,
    world: "World",
    *,
    token: str,
    trouble: Trouble | None = None,
    database: Path | None = None,
) -> None:
    """Mount the page of a world; `token` must be new for every run.

    `trouble` is what the page's buttons make, `database` the bot's SQLite file to look into.
    """
    trouble = trouble or Trouble(world)
    inspector = Inspector(world, trouble, database)
    site = Site(world, token, inspector, trouble)
    app.middlewares.append(own_requests_only)
    app.middlewares.append(inspector.exchanges.watch)
    app.router.add_get("/", site.page)
    app.router.add_get("/page/events", site.events)
    app.router.add_get("/page/inspector", site.inspect)
    app.router.add_post("/page/act", site.act)
    app.router.add_post("/page/trouble", site.make_trouble)
    app.router.add_get("/page/{file}", site.file)
    app.on_response_prepare.append(harden)
    app.on_shutdown.append(site.close)


class Site:
    """The routes of the page. It is told of every change and keeps nothing itself."""

    def __init__(self, world: "World", token: str, inspector: Inspector, trouble: Trouble) -> None:
        self._world = world
        self._token = token
        self._inspector = inspector
        self._trouble = trouble
        self._sockets: set[web.WebSocketResponse] = set()

    async def page(self, _request: web.Request) -> web.StreamResponse:
        """Serve the page with this run's token in it."""
        template = Template((_PAGE / "index.html").read_text(encoding="utf-8"))
        text = template.substitute(token=html.escape(self._token))
        return web.Response(text=text, content_type="text/html")

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Serve one of the page's own files; only names that are really there."""
        name = request.match_info["file"]
        if name == "index.html" or name not in {path.name for path in _PAGE.iterdir()}:
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(name)[0]
        return web.Response(
            body=(_PAGE / name).read_bytes(),
            content_type=kind,
            headers={"Cache-Control": "no-cache"},
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Tell one person what there is, and then every change of it, until the page closes."""
        check_token(request.query.get("token", ""), self._token)
        person = self._person(request.query.get("as", ""))
        return await self._serve(request, lambda socket: self._tell(person, socket))

    async def inspect(self, request: web.Request) -> web.StreamResponse:
        """Tell what goes on behind the scenes, until the inspector closes."""
        check_token(request.query.get("token", ""), self._token)
        return await self._serve(request, lambda socket: self._inspector.tell(socket.send_json))

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Do what a person does; the answer says how it ended, in the client's words."""
        check_token(request.headers.get(TOKEN_HEADER, ""), self._token)
        deed = await read_deed(request)
        perform = DEEDS.get(deed.text("act"))
        if perform is None:
            raise web.HTTPBadRequest(text="There is no such act.")
        person = self._person(deed.text("as"))
        try:
            outcome = await perform(self._world, person, deed)
        except ClientRefused as refusal:
            outcome = {"refused": refusal.reason}
        except ApiError as refusal:
            outcome = {"refused": refusal.message}
        except (DidNotRespond, TimeoutError):
            outcome = {"failed": NO_RESPONSE}
        return web.json_response(outcome)

    async def make_trouble(self, request: web.Request) -> web.StreamResponse:
        """Do what a trouble button says; the answer says what was done, or why not."""
        check_token(request.headers.get(TOKEN_HEADER, ""), self._token)
        deed = await read_deed(request)
        try:
            outcome = {"done": await self._trouble.make(deed.text("trouble"))}
        except CannotMake as refusal:
            outcome = {"refused": str(refusal)}
        return web.json_response(outcome)

    async def close(self, _app: web.Application) -> None:
        """End every page's connection; they try again by themselves."""
        self._inspector.exchanges.close()
        for socket in tuple(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def _serve(
        self,
        request: web.Request,
        tell: Callable[[web.WebSocketResponse], Coroutine[Any, Any, None]],
    ) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        self._sockets.add(socket)
        telling = asyncio.create_task(tell(socket))
        try:
            async for _message in socket:
                pass  # the page only listens; reading notices that it has gone
        finally:
            telling.cancel()
            self._sockets.discard(socket)
        return socket

    async def _tell(self, person: Person, socket: web.WebSocketResponse) -> None:
        queue: asyncio.Queue[Change] = asyncio.Queue()
        queue.put_nowait({"type": "start"})
        unsubscribe = self._world.subscribe(queue.put_nowait)
        try:
            while True:
                told = _told(self._world, person, await queue.get())
                if told is not None:
                    await socket.send_json(told)
        finally:
            unsubscribe()

    def _person(self, name: str) -> Person:
        try:
            return self._world.person(name)
        except KeyError:
            raise web.HTTPNotFound(text="There is nobody of that name.") from None


# What a page is told


def _told(world: "World", person: Person, change: Change) -> Json | None:
    """Return what of a change a person may see; what changes the place is told as a whole."""
    kind = change["type"]
    if kind == "interaction":
        return change if change["user_id"] == str(person.user_id) else None
    if kind in {"message_create", "message_update"}:
        # The message as it is now: a later edit may already have been made, or a dismissal.
        message = world.messages.find(int(change["message_id"]))
        if message is None or not world.sees(person.user_id, message):
            return None
        return {"type": "message", "message": world.messages.wire(message)}
    if kind == "message_delete":
        is_hers = change["visible_to"] in {None, str(person.user_id)}
        return change if is_hers and _sees_channel(person, change["channel_id"]) else None
    return snapshot(world, person)


def _sees_channel(person: Person, channel_id: str) -> bool:
    return any(str(channel.id) == channel_id for channel in person.channels())


def snapshot(world: "World", person: Person) -> Json:
    """Return all that one person sees."""
    channels = person.channels()
    return {
        "type": "snapshot",
        "me": str(person.user_id),
        "people": [_person_json(world, user) for user in _people(world)],
        "users": [user_json(user) for user in world.users.values()],
        "guilds": [_guild_json(guild) for guild in world.guilds.values()],
        "roles": [
            role_json(role) for guild in world.guilds.values() for role in guild.roles.values()
        ],
        "channels": [_channel_json(world, person, channel) for channel in channels],
        "messages": {str(channel.id): person.messages(channel.id) for channel in channels},
        "commands": {str(channel.id): person.commands(channel.id) for channel in channels},
    }


def _guild_json(guild: Guild) -> Json:
    members = [
        {"user_id": str(member.user_id), "role_ids": [str(role) for role in member.role_ids]}
        for member in guild.members.values()
    ]
    owner_id = str(guild.owner_id)
    return {"id": str(guild.id), "name": guild.name, "owner_id": owner_id, "members": members}


def _channel_json(world: "World", person: Person, channel: Channel) -> Json:
    may_manage = channel.type != DM and world.may(
        channel, person.user_id, Permission.MANAGE_MESSAGES
    )
    viewers = [
        str(user_id)
        for user_id in world.users
        if world.may(channel, user_id, Permission.VIEW_CHANNEL)
    ]
    seen = {
        "may_manage": may_manage,
        "is_nsfw": world.is_nsfw(channel),
        "viewer_ids": viewers,
    }
    return channel_json(channel, world.users) | seen


def _people(world: "World") -> list[User]:
    """Return everyone a visitor can be: the human members of any server."""
    members = {user_id for guild in world.guilds.values() for user_id in guild.members}
    return [user for user in world.users.values() if user.id in members and not user.is_bot]


def _person_json(world: "World", user: User) -> Json:
    titles = [
        role.name.lower()
        for guild in world.guilds.values()
        for role in guild.roles.values()
        if user.id in guild.members and role.id in guild.members[user.id].role_ids
    ]
    if any(guild.owner_id == user.id for guild in world.guilds.values()):
        titles = ["owner"]
    return {"id": str(user.id), "name": user.name, "title": titles[-1] if titles else "member"}
