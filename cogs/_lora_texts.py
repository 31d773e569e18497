"""Every sentence about LoRAs; most of what it tells comes from strangers."""

import discord
from discord import app_commands

from bot.services import Lora
from cogs._texts import plain

NO_PREVIEW = "-# There is no picture of it that can be shown."


def no_loras(query: str) -> str:
    """Return what is said when no LoRA has these words."""
    return f"CivitAI has no LoRA with “{plain(query, 60)}” here. Try fewer or other words."


def lora_choice(lora: Lora) -> app_commands.Choice[str]:
    """Return a LoRA as an autocomplete entry."""
    base = lora.found.base_model[:40]
    name = (lora.found.name or "no name")[: 97 - len(base)]
    return app_commands.Choice(name=f"{name} · {base}", value=lora.air)


def lora_option(lora: Lora, *, is_chosen: bool) -> discord.SelectOption:
    """Return a LoRA as an entry of the browser's select."""
    found = lora.found
    about = f"{found.base_model[:30]} · {found.downloads:,} downloads · {found.version_name}"
    return discord.SelectOption(
        value=str(found.version_id),
        label=found.name[:100] or "no name",
        description=about[:100],
        default=is_chosen,
    )


def lora_sheet(lora: Lora) -> str:
    """Return all about a LoRA, and how to use it."""
    found = lora.found
    facts = [_foreign(found.version_name, 60), _foreign(found.base_model, 40)]
    facts.append(f"{found.downloads:,} downloads")
    if found.creator:
        facts.append(f"by {_foreign(found.creator, 60)}")
    words = ", ".join(_foreign(word, 60) for word in found.trained_words[:10])
    models = ", ".join(model.title for model in lora.models)
    return "\n".join(
        [
            f"## {_foreign(found.name, 100) or 'no name'}",
            f"-# {' · '.join(filter(None, facts))}",
            f"**Say in the prompt** {words or 'nothing special'}",
            f"**Works with** {models or 'no model here just now'}",
            f"**Copy into** `lora`:\n```\n{lora.air}\n```",
        ]
    )


def preview_alt_text(lora: Lora) -> str:
    """Return a preview's words for those who do not see it."""
    return f"A picture made with {lora.found.name}"[:1000]


def _foreign(text: str, limit: int) -> str:
    """Return a stranger's text as one that formats nothing, mentions nobody and links nowhere."""
    return plain(text, limit).replace("://", "\\://")
