"""Alerts: what only the bot's host can mend, told to them once a day."""

import asyncio

import structlog

from bot.errors import OutOfFunds, ProviderError
from bot.services.delivery import Delivery, LedgerAlert, NotNow, ProviderAlert, Undeliverable
from bot.services.notes import Notes
from bot.services.resources import Resources

log = structlog.get_logger()


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

    async def _tell(self, name: str, alert: ProviderAlert | LedgerAlert) -> bool:
        today = f"{self._clock():%Y-%m-%d}"
        if await self._notes.read(name) == today:
            return True
        try:
            await self._delivery.tell_host(alert)
        except (NotNow, Undeliverable) as trouble:
            log.warning("host not told", reason=str(trouble))
            return False
        await self._notes.write(name, today)
        return True
