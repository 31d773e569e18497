"""Fills in what the README says of commands, keys, permissions and prices.

`python -m tests.readme_page` writes it; a test fails when it is out of date.
"""

import asyncio
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

import cogs
from bot import catalog, providers
from cogs._client import PERMISSIONS

PAGE = Path(__file__).parents[1] / "README.md"
_PART = re.compile(r"(<!-- (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_WHO = {"credits": "moderators", "owner": "the host"}
_ORDER = ("everybody", "moderators", "the host")
CREDITS_PER_USD = 1000


def page(text: str) -> str:
    """Return the README with its parts as they should be."""
    return _PART.sub(lambda match: match[1] + _PARTS[match["name"]]() + "\n" + match[3], text)


def parts(text: str) -> set[str]:
    """Return the names of the parts that the README has."""
    return {match["name"] for match in _PART.finditer(text)}


def _commands() -> str:
    tree = asyncio.run(_tree())
    lines = ["| for | command | |", "| --- | --- | --- |"]
    lines += [
        f"| {_who(one)} | `/{one.qualified_name}` | {one.description} |"
        for one in sorted(tree, key=_place)
    ]
    return "\n".join(lines)


def _who(command: app_commands.Command[Any, ..., Any]) -> str:
    return _WHO.get(command.qualified_name.split()[0], "everybody")


def _place(command: app_commands.Command[Any, ..., Any]) -> int:
    return _ORDER.index(_who(command))


async def _tree() -> list[app_commands.Command[Any, ..., Any]]:
    async with commands.Bot([], intents=discord.Intents.none()) as client:
        # The cogs keep references to services and ask nothing of them while they load.
        client.services = SimpleNamespace(**dict.fromkeys(_service_names()))
        for module in pkgutil.iter_modules(cogs.__path__):
            if not module.name.startswith("_"):
                await client.load_extension(f"cogs.{module.name}")
        every = client.tree.walk_commands()
        return [one for one in every if isinstance(one, app_commands.Command)]


def _service_names() -> Iterator[str]:
    from bot.services import Services  # noqa: PLC0415 - beside the tree that needs it

    return iter(inspect.get_annotations(Services))


def _keys() -> str:
    lines = ["| variable | provider |", "| --- | --- |"]
    for found in providers.find_all():
        if found.key_env:
            module = inspect.getmodule(found.connect)
            assert module is not None
            assert module.__doc__ is not None
            lines.append(f"| `{found.key_env}` | {module.__doc__.splitlines()[0]} |")
    return "\n".join(lines)


def _permissions() -> str:
    # The library's older name for it.
    words = {"read_messages": "view_channel"}
    granted = (words.get(name, name) for name, is_granted in PERMISSIONS if is_granted)
    names = [name.replace("_", " ").title() for name in granted]
    return (
        f"{', '.join(names[:-1])} and {names[-1]} (the number {PERMISSIONS.value} in an "
        "invitation link). No privileged intent."
    )


def _costs() -> str:
    lines = ["| what | credits | at the provider |", "| --- | --- | --- |"]
    models = catalog.load()
    for name, count in (("flux-schnell", 4), ("flux-dev", 4), ("flux-ultra", 1)):
        model = models.get(name)
        offer = model.tasks["imagine"]
        size = next(iter(offer.sizes.values()))
        pixels = size.width * size.height
        usd = offer.cost_of(offer.routes[0], pixels) * count / 1_000_000
        lines.append(
            f"| `/imagine count:{count}` by {model.title} | {offer.price_of(pixels) * count} | "
            f"{usd:.3f} USD |"
        )
    schnell = models.get("flux-schnell").tasks["imagine"].price
    pictures = 20 * CREDITS_PER_USD // schnell
    lines += ["", f"A budget of 20 USD a month is {pictures:,} pictures by FLUX schnell at most."]
    return "\n".join(lines)


_PARTS = {"commands": _commands, "keys": _keys, "permissions": _permissions, "costs": _costs}


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
