"""`/blend`: one picture of several."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalog import AUTO
from bot.services import Accepted, ImageWish
from cogs import _texts as texts
from cogs._answers import origin_of
from cogs._options import (
    LANE,
    MODEL,
    SEED,
    SPOILER,
    VISIBILITY,
    Lane,
    Prompt,
    Ratio,
    Seed,
    Visibility,
    said,
)
from cogs._pictures import Attached, answer_from_pictures

if TYPE_CHECKING:
    from cogs._client import ImageBot


class Blend(commands.Cog):
    """The command that brings pictures together."""

    def __init__(self, client: "ImageBot") -> None:
        self._making = client.services.making
        self._wishing = client.services.wishing

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        image1="The first picture",
        image2="The second picture",
        image3="One more picture",
        image4="One more picture",
        image5="One more picture",
        prompt="What shall come of them; they are simply brought together when you do not say",
        model=MODEL,
        aspect_ratio="Width to height",
        seed=SEED,
        lane=LANE,
        visibility=VISIBILITY,
        spoiler=SPOILER,
    )
    async def blend(  # noqa: PLR0913, PLR0917 - Discord hands options over as arguments
        self,
        interaction: "discord.Interaction[ImageBot]",
        image1: discord.Attachment,
        image2: discord.Attachment,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
        image5: discord.Attachment | None = None,
        prompt: Prompt | None = None,
        model: str = AUTO,
        aspect_ratio: Ratio | None = None,
        seed: Seed | None = None,
        lane: Lane | None = None,
        visibility: Visibility | None = None,
        spoiler: bool = False,  # noqa: FBT001, FBT002 - an option of the command
    ) -> None:
        """Make one picture of two to five."""
        wish = ImageWish(
            prompt or "",
            model,
            aspect_ratio=aspect_ratio,
            seed=seed,
            task="blend",
            lane=lane or "fast",
            said=said(seed=seed, lane=lane),
            is_spoiler=spoiler,
        )
        given = (image1, image2, image3, image4, image5)
        images = tuple(image for image in given if image is not None)
        origin = origin_of(interaction, has_followup=True)

        async def request(wish: ImageWish) -> Accepted:
            return await self._wishing.wish(origin, wish, action="blend", visibility=visibility)

        await answer_from_pictures(interaction, wish, Attached(images=images), request)

    @blend.autocomplete("model")
    async def _complete_model(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        models = self._making.models(typed, server_id=interaction.guild_id, task="blend")
        return texts.model_choices(models, "blend")


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Blend(client))
