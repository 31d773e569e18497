"""What each button does."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import discord

from bot.errors import NeedsAnswer, NoDirectMessages, NoSuchPicture
from bot.services import FOLLOWUPS, Origin
from cogs import _texts as texts
from cogs._answers import (
    answer_follow_up,
    answer_new,
    answer_with_job,
    ask_back,
    is_hidden,
    note,
    origin_of,
    pressed_by,
    tell,
    tell_where,
)
from cogs._cards import choice, result
from cogs._clicks import Click
from cogs._doors import check_button
from cogs._errors import report
from cogs._forms import remix_form
from cogs._reporting import ask_report

if TYPE_CHECKING:
    from cogs._client import ImageBot

DM_LIMIT_BYTES = 10 * 1024 * 1024

Press = Callable[["discord.Interaction[ImageBot]", str, int, int], Awaitable[None]]


async def click(interaction: "discord.Interaction[ImageBot]", item: Click) -> None:
    """Do what a button or select of ours says, for whom the table of permissions allows it."""
    try:
        await check_button(interaction, item.door)
        await item.clicked(interaction)
    except Exception as error:  # noqa: BLE001 - handed to the one place that knows the words
        await report(interaction, error)


async def press(
    interaction: "discord.Interaction[ImageBot]", action: str, job_id: int, number: int
) -> None:
    """Do what a button of a job says."""
    await _PRESSES[action](interaction, action, job_id, number)


async def answer_ask(
    interaction: "discord.Interaction[ImageBot]", verdict: str, ask_id: int
) -> None:
    """Do what a person was asked about, or forget it; each job is answered with its own card."""
    wishing = interaction.client.services.wishing
    words = texts.DROPPED
    await interaction.response.defer()
    server_id = await wishing.server_of(ask_id, interaction.user.id)
    origin = origin_of(interaction, server_id=server_id)
    if verdict == "no":
        await wishing.drop(origin, ask_id)
    else:
        words = await _confirm(interaction, origin, ask_id)
    with suppress(discord.NotFound):
        await interaction.edit_original_response(view=note(words))


async def _confirm(
    interaction: "discord.Interaction[ImageBot]", origin: Origin, ask_id: int
) -> str:
    """Answer each job that was asked about; return the words that take the question's place."""
    try:
        async for accepted in interaction.client.services.wishing.confirm(origin, ask_id):
            if accepted.is_new:
                await answer_new(interaction, accepted, was_private=True)
            else:
                await tell_where(interaction, accepted)
    except NeedsAnswer as ask:
        await ask_back(interaction, ask)
        return texts.DEARER
    return texts.CONFIRMED


async def _cancel(
    interaction: "discord.Interaction[ImageBot]", _action: str, job_id: int, _number: int
) -> None:
    await interaction.client.services.work.cancel(await pressed_by(interaction, job_id), job_id)
    await tell(interaction, texts.CANCEL_ASKED.format(job_id=job_id))


async def _pick(
    interaction: "discord.Interaction[ImageBot]", _action: str, job_id: int, number: int
) -> None:
    origin = await pressed_by(interaction, job_id)
    accepting = interaction.client.services.wishing.pick(origin, job_id, number)
    await answer_with_job(interaction, accepting, is_private=is_hidden(interaction))


async def _remix(
    interaction: "discord.Interaction[ImageBot]", _action: str, job_id: int, _number: int
) -> None:
    origin = await pressed_by(interaction, job_id)
    words = await interaction.client.services.making.words_of(origin, job_id)
    await interaction.response.send_modal(remix_form(job_id, interaction.user.id, words))


async def _favourite(
    interaction: "discord.Interaction[ImageBot]", _action: str, job_id: int, number: int
) -> None:
    origin = await pressed_by(interaction, job_id)
    services = interaction.client.services
    if number:
        is_marked = await services.favourites.toggle(origin, job_id, number)
        await tell(interaction, texts.MARKED if is_marked else texts.UNMARKED)
        return
    view = await services.work.look(origin, job_id)
    if not view.pictures:
        raise NoSuchPicture
    await interaction.response.send_message(view=choice(view, "favourite"), ephemeral=True)


async def _info(
    interaction: "discord.Interaction[ImageBot]", _action: str, job_id: int, _number: int
) -> None:
    origin = await pressed_by(interaction, job_id)
    view = await interaction.client.services.work.look(origin, job_id)
    await tell(interaction, texts.info(view))


async def _send(
    interaction: "discord.Interaction[ImageBot]", _action: str, job_id: int, _number: int
) -> None:
    work = interaction.client.services.work
    view = await work.look(await pressed_by(interaction, job_id), job_id)
    work.check_decent(view)
    # Reading and sending the pictures may take longer than a first answer may.
    await interaction.response.defer(ephemeral=True, thinking=True)
    files = await work.files_of(view, limit_bytes=DM_LIMIT_BYTES)
    if not files and view.answer is None:
        raise NoSuchPicture
    # In a direct message the buttons count for one's own jobs alone.
    is_own = view.user_id == interaction.user.id
    layout, attachments = result(view, files, has_buttons=is_own)
    try:
        sent = await interaction.user.send(view=layout, files=attachments)
    except discord.Forbidden as error:
        raise NoDirectMessages from error
    await interaction.client.services.removal.note_copy(
        job_id, channel_id=sent.channel.id, message_id=sent.id
    )
    await interaction.edit_original_response(content=texts.SENT)


async def _delete(
    interaction: "discord.Interaction[ImageBot]", _action: str, job_id: int, _number: int
) -> None:
    origin = await pressed_by(interaction, job_id)
    await interaction.client.services.work.look_to_delete(origin, job_id)
    # By the interaction's token, which reaches private answers too.
    await interaction.response.defer()
    with suppress(discord.NotFound):
        await interaction.delete_original_response()


async def _report(
    interaction: "discord.Interaction[ImageBot]", _action: str, job_id: int, number: int
) -> None:
    await ask_report(interaction, job_id, number)


async def _follow_up(
    interaction: "discord.Interaction[ImageBot]", action: str, job_id: int, number: int
) -> None:
    await answer_follow_up(interaction, action, job_id, number)


_PRESSES: Mapping[str, Press] = {
    "cancel": _cancel,
    "pick": _pick,
    "remix": _remix,
    "favourite": _favourite,
    "info": _info,
    "send": _send,
    "delete": _delete,
    "report": _report,
    **dict.fromkeys(("reroll", "retry", "elsewhere", "final", "draw", *FOLLOWUPS), _follow_up),
}
