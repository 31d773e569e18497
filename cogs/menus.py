"""Menus on messages and people: what is rarely needed, and what has no button of its own."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.errors import BadTarget, NothingThere, NotPermitted
from bot.services import Accepted, ImageWish, Takeaway
from cogs import _credit_texts as credit_texts
from cogs import _mod_texts as mod_texts
from cogs import _texts as texts
from cogs._answers import answer_follow_up, origin_of, tell
from cogs._buttons import job_of
from cogs._cards import choice
from cogs._forms import remix_form
from cogs._mod_cards import record_panel
from cogs._pictures import Attached, answer_from_pictures
from cogs._reporting import ask_report

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


@app_commands.context_menu(name="Report to moderators")
@app_commands.guild_only()
async def report_picture(
    interaction: "discord.Interaction[ImageBot]", message: discord.Message
) -> None:
    """Tell the moderators what is wrong with a picture."""
    job_id = job_of(message, interaction.client)
    if job_id is None:
        raise NothingThere
    await ask_report(interaction, job_id)


@app_commands.context_menu(name="Remove (staff)")
@app_commands.guild_only()
@app_commands.default_permissions(moderate_members=True)
async def remove(interaction: "discord.Interaction[ImageBot]", message: discord.Message) -> None:
    """Take away what a message of ours shows, wherever else it is shown."""
    job_id = job_of(message, interaction.client)
    if job_id is None:
        raise NothingThere
    removal = interaction.client.services.removal
    taken = await removal.remove(origin_of(interaction), Takeaway(job_id))
    await tell(interaction, mod_texts.taken(taken))


@app_commands.context_menu(name="Moderation history")
@app_commands.guild_only()
@app_commands.default_permissions(moderate_members=True)
async def moderation_history(
    interaction: "discord.Interaction[ImageBot]", user: discord.User
) -> None:
    """Show what is known of somebody, and what was done about them."""
    page = await interaction.client.services.moderation.record(origin_of(interaction), user.id)
    await interaction.response.send_message(view=record_panel(page), ephemeral=True)


@app_commands.context_menu(name="Credits")
@app_commands.guild_only()
async def credit(interaction: "discord.Interaction[ImageBot]", user: discord.User) -> None:
    """Show staff what somebody has to spend; everybody has `/balance` for themselves."""
    origin = origin_of(interaction)
    if not origin.is_staff:
        raise NotPermitted
    if user.bot:
        raise BadTarget
    told = await interaction.client.services.credits.look(origin, user.id)
    words = credit_texts.statement(told, owner=user.mention, now=discord.utils.utcnow())
    await tell(interaction, words)


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


_MENUS = (upscale, remix, job_info, report_picture, remove, moderation_history, credit)


async def setup(client: "ImageBot") -> None:
    """Add the menus."""
    for menu in _MENUS:
        client.tree.add_command(menu)
