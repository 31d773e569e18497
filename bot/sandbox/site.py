"""The sandbox's web page: who may load it, what it is told, what a person does with it.

Any page in the same browser can reach 127.0.0.1. So every route here checks the Host header (a
foreign name that was pointed at the loopback) and the Origin, and what shows or changes the world
asks for the token of this run, which only the page itself carries.
"""

import asyncio
import html
import json
import mimetypes
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, cast

from aiohttp import BodyPartReader, WSCloseCode, web

from bot.sandbox.changes import Change
from bot.sandbox.composer import ClientRefused
from bot.sandbox.interactions import NO_RESPONSE, DidNotRespond, Invocation
from bot.sandbox.people import NamedFile, Person
from bot.sandbox.permissions import Permission
from bot.sandbox.places import DM, Channel, User
from bot.sandbox.rules import ApiError
from bot.sandbox.wire import Json, channel_json, role_json, user_json

if TYPE_CHECKING:
    from bot.sandbox.world import World

TOKEN_HEADER = "X-Sandbox-Token"  # noqa: S105 - the header's name
_PAGE = Path(__file__).parent / "page"
_MOST_PARTS = 12
_LARGEST_PART = 64 * 1024 * 1024
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self'; connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_site(app: web.Application, world: "World", *, token: str) -> None:
    """Mount the page of a world; `token` must be new for every run."""
    site = Site(world, token)
    app.router.add_get("/", _guarded(site.page))
    app.router.add_get("/page/events", _guarded(site.events))
    app.router.add_post("/page/act", _guarded(site.act))
    app.router.add_get("/page/{file}", _guarded(site.file))
    app.on_response_prepare.append(_harden)
    app.on_shutdown.append(site.close)


def _guarded(handler: Handler) -> Handler:
    """Let a handler see only requests that this server's own page or address bar made."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or hosts[0].lower() not in _own_hosts(request):
            raise web.HTTPForbidden(text="This is not the address of this server.")
        origins = request.headers.getall("Origin", [])
        if any(origin != f"http://{hosts[0].lower()}" for origin in origins):
            raise web.HTTPForbidden(text="Another site may not ask this.")
        return await handler(request)

    return guarded


def _own_hosts(request: web.Request) -> set[str]:
    assert request.transport is not None, "a request without a connection"
    port = request.transport.get_extra_info("sockname")[1]
    return {f"127.0.0.1:{port}", f"localhost:{port}"}


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on everything the site answers, refusals too."""
    if request.path == "/" or request.path.startswith("/page/"):
        host = request.host if request.host in _own_hosts(request) else "127.0.0.1"
        response.headers.update(_ALWAYS)
        response.headers["Content-Security-Policy"] = _PAGE_POLICY.format(host=host)
        response.headers.setdefault("Cache-Control", "no-store")


class Site:
    """The routes of the page. It is told of every change and keeps nothing itself."""

    def __init__(self, world: "World", token: str) -> None:
        self._world = world
        self._token = token
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
        self._check_token(request.query.get("token", ""))
        person = self._person(request.query.get("as", ""))
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        self._sockets.add(socket)
        telling = asyncio.create_task(self._tell(person, socket))
        try:
            async for _message in socket:
                pass  # the page only listens; reading notices that it has gone
        finally:
            telling.cancel()
            self._sockets.discard(socket)
        return socket

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Do what a person does; the answer says how it ended, in the client's words."""
        self._check_token(request.headers.get(TOKEN_HEADER, ""))
        deed = await _read_deed(request)
        perform = _DEEDS.get(deed.text("act"))
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

    async def close(self, _app: web.Application) -> None:
        """End every page's connection; they try again by themselves."""
        for socket in tuple(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

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

    def _check_token(self, given: str) -> None:
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            raise web.HTTPForbidden(text="Reload the page: it belongs to an earlier run.")

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
        "guilds": [{"id": str(guild.id), "name": guild.name} for guild in world.guilds.values()],
        "roles": [
            role_json(role) for guild in world.guilds.values() for role in guild.roles.values()
        ],
        "channels": [_channel_json(world, person, channel) for channel in channels],
        "messages": {str(channel.id): person.messages(channel.id) for channel in channels},
        "commands": {str(channel.id): person.commands(channel.id) for channel in channels},
    }


def _channel_json(world: "World", person: Person, channel: Channel) -> Json:
    may_manage = channel.type != DM and world.may(
        channel, person.user_id, Permission.MANAGE_MESSAGES
    )
    seen = {"may_manage": may_manage, "is_nsfw": world.is_nsfw(channel)}
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


# What a page asks for


