"""The buttons of moderation: under reports, appeals, what a person is told, and refusals.

They never die: `custom_id` says which report or sanction, the database says all else.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

import discord
from discord import ButtonStyle, ui

from bot.errors import Banned, MustAcknowledge, Suspended, UserError
from cogs._clicks import Click

if TYPE_CHECKING:
    from cogs._client import ImageBot

COG = "Mod"

LABELS: Mapping[str, tuple[str, ButtonStyle]] = {
    # About a report.
    "remove": ("Remove", ButtonStyle.danger),
    "warn": ("Warn", ButtonStyle.secondary),
    "suspend": ("Suspend", ButtonStyle.secondary),
    "ban": ("Ban", ButtonStyle.secondary),
    "dismiss": ("Dismiss", ButtonStyle.primary),
    "history": ("History", ButtonStyle.secondary),
    # About a sanction: for the person, then for staff.
    "ack": ("I understand", ButtonStyle.primary),
    "appeal": ("Appeal", ButtonStyle.secondary),
    "grant": ("Grant", ButtonStyle.success),
    "deny": ("Deny", ButtonStyle.danger),
}
ACTIONS = tuple(LABELS)

FOR_REPORTS = ("remove", "warn", "suspend", "ban", "dismiss")


class Presser(Protocol):
    """Whoever does what such a button says."""

    async def press(
        self, interaction: "discord.Interaction[ImageBot]", action: str, about_id: int
    ) -> None:
        """Do it."""
        ...


class ModButton(
    Click,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=rf"v1:mod:(?P<action>{'|'.join(ACTIONS)}):(?P<about_id>[0-9]{{1,18}})",
):
    """One action on one report or sanction."""

    @classmethod
    def make(cls, action: str, about_id: int) -> Self:
        """Make the button of an action."""
        label, style = LABELS[action]
        return cls(ui.Button(custom_id=f"v1:mod:{action}:{about_id}", label=label, style=style))

    @property
    def door(self) -> str:
        """The action."""
        return self.custom_id.split(":")[2]

    async def clicked(self, interaction: "discord.Interaction[Any]") -> None:
        """Do what the button says."""
        *_, action, about_id = self.custom_id.split(":")
        client: ImageBot = interaction.client
        presser = cast("Presser", client.get_cog(COG))
        await presser.press(interaction, action, int(about_id))


def answers_to(error: UserError) -> list[ModButton]:
    """Return the buttons that belong under a refusal."""
    if isinstance(error, MustAcknowledge):
        return [
            ModButton.make("ack", error.sanction_id),
            ModButton.make("appeal", error.sanction_id),
        ]
    if isinstance(error, Banned | Suspended):
        return [ModButton.make("appeal", error.sanction_id)]
    return []
