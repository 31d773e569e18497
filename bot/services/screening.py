"""Screening: words are looked at before anything is spent on them, however they came in."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.db.tables import filter_rules
from bot.errors import PromptBlocked, PromptWarned
from bot.policy import Asking, Finding, Rule, Screen, Verdict
from bot.services.moderation import BLOCKED_PROMPT
from bot.services.orders import Click, Order
from bot.services.requests import ImageWish, Origin
from bot.services.resources import Resources
from bot.services.servers import LOOK_EVERY_S, Servers
from bot.services.staff import Deed, StaffLog

log = structlog.get_logger()

FLAGGED_PROMPT = "flagged prompt"
"""An action in the staff's log. It holds no prompt: rules by number, and letters that matched."""

WARNING_STANDS_FOR = timedelta(minutes=10)
QUIET_FOR = timedelta(minutes=10)
"""How long a person's further refusals are counted, but not posted one by one in the mod log."""

BLOCKED_ANSWER = "blocked answer"
"""An action in the staff's log: words that a model gave, for which nobody here is to blame."""

MOST_REMEMBERED = 10_000
_LONGEST_LETTERS = 60
_PERSONAL = ("email", "card", "phone")


class Screening:
    """Knows every server's rules, in memory; the rows are the truth."""

    def __init__(self, resources: Resources, *, servers: Servers, staff: StaffLog) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self.servers = servers
        self._staff = staff
        self._rules: Mapping[int, tuple[Rule, ...]] = {}
        self._screens: Mapping[int, Screen] = {}
        self._usual = Screen()
        # Who reads first must not have the last word.
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._warned = _Memory(WARNING_STANDS_FOR)
        self._refused = _Memory(QUIET_FOR)
        self._loras: OrderedDict[str, str] = OrderedDict()

    async def start(self) -> None:
        """Learn all rules before the first request; where others may change them, keep looking."""
        # The lists for everybody are read with the first text, which should be nobody's.
        await asyncio.to_thread(self._usual.check, Asking("a fox"))
        await self.refresh()
        if not self._db.is_sqlite:
            self._task = asyncio.create_task(self._keep_refreshing())

    def stop(self) -> None:
        """Learn no more."""
        if self._task is not None:
            self._task.cancel()

    def rules_of(self, server_id: int) -> Sequence[Rule]:
        """Return a server's rules, the oldest first."""
        return self._rules.get(server_id, ())

    def look(self, origin: Origin, prompt: str, negative_prompt: str = "") -> Verdict:
        """Look at words, and do nothing about them."""
        return self._look(origin, Asking(prompt, negative_prompt))

    async def check(self, origin: Origin, prompt: str) -> Verdict:
        """Refuse words that may not be used here; staff are told of it.

        Raises:
            PromptBlocked: whoever says it again.
            PromptWarned: the first time; the same rules pass once the person says it again.
        """
        return await self._check(origin, Asking(prompt))

    async def check_wishes(self, origin: Origin, wishes: Sequence[ImageWish]) -> None:
        """Refuse wishes for their words, before anything is asked or kept; raises as `check`."""
        asked = ((one.prompt, one.negative_prompt or "", one.lora or "") for one in wishes)
        for prompt, negative, lora in dict.fromkeys(asked):
            await self._check(origin, Asking(prompt, negative, self._lora_words([lora])))

    async def check_order(self, origin: Origin, order: Order, click: Click) -> Verdict:
        """Refuse what is about to be made, for its words and those that its pictures come from.

        A picture that is there already, and brought alone, was asked for before.

        Raises:
            PromptBlocked, PromptWarned: as `check` does.
        """
        behind = await self._behind(order.inputs)
        asking = self._asking(order.inputs, behind)
        if click.action == "pick":
            return Verdict((), self._look(origin, asking).held)
        return await self._check(origin, asking)

    async def note(
        self, conn: AsyncConnection, origin: Origin, verdict: Verdict, job: jobs.Job
    ) -> None:
        """Let staff read that a job's words were flagged, in the transaction that accepts it."""
        await self._note_flags(conn, origin, verdict, _words_of(job.inputs), f"job #{job.id}")

    async def note_gift(
        self, conn: AsyncConnection, origin: Origin, verdict: Verdict, message: str
    ) -> None:
        """Let staff read that a gift's words were flagged, in the transaction that writes it."""
        await self._note_flags(conn, origin, verdict, (message, ""), "gift")

    def look_at_answer(self, job: jobs.Job, answer: str) -> Verdict:
        """Look at words that a model gave, as if they came from somebody without any role."""
        asking = Asking(
            answer,
            behind=jobs.held_in(job.inputs) or (),
            channel_ids=(job.channel_id,),
            personal_data=self.servers.of(job.server_id).personal_data,
        )
        return self._screens.get(job.server_id, self._usual).check(asking)

    async def note_answer(
        self, conn: AsyncConnection, job: jobs.Job, verdict: Verdict, answer: str
    ) -> None:
        """Let staff read why a model's words were not shown, in the transaction that says so."""
        deed = _deed(BLOCKED_ANSWER, 0, verdict, (answer, ""))
        deed = replace(deed, reason=f"job #{job.id} · {deed.reason}")
        await self._staff.note(conn, job.server_id, deed)

    def name_lora(self, version_id: int, name: str) -> None:
        """Remember what a LoRA is called where it comes from: its name is words as well."""
        self._loras[str(version_id)] = name
        self._loras.move_to_end(str(version_id))
        if len(self._loras) > MOST_REMEMBERED:
            self._loras.popitem(last=False)

    def nudge(self) -> None:
        """Show staff what was noted, soon. Called after the transaction."""
        self._staff.nudge()

    async def refresh(self) -> None:
        """Read every rule; what has not changed is not compiled again."""
        async with self._turn:
            async with self._db.read() as conn:
                ordered = filter_rules.select().order_by(filter_rules.c.server_id, "id")
                rows = (await conn.execute(ordered)).all()
            rules = {
                server_id: tuple(map(rule_of, mine))
                for server_id, mine in groupby(rows, lambda row: row.server_id)
            }
            screens: dict[int, Screen] = {}
            for server_id, mine in rules.items():
                is_known = mine == self._rules.get(server_id)
                screens[server_id] = (
                    self._screens[server_id] if is_known else await _compiled(server_id, mine)
                )
            self._rules, self._screens = rules, screens

    def _look(self, origin: Origin, asking: Asking) -> Verdict:
        places = (origin.channel_id, origin.parent_channel_id)
        placed = replace(
            asking,
            channel_ids=[one for one in places if one is not None],
            role_ids=origin.role_ids,
            personal_data=self.servers.of(origin.server_id).personal_data,
        )
        return self._screens.get(origin.server_id, self._usual).check(placed)

    async def _check(self, origin: Origin, asking: Asking) -> Verdict:
        verdict = self._look(origin, asking)
        if verdict.action == "block":
            words = asking.prompt, asking.negative_prompt
            await self._note_refusal(origin, verdict, words)
            raise PromptBlocked(why=verdict.findings[0].why)
        if verdict.action == "warn" and not self._is_warned(origin, verdict):
            raise PromptWarned
        return verdict

    async def _behind(self, inputs: Mapping[str, Any]) -> frozenset[str]:
        """Return what is held by the words that a job's pictures were made from."""
        sources = jobs.sources_in(inputs)
        if not sources:
            return frozenset()
        async with self._db.read() as conn:
            behind = await jobs.read_behind(conn, sources)
        # Jobs from before there were marks have words alone.
        held = set(behind.held)
        for words in behind.words:
            held |= (await asyncio.to_thread(self._usual.check, Asking(words))).held
        return frozenset(held)

    def _asking(self, inputs: Mapping[str, Any], behind: frozenset[str]) -> Asking:
        prompt, negative = _words_of(inputs)
        loras = [lora["path"] for lora in inputs.get("loras", ())]
        background = self._lora_words([*loras, *inputs.get("air_loras", ())])
        return Asking(prompt, negative, background, behind)

    def _lora_words(self, loras: Sequence[str]) -> str:
        """Return the names of LoRAs, as they are written and as their site has them."""
        names = (name for lora in loras for name in lora.split()[:1])
        # One of CivitAI's ends with the number of its version, which alone says nothing.
        words = (self._loras.get(name.rpartition("@")[2], name) for name in names)
        return "\n;\n".join(words)

    async def _note_flags(
        self,
        conn: AsyncConnection,
        origin: Origin,
        verdict: Verdict,
        words: tuple[str, str],
        where: str,
    ) -> None:
        if verdict.findings:
            deed = _deed(FLAGGED_PROMPT, origin.user_id, verdict, words)
            deed = replace(deed, reason=f"{where} · {deed.reason}")
            await self._staff.note(conn, origin.server_id, deed)

    async def _note_refusal(self, origin: Origin, verdict: Verdict, words: tuple[str, str]) -> None:
        who = (origin.server_id, origin.user_id)
        is_quiet = self._refused.find(who, self._clock()) is not None
        self._refused.put(who, origin.interaction_id, self._clock())
        deed = _deed(BLOCKED_PROMPT, origin.user_id, verdict, words)
        try:
            async with self._db.write() as conn:
                await self._staff.note(conn, origin.server_id, deed, is_quiet=is_quiet)
        except SQLAlchemyError as error:
            # It is refused all the same.
            log.warning("refusal not noted", reason=type(error).__name__)
        self._staff.nudge()

    def _is_warned(self, origin: Origin, verdict: Verdict) -> bool:
        """Whether somebody was warned of all this before, by an interaction that is not this one.

        One press is looked at more than once on its way.
        """
        now = self._clock()
        warnings = [one.rule for one in verdict.findings if one.action == "warn"]
        keys = [(origin.server_id, origin.user_id, rule) for rule in warnings]
        before = [self._warned.find(key, now) for key in keys]
        if all(one not in (None, origin.interaction_id) for one in before):
            return True
        for key in keys:
            self._warned.put(key, origin.interaction_id, now)
        return False

    async def _keep_refreshing(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.refresh()
            except SQLAlchemyError as error:
                log.warning("filter rules not read", reason=type(error).__name__)


def rule_of(row: sa.Row[Any]) -> Rule:
    """Return a rule as it was written."""
    return Rule(
        kind=row.kind,
        pattern=row.pattern,
        action=row.action,
        channel_id=row.channel_id or None,
        exempt_role_ids=tuple(row.exempt_role_ids),
        id=row.id,
    )


async def _compiled(server_id: int, rules: Sequence[Rule]) -> Screen:
    # Thousands of rules take a moment in which others want their answers.
    screen = await asyncio.to_thread(Screen, rules)
    for rule in screen.unusable:
        log.warning("filter rule not usable", server_id=server_id, rule_id=rule.id)
    return screen


def _words_of(inputs: Mapping[str, Any]) -> tuple[str, str]:
    return inputs.get("prompt") or "", inputs.get("negative_prompt") or ""


def _deed(action: str, user_id: int, verdict: Verdict, words: tuple[str, str]) -> Deed:
    whys = dict.fromkeys(_why(finding) for finding in verdict.findings)
    letters = dict.fromkeys(
        part for finding in verdict.findings for part in _letters_of(finding, words)
    )
    quoted = "".join(f" “{part}”" for part in letters)[:_LONGEST_LETTERS]
    return Deed(action, target_id=user_id, reason=f"{', '.join(whys)}{quoted}")


def _why(finding: Finding) -> str:
    """Return a reason that may be shown to anybody: the rules themselves are the moderators'."""
    return finding.why if finding.rule is None else f"rule #{finding.rule.id}"


def _letters_of(finding: Finding, words: tuple[str, str]) -> list[str]:
    """Return the letters that matched, with the little that may stand between them."""
    if finding.why in _PERSONAL or not finding.spans:
        return []
    typed = words[finding.field == "negative_prompt"]
    first, last = finding.spans[0][0], finding.spans[-1][1]
    if last - first <= _LONGEST_LETTERS:
        return [" ".join(typed[first:last].split())]
    return [typed[start:end] for start, end in finding.spans]


@dataclass(frozen=True)
class _Noted:
    interaction_id: int
    at: datetime


class _Memory:
    """What happened lately, by which interaction; the oldest is forgotten first."""

    def __init__(self, stands_for: timedelta) -> None:
        self._stands_for = stands_for
        self._noted: OrderedDict[Hashable, _Noted] = OrderedDict()

    def find(self, key: Hashable, now: datetime) -> int | None:
        """Return the interaction that did it, if that is not too long ago."""
        noted = self._noted.get(key)
        if noted is None or now - noted.at >= self._stands_for:
            return None
        return noted.interaction_id

    def put(self, key: Hashable, interaction_id: int, now: datetime) -> None:
        """Remember that it happened; while an earlier time counts, that one stands."""
        if self.find(key, now) is not None:
            return
        self._noted[key] = _Noted(interaction_id, now)
        self._noted.move_to_end(key)
        if len(self._noted) > MOST_REMEMBERED:
            self._noted.popitem(last=False)
