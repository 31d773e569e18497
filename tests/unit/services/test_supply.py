"""What the host decides about providers and prices, and what routing makes of it."""

import asyncio
import math
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot import jobs
from bot.app import build_services
from bot.db.tables import attempts, notes, provider_rules, staff_actions
from bot.errors import (
    BadChoice,
    BadKey,
    NoRoute,
    OutOfFunds,
    OutOfRange,
    ProviderDown,
    UnknownModel,
    UnknownProvider,
)
from bot.services import ImageWish, supply
from bot.services.alerts import Alerts
from bot.services.budget import Budget
from bot.services.delivery import NotNow
from bot.services.drifts import Drifts
from bot.services.notes import Notes
from bot.services.supply import HIGHEST_CAP_USD, HIGHEST_PRICE, Supply
from tests.unit.services.presses import refused
from tests.unit.services.script import Script
from tests.unit.services.studio import COST_USD_MICROS, MIA, SERVER

KNOWN = {"first": "FIRST_KEY", "second": None, "third": "THIRD_KEY"}
MARCH = datetime(2026, 3, 31, 12, tzinfo=UTC)
DEADLINE_S = 20.0


def supply_of(studio) -> Supply:
    resources = studio.resources
    alerts = Alerts(resources, notes=Notes(resources), delivery=studio.delivery)
    budget = Budget(resources, alerts=alerts)
    return Supply(resources, alerts=alerts, budget=budget, drifts=Drifts(resources), known=KNOWN)


def restarted(studio) -> Supply:
    """Put another process in place of this one, and return its supply."""
    studio.restart()
    return supply_of(studio)


@pytest.fixture
async def host(studio) -> Supply:
    """The host's side of a studio whose providers `first` and `second` have what they need."""
    host = supply_of(studio)
    await host.refresh()
    return host


async def sheet_of(host, name="first"):
    return next(sheet for sheet in await host.sheets() if sheet.name == name)


async def asked(studio, **wish):
    """Make a picture; return the providers that were asked for it."""
    job = await studio.finished(count=1, **wish)
    return [one.provider for one in await studio.attempts(job.id)]


async def until(condition):
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def deeds(studio):
    async with studio.db.read() as conn:
        rows = await conn.execute(sa.select(staff_actions).order_by(staff_actions.c.id))
        return [(row.action, row.before, row.after, row.reason) for row in rows]


# Sheets.


async def test_sheets_are_of_every_adapter_with_a_key_or_without(host):
    sheets = await host.sheets()

    found = [(one.name, one.key_env, one.has_key, one.state, one.models) for one in sheets]
    assert found == [
        ("first", "FIRST_KEY", True, "ready", 5),
        ("second", None, True, "ready", 1),
        ("third", "THIRD_KEY", False, "keyless", 0),
    ]


async def test_sheet_tells_what_this_month_cost_and_how_long_a_run_took(studio, host):
    await studio.finished(count=4)

    sheet = await sheet_of(host)

    assert sheet.spent_usd_micros == 4 * COST_USD_MICROS
    assert sheet.usual_s is not None
    assert (await sheet_of(host, "second")).spent_usd_micros == 0


async def test_what_a_provider_cost_counts_from_the_first_of_the_month(studio, host):
    await studio.finished(count=4)
    async with studio.db.write() as conn:
        await conn.execute(attempts.update().values(created_at=MARCH))

    studio.clock.now = MARCH
    spent = (await sheet_of(host)).spent_usd_micros
    studio.clock.now = MARCH + timedelta(days=1)
    spent_later = (await sheet_of(host)).spent_usd_micros

    assert (spent, spent_later) == (4 * COST_USD_MICROS, 0)


