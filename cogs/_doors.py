"""Doors: who may go on with a command, a menu or a button, asked in one place."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.errors import AdministratorsOnly, HostOnly, NotPermitted, ServerOnly
from bot.services import check_standing
from cogs._hosts import is_host
from cogs._permissions import BUTTONS, MENUS, Permission, Who, of_command

if TYPE_CHECKING:
    from cogs._client import ImageBot


async def check_command(interaction: "discord.Interaction[ImageBot]") -> None:
    """Refuse a command, a menu or a suggestion to whom the table does not allow it.

    What the client shows to whom is a courtesy; this is what counts.

    Raises:
        UserError: it is refused, and nothing is done.
    """
    command = interaction.command
    if isinstance(command, app_commands.ContextMenu):
        await check(interaction, MENUS[command.name])
    elif command is not None:
        permission = of_command(command.qualified_name)
        assert permission is not None, command.qualified_name
        await check(interaction, permission)


async def check_button(interaction: "discord.Interaction[Any]", name: str) -> None:
    """Refuse a button, a select or a form; raises as `check_command` does."""
    await check(interaction, BUTTONS[name])


async def check(interaction: "discord.Interaction[ImageBot]", permission: Permission) -> None:
    """Refuse whom a permission does not name, and those who do not stand well enough for it."""
    server_id = interaction.guild_id
    if server_id is None:
        # Whose things it is about is asked where they are looked up.
        if not permission.in_messages:
            raise ServerOnly
        return
    _check_who(interaction, permission.who)
    if permission.standing != "any":
        moderation = interaction.client.services.moderation
        standing = await moderation.standing(server_id, interaction.user.id)
        if standing.is_banned or (standing.is_suspended and permission.standing == "good"):
            check_standing(standing, server_id)


def _check_who(interaction: "discord.Interaction[ImageBot]", who: Who) -> None:
    permissions = interaction.permissions
    if who == "host" and not is_host(interaction):
        raise HostOnly
    if who == "administrators" and not permissions.administrator:
        raise AdministratorsOnly
    if who == "moderators" and not (permissions.manage_guild or permissions.moderate_members):
        raise NotPermitted
