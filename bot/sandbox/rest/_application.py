"""Routes about the application itself: who it is, its gateway, users, DMs, servers."""

from aiohttp import web

from bot.sandbox.places import User
from bot.sandbox.rest._call import Call, answer, invalid_id
from bot.sandbox.rest._pipeline import Endpoint
from bot.sandbox.rules import ApiError
from bot.sandbox.wire import Json, channel_json, guild_summary, user_json


async def _me(call: Call) -> web.Response:
    shown = user_json(call.world.bot)
    return answer(shown | {"verified": True, "mfa_enabled": True, "email": None, "bio": ""})


async def _application(call: Call) -> web.Response:
    world = call.world
    described: Json = {
        "id": str(world.application_id),
        "name": world.bot.name,
        "icon": None,
        "description": "Pictures on any hosted model platform",
        "summary": "",
        "type": None,
        "bot": user_json(world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": f"{world.application_id:064x}",
        "flags": 0,
        "hook": True,
        "owner": user_json(world.users[world.owner_id]),
        "team": None,
        "interactions_endpoint_url": None,
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "integration_types_config": {"0": {}},
    }
    return answer(described)


async def _gateway(call: Call) -> web.Response:
    return answer({"url": call.world.gateway.url})


async def _gateway_bot(call: Call) -> web.Response:
    gateway = call.world.gateway
    return answer({"url": gateway.url, "shards": 1, "session_start_limit": gateway.limits()})


async def _user(call: Call) -> web.Response:
    return answer(user_json(_find_user(call, call.snowflake("user_id"))))


async def _open_dm(call: Call) -> web.Response:
    recipient = str(call.fields().get("recipient_id", ""))
    if not recipient.isdecimal():
        raise invalid_id("recipient_id", recipient)
    user = _find_user(call, int(recipient))
    if user.is_bot:
        raise ApiError(403, 50007, "Cannot send messages to this user")
    return answer(channel_json(call.world.open_dm(user.id), call.world.users))


async def _my_guilds(call: Call) -> web.Response:
    bot_id = call.world.bot.id
    joined = [guild for guild in call.world.guilds.values() if bot_id in guild.members]
    return answer([guild_summary(guild) for guild in joined])


async def _leave_guild(call: Call) -> web.Response:
    guild = call.world.guilds.get(call.snowflake("guild_id"))
    if guild is None or call.world.bot.id not in guild.members:
        raise ApiError(404, 10004, "Unknown Guild")
    call.world.remove_guild(guild.id)
    return answer(None, 204)


def _find_user(call: Call, user_id: int) -> User:
    user = call.world.users.get(user_id)
    if user is None:
        raise ApiError(404, 10013, "Unknown User")
    return user


ENDPOINTS = (
    Endpoint("GET", "/users/@me", _me),
    Endpoint("GET", "/oauth2/applications/@me", _application),
    Endpoint("GET", "/applications/@me", _application),
    Endpoint("GET", "/gateway", _gateway),
    Endpoint("GET", "/gateway/bot", _gateway_bot),
    Endpoint("POST", "/users/@me/channels", _open_dm),
    Endpoint("GET", "/users/@me/guilds", _my_guilds),
    Endpoint("DELETE", "/users/@me/guilds/{guild_id}", _leave_guild),
    Endpoint("GET", "/users/{user_id}", _user),
)
