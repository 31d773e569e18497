"""Panels: private answers that are worked with, by buttons and selects that outlive any process.

Who presses is the only one who sees them, and what they do concerns that person alone: nothing in
a `custom_id` is trusted to say whose things it is about.
"""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ButtonStyle, ui
from discord.ext import commands

from cogs._clicks import Click

if TYPE_CHECKING:
    from cogs._client import ImageBot

PANELS: Mapping[str, str] = {
    "set": "Settings",
    "hist": "History",
    "models": "Models",
    "loras": "Loras",
    "forget": "Privacy",
    "modpage": "Mod",
    "board": "Leaderboard",
    "money": "Transactions",
    "audit": "CreditsStaff",
    "conf": "Config",
    "filter": "Filters",
    "setup": "Setup",
}
"""The panels, as `custom_id` names them, and the cog that each one belongs to."""


class PanelCog(commands.Cog):
    """A cog with a panel."""

    @abstractmethod
    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Do what a button, or the values chosen in a select, of the panel say."""


_Item = (
    ui.Button[ui.LayoutView]
    | ui.Select[ui.LayoutView]
    | ui.ChannelSelect[ui.LayoutView]
    | ui.RoleSelect[ui.LayoutView]
)
MOST_CHOSEN = 25
"""What one of Discord's selects takes."""

CHANNEL_TYPES = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.forum,
)
"""What a setting, or a select, may name as a channel."""


class PanelItem(
    Click,
    ui.DynamicItem[_Item],
    template=rf"v1:(?P<panel>{'|'.join(PANELS)}):(?P<what>.*)",
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
    def channels(cls, custom_id: str, words: str, ids: Collection[int], *, most: int) -> Self:
        """Make a select of the server's channels; none may be chosen, or up to `most`."""
        chosen = [
            discord.SelectDefaultValue(id=one, type=discord.SelectDefaultValueType.channel)
            for one in ids
        ]
        return cls(
            ui.ChannelSelect(
                custom_id=custom_id,
                placeholder=words,
                channel_types=list(CHANNEL_TYPES),
                min_values=0,
                max_values=most,
                default_values=chosen[:most],
            )
        )

    @classmethod
    def roles(cls, custom_id: str, words: str, ids: Collection[int]) -> Self:
        """Make a select of the server's roles; none may be chosen, or several."""
        chosen = [
            discord.SelectDefaultValue(id=one, type=discord.SelectDefaultValueType.role)
            for one in ids
        ]
        return cls(
            ui.RoleSelect(
                custom_id=custom_id,
                placeholder=words,
                min_values=0,
                max_values=MOST_CHOSEN,
                default_values=chosen[:MOST_CHOSEN],
            )
        )

    @property
    def door(self) -> str:
        """The panel."""
        return f"panel {self.custom_id.split(':')[1]}"

    async def clicked(self, interaction: "discord.Interaction[Any]") -> None:
        """Hand it to the panel."""
        match = self.template.fullmatch(self.custom_id)
        assert match is not None, self.custom_id
        client: ImageBot = interaction.client
        panel = client.get_cog(PANELS[match["panel"]])
        assert isinstance(panel, PanelCog), match
        values = _values(self.item)
        await panel.use(interaction, match["what"], values)


def _values(item: _Item) -> Sequence[str]:
    """Return what was chosen: an option's values, or the ids of channels or roles."""
    if isinstance(item, ui.Button):
        return []
    return [one if isinstance(one, str) else str(one.id) for one in item.values]


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
