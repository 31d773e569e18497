"""The application's registered commands, per guild and everywhere."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.rules import ApiError, check_commands
from bot.sandbox.wire import Json

SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUBCOMMAND, GROUP = 1, 2
CREATES_PER_DAY = 200
DAY_S = 86_400.0

_DEFAULTS: Json = {
    "type": SLASH,
    "description": "",
    "name_localizations": None,
    "description_localizations": None,
    "default_member_permissions": None,
    "dm_permission": True,
    "nsfw": False,
    "integration_types": [0],
    "contexts": None,
}


class Commands:
    """What the bot registered: one set for everywhere and one per guild."""

    def __init__(self, clock: Clock, application_id: int, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._application_id = application_id
        self._changed = changed
        self._scopes: dict[int | None, dict[int, Json]] = {}
        self._creates: dict[int | None, list[float]] = {}

    def of(self, guild_id: int | None) -> list[Json]:
        """Return the commands of one scope; None is everywhere."""
        return list(self._scopes.get(guild_id, {}).values())

    def scopes(self) -> dict[int | None, list[Json]]:
        """Return every scope with its commands."""
        return {guild_id: list(found.values()) for guild_id, found in self._scopes.items()}

    def restore(self, guild_id: int | None, commands: Sequence[Json]) -> None:
        """Take a scope as a snapshot kept it."""
        self._scopes[guild_id] = {int(command["id"]): command for command in commands}

    def seen_in(self, guild_id: int | None) -> Iterator[Json]:
        """Yield every command of a guild (its own first) or of a DM."""
        if guild_id is not None:
            yield from self.of(guild_id)
        yield from self.of(None)

    def find(self, guild_id: int | None, command_id: int) -> Json:
        """Return one command.

        Raises:
            ApiError: 404/10063, it is not registered in this scope.
        """
        command = self._scopes.get(guild_id, {}).get(command_id)
        if command is None:
            raise ApiError(404, 10063, "Unknown application command")
        return command

    def overwrite(self, guild_id: int | None, bodies: list[Json]) -> list[Json]:
        """Replace a whole scope; a command that keeps its name and type keeps its id."""
        check_commands(bodies)
        ids = {_key(command): int(command["id"]) for command in self.of(guild_id)}
        self._count_creates(guild_id, sum(_key(body) not in ids for body in bodies))
        made = [self._made(guild_id, body, ids.get(_key(body))) for body in bodies]
        self._scopes[guild_id] = {int(command["id"]): command for command in made}
        self._changed()
        return made

    def upsert(self, guild_id: int | None, body: Json) -> Json:
        """Add one command, or replace the one of the same name and type."""
        others = [command for command in self.of(guild_id) if _key(command) != _key(body)]
        check_commands([*others, body])
        ids = {_key(command): int(command["id"]) for command in self.of(guild_id)}
        self._count_creates(guild_id, int(_key(body) not in ids))
        command = self._made(guild_id, body, ids.get(_key(body)))
        self._scopes.setdefault(guild_id, {})[int(command["id"])] = command
        self._changed()
        return command

    def change(self, guild_id: int | None, command_id: int, body: Json) -> Json:
        """Change some fields of one command."""
        before = self.find(guild_id, command_id)
        others = [command for command in self.of(guild_id) if command is not before]
        check_commands([*others, before | body])
        command = self._made(guild_id, before | body, command_id)
        self._scopes[guild_id][command_id] = command
        self._changed()
        return command

    def remove(self, guild_id: int | None, command_id: int) -> None:
        """Unregister one command."""
        self.find(guild_id, command_id)
        del self._scopes[guild_id][command_id]
        self._changed()

    def _made(self, guild_id: int | None, body: Json, command_id: int | None) -> Json:
        given = {key: value for key, value in body.items() if value is not None}
        command = _DEFAULTS | given
        command |= {
            "id": str(command_id or self._clock.snowflake()),
            "application_id": str(self._application_id),
            "version": str(self._clock.snowflake()),
        }
        if guild_id is not None:
            command["guild_id"] = str(guild_id)
        return command

    def _count_creates(self, guild_id: int | None, count: int) -> None:
        now = self._clock.now()
        recent = [at for at in self._creates.get(guild_id, []) if now - at < DAY_S]
        if len(recent) + count > CREATES_PER_DAY:
            raise ApiError(
                429, 30034, "Max number of daily application command creates has been reached (200)"
            )
        self._creates[guild_id] = recent + [now] * count


def leaf(command: Json, path: Sequence[str]) -> tuple[list[Json], list[Json]] | None:
    """Follow a path of subcommands below `command`.

    Returns the groups and subcommands on the way and the options of the end, None when the
    path does not lead to something a person can run.
    """
    way: list[Json] = []
    options: list[Json] = command.get("options") or []
    for name in path:
        step = next(
            (
                option
                for option in options
                if option["name"] == name and option["type"] in {SUBCOMMAND, GROUP}
            ),
            None,
        )
        if step is None:
            return None
        way.append(step)
        options = step.get("options") or []
    if any(option["type"] in {SUBCOMMAND, GROUP} for option in options):
        return None
    return way, options


def _key(command: Json) -> tuple[Any, Any]:
    return command.get("name"), command.get("type") or SLASH
