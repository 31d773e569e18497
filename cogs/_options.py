"""The options of `/imagine`, which `/cost` shares."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import discord
from discord import app_commands

from bot.catalog import AUTO, Quality
from bot.services import ImageWish
from cogs import _lora_texts as texts

if TYPE_CHECKING:
    from cogs._client import ImageBot

Ratio = Literal["1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9", "9:21"]
Prompt = app_commands.Range[str, 1, 4000]
Count = app_commands.Range[int, 1, 4]
Seed = app_commands.Range[int, 0, 2**32 - 1]
Steps = app_commands.Range[int, 1, 100]
Guidance = app_commands.Range[float, 0, 35]
Strength = app_commands.Range[float, 0, 1]
Lane = Literal["fast", "relax"]
Visibility = Literal["public", "private"]

MODEL = "Which model makes it; auto chooses"
COUNT = "How many pictures"
SEED = "The same seed and words give the same picture"
LANE = "relax waits until your other relaxed jobs are done, and leaves the fast places free"
VISIBILITY = "private shows it to you alone; moderators can still look it up"
SPOILER = "Hide the pictures until somebody clicks them"

_describe = app_commands.describe(
    prompt="What to draw",
    model=MODEL,
    aspect_ratio="Width to height",
    count=COUNT,
    negative_prompt="What to keep out",
    seed=SEED,
    image="A picture to start from",
    strength="How far from that picture: 0 is close, 1 is free",
    steps="More steps take longer and draw finer",
    guidance="How closely to follow the words",
    quality="draft is quick and cheap, high takes the best model",
    lora="A LoRA: type to look through CivitAI's, or name one on Hugging Face as owner/name",
    lane=LANE,
    visibility=VISIBILITY,
    spoiler=SPOILER,
)


@dataclass(frozen=True)
class Asked:
    """What somebody typed; `image` is the picture they attached, not looked at yet."""

    wish: ImageWish
    image: discord.Attachment | None
    visibility: Visibility | None


def is_nsfw_fine(interaction: "discord.Interaction[ImageBot]") -> bool:
    """Whether what is for adults may appear: a thread is what its channel is."""
    is_marked = getattr(interaction.channel, "is_nsfw", None)
    if is_marked is None or interaction.guild_id is None:
        return False
    settings = interaction.client.services.servers.of(interaction.guild_id)
    return settings.nsfw != "never" and bool(is_marked())


async def lora_choices(
    interaction: "discord.Interaction[ImageBot]", typed: str
) -> list[app_commands.Choice[str]]:
    """Return the LoRAs that fit what was typed and chosen so far."""
    given = interaction.namespace
    found = await interaction.client.services.loras.suggest(
        typed,
        getattr(given, "model", None),
        "vary" if getattr(given, "image", None) else "imagine",
        is_nsfw_fine=is_nsfw_fine(interaction),
    )
    return [texts.lora_choice(lora) for lora in found]


def said(**options: object) -> tuple[str, ...]:
    """Return the names of the options that somebody gave."""
    return tuple(name for name, value in options.items() if value is not None)


Act = Callable[[Any, "discord.Interaction[ImageBot]", Asked], Awaitable[None]]


def image_options(act: Act) -> Callable[..., Any]:
    """Turn what acts on an `Asked` into the callback of a command with all the options."""

    async def command(  # noqa: PLR0913, PLR0917 - Discord hands options over as arguments
        self: Any,  # noqa: ANN401 - whichever cog has the command
        interaction: "discord.Interaction[ImageBot]",
        prompt: Prompt,
        model: str | None = None,
        aspect_ratio: Ratio | None = None,
        count: Count | None = None,
        negative_prompt: Prompt | None = None,
        seed: Seed | None = None,
        image: discord.Attachment | None = None,
        strength: Strength | None = None,
        steps: Steps | None = None,
        guidance: Guidance | None = None,
        quality: Quality | None = None,
        lora: str | None = None,
        lane: Lane | None = None,
        visibility: Visibility | None = None,
        spoiler: bool = False,  # noqa: FBT001, FBT002 - an option of the command
    ) -> None:
        wish = ImageWish(
            prompt=prompt,
            model=model or AUTO,
            aspect_ratio=aspect_ratio,
            count=count or 1,
            negative_prompt=negative_prompt,
            seed=seed,
            task="vary" if image else "imagine",
            strength=strength,
            steps=steps,
            guidance=guidance,
            quality=quality,
            lora=lora,
            lane=lane or "fast",
            said=said(model=model, count=count, seed=seed, lane=lane),
            is_spoiler=spoiler,
        )
        await act(self, interaction, Asked(wish, image, visibility))

    command.__name__ = act.__name__
    command.__qualname__ = act.__qualname__
    command.__doc__ = act.__doc__
    return _describe(command)
