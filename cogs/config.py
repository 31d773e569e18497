"""`/config`: every setting of a server, typed, effective at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord
from discord import app_commands, ui

from bot.errors import BadChoice, ServerOnly
from bot.policy import OPTIONS, TOPICS, Option, option_named
from cogs import _config_texts as texts
from cogs._answers import note, origin_of
from cogs._cards import ACCENT
from cogs._panels import PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

MOST_CHOICES = 25
LONGEST_CHOICE = 100
_WRITES_THERE = ("mod_log_channel", "feed_channel")
Name = app_commands.Range[str, 1, 60]
Value = app_commands.Range[str, 1, 1500]


class Config(PanelCog):
    """A server's settings."""

    def __init__(self, client: "ImageBot") -> None:
        self._configuring = client.services.configuring

    group = app_commands.Group(
        name="config",
        description="Decide how the bot works in this server",
        guild_only=True,
        default_permissions=discord.Permissions(administrator=True),
    )

    @group.command()
    @app_commands.describe(name="Which setting; left out, all of them")
    async def view(
        self, interaction: "discord.Interaction[ImageBot]", name: Name | None = None
    ) -> None:
        """Show what counts in this server."""
        settings = self._configuring.settings(origin_of(interaction))
        if name is None:
            layout = self._panel(next(iter(TOPICS)), interaction)
        else:
            option = option_named(name)
            layout = note(texts.setting_text(option, getattr(settings, option.name)))
        await interaction.response.send_message(view=layout, ephemeral=True)

    @group.command(name="set")
    @app_commands.describe(name="Which setting", value="What shall count")
    async def change(
        self, interaction: "discord.Interaction[ImageBot]", name: Name, value: Value
    ) -> None:
        """Change a setting; it counts at once."""
        option = option_named(name)
        typed = texts.read_value(option, value, _guild(interaction))
        done = await self._configuring.change(origin_of(interaction), option.name, typed)
        words = texts.configured(done)
        if option.name in _WRITES_THERE and isinstance(done.after, int):
            words += warning(_guild(interaction), done.after)
        await interaction.response.send_message(view=note(words), ephemeral=True)

    @group.command()
    @app_commands.describe(name="Which setting")
    async def reset(self, interaction: "discord.Interaction[ImageBot]", name: Name) -> None:
        """Let a setting's usual value count again."""
        done = await self._configuring.reset(origin_of(interaction), name)
        await interaction.response.send_message(view=note(texts.configured(done)), ephemeral=True)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Show another topic."""
        del values
        if what not in TOPICS:
            raise BadChoice(name="topic")
        await interaction.response.edit_message(view=self._panel(what, interaction))

    def _panel(self, topic: str, interaction: "discord.Interaction[ImageBot]") -> ui.LayoutView:
        settings = self._configuring.settings(origin_of(interaction))
        buttons = [
            PanelItem.button(f"v1:conf:{one}", one, is_enabled=one != topic) for one in TOPICS
        ]
        words = ui.TextDisplay[ui.LayoutView](texts.topic_text(topic, settings))
        return panel(words, row(*buttons), colour=ACCENT)

    @view.autocomplete("name")
    @change.autocomplete("name")
    @reset.autocomplete("name")
    async def _complete_name(
        self, _interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        words = typed.casefold().split()
        found = [
            option
            for option in OPTIONS.values()
            if all(word in f"{option.name} {option.about}".casefold() for word in words)
        ]
        return [
            app_commands.Choice(name=f"{one.name} · {one.about}"[:100], value=one.name)
            for one in found
        ][:MOST_CHOICES]

    @change.autocomplete("value")
    async def _complete_value(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        option = OPTIONS.get(getattr(interaction.namespace, "name", None) or "")
        if option is None or interaction.guild is None:
            return []
        return _suggestions(option, typed, interaction.guild)[:MOST_CHOICES]


def _suggestions(
    option: Option, typed: str, guild: discord.Guild
) -> list[app_commands.Choice[str]]:
    """Return what may be typed; where several may be, the last one is being typed."""
    if option.kind in ("number", "text"):
        hint = texts.takes(option)[:LONGEST_CHOICE]
        return [app_commands.Choice(name=hint, value=typed)] if typed else []
    if option.kind == "choice":
        found = [one for one in option.choices if typed.casefold() in one]
        return [app_commands.Choice(name=one, value=one) for one in found]
    before, _, sought = typed.rpartition(",")
    if option.kind == "channel":
        before, sought = "", typed
    start = f"{before.strip()}, " if before.strip() else ""
    mark = "@" if option.kind == "roles" else "#"
    sought = sought.strip().lstrip("#@").casefold()
    names = [one.name.lstrip("@") for one in texts.named(option, guild)]
    made = [f"{start}{mark}{name}" for name in names if sought in name.casefold()]
    found = made if typed else [*made, texts.NOTHING[0]]
    return [app_commands.Choice(name=one, value=one) for one in found if len(one) <= LONGEST_CHOICE]


def warning(guild: discord.Guild, channel_id: int) -> str:
    """Return what keeps us from posting in a channel, on a line of its own; else nothing."""
    channel = guild.get_channel(channel_id)
    if channel is None:
        return ""
    ours = channel.permissions_for(guild.me)
    is_open = all((ours.view_channel, ours.send_messages, ours.embed_links, ours.attach_files))
    return "" if is_open else f"\n{texts.closed_to_us(channel_id)}"


def _guild(interaction: "discord.Interaction[ImageBot]") -> discord.Guild:
    if interaction.guild is None:
        raise ServerOnly
    return interaction.guild


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, Config(client))
