"""What the spine costs, measured beside a bare discord.py bot in the same run.

    python -m tests.bench [--seconds 20] [--in-flight 500] [--rounds 20]

Prints figures and ratios; nothing here passes or fails.
"""

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from bot.policy import MOST, Tier
from bot.providers._canvas import draw
from bot.sandbox import seed
from tests.bench.ledger import measure_ledger
from tests.bench.many_models import measure_models
from tests.bench.screen import measure_screen
from tests.e2e.stage import ROOT, Stage, running_stage
from tests.standins.fal import FalAtHome

RATE = 20
RUN_S = 2.0
SCREEN_S = 5.0
WARM_UP = 10
# So that every guest of a crowd gets the credits of a newcomer.
RICH = {"MONTHLY_BUDGET_USD": "200"}


class Contender:
    """One bot process on a stage of its own."""

    def __init__(self, stage: Stage, process: Process, started_at: float) -> None:
        self.stage = stage
        self.process = process
        self.started_at = started_at

    async def answer_ms(self, prompt: str, who: str = "mia") -> float:
        """Return how long one `/imagine` waits for its first answer."""
        start = time.perf_counter()
        person = self.stage.world.person(who)
        invocation = await person.slash(seed.GENERAL_ID, "imagine", {"prompt": prompt})
        await invocation.answered()
        return (time.perf_counter() - start) * 1000

    def rss_mb(self) -> float:
        """Return the process's resident memory."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def cpu_s(self) -> float:
        """Return the processor time the process has used."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system


