"""Drifts: what runs really cost, beside what the catalog says of them."""

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import cast

from bot import jobs
from bot.catalog import PIXELS_PER_MEGAPIXEL, Offer, Route, Task, units
from bot.config import CREDITS_PER_USD
from bot.errors import UnknownModel
from bot.jobs import Costing
from bot.services.delivery import Drift
from bot.services.resources import Resources

LOOKED_BACK = timedelta(days=30)
LOOKED_AT = 5000
LEAST_RUNS = 5
MOST_RUNS = 20
LEAST_SHARE = 0.2
LEAST_USD_MICROS = 500
"""Below this nobody minds, in 1e-6 USD per priced unit."""

_USD_MICROS_PER_CREDIT = 1_000_000 // CREDITS_PER_USD


class Drifts:
    """Compares the latest runs with the catalog as it is now."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._catalog = resources.catalog
        self._routing = resources.routing
        self._clock = resources.clock

    async def find(self) -> list[Drift]:
        """Return the routes that cost something else than the catalog says, the dearest first."""
        since = self._clock() - LOOKED_BACK
        async with self._db.read() as conn:
            costings = await jobs.latest_costs(conn, since=since, limit=LOOKED_AT)
        by_route: defaultdict[tuple[str, str, str, str], list[Costing]] = defaultdict(list)
        for one in costings:
            by_route[one.provider, one.endpoint, one.model, one.task].append(one)
        found = [drift for runs in by_route.values() if (drift := self._drift(runs))]
        return sorted(found, key=lambda drift: drift.expected_usd_micros - drift.real_usd_micros)

    def _drift(self, runs: list[Costing]) -> Drift | None:
        """Return how far the runs of one route are off, if they are."""
        first = runs[0]
        try:
            model = self._catalog.get(first.model)
        except UnknownModel:
            return None
        task = cast("Task", first.task)
        offer = model.tasks.get(task)
        route = None if offer is None else _route_of(offer, first)
        if offer is None or route is None:
            return None
        compared = [one for one in runs if _tells(one, offer, route)][:MOST_RUNS]
        if len(compared) < LEAST_RUNS:
            return None
        sold = sum(units(offer.unit, _pixels(one)) * one.count for one in compared)
        expected = sum(_expected(one, offer, route) for one in compared) / sold
        real = sum(one.cost_usd_micros for one in compared) / sold
        if abs(real - expected) <= max(LEAST_USD_MICROS, LEAST_SHARE * expected):
            return None
        return Drift(
            provider=first.provider,
            endpoint=first.endpoint,
            model=model.name,
            title=model.title,
            task=task,
            unit=offer.unit,
            runs=len(compared),
            expected_usd_micros=round(expected),
            real_usd_micros=round(real),
            price=self._routing.price_of(model, task),
            covering=math.ceil(real / _USD_MICROS_PER_CREDIT),
        )


def _route_of(offer: Offer, run: Costing) -> Route | None:
    routes: Iterable[Route] = offer.routes
    return next(
        (one for one in routes if (one.provider, one.endpoint) == (run.provider, run.endpoint)),
        None,
    )


def _tells(run: Costing, offer: Offer, route: Route) -> bool:
    """Whether a run's cost is the provider's word, or the estimate of the catalog as it is now.

    Where the provider said nothing, the estimate stands; that of an older catalog tells nothing.
    """
    is_estimate = run.cost_usd_micros == run.quoted_usd_micros
    return not is_estimate or run.cost_usd_micros == _expected(run, offer, route)


def _expected(run: Costing, offer: Offer, route: Route) -> int:
    return offer.cost_of(route, _pixels(run)) * run.count


def _pixels(run: Costing) -> int:
    return run.pixels or PIXELS_PER_MEGAPIXEL
