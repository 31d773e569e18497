"""The other yardstick: a bot as the tutorials write it, with `fal_client.subscribe` and no more.

FAL_QUEUE_URL and FAL_KEY name where it buys; it downloads what it gets and edits its answer.
"""

import io
import sys

import discord
import fal_client
import fal_client.client
import httpx
from discord import app_commands
from discord.ext import commands

from bot.config import load_settings, secret
from cogs._library import prepare_library

ENDPOINT = "fal-ai/flux/schnell"


class NaiveBot(commands.AutoShardedBot):
    """Waits for its picture in the command itself."""

    async def setup_hook(self) -> None:
        self.fal = fal_client.AsyncClient(key=secret("FAL_KEY"))
        self.http_client = httpx.AsyncClient()
        self.tree.add_command(imagine)
        await self.tree.sync()


@app_commands.command()
async def imagine(interaction: discord.Interaction[NaiveBot], prompt: str) -> None:
    """Draw pictures from a prompt."""
    await interaction.response.defer(thinking=True)
    result = await interaction.client.fal.subscribe(ENDPOINT, {"prompt": prompt})
    picture = await interaction.client.http_client.get(result["images"][0]["url"])
    file = discord.File(io.BytesIO(picture.content), "picture.png")
    await interaction.edit_original_response(content=prompt, attachments=[file])


if __name__ == "__main__":
    settings = load_settings()
    prepare_library(settings)
    fal_client.client.QUEUE_URL_FORMAT = f"{settings.fal_queue_url}/"
    bot = NaiveBot(
        command_prefix=[],
        help_command=None,
        intents=discord.Intents(guilds=True),
        max_messages=None,
    )
    sys.exit(bot.run(settings.discord_token.get_secret_value(), log_handler=None))
