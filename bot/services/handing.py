"""Handing over: show the outcome, then settle the money with the final status in one breath."""

import asyncio
from contextlib import suppress

import structlog

from bot import jobs, ledger
from bot.errors import BadPicture, PictureTooLarge
from bot.jobs import Job, Picture
from bot.services.delivery import Delivery, NotNow, PictureFile, Receipt, Undeliverable
from bot.services.resources import Resources
from bot.services.views import JobView, Views

log = structlog.get_logger()

REQUEST_LIMIT_BYTES = 24 * 1024 * 1024
"""What one message may carry, all files together, with room for the words (Discord: 25 MiB)."""

MAX_PAUSE_S = 30.0
MAX_REFRESHED = 3

_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
}


class Handing:
    """The step between pictures in our store and a job that is over."""

    def __init__(self, resources: Resources, views: Views, delivery: Delivery) -> None:
        self._db = resources.db
        self._media = resources.media
        self._clock = resources.clock
        self._views = views
        self._delivery = delivery

    async def deliver(self, job: Job) -> Job:
        """Step `delivering`: put the outcome in front of the person, then settle.

        Cut off between the two, the same message is shown again and settled once.
        """
        view, files = await self._prepare(job)
        if not files and job.failure is None:
            async with self._db.write() as conn:
                return await jobs.advance(conn, job, status=job.status, failure="no_pictures")
        receipt = await self._show(view, files)
        job = await self._settle(job, receipt, delivered=len(files) if receipt else 0)
        await self._refresh_waiting(job)
        return job

    async def files_of(self, view: JobView) -> list[PictureFile]:
        """Return a job's pictures as files that fit where they go."""
        limit_bytes = view.address.file_limit_bytes
        if view.pictures:
            limit_bytes = min(limit_bytes, REQUEST_LIMIT_BYTES // len(view.pictures))
        files = [await self._file(view.id, picture, limit_bytes) for picture in view.pictures]
        return [file for file in files if file is not None]

    async def _prepare(self, job: Job) -> tuple[JobView, list[PictureFile]]:
        async with self._db.read() as conn:
            fresh = await jobs.get(conn, job.id)
            assert fresh is not None, job
            view = await self._views.of(conn, fresh)
        # What failed is told, not shown, even where pictures lie ready: it is not paid either.
        return view, [] if fresh.failure else await self.files_of(view)

    async def _file(self, job_id: int, picture: Picture, limit_bytes: int) -> PictureFile | None:
        try:
            data = await self._media.fit(await self._read(picture.sha256), limit_bytes)
        except (BadPicture, PictureTooLarge, FileNotFoundError) as error:
            log.warning("picture cannot be sent", job_id=job_id, reason=str(error))
            return None
        extension = _EXTENSIONS[self._media.mime_of(data)]
        return PictureFile(
            number=picture.number, name=f"job-{job_id}-{picture.number}.{extension}", data=data
        )

    async def _read(self, sha256: str) -> bytes:
        """Return a picture from the store, or from a message that still shows it.

        Raises:
            FileNotFoundError: it is nowhere any more.
        """
        with suppress(FileNotFoundError):
            return await self._media.read(sha256)
        async with self._db.read() as conn:
            places = await jobs.posted(conn, sha256)
        for place in places:
            with suppress(NotNow, Undeliverable, BadPicture):
                data = await self._delivery.reread(place)
                await self._media.store(data)
                return data
        raise FileNotFoundError(f"no picture {sha256}")

    async def _show(self, view: JobView, files: list[PictureFile]) -> Receipt | None:
        pause_s = 1.0
        while True:
            try:
                return await self._delivery.deliver(view, files)
            except Undeliverable as error:
                log.warning("job cannot be shown anywhere", job_id=view.id, reason=str(error))
                return None
            except NotNow as error:
                log.info("delivery put off", job_id=view.id, reason=str(error))
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, MAX_PAUSE_S)

    async def _settle(self, job: Job, receipt: Receipt | None, *, delivered: int) -> Job:
        changes: dict[str, object] = {"delivered": delivered, "finished_at": self._clock()}
        failure = job.failure
        if receipt is not None:
            changes |= {"message_id": receipt.message_id, "channel_id": receipt.channel_id}
        elif failure is None:
            failure = changes["failure"] = "undeliverable"
        status = {None: "done", "cancelled": "cancelled"}.get(failure, "failed")
        async with self._db.write() as conn:
            settled = await jobs.advance(conn, job, status=status, **changes)
            if job.price:
                await ledger.capture(conn, hold_key=job.hold_key, amount=job.unit_price * delivered)
            return settled

    async def _refresh_waiting(self, job: Job) -> None:
        """Tell the next in line that they moved up."""
        async with self._db.read() as conn:
            waiting = [
                other
                for other in await jobs.active_of(conn, job.account_id)
                if other.status == "queued" and other.slot == job.slot
            ]
            views = [await self._views.of(conn, other) for other in waiting[1 : 1 + MAX_REFRESHED]]
        for view in views:
            await self._delivery.show(view)
