"""Keeping a world over a restart: `world.json`, whole or not at all, and files beside it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.config import StartError
from bot.sandbox.files import StoredFile
from bot.sandbox.interactions import Invocation
from bot.sandbox.messages import Message
from bot.sandbox.places import Channel, Guild, Member, Overwrite, Role, User
from bot.sandbox.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.world import World

VERSION = 1
_NAME = "world.json"
_FILES = "attachments"


def save(world: "World", folder: Path) -> None:
    """Write the world into `folder`; a crash meanwhile leaves the last snapshot whole."""
    files = folder / _FILES
    files.mkdir(parents=True, exist_ok=True)
    for file in world.files.all():
        _write_file(file, files)
    state = {
        "version": VERSION,
        "users": [asdict(user) for user in world.users.values()],
        "guilds": [_guild_row(guild) for guild in world.guilds.values()],
        "channels": [_channel_row(channel) for channel in world.channels.values()],
        "files": [_without(file, "body", "path") for file in world.files.all()],
        "messages": [asdict(message) for message in world.messages.all()],
        "commands": list(world.commands.scopes().items()),
        "interactions": [_without(one, "watch") for one in world.interactions.all()],
    }
    whole = folder / f"{_NAME}.new"
    whole.write_text(json.dumps(state), encoding="utf-8")
    whole.replace(folder / _NAME)


def load(world: "World", folder: Path) -> None:
    """Put the snapshot of `folder` into a new world; without one the world stays as it is.

    Raises:
        StartError: another version wrote it.
    """
    path = folder / _NAME
    if not path.exists():
        return
    state = json.loads(path.read_text(encoding="utf-8"))
    if state["version"] != VERSION:
        raise StartError(f"{path} is of another version; start once with --fresh")
    _refill(world.users, (User(**row) for row in state["users"]))
    _refill(world.guilds, map(_guild, state["guilds"]))
    _refill(world.channels, map(_channel, state["channels"]))
    for row in state["files"]:
        world.files.add(StoredFile(**row, path=folder / _FILES / str(row["id"])))
    for row in state["messages"]:
        world.messages.add(Message(**row))
    for scope, commands in state["commands"]:
        world.commands.restore(scope, commands)
    for row in state["interactions"]:
        world.interactions.add(Invocation(**row))


def _write_file(file: StoredFile, folder: Path) -> None:
    """Write the bytes once, named by id alone: a sender's file name is no path of ours."""
    if file.body is None:
        return
    path = folder / str(file.id)
    path.write_bytes(file.body)
    file.body, file.path = None, path


def _without(row: StoredFile | Invocation, *names: str) -> Json:
    kept = (field.name for field in fields(row) if field.name not in names)
    return {name: getattr(row, name) for name in kept}


def _guild_row(guild: Guild) -> Json:
    members = [asdict(member) for member in guild.members.values()]
    for member in members:
        member["role_ids"] = sorted(member["role_ids"])
    roles = [asdict(role) for role in guild.roles.values()]
    return asdict(guild) | {"roles": roles, "members": members}


def _guild(row: Json) -> Guild:
    roles = {role["id"]: Role(**role) for role in row["roles"]}
    members = {
        member["user_id"]: Member(**member | {"role_ids": set(member["role_ids"])})
        for member in row["members"]
    }
    parts: Json = {"roles": roles, "members": members}
    return Guild(**row | parts)


def _channel_row(channel: Channel) -> Json:
    overwrites = [asdict(overwrite) for overwrite in channel.overwrites.values()]
    return asdict(channel) | {"overwrites": overwrites}


def _channel(row: Json) -> Channel:
    overwrites = {each["target_id"]: Overwrite(**each) for each in row["overwrites"]}
    parts: Json = {"overwrites": overwrites}
    return Channel(**row | parts)


def _refill(place: dict[int, Any], items: Iterable[Any]) -> None:
    """Replace the content of a dict that others already hold."""
    place.clear()
    place.update({item.id: item for item in items})