@dataclass(frozen=True)
class Deed:
    """One act as the page sent it: its fields, and files by the name they are meant for."""

    fields: Json
    files: Mapping[str, list[NamedFile]] = field(default_factory=dict[str, list[NamedFile]])

    def text(self, name: str) -> str:
        """Return a field that must be a text."""
        return self._typed(name, str)

    def snowflake(self, name: str) -> int:
        """Return a field that must be an id."""
        text = self.text(name)
        if not (text.isascii() and text.isdecimal()):
            raise web.HTTPBadRequest(text=f"{name} must be an id")
        return int(text)

    def mapping(self, name: str) -> Json:
        """Return a field that must be an object."""
        return self._typed(name, dict)

    def words(self, name: str) -> list[str]:
        """Return a field that must be a list of texts."""
        found: list[Any] = self._typed(name, list)
        if not all(isinstance(word, str) for word in found):
            raise web.HTTPBadRequest(text=f"{name} must hold texts")
        return found

    def one_file_each(self) -> dict[str, NamedFile]:
        """Return the files where only one can be meant for a name."""
        return {name: files[-1] for name, files in self.files.items()}

    def _typed(self, name: str, kind: type[Any]) -> Any:  # noqa: ANN401 - as `kind` says
        value = self.fields.get(name)
        if not isinstance(value, kind):
            raise web.HTTPBadRequest(text=f"{name} must be of type {kind.__name__}")
        return value


async def _read_deed(request: web.Request) -> Deed:
    """Read JSON, or multipart: `act` with the JSON and then files called `file.<name>`."""
    if request.content_type == "application/json":
        return Deed(_object(await request.text()))
    if request.content_type != "multipart/form-data":
        raise web.HTTPUnsupportedMediaType(text="Send JSON or a form with files.")
    fields: Json = {}
    files: dict[str, list[NamedFile]] = {}
    parts = 0
    async for part in await request.clone(client_max_size=_LARGEST_PART).multipart():
        parts += 1
        if not isinstance(part, BodyPartReader) or parts > _MOST_PARTS:
            raise web.HTTPBadRequest(text="A form may hold an act and eleven files.")
        name = part.name or ""
        if name == "act":
            fields = _object(await part.text())
        elif name.startswith("file."):
            body = bytes(await part.read(decode=False))
            files.setdefault(name[5:], []).append((part.filename or "unknown", body))
    return Deed(fields, files)


def _object(text: str) -> Json:
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise web.HTTPBadRequest(text="An act must be a JSON object.")
    return cast("Json", found)


async def _told_how(invocation: Invocation) -> Json:
    return {"interaction": (await invocation.answered()).wire()}


async def _slash(_world: "World", person: Person, deed: Deed) -> Json:
    channel_id, path = deed.snowflake("channel_id"), deed.text("path")
    options, files = deed.mapping("options"), deed.one_file_each()
    return await _told_how(await person.slash(channel_id, path, options, files=files))


async def _autocomplete(_world: "World", person: Person, deed: Deed) -> Json:
    channel_id, path = deed.snowflake("channel_id"), deed.text("path")
    options, focused = deed.mapping("options"), deed.text("focused")
    return {"choices": await person.autocomplete(channel_id, path, options, focused)}


async def _menu(_world: "World", person: Person, deed: Deed) -> Json:
    channel_id, name = deed.snowflake("channel_id"), deed.text("name")
    if "message_id" in deed.fields:
        message_id = deed.snowflake("message_id")
        return await _told_how(await person.menu(channel_id, name, message_id=message_id))
    user_id = deed.snowflake("user_id")
    return await _told_how(await person.menu(channel_id, name, user_id=user_id))


async def _press(_world: "World", person: Person, deed: Deed) -> Json:
    pressed = await person.press(deed.snowflake("message_id"), deed.text("custom_id"))
    return await _told_how(pressed)


async def _select(_world: "World", person: Person, deed: Deed) -> Json:
    message_id, values = deed.snowflake("message_id"), deed.words("values")
    return await _told_how(await person.select(message_id, deed.text("custom_id"), values))


async def _submit(world: "World", person: Person, deed: Deed) -> Json:
    opener = world.interactions.find(deed.snowflake("interaction_id"))
    if opener is None:
        raise ClientRefused("There is no open form")
    return await _told_how(await person.submit(opener, deed.mapping("values"), files=deed.files))


async def _say(_world: "World", person: Person, deed: Deed) -> Json:
    files = [file for some in deed.files.values() for file in some]
    message = await person.say(deed.snowflake("channel_id"), deed.text("content"), files=files)
    return {"message_id": str(message.id)}


async def _delete(_world: "World", person: Person, deed: Deed) -> Json:
    await person.delete_message(deed.snowflake("message_id"))
    return {}


async def _dismiss(_world: "World", person: Person, deed: Deed) -> Json:
    person.dismiss(deed.snowflake("message_id"))
    return {}


_DEEDS: Mapping[str, Callable[["World", Person, Deed], Awaitable[Json]]] = {
    "slash": _slash,
    "autocomplete": _autocomplete,
    "menu": _menu,
    "press": _press,
    "select": _select,
    "submit": _submit,
    "say": _say,
    "delete": _delete,
    "dismiss": _dismiss,
}
