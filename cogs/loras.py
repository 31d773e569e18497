"""`/loras`: a look through the LoRAs that others have published on CivitAI."""

import io
import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands, ui

from bot.catalog import AUTO, Model
from bot.errors import BadChoice
from bot.services import Lora
from cogs import _lora_texts as texts
from cogs._cards import ACCENT
from cogs._options import is_nsfw_fine
from cogs._pages import LONGEST_QUERY
from cogs._panels import PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

Query = app_commands.Range[str, 1, LONGEST_QUERY]
_ANY_MODEL = "-"
_WHAT = re.compile(r"(-|[0-9a-f]{8}):(.*)", re.DOTALL)


class Loras(PanelCog):
    """The panel that looks through LoRAs."""

    def __init__(self, client: "ImageBot") -> None:
        self._shelf = client.services.loras

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        query="Words of its name", model="Only what this model can use; any when you do not say"
    )
    async def loras(
        self,
        interaction: "discord.Interaction[ImageBot]",
        query: Query,
        model: str | None = None,
    ) -> None:
        """Find LoRAs on CivitAI: add-ons that teach a model a style, a person or a thing."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        model = None if model == AUTO else model
        await self._show(interaction, " ".join(query.split())[:LONGEST_QUERY], model)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Show the LoRA that was chosen."""
        match = _WHAT.fullmatch(what)
        if match is None:
            raise BadChoice(name="model")
        model = None if match[1] == _ANY_MODEL else self._model(match[1])
        await interaction.response.defer()
        await self._show(interaction, match[2], model, next(iter(values), None))

    async def _show(
        self,
        interaction: "discord.Interaction[ImageBot]",
        query: str,
        model: str | None,
        chosen: str | None = None,
    ) -> None:
        found = await self._shelf.search(query, model, is_nsfw_fine=is_nsfw_fine(interaction))
        if not found:
            layout = panel(ui.TextDisplay(texts.no_loras(query)), colour=ACCENT)
            await interaction.edit_original_response(view=layout, attachments=[])
            return
        lora = next((one for one in found if str(one.found.version_id) == chosen), found[0])
        layout, files = await self._panel(found, lora, f"v1:loras:{_short(model)}:{query}")
        await interaction.edit_original_response(view=layout, attachments=files)

    async def _panel(
        self, found: Sequence[Lora], lora: Lora, custom_id: str
    ) -> tuple[ui.LayoutView, list[discord.File]]:
        options = [texts.lora_option(one, is_chosen=one is lora) for one in found]
        select = PanelItem.select(custom_id, options)
        items: list[ui.Item[Any]] = [row(select), ui.TextDisplay(texts.lora_sheet(lora))]
        preview = await self._shelf.preview(lora)
        if preview is None:
            items.append(ui.TextDisplay(texts.NO_PREVIEW))
            return panel(*items, colour=ACCENT), []
        words = texts.preview_alt_text(lora)
        file = discord.File(io.BytesIO(preview.data), filename=preview.name, description=words)
        gallery = ui.MediaGallery[ui.LayoutView]()
        gallery.add_item(media=file, description=words)
        items.append(gallery)
        return panel(*items, colour=ACCENT), [file]

    def _model(self, short: str) -> str:
        for model in self._shelf.models():
            if _short(model.name) == short:
                return model.name
        raise BadChoice(name="model")

    @loras.autocomplete("model")
    async def _complete_model(
        self, _interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        return [_choice(model) for model in self._shelf.models(typed)[:25]]


def _choice(model: Model) -> app_commands.Choice[str]:
    return app_commands.Choice(name=model.title, value=model.name)


def _short(model: str | None) -> str:
    """Return a model's name as a `custom_id` has room for it beside the words looked for."""
    return _ANY_MODEL if model is None else f"{zlib.crc32(model.strip().lower().encode()):08x}"


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, Loras(client))
