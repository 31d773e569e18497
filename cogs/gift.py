"""`/gift`: credits for somebody else, after a question that works for a quarter of an hour."""

from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ButtonStyle, app_commands, ui
from discord.ext import commands

from bot.errors import BadTarget
from bot.services import LONGEST_MESSAGE
from bot.services import Gift as Given
from cogs import _credit_texts as texts
from cogs._answers import note, origin_of
from cogs._clicks import Click
from cogs._texts import credit_count

if TYPE_CHECKING:
    from cogs._client import ImageBot

Message = app_commands.Range[str, 1, LONGEST_MESSAGE]


class GiftButton(
    Click,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"v1:gift:(?P<verdict>yes|no):(?P<gift_id>[0-9]{1,19})",
):
    """The answer to whether a gift shall be given."""

    @classmethod
    def make(cls, verdict: str, gift_id: int, label: str) -> Self:
        """Make the button that says `yes` or `no` to a gift."""
        style = ButtonStyle.primary if verdict == "yes" else ButtonStyle.secondary
        return cls(ui.Button(custom_id=f"v1:gift:{verdict}:{gift_id}", label=label, style=style))

    @property
    def door(self) -> str:
        """The verdict."""
        return f"gift {self.custom_id.split(':')[2]}"

    async def clicked(self, interaction: "discord.Interaction[Any]") -> None:
        """Give, or give not."""
        verdict, gift_id = self.custom_id.split(":")[2:]
        await _answer(interaction, verdict, int(gift_id))


async def _answer(interaction: "discord.Interaction[ImageBot]", verdict: str, gift_id: int) -> None:
    client = interaction.client
    gifts, origin = client.services.gifts, origin_of(interaction)
    answering = gifts.give if verdict == "yes" else gifts.drop
    gift = await answering(origin, gift_id)
    if gift.is_new:
        client.in_background(gifts.tell(gift))
    words = texts.given(gift) if gift.status == "given" else texts.NOTHING_GIVEN
    await interaction.response.edit_message(view=note(words))


class Gift(commands.Cog):
    """The command to give somebody credits."""

    def __init__(self, client: "ImageBot") -> None:
        self._gifts = client.services.gifts

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        user="Who gets them", amount="How many credits", message="What they shall read"
    )
    async def gift(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        # Without a range: the client's own words for one name no command that helps.
        amount: int,
        message: Message = "",
    ) -> None:
        """Give somebody here some of your credits; asks first."""
        if user.bot:
            raise BadTarget
        origin = origin_of(interaction)
        gift = await self._gifts.ask(origin, taker_id=user.id, amount=amount, message=message)
        await interaction.response.send_message(view=_question(gift), ephemeral=True)


def _question(gift: Given) -> ui.LayoutView:
    if gift.status != "asked":
        # The interaction came twice, and was answered in between.
        return note(texts.given(gift) if gift.status == "given" else texts.NOTHING_GIVEN)
    layout = note(texts.gift_question(gift))
    row = ui.ActionRow[Any]()
    give = texts.GIVE.format(amount=credit_count(gift.amount))
    row.add_item(GiftButton.make("yes", gift.id, give))
    row.add_item(GiftButton.make("no", gift.id, texts.DROP))
    layout.add_item(row)
    return layout


async def setup(client: "ImageBot") -> None:
    """Add the cog, and see to it that its buttons are heard."""
    client.add_dynamic_items(GiftButton)
    await client.add_cog(Gift(client))
