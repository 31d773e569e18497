"""Files of rules: a table (CSV) with a title row, or a list with a word on each line."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from bot.errors import BadChoice, BadPattern, BadRules
from bot.policy._screen_rules import MOST_RULES, Rule, RuleAction, RuleKind

COLUMNS = ("kind", "pattern", "action", "channel_id", "exempt_role_ids")
"""Of a table. The second is all that it must have; ids stand side by side with spaces."""

_LONGEST_ID = 19


def write_rules(rules: Iterable[Rule]) -> str:
    """Return rules as a table that `read_rules` reads."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for rule in rules:
        action = "" if rule.kind == "allow" else rule.action
        roles = " ".join(str(role_id) for role_id in rule.exempt_role_ids)
        rows.writerow((rule.kind, rule.pattern, action, rule.channel_id or "", roles))
    return file.getvalue()


def read_rules(text: str) -> list[Rule]:
    """Return the rules of a table or a list, each once and ready to be kept.

    In a list, `*` makes a wildcard, `/.../` a regular expression, and `#` begins a remark.

    Raises:
        BadRules: a line of it is none, or there are none, or too many.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    is_table = bool(lines) and "pattern" in _titles(lines[0])
    found: dict[tuple[RuleKind, str, int | None], Rule] = {}
    for count, (number, rule) in enumerate(_table(lines) if is_table else _list(lines)):
        # Before it is looked at, for that takes its time: the same may well come often.
        if count == MOST_RULES:
            raise BadRules(f"it has more than {MOST_RULES:,} rules")
        checked = _checked(number, rule)
        found[checked.kind, checked.pattern, checked.channel_id] = checked
    if not found:
        raise BadRules("there are no rules in it")
    return list(found.values())


def _titles(line: str) -> list[str]:
    return [title.strip().casefold() for title in line.split(",")]


def _table(lines: list[str]) -> Iterator[tuple[int, Rule]]:
    rows = csv.DictReader(lines[1:], fieldnames=_titles(lines[0]), restval="")
    try:
        for row in rows:
            if (row.get("pattern") or "").strip():
                yield rows.line_num + 1, _of_row(rows.line_num + 1, row)
    except csv.Error as error:
        raise BadRules(f"line {rows.line_num + 1}: {error}") from None


def _of_row(number: int, row: Mapping[str, str]) -> Rule:
    channel_id, *others = _ids(number, row.get("channel_id", "")) or (None,)
    if others:
        raise BadRules(f"line {number}: a rule counts in one channel, or in the whole server")
    return Rule(
        kind=cast("RuleKind", row.get("kind", "").strip().casefold() or "word"),
        pattern=row["pattern"],
        action=cast("RuleAction", row.get("action", "").strip().casefold() or "block"),
        channel_id=channel_id,
        exempt_role_ids=_ids(number, row.get("exempt_role_ids", "")),
    )


def _ids(number: int, text: str) -> tuple[int, ...]:
    found = text.split()
    if not all(one.isascii() and one.isdecimal() and len(one) <= _LONGEST_ID for one in found):
        raise BadRules(f"line {number}: an id is a number")
    return tuple(dict.fromkeys(int(one) for one in found))


def _list(lines: list[str]) -> Iterator[tuple[int, Rule]]:
    for number, line in enumerate(lines, start=1):
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        if len(pattern) > len("//") and pattern.startswith("/") and pattern.endswith("/"):
            yield number, Rule("regex", pattern[1:-1])
        else:
            yield number, Rule("wildcard" if "*" in pattern else "word", pattern)


def _checked(number: int, rule: Rule) -> Rule:
    try:
        return rule.checked()
    except BadPattern as error:
        raise BadRules(f"line {number}: {error.reason}") from None
    except BadChoice as error:
        raise BadRules(f"line {number}: there is no such {error.name}") from None
