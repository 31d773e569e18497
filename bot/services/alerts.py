"""Alerts: what only the bot's host can mend, told to them once in a while."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

import structlog

from bot.errors import OutOfFunds, ProviderError
from bot.services.delivery import (
    BudgetAlert,
    Delivery,
    Drift,
    DriftAlert,
    HostAlert,
    LedgerAlert,
    NotNow,
    ProviderAlert,
    Undeliverable,
)
from bot.services.notes import Notes
from bot.services.resources import Resources

log = structlog.get_logger()

DRIFT_TOLD_EVERY = timedelta(days=7)


class Alerts:
    """Tells the host, wherever Discord finds them; what cannot be told is in the log."""

    def __init__(self, resources: Resources, *, notes: Notes, delivery: Delivery) -> None:
        self._clock = resources.clock
        self._notes = notes
        self._delivery = delivery
        # Many jobs learn of an empty account in the same second.
        self._turn = asyncio.Lock()

    async def provider_refuses(self, provider: str, error: ProviderError) -> None:
        """Tell that a provider refuses the host's account or key, unless that was told today."""
        kind = type(error).__name__
        log.error("provider refuses the host", provider=provider, kind=kind, reason=str(error))
        alert = ProviderAlert(
            provider, is_out_of_funds=isinstance(error, OutOfFunds), reason=str(error)
        )
        async with self._turn:
            await self._tell(f"alert:{provider}:{kind}", alert)

    async def cap_reached(self, provider: str, *, cap_usd_micros: int) -> None:
        """Tell that a provider has spent the host's cap for it, unless that was told today."""
        alert = ProviderAlert(
            provider, is_out_of_funds=False, reason="", cap_usd_micros=cap_usd_micros
        )
        async with self._turn:
            await self._tell(f"alert:{provider}:cap", alert)

    async def ledger_is_wrong(self, wrong: list[str]) -> bool:
        """Tell that the ledger does not verify; return whether the host knows that of today."""
        for line in wrong:
            log.error("ledger is wrong", line=line)
        async with self._turn:
            return await self._tell("alert:ledger", LedgerAlert(tuple(wrong)))

    async def budget_reached(self, alert: BudgetAlert) -> None:
        """Tell how far a month's budget is used, once a month; another budget is other news."""
        named = f"{self._clock():%Y-%m} {alert.budget_usd_micros}"
        async with self._turn:
            await self._tell(f"alert:budget:{alert.percent}", alert, when=named)

    async def costs_drifted(self, drifts: Sequence[Drift]) -> None:
        """Tell which routes cost something else than the catalog says, each once a week."""
        async with self._turn:
            news = [drift for drift in drifts if await self._is_due(drift)]
            if not news or not await self._send(DriftAlert(tuple(news))):
                return
            for drift in news:
                log.warning(
                    "costs have drifted",
                    provider=drift.provider,
                    endpoint=drift.endpoint,
                    expected_usd_micros=drift.expected_usd_micros,
                    real_usd_micros=drift.real_usd_micros,
                )
                await self._notes.write(_drift_note(drift), self._today())

    async def _is_due(self, drift: Drift) -> bool:
        told = await self._notes.read(_drift_note(drift))
        today = self._clock().date()
        return told is None or today - date.fromisoformat(told) >= DRIFT_TOLD_EVERY

    async def _tell(self, name: str, alert: HostAlert, *, when: str | None = None) -> bool:
        """Tell something unless it was told `when` it is now; that is today if nothing is said."""
        when = when or self._today()
        if await self._notes.read(name) == when:
            return True
        if not await self._send(alert):
            return False
        await self._notes.write(name, when)
        return True

    async def _send(self, alert: HostAlert) -> bool:
        try:
            await self._delivery.tell_host(alert)
        except (NotNow, Undeliverable) as trouble:
            log.warning("host not told", reason=str(trouble))
            return False
        return True

    def _today(self) -> str:
        return f"{self._clock():%Y-%m-%d}"


def _drift_note(drift: Drift) -> str:
    # By its hash: the names together are longer than the name of a note may be.
    route = f"{drift.provider} {drift.endpoint} {drift.model} {drift.task}"
    return f"alert:drift:{hashlib.sha256(route.encode()).hexdigest()[:32]}"
