"""Budget: what a calendar month may cost the host. Everybody who asks for it asks here."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.config import CREDITS_PER_USD
from bot.errors import BudgetUsedUp
from bot.jobs import Spending
from bot.services.alerts import Alerts
from bot.services.days import PACE_OVER, month_start, next_month
from bot.services.delivery import BudgetAlert
from bot.services.resources import Resources

HIGHEST_BUDGET_USD = 1_000_000
WARN_AT_PERCENT = 80

_USD_MICROS = 1_000_000
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class BudgetSheet:
    """How a month's budget stands; amounts are 1e-6 USD.

    `committed_usd_micros` is what runs under way and waiting jobs may still cost,
    `forecast_usd_micros` what the whole month comes to at the pace of the last seven days.
    `is_chosen` says that the host's word counts, not the settings'.
    """

    usd_micros: int
    is_chosen: bool
    providers: Sequence[Spending]
    committed_usd_micros: int
    forecast_usd_micros: int
    resets_at: datetime

    @property
    def spent_usd_micros(self) -> int:
        """What is paid for."""
        return sum(one.spent_usd_micros for one in self.providers)

    @property
    def left_usd_micros(self) -> int:
        """What new requests may cost; nothing is left of a budget that was lowered below that."""
        return max(0, self.usd_micros - self.spent_usd_micros - self.committed_usd_micros)


class Budget:
    """Knows the budget of the month in memory, and how far it is used from the rows.

    The host's word reaches it through routing's rules, which `Supply` keeps fresh.
    """

    def __init__(self, resources: Resources, *, alerts: Alerts) -> None:
        self._db = resources.db
        self._settings = resources.settings
        self._routing = resources.routing
        self._clock = resources.clock
        self._alerts = alerts
        self.news = asyncio.Event()
        """Set when there may be something to tell the host."""
        self._is_crossed = False
        # Month and budget, and what there was to tell of them when we last looked.
        self._known: tuple[datetime, int, int] | None = None
        # Month and budget that a request was refused for.
        self._refused: tuple[datetime, int] | None = None

    @property
    def usd_micros(self) -> int:
        """What all attempts of a calendar month (UTC) may cost, in 1e-6 USD."""
        chosen = self._routing.rules.budget_usd_micros
        return self._settings.monthly_budget_usd_micros if chosen is None else chosen

    @property
    def credits(self) -> int:
        """What the treasuries are filled with each month, all servers together."""
        return round(self.usd_micros * CREDITS_PER_USD / _USD_MICROS)

    async def check(self, conn: AsyncConnection, cost_usd_micros: int) -> None:
        """Refuse what the month cannot pay; the caller has taken the turn of `SPENDING`.

        Raises:
            BudgetUsedUp: it cannot.
        """
        committed = await jobs.committed_usd_micros(conn, since=self._since())
        is_covered = committed + cost_usd_micros <= self.usd_micros
        if not is_covered:
            self._refused = (self._since(), self.usd_micros)
        percent = self._percent(committed + cost_usd_micros)
        if percent and self._known != (self._since(), self.usd_micros, percent):
            self._is_crossed = True
        if not is_covered:
            raise BudgetUsedUp(resets_at=next_month(self._clock()))

    async def covers(
        self, conn: AsyncConnection, cost_usd_micros: int, *, promised_usd_micros: int
    ) -> bool:
        """Whether the month can pay this for a job that still waits, and was promised so much."""
        committed = await jobs.committed_usd_micros(conn, since=self._since())
        return committed - promised_usd_micros + cost_usd_micros <= self.usd_micros

    def nudge(self) -> None:
        """Have the host told soon, if there is something to tell; after the transaction."""
        if self._is_crossed:
            self._is_crossed = False
            self.news.set()

    async def warn(self) -> None:
        """Tell the host when most of the budget is used, and when requests are refused."""
        async with self._db.read() as conn:
            committed = await jobs.committed_usd_micros(conn, since=self._since())
        percent = self._percent(committed)
        self._known = (self._since(), self.usd_micros, percent)
        if not percent:
            return
        await self._alerts.budget_reached(
            BudgetAlert(
                percent=percent,
                budget_usd_micros=self.usd_micros,
                committed_usd_micros=committed,
                resets_at=next_month(self._clock()),
            )
        )

    async def sheet(self) -> BudgetSheet:
        """Return how the budget stands."""
        now = self._clock()
        async with self._db.read() as conn:
            providers = await jobs.spending_by_provider(conn, since=self._since())
            committed = await jobs.committed_usd_micros(conn, since=self._since())
            pace = await self._pace_a_day(conn, now)
        return BudgetSheet(
            usd_micros=self.usd_micros,
            is_chosen=self._routing.rules.budget_usd_micros is not None,
            providers=providers,
            committed_usd_micros=committed - sum(one.spent_usd_micros for one in providers),
            forecast_usd_micros=committed + round(pace * ((next_month(now) - now) / _DAY)),
            resets_at=next_month(now),
        )

    async def _pace_a_day(self, conn: AsyncConnection, now: datetime) -> float:
        """Return what a day costs as of late; a bot that is new is judged by the days it has."""
        spent = await jobs.spent_usd_micros(conn, since=now - PACE_OVER)
        first = await jobs.first_attempt_at(conn)
        age = PACE_OVER if first is None else min(PACE_OVER, now - first)
        return sum(spent.values()) / max(age / _DAY, 1.0)

    def _percent(self, committed: int) -> int:
        """Return what there is to tell the host: that 80 or 100 percent are used, or 0."""
        if not self.usd_micros:
            # A budget of nothing is no news.
            return 0
        is_refusing = self._refused == (self._since(), self.usd_micros)
        if is_refusing or committed >= self.usd_micros:
            return 100
        is_far = committed * 100 >= self.usd_micros * WARN_AT_PERCENT
        return WARN_AT_PERCENT if is_far else 0

    def _since(self) -> datetime:
        return month_start(self._clock())
