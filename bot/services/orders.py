"""Orders: what a job is made from, and which press it comes from."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.catalog import Task
from bot.db import Database
from bot.errors import AdultsOnly
from bot.jobs import Job, Picture
from bot.policy import ServerSettings
from bot.services.places import allows_here
from bot.services.quoting import Quote, Quoting
from bot.services.requests import ImageWish, Origin

SETTLING_LOOKS = 15
SETTLING_PAUSE_S = 0.1
"""A press is answered within three seconds; the money follows the pictures much sooner."""

RELAXED_SLOTS = 1
"""How many jobs of one account run at once in the relaxed lane; in the fast one its tier says."""

PICK = "pick"
"""The action that brings one picture of a job: no request of its own, as everything else is."""

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
    is_spoiler: bool = False

    @classmethod
    def of(cls, quote: Quote, *, lane: str, is_spoiler: bool = False) -> Self:
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
            is_spoiler=is_spoiler,
        )


def order_for(quoting: Quoting, settings: ServerSettings, origin: Origin, wish: ImageWish) -> Order:
    """Check and price a wish for the very place that somebody is at.

    Raises:
        AdultsOnly: nobody could do it whose pictures may appear there unseen.
        UserError: what else is wrong with it.
    """
    wish = replace(wish, is_tame=not allows_here(settings, origin))
    try:
        quote = quoting.at(origin.server_id).quote(wish)
    except AdultsOnly as error:
        error.is_never = settings.nsfw == "never"
        raise
    return Order.of(quote, lane=wish.lane, is_spoiler=wish.is_spoiler)


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


async def find_settled(db: Database, job_id: int) -> Job | None:
    """Return a job; one whose buttons are there already is given a moment to be settled."""
    for looks_left in reversed(range(SETTLING_LOOKS)):
        async with db.read() as conn:
            job = await jobs.get(conn, job_id)
        if job is None or job.status != "delivering" or not looks_left:
            return job
        await asyncio.sleep(SETTLING_PAUSE_S)
    raise AssertionError


async def find_known(
    conn: AsyncConnection, origin: Origin, click: Click, now: datetime
) -> Job | None:
    """Return the job that this interaction, or this very press, was accepted as before."""
    known = await jobs.find_by_interaction(conn, origin.interaction_id, user_id=origin.user_id)
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
    return known if click.action == PICK and known.status == "done" and is_fresh else None


async def freest_slot(conn: AsyncConnection, account_id: int, lane: str, *, slots: int) -> int:
    """Return the slot of a lane with the fewest jobs of an account; `slots` are the fast ones."""
    busy = await jobs.busy_slots(conn, account_id, lane)
    there = slots if lane == "fast" else RELAXED_SLOTS
    return min(range(there), key=lambda slot: busy[slot])
