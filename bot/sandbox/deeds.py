"""What a person does on the page, as the page sends it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from aiohttp import BodyPartReader, web

from bot.sandbox.composer import ClientRefused
from bot.sandbox.interactions import Invocation
from bot.sandbox.people import NamedFile, Person
from bot.sandbox.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.world import World

_MOST_PARTS = 12
_LARGEST_PART = 64 * 1024 * 1024
_LARGEST_FORM = 128 * 1024 * 1024
_LARGEST_JSON = 1024 * 1024


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


async def read_deed(request: web.Request) -> Deed:
    """Read JSON, or multipart: `act` with the JSON and then files called `file.<name>`.

    Raises:
        HTTPException: 400, 413 or 415, it is something else, or too much.
    """
    if request.content_type == "application/json":
        return Deed(_object(await request.clone(client_max_size=_LARGEST_JSON).text()))
    if request.content_type != "multipart/form-data":
        raise web.HTTPUnsupportedMediaType(text="Send JSON or a form with files.")
    return await _read_form(request.clone(client_max_size=_LARGEST_PART))


async def _read_form(request: web.Request) -> Deed:
    fields: Json = {}
    files: dict[str, list[NamedFile]] = {}
    parts = size_bytes = 0
    async for part in await request.multipart():
        parts += 1
        if not isinstance(part, BodyPartReader) or parts > _MOST_PARTS:
            raise web.HTTPBadRequest(text="A form may hold an act and eleven files.")
        body = bytes(await part.read(decode=False))
        size_bytes += len(body)
        if size_bytes > _LARGEST_FORM:
            raise web.HTTPRequestEntityTooLarge(_LARGEST_FORM, size_bytes)
        name = part.name or ""
        if name == "act":
            fields = _object(body.decode(errors="replace"))
        elif name.startswith("file."):
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


DEEDS: Mapping[str, Callable[["World", Person, Deed], Awaitable[Json]]] = {
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