async def test_state_says_how_a_provider_is(studio, host):
    studio.clock.now = MARCH
    health = studio.resources.routing.health

    health.busy("first", 60.0)
    paused = await sheet_of(host)
    health.failed("first", for_good=True)
    failing = await sheet_of(host)
    capped = await host.set_cap(studio.origin(), "first", 0)
    disabled = await host.set_enabled(studio.origin(), "first", is_enabled=False)

    states = [paused.state, failing.state, capped.state, disabled.state]
    assert states == ["paused", "failing", "capped", "disabled"]
    assert timedelta(0) < paused.until - MARCH <= timedelta(minutes=1)
    assert timedelta(minutes=9) < failing.until - MARCH <= timedelta(minutes=10)
    assert (await sheet_of(host, "second")).until is None


# Testing.


async def test_test_asks_the_provider_and_spends_nothing(studio, host):
    seconds = await host.test(" First ")

    assert 0 <= seconds < DEADLINE_S
    assert studio.first.submits == []


@pytest.mark.parametrize("trouble", [BadKey("no"), OutOfFunds("empty"), ProviderDown("gone")])
async def test_test_raises_what_the_provider_says(studio, host, trouble):
    studio.first.script.will("check", trouble)

    with pytest.raises(type(trouble), match=str(trouble)):
        await host.test("first")


async def test_test_names_the_key_that_is_missing(host):
    with pytest.raises(BadKey, match="THIRD_KEY is not set"):
        await host.test("third")


async def test_provider_that_was_left_alone_is_asked_again_after_a_good_test(studio, host):
    studio.first.script.will("submit", OutOfFunds("empty"))
    broke = await studio.finished(count=1)

    await host.test("first")

    assert broke.failure == "unavailable"
    assert await asked(studio) == ["first"]


async def test_bad_test_leaves_the_provider_alone(studio, host):
    studio.resources.routing.health.failed("first", for_good=True)
    studio.first.script.will("check", BadKey("no"))

    with pytest.raises(BadKey):
        await host.test("first")

    assert (await sheet_of(host)).state == "failing"


# Which providers are used.


async def test_disabled_provider_is_routed_around_at_once(studio, host):
    sheet = await host.set_enabled(studio.origin(), "first", is_enabled=False)

    assert (sheet.is_enabled, sheet.state) == (False, "disabled")
    assert await asked(studio, model="twice") == ["second"]
    with pytest.raises(NoRoute):
        await studio.imagine(model="fox")


async def test_enabled_provider_is_used_at_once(studio, host):
    await host.set_enabled(studio.origin(), "first", is_enabled=False)

    sheet = await host.set_enabled(studio.origin(), "first", is_enabled=True)

    assert (sheet.is_enabled, sheet.state) == (True, "ready")
    assert await asked(studio) == ["first"]


async def test_run_that_a_disabled_provider_has_taken_is_finished_and_paid(studio, host):
    gate = studio.first.script.gate("follow")
    job_id = await studio.accepted(count=1)
    rendering = studio.begin(job_id)
    await gate.reached()

    await host.set_enabled(studio.origin(), "first", is_enabled=False)
    gate.open()
    await rendering

    assert (await studio.job(job_id)).status == "done"


async def test_cap_is_kept_to_the_cent_and_lifted_at_once(studio, host):
    await host.set_cap(studio.origin(), "first", 0.003)

    first = await asked(studio)
    full = await sheet_of(host)
    with pytest.raises(NoRoute):
        await studio.imagine(count=1)
    await host.set_cap(studio.origin(), "first", None)
    again = await asked(studio)

    assert (full.state, full.cap_usd_micros, full.spent_usd_micros) == ("capped", 3000, 3000)
    assert first == again == ["first"]
    assert (await sheet_of(host)).cap_usd_micros is None


async def test_cap_that_leaves_too_little_for_anything_is_reached(studio, host):
    await host.set_cap(studio.origin(), "first", 0.0089)
    await host.set_cap(studio.origin(), "second", 0.0059)

    for _ in range(2):
        await studio.finished(count=1, model="fox")
    await studio.finished(count=1, model="twice", avoid=("first",))

    # `first` serves a model that costs nothing, so something can always be made there.
    assert (await sheet_of(host)).state == "ready"
    assert (await sheet_of(host, "second")).state == "capped"


