"""Upkeep: rounds go on whatever breaks in one of them, and the engine's clock calls for them."""

import asyncio

from sqlalchemy.exc import OperationalError

from bot.config import Settings
from bot.services import NotNow, Upkeep, nudging
from bot.services import engine as module
from bot.services.engine import Engine
from tests.unit.services.script import DEADLINE_S, until


class Rounds:
    """Rounds that do what they are told, in order, and then nothing."""

    def __init__(self, *fates):
        self.fates = list(fates)
        self.count = 0

    async def __call__(self):
        self.count += 1
        if self.fates and (fate := self.fates.pop(0)) is not None:
            raise fate


async def test_broken_round_keeps_nobody_else_waiting():
    broken, other = Rounds(ValueError("a bug")), Rounds()

    assert await Upkeep((broken, other)).go()

    assert (broken.count, other.count) == (1, 1)


async def test_what_could_not_be_done_now_is_tried_again_soon(monkeypatch):
    monkeypatch.setattr(nudging, "FIRST_PAUSE_S", 0.0)
    gone = OperationalError("SELECT 1", {}, Exception("gone"))
    rounds = Rounds(NotNow("away"), gone, None)
    upkeep = Upkeep((rounds,))

    upkeep.start()
    await until(lambda: rounds.count == 3)
    await upkeep.tick()
    await until(lambda: rounds.count == 4)
    await upkeep.stop()

    assert rounds.fates == []


async def test_stop_leaves_no_round_under_way():
    reached, left = asyncio.Event(), asyncio.Event()

    async def long():
        reached.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    upkeep = Upkeep((long,))
    upkeep.start()
    await reached.wait()

    await upkeep.stop()

    assert left.is_set()


async def test_engine_ticks_by_its_clock(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "UPKEEP_CRON", "* * * * * *")
    ticked = asyncio.Event()

    async def tick():
        ticked.set()

    async def render(job_id):
        raise AssertionError(job_id)

    engine = Engine(Settings(data_dir=tmp_path), "a process", render, tick)
    await engine.start()

    async with asyncio.timeout(DEADLINE_S):
        await ticked.wait()
    await engine.stop()
