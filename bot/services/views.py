"""What goes out: a job as a person sees it, with everything a card shows and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.catalog import Catalog
from bot.errors import UnknownModel
from bot.jobs import Job, Picture
from bot.providers import Progress
from bot.routing import Routing


@dataclass(frozen=True)
class Address:
    """Where a job's card is, or would be."""

    application_id: int
    interaction_id: int
    token: str
    channel_id: int
    message_id: int | None
    is_private: bool
    file_limit_bytes: int


@dataclass(frozen=True)
class JobView:
    """One job, ready to be drawn.

    Amounts are credits. `ahead` counts jobs or runs before this one, `percent` is 0-100.
    `reroll_price` and `retry_price` are None when nobody could serve that button.
    """

    id: int
    status: str
    action: str
    parent_id: int | None
    parent_picture: int | None
    server_id: int
    user_id: int
    address: Address
    prompt: str
    negative_prompt: str | None
    aspect_ratio: str
    seed: int
    count: int
    model_title: str
    label: str
    provider: str | None
    price: int
    charged: int
    delivered: int
    failure: str | None
    failure_text: str | None
    ahead: int | None
    percent: int | None
    log_line: str | None
    is_cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    pictures: tuple[Picture, ...]
    reroll_price: int | None
    retry_price: int | None

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in jobs.FINAL_STATUSES


class Views:
    """Draws views from rows, the catalog and what can be served just now."""

    def __init__(self, catalog: Catalog, routing: Routing) -> None:
        self._catalog = catalog
        self._routing = routing

    async def of(
        self, conn: AsyncConnection, job: Job, progress: Progress | None = None
    ) -> JobView:
        """Return a job as a person sees it, with the latest word of its provider, if any."""
        # A job in line has neither attempts to speak of nor pictures, and its answer is urgent.
        is_waiting = job.status == "queued"
        attempt = None if is_waiting else await jobs.last_attempt(conn, job.id)
        pictures = [] if is_waiting else await jobs.read_pictures(conn, job.id)
        progress = progress or Progress()
        ahead = progress.position
        if is_waiting:
            ahead = await jobs.ahead_of(conn, job)
        title, label, again = self._describe(job)
        return JobView(
            id=job.id,
            status=job.status,
            action=job.action,
            parent_id=job.parent_id,
            parent_picture=job.parent_picture,
            server_id=job.server_id,
            user_id=job.user_id,
            address=address_of(job),
            prompt=job.inputs["prompt"],
            negative_prompt=job.inputs.get("negative_prompt"),
            aspect_ratio=job.inputs["aspect_ratio"],
            seed=job.inputs["seed"],
            count=job.count,
            model_title=title,
            label=label,
            provider=attempt.provider if attempt else None,
            price=job.price,
            charged=job.unit_price * job.delivered,
            delivered=job.delivered,
            failure=job.failure,
            failure_text=job.failure_text,
            ahead=ahead,
            percent=progress.percent,
            log_line=progress.log_line,
            is_cancel_requested=job.is_cancel_requested,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            pictures=tuple(pictures),
            reroll_price=again,
            retry_price=again if job.failure else None,
        )

    def _describe(self, job: Job) -> tuple[str, str, int | None]:
        """Return title, label and the price of the same again; the model may be gone by now."""
        try:
            model = self._catalog.get(job.model)
        except UnknownModel:
            return job.model, "AI-generated", None
        again = model.price * job.count if self._routing.serves(model) else None
        return model.title, model.label, again


def address_of(job: Job) -> Address:
    """Return where a job's card is."""
    return Address(
        application_id=job.application_id,
        interaction_id=job.interaction_id,
        token=job.token,
        channel_id=job.channel_id,
        message_id=job.message_id,
        is_private=job.is_private,
        file_limit_bytes=job.file_limit_bytes,
    )
