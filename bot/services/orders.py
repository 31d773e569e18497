"""Orders: what a job is made from, and which press it comes from."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.catalog import Task
from bot.jobs import Job, Picture
from bot.services.quoting import Quote
from bot.services.requests import Origin

RELAXED_SLOTS = 1
"""How many jobs of one account run at once in the relaxed lane; in the fast one its tier says."""

PICK_STANDS_FOR = timedelta(minutes=10)
"""A second press within this means the same message; a later one wants it again."""


@dataclass(frozen=True)
class Order:
    """What a job is made from, once everything is decided."""

    model_name: str
    model_title: str
    task: Task
    inputs: dict[str, Any]
    count: int
    price: int
    cost_usd_micros: int
    lane: str
    likeness: str | None = None
    is_served: bool = True

    @classmethod
    def of(cls, quote: Quote, *, lane: str) -> Self:
        """Order what was quoted."""
        return cls(
            model_name=quote.model.name,
            model_title=quote.model.title,
            task=quote.task,
            inputs=quote.inputs,
            count=quote.count,
            price=quote.price,
            cost_usd_micros=quote.cost_usd_micros,
            lane=lane,
            likeness=quote.likeness,
            is_served=quote.is_served,
        )


@dataclass(frozen=True)
class Click:
    """Which command or button a job comes from; `key` is the same for the same press.

    `pictures` are there already, when the job only has to be shown.
    """

    action: str
    parent: Job | None = None
    number: int = 0
    key: str | None = None
    pictures: tuple[Picture, ...] = ()


async def find_known(
    conn: AsyncConnection, origin: Origin, click: Click, now: datetime
) -> Job | None:
    """Return the job that this interaction, or this very press, was accepted as before."""
    known = await jobs.find_by_interaction(conn, origin.interaction_id)
    if known is not None or click.key is None:
        return known
    known = await jobs.find_by_click(conn, click.key)
    if known is None:
        return None
    if not known.is_final:
        return known
    if click.action == "final" and known.status == "done":
        # It would be the same picture once more.
        return known
    # A paid click may be repeated once its job is over; a pick a while later, for its message
    # may be gone by then.
    is_fresh = now - known.created_at < PICK_STANDS_FOR
    return known if click.action == "pick" and known.status == "done" and is_fresh else None


async def freest_slot(conn: AsyncConnection, account_id: int, lane: str, *, slots: int) -> int:
    """Return the slot of a lane with the fewest jobs of an account; `slots` are the fast ones."""
    active = await jobs.active_of(conn, account_id)
    busy = Counter(job.slot for job in active if job.lane == lane)
    there = slots if lane == "fast" else RELAXED_SLOTS
    return min(range(there), key=lambda slot: busy[slot])
