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
from typing import Any, get_args

import discord
from discord import app_commands
from discord.ext import commands

import cogs
from bot import catalog, providers
from cogs._client import PERMISSIONS
from cogs._permissions import Who, of_command

PAGE = Path(__file__).parents[1] / "README.md"
_PART = re.compile(r"(<!-- (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
Command = app_commands.Command[Any, ..., Any]
CREDITS_PER_USD = 1000


def page(text: str) -> str:
    """Return the README with its parts as they should be."""
    return _PART.sub(lambda match: match[1] + _PARTS[match["name"]]() + "\n" + match[3], text)


def parts(text: str) -> set[str]:
    """Return the names of the parts that the README has."""
    return {match["name"] for match in _PART.finditer(text)}


def _commands() -> str:
    """Return everybody's commands one by one, the others' by their family."""
    lines = ["| for | command | |", "| --- | --- | --- |"]
    rows = dict.fromkeys(_row(one) for one in read_tree())
    lines += [f"| {who} | {name} | {about} |" for _, who, name, about in sorted(rows)]
    return "\n".join(lines)


def _row(command: Command) -> tuple[int, str, str, str]:
    permission = of_command(command.qualified_name)
    assert permission is not None, command.qualified_name
    who = permission.who
    place = get_args(Who).index(who)
    if who == "everybody" or command.parent is None:
        return place, who, f"`/{command.qualified_name}`", command.description
    return place, who, f"`/{command.parent.qualified_name} …`", command.parent.description


def read_tree() -> list[Command]:
    """Return every command that is typed."""
    return asyncio.run(_tree())


async def _tree() -> list[Command]:
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
