"""What all our buttons and selects have in common: they outlive processes and ask the doors."""

import re
from typing import Any, Self

import discord
from discord import ui

from cogs._doors import check_button
from cogs._errors import report


class Click:
    """Mixed into a `DynamicItem`; `door` is its name in the table of permissions."""

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """Take up what some earlier process, or some earlier year, has posted."""
        del interaction, match
        return cls(item)  # pyright: ignore[reportCallIssue]

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what it says, if the person may; the library would only log what goes wrong."""
        try:
            await check_button(interaction, self.door)
            await self.clicked(interaction)
        except Exception as error:  # noqa: BLE001 - handed to the one place that knows the words
            await report(interaction, error)

    @property
    def door(self) -> str:
        """The name in the table of permissions."""
        raise NotImplementedError

    async def clicked(self, interaction: discord.Interaction[Any]) -> None:
        """Do what it says."""
        raise NotImplementedError
