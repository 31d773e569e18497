"""`/models`: what there is to choose from, with prices and examples."""

import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast, get_args

import discord
from discord import app_commands, ui

from bot.catalog import Task
from bot.errors import BadChoice
from bot.services import ModelPage, ModelSheet, Sample
from cogs import _mine as texts
from cogs._answers import origin_of
from cogs._cards import ACCENT
from cogs._pages import LONGEST_QUERY
from cogs._panels import PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

Query = app_commands.Range[str, 1, LONGEST_QUERY]
_WHAT = re.compile(r"(?P<task>[a-z]+)(?::[st](?P<number>[0-9]{1,4}):(?P<query>.*))?", re.DOTALL)
_TASKS = [app_commands.Choice(name=words, value=task) for task, words in texts.TASKS.items()]


class Models(PanelCog):
    """The panel that browses the models."""

    def __init__(self, client: "ImageBot") -> None:
        self._showroom = client.services.showroom

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        task="What it is to do; pictures from words when you do not say",
        query="Words of its name",
    )
    @app_commands.choices(task=_TASKS)
    async def models(
        self,
        interaction: "discord.Interaction[ImageBot]",
        task: str = "imagine",
        query: Query = "",
    ) -> None:
        """Browse the models: what they cost, what they take, what they last made."""
        page = self._page(interaction, task, " ".join(query.split())[:LONGEST_QUERY])
        # Reading and fitting the example may take longer than a first answer.
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show(interaction, page)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Show the model that was chosen, or the first one of another page."""
        match = _WHAT.fullmatch(what)
        if match is None:
            raise BadChoice(name="page")
        number, query = int(match["number"] or 0), match["query"] or ""
        page = self._page(interaction, match["task"], query, number)
        await interaction.response.defer()
        await self._show(interaction, page, next(iter(values), None))

    def _page(
        self,
        interaction: "discord.Interaction[ImageBot]",
        task: str,
        query: str,
        number: int = 0,
    ) -> ModelPage:
        if task not in get_args(Task):
            raise BadChoice(name="task")
        server_id = interaction.guild_id
        return self._showroom.page(cast("Task", task), query, number, server_id=server_id)

    async def _show(
        self,
        interaction: "discord.Interaction[ImageBot]",
        page: ModelPage,
        name: str | None = None,
    ) -> None:
        if page.query and not page.models:
            layout = panel(ui.TextDisplay(texts.no_models(page.query)), colour=ACCENT)
            await interaction.edit_original_response(view=layout, attachments=[])
            return
        name = name or next((model.name for model in page.models), None)
        sheet = await self._showroom.sheet(origin_of(interaction), page.task, name)
        layout, files = self._panel(page, sheet)
        await interaction.edit_original_response(view=layout, attachments=files)

    def _panel(
        self, page: ModelPage, sheet: ModelSheet
    ) -> tuple[ui.LayoutView, list[discord.File]]:
        items: list[ui.Item[Any]] = [*_list(page, sheet), ui.TextDisplay(texts.model_sheet(sheet))]
        if sheet.sample is None:
            items.append(ui.TextDisplay(texts.NO_SAMPLE))
            return panel(*items, colour=ACCENT), []
        file = _file(sheet.sample)
        gallery = ui.MediaGallery[ui.LayoutView]()
        gallery.add_item(media=file, description=file.description)
        items += [gallery, ui.TextDisplay(texts.sample_words(sheet.sample))]
        return panel(*items, colour=ACCENT), [file]


def _list(page: ModelPage, sheet: ModelSheet) -> Iterator[ui.Item[Any]]:
    """Yield the models of a page, and buttons to its neighbours where there are any."""
    options = [
        texts.model_option(model, page.task, is_chosen=model == sheet.model)
        for model in page.models
    ]
    number, last = page.number, page.count - 1
    # The first page's select keeps the name that panels of before have.
    is_plain = number == 0 and not page.query
    name = f"v1:models:{page.task}" if is_plain else _id(page, "s", number)
    yield row(PanelItem.select(name, options))
    if page.count > 1:
        before, after = _id(page, "t", max(0, number - 1)), _id(page, "t", number + 1)
        yield ui.TextDisplay(texts.model_page(page))
        yield row(
            PanelItem.button(before, texts.MODELS_BEFORE, is_enabled=number > 0),
            PanelItem.button(after, texts.MODELS_AFTER, is_enabled=number < last),
        )


def _id(page: ModelPage, what: str, number: int) -> str:
    return f"v1:models:{page.task}:{what}{number}:{page.query}"


def _file(sample: Sample) -> discord.File:
    description = texts.sample_alt_text(sample)
    return discord.File(
        io.BytesIO(sample.file.data), filename=sample.file.name, description=description
    )


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, Models(client))
