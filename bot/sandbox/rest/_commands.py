"""Routes about the application's commands, everywhere and per guild."""

from collections.abc import Iterator

from aiohttp import web

from bot.sandbox.rest._call import Call, answer
from bot.sandbox.rest._pipeline import Endpoint
from bot.sandbox.rest._places import guild_for_bot
from bot.sandbox.rules import ApiError


def _scope(call: Call) -> int | None:
    if call.snowflake("application_id") != call.world.application_id:
        raise ApiError(404, 10002, "Unknown Application")
    return guild_for_bot(call).id if "guild_id" in call.request.match_info else None


async def _list(call: Call) -> web.Response:
    return answer(call.world.commands.of(_scope(call)))


async def _overwrite(call: Call) -> web.Response:
    return answer(call.world.commands.overwrite(_scope(call), call.rows()))


async def _upsert(call: Call) -> web.Response:
    scope, body = _scope(call), call.fields()
    known = {(command["name"], command["type"]) for command in call.world.commands.of(scope)}
    is_new = (body.get("name"), body.get("type") or 1) not in known
    return answer(call.world.commands.upsert(scope, body), 201 if is_new else 200)


async def _get(call: Call) -> web.Response:
    return answer(call.world.commands.find(_scope(call), call.snowflake("command_id")))


async def _change(call: Call) -> web.Response:
    command_id = call.snowflake("command_id")
    return answer(call.world.commands.change(_scope(call), command_id, call.fields()))


async def _remove(call: Call) -> web.Response:
    call.world.commands.remove(_scope(call), call.snowflake("command_id"))
    return answer(None, 204)


def _endpoints() -> Iterator[Endpoint]:
    for scope in ("", "/guilds/{guild_id}"):
        every = f"/applications/{{application_id}}{scope}/commands"
        one = f"{every}/{{command_id}}"
        yield Endpoint("GET", every, _list)
        yield Endpoint("PUT", every, _overwrite)
        yield Endpoint("POST", every, _upsert)
        yield Endpoint("GET", one, _get)
        yield Endpoint("PATCH", one, _change)
        yield Endpoint("DELETE", one, _remove)


ENDPOINTS = tuple(_endpoints())
