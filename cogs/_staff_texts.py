"""The words of what staff do."""

import re
from collections.abc import Iterable, Mapping

from discord import app_commands

from bot.policy import Tier
from bot.services import (
    AuditLine,
    AuditPage,
    Change,
    StaffAction,
    Stipend,
    StipendSheet,
    Tally,
    TreasurySheet,
    tally_words,
)
from cogs._texts import ago, credit_count, fitted, plain

LONGEST_AMOUNT = 12
"""Digits; longer numbers are somebody's id."""

NAMED = 10
"""How many of those who could not be paid are named."""

NEWER = "◀ Newer"
OLDER = "Older ▶"
AS_CSV = "CSV"
ENTRIES_FILE = "The same as a table, the newest first."

NO_STIPENDS = "No stipend is paid here. `/credits stipend add` begins one."
NO_TIERS = "No role has limits of its own here. `/credits tier set` gives it some."

_ROLE = re.compile(r"\\<\\@&(\d{1,20})\\>")


def deed(action: StaffAction) -> str:
    """Return a deed as a line of the mod log."""
    whom = f" · <@{action.target_id}>" if action.target_id else ""
    by = f"<@{action.staff_id}>" if action.staff_id else "the bot"
    lines = [f"**{action.action}**{whom} by {by}"]
    if action.before or action.after:
        before, after = (
            _shown(value, 200, action.server_id) or "nothing"
            for value in (action.before, action.after)
        )
        lines.append(f"{before} → **{after}**")
    if action.reason:
        lines.append(f"-# {_shown(action.reason, 300, action.server_id)}")
    return "\n".join(lines)


def _shown(value: str, limit: int, server_id: int) -> str:
    """Return what somebody wrote without any formatting, except that roles are shown as such."""
    if value.isascii() and value.isdecimal() and len(value) <= LONGEST_AMOUNT:
        return f"{int(value):,}"
    return _ROLE.sub(lambda found: role_name(int(found[1]), server_id), plain(value, limit))


def role_name(role_id: int, server_id: int) -> str:
    """Return a role as a mention that nobody is told of."""
    return "everybody" if role_id == server_id else f"<@&{role_id}>"


def changed(user_id: int, change: Change, reason: str) -> str:
    """Return what became of somebody's credits."""
    return f"<@{user_id}>: {change.before:,} → **{credit_count(change.after)}**{_why(reason)}"


def frozen(user_id: int, *, is_frozen: bool, is_new: bool, reason: str) -> str:
    """Return whether somebody's credits are frozen now."""
    state = "frozen" if is_frozen else "free"
    if not is_new:
        return f"<@{user_id}>: credits are **{state}** already."
    after = "Jobs under way go on." if is_frozen else "They can be spent again."
    return f"<@{user_id}>: credits are **{state}** now. {after}{_why(reason)}"


def _why(reason: str) -> str:
    return f"\n-# {plain(reason, 300)}" if reason else ""


def granting(tally: Tally) -> str:
    """Return how far a grant to a role has come."""
    return f"Asking who has the role: {tally.asked:,} of {tally.of:,}. So far {tally_words(tally)}."


def granted(tally: Tally) -> str:
    """Return what a grant to a role came to."""
    if tally.is_interrupted:
        return (
            f"Discord does not answer just now. So far {tally_words(tally)}. The rest is paid by "
            "itself within minutes, so do not grant it again; the mod log tells the outcome."
        )
    lines = [f"**{tally_words(tally)}**"]
    if tally.unpaid:
        names = ", ".join(f"<@{user_id}>" for user_id in tally.unpaid[:NAMED])
        more = len(tally.unpaid) - NAMED
        rest = f" and {more:,} more" if more > 0 else ""
        lines.append(
            f"Not paid: {names}{rest}. Their credits are frozen, or the treasury is empty."
        )
    if tally.is_left_out:
        lines.append("You have the role, and moderators grant nothing to themselves.")
    if not tally.people and not tally.unpaid:
        lines.append("-# Only people who have used the bot here have an account.")
    return "\n".join(lines)


def stipend_line(stipend: Stipend) -> str:
    """Return a stipend in a line."""
    whom = role_name(stipend.role_id, stipend.server_id)
    return f"**#{stipend.id}** {credit_count(stipend.amount)} a {stipend.every} for {whom}"


def stipend_added(stipend: Stipend) -> str:
    """Return what will be paid from now on."""
    is_everybody = stipend.role_id == stipend.server_id
    whom = "everybody" if is_everybody else "everybody with the role"
    return (
        f"{stipend_line(stipend)}. It is paid within minutes, then once each {stipend.every} "
        f"(UTC), to {whom} who has used the bot here."
    )


def stipend_removed(stipend: Stipend) -> str:
    """Return what is not paid any more."""
    return f"Ended: {stipend_line(stipend)}. What was paid stays paid."


