"""`/models`: what there is to choose from, with prices and examples."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast, get_args

import discord
from discord import app_commands, ui

from bot.catalog import Task
from bot.errors import BadChoice
from bot.services import ModelSheet, Sample
from cogs import _mine as texts
from cogs._answers import origin_of
from cogs._cards import ACCENT
from cogs._panels import PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

_TASKS = [app_commands.Choice(name=words, value=task) for task, words in texts.TASKS.items()]


class Models(PanelCog):
    """The panel that browses the models."""

    def __init__(self, client: "ImageBot") -> None:
        self._showroom = client.services.showroom

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(task="What it is to do; pictures from words when you do not say")
    @app_commands.choices(task=_TASKS)
    async def models(
        self, interaction: "discord.Interaction[ImageBot]", task: str = "imagine"
    ) -> None:
        """Browse the models: what they cost, what they take, what they last made."""
        # Reading and fitting the example may take longer than a first answer.
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show(interaction, task)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Show the model that was chosen."""
        await interaction.response.defer()
        await self._show(interaction, what, next(iter(values), None))

    async def _show(
        self, interaction: "discord.Interaction[ImageBot]", task: str, name: str | None = None
    ) -> None:
        if task not in get_args(Task):
            raise BadChoice(name="task")
        sheet = await self._showroom.sheet(origin_of(interaction), cast("Task", task), name)
        layout, files = self._panel(sheet)
        await interaction.edit_original_response(view=layout, attachments=files)

    def _panel(self, sheet: ModelSheet) -> tuple[ui.LayoutView, list[discord.File]]:
        options = [
            texts.model_option(model, sheet.task, is_chosen=model == sheet.model)
            for model in self._showroom.models(sheet.task)
        ]
        select = PanelItem.select(f"v1:models:{sheet.task}", options)
        items: list[ui.Item[Any]] = [row(select), ui.TextDisplay(texts.model_sheet(sheet))]
        if sheet.sample is None:
            items.append(ui.TextDisplay(texts.NO_SAMPLE))
            return panel(*items, colour=ACCENT), []
        file = _file(sheet.sample)
        gallery = ui.MediaGallery[ui.LayoutView]()
        gallery.add_item(media=file, description=file.description)
        items += [gallery, ui.TextDisplay(texts.sample_words(sheet.sample))]
        return panel(*items, colour=ACCENT), [file]


def _file(sample: Sample) -> discord.File:
    description = texts.sample_alt_text(sample)
    return discord.File(
        io.BytesIO(sample.file.data), filename=sample.file.name, description=description
    )


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, Models(client))
