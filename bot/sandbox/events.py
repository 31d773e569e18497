"""The INTERACTION_CREATE event: its envelope and what its ids resolve to."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bot.sandbox.files import StoredFile
from bot.sandbox.interactions import WIRE_TYPE, Invocation
from bot.sandbox.places import DM, Channel
from bot.sandbox.wire import Json, channel_json, member_json, role_json, user_json

if TYPE_CHECKING:
    from bot.sandbox.world import World

IN_GUILD, IN_BOT_DM = 0, 1


def interaction_event(
    world: "World", invocation: Invocation, data: Json, *, message: Json | None
) -> Json:
    """Build the event that tells the bot of an interaction."""
    channel = world.channels[invocation.channel_id]
    user = world.users[invocation.user_id]
    event: Json = {
        "id": str(invocation.id),
        "application_id": str(world.application_id),
        "type": WIRE_TYPE[invocation.kind],
        "token": invocation.token,
        "version": 1,
        "data": data,
        "channel_id": str(channel.id),
        "channel": channel_json(channel, world.users)
        | {"permissions": str(world.permissions(channel, user.id))},
        "locale": user.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": owners(channel),
        "attachment_size_limit": invocation.file_limit_bytes,
        "app_permissions": str(world.permissions(channel, world.bot.id)),
        "context": IN_BOT_DM if channel.type == DM else IN_GUILD,
    }
    if message is not None:
        event["message"] = message
    return event | _who(world, channel, user.id)


def _who(world: "World", channel: Channel, user_id: int) -> Json:
    if channel.guild_id is None:
        return {"user": user_json(world.users[user_id])}
    guild = world.guilds[channel.guild_id]
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
        "guild_locale": guild.locale,
        "member": member_json(
            guild.members[user_id],
            user=world.users[user_id],
            permissions=world.permissions(channel, user_id),
        ),
    }


def owners(channel: Channel) -> Json:
    """Name who installed the application where this channel is: always the server."""
    return {"0": str(channel.guild_id or 0)}


def resolve(
    world: "World",
    channel: Channel,
    *,
    ids: Iterable[int] = (),
    messages: Sequence[Json] = (),
    files: Sequence[StoredFile] = (),
) -> Json:
    """Build `resolved`: every id is looked up as user, role or channel, whatever it is."""
    resolved: Json = {}
    for snowflake in dict.fromkeys(ids):
        _resolve_one(world, channel, snowflake, resolved)
    if messages:
        resolved["messages"] = {message["id"]: message for message in messages}
    if files:
        resolved["attachments"] = {str(file.id): world.files.wire(file) for file in files}
    return resolved


def _resolve_one(world: "World", channel: Channel, snowflake: int, resolved: Json) -> None:
    guild = world.guilds.get(channel.guild_id or 0)
    key = str(snowflake)
    if snowflake in world.users:
        resolved.setdefault("users", {})[key] = user_json(world.users[snowflake])
        if guild is not None and snowflake in guild.members:
            permissions = world.permissions(channel, snowflake)
            member = member_json(guild.members[snowflake], user=None, permissions=permissions)
            resolved.setdefault("members", {})[key] = member
    elif guild is not None and snowflake in guild.roles:
        resolved.setdefault("roles", {})[key] = role_json(guild.roles[snowflake])
    elif snowflake in world.channels:
        resolved.setdefault("channels", {})[key] = channel_json(
            world.channels[snowflake], world.users
        ) | {"permissions": "0"}


def metadata(world: "World", invocation: Invocation, *, opener: Invocation | None) -> Json:
    """Build what messages made by this interaction say about it."""
    channel = world.channels[invocation.channel_id]
    described: Json = {
        "id": str(invocation.id),
        "type": WIRE_TYPE[invocation.kind],
        "user": user_json(world.users[invocation.user_id]),
        "authorizing_integration_owners": owners(channel),
    }
    if described["type"] == WIRE_TYPE["slash"]:
        described["name"] = invocation.name
    if invocation.kind == "component":
        described["interacted_message_id"] = str(invocation.source_message_id)
    if opener is not None:
        described["triggering_interaction_metadata"] = opener.metadata
    return described
