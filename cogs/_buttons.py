"""The buttons under a job.

They never die: `custom_id` says which job, the database says all else.
"""

import re
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

if TYPE_CHECKING:
    from cogs._client import ImageBot


class JobButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"v1:(?P<action>cancel|pick|reroll|retry):(?P<job_id>[0-9]{1,18}):(?P<number>[0-4])",
):
    """One action on one job; `number` is the picture, or 0 for the whole job."""

    def __init__(self, button: ui.Button[ui.LayoutView]) -> None:
        super().__init__(button)

    @classmethod
    def cancel(cls, job_id: int) -> Self:
        """Make the button that stops a job."""
        return cls._make("cancel", job_id, label="Cancel", style=discord.ButtonStyle.danger)

    @classmethod
    def pick(cls, job_id: int, number: int) -> Self:
        """Make the button that brings one picture alone."""
        return cls._make("pick", job_id, number, label=f"U{number}")

    @classmethod
    def reroll(cls, job_id: int) -> Self:
        """Make the button that draws the same words anew."""
        return cls._make("reroll", job_id, label="Reroll", emoji="🔄")

    @classmethod
    def retry(cls, job_id: int) -> Self:
        """Make the button that tries a failed job again."""
        return cls._make("retry", job_id, label="Retry", emoji="🔁")

    @classmethod
    def _make(cls, action: str, job_id: int, number: int = 0, **look: Any) -> Self:  # noqa: ANN401 - a label or so
        return cls(ui.Button(custom_id=f"v1:{action}:{job_id}:{number}", **look))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """Take up a button that some earlier process, or some earlier year, has posted."""
        del interaction, match
        assert isinstance(item, ui.Button)
        return cls(item)

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        """Do what the button says."""
        match = self.template.fullmatch(self.custom_id)
        assert match is not None, self.custom_id
        client: ImageBot = interaction.client
        await client.press(interaction, match["action"], int(match["job_id"]), int(match["number"]))
