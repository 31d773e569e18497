"""How a report begins: which picture is meant, and the form for it."""

from typing import TYPE_CHECKING

import discord

from cogs._answers import pressed_by
from cogs._cards import choice
from cogs._mod_forms import report_form

if TYPE_CHECKING:
    from cogs._client import ImageBot


async def ask_report(
    interaction: "discord.Interaction[ImageBot]", job_id: int, number: int = 0
) -> None:
    """Ask what is wrong with a picture; of several, first with which one."""
    origin = await pressed_by(interaction, job_id)
    view = await interaction.client.services.reports.look(origin, job_id)
    numbers = [picture.number for picture in view.pictures]
    if number == 0 and len(numbers) > 1:
        await interaction.response.send_message(view=choice(view, "report"), ephemeral=True)
        return
    form = report_form(job_id, number or next(iter(numbers), 0), interaction.user.id)
    await interaction.response.send_modal(form)
