"""`/preset`: the settings of a job that came out well, used again with other words."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.services import LONGEST_NAME, Accepted, Origin, PresetDraft
from cogs import _mine as texts
from cogs._answers import answer_with_job, job_number, origin_of, tell
from cogs._options import COUNT, Count, Prompt
from cogs._texts import job_choice

if TYPE_CHECKING:
    from cogs._client import ImageBot

Name = app_commands.Range[str, 1, LONGEST_NAME]
Words = app_commands.Range[str, 1, 300]


class Preset(commands.Cog):
    """Commands about one's own presets."""

    def __init__(self, client: "ImageBot") -> None:
        self._services = client.services
        self._presets = client.services.presets

    own = app_commands.Group(
        name="preset", description="Keep settings that you like", guild_only=True
    )

    @own.command()
    @app_commands.describe(
        name="What to call it; in place of one that you called the same",
        job_id="The number under the picture, as in #12",
        keep_seed="Keep the seed too: the same words then give the same picture",
        prefix="Words to put before those of the prompt",
        suffix="Words to put after those of the prompt",
    )
    async def save(
        self,
        interaction: "discord.Interaction[ImageBot]",
        name: Name,
        job_id: str,
        keep_seed: bool = False,  # noqa: FBT001, FBT002 - an option of the command
        prefix: Words = "",
        suffix: Words = "",
    ) -> None:
        """Keep the settings of one of your finished jobs under a name."""
        draft = PresetDraft(name, job_number(job_id), keep_seed, prefix=prefix, suffix=suffix)
        saved = await self._presets.save(origin_of(interaction), draft)
        await tell(interaction, texts.preset_saved(saved))

    @own.command()
    @app_commands.describe(name="Which preset", prompt="What to draw", count=COUNT)
    async def use(
        self,
        interaction: "discord.Interaction[ImageBot]",
        name: Name,
        prompt: Prompt,
        count: Count = 1,
    ) -> None:
        """Draw pictures of other words with the settings of a preset."""
        origin = origin_of(interaction)
        chosen = await self._services.preferences.read(origin)
        accepting = self._make(origin, name, prompt, count)
        await answer_with_job(interaction, accepting, is_private=chosen.visibility == "private")

    @own.command(name="list")
    async def list_all(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """List your presets."""
        found = await self._presets.list(origin_of(interaction))
        await tell(interaction, texts.preset_list(found))

    @own.command()
    @app_commands.describe(name="Which preset")
    async def delete(self, interaction: "discord.Interaction[ImageBot]", name: Name) -> None:
        """Delete one of your presets."""
        await self._presets.delete(origin_of(interaction), name)
        await tell(interaction, texts.preset_deleted(name))

    async def _make(self, origin: Origin, name: str, prompt: str, count: int) -> Accepted:
        preset = await self._presets.get(origin, name)
        return await self._services.wishing.wish(origin, preset.wish(prompt, count=count))

    @save.autocomplete("job_id")
    async def _complete_job(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        overview = await self._services.work.overview(origin_of(interaction))
        return [job_choice(view) for view in overview.recent if typed in str(view.id)][:25]

    @use.autocomplete("name")
    @delete.autocomplete("name")
    async def _complete_name(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        found = await self._presets.list(origin_of(interaction))
        sought = typed.casefold()
        return [texts.preset_choice(one) for one in found if sought in one.name.casefold()]


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await client.add_cog(Preset(client))
