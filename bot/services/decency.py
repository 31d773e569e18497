"""Decency: where pictures for adults may appear, decided in one place.

Which pictures those are, `ratings` says. They may appear where Discord asks people for their age: a
channel is asked each time, a thread is what its channel is, a direct message never is such a place.
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.db import take_turn
from bot.errors import AdultsOnly, CoolingDown, UnknownModel
from bot.jobs import Job
from bot.services.days import day_start
from bot.services.delivery import Undeliverable
from bot.services.gates import Asked
from bot.services.outside import Outside
from bot.services.places import allows_here, is_spoiler_here
from bot.services.ratings import adults_among, are_for_adults, describes_adults
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.servers import Servers
from bot.services.staff import Deed, StaffLog

COOL_DOWN = timedelta(minutes=10)
"""How long somebody makes nothing after a picture was withheld that is not given back."""


class Decency:
    """Knows places and pictures; a gate for what people ask for."""

    def __init__(
        self, resources: Resources, *, servers: Servers, staff: StaffLog, outside: Outside
    ) -> None:
        self._catalog = resources.catalog
        self._clock = resources.clock
        self._db = resources.db
        self._servers = servers
        self._staff = staff
        self._outside = outside

    async def allows(self, *, server_id: int, channel_id: int) -> bool:
        """Whether pictures for adults may appear in a channel of a server, asked of Discord now.

        Raises:
            NotNow: Discord could not be reached.
        """
        if self._servers.of(server_id).nsfw == "never":
            return False
        try:
            return await self._outside.allows_nsfw(channel_id)
        except Undeliverable:
            return False

    def allows_here(self, origin: Origin) -> bool:
        """Whether they may appear where somebody is just now."""
        return allows_here(self._servers.of(origin.server_id), origin)

    def is_spoiler_here(self, origin: Origin) -> bool:
        """Whether what is shown to somebody where they are is to be hidden until it is clicked."""
        return is_spoiler_here(self._servers.of(origin.server_id), origin)

    def refusal(self, server_id: int) -> AdultsOnly:
        """Return what to raise about a picture that may not appear."""
        return AdultsOnly(is_never=self._servers.of(server_id).nsfw == "never")

    async def may_preview(self, job: Job) -> bool:
        """Whether anything may be seen of a job before it is known what becomes of it.

        Raises:
            NotNow: Discord could not be reached.
        """
        async with self._db.read() as conn:
            is_tame = await self._is_tame(conn, job)
        return is_tame or await self.allows(server_id=job.server_id, channel_id=job.channel_id)

    async def starts_from_adults(self, conn: AsyncConnection, job: Job) -> bool:
        """Whether a job starts from a picture of ours that is for adults."""
        sources = await jobs.made_as(conn, jobs.sources_in(job.inputs))
        return are_for_adults(self._catalog, sources)

    async def check(self, conn: AsyncConnection, asked: Asked) -> None:
        """Refuse what may not appear where it is asked for, and who has to cool down.

        Raises:
            AdultsOnly, CoolingDown: nothing is written.
        """
        if not asked.is_shown_only:
            await self._check_cool(conn, asked)
        if allows_here(asked.settings, asked.origin):
            return
        if await self._is_about_adults(conn, asked):
            raise AdultsOnly(is_never=asked.settings.nsfw == "never")

    async def charged_of(self, conn: AsyncConnection, job: Job, *, hidden: int) -> int:
        """Return how many pictures are charged of those that the provider withheld, and `hidden`.

        Some a day are given back to a person. In the caller's transaction, which writes it.
        """
        if not job.price:
            return 0
        await take_turn(conn, f"withheld:{job.account_id}")
        given_back = await jobs.withheld_refunds(conn, job, since=day_start(self._clock()))
        limit = self._servers.of(job.server_id).withheld_refunds_a_day
        withheld = job.withheld + hidden
        return withheld - min(withheld, max(0, limit - given_back))

    async def note_charged(self, conn: AsyncConnection, job: Job) -> None:
        """Let staff read of pictures that were withheld and charged, once the job is over."""
        limit = self._servers.of(job.server_id).withheld_refunds_a_day
        deed = Deed(
            "withheld",
            target_id=job.user_id,
            before=f"{limit} a day given back",
            after=f"{job.withheld_paid} charged",
            reason=f"job #{job.id}",
        )
        await self._staff.note(conn, job.server_id, deed)

    def nudge(self) -> None:
        """Show staff what was noted, soon. Called after the transaction."""
        self._staff.nudge()

    async def _check_cool(self, conn: AsyncConnection, asked: Asked) -> None:
        since = asked.now - COOL_DOWN
        last = await jobs.last_withheld_paid(conn, asked.account_id, since=since)
        if last is not None:
            raise CoolingDown(until=last + COOL_DOWN)

    async def _is_about_adults(self, conn: AsyncConnection, asked: Asked) -> bool:
        if asked.is_shown_only:
            return bool(adults_among(self._catalog, asked.order.model_name, asked.pictures))
        sources = await jobs.made_as(conn, jobs.sources_in(asked.order.inputs))
        if are_for_adults(self._catalog, sources):
            return True
        if asked.parent is None:
            return False
        if asked.order.task == "describe":
            return describes_adults(self._catalog, asked.parent, sources)
        made = await jobs.read_pictures(conn, asked.parent.id)
        meant = [one for one in made if asked.number in (0, one.number)]
        adults = adults_among(self._catalog, asked.parent.model, meant)
        # Of four of which one was flagged, the same again is asked in good faith.
        return bool(meant) and len(adults) == len(meant)

    async def _is_tame(self, conn: AsyncConnection, job: Job) -> bool:
        """Whether a job is rated safe, wherever it runs, and starts from nothing for adults."""
        attempt = await jobs.last_attempt(conn, job.id)
        if attempt is None:
            return False
        try:
            model = self._catalog.get(job.model)
        except UnknownModel:
            return False
        rating = model.rating_at(job.task, attempt.provider, attempt.endpoint)
        return rating == "safe" and not await self.starts_from_adults(conn, job)
