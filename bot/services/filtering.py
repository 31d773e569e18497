"""Filtering: what a server's moderators do about its rules for words, effective at once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import take_turn
from bot.db.tables import filter_rules
from bot.errors import BadPattern, NotPermitted, RuleThere, TooManyRules, UnknownRule
from bot.policy import (
    LARGEST_REGEXES,
    MOST_RULES,
    Rule,
    Verdict,
    read_rules,
    write_rules,
)
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.screening import Screening, rule_of
from bot.services.staff import Deed, StaffLog

_Key = tuple[str, str, int | None]
_There = Mapping[_Key, Rule]


@dataclass(frozen=True)
class Imported:
    """How many rules of a file are new, were changed, or were there as they are."""

    new: int
    changed: int
    same: int


class Filtering:
    """Adds, removes and tries rules. Everything here is for moderators."""

    def __init__(self, resources: Resources, *, screening: Screening, staff: StaffLog) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._screening = screening
        self._staff = staff

    def rules(self, origin: Origin) -> Sequence[Rule]:
        """Return the server's rules, the oldest first.

        Raises:
            NotPermitted: they are no staff.
        """
        _check_rights(origin)
        return self._screening.rules_of(origin.server_id)

    def test(
        self,
        origin: Origin,
        prompt: str,
        negative_prompt: str = "",
        *,
        channel_id: int | None = None,
        role_ids: Sequence[int] = (),
    ) -> Verdict:
        """Return what would be found in words that somebody sends from here, or from a channel.

        They have the roles that are named, and no others.

        Raises:
            NotPermitted: they are no staff.
        """
        _check_rights(origin)
        sender = replace(origin, role_ids=tuple(role_ids))
        if channel_id is not None:
            sender = replace(sender, channel_id=channel_id, parent_channel_id=None)
        return self._screening.look(sender, prompt, negative_prompt)

    async def add(self, origin: Origin, rule: Rule) -> Rule:
        """Add a rule; one for the same words and place is replaced. Return it with its number.

        Raises:
            NotPermitted, BadPattern, BadChoice, RuleThere, TooManyRules: nothing was written.
        """
        _check_rights(origin)
        rule = rule.checked()
        async with self._db.write() as conn:
            there = await _read(conn, origin.server_id)
            before = there.get(_key(rule))
            if _is_there(rule, there):
                raise RuleThere
            _check_room({**there, _key(rule): rule})
            await self._put(conn, origin, {_key(rule): rule}, there)
            told = "" if before is None else _told(before)
            deed = Deed("filter add", before=told, after=_told(rule))
            await self._staff.write(conn, origin, deed)
        await self._news()
        written = (one for one in self.rules(origin) if _key(one) == _key(rule))
        return next(written, rule)

    async def remove(self, origin: Origin, rule_id: int) -> Rule:
        """Remove a rule, and return it.

        Raises:
            NotPermitted, UnknownRule: nothing was written.
        """
        _check_rights(origin)
        is_mine = (filter_rules.c.server_id == origin.server_id) & (filter_rules.c.id == rule_id)
        async with self._db.write() as conn:
            gone = await conn.execute(
                filter_rules.delete().where(is_mine).returning(*filter_rules.c)
            )
            row = gone.first()
            if row is None:
                raise UnknownRule
            rule = rule_of(row)
            await self._staff.write(conn, origin, Deed("filter remove", before=_told(rule)))
        await self._news()
        return rule

    async def import_rules(self, origin: Origin, text: str) -> Imported:
        """Add the rules of a file, all of them or none; what is there already stays.

        Raises:
            NotPermitted, BadRules, BadPattern, TooManyRules: nothing was written.
        """
        _check_rights(origin)
        # Thousands of rules take a moment in which others want their answers.
        rules = {_key(rule): rule for rule in await asyncio.to_thread(read_rules, text)}
        async with self._db.write() as conn:
            there = await _read(conn, origin.server_id)
            other = {key: rule for key, rule in rules.items() if not _is_there(rule, there)}
            _check_room({**there, **other})
            await self._put(conn, origin, other, there)
            changed = len(other.keys() & there.keys())
            done = Imported(len(other) - changed, changed, len(rules) - len(other))
            told = f"{done.new} new rules, {done.changed} changed"
            await self._staff.write(conn, origin, Deed("filter import", after=told))
        await self._news()
        return done

    def export(self, origin: Origin) -> str:
        """Return the server's rules as a file that can be imported; raises as `rules` does."""
        return write_rules(self.rules(origin))

    async def _put(
        self, conn: AsyncConnection, origin: Origin, rules: Mapping[_Key, Rule], there: _There
    ) -> None:
        """Write rules; one that is there keeps its number."""
        new: list[dict[str, Any]] = []
        for key, rule in rules.items():
            values = self._values(origin, rule)
            if key in there:
                mine = filter_rules.c.id == there[key].id
                await conn.execute(filter_rules.update().where(mine).values(**values))
            else:
                new.append(values)
        if new:
            await conn.execute(filter_rules.insert(), new)

    def _values(self, origin: Origin, rule: Rule) -> dict[str, Any]:
        return {
            "server_id": origin.server_id,
            "channel_id": rule.channel_id or 0,
            "kind": rule.kind,
            "pattern": rule.pattern,
            "action": rule.action,
            "exempt_role_ids": list(rule.exempt_role_ids),
            "created_by": origin.user_id,
            "created_at": self._clock(),
        }

    async def _news(self) -> None:
        """Let the rules count, and show what was written."""
        self._staff.nudge()
        await self._screening.refresh()


def _key(rule: Rule) -> _Key:
    return rule.kind, rule.pattern, rule.channel_id


def _is_there(rule: Rule, there: _There) -> bool:
    known = there.get(_key(rule))
    return known is not None and replace(known, id=0) == rule


def _check_rights(origin: Origin) -> None:
    if not origin.is_staff:
        raise NotPermitted


def _check_room(rules: _There) -> None:
    if len(rules) > MOST_RULES:
        raise TooManyRules(limit=MOST_RULES)
    size = 0
    for rule in rules.values():
        size += rule.expression().programsize if rule.kind == "regex" else 0
        if size > LARGEST_REGEXES:
            raise BadPattern("all regular expressions together are too large; remove some first")


async def _read(conn: AsyncConnection, server_id: int) -> _There:
    """Return a server's rules, which nobody else changes before the transaction ends."""
    await take_turn(conn, f"filter:{server_id}")
    mine = sa.select(filter_rules).where(filter_rules.c.server_id == server_id)
    return {_key(rule): rule for rule in map(rule_of, await conn.execute(mine))}


def _told(rule: Rule) -> str:
    """Return a rule as staff read it in their log."""
    what = "allow" if rule.kind == "allow" else f"{rule.action} {rule.kind}"
    where = f", channel {rule.channel_id}" if rule.channel_id else ""
    return f"{what} {rule.pattern}{where}"
