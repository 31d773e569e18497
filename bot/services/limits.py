"""Limits: how much a person's tier lets them ask for, refused with the moment when it lifts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.catalog import WORD_TASKS
from bot.db.tables import jobs
from bot.errors import DayUsedUp, TooFast, TooManyMegapixels, TooManyPictures
from bot.policy import Tier
from bot.services.accounts import check_not_frozen
from bot.services.days import day_start, next_day
from bot.services.gates import Asked
from bot.services.orders import PICK, Order

MINUTE = timedelta(minutes=1)
MEGAPIXEL = 1024 * 1024
"""Not a million: who may have one megapixel may have the usual 1024 × 1024."""


@dataclass(frozen=True)
class Usage:
    """How much of a tier's limits somebody has used.

    `requests_lift_at` is when the next request is allowed, where the minute is used up. The
    credits are those of the UTC day, charged and held; `credits_lift_at` is when it ends.
    """

    requests: int
    requests_lift_at: datetime | None
    credits: int
    credits_lift_at: datetime


class FrozenGate:
    """Refuses whatever costs credits or a provider's time to those whom moderators froze."""

    async def check(self, conn: AsyncConnection, asked: Asked) -> None:
        """Refuse a frozen account; what is there already is shown to it all the same.

        Raises:
            AccountFrozen: it is one.
        """
        if not asked.is_shown_only:
            await check_not_frozen(conn, asked.account_id)


class Limits:
    """Refuses what a person's tier does not allow. Slots and lane are kept where jobs are made."""

    def __init__(self) -> None:
        self._day = date.min
        self._last_before = 0

    async def check(self, conn: AsyncConnection, asked: Asked) -> None:
        """Refuse too large or too many pictures, too many requests, too many credits.

        Raises:
            TooManyPictures, TooManyMegapixels, TooFast, DayUsedUp: which one it is.
        """
        if asked.action == PICK:
            return
        _check_size(asked.order, asked.tier)
        await self._check_pace(conn, asked)
        await self._check_day(conn, asked)

    async def usage(
        self, conn: AsyncConnection, account_id: int, tier: Tier, now: datetime
    ) -> Usage:
        """Return how much of a tier's limits somebody has used by now."""
        recent = await _recent(conn, account_id, tier.requests_per_minute, now)
        is_full = len(recent) >= tier.requests_per_minute
        return Usage(
            requests=len(recent),
            requests_lift_at=recent[-1] + MINUTE if is_full else None,
            credits=await self._spent_today(conn, account_id, now),
            credits_lift_at=next_day(now),
        )

    async def _check_pace(self, conn: AsyncConnection, asked: Asked) -> None:
        limit = asked.tier.requests_per_minute
        # The one that must be a minute old for another to be allowed.
        query = _latest(asked.account_id).offset(limit - 1).limit(1)
        made_at = await conn.scalar(query)
        if made_at is not None and made_at > asked.now - MINUTE:
            raise TooFast(limit=limit, lifts_at=made_at + MINUTE)

    async def _check_day(self, conn: AsyncConnection, asked: Asked) -> None:
        limit = asked.tier.credits_per_day
        if limit is None or not asked.order.price:
            return
        left = max(0, limit - await self._spent_today(conn, asked.account_id, asked.now))
        if asked.order.price > left:
            raise DayUsedUp(limit=limit, left=left, lifts_at=next_day(asked.now))

    async def _spent_today(self, conn: AsyncConnection, account_id: int, now: datetime) -> int:
        today = now.astimezone(UTC).date()
        if today != self._day:
            # Yesterday's last entry stays that all day long.
            self._last_before = await ledger.last_before(conn, day_start(now))
            self._day = today
        return await ledger.spent_after(conn, account_id, self._last_before)


def _check_size(order: Order, tier: Tier) -> None:
    if order.task in WORD_TASKS:
        return
    if tier.largest_count is not None and order.count > tier.largest_count:
        raise TooManyPictures(count=order.count, limit=tier.largest_count)
    pixels: int = order.inputs.get("pixels", 0)
    most = tier.largest_megapixels
    if most is not None and pixels > most * MEGAPIXEL:
        raise TooManyMegapixels(pixels=pixels, limit=most)


async def _recent(
    conn: AsyncConnection, account_id: int, limit: int, now: datetime
) -> list[datetime]:
    """Return when an account's latest requests of the last minute came, the newest first."""
    latest = await conn.scalars(_latest(account_id).limit(limit))
    return [made_at for made_at in latest if made_at > now - MINUTE]


def _latest(account_id: int) -> sa.Select[datetime]:
    return (
        sa.select(jobs.c.created_at)
        .where(jobs.c.account_id == account_id, jobs.c.action != PICK)
        .order_by(jobs.c.id.desc())
    )
