"""Handing over: show the outcome, then settle the money with the final status in one breath."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog

from bot import jobs, ledger
from bot.errors import AtelierError, BadPicture, PictureTooLarge
from bot.jobs import Job, NotOurs, Picture
from bot.services.delivery import (
    Delivery,
    NotNow,
    PictureFile,
    Receipt,
    TooLarge,
    Undeliverable,
)
from bot.services.gallery import Gallery
from bot.services.preferences import read_preferences
from bot.services.resources import Resources
from bot.services.views import JobView, Views

log = structlog.get_logger()

REQUEST_LIMIT_BYTES = 24 * 1024 * 1024
"""What one message may carry, all files together, with room for the words (Discord: 25 MiB)."""

SAFE_LIMIT_BYTES = 10 * 1024 * 1024
"""What every server takes; a person's own limit may be higher than that of another place."""

DESCRIBED_PIXELS = 250_000
"""How large the picture is that stands beside its description."""

MAX_PAUSE_S = 30.0
MAX_REFRESHED = 3
LONG_WAIT = timedelta(minutes=1)

_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
}


class Unsettled(AtelierError):
    """The outcome was shown and the money not settled."""


@dataclass(frozen=True)
class _Shown:
    """What the person sees: the message, and how many pictures, or words for one, are in it."""

    receipt: Receipt | None
    count: int


class Handing:
    """The step between pictures in our store and a job that is over."""

    def __init__(
        self, resources: Resources, *, gallery: Gallery, views: Views, delivery: Delivery
    ) -> None:
        self._db = resources.db
        self._media = resources.media
        self._clock = resources.clock
        self._gallery = gallery
        self._views = views
        self._delivery = delivery

    async def deliver(self, job: Job) -> Job:
        """Step `delivering`: put the outcome in front of the person, then settle.

        Cut off between the two, the same message is shown again and settled once.

        Raises:
            Unsettled: it was shown, and not settled; the same call does both again.
        """
        shown = await self._show(job)
        if shown is None and job.failure is None:
            # Next time round the card says why there are no pictures.
            return await self._fail(job, failure="undeliverable")
        if shown is not None and not shown.count and job.failure is None:
            return await self._fail(job, failure="no_pictures")
        try:
            job = await self._settle(job, shown)
        except NotOurs:
            raise
        except Exception as error:
            raise Unsettled(f"job {job.id} was shown and not settled") from error
        await self._notify(job, shown)
        await self._refresh_waiting(job)
        return job

    async def files_of(self, view: JobView, limit_bytes: int) -> list[PictureFile]:
        """Return a job's pictures as files that fit where they go; of words, what they describe.

        Raises:
            NotNow: Discord, where they lie, could not be reached.
        """
        if view.answer is not None:
            return await self._described(view)
        if view.pictures:
            limit_bytes = min(limit_bytes, REQUEST_LIMIT_BYTES // len(view.pictures))
        files = [await self._file(view.id, picture, limit_bytes) for picture in view.pictures]
        return [file for file in files if file is not None]

    async def _fail(self, job: Job, *, failure: str) -> Job:
        async with self._db.write() as conn:
            return await jobs.advance(conn, job, status=job.status, failure=failure)

    async def _view(self, job: Job) -> JobView:
        async with self._db.read() as conn:
            fresh = await jobs.get(conn, job.id)
            assert fresh is not None, job
            return await self._views.of(conn, fresh)

    async def _described(self, view: JobView) -> list[PictureFile]:
        """Return a small copy of the picture that words are about, if there is one (still)."""
        if view.described is None:
            return []
        try:
            data = await self._gallery.read(view.described)
            data = await self._media.shrink(data, DESCRIBED_PIXELS)
        except (BadPicture, FileNotFoundError) as error:
            log.info("described picture is gone", job_id=view.id, reason=str(error))
            return []
        extension = _EXTENSIONS[self._media.mime_of(data)]
        return [PictureFile(number=0, name=f"described-{view.id}.{extension}", data=data)]

    async def _file(self, job_id: int, picture: Picture, limit_bytes: int) -> PictureFile | None:
        try:
            data = await self._media.fit(await self._gallery.read(picture.sha256), limit_bytes)
        except (BadPicture, PictureTooLarge, FileNotFoundError) as error:
            log.warning("picture cannot be sent", job_id=job_id, reason=str(error))
            return None
        extension = _EXTENSIONS[self._media.mime_of(data)]
        return PictureFile(
            number=picture.number, name=f"job-{job_id}-{picture.number}.{extension}", data=data
        )

    async def _show(self, job: Job) -> _Shown | None:
        """Show the outcome, however long Discord takes to accept it; None when nowhere is left."""
        pause_s, limit_bytes = 1.0, job.file_limit_bytes
        while True:
            view = await self._view(job)
            try:
                return await self._show_once(view, limit_bytes)
            except TooLarge:
                if limit_bytes <= SAFE_LIMIT_BYTES:
                    return None
                limit_bytes = SAFE_LIMIT_BYTES
            except Undeliverable as error:
                log.warning("job cannot be shown", job_id=job.id, reason=str(error))
                return None
            except NotNow as error:
                log.info("delivery put off", job_id=job.id, reason=str(error))
                del view
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, MAX_PAUSE_S)

    async def _show_once(self, view: JobView, limit_bytes: int) -> _Shown:
        """Show what there is; raises as the delivery does."""
        # What failed is told, not shown, even where pictures lie ready: it is not paid either.
        if view.failure is not None:
            return _Shown(await self._delivery.deliver(view, []), count=0)
        if view.answer is not None:
            files = await self._described(view)
            return _Shown(await self._delivery.deliver(view, files), count=1)
        files = await self.files_of(view, limit_bytes)
        if not files:
            return _Shown(receipt=None, count=0)
        return _Shown(await self._delivery.deliver(view, files), count=len(files))

    async def _settle(self, job: Job, shown: _Shown | None) -> Job:
        delivered = shown.count if shown else 0
        changes: dict[str, object] = {"delivered": delivered, "finished_at": self._clock()}
        if shown is not None and shown.receipt is not None:
            changes |= asdict(shown.receipt)
        status = {None: "done", "cancelled": "cancelled"}.get(job.failure, "failed")
        async with self._db.write() as conn:
            settled = await jobs.advance(conn, job, status=status, **changes)
            if job.price:
                await ledger.capture(conn, hold_key=job.hold_key, amount=job.unit_price * delivered)
            return settled

    async def _notify(self, job: Job, shown: _Shown | None) -> None:
        """Mention the person when they waited long, or as they chose; private answers tell it."""
        if job.is_private or shown is None or shown.receipt is None:
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
