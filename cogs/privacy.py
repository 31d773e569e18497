"""`/privacy`: everything stored about a person, handed over or deleted."""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import discord
from discord import ButtonStyle, app_commands, ui

from bot.errors import BadChoice
from bot.services import Holdings
from cogs import _mine as texts
from cogs._answers import origin_of
from cogs._cards import ACCENT_FAILED
from cogs._panels import PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

STANDS_FOR = timedelta(minutes=10)
# Seconds since 1970, until the year 2286.
_DIGITS = 10


class Privacy(PanelCog):
    """Commands about what is stored of a person."""

    def __init__(self, client: "ImageBot") -> None:
        self._privacy = client.services.privacy

    own = app_commands.Group(
        name="privacy", description="What is stored about you", guild_only=True
    )

    @own.command()
    async def export(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Get everything that is stored about you in this server as one file."""
        # A long history takes longer to pack than a first answer may.
        await interaction.response.defer(ephemeral=True, thinking=True)
        made = await self._privacy.export(origin_of(interaction))
        file = discord.File(io.BytesIO(made.data), filename=made.name)
        await interaction.edit_original_response(content=texts.EXPORT, attachments=[file])

    @own.command()
    async def delete(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Delete your words, pictures and choices in this server; asks first."""
        holdings = await self._privacy.holdings(origin_of(interaction))
        layout = _question(holdings, until=interaction.created_at + STANDS_FOR)
        await interaction.response.send_message(view=layout, ephemeral=True)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Delete what was asked about, unless that was too long ago."""
        del values
        if not (what.isascii() and what.isdecimal() and len(what) <= _DIGITS):
            raise BadChoice(name="button")
        if interaction.created_at.timestamp() > int(what):
            await interaction.response.edit_message(view=_words(texts.FORGET_OVER))
            return
        gone = await self._privacy.forget(origin_of(interaction))
        await interaction.response.edit_message(view=_words(texts.forgotten(gone)))


def _question(holdings: Holdings, *, until: datetime) -> ui.LayoutView:
    custom_id = f"v1:forget:{int(until.timestamp())}"
    button = PanelItem.button(custom_id, texts.FORGET, style=ButtonStyle.danger)
    return _words(texts.forget(holdings), row(button))


def _words(words: str, *items: ui.Item[Any]) -> ui.LayoutView:
    return panel(ui.TextDisplay(words), *items, colour=ACCENT_FAILED)


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, Privacy(client))
