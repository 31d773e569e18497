"""The yardstick: a bare discord.py bot that only answers `/imagine`."""

import sys

import discord
from discord import app_commands
from discord.ext import commands

from bot.config import load_settings
from cogs._library import prepare_library


class BareBot(commands.AutoShardedBot):
    """Answers with four words and does nothing else."""

    async def setup_hook(self) -> None:
        self.tree.add_command(imagine)
        await self.tree.sync()


@app_commands.command()
async def imagine(interaction: discord.Interaction, prompt: str) -> None:
    """Draw pictures from a prompt."""
    await interaction.response.send_message(f"Accepted: {prompt}"[:100])


if __name__ == "__main__":
    settings = load_settings()
    prepare_library(settings)
    bot = BareBot(
        command_prefix=[],
        help_command=None,
        intents=discord.Intents(guilds=True),
        max_messages=None,
    )
    sys.exit(bot.run(settings.discord_token.get_secret_value(), log_handler=None))
