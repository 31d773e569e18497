"""`/imagine` and `/cost`: pictures from words, and what they would cost."""

from dataclasses import replace
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.services import Accepted, ImageWish
from cogs import _texts as texts
from cogs._answers import answer_with_job, origin_of, tell
from cogs._options import Asked, image_options, lora_choices
from cogs._pictures import Attached, answer_from_pictures, expected

if TYPE_CHECKING:
    from cogs._client import ImageBot


class Imagine(commands.Cog):
    """Commands that make pictures from words."""

    def __init__(self, client: "ImageBot") -> None:
        self._loras = client.services.loras
        self._making = client.services.making
        self._wishing = client.services.wishing

    @app_commands.command()
    @app_commands.guild_only()
    @image_options
    async def imagine(self, interaction: "discord.Interaction[ImageBot]", asked: Asked) -> None:
        """Draw pictures from a prompt."""
        visibility = asked.visibility
        origin = origin_of(interaction, has_followup=asked.image is not None)

        async def request(wish: ImageWish) -> Accepted:
            fitted = await self._loras.fitted(origin, wish)
            return await self._wishing.wish(origin, fitted, visibility=visibility)

        if asked.image is None:
            accepting = request(asked.wish)
            await answer_with_job(interaction, accepting, is_private=visibility == "private")
            return

        await answer_from_pictures(interaction, asked.wish, Attached(asked.image), request)

    @app_commands.command()
    @app_commands.guild_only()
    @image_options
    async def cost(self, interaction: "discord.Interaction[ImageBot]", asked: Asked) -> None:
        """Say what /imagine would cost, without making anything."""
        image = expected(asked.image) if asked.image else None
        origin = origin_of(interaction)
        wish = await self._loras.fitted(origin, replace(asked.wish, image=image))
        wishes = await self._wishing.read(origin, wish)
        server_id = interaction.guild_id
        quotes = [self._making.quote(wish, server_id=server_id) for wish in wishes]
        await tell(interaction, texts.quotes(quotes))

    @imagine.autocomplete("model")
    @cost.autocomplete("model")
    async def _complete_model(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        task = "vary" if getattr(interaction.namespace, "image", None) else "imagine"
        models = self._making.models(typed, server_id=interaction.guild_id, task=task)
        return texts.model_choices(models, task)

    @imagine.autocomplete("lora")
    @cost.autocomplete("lora")
    async def _complete_lora(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        return await lora_choices(interaction, typed)


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Imagine(client))
