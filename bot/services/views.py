"""What goes out: a job as a person sees it, with everything a card shows and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.catalog import Catalog, Task
from bot.errors import UnknownModel
from bot.jobs import Attempt, Job, Made, Picture
from bot.providers import Progress
from bot.services.followups import prices
from bot.services.lineage import label_of
from bot.services.preferences import read_preferences
from bot.services.quoting import Quoting
from bot.services.ratings import adults_among, describes_adults

_SETTINGS = ("steps", "guidance", "strength", "scale", "creativity")


@dataclass(frozen=True)
class Address:
    """Where a job's card is, or would be."""

    application_id: int
    interaction_id: int
    token: str
    channel_id: int
    message_id: int | None
    is_private: bool
    has_followup: bool
    file_limit_bytes: int


@dataclass(frozen=True)
class JobView:
    """One job, ready to be drawn.

    Amounts are credits. `ahead` counts jobs or runs before this one, `percent` is 0-100.
    `prices` holds what each button costs; one that nobody could serve is not in it. `settings`
    are the numbers it was made with: steps, guidance and the like. `rerouted_from` is the provider
    that was asked before `provider`, if any; `preview` a small picture of what is being made,
    `answer` the words that a job for words gave, `described` the hash of the picture that they are
    about unless moderators took it away, and `describes_adults` says that it is for adults.
    `is_compact` asks for few buttons, `is_spoiler` for pictures that are hidden until they are
    clicked. `withheld` pictures were kept back by a filter, `withheld_paid` of them charged all the
    same; `adults` are the numbers of the pictures that are for adults.
    """

    id: int
    status: str
    action: str
    task: Task
    parent_id: int | None
    parent_picture: int | None
    server_id: int
    user_id: int
    address: Address
    prompt: str
    negative_prompt: str | None
    aspect_ratio: str | None
    seed: int | None
    count: int
    model_title: str
    label: str
    provider: str | None
    rerouted_from: str | None
    price: int
    charged: int
    delivered: int
    failure: str | None
    failure_text: str | None
    ahead: int | None
    percent: int | None
    log_line: str | None
    preview: bytes | None
    is_cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    pictures: tuple[Picture, ...]
    answer: str | None
    prices: Mapping[str, int]
    settings: Mapping[str, object]
    is_compact: bool
    described: str | None = None
    describes_adults: bool = False
    is_spoiler: bool = False
    withheld: int = 0
    withheld_paid: int = 0
    adults: frozenset[int] = frozenset()

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in jobs.FINAL_STATUSES


class Views:
    """Draws views from rows, the catalog and what can be served just now."""

    def __init__(self, catalog: Catalog, quoting: Quoting) -> None:
        self._catalog = catalog
        self._quoting = quoting

    async def of(
        self, conn: AsyncConnection, job: Job, progress: Progress | None = None
    ) -> JobView:
        """Return a job as a person sees it, with the latest word of its provider, if any."""
        # A job in line has neither attempts to speak of nor pictures, and its answer is urgent.
        is_waiting = job.status == "queued"
        is_outcome = job.is_final or job.status == "delivering"
        is_told = not (jobs.is_forgotten(job) or job.is_removed)
        has_buttons = is_outcome and is_told
        tried = [] if is_waiting else await jobs.attempts_for(conn, job.id)
        providers = list(dict.fromkeys(attempt.provider for attempt in reversed(tried)))
        pictures = [] if is_waiting or job.is_removed else await jobs.read_pictures(conn, job.id)
        progress = progress or Progress()
        ahead = progress.position
        if is_waiting:
            ahead = await jobs.ahead_of(conn, job)
        title, label = self._title_of(job), label_of(self._catalog, job)
        about = await self._about(conn, job)
        return JobView(
            id=job.id,
            status=job.status,
            action=job.action,
            task=job.task,
            parent_id=job.parent_id,
            parent_picture=job.parent_picture,
            server_id=job.server_id,
            user_id=job.user_id,
            address=address_of(job),
            prompt=job.inputs["prompt"],
            negative_prompt=job.inputs.get("negative_prompt"),
            aspect_ratio=job.inputs.get("aspect_ratio"),
            seed=_seed_of(job, tried, pictures),
            count=job.count,
            model_title=title,
            label=label,
            provider=next(iter(providers), None),
            rerouted_from=next(iter(providers[1:]), None),
            price=job.price,
            charged=job.charged,
            delivered=job.delivered,
            failure=job.failure,
            failure_text=job.failure_text,
            ahead=ahead,
            percent=progress.percent,
            log_line=progress.log_line,
            preview=progress.preview,
            is_cancel_requested=job.is_cancel_requested,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            pictures=tuple(pictures),
            answer=None if job.is_removed else job.answer,
            prices=(
                prices(job, tuple(pictures), self._quoting.at(job.server_id), tried=providers)
                if has_buttons
                else {}
            ),
            settings=_settings(job),
            is_compact=is_outcome and (await read_preferences(conn, job.account_id)).compact,
            described=None if any(one.is_removed for one in about) else _described(job),
            describes_adults=describes_adults(self._catalog, job, about),
            is_spoiler=job.is_spoiler,
            withheld=job.withheld + job.hidden,
            withheld_paid=job.withheld_paid or 0,
            adults=adults_among(self._catalog, job.model, pictures),
        )

    async def _about(self, conn: AsyncConnection, job: Job) -> list[Made]:
        """Return what is known of the picture that a job for words is about."""
        is_about_one = job.task == "describe"
        return await jobs.made_as(conn, jobs.sources_in(job.inputs)) if is_about_one else []

    def _title_of(self, job: Job) -> str:
        """Return the title of the model, or the name of one that is gone by now."""
        try:
            return self._catalog.get(job.model).title
        except UnknownModel:
            return job.model


def _seed_of(job: Job, tried: Sequence[Attempt], pictures: Sequence[Picture]) -> int | None:
    """Return the seed of a job, unless it was made where seeds are unknown."""
    seed = job.inputs.get("seed")
    is_told = any(picture.seed is not None for picture in pictures)
    if not tried or not pictures or is_told or jobs.is_forgotten(job):
        return seed
    return seed if seed in tried[-1].inputs.values() else None


def _described(job: Job) -> str | None:
    image = job.inputs.get("image") if job.task == "describe" else None
    return None if image is None else image["sha256"]


def _settings(job: Job) -> dict[str, object]:
    settings: dict[str, object] = {
        name: job.inputs[name] for name in _SETTINGS if name in job.inputs
    }
    loras = [lora["path"] for lora in job.inputs.get("loras", ())]
    if loras:
        settings["LoRA"] = ", ".join(loras)
    return settings


def address_of(job: Job) -> Address:
    """Return where a job's card is."""
    return Address(
        application_id=job.application_id,
        interaction_id=job.interaction_id,
        token=job.token,
        channel_id=job.channel_id,
        message_id=job.message_id,
        is_private=job.is_private,
        has_followup=job.has_followup,
        file_limit_bytes=job.file_limit_bytes,
    )