async def test_cap_of_nothing_buys_nothing(studio, host):
    sheet = await host.set_cap(studio.origin(), "first", 0)

    assert (sheet.state, sheet.cap_usd_micros) == ("capped", 0)
    with pytest.raises(NoRoute):
        await studio.imagine(count=1)


async def test_preferred_provider_goes_first_until_a_policy_is_chosen(studio, host):
    preferred = await host.prefer(studio.origin(), "Second")
    by_name = await asked(studio, model="twice")
    policy = await host.prefer(studio.origin(), "catalog")
    by_policy = await asked(studio, model="twice")

    assert (preferred.policy, preferred.preferred) == ("catalog", "second")
    assert (policy.policy, policy.preferred) == ("catalog", None)
    assert (by_name, by_policy) == (["second"], ["first"])


async def test_policy_stays_when_a_provider_is_preferred(studio, host):
    await host.prefer(studio.origin(), "fastest")

    order = await host.prefer(studio.origin(), "second")

    assert (order.policy, order.preferred) == ("fastest", "second")


# Prices.


async def test_price_counts_for_the_next_quote_and_not_for_a_job_under_way(studio, host):
    gate = studio.first.script.gate("follow")
    job_id = await studio.accepted(count=2)
    rendering = studio.begin(job_id)
    await gate.reached()

    sheet = await host.set_price(studio.origin(), "Fox", "imagine", 9)
    quote = studio.services.making.quote(ImageWish("a fox", "fox", count=2), server_id=None)
    gate.open()
    await rendering

    assert (sheet.model.name, sheet.task, sheet.price) == ("fox", "imagine", 9)
    assert quote.price == 18
    assert (await studio.job(job_id)).price == 6
    assert await studio.funds() == (94, 0)


async def test_price_is_the_catalogs_again_when_it_is_reset(studio, host):
    await host.set_price(studio.origin(), "fox", "imagine", 0)
    free = (await studio.finished(count=1)).price

    sheet = await host.set_price(studio.origin(), "fox", "imagine", None)

    assert (free, sheet.price) == (0, 3)
    assert (await studio.finished(count=1)).price == 3


async def test_prices_are_found_by_what_was_typed(studio, host):
    await host.set_price(studio.origin(), "deft", "edit", 8)

    every = host.prices()
    found = {one.task: one.price for one in host.prices("DEF")}

    assert len(every) == 11
    assert found == {"imagine": 3, "vary": 4, "edit": 8, "fill": 6, "upscale": 7, "cutout": 1}
    assert host.prices("nothing like it") == []


# What lasts.


async def test_everything_counts_in_the_process_that_starts_next(studio, host):
    await host.set_enabled(studio.origin(), "first", is_enabled=False)
    await host.set_cap(studio.origin(), "second", 5.5)
    await host.prefer(studio.origin(), "fastest")
    await host.set_price(studio.origin(), "fox", "imagine", 9)
    rules = studio.resources.routing.rules
    studio.resources.routing.learn(type(rules)(), spent_usd_micros={})

    later = restarted(studio)
    await later.start()
    later.stop()

    assert studio.resources.routing.rules == rules
    assert later.order.policy == "fastest"
    assert (await sheet_of(later, "second")).cap_usd_micros == 5_500_000


async def test_process_that_starts_knows_what_runs_took_and_cost(studio, host):
    await studio.finished(count=1)
    await host.set_cap(studio.origin(), "first", 0.003)

    later = restarted(studio)
    before = studio.resources.routing.health.usual_seconds("first", "fox/v1")
    await later.start()
    later.stop()

    assert before is None
    assert studio.resources.routing.health.usual_seconds("first", "fox/v1") is not None
    assert not studio.resources.routing.is_open_to("first")


