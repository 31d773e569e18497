"""A server's terms as a private message, and the button that agrees to them."""

import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ButtonStyle, ui
from discord.ext import commands

from bot.errors import NeedsConsent
from cogs._clicks import Click
from cogs._texts import plain

if TYPE_CHECKING:
    from cogs._client import ImageBot

TITLE = "**Before your first picture here, please read this server's terms:**"
CHANGED = "**This server's terms have changed. Please read them again:**"
AGREE = "I agree"
AGREED = "Thank you. Now run the command again, or press the button once more."
_LONGEST_LINE = 1500

_CUSTOM_ID = re.compile(r"v1:agree:(?P<server_id>[0-9]{1,19}):(?P<digest>[0-9a-f]{32})")


class AgreeCog(commands.Cog):
    """The cog that knows what agreeing comes to."""

    @abstractmethod
    async def agree(
        self, interaction: "discord.Interaction[ImageBot]", server_id: int, digest: str
    ) -> None:
        """Write that whoever pressed agrees to the terms of this hash, and say what comes next."""


class AgreeButton(
    Click,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=_CUSTOM_ID,
):
    """Agrees, for whoever presses it, to the words that stand above it."""

    @classmethod
    def make(cls, needed: NeedsConsent) -> Self:
        """Make the button for some terms."""
        custom_id = f"v1:agree:{needed.server_id}:{needed.digest}"
        return cls(ui.Button(custom_id=custom_id, label=AGREE, style=ButtonStyle.success))

    @property
    def door(self) -> str:
        """Agreeing."""
        return "agree"

    async def clicked(self, interaction: "discord.Interaction[Any]") -> None:
        """Hand it to the cog."""
        match = _CUSTOM_ID.fullmatch(self.custom_id)
        assert match is not None, self.custom_id
        client: ImageBot = interaction.client
        cog = client.get_cog("Consent")
        assert isinstance(cog, AgreeCog), cog
        await cog.agree(interaction, int(match["server_id"]), match["digest"])


def terms_view(needed: NeedsConsent, *, title: str = TITLE) -> ui.LayoutView:
    """Return the terms, in plain text, with the button."""
    lines = [plain(line, _LONGEST_LINE) for line in needed.terms.splitlines()]
    row = ui.ActionRow[Any]()
    row.add_item(AgreeButton.make(needed))
    layout = ui.LayoutView(timeout=None)
    for part in (title, "\n".join(lines), row):
        layout.add_item(ui.TextDisplay(part) if isinstance(part, str) else part)
    return layout


async def show_terms(interaction: discord.Interaction[Any], needed: NeedsConsent) -> None:
    """Show the terms to one person, whatever was answered before."""
    layout = terms_view(needed)
    if interaction.response.is_done():
        await interaction.followup.send(view=layout, ephemeral=True)
    else:
        await interaction.response.send_message(view=layout, ephemeral=True)
