"""The client: one gateway connection per shard, no privileged intent, small in memory."""

import asyncio
import hashlib
import json
import pkgutil
from collections.abc import Collection, Coroutine
from typing import Any

import discord
import structlog
from discord.ext import commands

import cogs
from bot.config import Shards
from bot.services import Services
from cogs._buttons import AskButton, JobButton
from cogs._errors import Tree
from cogs._forms import submit
from cogs._presses import answer_ask, click, press

log = structlog.get_logger()

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    embed_links=True,
    read_message_history=True,
)
"""What the bot needs in the channels it works in."""


class ImageBot(commands.AutoShardedBot):
    """Atelier on Discord."""

    def __init__(
        self, services: Services, *, shards: Shards, owner_ids: Collection[int] = ()
    ) -> None:
        super().__init__(
            owner_ids=owner_ids,
            # No message is a command, so no message content is needed.
            command_prefix=[],
            help_command=None,
            tree_cls=Tree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            **_shard_options(shards),
        )
        self.services = services
        self.click = click
        self.press = press
        self.answer_ask = answer_ask
        self._background: set[asyncio.Task[None]] = set()

    async def setup_hook(self) -> None:
        """Register everything that must be there before the first event."""
        self.add_dynamic_items(AskButton, JobButton)
        for module in pkgutil.iter_modules(cogs.__path__):
            if not module.name.startswith("_"):
                await self.load_extension(f"cogs.{module.name}")
        servers = [guild.id async for guild in self.fetch_guilds(limit=None, with_counts=False)]
        await self.services.accounts.remember_servers(servers)
        await self._sync_commands()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Take forms that were sent, also those that an earlier process opened."""
        if interaction.type is discord.InteractionType.modal_submit:
            await submit(interaction)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Note a new server; whether it is served is the host's decision."""
        await self.services.accounts.remember_servers([guild.id])

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that nobody waits for; a bare task could vanish half done."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _sync_commands(self) -> None:
        """Tell Discord the commands, only when they changed: there is a daily limit on new ones."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        text = json.dumps(payload, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        name = f"commands:{self.application_id}"
        if await self.services.notes.read(name) == digest:
            return
        await self.tree.sync()
        await self.services.notes.write(name, digest)
        log.info("commands synced", count=len(payload))


def _shard_options(shards: Shards) -> dict[str, Any]:
    if shards.ids is None:
        return {}
    return {"shard_ids": list(shards.ids), "shard_count": shards.count}
