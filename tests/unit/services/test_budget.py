"""What a month may cost: the host's word, at once and everywhere, and what the host is told."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.db.tables import attempts, staff_actions
from bot.errors import BudgetUsedUp, OutOfRange
from bot.services import BudgetAlert, DriftAlert, supply
from bot.services.budget import HIGHEST_BUDGET_USD
from bot.services.days import month_start, next_month
from bot.services.delivery import NotNow
from tests.unit.services.presses import refused, request
from tests.unit.services.studio import COST_USD_MICROS, SAM, model, route

ONE_JOB_USD = 4 * COST_USD_MICROS / 1_000_000
DEADLINE_S = 20.0


@pytest.fixture
async def studio(make_studio):
    """A studio in which only the host's money is short."""
    studio = make_studio()
    await studio.give(1000)
    return studio


def set_budget(studio, usd):
    return studio.services.supply.set_budget(studio.origin(), usd)


async def warned(studio):
    await studio.services.budget.warn()
    return [alert for alert in studio.delivery.alerts if isinstance(alert, BudgetAlert)]


async def until(condition):
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


# The host's word.


async def test_hosts_word_counts_at_once_and_after_a_restart(studio):
    await studio.accepted()

    await set_budget(studio, ONE_JOB_USD)
    await refused(studio, request(studio), BudgetUsedUp)
    studio.restart()
    await studio.services.supply.refresh()
    await refused(studio, request(studio), BudgetUsedUp)
    sheet = await set_budget(studio, None)

    assert (sheet.usd_micros, sheet.is_chosen) == (20_000_000, False)
    assert (await request(studio)).is_new
    async with studio.db.read() as conn:
        rows = await conn.execute(sa.select(staff_actions).order_by(staff_actions.c.id))
        found = [(row.action, row.before, row.after, row.is_posted) for row in rows]
    assert found == [("budget", "-1", "12000", True), ("budget", "12000", "-1", True)]


async def test_budget_of_nothing_buys_nothing_and_is_no_news(studio):
    sheet = await set_budget(studio, 0)

    await refused(studio, request(studio), BudgetUsedUp)
    assert (sheet.usd_micros, sheet.is_chosen, sheet.left_usd_micros) == (0, True, 0)
    assert await warned(studio) == []
    assert (await studio.imagine(model="free")).is_new


@pytest.mark.parametrize("usd", [-1, HIGHEST_BUDGET_USD + 1, float("nan")])
async def test_budget_beyond_reason_is_refused(studio, usd):
    await refused(studio, set_budget(studio, usd), OutOfRange)


async def test_treasuries_are_funded_with_the_hosts_budget(studio):
    await set_budget(studio, 5)

    await studio.accepted(count=1)

    assert await studio.treasury() == 5000 - 100


async def test_budget_lowered_meanwhile_keeps_a_waiting_job_from_a_dearer_route(studio):
    dear = model(name="dear", routes=[route("first"), route("second", cost_usd_micros=9000)])
    studio.learn(dear)
    job_id = await studio.accepted(model="dear", count=1)
    studio.resources.routing.health.failed("first", for_good=True)
    await set_budget(studio, 0.004)

    job = await studio.render(job_id)

    assert job.failure == "unavailable"
    assert studio.second.submits == []


async def test_sheet_says_what_was_spent_promised_and_left(studio):
    await studio.finished()
    await studio.accepted(count=2)
    gate = studio.first.script.gate("follow")
    running = studio.begin(await studio.accepted(count=1))
    await gate.reached()

    sheet = await studio.services.budget.sheet()
    gate.open()
    await running

    assert [(one.provider, one.spent_usd_micros) for one in sheet.providers] == [("first", 12_000)]
    assert sheet.committed_usd_micros == 3 * COST_USD_MICROS
    assert sheet.left_usd_micros == 20_000_000 - 7 * COST_USD_MICROS
    assert sheet.resets_at == next_month(studio.clock())


async def test_forecast_is_the_pace_of_the_last_days_to_the_end_of_the_month(studio):
    await studio.finished()
    now = datetime(2026, 3, 21, tzinfo=UTC)
    studio.clock.now = now
    async with studio.db.write() as conn:
        await conn.execute(attempts.update().values(created_at=now - timedelta(days=2)))

    sheet = await studio.services.budget.sheet()

    # 12 000 in two days, and eleven to come.
    assert sheet.forecast_usd_micros == 12_000 + 11 * 6000


# What the host is told.


async def test_host_is_told_at_80_and_at_100_percent_once_a_month(studio):
    await set_budget(studio, 5 * ONE_JOB_USD)
    for _ in range(3):
        await studio.accepted()
    before = await warned(studio)

    await studio.accepted()
    at_80 = await warned(studio)
    await studio.accepted()
    await warned(studio)
    told = await warned(studio)
    studio.restart()
    await studio.services.supply.refresh()
    again = await warned(studio)

    assert before == []
    assert [alert.percent for alert in at_80] == [80]
    assert [alert.percent for alert in told] == [80, 100]
    assert told[-1].committed_usd_micros == told[-1].budget_usd_micros == 60_000
    assert again == told


