"""`/setup`: a server made ready step by step.

Each choice counts at once, so that a restart loses none.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import ButtonStyle, app_commands, ui

from bot.errors import BadChoice, ServerOnly
from bot.policy import ServerSettings, Tier, option_named
from bot.services import ImageWish
from cogs import _setup_texts as texts
from cogs._answers import answer_with_job, origin_of
from cogs._cards import ACCENT
from cogs._client import PERMISSIONS
from cogs._config_texts import check_there
from cogs._panels import MOST_CHOSEN, PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

_FIRST = next(iter(texts.STEPS))
_MOST_PROBLEMS = 8
_MOST_DIGITS = 19
_STEP_OF: Mapping[str, str] = {
    "maker_channels": "places",
    "closed_channels": "places",
    "maker_roles": "people",
    "buttons": "people",
    "mod_log_channel": "safety",
    "feed_channel": "safety",
    "nsfw": "safety",
    "personal_data": "safety",
    "requests_per_minute": "limits",
    "credits_per_day": "limits",
    "daily_credits": "limits",
}
"""Every choice, and the page that it is on."""
_OF_TIER = ("requests_per_minute", "credits_per_day")
_SINGLE = ("mod_log_channel", "feed_channel")
_CHOICES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "buttons": texts.BUTTONS,
    "nsfw": texts.NSFW,
    "personal_data": texts.PERSONAL,
}


class Setup(PanelCog):
    """The wizard."""

    def __init__(self, client: "ImageBot") -> None:
        self._configuring = client.services.configuring
        self._servers = client.services.servers
        self._staff = client.services.staff_credits
        self._wishing = client.services.wishing

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(administrator=True)
    async def setup(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Make this server ready, step by step."""
        layout = self._page(interaction, _FIRST)
        await interaction.response.send_message(view=layout, ephemeral=True)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Turn to a page, write a choice, or make the test picture."""
        deed, _, name = what.partition(":")
        if deed == "test":
            await self._test(interaction)
            return
        if deed == "set" and name in _STEP_OF:
            await self._choose(interaction, name, values)
            step = _STEP_OF[name]
        elif deed == "page" and name in texts.STEPS:
            step = name
        else:
            raise BadChoice(name="setup")
        await interaction.response.edit_message(view=self._page(interaction, step))

    async def _choose(
        self, interaction: "discord.Interaction[ImageBot]", name: str, values: Sequence[str]
    ) -> None:
        origin = origin_of(interaction)
        if name in _beyond(self._servers.of(origin.server_id)):
            # An old page, whose select holds but some of them: the new one says what to do.
            return
        if name in _OF_TIER:
            limit = _number(name, values)
            changes = {name: limit or None}
            await self._staff.set_tier(origin, origin.server_id, changes)
        else:
            value = _read(name, values, _guild(interaction))
            await self._configuring.change(origin, name, value)

    async def _test(self, interaction: "discord.Interaction[ImageBot]") -> None:
        origin = origin_of(interaction, is_private=True)
        wish = ImageWish(texts.TEST_PROMPT, model="painter")
        accepting = self._wishing.wish(origin, wish, visibility="private")
        await answer_with_job(interaction, accepting, is_private=True)

    def _page(self, interaction: "discord.Interaction[ImageBot]", step: str) -> ui.LayoutView:
        origin = origin_of(interaction)
        settings = self._servers.of(origin.server_id)
        tier = self._servers.tiers_of(origin.server_id).get(origin.server_id, Tier())
        words = texts.head(step)
        for name, count in _beyond(settings).items():
            if _STEP_OF[name] == step:
                words += "\n" + texts.beyond(name, count)
        if step == "check":
            problems = _problems(_guild(interaction), settings)
            words += "\n" + texts.findings(settings, tier, problems)
        rows = [row(item) for item in _items(step, settings, tier)]
        text = ui.TextDisplay[ui.LayoutView](words)
        return panel(text, *rows, _turning(step), colour=ACCENT)


def _items(step: str, settings: ServerSettings, tier: Tier) -> list[PanelItem]:
    """Return the selects, or buttons, of a page."""
    if step == "places":
        return [
            *_channels("maker_channels", texts.PICK_MAKER, settings.maker_channels),
            *_channels("closed_channels", texts.PICK_CLOSED, settings.closed_channels),
        ]
    if step == "people":
        return [
            *_roles("maker_roles", texts.PICK_ROLES, settings.maker_roles),
            _choice("buttons", settings.buttons),
        ]
    if step == "safety":
        return [
            _channel("mod_log_channel", texts.PICK_LOG, settings.mod_log_channel),
            _channel("feed_channel", texts.PICK_FEED, settings.feed_channel),
            _choice("nsfw", settings.nsfw),
            _choice("personal_data", settings.personal_data),
        ]
    if step == "limits":
        paces = {str(one): texts.pace(one) for one in {*texts.PACES, tier.requests_per_minute}}
        days = {str(one): texts.day(one) for one in {*texts.DAYS, tier.credits_per_day or 0}}
        dailies = {str(one): texts.daily(one) for one in {*texts.DAILIES, settings.daily_credits}}
        return [
            _numbers("requests_per_minute", paces, tier.requests_per_minute),
            _numbers("credits_per_day", days, tier.credits_per_day or 0),
            _numbers("daily_credits", dailies, settings.daily_credits),
        ]
    return [PanelItem.button("v1:setup:test", texts.TEST, style=ButtonStyle.primary)]


def _beyond(settings: ServerSettings) -> Mapping[str, int]:
    """Return the choices that hold more than a select takes, and how many that is."""
    lists = {
        "maker_channels": settings.maker_channels,
        "closed_channels": settings.closed_channels,
        "maker_roles": settings.maker_roles,
    }
    return {name: len(ids) for name, ids in lists.items() if len(ids) > MOST_CHOSEN}


def _channels(name: str, words: str, ids: Sequence[int]) -> list[PanelItem]:
    if len(ids) > MOST_CHOSEN:
        return []
    return [PanelItem.channels(f"v1:setup:set:{name}", words, ids, most=MOST_CHOSEN)]


def _roles(name: str, words: str, ids: Sequence[int]) -> list[PanelItem]:
    if len(ids) > MOST_CHOSEN:
        return []
    return [PanelItem.roles(f"v1:setup:set:{name}", words, ids)]


def _channel(name: str, words: str, channel_id: int | None) -> PanelItem:
    ids = [] if channel_id is None else [channel_id]
    return PanelItem.channels(f"v1:setup:set:{name}", words, ids, most=1)


def _choice(name: str, current: str) -> PanelItem:
    options = [
        discord.SelectOption(
            value=value, label=label, description=about or None, default=value == current
        )
        for value, (label, about) in _CHOICES[name].items()
    ]
    return PanelItem.select(f"v1:setup:set:{name}", options)


def _numbers(name: str, labels: Mapping[str, str], current: int) -> PanelItem:
    options = [
        discord.SelectOption(value=value, label=labels[value], default=value == str(current))
        for value in sorted(labels, key=int)
    ]
    return PanelItem.select(f"v1:setup:set:{name}", options)


def _turning(step: str) -> ui.ActionRow[Any]:
    """Return the buttons that turn to the other pages."""
    return row(
        *(
            PanelItem.button(f"v1:setup:page:{one}", found.title, is_enabled=one != step)
            for one, found in texts.STEPS.items()
        )
    )


def _read(name: str, values: Sequence[str], guild: discord.Guild) -> object:
    """Return what was chosen; whether it can be is the setting's word."""
    if name in _CHOICES:
        return values[0] if values else ""
    if name == "daily_credits":
        return _number(name, values)
    ids = tuple(_number(name, [value]) for value in values)
    check_there(option_named(name), ids, guild)
    return (ids[0] if ids else None) if name in _SINGLE else ids


def _number(name: str, values: Sequence[str]) -> int:
    text = values[0] if values else ""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise BadChoice(name=name)
    return int(text)


def _problems(guild: discord.Guild, settings: ServerSettings) -> list[str]:
    """Return what we may not do where we are meant to work."""
    chosen = [*settings.maker_channels, settings.mod_log_channel, settings.feed_channel]
    channels = [guild.get_channel(one) for one in chosen if one is not None]
    found: list[str] = []
    for channel in channels or guild.text_channels:
        if channel is None:
            continue
        ours = channel.permissions_for(guild.me)
        lacking = [name for name, wanted in PERMISSIONS if wanted and not getattr(ours, name)]
        if lacking:
            found.append(texts.missing(channel, lacking))
    return found[:_MOST_PROBLEMS]


def _guild(interaction: "discord.Interaction[ImageBot]") -> discord.Guild:
    if interaction.guild is None:
        raise ServerOnly
    return interaction.guild


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, Setup(client))
