"""Who may do what: the one table. `cogs/_doors.py` enforces it, `docs/permissions.md` shows it.

A test sees to it that every command, menu and button is in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Who = Literal["everybody", "moderators", "administrators", "host"]
Standing = Literal["any", "not banned", "good"]


@dataclass(frozen=True)
class Permission:
    """Who may use something, and how they must stand in the server.

    `standing` says what a suspended and a banned person still may: `any` is for both, `not banned`
    for the suspended, `good` for neither. `in_messages` says that it works in direct messages with
    the bot too, for one's own things.
    """

    who: Who = "everybody"
    standing: Standing = "any"
    in_messages: bool = False


_OWN = Permission()
_LOOK = Permission(standing="not banned")
_MAKE = Permission(standing="good")
_MODERATE = Permission("moderators")
_ADMINISTER = Permission("administrators")
_HOST = Permission("host")


def _all(permission: Permission, names: Iterable[str]) -> Mapping[str, Permission]:
    return dict.fromkeys(names, permission)


COMMANDS: Mapping[str, Permission] = {
    **_all(_MAKE, ("imagine", "edit", "upscale", "blend", "describe", "enhance", "preset use")),
    **_all(_MAKE, ("daily", "gift")),
    **_all(_LOOK, ("cost", "models", "loras", "show", "history", "leaderboard")),
    **_all(_LOOK, ("preset save", "preset list", "preset delete")),
    **_all(_OWN, ("help", "jobs", "cancel", "settings", "balance", "transactions")),
    **_all(_OWN, ("privacy export", "privacy delete")),
    **_all(_MODERATE, ("credits", "mod", "filter")),
    **_all(_ADMINISTER, ("credits tier", "config", "setup", "stats")),
    "owner": _HOST,
}
"""Commands by their path; what is inside a group is as the group, unless it has its own line."""

MENUS: Mapping[str, Permission] = {
    **_all(_MAKE, ("Upscale", "Remix")),
    **_all(_LOOK, ("Job info", "Report to moderators")),
    **_all(_MODERATE, ("Remove (staff)", "Credits", "Moderation history")),
}
"""Entries of the Apps menu of messages and people."""

_PAID = ("vary", "reroll", "remix", "final", "draw", "up_subtle", "up_creative", "vary_subtle")
_PAID_TOO = ("vary_strong", "zoom_out", "pan_left", "pan_right", "pan_up", "pan_down", "square")
_MAKE_ANYWHERE = Permission(standing="good", in_messages=True)
_LOOK_ANYWHERE = Permission(standing="not banned", in_messages=True)
_OWN_ANYWHERE = Permission(in_messages=True)

BUTTONS: Mapping[str, Permission] = {
    **_all(_MAKE_ANYWHERE, (*_PAID, *_PAID_TOO, "retry", "elsewhere", "pick", "yes")),
    **_all(_LOOK_ANYWHERE, ("favourite", "info", "send", "report")),
    **_all(_OWN_ANYWHERE, ("cancel", "delete", "no", "agree", "ack", "appeal")),
    "gift yes": _MAKE,
    "gift no": _OWN,
    **_all(_OWN, ("panel set", "panel forget", "panel money")),
    **_all(_LOOK, ("panel hist", "panel models", "panel loras", "panel board")),
    **_all(_MODERATE, ("remove", "warn", "suspend", "ban", "dismiss", "history")),
    **_all(_MODERATE, ("grant", "deny", "panel modpage", "panel audit", "panel filter")),
    **_all(_ADMINISTER, ("panel conf", "panel setup")),
}
"""Buttons, selects and forms by what they do; a panel's are all alike."""


def of_command(path: str) -> Permission | None:
    """Return who may use a command, by its path; None where the table says nothing."""
    words = path.split()
    for length in range(len(words), 0, -1):
        found = COMMANDS.get(" ".join(words[:length]))
        if found is not None:
            return found
    return None
