"""The feed: every public picture that a server makes, shown once more in a channel for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.jobs import Job
from bot.services.delivery import PictureFile
from bot.services.desk import Desk
from bot.services.handing import SAFE_LIMIT_BYTES
from bot.services.outside import Post
from bot.services.resources import Resources
from bot.services.views import JobView

ERRAND = "feed"
SHOWN_FOR = timedelta(days=1)
"""What could not be shown for so long is left out."""


@dataclass(frozen=True)
class FeedPost(Post):
    """A job in the feed."""

    view: JobView
    files: Sequence[PictureFile]


class Feed:
    """Posts finished work into the feed of its server."""

    def __init__(self, resources: Resources, desk: Desk) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._desk = desk
        self._decency = desk.decency
        self._handing = desk.handing
        self._outside = desk.outside
        self._servers = desk.servers
        self._views = desk.views
        self._errands = desk.errands
        desk.errands.learn(ERRAND, self._show)
        desk.handing.follow_with(self)

    async def write(self, conn: AsyncConnection, job: Job) -> None:
        """Put a job that is just being settled on its way into the feed."""
        if is_for_feed(job, self._servers.of(job.server_id).feed_channel):
            await self._errands.add(conn, ERRAND, job.id)

    def nudge(self) -> None:
        """Show it, soon. Called after the transaction."""
        self._errands.nudge()

    async def _show(self, job_id: int) -> None:
        async with self._db.read() as conn:
            job = await jobs.get(conn, job_id)
            assert job is not None, job_id
            channel_id = self._servers.of(job.server_id).feed_channel
            shown = {one.channel_id for one in await jobs.copies_of(conn, job_id)}
            view = await self._views.of(conn, job)
        is_late = self._clock() - (job.finished_at or job.created_at) > SHOWN_FOR
        if channel_id is None or channel_id in shown or is_late or jobs.is_forgotten(job):
            return
        if channel_id in self._servers.of(job.server_id).spoiler_channels:
            view = replace(view, is_spoiler=True)
        allows = await self._decency.allows(server_id=job.server_id, channel_id=channel_id)
        files = await self._handing.files_of(view, SAFE_LIMIT_BYTES, allows_nsfw=allows)
        if not files:
            return
        post = FeedPost(view, files)
        place = await self._outside.post(channel_id, post, nonce=f"feed-{job_id}")
        async with self._db.write() as conn:
            await self._desk.note_copy(conn, job_id, place, is_feed=True)


def is_for_feed(job: Job, feed_channel: int | None) -> bool:
    """Whether a finished job is one that everybody may see in the feed."""
    return (
        feed_channel not in (None, job.channel_id)
        and job.status == "done"
        and not job.is_private
        and not job.is_removed
        and job.answer is None
        and job.action not in jobs.SHOWN_ONLY
    )
