"""Routes about guilds and channels."""

from aiohttp import web

from bot.sandbox.permissions import Permission
from bot.sandbox.places import Channel, Guild
from bot.sandbox.rest._call import Call, answer
from bot.sandbox.rest._pipeline import Endpoint
from bot.sandbox.rules import ApiError
from bot.sandbox.wire import channel_json, guild_summary, member_json, role_json


def channel_for_bot(call: Call, *needed: Permission) -> Channel:
    """Return the path's channel if the bot may do all of `needed` there.

    Raises:
        ApiError: 404/10003 unknown, 403/50001 not visible, 403/50013 permission missing.
    """
    world = call.world
    channel = world.channel(call.snowflake("channel_id"))
    if not world.may(channel, world.bot.id, Permission.VIEW_CHANNEL):
        raise ApiError(403, 50001, "Missing Access")
    require(call, channel, *needed)
    return channel


def require(call: Call, channel: Channel, *needed: Permission) -> None:
    """Check that the bot may do all of `needed` in a channel.

    Raises:
        ApiError: 403/50013.
    """
    world = call.world
    if not all(world.may(channel, world.bot.id, permission) for permission in needed):
        raise ApiError(403, 50013, "Missing Permissions")


def guild_for_bot(call: Call) -> Guild:
    """Return the path's guild if the bot is in it.

    Raises:
        ApiError: 404/10004 unknown, 403/50001 not a member.
    """
    guild = call.world.guilds.get(call.snowflake("guild_id"))
    if guild is None:
        raise ApiError(404, 10004, "Unknown Guild")
    if call.world.bot.id not in guild.members:
        raise ApiError(403, 50001, "Missing Access")
    return guild


async def _channel(call: Call) -> web.Response:
    return answer(channel_json(channel_for_bot(call), call.world.users))


async def _typing(call: Call) -> web.Response:
    channel = channel_for_bot(call, Permission.SEND_MESSAGES)
    call.world.changes.publish({"type": "typing", "channel_id": str(channel.id)})
    return answer(None, 204)


async def _guild(call: Call) -> web.Response:
    return answer(guild_summary(guild_for_bot(call)))


async def _guild_channels(call: Call) -> web.Response:
    guild, world = guild_for_bot(call), call.world
    return answer(
        [
            channel_json(channel, world.users)
            for channel in world.channels.values()
            if channel.guild_id == guild.id and not channel.is_thread
        ]
    )


async def _roles(call: Call) -> web.Response:
    return answer([role_json(role) for role in guild_for_bot(call).roles.values()])


async def _member(call: Call) -> web.Response:
    guild, user_id = guild_for_bot(call), call.snowflake("user_id")
    if user_id not in guild.members:
        raise ApiError(404, 10007, "Unknown Member")
    return answer(member_json(guild.members[user_id], user=call.world.users[user_id]))


ENDPOINTS = (
    Endpoint("GET", "/channels/{channel_id}", _channel),
    Endpoint("POST", "/channels/{channel_id}/typing", _typing),
    Endpoint("GET", "/guilds/{guild_id}", _guild),
    Endpoint("GET", "/guilds/{guild_id}/channels", _guild_channels),
    Endpoint("GET", "/guilds/{guild_id}/roles", _roles),
    Endpoint("GET", "/guilds/{guild_id}/members/{user_id}", _member),
)
