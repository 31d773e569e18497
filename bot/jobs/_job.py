"""What a job is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.catalog import Task
from bot.db.tables import FINAL_STATUSES
from bot.errors import AtelierError

__all__ = ["FINAL_STATUSES", "SHOWN_ONLY", "Job", "NewJob", "NotOurs"]

SHOWN_ONLY = ("pick", "reuse")
"""The actions that make nothing: pictures that are there already are shown for nothing."""


class NotOurs(AtelierError):
    """Another runner has the job, or it is over; stop touching it."""


@dataclass(frozen=True)
class NewJob:
    """A request about to become a row."""

    # Where the answer goes, and who asked.
    interaction_id: int
    application_id: int
    token: str
    server_id: int
    channel_id: int
    user_id: int
    account_id: int
    is_private: bool
    has_followup: bool
    locale: str
    file_limit_bytes: int
    # What is made: `action` names the command or button, `parent_id` the job it started from.
    action: str
    parent_id: int | None
    parent_picture: int | None
    click_key: str | None
    model: str
    task: Task
    inputs: dict[str, Any]
    count: int
    # Credits for the person, 1e-6 USD for the host.
    price: int
    cost_usd_micros: int
    lane: str
    slot: int
    status: str
    # The same for requests that ask for the very same pictures.
    likeness: str | None
    # Its pictures are hidden until somebody clicks them.
    is_spoiler: bool


@dataclass(frozen=True)
class Job(NewJob):
    """One accepted request, as its row says.

    Statuses: queued, submitting, running, delivering, then one of `FINAL_STATUSES`.
    `failure` is None while all is well; it is written before the person is told.
    """

    id: int
    message_id: int | None
    runner: str | None
    is_cancel_requested: bool
    failure: str | None
    failure_text: str | None
    # The words that a job for words gave.
    answer: str | None
    delivered: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    # Moderators took its pictures away: it is shown nowhere any more.
    is_removed: bool
    # How many pictures its provider's filter withheld, how many more may not appear where it was
    # asked for, and how many of both are charged: None until that is decided.
    withheld: int
    hidden: int
    withheld_paid: int | None

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINAL_STATUSES

    @property
    def hold_key(self) -> str:
        """The ledger key under which its price is held."""
        return f"job:{self.id}"

    @property
    def unit_price(self) -> int:
        """Credits per picture."""
        return self.price // self.count

    @property
    def charged(self) -> int:
        """Credits that it took: for what was delivered, and what was withheld too often."""
        return self.unit_price * (self.delivered + (self.withheld_paid or 0))
