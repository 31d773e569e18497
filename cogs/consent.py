"""Agreeing to a server's terms: no command, only the button under them."""

from typing import TYPE_CHECKING

import discord

from bot.errors import NeedsConsent
from cogs._answers import note
from cogs._terms import AGREED, CHANGED, AgreeButton, AgreeCog, terms_view

if TYPE_CHECKING:
    from cogs._client import ImageBot


class Consent(AgreeCog):
    """What the button does."""

    def __init__(self, client: "ImageBot") -> None:
        self._consents = client.services.consents

    async def agree(
        self, interaction: "discord.Interaction[ImageBot]", server_id: int, digest: str
    ) -> None:
        """Write that whoever pressed agrees; where the terms are others by now, show those."""
        try:
            await self._consents.agree(
                server_id=server_id, user_id=interaction.user.id, digest=digest
            )
            await interaction.response.edit_message(view=note(AGREED))
        except NeedsConsent as needed:
            await interaction.response.edit_message(view=terms_view(needed, title=CHANGED))


async def setup(client: "ImageBot") -> None:
    """Add the cog, and see to it that its button is heard."""
    client.add_dynamic_items(AgreeButton)
    await client.add_cog(Consent(client))
