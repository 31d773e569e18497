"""Presets: the settings of a job that came out well, kept under a name."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.catalog import AUTO, Catalog
from bot.db.tables import presets
from bot.errors import (
    BadName,
    JobStillRunning,
    NoPreset,
    NotYourJob,
    TooManyPresets,
    UnknownJob,
    UnknownModel,
    UnknownPreset,
)
from bot.jobs import Job
from bot.services.accounts import Accounts
from bot.services.owners import admit_owner, find_owner
from bot.services.requests import ImageWish, Origin
from bot.services.resources import Resources
from bot.services.screening import Screening

MOST_PRESETS = 25
LONGEST_NAME = 40

_FLAG = re.compile(r"(?<!\S)(?:--|[\u2013\u2014])[^\W\d_]")


@dataclass(frozen=True)
class SavedPreset:
    """Settings for pictures from words; None leaves it to the model.

    `prefix` and `suffix` are put around the words of whoever uses it.
    """

    name: str
    model: str = AUTO
    aspect_ratio: str | None = None
    negative_prompt: str | None = None
    steps: int | None = None
    guidance: float | None = None
    lora: str | None = None
    seed: int | None = None
    prefix: str = ""
    suffix: str = ""

    def wish(self, prompt: str, *, count: int = 1) -> ImageWish:
        """Return the wish for pictures of these words, made as the preset says."""
        return ImageWish(
            prompt=self._around(prompt),
            model=self.model,
            aspect_ratio=self.aspect_ratio,
            count=count,
            negative_prompt=self.negative_prompt,
            seed=self.seed,
            steps=self.steps,
            guidance=self.guidance,
            lora=self.lora,
        )

    def _around(self, prompt: str) -> str:
        """Put the preset's words around somebody's; what follows a flag would be its value."""
        flag = _FLAG.search(prompt)
        end = flag.start() if flag else len(prompt)
        words = _joined(_joined(self.prefix, prompt[:end].strip()), self.suffix)
        return f"{words} {prompt[end:]}" if flag else words

    @classmethod
    def of(cls, name: str, chosen: Mapping[str, Any]) -> Self:
        """Read what was stored; what another version stored and we do not know is left."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in chosen.items() if key in known}, name=name)

    @property
    def chosen(self) -> dict[str, Any]:
        """Everything but the name, to be stored."""
        kept = {**asdict(self), "name": None}
        return {key: value for key, value in kept.items() if value not in (None, "")}


@dataclass(frozen=True)
class PresetDraft:
    """What somebody wants to keep of a job, and the words to put around those of later ones."""

    name: str
    job_id: int
    keeps_seed: bool = False
    prefix: str = ""
    suffix: str = ""


