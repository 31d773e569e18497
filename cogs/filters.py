"""`/filter`: a server's rules for words, and a try at them. Every answer is private."""

import asyncio
import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import aiohttp
import discord
from discord import app_commands, ui

from bot.errors import BadChoice, BadRules, UnknownRule
from bot.policy import LONGEST_PATTERN, Rule, RuleAction
from cogs import _filter_texts as texts
from cogs._answers import note, origin_of, tell
from cogs._cards import ACCENT
from cogs._panels import PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

LARGEST_FILE_BYTES = 1_000_000
DOWNLOAD_TIMEOUT_S = 20.0
MOST_CHOICES = 25
LONGEST_SEARCH = 32
_MAX_DIGITS = 18
_PAGE = re.compile(r"([0-9]{1,4}):(.*)", re.DOTALL)

Pattern = app_commands.Range[str, 1, LONGEST_PATTERN]
Words = app_commands.Range[str, 1, 2000]
Search = app_commands.Range[str, 1, LONGEST_SEARCH]
Channel = discord.TextChannel | discord.VoiceChannel
Kind = Literal["word", "wildcard", "regex"]


class Filters(PanelCog):
    """What moderators do about words."""

    def __init__(self, client: "ImageBot") -> None:
        self._filtering = client.services.filtering

    # The client hides the commands from others, but only the services' own checks count.
    group = app_commands.Group(
        name="filter",
        description="Decide which words this server does not want",
        guild_only=True,
        default_permissions=discord.Permissions(moderate_members=True),
    )

    @group.command()
    @app_commands.describe(
        pattern="A word or phrase; begin*, *end and *inside* are for parts of words",
        action="block it, warn of it once, or flag it: made, and told to you",
        kind="Left out: a wildcard when there is an asterisk, else whole words",
        channel="Only there and in its threads; left out, everywhere",
        exempt_role="Whoever has it may say it",
        exempt_role2="Whoever has this one may, too",
    )
    async def add(  # noqa: PLR0913 - Discord hands options over as arguments
        self,
        interaction: "discord.Interaction[ImageBot]",
        pattern: Pattern,
        action: RuleAction = "block",
        kind: Kind | None = None,
        channel: Channel | None = None,
        exempt_role: discord.Role | None = None,
        exempt_role2: discord.Role | None = None,
    ) -> None:
        """Add a rule, or change one for the same words; it counts at once."""
        roles = [role.id for role in (exempt_role, exempt_role2) if role is not None]
        rule = Rule(
            kind or ("wildcard" if "*" in pattern else "word"),
            pattern,
            action,
            channel_id=channel and channel.id,
            exempt_role_ids=tuple(dict.fromkeys(roles)),
        )
        await self._add(interaction, rule)

    @group.command()
    @app_commands.describe(
        pattern="An innocent word or phrase that holds a forbidden one; may end with *",
        channel="Only there and in its threads; left out, everywhere",
    )
    async def allow(
        self,
        interaction: "discord.Interaction[ImageBot]",
        pattern: Pattern,
        channel: Channel | None = None,
    ) -> None:
        """Let words pass that a rule would stop: "cutting board", "nude lipstick*"."""
        await self._add(interaction, Rule("allow", pattern, channel_id=channel and channel.id))

    @group.command()
    @app_commands.describe(rule="Which rule")
    async def remove(self, interaction: "discord.Interaction[ImageBot]", rule: str) -> None:
        """Remove a rule."""
        origin = origin_of(interaction)
        gone = await self._filtering.remove(origin, _number(rule))
        await tell(interaction, texts.removed(gone, origin.server_id))

    @group.command(name="list")
    @app_commands.describe(search="Only rules with these letters")
    async def list_all(
        self, interaction: "discord.Interaction[ImageBot]", search: Search | None = None
    ) -> None:
        """List the rules, the newest first."""
        layout = self._panel(interaction, 0, (search or "").strip())
        await interaction.response.send_message(view=layout, ephemeral=True)

    @group.command()
    @app_commands.describe(
        words="A prompt to try",
        negative_prompt="A negative prompt to try with it",
        channel="As if sent there; left out, here",
        role="As if by somebody with this role; left out, with none",
    )
    async def test(
        self,
        interaction: "discord.Interaction[ImageBot]",
        words: Words,
        negative_prompt: Words | None = None,
        channel: Channel | None = None,
        role: discord.Role | None = None,
    ) -> None:
        """Say what would become of a prompt, by which rule, and for which letters."""
        avoided = negative_prompt or ""
        verdict = self._filtering.test(
            origin_of(interaction),
            words,
            avoided,
            channel_id=channel and channel.id,
            role_ids=() if role is None else (role.id,),
        )
        layout = note(texts.tested(verdict, words, avoided))
        await interaction.response.send_message(view=layout, ephemeral=True)

    @group.command(name="import")
    @app_commands.describe(file="A table as /filter export gives it, or a word on each line")
    async def import_rules(
        self, interaction: "discord.Interaction[ImageBot]", file: discord.Attachment
    ) -> None:
        """Add the rules of a file, all or none; those that are there stay."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        text = await _text_of(file)
        done = await self._filtering.import_rules(origin_of(interaction), text)
        await interaction.edit_original_response(content=texts.imported(done))

    @group.command()
    async def export(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Get all rules as a table."""
        data = self._filtering.export(origin_of(interaction)).encode()
        file = discord.File(io.BytesIO(data), "filter.csv")
        await interaction.response.send_message(texts.EXPORTED, file=file, ephemeral=True)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Show another page of the rules."""
        del values
        match = _PAGE.fullmatch(what)
        if match is None:
            raise BadChoice(name="page")
        layout = self._panel(interaction, int(match[1]), match[2])
        await interaction.response.edit_message(view=layout)

    async def _add(self, interaction: "discord.Interaction[ImageBot]", rule: Rule) -> None:
        origin = origin_of(interaction)
        added = await self._filtering.add(origin, rule)
        await tell(interaction, texts.added(added, origin.server_id))

    def _panel(
        self, interaction: "discord.Interaction[ImageBot]", page: int, search: str
    ) -> ui.LayoutView:
        origin = origin_of(interaction)
        rules = _found(self._filtering.rules(origin), search)
        pages = max(1, -(-len(rules) // texts.PER_PAGE))
        page = min(page, pages - 1)
        words = texts.rule_list(rules, page, origin.server_id, search=search)
        items: list[ui.Item[ui.LayoutView]] = [ui.TextDisplay(words)]
        if pages > 1:
            newer = PanelItem.button(
                f"v1:filter:{max(page - 1, 0)}:{search}", texts.NEWER, is_enabled=page > 0
            )
            older = PanelItem.button(
                f"v1:filter:{page + 1}:{search}", texts.OLDER, is_enabled=page < pages - 1
            )
            items.append(row(newer, older))
        return panel(*items, colour=ACCENT)

    @remove.autocomplete("rule")
    async def _complete_rule(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        rules = _found(self._filtering.rules(origin_of(interaction)), typed)
        return [texts.rule_choice(rule) for rule in reversed(rules[-MOST_CHOICES:])]


def _found(rules: Sequence[Rule], search: str) -> Sequence[Rule]:
    """Return the rules whose pattern, or whose number, somebody types."""
    sought = search.strip().casefold()
    number = sought.removeprefix("#")
    return [one for one in rules if sought in one.pattern.casefold() or number == str(one.id)]


def _number(typed: str) -> int:
    digits = typed.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS):
        raise UnknownRule
    return int(digits)


async def _text_of(file: discord.Attachment) -> str:
    """Return what stands in an attached file.

    Raises:
        BadRules: it is too large, no text, or could not be had.
    """
    if file.size > LARGEST_FILE_BYTES:
        raise BadRules(f"it has more than {LARGEST_FILE_BYTES:,} bytes")
    try:
        async with asyncio.timeout(DOWNLOAD_TIMEOUT_S):
            data = await file.read()
    except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError):
        raise BadRules("Discord did not hand it over; try again") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRules("it is no text in UTF-8") from None


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, Filters(client))
