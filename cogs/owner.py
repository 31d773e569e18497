"""`/owner`: what only the host may decide. Every answer is private."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalog import Task
from bot.errors import HostOnly, ProviderError
from bot.services import HIGHEST_CAP_USD, HIGHEST_PRICE, POLICIES, Origin, PriceSheet
from cogs import _house as texts
from cogs._answers import note, origin_of, tell
from cogs._hosts import is_host

if TYPE_CHECKING:
    from cogs._client import ImageBot

Usd = app_commands.Range[float, 0, HIGHEST_CAP_USD]
Price = app_commands.Range[int, 0, HIGHEST_PRICE]
Name = app_commands.Range[str, 1, 60]
MOST_CHOICES = 25


class Owner(commands.Cog):
    """Commands for whoever hosts the bot."""

    def __init__(self, client: "ImageBot") -> None:
        self._supply = client.services.supply

    host = app_commands.Group(
        name="owner",
        description="Decide what only the bot's host may decide",
        guild_only=True,
        default_permissions=discord.Permissions(administrator=True),
    )
    provider = app_commands.Group(
        name="provider", description="Decide which providers are used", parent=host
    )

    @provider.command(name="list")
    async def list_all(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Show every provider: how it is, what it cost this month, what it may cost."""
        _host(interaction)
        sheets = await self._supply.sheets()
        layout = note(texts.provider_list(sheets, self._supply.order))
        await interaction.response.send_message(view=layout, ephemeral=True)

    @provider.command()
    @app_commands.describe(name="Which provider")
    async def test(self, interaction: "discord.Interaction[ImageBot]", name: Name) -> None:
        """Ask a provider whether the key works; this costs nothing."""
        _host(interaction)
        # It may take longer to answer than Discord waits for us.
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            words = texts.passed(name, await self._supply.test(name))
        except ProviderError as error:
            words = texts.not_passed(name, error)
        await interaction.followup.send(words, ephemeral=True)

    @provider.command()
    @app_commands.describe(name="Which provider")
    async def enable(self, interaction: "discord.Interaction[ImageBot]", name: Name) -> None:
        """Let a provider be used again."""
        sheet = await self._supply.set_enabled(_host(interaction), name, is_enabled=True)
        await tell(interaction, texts.provider_line(sheet))

    @provider.command()
    @app_commands.describe(name="Which provider")
    async def disable(self, interaction: "discord.Interaction[ImageBot]", name: Name) -> None:
        """Use a provider no more; it finishes what it has taken."""
        sheet = await self._supply.set_enabled(_host(interaction), name, is_enabled=False)
        await tell(interaction, texts.provider_line(sheet))

    @provider.command()
    @app_commands.describe(
        name="Which provider",
        usd="US dollars a month; 0 buys nothing there, left out removes the cap",
    )
    async def cap(
        self, interaction: "discord.Interaction[ImageBot]", name: Name, usd: Usd | None = None
    ) -> None:
        """Set what a provider may cost in a calendar month."""
        sheet = await self._supply.set_cap(_host(interaction), name, usd)
        await tell(interaction, texts.provider_line(sheet))

    @provider.command()
    @app_commands.rename(target="name-or-policy")
    @app_commands.describe(
        target="A provider to ask before all others, or catalog, cheapest, fastest"
    )
    async def prefer(self, interaction: "discord.Interaction[ImageBot]", target: Name) -> None:
        """Decide which provider is asked first."""
        order = await self._supply.prefer(_host(interaction), target)
        await tell(interaction, texts.order_words(order))

    @host.command()
    @app_commands.describe(
        model="Which model",
        task="What it is asked to do",
        price="Credits a picture or megapixel; left out, the catalog's price counts again",
    )
    @app_commands.rename(price="credits")
    async def price(
        self,
        interaction: "discord.Interaction[ImageBot]",
        model: Name,
        task: Task,
        price: Price | None = None,
    ) -> None:
        """Set what people pay for a model."""
        sheet = await self._supply.set_price(_host(interaction), model, task, price)
        await tell(interaction, texts.priced(sheet))

    @test.autocomplete("name")
    @enable.autocomplete("name")
    @disable.autocomplete("name")
    @cap.autocomplete("name")
    async def _complete_name(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        return _choices(interaction, self._supply.names(), typed)

    @prefer.autocomplete("target")
    async def _complete_target(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        return _choices(interaction, [*POLICIES, *self._supply.names()], typed)

    @price.autocomplete("model")
    async def _complete_model(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        if not is_host(interaction):
            return []
        task = getattr(interaction.namespace, "task", None)
        by_model: dict[str, PriceSheet] = {}
        for sheet in self._supply.prices(typed):
            if task in (None, "", sheet.task):
                by_model.setdefault(sheet.model.name, sheet)
        return [texts.price_choice(sheet) for sheet in by_model.values()][:MOST_CHOICES]


def _host(interaction: "discord.Interaction[ImageBot]") -> Origin:
    """Return where it comes from, for hosts only: what the client shows to whom is not our check.

    Raises:
        HostOnly: it is anybody else.
    """
    if not is_host(interaction):
        raise HostOnly
    return origin_of(interaction)


def _choices(
    interaction: "discord.Interaction[ImageBot]", names: list[str], typed: str
) -> list[app_commands.Choice[str]]:
    if not is_host(interaction):
        return []
    sought = typed.strip().lower()
    found = [name for name in names if sought in name]
    return [app_commands.Choice(name=name, value=name) for name in found][:MOST_CHOICES]


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Owner(client))
