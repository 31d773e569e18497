"""The words of what staff do."""

from bot.services import StaffAction
from cogs._texts import plain


def deed(action: StaffAction) -> str:
    """Return a deed as a line of the mod log."""
    whom = f" · <@{action.target_id}>" if action.target_id else ""
    lines = [f"**{action.action}**{whom} by <@{action.staff_id}>"]
    if action.before or action.after:
        lines.append(f"{_shown(action.before)} → **{_shown(action.after)}**")
    if action.reason:
        lines.append(f"-# {plain(action.reason, 300)}")
    return "\n".join(lines)


def _shown(value: str) -> str:
    return plain(value, 200) or "nothing"
