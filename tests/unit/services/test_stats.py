"""Figures over a day, a week, a month or a year, and the chart that is drawn of them."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from bot.db.tables import attempts
from bot.db.tables import jobs as job_rows
from bot.errors import ProviderDown
from bot.services import Takeaway, charting
from bot.services.stats import NAMED, Trend, _trends
from cogs import _stats_texts as texts
from tests.postgres import ON_BOTH
from tests.unit.services.studio import COST_USD_MICROS, SAM, SERVER

# A moment of which month, day and hour differ between UTC and most other places.
NOW = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
OTHER = SERVER + 1


@pytest.fixture
async def busy(make_studio):
    """A studio with jobs of half an hour, five hours, six days, three weeks and ten months ago."""
    studio = make_studio(allowed_servers=frozenset({SERVER, OTHER}))
    await studio.give(1000)
    made = [
        await studio.finished(model="fox", count=2),
        await studio.finished(model="fox", count=1),
        await studio.finished(model="twice", count=1),
        await studio.finished(model="free", count=1),
        await studio.finished(model="fox", count=1),
    ]
    ages = [
        timedelta(minutes=30),
        timedelta(hours=5),
        timedelta(days=6),
        timedelta(days=21),
        timedelta(days=304),
    ]
    for job, age in zip(made, ages, strict=True):
        await move(studio, job.id, NOW - age)
    elsewhere = await studio.finished(count=1, origin=studio.origin(server_id=OTHER, user_id=SAM))
    await move(studio, elsewhere.id, NOW)
    studio.clock.now = NOW
    return studio


async def move(studio, job_id, when):
    """Have a job made at another time."""
    async with studio.db.write() as conn:
        mine = job_rows.c.id == job_id
        await conn.execute(job_rows.update().where(mine).values(created_at=when))
        of_it = attempts.c.job_id == job_id
        await conn.execute(attempts.update().where(of_it).values(created_at=when))


async def report(studio, period, server_id=SERVER):
    return await studio.services.stats.report(period, server_id=server_id)


@ON_BOTH
async def test_periods_add_up_what_was_made_in_them_by_the_hours_and_days_of_utc(busy):
    found = {}
    for period in ("day", "week", "month", "year"):
        one = await report(busy, period)
        cost = one.spent_usd_micros // COST_USD_MICROS
        found[period] = (len(one.buckets), one.jobs, cost, one.captured_credits)
    day, year = await report(busy, "day"), await report(busy, "year")
    there, everywhere = await report(busy, "day", OTHER), await report(busy, "day", None)

    assert found == {
        "day": (24, 2, 3, 9),
        "week": (7, 3, 4, 12),
        "month": (30, 4, 4, 15),
        "year": (12, 5, 5, 18),
    }
    assert day.buckets[-1] == datetime(2026, 3, 1, 0, tzinfo=UTC)
    assert year.buckets[0] == datetime(2025, 4, 1, tzinfo=UTC)
    # Half an hour ago was midnight sharp; five hours ago it was another day.
    assert day.spent[0].values[-6:] == (COST_USD_MICROS, 0, 0, 0, 0, 2 * COST_USD_MICROS)
    assert year.spent[0].values[-1] == 2 * COST_USD_MICROS
    assert there.spent_usd_micros == COST_USD_MICROS
    assert everywhere.spent_usd_micros == day.spent_usd_micros + COST_USD_MICROS
    assert (day.is_everywhere, everywhere.is_everywhere) == (False, True)


async def test_failures_and_other_providers_are_counted(make_studio):
    studio = make_studio()
    studio.first.script.will("submit", ProviderDown("away"), ProviderDown("away"))
    await studio.finished(model="twice", count=1)
    await studio.finished(model="fox", count=1)
    await studio.finished(model="twice", count=1)

    told = await report(studio, "week")

    assert (told.jobs, told.failed) == (3, 1)
    assert (told.tried, told.rerouted) == (3, 1)
    assert [trend.name for trend in told.spent] == ["first", "second"]
    assert "33.3 % failed" in texts.summary(told)


@ON_BOTH
async def test_what_staff_gave_back_was_not_captured(make_studio):
    studio = make_studio()
    job = await studio.finished(count=4)
    await studio.finished(model="twice", count=1)
    staff = studio.origin(user_id=SAM, is_staff=True)
    await studio.services.removal.remove(staff, Takeaway(job.id, 2, refunds=True))

    told = await report(studio, "week")

    assert {trend.name: trend.total for trend in told.captured} == {"Fox": 9, "Twice": 3}


async def test_empty_period_is_words(make_studio):
    told = await report(make_studio(), "month")

    assert (told.jobs, told.spent, told.captured) == (0, (), ())
    assert "Nothing was made here" in texts.nothing(told)


def test_most_are_named_and_the_rest_goes_together():
    rows = [(f"model {number}", number % 2, number) for number in range(12)]

    trends = _trends(rows, 2)

    assert len(trends) == NAMED + 1
    assert [trends[0].name, trends[0].total] == ["model 11", 11]
    assert trends[-1] == Trend("others", 1 + 2 + 3, (2, 4))
    assert sum(trend.total for trend in trends) == sum(range(12))


async def test_chart_is_a_picture_and_its_words_say_the_same(busy, monkeypatch):
    told = await report(busy, "month")
    drawing = busy.services.charting

    drawn = await drawing.draw(texts.chart(told))
    empty = await drawing.draw(texts.chart(replace(told, spent=(), captured=())))
    broken = await drawing.draw(replace(texts.chart(told), tiles=()))

    for picture in (drawn, empty):
        with Image.open(io.BytesIO(picture)) as image:
            assert image.format == "PNG"
            assert 1000 <= image.width <= 1600
            assert 600 <= image.height <= 1000
    assert broken is None
    assert "first 0.012 USD" in texts.summary(told)
    assert "Fox 9 credits, cost 0.009 USD" in texts.summary(told)
    assert "first 0.012 USD" in texts.alt_text(told)
    monkeypatch.setattr(charting, "DRAWN_WITHIN_S", 0.0)
    assert await drawing.draw(texts.chart(told)) is None
