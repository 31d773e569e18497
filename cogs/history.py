"""`/history`: everything one made, page by page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.services import Looked
from cogs._answers import origin_of
from cogs._pages import LONGEST_QUERY, history_panel, read_turn
from cogs._panels import PanelCog, add_panel

if TYPE_CHECKING:
    from cogs._client import ImageBot

Query = app_commands.Range[str, 1, LONGEST_QUERY]


class History(PanelCog):
    """The panel of a person's past work."""

    def __init__(self, client: "ImageBot") -> None:
        self._history = client.services.history

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        query="Words of the prompt to look for",
        favourites="Only what you marked with ❤️, other people's work too",
    )
    async def history(
        self,
        interaction: "discord.Interaction[ImageBot]",
        query: Query = "",
        favourites: bool = False,  # noqa: FBT001, FBT002 - an option of the command
    ) -> None:
        """Look through everything you made here."""
        looked = Looked(" ".join(query.split())[:LONGEST_QUERY], is_favourite=favourites)
        page = await self._history.page(origin_of(interaction), looked)
        await interaction.response.send_message(view=history_panel(page), ephemeral=True)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Turn to another page."""
        del values
        looked, turn = read_turn(what)
        page = await self._history.page(origin_of(interaction), looked, turn)
        await interaction.response.edit_message(view=history_panel(page))


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, History(client))
