"""Configuring: what a server's administrators decide, effective at once, written as a deed."""

from dataclasses import dataclass, fields

from bot.errors import AdministratorsOnly
from bot.policy import Option, ServerSettings, Value, option_named
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.servers import Servers
from bot.services.staff import Deed, StaffLog


@dataclass(frozen=True)
class Configured:
    """A setting that was changed, or not, when both are the same."""

    option: Option
    before: Value
    after: Value


class Configuring:
    """Changes a server's settings."""

    def __init__(self, resources: Resources, *, servers: Servers, staff: StaffLog) -> None:
        self._db = resources.db
        self._servers = servers
        self._staff = staff

    def settings(self, origin: Origin) -> ServerSettings:
        """Return a server's settings as they count now."""
        return self._servers.of(origin.server_id)

    async def change(self, origin: Origin, name: str, value: object) -> Configured:
        """Change one setting.

        Raises:
            AdministratorsOnly, UnknownSetting, BadChoice, OutOfRange: nothing was written.
        """
        option = option_named(name)
        return await self._write(origin, option, option.check(value))

    async def reset(self, origin: Origin, name: str) -> Configured:
        """Let a setting's default count again; raises as `change` does."""
        option = option_named(name)
        return await self._write(origin, option, option.default)

    async def _write(self, origin: Origin, option: Option, value: Value) -> Configured:
        _check_rights(origin)
        changes = {option.name: value}
        async with self._db.write() as conn:
            before, after = await self._servers.write(conn, origin.server_id, changes)
            done = Configured(option, _value(before, option), _value(after, option))
            if done.before != done.after:
                deed = Deed(
                    f"config {option.name}",
                    before=_written(option, done.before),
                    after=_written(option, done.after),
                )
                await self._staff.write(conn, origin, deed)
        await self._learn()
        return done

    async def _learn(self) -> None:
        await self._servers.refresh()
        self._staff.nudge()


def _check_rights(origin: Origin) -> None:
    if not origin.is_admin:
        raise AdministratorsOnly


def _value(settings: ServerSettings, option: Option) -> Value:
    assert option.name in {field.name for field in fields(settings)}
    value: Value = getattr(settings, option.name)
    return value


def _written(option: Option, value: Value) -> str:
    """Return a value as the log of staff keeps it: ids as Discord shows them."""
    mark = {"channel": "<#{}>", "channels": "<#{}>", "roles": "<@&{}>"}.get(option.kind)
    ids = value if isinstance(value, tuple) else () if value is None else (value,)
    return str(value) if mark is None else " ".join(mark.format(one) for one in ids)
