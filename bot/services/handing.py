"""Handing over: show the outcome, then settle the money with the final status in one breath."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs, ledger
from bot.errors import AtelierError
from bot.jobs import Job, NotOurs
from bot.services.decency import Decency
from bot.services.delivery import (
    Delivery,
    NotNow,
    PictureFile,
    Receipt,
    TooLarge,
    Undeliverable,
)
from bot.services.parcels import Parcels
from bot.services.preferences import read_preferences
from bot.services.resources import Resources
from bot.services.rewards import Rewards
from bot.services.views import JobView, Views

log = structlog.get_logger()

SAFE_LIMIT_BYTES = 10 * 1024 * 1024
"""What every server takes; a person's own limit may be higher than that of another place."""

MAX_PAUSE_S = 30.0
MAX_REFRESHED = 3
LONG_WAIT = timedelta(minutes=1)


class Unsettled(AtelierError):
    """The outcome was shown and the money not settled."""


class _TakenAway(AtelierError):
    """What the job starts from was removed between showing and settling; nothing was written."""


@dataclass(frozen=True)
class _Shown:
    """What the person sees: the message, and how many pictures, or words for one, are in it.

    Where there are none, `failure` is what the job has failed by.
    """

    receipt: Receipt | None
    count: int
    failure: str | None = None


_NOWHERE = _Shown(receipt=None, count=0, failure="undeliverable")


class Sequel(Protocol):
    """What follows from a job that is done, beside its money."""

    async def write(self, conn: AsyncConnection, job: Job) -> None:
        """Write it, in the transaction that settles the job."""
        ...

    def nudge(self) -> None:
        """Do it, soon. Called after the transaction."""
        ...