def stipend_list(sheets: Iterable[StipendSheet]) -> str:
    """Return all stipends of a server."""
    lines = [
        f"{stipend_line(sheet.stipend)}\n-# {sheet.paid:,} paid, the next {ago(sheet.next_at)} · "
        f"about {sheet.monthly:,} a month · by <@{sheet.stipend.created_by}>"
        for sheet in sheets
    ]
    return fitted(lines) or NO_STIPENDS


def stipend_choice(stipend: Stipend, role: str) -> app_commands.Choice[str]:
    """Return a stipend as an autocomplete entry."""
    name = f"#{stipend.id} {credit_count(stipend.amount)} a {stipend.every} for {role}"
    return app_commands.Choice(name=name[:100], value=str(stipend.id))


def treasury(sheet: TreasurySheet) -> str:
    """Return how a server's treasury is."""
    lines = [
        f"**{credit_count(sheet.balance)}** in this server's treasury",
        f"This month: {sheet.given:,} given to people, {sheet.captured:,} came back for pictures",
        f"Held for running jobs: {sheet.held:,}",
        _forecast(sheet),
        f"Stipends: about {sheet.stipends_a_month:,} a month",
    ]
    if sheet.filled_with:
        lines.append(f"+{credit_count(sheet.filled_with)} {ago(sheet.filled_at)}, from the host")
    else:
        lines.append("The bot's host fills it by hand.")
    return "\n".join(lines)


def _forecast(sheet: TreasurySheet) -> str:
    if sheet.lasts_days is None:
        return "At the pace of the last 7 days it does not run empty"
    days = f"{sheet.lasts_days:,} day{'' if sheet.lasts_days == 1 else 's'}"
    return f"At the pace of the last 7 days ({sheet.a_day:,} a day) it lasts **{days}**"


def audit(page: AuditPage, server_id: int) -> str:
    """Return a page of what happened to credits."""
    audited = page.audited
    whom = f"<@{audited.user_id}>" if audited.user_id else "This server"
    title = f"**{whom}: the last {audited.days} days**"
    lines = [_audit_line(line, server_id) for line in page.lines]
    return fitted([title, *(lines or ["Nothing happened."])], 3900)


def _audit_line(line: AuditLine, server_id: int) -> str:
    parts = [ago(line.at)]
    whom = f" <@{line.whom}>" if line.whom else ""
    if line.source == "staff":
        by = f"<@{line.by}>" if line.by else "the bot"
        parts.append(f"**{line.what}**{whom} by {by}")
        if line.before or line.after:
            before = _shown(line.before, 80, server_id) or "nothing"
            parts.append(f"{before} → {_shown(line.after, 80, server_id) or 'nothing'}")
        if line.reason:
            parts.append(_shown(line.reason, 80, server_id))
    else:
        amount = f"{line.change:+,}" if line.change else f"{line.amount:,}"
        parts += [f"`{amount}`{whom}", line.what]
        origin = line.key.partition(":")[0]
        if " for job " not in line.what and origin != line.what:
            parts.append(origin)
    return " · ".join(parts)


def tier_line(role_id: int, tier: Tier, server_id: int) -> str:
    """Return the limits of a role in a line."""
    parts = [
        f"{tier.requests_per_minute:,} requests a minute",
        f"{tier.slots} job{'' if tier.slots == 1 else 's'} at once",
        _limit(tier.credits_per_day, "credits a day"),
        _limit(tier.largest_count, "pictures a request"),
        _limit(tier.largest_megapixels, "megapixels"),
        f"{tier.lane} lane",
    ]
    return f"**{role_name(role_id, server_id)}**: {' · '.join(parts)}"


def _limit(value: int | None, what: str) -> str:
    return f"any number of {what}" if value is None else f"{value:,} {what}"


def tier_set(role_id: int, tier: Tier, server_id: int) -> str:
    """Return which limits a role has now."""
    return (
        f"{tier_line(role_id, tier, server_id)}\n"
        "-# It counts at once. Of several roles, each limit that gives most counts."
    )


def tier_removed(role_id: int, server_id: int) -> str:
    """Return that a role has no limits of its own any more."""
    return f"{role_name(role_id, server_id)} has no limits of its own any more."


def tier_list(tiers: Mapping[int, Tier], server_id: int) -> str:
    """Return the limits of all roles that have their own; everybody's come first."""
    ordered = sorted(tiers, key=lambda role_id: (role_id != server_id, role_id))
    lines = [tier_line(role_id, tiers[role_id], server_id) for role_id in ordered]
    if server_id not in tiers:
        lines.insert(0, f"{tier_line(server_id, Tier(), server_id)} (as usual)")
    return fitted(lines if tiers else [*lines, NO_TIERS])
