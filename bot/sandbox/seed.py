"""The world as a newcomer finds it: one server, four channels, three people and the bot."""

from bot.sandbox.permissions import Permission
from bot.sandbox.places import TEXT, Channel, Guild, Member, Overwrite, Role, User

APPLICATION_ID = 1_143_290_432_153_919_488
BOT_ID = APPLICATION_ID
GUILD_ID = 1_098_765_432_101_240_832
GENERAL_ID = 1_098_765_433_355_337_758
GALLERY_ID = 1_098_765_574_116_081_704
AFTER_DARK_ID = 1_098_765_691_145_531_443
MOD_LOG_ID = 1_098_765_802_714_083_370
MODERATOR_ROLE_ID = 1_098_766_014_362_861_579
BOT_ROLE_ID = 1_143_291_007_633_162_241
MIA_ID = 308_994_132_968_210_433
MAX_ID = 175_928_847_299_117_063
OLGA_ID = 80_351_110_224_678_912
_BLURPLE = 0x949CF7
_GREEN = 0x2ECC71

EVERYONE = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.ADD_REACTIONS
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
)
MODERATOR = (
    EVERYONE | Permission.MANAGE_GUILD | Permission.MODERATE_MEMBERS | Permission.MANAGE_MESSAGES
)


def first_users() -> dict[int, User]:
    """Return Mia, Max, Olga and the bot."""
    users = (
        User(MIA_ID, "Mia"),
        User(MAX_ID, "Max"),
        User(OLGA_ID, "Olga"),
        User(BOT_ID, "Atelier", is_bot=True),
    )
    return {user.id: user for user in users}


def first_guild() -> Guild:
    """Return the server "Atelier", owned by Olga, moderated by Max."""
    roles = (
        Role(GUILD_ID, "@everyone", int(EVERYONE)),
        Role(BOT_ROLE_ID, "Atelier", int(EVERYONE), position=1, is_managed=True, color=_BLURPLE),
        Role(
            MODERATOR_ROLE_ID,
            "Moderator",
            int(MODERATOR),
            position=2,
            color=_GREEN,
            is_hoisted=True,
        ),
    )
    members = (
        Member(MIA_ID),
        Member(MAX_ID, {MODERATOR_ROLE_ID}),
        Member(OLGA_ID),
        Member(BOT_ID, {BOT_ROLE_ID}),
    )
    return Guild(
        id=GUILD_ID,
        name="Atelier",
        owner_id=OLGA_ID,
        roles={role.id: role for role in roles},
        members={member.user_id: member for member in members},
    )


def first_channels() -> dict[int, Channel]:
    """Return #general, #gallery, #after-dark (age-restricted) and #mod-log (staff only)."""
    view = int(Permission.VIEW_CHANNEL)
    staff_only = {
        GUILD_ID: Overwrite(GUILD_ID, is_role=True, deny=view),
        MODERATOR_ROLE_ID: Overwrite(MODERATOR_ROLE_ID, is_role=True, allow=view),
        BOT_ROLE_ID: Overwrite(BOT_ROLE_ID, is_role=True, allow=view),
    }
    rows = (
        Channel(GENERAL_ID, "general", TEXT, GUILD_ID, topic="Say hello, make a picture"),
        Channel(GALLERY_ID, "gallery", TEXT, GUILD_ID, topic="Pictures worth keeping", position=1),
        Channel(AFTER_DARK_ID, "after-dark", TEXT, GUILD_ID, nsfw=True, position=2),
        Channel(
            MOD_LOG_ID,
            "mod-log",
            TEXT,
            GUILD_ID,
            topic="Reports and decisions, for the staff only",
            position=3,
            overwrites=staff_only,
        ),
    )
    return {channel.id: channel for channel in rows}
