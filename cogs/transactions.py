"""`/transactions`: everything that moved one's own credits, page by page or as a file."""

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands, ui

from bot.errors import BadChoice
from bot.services import EntryPage, EntryTurn
from cogs import _credit_texts as texts
from cogs._answers import origin_of
from cogs._cards import ACCENT
from cogs._panels import PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

_FILE = "csv"
_TURN = re.compile(r"([no]):([0-9]{1,18})")


class Transactions(PanelCog):
    """The panel of a person's own ledger entries."""

    def __init__(self, client: "ImageBot") -> None:
        self._transactions = client.services.transactions

    @app_commands.command()
    @app_commands.guild_only()
    async def transactions(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Look through everything that moved your credits here."""
        page = await self._transactions.page(origin_of(interaction))
        await interaction.response.send_message(view=_panel(page), ephemeral=True)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Turn to another page, or send everything as a file."""
        del values
        if what == _FILE:
            await self._send_file(interaction)
            return
        match = _TURN.fullmatch(what)
        if match is None:
            raise BadChoice(name="page")
        turn = EntryTurn(int(match[2]), is_newer=match[1] == "n")
        page = await self._transactions.page(origin_of(interaction), turn)
        await interaction.response.edit_message(view=_panel(page))

    async def _send_file(self, interaction: "discord.Interaction[ImageBot]") -> None:
        # Years of entries take longer to read than a first answer may.
        await interaction.response.defer(ephemeral=True, thinking=True)
        made = await self._transactions.file(origin_of(interaction))
        file = discord.File(io.BytesIO(made.data), filename=made.name)
        words = texts.entries_file(made)
        await interaction.edit_original_response(content=words, attachments=[file])


def _panel(page: EntryPage) -> ui.LayoutView:
    items: list[ui.Item[Any]] = [ui.TextDisplay(texts.transactions(page))]
    if page.entries:
        newest, oldest = page.entries[0].id, page.entries[-1].id
        items.append(
            row(
                PanelItem.button(f"v1:money:n:{newest}", texts.NEWER, is_enabled=page.has_newer),
                PanelItem.button(f"v1:money:o:{oldest}", texts.OLDER, is_enabled=page.has_older),
                PanelItem.button(f"v1:money:{_FILE}", texts.AS_FILE),
            )
        )
    return panel(*items, colour=ACCENT)


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, Transactions(client))