async def test_what_another_process_decides_is_learned_by_itself(studio, host, monkeypatch):
    monkeypatch.setattr(supply, "REFRESH_EVERY_S", 0.01)
    await host.start()
    async with studio.db.write() as conn:
        await conn.execute(
            provider_rules.insert().values(
                provider="first", is_enabled=False, updated_at=studio.clock()
            )
        )

    await until(lambda: not studio.resources.routing.is_open_to("first"))
    host.stop()


async def test_bad_round_is_not_the_last(studio, host, monkeypatch):
    monkeypatch.setattr(supply, "REFRESH_EVERY_S", 0.01)
    studio.delivery.script.will("host", RuntimeError("broke"))
    await studio.finished(count=1)
    await host.set_cap(studio.origin(), "first", 0.001)
    await host.start()

    await until(lambda: studio.delivery.alerts)
    host.stop()

    assert not studio.delivery.script.awaits("host")


async def test_stopped_supply_learns_no_more(host):
    await host.start()
    task = host._task

    host.stop()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_older_look_does_not_undo_a_newer_one(studio, host, monkeypatch):
    script, sum_up = Script(), jobs.spent_usd_micros

    async def slowly(conn, *, since):
        spent = await sum_up(conn, since=since)
        await script.meet("looked")
        return spent

    monkeypatch.setattr(jobs, "spent_usd_micros", slowly)
    gate = script.gate("looked")
    older = asyncio.create_task(host.refresh())
    await gate.reached()
    change = host.set_enabled(studio.origin(), "first", is_enabled=False)
    newer = asyncio.create_task(change)
    await asyncio.wait({newer}, timeout=0.2)
    gate.open()
    await asyncio.gather(older, newer)

    assert not studio.resources.routing.is_open_to("first")


async def test_rules_that_this_version_does_not_know_are_passed_over(studio, host):
    async with studio.db.write() as conn:
        order = '{"policy": "by the moon", "preferred": "gone"}'
        await conn.execute(notes.insert().values(name="routing", value=order))
        await conn.execute(
            provider_rules.insert().values(
                provider="gone", is_enabled=False, updated_at=studio.clock()
            )
        )

    sheets = await host.sheets()

    assert host.order.policy == "catalog"
    assert [sheet.name for sheet in sheets] == sorted(KNOWN)
    assert await asked(studio) == ["first"]


# Who decided what.


async def test_every_change_is_written_down_once(studio, host):
    for _ in range(2):
        await host.set_enabled(studio.origin(), "first", is_enabled=False)
        await host.set_cap(studio.origin(), "first", 2)
        await host.prefer(studio.origin(), "second")
        await host.set_price(studio.origin(), "fox", "imagine", 9)
    await host.set_enabled(studio.origin(), "first", is_enabled=True)
    await host.set_cap(studio.origin(), "first", None)
    await host.prefer(studio.origin(), "cheapest")
    await host.set_price(studio.origin(), "fox", "imagine", None)

    assert await deeds(studio) == [
        ("provider disable", "1", "0", "first"),
        ("provider cap", "-1", "2000000", "first"),
        ("provider prefer", "0", "0", "second"),
        ("price", "3", "9", "fox imagine"),
        ("provider enable", "0", "1", "first"),
        ("provider cap", "2000000", "-1", "first"),
        ("provider prefer", "0", "0", "cheapest"),
        ("price", "9", "3", "fox imagine"),
    ]
    async with studio.db.read() as conn:
        row = (await conn.execute(sa.select(staff_actions))).first()
    assert (row.server_id, row.staff_id, row.target_id) == (SERVER, MIA, 0)


