"""Who may do what where: Discord's permission bits and the order they are decided in.

Source: discord.com/developers/docs/topics/permissions.
"""

from collections.abc import Iterable
from enum import IntFlag

from bot.sandbox.places import Channel, Guild, Member


class Permission(IntFlag):
    """The bits of a role, an overwrite or an answer of `permissions_in`."""

    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    PRIORITY_SPEAKER = 1 << 8
    STREAM = 1 << 9
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    VIEW_GUILD_INSIGHTS = 1 << 19
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    MUTE_MEMBERS = 1 << 22
    DEAFEN_MEMBERS = 1 << 23
    MOVE_MEMBERS = 1 << 24
    USE_VOICE_ACTIVATION = 1 << 25
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    MANAGE_EXPRESSIONS = 1 << 30
    USE_APPLICATION_COMMANDS = 1 << 31
    REQUEST_TO_SPEAK = 1 << 32
    MANAGE_EVENTS = 1 << 33
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    USE_EXTERNAL_STICKERS = 1 << 37
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EMBEDDED_ACTIVITIES = 1 << 39
    MODERATE_MEMBERS = 1 << 40
    VIEW_CREATOR_MONETIZATION_ANALYTICS = 1 << 41
    USE_SOUNDBOARD = 1 << 42
    CREATE_EXPRESSIONS = 1 << 43
    CREATE_EVENTS = 1 << 44
    USE_EXTERNAL_SOUNDS = 1 << 45
    SEND_VOICE_MESSAGES = 1 << 46
    SET_VOICE_CHANNEL_STATUS = 1 << 48
    SEND_POLLS = 1 << 49
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51
    BYPASS_SLOWMODE = 1 << 52


ALL = sum(Permission)
IN_DM = int(
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_EXTERNAL_STICKERS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_VOICE_MESSAGES
    | Permission.SEND_POLLS
)


def permissions_in(guild: Guild | None, channel: Channel, user_id: int) -> int:
    """Return what a user may do in a channel; of a thread, hand in the parent instead.

    Who is no member may do nothing in a guild, and who cannot view a channel nothing in it.
    """
    if guild is None or channel.guild_id is None:
        return IN_DM
    if user_id not in guild.members:
        return 0
    granted = permissions_of(guild, user_id)
    if granted != ALL:
        granted = _overwritten(granted, guild, channel, guild.members[user_id])
    return granted if granted & Permission.VIEW_CHANNEL else 0


def permissions_of(guild: Guild, user_id: int) -> int:
    """Return what a member may do in a guild before any channel has its say."""
    if user_id == guild.owner_id:
        return ALL
    role_ids = guild.members[user_id].role_ids | {guild.id}
    granted = _union(role.permissions for role in guild.roles.values() if role.id in role_ids)
    return ALL if granted & Permission.ADMINISTRATOR else granted


def _overwritten(granted: int, guild: Guild, channel: Channel, member: Member) -> int:
    overwrites = channel.overwrites.values()
    of_roles = [overwrite for overwrite in overwrites if overwrite.is_role]
    others = member.role_ids - {guild.id}
    # Within a rank every allow beats every deny; a later rank beats an earlier one.
    for rank in (
        [overwrite for overwrite in of_roles if overwrite.target_id == guild.id],
        [overwrite for overwrite in of_roles if overwrite.target_id in others],
        [each for each in overwrites if not each.is_role and each.target_id == member.user_id],
    ):
        granted &= ~_union(overwrite.deny for overwrite in rank)
        granted |= _union(overwrite.allow for overwrite in rank)
    return granted


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union
