"""Answering an interaction: who asks from where, and the job card as the first answer."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog
from discord import ui

from bot.errors import NeedsAnswer, ServerOnly, UnknownJob
from bot.services import Accepted, Origin
from cogs import _texts as texts
from cogs._buttons import AskButton
from cogs._cards import card
from cogs._errors import whisper
from cogs._refusals import refusal

if TYPE_CHECKING:
    from cogs._client import ImageBot

log = structlog.get_logger()

DEFER_AFTER_S = 1.0
# So that no number overflows the database's.
MAX_DIGITS = 18


def origin_of(
    interaction: discord.Interaction[Any],
    *,
    is_private: bool = False,
    has_followup: bool = False,
    server_id: int | None = None,
) -> Origin:
    """Reduce an interaction to what survives a restart.

    `server_id` is where it counts when it comes from a direct message; `has_followup` says that
    the card will not be the first answer.

    Raises:
        ServerOnly: it did not come from a server.
    """
    server_id = interaction.guild_id or server_id
    if server_id is None or interaction.channel_id is None:
        raise ServerOnly
    person, place = interaction.user, interaction.channel
    is_member = isinstance(person, discord.Member)
    return Origin(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        server_id=server_id,
        channel_id=interaction.channel_id,
        user_id=interaction.user.id,
        locale=interaction.locale.value,
        file_limit_bytes=interaction.filesize_limit,
        is_private=is_private,
        is_staff=is_staff(interaction),
        has_followup=has_followup,
        is_admin=interaction.permissions.administrator,
        is_nsfw_place=_is_nsfw(place),
        parent_channel_id=place.parent_id if isinstance(place, discord.Thread) else None,
        role_ids=tuple(role.id for role in person.roles) if is_member else (),
        joined_at=person.joined_at if is_member else None,
    )


def _is_nsfw(place: object) -> bool:
    """Whether a channel is age-restricted; a thread is what its channel is."""
    if isinstance(place, discord.abc.GuildChannel | discord.Thread):
        return bool(getattr(place, "is_nsfw", lambda: False)())
    return False


async def pressed_by(interaction: "discord.Interaction[ImageBot]", job_id: int) -> Origin:
    """Return who pressed something, and in which server it counts: in a direct message, the job's.

    Raises:
        UnknownJob: a direct message about somebody else's job.
    """
    if interaction.guild_id is not None:
        return origin_of(interaction)
    server_id = await interaction.client.services.work.server_of(job_id, interaction.user.id)
    return origin_of(interaction, is_private=True, server_id=server_id)


def is_hidden(interaction: discord.Interaction[Any]) -> bool:
    """Whether what was pressed is a private answer, so that what follows from it is one too."""
    return interaction.message is not None and interaction.message.flags.ephemeral


def is_staff(interaction: discord.Interaction[Any]) -> bool:
    """Whether the person moderates this server. Asked of Discord's word, never of the client's."""
    permissions = interaction.permissions
    return permissions.manage_guild or permissions.moderate_members


def job_number(job_id: str) -> int:
    """Return the number of a job as somebody typed it.

    Raises:
        UnknownJob: it is none.
    """
    digits = job_id.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS):
        raise UnknownJob(job_id=job_id)
    return int(digits)


async def tell(interaction: discord.Interaction[Any], words: str) -> None:
    """Answer with words that only the person sees."""
    await interaction.response.send_message(words, ephemeral=True)


async def answer_with_job(
    interaction: "discord.Interaction[ImageBot]",
    accepting: Coroutine[Any, Any, Accepted],
    *,
    is_private: bool = False,
) -> None:
    """Accept first, then answer with the card, then send the job on its way.

    A refusal must be private and that is fixed by the first answer, so nothing is deferred
    before the decision, unless the decision takes so long that Discord would give up on us.
    """
    task = asyncio.ensure_future(accepting)
    await asyncio.wait({task}, timeout=DEFER_AFTER_S)
    if not task.done():
        await interaction.response.defer(thinking=True, ephemeral=is_private)
    await _answer(interaction, task, was_private=is_private)


async def answer_follow_up(
    interaction: "discord.Interaction[ImageBot]",
    action: str,
    job_id: int,
    number: int,
    prompt: str | None = None,
) -> None:
    """Ask for what follows from a job, and answer with it."""
    origin = await pressed_by(interaction, job_id)
    accepting = interaction.client.services.wishing.follow_up(
        origin, job_id, number, action=action, prompt=prompt
    )
    await answer_with_job(interaction, accepting, is_private=is_hidden(interaction))


async def answer_later(
    interaction: "discord.Interaction[ImageBot]", accepting: Coroutine[Any, Any, Accepted]
) -> None:
    """Accept after a private word was the first answer; the card takes its place or follows it."""
    await _answer(interaction, asyncio.ensure_future(accepting), was_private=True)


async def _answer(
    interaction: "discord.Interaction[ImageBot]",
    accepting: asyncio.Future[Accepted],
    *,
    was_private: bool,
) -> None:
    try:
        accepted = await accepting
    except NeedsAnswer as ask:
        await _take_back(interaction)
        await ask_back(interaction, ask)
        return
    except Exception:
        await _take_back(interaction)
        raise
    if accepted.is_new:
        await answer_new(interaction, accepted, was_private=was_private)
        if accepted.view.address.has_followup:
            await _take_back(interaction)
    elif accepted.view.address.interaction_id != interaction.id:
        await _take_back(interaction)
        await tell_where(interaction, accepted)


async def tell_where(interaction: discord.Interaction[Any], accepted: Accepted) -> None:
    """Say, in private, where the job of an earlier press is."""
    where = texts.link(accepted.view.server_id, accepted.view.address)
    words = texts.ALREADY_THERE if accepted.view.is_final else texts.ALREADY_UNDER_WAY
    await whisper(interaction, words.format(link=where))


async def _take_back(interaction: discord.Interaction[Any]) -> None:
    """Take a first answer away before other words follow: they would fill a public "thinking"."""
    if interaction.response.is_done():
        with suppress(discord.HTTPException):
            await interaction.delete_original_response()


async def ask_back(interaction: discord.Interaction[Any], ask: NeedsAnswer) -> None:
    """Ask, in private, what waits for an answer."""
    row = ui.ActionRow[Any]()
    row.add_item(AskButton.make("yes", ask.ask_id, texts.YES.format(price=ask.price)))
    row.add_item(AskButton.make("no", ask.ask_id, texts.NO))
    layout = note(refusal(ask))
    layout.add_item(row)
    if interaction.response.is_done():
        await interaction.followup.send(view=layout, ephemeral=True)
    else:
        await interaction.response.send_message(view=layout, ephemeral=True)


def note(words: str) -> ui.LayoutView:
    """Return words as a message that may become a card, or get buttons."""
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.TextDisplay(words))
    return layout


async def answer_new(
    interaction: "discord.Interaction[ImageBot]", accepted: Accepted, *, was_private: bool
) -> None:
    """Show the card of a job that was just accepted, and send the job on its way."""
    services = interaction.client.services
    try:
        message_id = await _send_card(interaction, accepted, was_private=was_private)
        await services.making.note_answer(accepted.view.id, message_id)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        # The job is accepted and its price held, so whatever kept the card from being shown,
        # it is made and delivered without.
        log.info("job not answered", job_id=accepted.view.id, reason=type(error).__name__)
    finally:
        interaction.client.in_background(services.dispatch.send(accepted.view.id))


async def _send_card(
    interaction: discord.Interaction[Any], accepted: Accepted, *, was_private: bool
) -> int:
    layout = card(accepted.view)
    address = accepted.view.address
    # In a direct message everything is between us.
    ephemeral = address.is_private and interaction.guild_id is not None
    is_misplaced = interaction.response.is_done() and was_private != ephemeral
    if is_misplaced and interaction.guild_id is not None and not address.has_followup:
        # Deferred before it was known: a private card must not fill a public "thinking".
        await _take_back(interaction)
        return (await interaction.followup.send(view=layout, ephemeral=ephemeral, wait=True)).id
    if address.has_followup:
        return (await interaction.followup.send(view=layout, ephemeral=ephemeral, wait=True)).id
    if interaction.response.is_done():
        return (await interaction.edit_original_response(view=layout)).id
    answer = await interaction.response.send_message(view=layout, ephemeral=ephemeral)
    assert answer.message_id is not None
    return answer.message_id
