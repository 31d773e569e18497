"""`/describe` and `/enhance`: words for a picture, and better words for one to be made."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalog import AUTO
from bot.services import Accepted, ImageWish
from cogs import _texts as texts
from cogs._answers import answer_with_job, origin_of
from cogs._options import VISIBILITY, Prompt, Visibility
from cogs._pictures import Attached, answer_from_pictures

if TYPE_CHECKING:
    from cogs._client import ImageBot

WRITER = "Which model writes it; auto chooses"


class Words(commands.Cog):
    """Commands that give words."""

    def __init__(self, client: "ImageBot") -> None:
        self._making = client.services.making
        self._wishing = client.services.wishing

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(image="The picture to describe", model=WRITER, visibility=VISIBILITY)
    async def describe(
        self,
        interaction: "discord.Interaction[ImageBot]",
        image: discord.Attachment,
        model: str = AUTO,
        visibility: Visibility | None = None,
    ) -> None:
        """Put a picture into words that could draw it again."""
        origin = origin_of(interaction, has_followup=True)

        async def request(wish: ImageWish) -> Accepted:
            return await self._wishing.wish(origin, wish, action="describe", visibility=visibility)

        wish = ImageWish("", model, task="describe")
        await answer_from_pictures(interaction, wish, Attached(image), request)

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(prompt="What you want to draw", model=WRITER)
    async def enhance(
        self, interaction: "discord.Interaction[ImageBot]", prompt: Prompt, model: str = AUTO
    ) -> None:
        """Make your words richer before you draw them; only you see it."""
        wish = ImageWish(prompt, model, task="enhance")
        accepting = self._wishing.wish(
            origin_of(interaction), wish, action="enhance", visibility="private"
        )
        await answer_with_job(interaction, accepting, is_private=True)

    @describe.autocomplete("model")
    async def _complete_describer(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        models = self._making.models(typed, server_id=interaction.guild_id, task="describe")
        return texts.model_choices(models, "describe")

    @enhance.autocomplete("model")
    async def _complete_enhancer(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        models = self._making.models(typed, server_id=interaction.guild_id, task="enhance")
        return texts.model_choices(models, "enhance")


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Words(client))
