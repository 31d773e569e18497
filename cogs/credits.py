"""Credits: `/balance` and `/daily`."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadTarget, NotPermitted
from cogs import _credit_texts as credit_texts
from cogs._answers import origin_of, tell

if TYPE_CHECKING:
    from cogs._client import ImageBot


class Credits(commands.Cog):
    """Commands about what one has."""

    def __init__(self, client: "ImageBot") -> None:
        self._credits = client.services.credits

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(user="Whose credits; moderators only")
    async def balance(
        self, interaction: "discord.Interaction[ImageBot]", user: discord.User | None = None
    ) -> None:
        """Show what you have to spend."""
        origin = origin_of(interaction)
        owner = user or interaction.user
        if owner != interaction.user and not origin.is_staff:
            raise NotPermitted
        if owner.bot:
            raise BadTarget
        told = await self._credits.look(origin, owner.id)
        words = credit_texts.statement(told, owner=owner.mention, now=discord.utils.utcnow())
        await tell(interaction, words)

    @app_commands.command()
    @app_commands.guild_only()
    async def daily(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Take today's free credits."""
        origin = origin_of(interaction)
        claim = await self._credits.claim_daily(server_id=origin.server_id, user_id=origin.user_id)
        await tell(interaction, credit_texts.daily(claim))


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Credits(client))