@contextlib.asynccontextmanager
async def contender(*command: str, **env: str) -> AsyncIterator[Contender]:
    """Run a bot on a fresh stage until it has answered for the first time."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_stage(Path(folder), check_bodies=False) as stage:
            started_at = time.perf_counter()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *command,
                cwd=ROOT,
                env=stage.environment(**env),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                await stage.until(lambda: stage.world.gateway.connected and _is_ready(stage))
                yield Contender(stage, process, started_at)
            finally:
                process.kill()
                await process.wait()


def _is_ready(stage: Stage) -> bool:
    return any(command["name"] == "imagine" for command in stage.world.commands.of(None))


async def answers(bot: Contender, seconds: int) -> list[float]:
    """Return the answer times at a steady rate of interactions."""
    for number in range(WARM_UP):
        await bot.answer_ms(f"warm up {number}")
    tasks: list[asyncio.Task[float]] = []
    start = time.perf_counter()
    for number in range(RATE * seconds):
        await asyncio.sleep(max(0.0, start + number / RATE - time.perf_counter()))
        tasks.append(asyncio.create_task(bot.answer_ms(f"picture {number}")))
    return sorted(await asyncio.gather(*tasks))


async def make_rich(bot: Contender) -> None:
    """Give Mia enough for the whole run, and let everybody ask as often as they like."""
    await _told(bot, "max", "credits add", user=str(seed.MIA_ID), amount=5_000, reason="to measure")
    often = {"role": str(seed.GUILD_ID), "requests-per-minute": MOST["requests_per_minute"]}
    await _told(bot, "olga", "credits tier set", **often)


async def _told(bot: Contender, who: str, path: str, **options: str | int) -> None:
    invocation = await bot.stage.world.person(who).slash(seed.GENERAL_ID, path, options)
    await invocation.answered()


def report(name: str, ours: list[float], bare: list[float]) -> None:
    """Print p50 and p99 of both beside each other."""
    for label, index in (("p50", len(ours) // 2), ("p99", len(ours) * 99 // 100)):
        print(
            f"{name} {label}: ours {ours[index]:7.1f} ms   bare {bare[index]:7.1f} ms   "
            f"difference {ours[index] - bare[index]:+7.1f} ms"
        )


async def measure_answers(seconds: int) -> None:
    """Compare first answers at 20 interactions a second."""
    async with contender("tests/bench/bare_bot.py") as bot:
        bare_start = await _first_answer_s(bot)
        bare = await answers(bot, seconds)
    async with contender("main.py", "run", PAINTER_SECONDS="600", **RICH) as bot:
        our_start = await _first_answer_s(bot)
        rss = bot.rss_mb()
        await make_rich(bot)
        ours = await answers(bot, seconds)
    report(f"/imagine answered at {RATE}/s", ours, bare)
    print(f"start to first answer: ours {our_start:.2f} s   bare {bare_start:.2f} s")
    print(f"resident memory at rest: {rss:.0f} MB")


async def _first_answer_s(bot: Contender) -> float:
    await bot.answer_ms("first")
    return time.perf_counter() - bot.started_at


async def measure_jobs(in_flight: int) -> None:
    """Measure memory for jobs under way, and processor time for a job from end to end."""
    async with contender("main.py", "run", PAINTER_SECONDS="600", **RICH) as bot:
        await make_rich(bot)
        await bot.answer_ms("first")
        at_rest = bot.rss_mb()
        crowd = [f"Guest {number}" for number in range(in_flight // Tier().slots + 1)]
        for name in crowd:
            bot.stage.world.add_member(name)
        for number in range(in_flight):
            await bot.answer_ms(f"{number}", who=crowd[number // Tier().slots])
        await bot.stage.until(lambda: _running(bot) >= in_flight)
        print(
            f"memory for a job under way ({in_flight} at once): "
            f"{(bot.rss_mb() - at_rest) * 1000 / in_flight:.0f} kB"
        )
    async with contender("main.py", "run") as bot:
        await make_rich(bot)
        await bot.answer_ms("first")
        await bot.stage.settled()
        before, painted = bot.cpu_s(), 20
        for number in range(painted):
            await bot.answer_ms(f"whole {number}")
        await bot.stage.settled()
        whole = (bot.cpu_s() - before) / painted
    painting = await asyncio.to_thread(_painting_s)
    print(
        f"processor time for a job: {whole * 1000:.0f} ms in the bot, "
        f"{painting * 1000:.0f} ms in the painter's own process"
    )


def _running(bot: Contender) -> int:
    return sum(job["status"] == "running" for job in bot.stage.jobs())


async def measure_completion(rounds: int) -> None:
    """Compare how soon a picture that fal has finished stands in the message."""
    async with FalAtHome().open() as fal:
        fal.seconds = RUN_S
        async with contender("tests/bench/naive_bot.py", **fal.environment) as bot:
            naive = await _completions(bot, fal, rounds)
        async with contender("main.py", "run", **fal.environment, **RICH) as bot:
            await make_rich(bot)
            ours = await _completions(bot, fal, rounds)
        looks = Counter(seen.place for seen in fal.seen if seen.place in ("status", "stream"))
    report(f"fal done to message done, {RUN_S:g} s runs", ours, naive)
    print(f"   (bare is a bot around fal_client.subscribe; both together asked: {dict(looks)})")


async def _completions(bot: Contender, fal: FalAtHome, rounds: int) -> list[float]:
    """Return the milliseconds between a run's end at fal and the end of the message's edit."""
    times: list[float] = []
    for number in range(rounds + WARM_UP // 2):
        known = set(fal.runs)
        person = bot.stage.world.person("mia")
        options = {"prompt": f"picture {number}"}
        invocation = await person.slash(seed.GENERAL_ID, "imagine", options)
        await bot.stage.until(lambda before=known: set(fal.runs) - before)
        (run_id,) = set(fal.runs) - known
        await bot.stage.until(lambda card=invocation: _has_picture(bot.stage, card.message_id))
        over_at = fal.runs[run_id].begun_at + RUN_S
        times.append((time.monotonic() - over_at) * 1000)
    return sorted(times[WARM_UP // 2 :])


def _has_picture(stage: Stage, message_id: int | None) -> bool:
    if message_id is None:
        return False
    return bool(stage.message(message_id)["attachments"] or stage.pictures(message_id))


def _painting_s() -> float:
    """Return the processor time of painting one picture, median of five."""
    times: list[float] = []
    for number in range(5):
        start = time.process_time()
        draw(f"whole {number}", "", number, 1024, 1024, lambda _share: None)
        times.append(time.process_time() - start)
    return statistics.median(times)


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--in-flight", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    measure_screen(SCREEN_S)
    asyncio.run(measure_models())
    asyncio.run(measure_ledger())
    asyncio.run(measure_completion(options.rounds))
    asyncio.run(measure_answers(options.seconds))
    asyncio.run(measure_jobs(options.in_flight))


if __name__ == "__main__":
    main()
