"""Credits: `/balance` and `/daily` for everybody, `/credits` for moderators."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadTarget, NotPermitted
from cogs import _texts as texts
from cogs._answers import is_staff, origin_of, tell

if TYPE_CHECKING:
    from cogs._client import ImageBot

Amount = app_commands.Range[int, 1, 1_000_000_000]
Reason = app_commands.Range[str, 1, 300]


class Credits(commands.Cog):
    """Commands about one's own and other people's credits."""

    def __init__(self, client: "ImageBot") -> None:
        self._credits = client.services.credits

    staff = app_commands.Group(
        name="credits",
        description="Change somebody's credits",
        guild_only=True,
        default_permissions=discord.Permissions(moderate_members=True),
    )

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
        amount = await self._credits.balance(server_id=origin.server_id, user_id=owner.id)
        words = texts.balance(amount, owner=owner.mention, now=discord.utils.utcnow())
        await tell(interaction, words)

    @app_commands.command()
    @app_commands.guild_only()
    async def daily(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Take today's free credits."""
        origin = origin_of(interaction)
        amount = await self._credits.claim_daily(server_id=origin.server_id, user_id=origin.user_id)
        await tell(interaction, texts.daily(amount))

    @staff.command()
    @app_commands.describe(user="Who gets them", amount="How many credits", reason="Why")
    async def add(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        amount: Amount,
        reason: Reason = "",
    ) -> None:
        """Give somebody credits of the server's treasury."""
        await self._change(interaction, user, amount, reason)

    @staff.command()
    @app_commands.describe(user="Who loses them", amount="How many credits", reason="Why")
    async def remove(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        amount: Amount,
        reason: Reason = "",
    ) -> None:
        """Take credits back into the server's treasury."""
        await self._change(interaction, user, -amount, reason)

    async def _change(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        delta: int,
        reason: str,
    ) -> None:
        # The client hides the command from others, but only our own check counts.
        if not is_staff(interaction):
            raise NotPermitted
        if user.bot:
            raise BadTarget
        origin = origin_of(interaction)
        changed = await self._credits.change(origin, target_id=user.id, delta=delta, reason=reason)
        await tell(interaction, texts.change(user.id, changed, reason))


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Credits(client))
