"""What each button does."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import discord

from cogs import _texts as texts
from cogs._answers import answer_with_job, origin_of, tell
from cogs._errors import report

if TYPE_CHECKING:
    from cogs._client import ImageBot

Press = Callable[["discord.Interaction[ImageBot]", int, int], Awaitable[None]]


async def press(
    interaction: "discord.Interaction[ImageBot]", action: str, job_id: int, number: int
) -> None:
    """Do what a button of a job says; the library would only log what goes wrong in one."""
    try:
        await _PRESSES[action](interaction, job_id, number)
    except Exception as error:  # noqa: BLE001 - handed to the one place that knows the words
        await report(interaction, error)


async def _cancel(interaction: "discord.Interaction[ImageBot]", job_id: int, _number: int) -> None:
    await interaction.client.services.work.cancel(origin_of(interaction), job_id)
    await tell(interaction, texts.CANCEL_ASKED.format(job_id=job_id))


async def _pick(interaction: "discord.Interaction[ImageBot]", job_id: int, number: int) -> None:
    making = interaction.client.services.making
    await answer_with_job(interaction, making.pick(origin_of(interaction), job_id, number))


async def _reroll(interaction: "discord.Interaction[ImageBot]", job_id: int, _number: int) -> None:
    making = interaction.client.services.making
    accepting = making.repeat(origin_of(interaction), job_id, action="reroll")
    await answer_with_job(interaction, accepting)


async def _retry(interaction: "discord.Interaction[ImageBot]", job_id: int, _number: int) -> None:
    making = interaction.client.services.making
    accepting = making.repeat(origin_of(interaction), job_id, action="retry")
    await answer_with_job(interaction, accepting)


_PRESSES: dict[str, Press] = {
    "cancel": _cancel,
    "pick": _pick,
    "reroll": _reroll,
    "retry": _retry,
}