async def test_host_is_told_again_in_another_month_and_of_another_budget(studio):
    await set_budget(studio, ONE_JOB_USD)
    await studio.accepted()
    first = await warned(studio)
    await set_budget(studio, ONE_JOB_USD * 1.1)
    second = await warned(studio)
    studio.clock.now = next_month(studio.clock())
    third = await warned(studio)

    assert [alert.percent for alert in (*first, *second[1:], *third[2:])] == [100, 80, 80]


async def test_refusal_tells_the_host_although_something_is_left(studio):
    await set_budget(studio, 1.5 * ONE_JOB_USD)
    await studio.accepted()
    await refused(studio, request(studio, user_id=SAM), BudgetUsedUp)

    (told,) = await warned(studio)

    assert told.percent == 100
    assert told.committed_usd_micros < told.budget_usd_micros


async def test_host_who_could_not_be_told_is_told_later(studio):
    await set_budget(studio, ONE_JOB_USD)
    await studio.accepted()
    studio.delivery.script.will("host", NotNow("discord is away"))

    assert await warned(studio) == []
    assert len(await warned(studio)) == 1


async def test_host_is_told_as_soon_as_it_happens(studio, monkeypatch):
    # Longer than the test has patience for: only news can bring it earlier.
    monkeypatch.setattr(supply, "REFRESH_EVERY_S", 600.0)
    await studio.services.supply.start()
    try:
        await set_budget(studio, ONE_JOB_USD)
        await studio.accepted()
        await until(lambda: studio.delivery.alerts)
    finally:
        studio.services.supply.stop()

    assert studio.delivery.alerts[0].percent == 100


# What runs really cost.


async def runs(studio, real, *, times=5, wanted="fox", count=2):
    """Make pictures whose provider says what each of them cost."""
    for number in range(times):
        studio.first.outputs = None
        job_id = await studio.accepted(model=wanted, count=count, prompt=f"fox {number}")
        await studio.render(job_id)
        if real is not None:
            async with studio.db.write() as conn:
                mine = attempts.c.job_id == job_id
                await conn.execute(
                    attempts.update().where(mine).values(cost_usd_micros=real * count)
                )


async def test_route_that_costs_more_than_the_catalog_says_is_found(studio):
    await runs(studio, 5200)

    (drift,) = await studio.services.drifts.find()

    assert (drift.provider, drift.endpoint, drift.model, drift.task) == (
        "first",
        "fox/v1",
        "fox",
        "imagine",
    )
    assert (drift.expected_usd_micros, drift.real_usd_micros, drift.runs) == (3000, 5200, 5)
    assert (drift.price, drift.covering, drift.unit) == (3, 6, "picture")


@pytest.mark.parametrize(
    ("real", "times"),
    [(3000, 5), (3590, 5), (3490, 5), (9000, 4), (None, 5)],
    ids=["as said", "within a fifth", "within a fraction of a cent", "too few", "nobody said"],
)
async def test_what_is_no_drift(studio, real, times):
    await runs(studio, real, times=times)

    assert await studio.services.drifts.find() == []


async def test_estimates_of_an_older_catalog_are_no_drift(studio):
    await runs(studio, None)
    studio.resources.catalog.__init__([model(routes=[route("first", "fox/v1", 9000)])])

    assert await studio.services.drifts.find() == []


async def test_estimates_of_the_route_that_was_fallen_back_to_are_no_drift(studio):
    def learn(second):
        routes = [route("first", "duo/a", 1000), route("second", "duo/b", second)]
        studio.resources.catalog.__init__([model(name="duo", routes=routes)])

    learn(3000)
    await runs(studio, None, wanted="duo", count=1)
    async with studio.db.write() as conn:
        fallen = {"provider": "second", "endpoint": "duo/b"}
        estimate = dict.fromkeys(("cost_usd_micros", "quoted_usd_micros"), 3000)
        await conn.execute(attempts.update().values(**fallen, **estimate))
    learn(9000)

    assert await studio.services.drifts.find() == []


async def test_model_that_left_the_catalog_is_no_drift(studio):
    await runs(studio, 9000)
    studio.resources.catalog.__init__([])

    assert await studio.services.drifts.find() == []


async def test_cheaper_runs_are_found_and_old_ones_forgotten(studio):
    await runs(studio, 1000)
    (drift,) = await studio.services.drifts.find()
    async with studio.db.write() as conn:
        long_ago = studio.clock() - timedelta(days=31)
        await conn.execute(attempts.update().values(created_at=long_ago))

    assert (drift.real_usd_micros, drift.covering) == (1000, 1)
    assert await studio.services.drifts.find() == []


async def test_host_is_told_of_a_drift_once_a_week(studio):
    await runs(studio, 9000)
    studio.delivery.script.will("host", NotNow("discord is away"))
    now = month_start(studio.clock()) + timedelta(days=40)

    for days in (0, 0, 3, 7, 8):
        studio.clock.now = now + timedelta(days=days)
        async with studio.db.write() as conn:
            await conn.execute(attempts.update().values(created_at=studio.clock.now))
        await studio.services.supply.compare()

    told = [alert for alert in studio.delivery.alerts if isinstance(alert, DriftAlert)]
    assert [len(alert.drifts) for alert in told] == [1, 1]
