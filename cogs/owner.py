"""`/owner`: what only the host may decide. Every answer is private."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalog import Task
from bot.errors import BadChoice, HostOnly, ProviderError, UnknownServer
from bot.services import (
    HIGHEST_BUDGET_USD,
    HIGHEST_CAP_USD,
    HIGHEST_PRICE,
    MAX_AMOUNT,
    POLICIES,
    Origin,
    PriceSheet,
)
from cogs import _house as texts
from cogs._answers import note, origin_of, tell
from cogs._hosts import is_host

if TYPE_CHECKING:
    from cogs._client import ImageBot

Budget = app_commands.Range[float, 0, HIGHEST_BUDGET_USD]
Amount = app_commands.Range[int, 1, MAX_AMOUNT]
Usd = app_commands.Range[float, 0, HIGHEST_CAP_USD]
Price = app_commands.Range[int, 0, HIGHEST_PRICE]
Name = app_commands.Range[str, 1, 60]
MOST_CHOICES = 25
MOST_ID = 2**63 - 1


class Owner(commands.Cog):
    """Commands for whoever hosts the bot."""

    def __init__(self, client: "ImageBot") -> None:
        self._budget = client.services.budget
        self._drifts = client.services.drifts
        self._hosting = client.services.hosting
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

    servers = app_commands.Group(
        name="servers", description="Decide which servers the bot works for", parent=host
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

    @host.command()
    @app_commands.describe(
        usd="US dollars a month from now on; left out, it only shows how the month stands",
        reset="Go back to the budget that the bot was started with",
    )
    async def budget(
        self,
        interaction: "discord.Interaction[ImageBot]",
        usd: Budget | None = None,
        reset: bool = False,  # noqa: FBT001, FBT002 - an option of the command
    ) -> None:
        """Show what this month cost and may cost, or set the budget."""
        origin = _host(interaction)
        if usd is not None and reset:
            raise BadChoice(name="reset")
        if usd is None and not reset:
            words = texts.budget(await self._budget.sheet(), await self._drifts.find())
        else:
            words = texts.budget_set(await self._supply.set_budget(origin, usd))
        await interaction.response.send_message(view=note(words), ephemeral=True)

    @host.command()
    @app_commands.describe(server="Which server", amount="How many credits its treasury gets")
    async def grant(
        self, interaction: "discord.Interaction[ImageBot]", server: Name, amount: Amount
    ) -> None:
        """Fill a server's treasury."""
        origin = _host(interaction)
        server_id = _server_id(interaction, server)
        sheet = await self._hosting.grant(origin, server_id, amount)
        guild = interaction.client.get_guild(server_id)
        await tell(interaction, texts.granted(sheet, guild, amount))

    @servers.command(name="list")
    @app_commands.describe(name="Words of its name, or its id")
    async def list_servers(
        self, interaction: "discord.Interaction[ImageBot]", name: Name = ""
    ) -> None:
        """Show the servers: which are served, what they cost this month, their treasuries."""
        _host(interaction)
        found = [
            (sheet, interaction.client.get_guild(sheet.server_id))
            for sheet in await self._hosting.servers()
        ]
        words = name.lower().split()
        sheets = [
            (sheet, guild)
            for sheet, guild in found
            if all(
                word in f"{guild.name if guild else ''} {sheet.server_id}".lower() for word in words
            )
        ]
        listed = texts.server_list(sheets, is_fixed=self._hosting.is_fixed)
        await interaction.response.send_message(view=note(listed), ephemeral=True)

    @servers.command()
    @app_commands.describe(server="Which server")
    async def allow(self, interaction: "discord.Interaction[ImageBot]", server: Name) -> None:
        """Let a server's people make things, at the host's expense."""
        await self._set_allowed(interaction, server, is_allowed=True)

    @servers.command()
    @app_commands.describe(server="Which server")
    async def deny(self, interaction: "discord.Interaction[ImageBot]", server: Name) -> None:
        """Serve a server's people no more, from now on; what runs already is finished."""
        await self._set_allowed(interaction, server, is_allowed=False)

    async def _set_allowed(
        self, interaction: "discord.Interaction[ImageBot]", server: str, *, is_allowed: bool
    ) -> None:
        origin = _host(interaction)
        server_id = _server_id(interaction, server)
        sheet = await self._hosting.set_allowed(origin, server_id, is_allowed=is_allowed)
        guild = interaction.client.get_guild(server_id)
        await tell(interaction, texts.server_line(sheet, guild))

    @grant.autocomplete("server")
    @allow.autocomplete("server")
    @deny.autocomplete("server")
    async def _complete_server(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        if not is_host(interaction):
            return []
        sought = typed.strip().lower()
        found = [
            one for one in interaction.client.guilds if sought in f"{one.name} {one.id}".lower()
        ]
        return [texts.server_choice(one) for one in found][:MOST_CHOICES]

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


def _server_id(interaction: "discord.Interaction[ImageBot]", typed: str) -> int:
    """Return the server that was picked from the list, or whose name or id was typed.

    Raises:
        UnknownServer: it is neither.
    """
    name = typed.strip()
    if name.isascii() and name.isdecimal() and int(name) <= MOST_ID:
        return int(name)
    named = [one for one in interaction.client.guilds if one.name.lower() == name.lower()]
    if len(named) != 1:
        raise UnknownServer(name=typed)
    return named[0].id


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
