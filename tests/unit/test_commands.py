"""Every command of every cog, as Discord would be told about it. Nothing connects."""

import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from discord import app_commands

import cogs
from bot.config import Shards
from cogs._client import ImageBot
from tests.unit.services.studio import Studio

Command = app_commands.Command[Any, ..., Any] | app_commands.ContextMenu
NAME = re.compile(r"[a-z0-9_-]{1,32}")
MAX_DESCRIPTION = 100
MAX_OPTIONS = 25


@pytest.fixture
async def commands(db, tmp_path):
    """Return every command, those inside groups too."""
    services = Studio(db, tmp_path).services
    async with ImageBot(services, shards=Shards(ids=None, count=None)) as client:
        for extension in extensions():
            await client.load_extension(extension)
        yield list(client.tree.walk_commands())


def extensions() -> Iterator[str]:
    for module in pkgutil.iter_modules(cogs.__path__):
        if not module.name.startswith("_"):
            yield f"cogs.{module.name}"


def slash(commands) -> list[app_commands.Command[Any, ..., Any]]:
    return [command for command in commands if isinstance(command, app_commands.Command)]


def test_there_are_extensions():
    assert "cogs.imagine" in set(extensions())


async def test_command_names_are_unique(commands):
    names = [command.qualified_name for command in commands]

    assert "imagine" in names
    assert len(names) == len(set(names))


async def test_command_names_are_ones_that_discord_takes(commands):
    for command in slash(commands):
        assert NAME.fullmatch(command.name), command.qualified_name


async def test_every_command_says_what_it_does(commands):
    for command in commands:
        assert is_described(command.description), command.qualified_name


async def test_every_option_says_what_it_is(commands):
    for command in slash(commands):
        assert len(command.parameters) <= MAX_OPTIONS
        for option in command.parameters:
            name = f"{command.qualified_name} {option.display_name}"
            assert NAME.fullmatch(option.display_name), name
            assert is_described(str(option.description)), name


def is_described(description: str) -> bool:
    # The library fills in "…" where nothing was written.
    return description not in ("", "…") and len(description) <= MAX_DESCRIPTION


async def test_no_command_is_offered_in_direct_messages(commands):
    for command in commands:
        root = getattr(command, "root_parent", None) or command
        assert root.guild_only, command.qualified_name


async def test_loading_the_cogs_again_tells_discord_the_same(db, tmp_path):
    services = Studio(db, tmp_path).services
    told = []
    for _ in range(2):
        async with ImageBot(services, shards=Shards(ids=None, count=None)) as client:
            for extension in extensions():
                await client.load_extension(extension)
            told.append([command.to_dict(client.tree) for command in client.tree.get_commands()])

    assert told[0] == told[1]


async def test_whatever_makes_pictures_can_hide_them(commands):
    names = {"imagine", "edit", "upscale", "blend"}
    found = {command.name: command for command in slash(commands) if command.name in names}

    assert {name for name, one in found.items() if one.get_parameter("spoiler")} == names
