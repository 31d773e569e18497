"""`/edit` and `/upscale`: pictures made from a picture."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalog import AUTO, Task
from bot.errors import BadChoice, UnsupportedInput
from bot.services import Accepted, ImageWish
from cogs import _texts as texts
from cogs._answers import origin_of
from cogs._options import (
    COUNT,
    LANE,
    MODEL,
    SEED,
    SPOILER,
    VISIBILITY,
    Count,
    Lane,
    Prompt,
    Seed,
    Visibility,
    said,
)
from cogs._pictures import Attached, answer_from_pictures

if TYPE_CHECKING:
    from cogs._client import ImageBot

LONGEST_PRESET = 100
Preset = app_commands.Range[str, 1, LONGEST_PRESET]
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
        spoiler=SPOILER,
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
        spoiler: bool = False,  # noqa: FBT001, FBT002 - an option of the command
    ) -> None:
        """Change a picture as you say."""
        wish = ImageWish(
            prompt or "",
            model,
            count=count,
            seed=seed,
            task="fill" if mask else "edit",
            lane=lane or "fast",
            said=said(seed=seed, lane=lane),
            is_spoiler=spoiler,
        )
        if preset:
            wish = self._preset(wish, preset)
        await self._answer(interaction, wish, visibility, Attached(image, mask))

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        image="The picture to enlarge",
        scale="How many times as wide and high; 2 when you do not say",
        mode="subtle keeps what is there, creative invents detail",
        model=MODEL,
        lane=LANE,
        visibility=VISIBILITY,
        spoiler=SPOILER,
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
        spoiler: bool = False,  # noqa: FBT001, FBT002 - an option of the command
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
            is_spoiler=spoiler,
        )
        await self._answer(interaction, wish, visibility, Attached(image))

    async def _answer(
        self,
        interaction: "discord.Interaction[ImageBot]",
        wish: ImageWish,
        visibility: Visibility | None,
        attached: Attached,
    ) -> None:
        origin = origin_of(interaction, has_followup=True)
        action = "upscale" if wish.task == "upscale" else "edit"

        async def request(wish: ImageWish) -> Accepted:
            return await self._wishing.wish(origin, wish, action=action, visibility=visibility)

        await answer_from_pictures(interaction, wish, attached, request)

    def _preset(self, wish: ImageWish, typed: str) -> ImageWish:
        """Return a wish for the ready-made change that somebody chose, or whose name they typed.

        Raises:
            BadChoice: there is none of that name just now.
            UnsupportedInput: it is done by one model, and another one was chosen.
        """
        name = " ".join(typed.casefold().split())
        if name == texts.REMOVE_BACKGROUND.casefold():
            return replace(wish, task="cutout")
        for model in self._making.presets(server_id=None):
            if name in (model.name, model.title.casefold()):
                if wish.model not in (AUTO, model.name):
                    raise UnsupportedInput(model_title=model.title, name="other model")
                return replace(wish, task="edit", model=model.name)
        raise BadChoice(name="preset")

    @edit.autocomplete("preset")
    async def _complete_preset(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        server_id = interaction.guild_id
        removers = self._making.models("", server_id=server_id, task="cutout", limit=1)
        removal = texts.REMOVE_BACKGROUND.casefold()
        is_meant = all(word in removal for word in typed.casefold().split())
        found = [texts.removal_choice(model) for model in removers if is_meant]
        found += texts.model_choices(self._making.presets(typed, server_id=server_id), "edit")
        return found[:25]

    @edit.autocomplete("model")
    async def _complete_editor(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        given = interaction.namespace
        preset = getattr(given, "preset", None)
        if preset not in (None, "", texts.REMOVE_BACKGROUND):
            # That one decides by which model it is done.
            return []
        task: Task = "fill" if getattr(given, "mask", None) else "edit"
        if preset:
            task = "cutout"
        models = self._making.models(typed, server_id=interaction.guild_id, task=task)
        return texts.model_choices(models, task)

    @upscale.autocomplete("model")
    async def _complete_upscaler(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        models = self._making.models(typed, server_id=interaction.guild_id, task="upscale")
        return texts.model_choices(models, "upscale")


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Edit(client))
