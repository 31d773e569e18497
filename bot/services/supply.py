"""Supply: what the host decided about providers and prices, and how the providers do.

The decisions are rows, so they count in every process and outlive each of them. Routing goes by
what this process read last: at its start, after a change of its own, and every 30 seconds.
"""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.catalog import Catalog, Model, Task
from bot.errors import BadChoice, BadKey, OutOfRange, UnknownProvider
from bot.services.alerts import Alerts
from bot.services.budget import HIGHEST_BUDGET_USD, Budget, BudgetSheet
from bot.services.days import month_start
from bot.services.decisions import (
    Decision,
    Order,
    policy_named,
    read_rules,
    write_budget,
    write_decision,
    write_order,
    write_price,
    write_rule,
)
from bot.services.drifts import Drifts
from bot.services.requests import Origin
from bot.services.resources import Resources

log = structlog.get_logger()

REFRESH_EVERY_S = 30.0
COMPARE_EVERY_S = 3600.0
TIMINGS_RECALLED = 500
HIGHEST_CAP_USD = 1_000_000
HIGHEST_PRICE = 100_000
"""Credits per unit; 100 USD for one picture are a slip of the finger."""

State = Literal["ready", "paused", "failing", "disabled", "capped", "keyless"]
"""How a provider is. `paused` asked for it, `capped` is at the host's cap, `keyless` has no key."""

_USD_MICROS = 1_000_000
_NO_CAP = -1


@dataclass(frozen=True)
class ProviderSheet:
    """A provider as its host sees it; `until` is when a pause ends, if one is running."""

    name: str
    key_env: str | None
    has_key: bool
    is_enabled: bool
    state: State
    until: datetime | None
    cap_usd_micros: int | None
    spent_usd_micros: int
    """What it cost this calendar month (UTC), in 1e-6 USD."""
    usual_s: float | None
    models: int
    """How many of the catalog's models it serves."""


@dataclass(frozen=True)
class PriceSheet:
    """What a model takes for a task, in credits per unit; the catalog's price is in its offer."""

    model: Model
    task: Task
    price: int


