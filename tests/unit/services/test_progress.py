"""Progress on the card: counts and order, whatever the pace."""

import asyncio

import pytest

from bot.providers import Progress
from bot.services import progress
from bot.services.progress import Relay
from tests.unit.services.script import Script, until

NEVER_S = 3600.0
AT_ONCE_S = 0.0


class Card:
    """Where progress is shown; point of its script: show."""

    def __init__(self) -> None:
        self.script = Script()
        self.percents: list[int | None] = []

    async def show(self, state: Progress) -> None:
        await self.script.meet("show")
        self.percents.append(state.percent)


@pytest.fixture
def card():
    return Card()


@pytest.fixture
def pace(monkeypatch):
    """Set the two pauses; everything at once when nothing is said."""

    def pace(*, first=AT_ONCE_S, every=AT_ONCE_S):
        monkeypatch.setattr(progress, "FIRST_AFTER_S", first)
        monkeypatch.setattr(progress, "EVERY_S", every)

    return pace


def percent(value):
    return Progress(percent=value)


async def settle():
    """Let the loop do everything that is not waiting for a clock."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_changes_are_shown_in_order(card, pace):
    pace()

    async with Relay(card.show) as relay:
        for value in (10, 20, 30):
            relay.tell(percent(value))
            await until(lambda value=value: card.percents[-1:] == [value])

    assert card.percents == [10, 20, 30]


async def test_run_that_is_over_before_the_first_showing_shows_nothing(card, pace):
    pace(first=NEVER_S)

    async with Relay(card.show) as relay:
        relay.tell(percent(10))
        await settle()

    assert card.percents == []


async def test_first_showing_is_of_the_latest_state(card, pace):
    pace(first=0.01)

    async with Relay(card.show) as relay:
        for value in range(10):
            relay.tell(percent(value))
        await until(lambda: card.percents)

    assert card.percents == [9]


async def test_changes_during_a_showing_come_as_one(card, pace):
    pace()
    gate = card.script.gate("show")

    async with Relay(card.show) as relay:
        relay.tell(percent(10))
        await gate.reached()
        for value in (20, 30, 40):
            relay.tell(percent(value))
        gate.open()
        await until(lambda: len(card.percents) == 2)
        await settle()

    assert card.percents == [10, 40]


async def test_second_showing_waits_for_its_time(card, pace):
    pace(every=NEVER_S)

    async with Relay(card.show) as relay:
        relay.tell(percent(10))
        await until(lambda: card.percents)
        relay.tell(percent(20))
        await settle()

    assert card.percents == [10]


async def test_unchanged_state_is_never_shown(card, pace):
    pace()

    async with Relay(card.show) as relay:
        relay.tell(Progress())
        await settle()
        for value in (10, 10, 20):
            relay.tell(percent(value))
            await settle()

    assert card.percents == [10, 20]


async def test_percent_never_goes_back(card, pace):
    """Who follows a run anew, after it was out of reach, may have heard less of it."""
    pace()
    gate = card.script.gate("show")

    async with Relay(card.show) as relay:
        relay.tell(percent(10))
        await gate.reached()
        relay.tell(percent(20))
        relay.tell(percent(10))
        gate.open()
        await settle()

    assert card.percents == [10, 20]


async def test_nothing_is_shown_after_the_end(card, pace):
    pace()
    gate = card.script.gate("show")

    async with Relay(card.show) as relay:
        relay.tell(percent(10))
        await gate.reached()
    gate.open()
    relay.tell(percent(20))
    await settle()

    assert card.percents == []


async def test_failure_to_show_does_not_reach_the_run(card, pace):
    pace()
    card.script.will("show", ZeroDivisionError())

    async with Relay(card.show) as relay:
        relay.tell(percent(10))
        await until(lambda: not card.script.awaits("show"))
        await settle()

    assert card.percents == []


async def test_run_that_is_cancelled_while_it_ends_its_relay_stays_cancelled(card, pace):
    pace()

    async def show_and_linger(state):
        try:
            await card.script.meet("show")
        finally:
            await card.script.meet("lingering")

    showing, lingering = card.script.gate("show"), card.script.gate("lingering")

    async def run():
        async with Relay(show_and_linger) as relay:
            relay.tell(percent(10))
            await showing.reached()

    task = asyncio.create_task(run())
    await lingering.reached()
    task.cancel()
    lingering.open()
    await asyncio.wait({task})

    assert task.cancelled()


async def test_long_line_is_told_to_its_first_digit(card, pace):
    pace()
    positions: list[int | None] = []

    async def show(state: Progress) -> None:
        positions.append(state.position)

    async with Relay(show) as relay:
        for ahead in (298, 250, 199, 42, 9, 8):
            relay.tell(Progress(position=ahead))
            await settle()

    assert positions == [200, 100, 40, 9, 8]
