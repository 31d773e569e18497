"""Putting work in front of people: the one thing the product asks of Discord."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.catalog import Task
from bot.errors import AtelierError
from bot.jobs import Posted
from bot.services.views import JobView


class NotNow(AtelierError):
    """Discord could not be reached or asked us to wait; try the same again later."""


class Undeliverable(AtelierError):
    """There is no place left where this could be shown to the person."""


class TooLarge(AtelierError):
    """The files are larger than the place takes; smaller ones may pass."""


@dataclass(frozen=True)
class PictureFile:
    """One picture to upload: PNG, JPEG, WebP or GIF bytes that fit the place they go to.

    One that `is_for_adults` goes nowhere but there, least of all into a direct message.
    """

    number: int
    name: str
    data: bytes
    is_for_adults: bool = False


@dataclass(frozen=True)
class Receipt:
    """The message that shows the outcome."""

    channel_id: int
    message_id: int


@dataclass(frozen=True)
class ProviderAlert:
    """A provider that serves nobody until the host tops it up or gives another key.

    With `cap_usd_micros`, the host's own cap for the month is what stops it.
    """

    provider: str
    is_out_of_funds: bool
    reason: str
    cap_usd_micros: int | None = None


@dataclass(frozen=True)
class LedgerAlert:
    """A ledger that does not verify, with what is wrong in one line each."""

    wrong: tuple[str, ...]


@dataclass(frozen=True)
class BudgetAlert:
    """A month's budget that is nearly used up, or refuses requests: `percent` is 80 or 100.

    Amounts are 1e-6 USD; `committed_usd_micros` is what was spent and what waiting jobs will cost.
    """

    percent: int
    budget_usd_micros: int
    committed_usd_micros: int
    resets_at: datetime


@dataclass(frozen=True)
class Drift:
    """A route whose runs cost something else than its catalog entry says.

    Costs are per priced unit, in 1e-6 USD, over the latest `runs`; `price` is what people pay
    now, `covering` what would cover the cost, in credits per unit.
    """

    provider: str
    endpoint: str
    model: str
    title: str
    task: Task
    unit: str
    runs: int
    expected_usd_micros: int
    real_usd_micros: int
    price: int
    covering: int


@dataclass(frozen=True)
class DriftAlert:
    """Routes that cost something else than their catalog entries say."""

    drifts: tuple[Drift, ...]


HostAlert = ProviderAlert | LedgerAlert | BudgetAlert | DriftAlert
"""What only the host can mend."""


class Delivery(Protocol):
    """Shows a job to the person who asked; implemented where Discord is known."""

    async def show(self, view: JobView) -> None:
        """Put the job's present state on its card; losing one such edit loses nothing."""
        ...

    async def deliver(self, view: JobView, files: Sequence[PictureFile]) -> Receipt:
        """Turn the card into the outcome, pictures or failure; again gives the same message.

        Raises:
            NotNow: nothing is known to be shown; the same call may be repeated.
            TooLarge: the same pictures may pass as smaller files.
            Undeliverable: it can be shown nowhere, or Discord refuses what it shows.
        """
        ...

    async def notify(self, view: JobView) -> None:
        """Tell the person, beside the card, that their job is over; again changes nothing.

        Raises:
            NotNow, Undeliverable: they were not told.
        """
        ...

    async def tell_host(self, alert: HostAlert) -> None:
        """Tell whoever hosts the bot what only they can mend.

        Raises:
            NotNow: Discord could not be reached.
            Undeliverable: none of them takes a message.
        """
        ...

    async def reread(self, posted: Posted) -> bytes:
        """Download a picture from the message that shows it.

        Raises:
            NotNow: Discord could not be reached.
            Undeliverable: the message, or the picture in it, is not there any more.
        """
        ...
