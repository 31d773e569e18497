"""What it costs to look at a prompt, beside the list in a loop that bots of today have.

python -m tests.bench.screen [--seconds 5]
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.policy import MOST_RULES, Asking, Rule, Screen
from tests.unit.policy.test_screen_readings import SHAPES, drawn

CORPORA = Path(__file__).parents[1] / "unit" / "policy" / "corpora"
LETTERS = "abcdefghijklmnoprstuvw"
LONGEST = 4000
OF_WORDS = ("little girl ", "girl 16 ", "nudelittlegirl ", "naked baby mole ", "\U0001f9d2")


def measure_screen(seconds: float) -> None:
    """Print the time per prompt with as many rules as a server may have, and the worst there is."""
    rules = many_rules(random.Random(3))
    started = time.thread_time()
    screen = Screen(rules)
    compiled_ms = (time.thread_time() - started) * 1000
    print(f"screen: {len(rules):,} rules compiled in {compiled_ms:.0f} ms of processor time")
    prompts = innocent()
    ours = spent_ms(prompts, seconds, lambda prompt: screen.check(Asking(prompt)))
    words = [rule.pattern.strip("*") for rule in rules]
    naive = spent_ms(
        prompts, seconds / 4, lambda prompt: any(one in prompt.lower() for one in words)
    )
    print(f"screen: prompt p50 {at(ours, 50):.3f} ms, p99 {at(ours, 99):.3f}, worst {ours[-1]:.3f}")
    print(f"screen: words in a loop, as text: p50 {at(naive, 50):.3f} ms, p99 {at(naive, 99):.3f}")
    shapes = (*SHAPES, *OF_WORDS, "x", "x ", "裸")
    worst = {shape: worst_ms(screen, drawn(shape, 1, length=LONGEST)) for shape in shapes}
    shape = max(worst, key=worst.__getitem__)
    print(f"screen: worst of {len(worst)} hostile texts: {worst[shape]:.1f} ms, {shape!r}")


def many_rules(chance: random.Random) -> list[Rule]:
    """Return 2,000 rules: words, wildcards and regular expressions that no prompt holds."""
    rules = [Rule("word", word(chance)) for _ in range(MOST_RULES - 200)]
    rules += [
        Rule("wildcard", chance.choice(("*{}", "{}*", "*{}*")).format(word(chance)))
        for _ in range(160)
    ]
    rules += [Rule("regex", rf"\b{word(chance)}\d+{word(chance)[:3]}\b") for _ in range(40)]
    return rules


def word(chance: random.Random) -> str:
    """Return a word that none is: five to nine letters and a rare pair."""
    return "".join(chance.choices(LETTERS, k=chance.randint(5, 9))) + "xq"


def innocent() -> list[str]:
    """Return the innocent prompts of the tests."""
    lines = (CORPORA / "innocent.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def spent_ms(prompts: Sequence[str], seconds: float, look: Callable[[str], object]) -> list[float]:
    """Return what each look took, sorted; of this thread's own time, for others use the machine."""
    for prompt in prompts:
        look(prompt)
    spent: list[float] = []
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        for prompt in prompts:
            started = time.thread_time()
            look(prompt)
            spent.append((time.thread_time() - started) * 1000)
    return sorted(spent)


def worst_ms(screen: Screen, text: str) -> float:
    """Return the least of a few tries at one text, as prompt and negative prompt alike."""
    return spent_ms([text], 0.3, lambda one: screen.check(Asking(one, one)))[0]


def at(sorted_ms: Sequence[float], percent: int) -> float:
    """Return a percentile."""
    return sorted_ms[min(len(sorted_ms) - 1, len(sorted_ms) * percent // 100)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    measure_screen(parser.parse_args().seconds)
