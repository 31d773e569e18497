"""One REST request on its way: what it carries and how it is answered."""

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from aiohttp import BodyPartReader, web

from bot.sandbox.files import NewFile
from bot.sandbox.rules import ApiError
from bot.sandbox.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.world import World

WORLD: web.AppKey["World"] = web.AppKey("world")


@dataclass
class Call:
    """A request whose body has been read."""

    request: web.Request
    route: str
    body: object = None
    files: list[NewFile] = field(default_factory=list[NewFile])

    @property
    def world(self) -> "World":
        """The world asked."""
        return self.request.app[WORLD]

    def snowflake(self, name: str) -> int:
        """Return an id of the path.

        Raises:
            ApiError: 400/50035, it is no number.
        """
        text = self.request.match_info[name]
        if not text.isdecimal():
            raise invalid_id(name, text)
        return int(text)

    def word(self, name: str) -> str:
        """Return a part of the path that is no id."""
        return self.request.match_info[name]

    def fields(self) -> Json:
        """Return the body, which must be an object.

        Raises:
            ApiError: 400/50109, it is something else.
        """
        return cast("Json", self._of_type(dict))

    def rows(self) -> list[Json]:
        """Return the body, which must be a list.

        Raises:
            ApiError: 400/50109, it is something else.
        """
        return cast("list[Json]", self._of_type(list))

    def _of_type(self, kind: type) -> object:
        if not isinstance(self.body, kind):
            raise ApiError(400, 50109, "The request body contains invalid JSON.")
        return self.body


def invalid_id(name: str, text: str) -> ApiError:
    """Return the refusal of something that should have been a snowflake."""
    problem = {"code": "NUMBER_TYPE_COERCE", "message": f'Value "{text}" is not snowflake.'}
    return ApiError(400, 50035, "Invalid Form Body", errors={name: {"_errors": [problem]}})


async def read_body(call: Call) -> None:
    """Read JSON, or multipart with `payload_json` and `files[n]`.

    Raises:
        ApiError: 400/50109, the JSON cannot be read.
    """
    request = call.request
    if request.content_type.startswith("multipart/"):
        await _read_parts(call)
    elif request.can_read_body:
        call.body = _parse(await request.text())


async def _read_parts(call: Call) -> None:
    by_index: dict[int, NewFile] = {}
    async for part in await call.request.multipart():
        assert isinstance(part, BodyPartReader), "a nested multipart"
        name = part.name or ""
        if name == "payload_json":
            call.body = _parse(await part.text())
        elif name.startswith("files["):
            body = bytes(await part.read(decode=False))
            by_index[int(name[6:-1])] = NewFile(part.filename or "unknown", body)
    call.files = [by_index[index] for index in sorted(by_index)]


def _parse(text: str) -> Any:  # noqa: ANN401 - any JSON
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from None


def answer(body: object, status: int = 200) -> web.Response:
    """Answer with JSON; 204 with nothing."""
    if status == HTTPStatus.NO_CONTENT:
        return web.Response(status=status)
    # Exactly this header: with a charset clients take the body for a string.
    headers = {"Content-Type": "application/json"}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)
