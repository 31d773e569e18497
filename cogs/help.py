"""`/help`: the commands in a screenful."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from cogs._answers import note, origin_of
from cogs._help import Audience, help_text
from cogs._hosts import is_host

if TYPE_CHECKING:
    from cogs._client import ImageBot


class Help(commands.Cog):
    """The one command a newcomer tries first."""

    @app_commands.command()
    @app_commands.guild_only()
    async def help(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Show what this bot can do."""
        words = help_text(_audiences(interaction))
        await interaction.response.send_message(view=note(words), ephemeral=True)


def _audiences(interaction: "discord.Interaction[ImageBot]") -> frozenset[Audience]:
    origin = origin_of(interaction)
    found: set[Audience] = {"everybody"}
    if origin.is_staff:
        found.add("moderators")
    if origin.is_admin:
        found.add("administrators")
    if is_host(interaction):
        found.add("host")
    return frozenset(found)


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Help())
