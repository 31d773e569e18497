"""Every exception turned into words, in one place.

Order: what Discord says of an interaction that is gone or answered (nobody to tell); a
`UserError` (its own words, not our fault); a permission the command asks for; anything else,
which is logged with a reference that the person is given.
"""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import discord
import structlog
from discord import app_commands, ui

from bot.errors import NeedsConsent, NotPermitted, ServerOnly, UserError
from cogs import _texts as texts
from cogs._doors import check_command
from cogs._mod_buttons import ModButton, answers_to
from cogs._refusals import refusal

if TYPE_CHECKING:
    from cogs._client import ImageBot
from cogs._terms import show_terms

log = structlog.get_logger()

UNKNOWN_INTERACTION = 10062
ALREADY_ANSWERED = 40060
_NOBODY_TO_TELL = {UNKNOWN_INTERACTION, ALREADY_ANSWERED}


class Tree(app_commands.CommandTree[discord.Client]):
    """The command tree, with the error handler every command shares."""

    async def interaction_check(self, interaction: discord.Interaction[discord.Client], /) -> bool:
        """Let through whom the table of permissions allows what they want; tell the others."""
        try:
            await check_command(cast("discord.Interaction[ImageBot]", interaction))
        except Exception as error:  # noqa: BLE001 - handed to the one place that knows the words
            if interaction.type is discord.InteractionType.autocomplete:
                await interaction.response.autocomplete([])
            else:
                await report(interaction, error)
            return False
        return True

    async def on_error(
        self,
        interaction: discord.Interaction[discord.Client],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """Tell the person what went wrong."""
        await report(interaction, error)


async def report(interaction: discord.Interaction[discord.Client], error: Exception) -> None:
    """Tell the person, privately, what went wrong; log what is ours to mend."""
    cause = _cause(error)
    if isinstance(cause, discord.HTTPException) and cause.code in _NOBODY_TO_TELL:
        # Another process was faster, or the gateway brought it too late: normal, not a fault.
        log.info("interaction is not ours to answer", code=cause.code)
        return
    if isinstance(cause, NeedsConsent):
        await show_terms(interaction, cause)
        return
    if isinstance(cause, UserError):
        await whisper(interaction, refusal(cause), answers_to(cause))
        return
    ref = secrets.token_hex(2).upper()
    log.error("interaction broke", ref=ref, interaction_id=interaction.id, exc_info=cause)
    await whisper(interaction, texts.BROKEN.format(ref=ref))


async def whisper(
    interaction: discord.Interaction[discord.Client],
    words: str,
    buttons: Sequence[ModButton] = (),
) -> None:
    """Say something that only the person sees, whatever was answered before."""
    view = _under(buttons) if buttons else discord.utils.MISSING
    try:
        if interaction.response.is_done():
            await interaction.followup.send(words, view=view, ephemeral=True)
        else:
            await interaction.response.send_message(words, view=view, ephemeral=True)
    except discord.HTTPException as error:
        log.info("nobody to tell", code=error.code, interaction_id=interaction.id)


def _under(buttons: Sequence[ModButton]) -> ui.View:
    view = ui.View(timeout=None)
    for button in buttons:
        view.add_item(button)
    return view


def _cause(error: Exception) -> Exception:
    if isinstance(error, app_commands.CommandInvokeError):
        return error.original
    if isinstance(error, app_commands.MissingPermissions):
        return NotPermitted()
    if isinstance(error, app_commands.NoPrivateMessage):
        return ServerOnly()
    return error
