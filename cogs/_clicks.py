"""What all our buttons and selects have in common: they outlive processes and ask the doors."""

import re
from typing import Any, Self, cast

import discord
from discord import ui


class Click:
    """Mixed into a `DynamicItem`: everything clickable of ours is one."""

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
        # The other class in the mix, a `DynamicItem`, takes the item it stands for.
        return cast("Any", cls)(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what it says, if the person may; the library would only log what goes wrong."""
        await interaction.client.click(interaction, self)

    @property
    def door(self) -> str:
        """Its name in the table of permissions."""
        raise NotImplementedError

    async def clicked(self, interaction: discord.Interaction[Any]) -> None:
        """Do what it says."""
        raise NotImplementedError
