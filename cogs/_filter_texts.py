"""Every sentence about a server's filter."""

from collections.abc import Sequence

from discord import app_commands

from bot.policy import Field, Finding, Rule, RuleAction, Verdict, Why
from bot.services import Imported
from cogs._staff_texts import role_name
from cogs._texts import fitted, plain

PER_PAGE = 15
LONGEST_TEST = 3800
AROUND = 40
"""Characters that are shown before and after letters that matched."""

NEWER = "◀ Newer"
OLDER = "Older ▶"
EXPORTED = "All rules of this server as a table. `/filter import` reads it again."
NO_RULES = (
    "This server has no rules of its own. `/filter add` makes one; sexual content with minors and "
    "what the setting `personal_data` says are looked for in any case."
)
NONE_FOUND = "No rule holds that."
PASSED = (
    "✅ **Nothing found.** These words pass.\n"
    "-# Rules that exempt a role were tried as for somebody without it, unless you named it."
)
PLURAL_HINT = (
    "-# It matches this word alone, in any disguise. For longer words, plurals among them, add "
    "`{pattern}*` too."
)

_DONE: dict[RuleAction, str] = {
    "block": "🚫 **Blocked**",
    "warn": "⚠️ **Warned of once**",
    "flag": "🏳️ **Made, and told to you**",
}
_WHYS: dict[Why, str] = {
    "rules": "this server's rules",
    "minors": "sexual content with minors, which no rule and no setting allows",
    "garbled": "more signs and digits within words than can be read",
    "email": "an e-mail address (setting `personal_data`)",
    "card": "a payment card's number (setting `personal_data`)",
    "phone": "a phone number (setting `personal_data`)",
}
_FIELDS: dict[Field, str] = {"prompt": "", "negative_prompt": " in the negative prompt"}


def rule_words(rule: Rule) -> str:
    """Return a rule in a few words."""
    return f"{rule.kind} “{plain(rule.pattern, 120)}”"


def rule_line(rule: Rule, server_id: int) -> str:
    """Return a rule as a line of the list."""
    parts = [f"**#{rule.id}** {rule_words(rule)}"]
    if rule.kind != "allow":
        parts.append(f"**{rule.action}**")
    if rule.channel_id is not None:
        parts.append(f"in <#{rule.channel_id}>")
    if rule.exempt_role_ids:
        roles = ", ".join(role_name(role_id, server_id) for role_id in rule.exempt_role_ids)
        parts.append(f"not for {roles}")
    return " · ".join(parts)


def added(rule: Rule, server_id: int) -> str:
    """Return what counts from now on."""
    words = f"It counts at once: {rule_line(rule, server_id)}"
    if rule.kind == "word" and rule.pattern.isalpha():
        words += "\n" + PLURAL_HINT.format(pattern=plain(rule.pattern, 60))
    return words


def removed(rule: Rule, server_id: int) -> str:
    """Return what does not count any more."""
    return f"Removed: {rule_line(rule, server_id)}"


def rule_list(rules: Sequence[Rule], page: int, server_id: int, *, search: str) -> str:
    """Return a page of rules, the newest first."""
    if not rules:
        return NONE_FOUND if search else NO_RULES
    first = page * PER_PAGE
    shown = list(reversed(rules))[first : first + PER_PAGE]
    count = f"{len(rules):,} rule{'' if len(rules) == 1 else 's'}"
    title = f"**{count}**" + (f" with “{plain(search, 40)}”" if search else "")
    return fitted([title, *(rule_line(rule, server_id) for rule in shown)], LONGEST_TEST)


def rule_choice(rule: Rule) -> app_commands.Choice[str]:
    """Return a rule as an autocomplete entry."""
    where = " · one channel" if rule.channel_id else ""
    action = "" if rule.kind == "allow" else f" · {rule.action}"
    name = f"#{rule.id} {rule.kind}{action}{where} · {' '.join(rule.pattern.split())}"
    return app_commands.Choice(name=name[:100], value=str(rule.id))


def imported(done: Imported) -> str:
    """Return what became of a file."""
    return f"{done.new:,} new rules, {done.changed:,} changed, {done.same:,} there as they were."


def tested(verdict: Verdict, prompt: str, negative_prompt: str) -> str:
    """Return what was found in some words, with the letters that matched in bold."""
    if not verdict.findings:
        return PASSED
    typed: dict[Field, str] = {"prompt": prompt, "negative_prompt": negative_prompt}
    lines = [_finding(finding, typed[finding.field]) for finding in verdict.findings]
    return fitted(lines, LONGEST_TEST)


def _finding(finding: Finding, typed: str) -> str:
    rule = finding.rule
    why = f" by rule #{rule.id}, {rule_words(rule)}" if rule else f": {_WHYS[finding.why]}"
    line = f"{_DONE[finding.action]}{why}{_FIELDS[finding.field]}"
    return f"{line}\n> {marked(typed, finding.spans)}" if finding.spans else line


def marked(typed: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return what people typed around some letters, and those in bold."""
    first = max(0, spans[0][0] - AROUND)
    last = min(len(typed), spans[-1][1] + AROUND)
    parts, at = ["…" if first else ""], first
    for start, end in spans:
        parts += _spaced(typed[at:start]), f"**{plain(typed[start:end], 200)}**"
        at = end
    parts += _spaced(typed[at:last]), "…" if last < len(typed) else ""
    return "".join(parts)


def _spaced(text: str) -> str:
    """Return a part of a text as plain as the whole, with the space at its ends."""
    if len(text) > 4 * AROUND:
        return f"{_spaced(text[:AROUND])}…{_spaced(text[-AROUND:])}"
    words = plain(text, len(text) + 1)
    before = " " if text[:1].isspace() else ""
    after = " " if words and text[-1:].isspace() else ""
    return f"{before}{words}{after}"
