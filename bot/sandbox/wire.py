"""How users, roles, members, channels and guilds look on the wire."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.sandbox.clock import iso, made_at
from bot.sandbox.places import DM, Channel, Guild, Member, Role, User

Json = dict[str, Any]


def user_json(user: User) -> Json:
    """Show a user as everybody may see it."""
    return {
        "id": str(user.id),
        "username": user.name.lower(),
        "global_name": None if user.is_bot else user.name,
        "discriminator": "0000" if user.is_bot else "0",
        "avatar": None,
        "bot": user.is_bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def role_json(role: Role) -> Json:
    """Show a role."""
    return {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "position": role.position,
        "color": role.color,
        "colors": {
            "primary_color": role.color,
            "secondary_color": None,
            "tertiary_color": None,
        },
        "hoist": role.is_hoisted,
        "icon": None,
        "unicode_emoji": None,
        "managed": role.is_managed,
        "mentionable": False,
        "flags": 0,
    }


def member_json(member: Member, *, user: User | None, permissions: int | None = None) -> Json:
    """Show a member; `resolved.members` leave the user out, interactions add permissions."""
    shown: Json = {
        "nick": None,
        "avatar": None,
        "banner": None,
        "roles": [str(role_id) for role_id in sorted(member.role_ids)],
        "joined_at": iso(member.joined_at),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": None,
    }
    if user is not None:
        shown["user"] = user_json(user)
    if permissions is not None:
        shown["permissions"] = str(permissions)
    return shown


def channel_json(channel: Channel, users: Mapping[int, User]) -> Json:
    """Show a text channel, a thread or a DM."""
    shown: Json = {
        "id": str(channel.id),
        "type": channel.type,
        "last_message_id": _text_or_none(channel.last_message_id),
        "flags": 0,
    }
    if channel.type == DM:
        assert channel.recipient_id is not None, channel.id
        return shown | {"recipients": [user_json(users[channel.recipient_id])]}
    shown |= {
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "parent_id": _text_or_none(channel.parent_id),
        "rate_limit_per_user": 0,
    }
    return shown | (_thread_part(channel) if channel.is_thread else _text_part(channel))


def _text_part(channel: Channel) -> Json:
    return {
        "topic": channel.topic,
        "position": channel.position,
        "nsfw": channel.nsfw,
        "permission_overwrites": [
            {
                "id": str(overwrite.target_id),
                "type": 0 if overwrite.is_role else 1,
                "allow": str(overwrite.allow),
                "deny": str(overwrite.deny),
            }
            for overwrite in channel.overwrites.values()
        ],
    }


def _thread_part(channel: Channel) -> Json:
    made = iso(made_at(channel.id))
    return {
        "owner_id": str(channel.owner_id),
        "message_count": 0,
        "member_count": 1,
        "total_message_sent": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 1440,
            "archive_timestamp": made,
            "create_timestamp": made,
            "locked": False,
        },
    }


def guild_json(
    guild: Guild,
    *,
    channels: Iterable[Channel],
    users: Mapping[int, User],
    member_ids: Iterable[int],
) -> Json:
    """Show a guild as GUILD_CREATE does, with those members whom the session may see."""
    channels = tuple(channels)
    return guild_summary(guild) | {
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "channels": [channel_json(channel, users) for channel in channels if not channel.is_thread],
        "threads": [channel_json(channel, users) for channel in channels if channel.is_thread],
        "members": [
            member_json(guild.members[user_id], user=users[user_id]) for user_id in member_ids
        ],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def guild_summary(guild: Guild) -> Json:
    """Show what `GET /guilds/{guild_id}` shows."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner_id),
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "roles": [role_json(role) for role in guild.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "vanity_url_code": None,
        "verification_level": 1,
        "default_message_notifications": 1,
        "explicit_content_filter": 2,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": guild.premium_tier,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": guild.locale,
        "application_id": None,
    }


def _text_or_none(snowflake: int | None) -> str | None:
    return None if snowflake is None else str(snowflake)
