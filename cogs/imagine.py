"""`/imagine` and `/cost`: pictures from words, and what they would cost."""

from typing import TYPE_CHECKING, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalog import AUTO
from bot.services import ImageWish
from cogs import _texts as texts
from cogs._answers import answer_with_job, origin_of, tell

if TYPE_CHECKING:
    from cogs._client import ImageBot

Ratio = Literal["1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9"]
Prompt = app_commands.Range[str, 1, 4000]
Count = app_commands.Range[int, 1, 4]
Seed = app_commands.Range[int, 0, 2**32 - 1]

_describe = app_commands.describe(
    prompt="What to draw",
    model="Which model draws it; auto chooses",
    aspect_ratio="Width to height",
    count="How many pictures",
    negative_prompt="What to keep out",
    seed="The same seed and words give the same picture",
)


class Imagine(commands.Cog):
    """Commands that make pictures from words."""

    def __init__(self, client: "ImageBot") -> None:
        self._making = client.services.making

    @app_commands.command()
    @app_commands.guild_only()
    @_describe
    async def imagine(  # noqa: PLR0913 - Discord hands options over as arguments
        self,
        interaction: "discord.Interaction[ImageBot]",
        prompt: Prompt,
        model: str = AUTO,
        aspect_ratio: Ratio | None = None,
        count: Count = 1,
        negative_prompt: str | None = None,
        seed: Seed | None = None,
    ) -> None:
        """Draw pictures from a prompt."""
        wish = ImageWish(prompt, model, aspect_ratio, count, negative_prompt, seed)
        accepting = self._making.request_images(origin_of(interaction), wish)
        await answer_with_job(interaction, accepting)

    @app_commands.command()
    @app_commands.guild_only()
    @_describe
    async def cost(  # noqa: PLR0913 - Discord hands options over as arguments
        self,
        interaction: "discord.Interaction[ImageBot]",
        prompt: Prompt,
        model: str = AUTO,
        aspect_ratio: Ratio | None = None,
        count: Count = 1,
        negative_prompt: str | None = None,
        seed: Seed | None = None,
    ) -> None:
        """Say what /imagine would cost, without making anything."""
        wish = ImageWish(prompt, model, aspect_ratio, count, negative_prompt, seed)
        await tell(interaction, texts.quote(self._making.quote(wish)))

    @imagine.autocomplete("model")
    @cost.autocomplete("model")
    async def _complete_model(
        self, _interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        return [texts.model_choice(model) for model in self._making.models(typed, limit=25)]


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Imagine(client))
