"""Which commands Discord's client offers to a person in a channel."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.sandbox.commands import SLASH, leaf
from bot.sandbox.composer import ClientRefused
from bot.sandbox.permissions import Permission
from bot.sandbox.places import Channel
from bot.sandbox.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.world import World

_GUILD, _BOT_DM = 0, 1


def offered(world: "World", channel: Channel, user_id: int) -> list[Json]:
    """Return the commands a person may use here: by permission, context and age rating."""
    is_bot_here = world.bot_is_in(channel.guild_id)
    if not is_bot_here or not world.may(channel, user_id, Permission.USE_APPLICATION_COMMANDS):
        return []
    return [
        command
        for command in world.commands.seen_in(channel.guild_id)
        if _fits_place(world, command, channel) and _fits_person(world, command, channel, user_id)
    ]


def menu_named(world: "World", channel: Channel, user_id: int, *, name: str, kind: int) -> Json:
    """Return a context menu by its name.

    Raises:
        ClientRefused: it is not offered here.
    """
    for command in offered(world, channel, user_id):
        if command["name"] == name and command["type"] == kind:
            return command
    raise ClientRefused(f"There is no command {name} here")


def slash_named(commands: Sequence[Json], path: str) -> tuple[Json, list[Json], list[Json]]:
    """Return the command of a path, the subcommands on the way, and the options at its end.

    Raises:
        ClientRefused: none of `commands` is called so.
    """
    name, *below = path.split() or [""]
    for command in commands:
        if command["name"] != name or command["type"] != SLASH:
            continue
        found = leaf(command, below)
        if found is not None:
            return command, *found
    raise ClientRefused(f"There is no command /{path} here")


def _fits_place(world: "World", command: Json, channel: Channel) -> bool:
    context = _BOT_DM if channel.guild_id is None else _GUILD
    contexts = command.get("contexts")
    if contexts is None:
        contexts = [_GUILD, _BOT_DM] if command["dm_permission"] else [_GUILD]
    is_of_age = world.is_nsfw(channel) or not command["nsfw"]
    return context in contexts and 0 in command["integration_types"] and is_of_age


def _fits_person(world: "World", command: Json, channel: Channel, user_id: int) -> bool:
    needed = command["default_member_permissions"]
    if needed is None or channel.guild_id is None:
        return True
    held = world.permissions(channel, user_id)
    # No permission at all means administrators only, not everybody.
    if int(needed) == 0 or held & Permission.ADMINISTRATOR:
        return bool(held & Permission.ADMINISTRATOR)
    return held & int(needed) == int(needed)
