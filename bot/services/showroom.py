"""The showroom: the models that can be had, with what they take, cost and last made."""

import math
import statistics
from dataclasses import dataclass

import structlog

from bot import jobs
from bot.catalog import Model, Offer, Task
from bot.errors import BadPicture, NoRoute, PictureTooLarge
from bot.services.delivery import PictureFile
from bot.services.parcels import REQUEST_LIMIT_BYTES
from bot.services.quoting import Quoting
from bot.services.requests import Origin
from bot.services.resources import Resources

log = structlog.get_logger()

RUNS_COUNTED = 50
MOST_MODELS = 25
"""What one of Discord's lists holds."""


@dataclass(frozen=True)
class Sample:
    """The latest public work of a model in a server, ready to be shown again."""

    file: PictureFile
    job_id: int
    user_id: int
    prompt: str


@dataclass(frozen=True)
class ModelSheet:
    """All about a model at one task; `usual_s` is None as long as it made nothing."""

    model: Model
    task: Task
    providers: tuple[str, ...]
    usual_s: float | None
    sample: Sample | None

    @property
    def offer(self) -> Offer:
        """How the model does the task."""
        return self.model.tasks[self.task]


@dataclass(frozen=True)
class ModelPage:
    """As many models as one list holds; `number` counts the pages from 0, `count` is of all."""

    task: Task
    query: str
    models: tuple[Model, ...]
    number: int
    count: int


class Showroom:
    """Knows what there is to choose from."""

    def __init__(self, resources: Resources, quoting: Quoting) -> None:
        self._db = resources.db
        self._media = resources.media
        self._routing = resources.routing
        self._quoting = quoting

    def models(self, task: Task, *, server_id: int | None) -> list[Model]:
        """Return the models that do a task just now, the preferred ones first."""
        return self._quoting.at(server_id).models("", task, limit=MOST_MODELS)

    def page(
        self, task: Task, query: str = "", number: int = 0, *, server_id: int | None
    ) -> ModelPage:
        """Return a page of the models whose name or title holds these words.

        Beyond the last page is the last one: models may have gone since somebody looked.
        """
        found = self._quoting.at(server_id).models(query, task)
        count = max(1, math.ceil(len(found) / MOST_MODELS))
        number = min(number, count - 1)
        first = number * MOST_MODELS
        models = tuple(found[first : first + MOST_MODELS])
        return ModelPage(task=task, query=query, models=models, number=number, count=count)

    async def sheet(self, origin: Origin, task: Task, name: str | None = None) -> ModelSheet:
        """Return all about a model, the preferred one when none is named.

        Raises:
            NoRoute: it cannot be had just now.
        """
        found = self._quoting.at(origin.server_id).models("", task)
        model = next((one for one in found if name in (None, one.name)), None)
        if model is None:
            raise NoRoute(model_title=name or "a model for that")
        async with self._db.read() as conn:
            taken = await jobs.recent_seconds(conn, model=model.name, task=task, limit=RUNS_COUNTED)
            example = await jobs.latest_public(
                conn, channel_id=origin.channel_id, model=model.name, task=task
            )
        offer = model.tasks[task]
        providers = [choice.route.provider for choice in self._routing.choices(offer)]
        return ModelSheet(
            model=model,
            task=task,
            providers=tuple(dict.fromkeys(providers)),
            usual_s=statistics.median(taken) if taken else None,
            sample=await self._sample(example, origin) if example else None,
        )

    async def _sample(self, example: jobs.Example, origin: Origin) -> Sample | None:
        picture, job = example.picture, example.job
        limit_bytes = min(origin.file_limit_bytes, REQUEST_LIMIT_BYTES)
        try:
            data = await self._media.fit(await self._media.read(picture.sha256), limit_bytes)
        except (FileNotFoundError, BadPicture, PictureTooLarge) as error:
            log.info("example cannot be shown", job_id=job.id, reason=str(error))
            return None
        extension = self._media.mime_of(data).removeprefix("image/")
        file = PictureFile(number=1, name=f"example-{job.id}.{extension}", data=data)
        return Sample(file, job_id=job.id, user_id=job.user_id, prompt=job.inputs["prompt"])
