"""Writes `docs/permissions.md` from `cogs/_permissions.py`: `python -m tests.permissions_page`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from cogs._buttons import LOOKS
from cogs._mod_buttons import LABELS
from cogs._permissions import BUTTONS, MENUS, Permission, of_command
from tests.readme_page import read_tree

PAGE = Path(__file__).parents[1] / "docs" / "permissions.md"

_HEAD = """# Who may do what

Written from `cogs/_permissions.py` by `python -m tests.permissions_page`; a test fails when it is
out of date, and another one presses and types everything below as everybody, everywhere.

* **Everybody** is every member; **moderators** have Moderate Members or Manage Server;
  **administrators** have Administrator; the **host** is who runs the bot (`OWNER_IDS`, or the
  application's owner or team). Who is more is not less: an administrator is a moderator too.
* Discord decides first: an administrator may hide commands from people and channels in the server's
  settings, under Integrations. What it lets through is checked again by the bot.
* Commands and menus work in channels, age-restricted channels and threads alike, never in direct
  messages. What is made, and where it may be seen, is then the server's `/config`.
* Suspended and banned are those whom `/mod` suspended or banned; the server itself is not meant.
"""
_STANDINGS = {
    "any": ("yes", "yes"),
    "not banned": ("yes", "no"),
    "good": ("no", "no"),
}
_PANELS = {
    "panel set": "`/settings`",
    "panel forget": "`/privacy delete`",
    "panel money": "`/transactions`",
    "panel hist": "`/history`",
    "panel models": "`/models`",
    "panel loras": "`/loras`",
    "panel board": "`/leaderboard`",
    "panel modpage": "`/mod history`, `/mod queue`",
    "panel audit": "`/credits audit`",
    "panel filter": "`/filter list`",
    "panel conf": "`/config view`",
    "panel setup": "`/setup`",
}
_OTHERS = {
    "yes": "Yes, to a question about a price",
    "no": "No, to it",
    "agree": "I agree, to a server's terms",
    "gift yes": "Yes, to one's own gift",
    "gift no": "No, to it",
}


def page() -> str:
    """Return the page as it should be."""
    lines = [_HEAD, "## Commands", *_table("command", _commands())]
    lines += ["", "## Menus", *_table("menu", MENUS.items())]
    lines += ["", "## Buttons", "", "Those of a panel are for whom it was shown to."]
    lines += _table("button", _buttons(), has_place=True)
    return "\n".join(lines) + "\n"


def _commands() -> Iterator[tuple[str, Permission]]:
    for command in sorted(read_tree(), key=lambda one: one.qualified_name):
        permission = of_command(command.qualified_name)
        assert permission is not None, command.qualified_name
        yield f"`/{command.qualified_name}`", permission


def _buttons() -> Iterator[tuple[str, Permission]]:
    for name, permission in BUTTONS.items():
        yield _button_name(name), permission


def _button_name(name: str) -> str:
    if name in _PANELS:
        return f"Panel of {_PANELS[name]}"
    if name in _OTHERS:
        return _OTHERS[name]
    if name in LOOKS:
        look = LOOKS[name]
        shown = " ".join(part for part in (look.emoji, look.label) if part)
        return f"{shown.format(number='1-4')} `{name}`"
    return f"{LABELS[name][0]} `{name}`"


def _table(
    what: str, rows: Iterable[tuple[str, Permission]], *, has_place: bool = False
) -> Iterator[str]:
    place = " in direct messages |" if has_place else ""
    yield ""
    yield f"| {what} | who | suspended | banned |{place}"
    yield f"| --- | --- | --- | --- |{' --- |' if has_place else ''}"
    for name, permission in rows:
        suspended, banned = _STANDINGS[permission.standing]
        reach = "one's own" if permission.in_messages else "no"
        own = f" {reach} |" if has_place else ""
        yield f"| {name} | {permission.who} | {suspended} | {banned} |{own}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