class Presets:
    """Keeps up to 25 presets for each person in each server."""

    def __init__(self, resources: Resources, *, accounts: Accounts, screening: Screening) -> None:
        self._db = resources.db
        self._catalog = resources.catalog
        self._clock = resources.clock
        self._accounts = accounts
        self._screening = screening

    async def save(self, origin: Origin, draft: PresetDraft) -> SavedPreset:
        """Keep the settings of one's finished job, in place of a preset of the same name.

        Raises:
            BadName, UnknownJob, NotYourJob, JobStillRunning, JobForgotten, NoPreset,
            TooManyPresets, ServerNotAllowed, PromptBlocked, PromptWarned: nothing was written.
        """
        name = _checked_name(draft.name)
        await self._screening.check(origin, "\n".join((name, draft.prefix, draft.suffix)))
        async with self._db.write() as conn:
            job = await jobs.get(conn, draft.job_id)
            preset = _preset_of(_checked_job(job, origin, draft), draft, name, self._catalog)
            account_id = await admit_owner(conn, self._accounts, origin)
            await self._write(conn, account_id, preset)
        return preset

    async def list(self, origin: Origin) -> list[SavedPreset]:
        """Return a person's presets by name."""
        async with self._db.read() as conn:
            account_id = await find_owner(conn, origin)
            return await read_presets(conn, account_id)

    async def get(self, origin: Origin, name: str) -> SavedPreset:
        """Return a preset by its name, in whichever case.

        Raises:
            UnknownPreset: there is none.
        """
        sought = key_of(name)
        found = (one for one in await self.list(origin) if key_of(one.name) == sought)
        preset = next(found, None)
        if preset is None:
            raise UnknownPreset(name=name)
        return preset

    async def delete(self, origin: Origin, name: str) -> None:
        """Remove a preset.

        Raises:
            UnknownPreset: there is none.
        """
        async with self._db.write() as conn:
            account_id = await find_owner(conn, origin)
            deleted = await conn.execute(
                presets.delete().where(
                    presets.c.account_id == account_id, presets.c.key == key_of(name)
                )
            )
        if deleted.rowcount == 0:
            raise UnknownPreset(name=name)

    async def _write(self, conn: AsyncConnection, account_id: int, preset: SavedPreset) -> None:
        key = key_of(preset.name)
        await conn.execute(
            presets.delete().where(presets.c.account_id == account_id, presets.c.key == key)
        )
        count = sa.select(sa.func.count()).where(presets.c.account_id == account_id)
        if (await conn.execute(count)).scalar_one() >= MOST_PRESETS:
            raise TooManyPresets(limit=MOST_PRESETS)
        await conn.execute(
            presets.insert().values(
                account_id=account_id,
                key=key,
                name=preset.name,
                chosen=preset.chosen,
                created_at=self._clock(),
            )
        )


async def read_presets(conn: AsyncConnection, account_id: int | None) -> list[SavedPreset]:
    """Return the presets of an account by name."""
    rows = await conn.execute(
        sa.select(presets.c.name, presets.c.chosen)
        .where(presets.c.account_id == account_id)
        .order_by(presets.c.key)
    )
    return [SavedPreset.of(name, chosen) for name, chosen in rows]


def key_of(name: str) -> str:
    """Return a name as names are compared: neither case nor white space tells two apart."""
    return unicodedata.normalize("NFC", " ".join(name.split()).casefold())


def _checked_name(name: str) -> str:
    line = " ".join(name.split())
    if not 1 <= len(line) <= LONGEST_NAME:
        raise BadName(limit=LONGEST_NAME)
    return line


def _checked_job(job: Job | None, origin: Origin, draft: PresetDraft) -> Job:
    if job is None or job.server_id != origin.server_id:
        raise UnknownJob(job_id=str(draft.job_id))
    if job.user_id != origin.user_id:
        raise NotYourJob
    if not job.is_final:
        raise JobStillRunning
    jobs.check_shown(job)
    return job


def _preset_of(job: Job, draft: PresetDraft, name: str, catalog: Catalog) -> SavedPreset:
    if not _draws_from_words(job.model, catalog):
        raise NoPreset
    # What a picture was changed with means nothing to one that is made from words.
    inputs = job.inputs if job.task == "imagine" else {"seed": job.inputs.get("seed")}
    loras: list[dict[str, Any]] = inputs.get("loras") or [{}]
    return SavedPreset(
        name=name,
        model=job.model,
        aspect_ratio=inputs.get("aspect_ratio"),
        negative_prompt=inputs.get("negative_prompt"),
        steps=inputs.get("steps"),
        guidance=inputs.get("guidance"),
        lora=loras[0].get("path"),
        seed=inputs.get("seed") if draft.keeps_seed else None,
        prefix=" ".join(draft.prefix.split()),
        suffix=" ".join(draft.suffix.split()),
    )


def _draws_from_words(name: str, catalog: Catalog) -> bool:
    try:
        return "imagine" in catalog.get(name).tasks
    except UnknownModel:
        return False


def _joined(first: str, second: str) -> str:
    """Put two texts side by side; punctuation follows without a space."""
    if not (first and second) or second.startswith((",", ".", ";", ":")):
        return first + second
    return f"{first} {second}"
