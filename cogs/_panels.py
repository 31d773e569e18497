"""Panels: private answers that are worked with, by buttons and selects that outlive any process.

Who presses is the only one who sees them, and what they do concerns that person alone: nothing in
a `custom_id` is trusted to say whose things it is about.
"""

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ButtonStyle, ui
from discord.ext import commands

from cogs._errors import report

if TYPE_CHECKING:
    from cogs._client import ImageBot

_COGS: Mapping[str, str] = {
    "set": "Settings",
    "hist": "History",
    "models": "Models",
    "loras": "Loras",
    "forget": "Privacy",
}
"""The panels, as `custom_id` names them, and the cog that each one belongs to."""


class PanelCog(commands.Cog):
    """A cog with a panel."""

    @abstractmethod
    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Do what a button, or the values chosen in a select, of the panel say."""


class PanelItem(
    ui.DynamicItem[ui.Button[ui.LayoutView] | ui.Select[ui.LayoutView]],
    template=rf"v1:(?P<panel>{'|'.join(_COGS)}):(?P<what>.*)",
):
    """A button or select of a panel; `what` it is about is the panel's own affair."""

    @classmethod
    def button(
        cls,
        custom_id: str,
        label: str,
        *,
        style: ButtonStyle = ButtonStyle.secondary,
        is_enabled: bool = True,
    ) -> Self:
        """Make a button."""
        return cls(
            ui.Button(custom_id=custom_id, label=label, style=style, disabled=not is_enabled)
        )

    @classmethod
    def select(cls, custom_id: str, options: Iterable[discord.SelectOption]) -> Self:
        """Make a select of which one option is chosen."""
        return cls(ui.Select(custom_id=custom_id, options=list(options)))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """Take up a button or select that some earlier process has posted."""
        del interaction, match
        assert isinstance(item, ui.Button | ui.Select)
        return cls(item)

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        """Hand it to the panel; the library would only log what goes wrong there."""
        match = self.template.fullmatch(self.custom_id)
        assert match is not None, self.custom_id
        client: ImageBot = interaction.client
        panel = client.get_cog(_COGS[match["panel"]])
        assert isinstance(panel, PanelCog), match
        values = self.item.values if isinstance(self.item, ui.Select) else []
        try:
            await panel.use(interaction, match["what"], values)
        except Exception as error:  # noqa: BLE001 - handed to the one place that knows the words
            await report(interaction, error)


async def add_panel(client: "ImageBot", cog: PanelCog) -> None:
    """Add a cog, and see to it that its panel's buttons are heard."""
    client.add_dynamic_items(PanelItem)
    await client.add_cog(cog)


def panel(*items: ui.Item[Any], colour: discord.Colour) -> ui.LayoutView:
    """Return a panel; every clickable item in it must be a `PanelItem`."""
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.Container(*items, accent_colour=colour))
    return layout


def row(*items: PanelItem) -> ui.ActionRow[Any]:
    """Return a row: up to five buttons, or one select."""
    made = ui.ActionRow[Any]()
    for item in items:
        made.add_item(item)
    return made