class Handing:
    """The step between pictures in our store and a job that is over."""

    def __init__(
        self,
        resources: Resources,
        *,
        decency: Decency,
        parcels: Parcels,
        views: Views,
        delivery: Delivery,
        rewards: Rewards,
    ) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._decency = decency
        self._parcels = parcels
        self._views = views
        self._delivery = delivery
        self._rewards = rewards
        self._sequels: list[Sequel] = []

    def follow_with(self, sequel: Sequel) -> None:
        """Let something follow from every job that is done."""
        self._sequels.append(sequel)

    async def deliver(self, job: Job) -> Job:
        """Step `delivering`: put the outcome in front of the person, then settle.

        Cut off between the two, the same message is shown again and settled once.

        Raises:
            Unsettled: it was shown, and not settled; the same call does both again.
        """
        job, shown = await self._show(job)
        if not shown.count and job.failure is None:
            # Next time round the card says why there are no pictures.
            return await self._write(job, failure=shown.failure)
        try:
            job = await self._settle(job, shown)
        except NotOurs:
            raise
        except _TakenAway:
            # Next time round the card says so in place of the pictures.
            return job
        except Exception as error:
            raise Unsettled(f"job {job.id} was shown and not settled") from error
        if job.withheld_paid:
            self._decency.nudge()
        for sequel in self._sequels:
            sequel.nudge()
        await self._notify(job, shown)
        await self._refresh_waiting(job)
        return job

    async def files_of(
        self, view: JobView, limit_bytes: int, *, allows_nsfw: bool = False
    ) -> list[PictureFile]:
        """Return a job's pictures as files that fit where they go; of words, what they describe.

        Those for adults are left out where they may not appear.

        Raises:
            NotNow: Discord, where they lie, could not be reached.
        """
        return (await self._parcels.pack(view, limit_bytes, allows_nsfw=allows_nsfw)).files

    async def _write(self, job: Job, **changes: object) -> Job:
        async with self._db.write() as conn:
            return await jobs.advance(conn, job, status=job.status, **changes)

    async def _view(self, job: Job) -> JobView:
        async with self._db.read() as conn:
            fresh = await jobs.get(conn, job.id)
            assert fresh is not None, job
            return await self._views.of(conn, fresh)

    async def _show(self, job: Job) -> tuple[Job, _Shown]:
        """Show the outcome, however long Discord takes to accept it."""
        pause_s, limit_bytes = 1.0, job.file_limit_bytes
        while True:
            try:
                # Each time anew: the place may have changed while Discord was away.
                job, view = await self._weighed(job)
                hides = bool(job.hidden) or await self._hides_described(view)
                return job, await self._show_once(view, limit_bytes, hides=hides)
            except TooLarge:
                if limit_bytes <= SAFE_LIMIT_BYTES:
                    return job, _NOWHERE
                limit_bytes = SAFE_LIMIT_BYTES
            except Undeliverable as error:
                log.warning("job cannot be shown", job_id=job.id, reason=str(error))
                return job, _NOWHERE
            except NotNow as error:
                log.info("delivery put off", job_id=job.id, reason=str(error))
                view = None
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, MAX_PAUSE_S)

    async def _weighed(self, job: Job) -> tuple[Job, JobView]:
        """Decide, before anything is shown, what may not be, and who pays for it.

        What was decided is written first: the card says it, and the settlement keeps to it.

        Raises:
            NotNow: Discord could not be asked about the place.
        """
        job = await self._stopped(job)
        view = await self._view(job)
        if view.failure not in (None, "withheld"):
            return job, view
        hidden = job.hidden if view.failure else await self._hidden(job, view)
        is_decided = job.withheld_paid is not None or not (job.withheld or hidden)
        if is_decided and hidden == job.hidden:
            return job, view
        async with self._db.write() as conn:
            charged = await self._decency.charged_of(conn, job, hidden=hidden)
            job = await jobs.advance(
                conn,
                job,
                status=job.status,
                hidden=hidden,
                withheld_paid=charged,
                failure="withheld" if hidden and hidden == len(view.pictures) else job.failure,
            )
        return job, await self._view(job)

    async def _stopped(self, job: Job) -> Job:
        """Let a job fail whose pictures, or those that it starts from, were removed meanwhile."""
        async with self._db.read() as conn:
            fresh = await jobs.get(conn, job.id)
        is_removed = fresh is not None and fresh.is_removed
        if not is_removed or job.failure not in (None, "withheld", "cancelled"):
            return job
        return await self._write(job, failure="removed", hidden=0, withheld_paid=0)

    async def _hidden(self, job: Job, view: JobView) -> int:
        """Count the pictures that may not appear where the job was asked for, as of now."""
        if not view.adults:
            return 0
        place = {"server_id": job.server_id, "channel_id": job.channel_id}
        return 0 if await self._decency.allows(**place) else len(view.adults)

    async def _hides_described(self, view: JobView) -> bool:
        """Whether the picture that words are about may not appear beside them, as of now."""
        place = {"server_id": view.server_id, "channel_id": view.address.channel_id}
        return view.describes_adults and not await self._decency.allows(**place)

    async def _show_once(self, view: JobView, limit_bytes: int, *, hides: bool) -> _Shown:
        """Show what there is, perhaps without what is for adults; raises as the delivery does."""
        # What failed is told, not shown, even where pictures lie ready: it is not paid either.
        if view.failure is not None:
            return _Shown(await self._delivery.deliver(view, []), count=0)
        parcel = await self._parcels.pack(view, limit_bytes, allows_nsfw=not hides)
        if view.answer is not None:
            return _Shown(await self._delivery.deliver(view, parcel.files), count=1)
        if not parcel.files:
            return _Shown(None, count=0, failure="too_large" if parcel.too_large else "no_pictures")
        receipt = await self._delivery.deliver(view, parcel.files)
        return _Shown(receipt, count=len(parcel.files))

    async def _settle(self, job: Job, shown: _Shown) -> Job:
        changes: dict[str, object] = {"delivered": shown.count, "finished_at": self._clock()}
        if shown.receipt is not None:
            changes |= asdict(shown.receipt)
        status = {None: "done", "cancelled": "cancelled"}.get(job.failure, "failed")
        async with self._db.write() as conn:
            settled = await jobs.advance(conn, job, status=status, **changes)
            if settled.is_removed and status == "done":
                raise _TakenAway
            if job.price:
                await ledger.capture(conn, hold_key=job.hold_key, amount=settled.charged)
            if settled.withheld_paid:
                await self._decency.note_charged(conn, settled)
            if status == "done":
                await self._rewards.first_picture(conn, settled)
                for sequel in self._sequels:
                    await sequel.write(conn, settled)
            return settled

    async def _notify(self, job: Job, shown: _Shown) -> None:
        """Mention the person when they waited long, or as they chose; private answers tell it."""
        if job.is_private or shown.receipt is None:
            return
        async with self._db.read() as conn:
            wanted = (await read_preferences(conn, job.account_id)).notify
        waited = self._clock() - job.created_at
        if wanted == "never" or (wanted == "after a minute" and waited < LONG_WAIT):
            return
        try:
            await self._delivery.notify(await self._view(job))
        except (NotNow, Undeliverable) as error:
            log.info("person not told", job_id=job.id, reason=str(error))

    async def _refresh_waiting(self, job: Job) -> None:
        """Tell the next in line that they moved up."""
        if not self._db.is_sqlite:
            # Another process may be showing their outcome just now; an edit of ours that
            # arrives after it would take the pictures away.
            return
        async with self._db.read() as conn:
            waiting = [
                other
                for other in await jobs.active_of(conn, job.account_id)
                if other.status == "queued" and other.slot == job.slot
            ]
            views = [await self._views.of(conn, other) for other in waiting[1 : 1 + MAX_REFRESHED]]
        for view in views:
            await self._delivery.show(view)
