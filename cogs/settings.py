"""`/settings`: what counts when a person does not say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord
from discord import ButtonStyle, app_commands, ui

from bot.errors import BadChoice
from bot.services import Preferences
from cogs import _mine as texts
from cogs._answers import origin_of
from cogs._cards import ACCENT
from cogs._panels import PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

NAMES = (
    "model",
    "aspect_ratio",
    "count",
    "lane",
    "visibility",
    "notify",
    "confirm_above",
    "shares_buttons",
    "compact",
    "takes_gifts",
    "is_ranked",
)
_TRUE_OR_FALSE = ("shares_buttons", "compact", "takes_gifts", "is_ranked")
_RESET = "reset"
_NUMBERS = ("count", "confirm_above")
_TRUTHS = {"yes": True, "no": False}
# More digits than any of these numbers has.
_MAX_DIGITS = 9


class Settings(PanelCog):
    """The panel of a person's own settings."""

    def __init__(self, client: "ImageBot") -> None:
        self._preferences = client.services.preferences
        self._showroom = client.services.showroom

    @app_commands.command()
    @app_commands.guild_only()
    async def settings(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Choose what counts when you do not say, and what you are told and asked."""
        origin = origin_of(interaction)
        layout = self._panel(await self._preferences.read(origin), origin.server_id)
        await interaction.response.send_message(view=layout, ephemeral=True)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Change one setting, or go back to the defaults, and show what counts now."""
        origin = origin_of(interaction)
        if what == _RESET:
            chosen = await self._preferences.reset(origin)
        elif what in NAMES and len(values) == 1:
            chosen = await self._preferences.change(origin, **{what: _read(what, values[0])})
        else:
            raise BadChoice(name=what[:60])
        await interaction.response.edit_message(view=self._panel(chosen, origin.server_id))

    def _panel(self, chosen: Preferences, server_id: int) -> ui.LayoutView:
        models = self._showroom.models("imagine", server_id=server_id)
        ratios = self._preferences.ratios
        selects = [
            PanelItem.select(
                f"v1:set:{name}",
                texts.setting_options(name, chosen, models=models, ratios=ratios),
            )
            for name in NAMES
        ]
        reset = PanelItem.button(f"v1:set:{_RESET}", texts.RESET, style=ButtonStyle.danger)
        rows = [row(item) for item in (*selects, reset)]
        return panel(ui.TextDisplay(texts.SETTINGS), *rows, colour=ACCENT)


def _read(name: str, value: str) -> object:
    """Return what a select's value means; whether it can be is the service's word."""
    if value == texts.UNSET:
        return None
    if name in _NUMBERS and value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS:
        return int(value)
    if name in _TRUE_OR_FALSE:
        return _TRUTHS.get(value, value)
    return value


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, Settings(client))
