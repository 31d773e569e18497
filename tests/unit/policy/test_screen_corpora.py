"""The filter's figures: who is stopped for nothing, and who gets through."""

from collections import Counter
from pathlib import Path

import pytest

from bot.policy import Asking, Screen, read_rules
from tests.unit.conftest import TOLD
from tests.unit.policy import tricks

CORPORA = Path(__file__).with_name("corpora")
LEAST_CAUGHT = 0.95


@pytest.fixture(scope="module")
def screen():
    return Screen(read_rules((CORPORA / "server.csv").read_text()))


def prompts(name):
    lines = (CORPORA / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def stopped(screen, prompt):
    """Return which letters a screen found, for each of its findings."""
    return [
        (one.why, [prompt[start:end] for start, end in one.spans])
        for one in screen.check(Asking(prompt)).findings
    ]


def test_innocent_prompts_pass(screen, record_property):
    innocent = prompts("innocent.txt")

    false = {prompt: why for prompt in innocent if (why := stopped(screen, prompt))}

    record_property(TOLD, f"{len(false)} of {len(innocent)} innocent prompts stopped")
    assert len(innocent) > 300
    assert false == {}


def test_shipped_rules_leave_adults_alone():
    plain = Screen()

    assert {prompt: why for prompt in prompts("adult.txt") if (why := stopped(plain, prompt))} == {}


def test_evasions_are_caught(screen, record_property):
    missed: Counter[str] = Counter()
    lines = (CORPORA / "evasive.tsv").read_text().splitlines()
    for line in lines:
        trick, hidden, escaped = line.split("\t")
        prompt = escaped.encode().decode("unicode_escape")
        if not is_caught(screen, hidden, prompt):
            missed[trick] += 1

    caught = len(lines) - missed.total()
    record_property(TOLD, f"{caught} of {len(lines)} caught; missed: {dict(missed)}")
    assert len(lines) > 150
    assert caught / len(lines) > LEAST_CAUGHT
    # What two ordinary spaces part is not put together: too much else would be, too.
    assert set(missed) <= {"two words"}


def is_caught(screen, hidden, prompt):
    for finding in screen.check(Asking(prompt)).findings:
        if finding.why == "minors" or finding.rule is None:
            return finding.why == hidden
        if finding.rule.pattern == hidden:
            return True
    return False


def test_the_evasions_are_those_of_the_tricks():
    assert (CORPORA / "evasive.tsv").read_text() == tricks.written()