class Supply:
    """Keeps the host's decisions, and tells routing about them.

    `known` are all adapters, with the name of the key that each one needs, if any.
    """

    def __init__(
        self,
        resources: Resources,
        *,
        alerts: Alerts,
        budget: Budget,
        drifts: Drifts,
        known: Mapping[str, str | None],
    ) -> None:
        self._db = resources.db
        self._catalog = resources.catalog
        self._routing = resources.routing
        self._clock = resources.clock
        self._alerts = alerts
        self._budget = budget
        self._drifts = drifts
        self._known = known
        self._served = _costs_by_model(resources.catalog)
        self._spent: Mapping[str, int] = {}
        # Who reads first must not have the last word.
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learn everything before the first job is served, then again every 30 s."""
        await self.refresh()
        async with self._db.read() as conn:
            timings = await jobs.latest_timings(conn, limit=TIMINGS_RECALLED)
        for timing in timings:
            self._routing.health.measured(timing.provider, timing.endpoint, timing.seconds)
        self._task = asyncio.create_task(self._keep_refreshing())

    def stop(self) -> None:
        """Learn no more."""
        if self._task is not None:
            self._task.cancel()

    async def refresh(self) -> None:
        """Tell routing what the host decided, and what each provider cost this month."""
        async with self._turn:
            async with self._db.read() as conn:
                rules = await read_rules(conn)
                since = month_start(self._clock())
                self._spent = await jobs.spent_usd_micros(conn, since=since)
            self._routing.learn(rules, spent_usd_micros=self._spent)

    async def warn(self) -> None:
        """Tell the host which providers have reached their cap, and how the budget stands.

        A cap of nothing is no news.
        """
        await self._budget.warn()
        for name in self.names():
            rule = self._routing.rules.of(name)
            if rule.is_enabled and rule.cap_usd_micros and self._is_capped(name):
                await self._alerts.cap_reached(name, cap_usd_micros=rule.cap_usd_micros)

    async def compare(self) -> None:
        """Tell the host which routes cost something else than the catalog says."""
        await self._alerts.costs_drifted(await self._drifts.find())

    @property
    def order(self) -> Order:
        """Return who is asked first."""
        rules = self._routing.rules
        return Order(rules.policy, rules.preferred)

    def names(self) -> list[str]:
        """Return every provider there is an adapter for, with or without a key."""
        return sorted(self._known)

    async def sheets(self) -> list[ProviderSheet]:
        """Return all about every provider, as of now."""
        await self.refresh()
        return [self._sheet(name) for name in self.names()]

    async def test(self, name: str) -> float:
        """Ask a provider whether the key works, which costs nothing; return the seconds it took.

        One that was left alone for its failures is tried again afterwards.

        Raises:
            UnknownProvider: there is no adapter of this name.
            ProviderError: it does not work.
        """
        name = self._checked(name)
        provider = self._routing.provider(name)
        if provider is None:
            raise BadKey(f"{self._known[name]} is not set")
        begun_at = time.monotonic()
        await provider.check()
        seconds = time.monotonic() - begun_at
        if self._routing.health.is_open(name):
            self._routing.health.worked(name)
        return seconds

    async def set_enabled(self, origin: Origin, name: str, *, is_enabled: bool) -> ProviderSheet:
        """Let a provider be used or not; what it has taken already it finishes.

        Raises:
            UnknownProvider: nothing was written.
        """
        name = self._checked(name)
        action = "provider enable" if is_enabled else "provider disable"
        async with self._db.write() as conn:
            before = (await read_rules(conn)).of(name)
            if before.is_enabled != is_enabled:
                rule = replace(before, is_enabled=is_enabled)
                await write_rule(conn, name, rule, now=self._clock())
                values = (int(before.is_enabled), int(is_enabled))
                await self._note(conn, origin, action, values, name)
        return await self._learned(name)

    async def set_cap(self, origin: Origin, name: str, usd: float | None) -> ProviderSheet:
        """Set what a provider may cost in a calendar month; None is no cap, 0 is nothing at all.

        Raises:
            UnknownProvider, OutOfRange: nothing was written.
        """
        name = self._checked(name)
        if usd is not None and not 0 <= usd <= HIGHEST_CAP_USD:
            raise OutOfRange(name="usd", value=usd, low=0, high=HIGHEST_CAP_USD)
        cap = None if usd is None else round(usd * _USD_MICROS)
        async with self._db.write() as conn:
            before = (await read_rules(conn)).of(name)
            if before.cap_usd_micros != cap:
                rule = replace(before, cap_usd_micros=cap)
                await write_rule(conn, name, rule, now=self._clock())
                values = (_written(before.cap_usd_micros), _written(cap))
                await self._note(conn, origin, "provider cap", values, name)
        return await self._learned(name)

    async def prefer(self, origin: Origin, target: str) -> Order:
        """Put a provider before all others, or nobody and the others in a policy's order.

        Raises:
            UnknownProvider: it is neither a provider nor a policy; nothing was written.
        """
        policy = policy_named(_folded(target))
        preferred = self._checked(target) if policy is None else None
        async with self._db.write() as conn:
            rules = await read_rules(conn)
            before = Order(rules.policy, rules.preferred)
            after = Order(policy or rules.policy, preferred)
            if after != before:
                await write_order(conn, after)
                await self._note(conn, origin, "provider prefer", (0, 0), preferred or after.policy)
        await self.refresh()
        return self.order

    async def set_budget(self, origin: Origin, usd: float | None) -> BudgetSheet:
        """Set what a calendar month may cost; None goes back to the settings' word.

        Raises:
            OutOfRange: nothing was written.
        """
        if usd is not None and not 0 <= usd <= HIGHEST_BUDGET_USD:
            raise OutOfRange(name="usd", value=usd, low=0, high=HIGHEST_BUDGET_USD)
        chosen = None if usd is None else round(usd * _USD_MICROS)
        async with self._db.write() as conn:
            before = (await read_rules(conn)).budget_usd_micros
            if before != chosen:
                await write_budget(conn, chosen)
                values = (_written(before), _written(chosen))
                await self._note(conn, origin, "budget", values, "month")
        await self.refresh()
        self._budget.news.set()
        return await self._budget.sheet()

    def prices(self, typed: str = "") -> list[PriceSheet]:
        """Return the prices of all models whose name or title holds every word typed so far."""
        words = typed.lower().split()
        return [
            PriceSheet(model, task, self._routing.price_of(model, task))
            for model in self._catalog.all()
            if all(word in f"{model.name} {model.title.lower()}" for word in words)
            for task in model.tasks
        ]

    async def set_price(
        self, origin: Origin, model_name: str, task: Task, price: int | None
    ) -> PriceSheet:
        """Set what a model takes for a task, in credits per unit; None is the catalog's price.

        Jobs that are under way keep the price they were accepted at.

        Raises:
            UnknownModel, BadChoice, OutOfRange: nothing was written.
        """
        model = self._catalog.get(model_name)
        if task not in model.tasks:
            raise BadChoice(name="task")
        if price is not None and not 0 <= price <= HIGHEST_PRICE:
            raise OutOfRange(name="credits", value=price, low=0, high=HIGHEST_PRICE)
        usual = model.tasks[task].price
        async with self._db.write() as conn:
            before = (await read_rules(conn)).prices.get((model.name, task))
            if before != price:
                await write_price(conn, model.name, task, price, now=self._clock())
                values = (usual if before is None else before, usual if price is None else price)
                await self._note(conn, origin, "price", values, f"{model.name} {task}")
        await self.refresh()
        return PriceSheet(model, task, self._routing.price_of(model, task))

    def _checked(self, name: str) -> str:
        folded = _folded(name)
        if folded not in self._known:
            raise UnknownProvider(name=name)
        return folded

    async def _learned(self, name: str) -> ProviderSheet:
        await self.refresh()
        return self._sheet(name)

    def _sheet(self, name: str) -> ProviderSheet:
        rule, health = self._routing.rules.of(name), self._routing.health
        pause_s = health.pause_s(name)
        return ProviderSheet(
            name=name,
            key_env=self._known[name],
            has_key=self._routing.provider(name) is not None,
            is_enabled=rule.is_enabled,
            state=self._state(name, pause_s),
            until=self._clock() + timedelta(seconds=pause_s) if pause_s else None,
            cap_usd_micros=rule.cap_usd_micros,
            spent_usd_micros=self._spent.get(name, 0),
            usual_s=health.seconds_of(name),
            models=len(self._served.get(name, ())),
        )

    def _state(self, name: str, pause_s: float) -> State:
        found: tuple[tuple[State, bool], ...] = (
            ("keyless", self._routing.provider(name) is None),
            ("disabled", not self._routing.rules.of(name).is_enabled),
            ("capped", self._is_capped(name)),
            ("failing", self._routing.health.is_open(name)),
            ("paused", pause_s > 0),
        )
        for state, is_so in found:
            if is_so:
                return state
        return "ready"

    def _is_capped(self, name: str) -> bool:
        """Whether the cap leaves no room for the cheapest thing that the provider does."""
        cap = self._routing.rules.of(name).cap_usd_micros
        if cap is None:
            return False
        left = cap - self._spent.get(name, 0)
        return left <= 0 or left < min(self._served.get(name, {}).values(), default=0)

    async def _note(
        self,
        conn: AsyncConnection,
        origin: Origin,
        action: str,
        values: tuple[int, int],
        subject: str,
    ) -> None:
        decision = Decision(action, subject, *values)
        await write_decision(conn, origin, decision, now=self._clock())

    async def _keep_refreshing(self) -> None:
        compared_at = -math.inf
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._budget.news.wait(), REFRESH_EVERY_S)
            self._budget.news.clear()
            try:
                await self.refresh()
                await self.warn()
                if time.monotonic() - compared_at >= COMPARE_EVERY_S:
                    await self.compare()
                    compared_at = time.monotonic()
            except Exception:
                # Whatever broke, what another process decided must get here with the next round.
                log.exception("supply not refreshed")


def _folded(name: str) -> str:
    return name.strip().lower()


def _written(cap_usd_micros: int | None) -> int:
    return _NO_CAP if cap_usd_micros is None else cap_usd_micros


def _costs_by_model(catalog: Catalog) -> Mapping[str, Mapping[str, int]]:
    """Return the least that each model costs at each provider that serves it, in 1e-6 USD."""
    least: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for model in catalog.all():
        for route in (route for offer in model.tasks.values() for route in offer.routes):
            costs, cost = least[route.provider], route.cost_usd_micros
            costs[model.name] = min(cost, costs.get(model.name, cost))
    return least