REFUSALS = {
    "enable nobody": (
        lambda host, origin: host.set_enabled(origin, "nobody", is_enabled=True),
        UnknownProvider,
    ),
    "cap nobody": (lambda host, origin: host.set_cap(origin, "nobody", 1), UnknownProvider),
    "cap below nothing": (lambda host, origin: host.set_cap(origin, "first", -0.01), OutOfRange),
    "cap of no number": (lambda host, origin: host.set_cap(origin, "first", math.nan), OutOfRange),
    "cap without end": (
        lambda host, origin: host.set_cap(origin, "first", HIGHEST_CAP_USD + 1),
        OutOfRange,
    ),
    "prefer nobody": (lambda host, origin: host.prefer(origin, "nobody"), UnknownProvider),
    "test nobody": (lambda host, _: host.test("nobody"), UnknownProvider),
    "price of nothing": (
        lambda host, origin: host.set_price(origin, "no such", "imagine", 1),
        UnknownModel,
    ),
    "price of no task": (lambda host, origin: host.set_price(origin, "fox", "edit", 1), BadChoice),
    "price below nothing": (
        lambda host, origin: host.set_price(origin, "fox", "imagine", -1),
        OutOfRange,
    ),
    "price without end": (
        lambda host, origin: host.set_price(origin, "fox", "imagine", HIGHEST_PRICE + 1),
        OutOfRange,
    ),
}


@pytest.mark.parametrize(("change", "expected"), REFUSALS.values(), ids=REFUSALS)
async def test_refused_change_writes_nothing(studio, host, change, expected):
    rules = studio.resources.routing.rules

    await refused(studio, change(host, studio.origin()), expected)

    assert studio.resources.routing.rules == rules


# Alerts.


async def test_host_is_told_once_a_day_that_a_cap_is_reached(studio, host):
    studio.clock.now = MARCH
    await studio.finished(count=2)
    async with studio.db.write() as conn:
        await conn.execute(attempts.update().values(created_at=MARCH))
    await host.set_cap(studio.origin(), "first", 0.006)

    for _ in range(2):
        await host.warn()
    first_day = len(studio.delivery.alerts)
    studio.clock.now = MARCH + timedelta(hours=11)
    await host.warn()
    same_day = len(studio.delivery.alerts)

    (alert,) = studio.delivery.alerts
    assert (first_day, same_day) == (1, 1)
    assert (alert.provider, alert.cap_usd_micros) == ("first", 6000)


async def test_host_who_could_not_be_told_of_a_cap_is_told_next_time(studio, host):
    await studio.finished(count=1)
    await host.set_cap(studio.origin(), "first", 0.003)
    studio.delivery.script.will("host", NotNow("offline"))

    await host.warn()
    told_at_first = len(studio.delivery.alerts)
    await host.warn()

    assert (told_at_first, len(studio.delivery.alerts)) == (0, 1)


async def test_cap_that_was_meant_is_no_news(studio, host):
    await host.set_cap(studio.origin(), "first", 0)
    await studio.finished(count=1, model="twice")
    await host.set_cap(studio.origin(), "second", 0.001)
    await host.set_enabled(studio.origin(), "second", is_enabled=False)

    await host.warn()

    assert studio.delivery.alerts == []


# The product as it is put together.


async def test_product_knows_every_adapter(studio):
    services = build_services(studio.resources, studio.delivery, studio.outside)

    sheets = {sheet.name: sheet for sheet in await services.supply.sheets()}

    assert sheets["fal"].key_env == "FAL_KEY"
    assert sheets["painter"].key_env is None


async def test_timings_are_recalled_up_to_a_limit(studio, host, monkeypatch):
    monkeypatch.setattr(supply, "TIMINGS_RECALLED", 1)
    await studio.finished(count=1)
    await studio.finished(count=1, model="twice")
    async with studio.db.read() as conn:
        (latest,) = await jobs.latest_timings(conn, limit=1)

    later = restarted(studio)
    await later.start()
    later.stop()

    health = studio.resources.routing.health
    assert health.usual_seconds(latest.provider, latest.endpoint) == latest.seconds
    assert health.usual_seconds("first", "fox/v1") is None
