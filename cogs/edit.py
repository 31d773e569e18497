"""`/edit` and `/upscale`: pictures made from a picture."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalog import AUTO, Task
from bot.services import Accepted, ImageWish, Source
from cogs import _texts as texts
from cogs._answers import origin_of
from cogs._options import (
    COUNT,
    LANE,
    MODEL,
    SEED,
    VISIBILITY,
    Count,
    Lane,
    Prompt,
    Seed,
    Visibility,
    said,
)
from cogs._pictures import answer_from_pictures

if TYPE_CHECKING:
    from cogs._client import ImageBot

Preset = Literal["Remove background"]
_PRESETS: dict[str | None, Task] = {"Remove background": "cutout"}
Scale = app_commands.Range[float, 1, 4]
Mode = Literal["subtle", "creative"]


class Edit(commands.Cog):
    """Commands that start from a picture."""

    def __init__(self, client: "ImageBot") -> None:
        self._making = client.services.making
        self._wishing = client.services.wishing

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        image="The picture to change",
        prompt="What to change, or what to paint where the mask is white",
        preset="A ready-made change, in place of words",
        mask="A picture of the same shape: what is white in it is painted anew",
        model=MODEL,
        count=COUNT,
        seed=SEED,
        lane=LANE,
        visibility=VISIBILITY,
    )
    async def edit(  # noqa: PLR0913, PLR0917 - Discord hands options over as arguments
        self,
        interaction: "discord.Interaction[ImageBot]",
        image: discord.Attachment,
        prompt: Prompt | None = None,
        preset: Preset | None = None,
        mask: discord.Attachment | None = None,
        model: str = AUTO,
        count: Count = 1,
        seed: Seed | None = None,
        lane: Lane | None = None,
        visibility: Visibility | None = None,
    ) -> None:
        """Change a picture as you say."""
        task = _PRESETS.get(preset, "fill" if mask else "edit")
        wish = ImageWish(
            prompt or "",
            model,
            count=count,
            seed=seed,
            task=task,
            lane=lane or "fast",
            said=said(lane=lane),
        )
        await self._answer(interaction, wish, visibility, image, mask)

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        image="The picture to enlarge",
        scale="How many times as wide and high; 2 when you do not say",
        mode="subtle keeps what is there, creative invents detail",
        model=MODEL,
        lane=LANE,
        visibility=VISIBILITY,
    )
    async def upscale(  # noqa: PLR0913 - Discord hands options over as arguments
        self,
        interaction: "discord.Interaction[ImageBot]",
        image: discord.Attachment,
        scale: Scale | None = None,
        mode: Mode = "subtle",
        model: str = AUTO,
        lane: Lane | None = None,
        visibility: Visibility | None = None,
    ) -> None:
        """Make a picture larger."""
        wish = ImageWish(
            "",
            model,
            task="upscale",
            scale=scale,
            preset=mode,
            lane=lane or "fast",
            said=said(lane=lane),
        )
        await self._answer(interaction, wish, visibility, image)

    async def _answer(
        self,
        interaction: "discord.Interaction[ImageBot]",
        wish: ImageWish,
        visibility: Visibility | None,
        image: discord.Attachment,
        mask: discord.Attachment | None = None,
    ) -> None:
        origin = origin_of(interaction, has_followup=True)
        action = "upscale" if wish.task == "upscale" else "edit"

        async def request(source: Source, covered: Source | None = None) -> Accepted:
            whole = replace(wish, image=source, mask=covered)
            return await self._wishing.wish(origin, whole, action=action, visibility=visibility)

        await answer_from_pictures(interaction, wish, request, image, mask)

    @edit.autocomplete("model")
    async def _complete_editor(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        given = interaction.namespace
        usual: Task = "fill" if getattr(given, "mask", None) else "edit"
        task = _PRESETS.get(getattr(given, "preset", None), usual)
        return [texts.model_choice(model, task) for model in self._making.models(typed, task=task)]

    @upscale.autocomplete("model")
    async def _complete_upscaler(
        self, _interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        found = self._making.models(typed, task="upscale")
        return [texts.model_choice(model, "upscale") for model in found]


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Edit(client))
