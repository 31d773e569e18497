"""My work: the jobs of a person, one job again, and stopping one."""

from dataclasses import dataclass, replace

from bot import jobs, ledger
from bot.errors import JobOver, JobStillRunning, NotYourJob, UnknownJob
from bot.jobs import Job
from bot.services.decency import Decency
from bot.services.delivery import NotNow, PictureFile
from bot.services.dispatch import Dispatch
from bot.services.parcels import Parcels
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.views import JobView, Views

RECENT = 8


@dataclass(frozen=True)
class Overview:
    """A person's jobs in one server: under way (oldest first), and lately finished."""

    active: list[JobView]
    recent: list[JobView]


class Work:
    """Finds, shows and stops the jobs of one person."""

    def __init__(
        self,
        resources: Resources,
        *,
        views: Views,
        decency: Decency,
        parcels: Parcels,
        dispatch: Dispatch,
    ) -> None:
        self._db = resources.db
        self._views = views
        self._decency = decency
        self._parcels = parcels
        self._dispatch = dispatch

    async def overview(self, origin: Origin) -> Overview:
        """Return a person's jobs."""
        async with self._db.read() as conn:
            account_id = await ledger.find_account(
                conn, server_id=origin.server_id, user_id=origin.user_id
            )
            if account_id is None:
                return Overview(active=[], recent=[])
            active = await jobs.active_of(conn, account_id)
            recent = await jobs.recent_of(conn, account_id, limit=RECENT)
            return Overview(
                active=[await self._views.of(conn, job) for job in active],
                recent=[await self._views.of(conn, job) for job in recent],
            )

    async def cancel(self, origin: Origin, job_id: int) -> JobView:
        """Ask for a job to stop: one's own, or any for staff.

        Raises:
            UnknownJob, NotYourJob, JobOver: nothing was changed.
        """
        job = await self._find(origin, job_id)
        if job.user_id != origin.user_id and not origin.is_staff:
            raise NotYourJob
        if not await self._dispatch.cancel(job.id):
            raise JobOver
        async with self._db.read() as conn:
            return await self._views.of(conn, await jobs.get(conn, job.id) or job)

    async def server_of(self, job_id: int, user_id: int) -> int:
        """Return the server that somebody's own job counts in, wherever they see it.

        Raises:
            UnknownJob: they have no such job.
        """
        async with self._db.read() as conn:
            job = await jobs.get(conn, job_id)
        if job is None or job.user_id != user_id:
            raise UnknownJob(job_id=str(job_id))
        return job.server_id

    async def look(self, origin: Origin, job_id: int) -> JobView:
        """Return any job of the server; a private one for its owner and staff alone.

        Raises:
            UnknownJob: there is none, or none that they may see.
        """
        job = await self._find(origin, job_id)
        if job.is_private and job.user_id != origin.user_id and not origin.is_staff:
            raise UnknownJob(job_id=str(job_id))
        async with self._db.read() as conn:
            return await self._views.of(conn, job)

    async def look_to_delete(self, origin: Origin, job_id: int) -> JobView:
        """Return a job whose message somebody wants away: one's own, or any for staff.

        Raises:
            UnknownJob, NotYourJob: it must stay.
        """
        view = await self.look(origin, job_id)
        if view.user_id != origin.user_id and not origin.is_staff:
            raise NotYourJob
        return view

    async def find_shown(self, origin: Origin, job_id: int) -> JobView:
        """Return a finished job of one's own, to be posted again.

        Raises:
            UnknownJob, NotYourJob, JobStillRunning, AdultsOnly: it cannot be shown.
        """
        job = await self._find(origin, job_id)
        if job.user_id != origin.user_id:
            raise NotYourJob
        if not job.is_final:
            raise JobStillRunning
        jobs.check_shown(job)
        async with self._db.read() as conn:
            view = await self._views.of(conn, job)
        self.check_decent(view, origin)
        is_spoiler = view.is_spoiler or self._decency.is_spoiler_here(origin)
        return replace(view, is_spoiler=is_spoiler)

    def check_decent(self, view: JobView, origin: Origin | None = None) -> None:
        """Refuse to show a job where nothing of it may appear: for `origin`, or by direct message.

        Raises:
            AdultsOnly: all that it made is for adults, and the place is not.
        """
        is_all = bool(view.pictures) and len(view.adults) == len(view.pictures)
        if is_all and not self._allows(origin):
            raise self._decency.refusal(view.server_id)

    async def files_of(
        self, view: JobView, *, limit_bytes: int, origin: Origin | None = None
    ) -> list[PictureFile]:
        """Return the pictures of a job that may be sent to where `origin` is, or directly.

        Empty when none can be had (any more).

        Raises:
            PictureTooLarge: they do not fit, and must not be made smaller.
        """
        allows_nsfw = self._allows(origin)
        try:
            parcel = await self._parcels.pack(view, limit_bytes, allows_nsfw=allows_nsfw)
        except NotNow:
            return []
        if parcel.too_large is not None and not parcel.files:
            raise parcel.too_large
        return parcel.files

    def _allows(self, origin: Origin | None) -> bool:
        return origin is not None and self._decency.allows_here(origin)

    async def _find(self, origin: Origin, job_id: int) -> Job:
        async with self._db.read() as conn:
            job = await jobs.get(conn, job_id)
        if job is None or job.server_id != origin.server_id:
            raise UnknownJob(job_id=str(job_id))
        return job
