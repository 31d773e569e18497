"""My work: `/jobs`, `/cancel` and `/show`."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import NoSuchPicture, UserError
from cogs import _texts as texts
from cogs._answers import job_number, origin_of, tell
from cogs._cards import card, result

if TYPE_CHECKING:
    from cogs._client import ImageBot

_describe = app_commands.describe(job_id="The number under the picture, as in #12")


class Jobs(commands.Cog):
    """Commands about one's own jobs."""

    def __init__(self, client: "ImageBot") -> None:
        self._removal = client.services.removal
        self._work = client.services.work

    @app_commands.command()
    @app_commands.guild_only()
    async def jobs(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """List what runs and what you made lately."""
        overview = await self._work.overview(origin_of(interaction))
        lines = [texts.job_line(view) for view in overview.active + overview.recent]
        await tell(interaction, texts.fitted(lines) or texts.NO_JOBS)

    @app_commands.command()
    @app_commands.guild_only()
    @_describe
    async def cancel(self, interaction: "discord.Interaction[ImageBot]", job_id: str) -> None:
        """Stop a job; what was not delivered costs nothing."""
        view = await self._work.cancel(origin_of(interaction), job_number(job_id))
        await tell(interaction, texts.CANCEL_ASKED.format(job_id=view.id))

    @app_commands.command()
    @app_commands.guild_only()
    @_describe
    async def show(self, interaction: "discord.Interaction[ImageBot]", job_id: str) -> None:
        """Post one of your finished jobs here again, with fresh buttons."""
        origin = origin_of(interaction)
        view = await self._work.find_shown(origin, job_number(job_id))
        # The pictures may take a while to read and send; whether they may be seen is decided.
        await interaction.response.defer(thinking=True, ephemeral=view.address.is_private)
        limit_bytes = interaction.filesize_limit
        try:
            files = await self._work.files_of(view, limit_bytes=limit_bytes, origin=origin)
            is_there = files or view.answer is not None
            if not is_there and view.failure is None:
                raise NoSuchPicture
        except UserError:
            await interaction.delete_original_response()
            raise
        layout, attachments = result(view, files) if is_there else (card(view), [])
        shown = await interaction.edit_original_response(view=layout, attachments=attachments)
        await self._removal.note_copy(view.id, channel_id=shown.channel.id, message_id=shown.id)

    @cancel.autocomplete("job_id")
    async def _complete_active(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        overview = await self._work.overview(origin_of(interaction))
        return [texts.job_choice(view) for view in overview.active if typed in str(view.id)][:25]

    @show.autocomplete("job_id")
    async def _complete_recent(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        overview = await self._work.overview(origin_of(interaction))
        return [texts.job_choice(view) for view in overview.recent if typed in str(view.id)][:25]


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Jobs(client))
