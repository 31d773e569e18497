"""Stats: what was made and what it cost over a day, a week, a month or a year."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot import jobs
from bot.catalog import Catalog
from bot.errors import UnknownModel
from bot.jobs import Span
from bot.services.resources import Resources

Period = Literal["day", "week", "month", "year"]
"""The last 24 hours, 7 days, 30 days or 12 months, the present one included."""

NAMED = 8
"""How many providers or models have a name of their own; the rest together are `OTHERS`."""

OTHERS = "others"

_MONTH, _DAY, _HOUR = 7, 10, 13
_LETTERS: Mapping[Period, int] = {"day": _HOUR, "week": _DAY, "month": _DAY, "year": _MONTH}
_BUCKETS: Mapping[Period, int] = {"day": 24, "week": 7, "month": 30, "year": 12}


@dataclass(frozen=True)
class Trend:
    """One provider or model: its sum, and a value for each bucket; USD are in 1e-6."""

    name: str
    total: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class Report:
    """A period in figures; `buckets` are the moments that its parts begin at.

    `spent` is in 1e-6 USD and by provider, `captured` in credits and by model, both the largest
    first; `costs` is what each model of `captured` cost, in 1e-6 USD. Of `tried` jobs that came to
    a provider, `rerouted` came to several.
    """

    period: Period
    is_everywhere: bool
    buckets: tuple[datetime, ...]
    spent: tuple[Trend, ...]
    captured: tuple[Trend, ...]
    costs: Mapping[str, int]
    jobs: int
    failed: int
    tried: int
    rerouted: int

    @property
    def spent_usd_micros(self) -> int:
        """What all of it cost, in 1e-6 USD."""
        return sum(trend.total for trend in self.spent)

    @property
    def captured_credits(self) -> int:
        """What people paid for all of it."""
        return sum(trend.total for trend in self.captured)


class Stats:
    """Adds up; nothing here concerns a single person."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._catalog = resources.catalog
        self._clock = resources.clock

    async def report(self, period: Period, *, server_id: int | None) -> Report:
        """Return a period of one server, or of all of them together."""
        buckets = _buckets(period, self._clock())
        letters = _LETTERS[period]
        span = Span(buckets[0], letters, server_id)
        async with self._db.read() as conn:
            spent = await jobs.spent_in(conn, span)
            made = await jobs.made_in(conn, span)
            tried, rerouted = await jobs.rerouted_in(conn, span)
        names = [_name(bucket, letters) for bucket in buckets]
        by_provider = (
            (one.provider, _place(names, one.bucket), one.cost_usd_micros) for one in spent
        )
        titles = {name: _title(self._catalog, name) for name in {one.model for one in made}}
        by_model = ((titles[one.model], _place(names, one.bucket), one.captured) for one in made)
        captured = _trends(by_model, len(buckets))
        costs = Counter[str]()
        named = {trend.name for trend in captured}
        for one in spent:
            title = _title(self._catalog, one.model)
            costs[title if title in named else OTHERS] += one.cost_usd_micros
        return Report(
            period=period,
            is_everywhere=server_id is None,
            buckets=buckets,
            spent=_trends(by_provider, len(buckets)),
            captured=captured,
            costs=costs,
            jobs=sum(one.jobs for one in made),
            failed=sum(one.failed for one in made),
            tried=tried,
            rerouted=rerouted,
        )


def _buckets(period: Period, now: datetime) -> tuple[datetime, ...]:
    """Return the beginnings of the parts of a period, the present one last."""
    count = _BUCKETS[period]
    if period == "year":
        months = range(now.year * 12 + now.month - count, now.year * 12 + now.month)
        return tuple(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in months)
    if period == "day":
        step, last = timedelta(hours=1), now.replace(minute=0, second=0, microsecond=0)
    else:
        step = timedelta(days=1)
        last = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return tuple(last - step * back for back in reversed(range(count)))


def _name(bucket: datetime, letters: int) -> str:
    """Return a bucket as the database names it."""
    return f"{bucket:%Y-%m-%d %H}"[:letters]


def _place(names: Sequence[str], bucket: str) -> int:
    """Return where a bucket stands; clocks of several machines may be a little apart."""
    return max(0, bisect_right(names, bucket) - 1)


def _title(catalog: Catalog, model: str) -> str:
    try:
        return catalog.get(model).title
    except UnknownModel:
        # It was in the catalog once.
        return model


def _trends(found: Iterable[tuple[str, int, int]], buckets: int) -> tuple[Trend, ...]:
    """Return the largest ones, and the rest as one; what came to nothing is left out."""
    by_name: defaultdict[str, list[int]] = defaultdict(lambda: [0] * buckets)
    for name, place, amount in found:
        by_name[name][place] += amount
    ranked = sorted(by_name.items(), key=lambda item: (-sum(item[1]), item[0]))
    whole = [(name, values) for name, values in ranked if any(values)]
    rest = [values for _, values in whole[NAMED:]]
    trends = [Trend(name, sum(values), tuple(values)) for name, values in whole[:NAMED]]
    if rest:
        together = _added(rest)
        trends.append(Trend(OTHERS, sum(together), together))
    return tuple(trends)


def _added(rows: Sequence[Sequence[int]]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*rows, strict=True))
