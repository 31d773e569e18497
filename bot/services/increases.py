"""Increases: whether what a card's button does costs more by now than the card may have said.

No card remembers what it said. What its job was charged a picture tells what the same cost then;
of everything else, the host's decisions tell.
"""

from contextlib import suppress
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.db.tables import staff_actions
from bot.errors import UserError
from bot.jobs import SHOWN_ONLY, Job
from bot.services.followups import same_again
from bot.services.quoting import Quote, Quoting


async def has_job_risen(conn: AsyncConnection, quoting: Quoting, job: Job) -> bool:
    """Whether a picture of a job costs more now than it did; `quoting` is its server's."""
    if job.action in SHOWN_ONLY and job.parent_id is not None:
        # It was shown for nothing; what it is a picture of was not.
        job = await jobs.get(conn, job.parent_id) or job
    with suppress(UserError):
        now = quoting.quote(same_again(job))
        return now.price // now.count > job.unit_price
    return False


async def has_offer_risen(conn: AsyncConnection, quote: Quote, *, since: datetime) -> bool:
    """Whether the host has made dearer what was quoted, since a moment."""
    deed = staff_actions.c
    rows = await conn.execute(
        sa.select(deed.before, deed.after)
        .where(
            deed.action == "price",
            deed.reason == f"{quote.model.name} {quote.task}",
            deed.created_at > since,
        )
        .order_by(deed.id)
    )
    decided = rows.all()
    return bool(decided) and int(decided[-1].after) > int(decided[0].before)
