"""`/stats`: what was made and what it cost, as a picture and in words."""

import io
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.errors import HostOnly
from bot.services import Period, Report
from cogs import _stats_texts as texts
from cogs._answers import origin_of
from cogs._cards import ACCENT
from cogs._hosts import is_host

if TYPE_CHECKING:
    from cogs._client import ImageBot

FILE_NAME = "stats.png"


class Stats(commands.Cog):
    """Figures for administrators, and for the host."""

    def __init__(self, client: "ImageBot") -> None:
        self._charting = client.services.charting
        self._stats = client.services.stats

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(administrator=True)
    @app_commands.describe(
        period="How far back",
        everywhere="All servers together; for the bot's host only",
    )
    async def stats(
        self,
        interaction: "discord.Interaction[ImageBot]",
        period: Period = "month",
        everywhere: bool = False,  # noqa: FBT001, FBT002 - an option of the command
    ) -> None:
        """Show what was made here, what it cost and what people paid for it."""
        origin = origin_of(interaction)
        if everywhere and not is_host(interaction):
            raise HostOnly
        # Adding up and drawing may take longer than Discord waits for us.
        await interaction.response.defer(ephemeral=True, thinking=True)
        report = await self._stats.report(
            period, server_id=None if everywhere else origin.server_id
        )
        if not report.jobs and not report.spent:
            await interaction.followup.send(texts.nothing(report), ephemeral=True)
            return
        picture = await self._charting.draw(texts.chart(report))
        layout, files = _answer(report, picture)
        await interaction.followup.send(view=layout, files=files, ephemeral=True)


def _answer(report: Report, picture: bytes | None) -> tuple[ui.LayoutView, list[discord.File]]:
    """Return the figures in words, below their chart if it was drawn."""
    words: list[ui.Item[Any]] = [ui.TextDisplay(texts.summary(report))]
    files: list[discord.File] = []
    if picture is None:
        words.append(ui.TextDisplay(texts.NOT_DRAWN))
    else:
        description = texts.alt_text(report)
        file = discord.File(io.BytesIO(picture), filename=FILE_NAME, description=description)
        gallery = ui.MediaGallery[ui.LayoutView]()
        gallery.add_item(media=file, description=description)
        words.insert(0, gallery)
        files.append(file)
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.Container(*words, accent_colour=ACCENT))
    return layout, files


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Stats(client))
