"""Menus on messages: Upscale, Remix and Job info."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.errors import NothingThere
from bot.services import Accepted, ImageWish
from cogs import _texts as texts
from cogs._answers import answer_follow_up, origin_of, tell
from cogs._buttons import job_of
from cogs._cards import choice
from cogs._forms import remix_form
from cogs._pictures import Attached, answer_from_pictures

if TYPE_CHECKING:
    from cogs._client import ImageBot


@app_commands.context_menu(name="Upscale")
@app_commands.guild_only()
async def upscale(interaction: "discord.Interaction[ImageBot]", message: discord.Message) -> None:
    """Make the picture of a message larger, whoever posted it."""
    job_id = job_of(message, interaction.client)
    if job_id is None:
        await _upscale_attached(interaction, message)
        return
    view = await interaction.client.services.work.look(origin_of(interaction), job_id)
    if len(view.pictures) == 1:
        await answer_follow_up(interaction, "up_subtle", job_id, view.pictures[0].number)
    elif view.pictures:
        await interaction.response.send_message(view=choice(view, "up_subtle"), ephemeral=True)
    else:
        raise NothingThere


@app_commands.context_menu(name="Remix")
@app_commands.guild_only()
async def remix(interaction: "discord.Interaction[ImageBot]", message: discord.Message) -> None:
    """Draw something of ours again with other words."""
    job_id = job_of(message, interaction.client)
    if job_id is None:
        raise NothingThere
    making = interaction.client.services.making
    words = await making.words_of(origin_of(interaction), job_id)
    await interaction.response.send_modal(remix_form(job_id, interaction.user.id, words))


@app_commands.context_menu(name="Job info")
@app_commands.guild_only()
async def job_info(interaction: "discord.Interaction[ImageBot]", message: discord.Message) -> None:
    """Say how a picture was made."""
    job_id = job_of(message, interaction.client)
    if job_id is None:
        raise NothingThere
    view = await interaction.client.services.work.look(origin_of(interaction), job_id)
    await tell(interaction, texts.info(view))


async def _upscale_attached(
    interaction: "discord.Interaction[ImageBot]", message: discord.Message
) -> None:
    image = next((one for one in message.attachments if one.width and one.height), None)
    if image is None:
        raise NothingThere
    wishing = interaction.client.services.wishing
    origin = origin_of(interaction, has_followup=True)

    async def request(wish: ImageWish) -> Accepted:
        return await wishing.wish(origin, wish, action="upscale")

    await answer_from_pictures(interaction, ImageWish("", task="upscale"), Attached(image), request)


async def setup(client: "ImageBot") -> None:
    """Add the menus."""
    for menu in (upscale, remix, job_info):
        client.tree.add_command(menu)
