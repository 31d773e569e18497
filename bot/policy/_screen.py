"""The screen: what somebody may not, or should not, ask for, found before anything is spent."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from bot.errors import BadPattern
from bot.policy._screen_engines import Expression
from bot.policy._screen_index import Index, Pattern, Stretches
from bot.policy._screen_minors import Combination, Held, combine
from bot.policy._screen_personal import find_personal
from bot.policy._screen_readings import Readings, read
from bot.policy._screen_rules import Rule, RuleAction

Field = Literal["prompt", "negative_prompt"]
Why = Literal["rules", "minors", "garbled", "email", "card", "phone"]
Span = tuple[int, int]

MOST_HITS = 3000
"""Of a text; rules within rules, and a text made for them, would find millions."""

_GRAVITY: tuple[RuleAction, ...] = ("block", "warn", "flag")


@dataclass(frozen=True)
class Asking:
    """What is asked for, and by whom where: the ids of a channel (and of the thread's), of roles.

    `background` are words that nobody typed and that count all the same, a LoRA's name; `behind` is
    what those held that a picture was made from which is changed now. Only what is never made is
    looked for in them. Personal data is blocked, flagged or allowed, as the server says.
    """

    prompt: str
    negative_prompt: str = ""
    background: str = ""
    behind: Collection[str] = ()
    channel_ids: Collection[int] = ()
    role_ids: Collection[int] = ()
    personal_data: Literal["block", "flag", "allow"] = "block"


@dataclass(frozen=True)
class Finding:
    """Something that was found: why it matters, what follows, and where in the text as typed.

    `spans` are the letters that matched, from the first to behind the last of each stretch.
    """

    why: Why
    action: RuleAction
    field: Field
    spans: tuple[Span, ...]
    rule: Rule | None = None


@dataclass(frozen=True)
class Verdict:
    """All that was found in what somebody asks for, the gravest first.

    `held` is what is to be known of it once a picture that was made from it is changed.
    """

    findings: tuple[Finding, ...]
    held: Held = frozenset()

    @property
    def action(self) -> RuleAction | None:
        """What follows from it; None lets it pass."""
        return self.findings[0].action if self.findings else None


class Screen:
    """The rules of one server, ready to be matched, and those that are the same everywhere.

    Rules that cannot be used (any more) are left out; they are in `unusable`.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.unusable: list[Rule] = []
        self._regexes: list[tuple[Rule, Expression]] = []
        patterns: list[tuple[Pattern, Rule]] = []
        for rule in rules:
            try:
                if rule.kind == "regex":
                    self._regexes.append((rule, rule.expression()))
                else:
                    patterns.append((rule.words(), rule))
            except BadPattern:
                self.unusable.append(rule)
        self._index = Index(patterns)

    def check(self, asking: Asking) -> Verdict:
        """Look at everything that is asked for."""
        prompt = read(asking.prompt)
        # What is refused as a riddle need not be read twice as long.
        has_more = asking.negative_prompt and not prompt.is_garbled
        negative = read(asking.negative_prompt) if has_more else None
        together = read(f"{asking.prompt}\n;\n{asking.background}") if asking.background else prompt
        combined = combine(together, negative, asking.behind)
        found = list(_tell(asking, combined.found))
        found += self._find(asking, "prompt", prompt)
        if negative is not None:
            found += self._find(asking, "negative_prompt", negative)
        found.sort(key=lambda finding: _GRAVITY.index(finding.action))
        return Verdict(tuple(found), combined.held)

    def _find(self, asking: Asking, field: Field, readings: Readings) -> Iterator[Finding]:
        typed = getattr(asking, field)
        for rule, at in self._hits(asking, readings).items():
            yield Finding("rules", rule.action, field, spans_of(typed, at), rule)
        if readings.is_garbled:
            yield Finding("garbled", "block", field, ())
        if asking.personal_data == "allow":
            return
        for one in find_personal(readings.folded):
            at = readings.folded.typed(one.start, one.end)
            yield Finding(one.kind, asking.personal_data, field, spans_of(typed, at))

    def _hits(self, asking: Asking, readings: Readings) -> Mapping[Rule, Collection[int]]:
        """Return the rules that matched, and all letters that each of them did."""
        every = list(islice(self._index.find(readings), MOST_HITS))
        readings.is_garbled |= len(every) == MOST_HITS
        hits = [hit for hit in every if _counts(hit.what, asking)]
        allowed = Stretches(hit.at for hit in hits if hit.what.kind == "allow")
        found: dict[Rule, set[int]] = {}
        for hit in hits:
            if hit.what.kind != "allow" and not allowed.cover(hit.at):
                found.setdefault(hit.what, set()).update(hit.at)
        for rule, expression in self._regexes:
            match = expression.search(readings.folded.text) if _counts(rule, asking) else None
            if match is not None:
                found[rule] = set(readings.folded.typed(*match.span()))
        return found


def spans_of(typed: str, at: Collection[int]) -> tuple[Span, ...]:
    """Return stretches of letters; what stands between two without white space belongs to them."""
    spans: list[list[int]] = []
    for index in sorted(at):
        if spans and not any(letter.isspace() for letter in typed[spans[-1][1] : index]):
            spans[-1][1] = index + 1
        else:
            spans.append([index, index + 1])
    return tuple((start, end) for start, end in spans)


def _tell(asking: Asking, found: Combination | None) -> Iterator[Finding]:
    if found is None:
        return
    in_prompt = [index for index in found.in_prompt if index < len(asking.prompt)]
    yield Finding("minors", "block", "prompt", spans_of(asking.prompt, in_prompt))
    if found.in_negative:
        spans = spans_of(asking.negative_prompt, found.in_negative)
        yield Finding("minors", "block", "negative_prompt", spans)


def _counts(rule: Rule, asking: Asking) -> bool:
    """Whether a rule is for this place, and for this person."""
    if rule.channel_id is not None and rule.channel_id not in asking.channel_ids:
        return False
    return not any(role_id in asking.role_ids for role_id in rule.exempt_role_ids)
