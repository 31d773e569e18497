"""Answering an interaction: who asks from where, and the job card as the first answer."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog

from bot.errors import ServerOnly
from bot.services import Accepted, Origin
from cogs import _texts as texts
from cogs._cards import card
from cogs._errors import whisper

if TYPE_CHECKING:
    from cogs._client import ImageBot

log = structlog.get_logger()

DEFER_AFTER_S = 1.0


def origin_of(interaction: discord.Interaction[Any]) -> Origin:
    """Reduce an interaction to what survives a restart.

    Raises:
        ServerOnly: it did not come from a server.
    """
    if interaction.guild_id is None or interaction.channel_id is None:
        raise ServerOnly
    return Origin(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        server_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        user_id=interaction.user.id,
        locale=interaction.locale.value,
        file_limit_bytes=interaction.filesize_limit,
        is_staff=is_staff(interaction),
    )


def is_staff(interaction: discord.Interaction[Any]) -> bool:
    """Whether the person moderates this server. Asked of Discord's word, never of the client's."""
    permissions = interaction.permissions
    return permissions.manage_guild or permissions.moderate_members


async def tell(interaction: discord.Interaction[Any], words: str) -> None:
    """Answer with words that only the person sees."""
    await interaction.response.send_message(words, ephemeral=True)


async def answer_with_job(
    interaction: "discord.Interaction[ImageBot]", accepting: Coroutine[Any, Any, Accepted]
) -> None:
    """Accept first, then answer with the card, then send the job on its way.

    A refusal must be private and that is fixed by the first answer, so nothing is deferred
    before the decision, unless the decision takes so long that Discord would give up on us.
    """
    task = asyncio.ensure_future(accepting)
    await asyncio.wait({task}, timeout=DEFER_AFTER_S)
    if not task.done():
        await interaction.response.defer(thinking=True)
    try:
        accepted = await task
    except Exception:
        await _stop_thinking(interaction)
        raise
    if accepted.is_new:
        await _answer_new(interaction, accepted)
    elif accepted.view.address.interaction_id != interaction.id:
        await _stop_thinking(interaction)
        where = texts.link(accepted.view.server_id, accepted.view.address)
        words = texts.ALREADY_THERE if accepted.view.is_final else texts.ALREADY_UNDER_WAY
        await whisper(interaction, words.format(link=where))


async def _stop_thinking(interaction: discord.Interaction[Any]) -> None:
    """Take a public "thinking" away, or the private words that follow would fill it publicly."""
    if interaction.response.is_done():
        await interaction.delete_original_response()


async def _answer_new(interaction: "discord.Interaction[ImageBot]", accepted: Accepted) -> None:
    services = interaction.client.services
    try:
        message_id = await _send_card(interaction, accepted)
        await services.making.note_answer(accepted.view.id, message_id)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        # The job is accepted and its price held, so whatever kept the card from being shown,
        # it is made and delivered without.
        log.info("job not answered", job_id=accepted.view.id, reason=type(error).__name__)
    finally:
        interaction.client.in_background(services.dispatch.send(accepted.view.id))


async def _send_card(interaction: discord.Interaction[Any], accepted: Accepted) -> int:
    layout = card(accepted.view)
    if interaction.response.is_done():
        return (await interaction.edit_original_response(view=layout)).id
    answer = await interaction.response.send_message(view=layout)
    assert answer.message_id is not None
    return answer.message_id
