"""`/help`: the commands in a screenful."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from cogs import _texts as texts
from cogs._answers import is_staff, tell

if TYPE_CHECKING:
    from cogs._client import ImageBot


class Help(commands.Cog):
    """The one command a newcomer tries first."""

    @app_commands.command()
    @app_commands.guild_only()
    async def help(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Show what this bot can do."""
        await tell(interaction, texts.HELP + (texts.HELP_STAFF if is_staff(interaction) else ""))


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Help())
