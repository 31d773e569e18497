"""The whole product below Discord, over a database of a test's own."""

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bot import jobs, ledger
from bot.app import build_services
from bot.catalog import Catalog, Model
from bot.config import Settings
from bot.db import Database, utc_now
from bot.db.tables import attempts, ledger_entries, metadata
from bot.db.tables import jobs as job_rows
from bot.health import Health
from bot.jobs import Attempt, Job
from bot.media import Media
from bot.routing import Routing
from bot.services import Accepted, ImageWish, Origin, Services
from bot.services.render import Renderer
from bot.services.resources import Resources
from tests.unit.services.outsider import Outsider
from tests.unit.services.recording import Recorder
from tests.unit.services.script import DEADLINE_S
from tests.unit.services.scripted import Scripted

SERVER = 100
MIA = 11
SAM = 12
PROMPT = "a fox in the snow"
COST_USD_MICROS = 3000

SENDS = {
    name: name for name in ("prompt", "negative_prompt", "seed", "width", "height", "count")
} | {name: name for name in ("image", "mask", "strength", "scale", "creativity", "steps", "loras")}


def route(provider: str, endpoint: str = "", cost_usd_micros: int = COST_USD_MICROS) -> dict:
    return {
        "provider": provider,
        "endpoint": endpoint or f"{provider}/fox",
        "cost_usd_micros": cost_usd_micros,
        "sends": SENDS,
    }


_IMAGINE = {
    "price": 3,
    "max_count": 4,
    "max_prompt": 100,
    "quality_steps": {},
    "takes": {"seed": True, "negative_prompt": True},
    "sizes": {"1:1": [1024, 1024], "3:2": [1216, 832]},
    "routes": [route("first", "fox/v1")],
}
_FOX = {"name": "fox", "title": "Fox", "description": "Draws foxes.", "rank": 10, "rating": "safe"}

VARY = {
    "price": 4,
    "max_count": 4,
    "max_pixels": 1_000_000,
    "takes": {"seed": True, "strength": [0, 1]},
    "presets": {
        "normal": {"strength": 0.5},
        "subtle": {"strength": 0.2},
        "strong": {"strength": 0.9},
    },
    "routes": [route("first", "fox/vary")],
}
EDIT = {"price": 5, "max_count": 4, "takes": {"seed": True}, "routes": [route("first", "fox/edit")]}
FILL = {
    "price": 6,
    "unit": "megapixel",
    "max_count": 4,
    "max_pixels": 4_000_000,
    "takes": {"seed": True},
    "routes": [route("first", "fox/fill")],
}
UPSCALE = {
    "price": 7,
    "unit": "megapixel",
    "max_pixels": 1_000_000,
    "takes": {"scale": [1, 4]},
    "presets": {"subtle": {"creativity": 0.1}, "creative": {"creativity": 0.8}},
    "routes": [route("first", "fox/upscale")],
}
CUTOUT = {"price": 1, "routes": [route("first", "fox/cutout")]}
PICTURE_TASKS = {"vary": VARY, "edit": EDIT, "fill": FILL, "upscale": UPSCALE, "cutout": CUTOUT}


def model(*, tasks: Mapping[str, object] | None = None, **changes: object) -> Model:
    """Return a model that the provider `first` serves, changed as the test says.

    What describes its pictures from words goes into that task; `tasks` are more of them.
    """
    imagine = {**_IMAGINE, **{name: changes.pop(name) for name in _IMAGINE if name in changes}}
    whole = {"imagine": imagine, **(tasks or {})}
    return Model.model_validate({**_FOX, **changes, "tasks": whole})


FREE_ROUTE = route("first", "local/fox", 0)

BLEND = {
    "price": 8,
    "max_pixels": 1_000_000,
    "takes": {"seed": True},
    "sizes": {"1:1": [1024, 1024], "3:2": [1216, 832]},
    "routes": [{**route("first", "fox/blend"), "sends": {**SENDS, "images": "images"}}],
}
DESCRIBE = {"price": 2, "max_pixels": 1_000_000, "routes": [route("first", "fox/describe")]}
ENHANCE = {"price": 1, "max_prompt": 100, "routes": [route("first", "fox/enhance")]}


def only(**changes: object) -> Model:
    """Return a model that draws nothing from words; `tasks` are what it does."""
    return Model.model_validate({**_FOX, **changes})


MODELS = (
    model(),
    model(name="plain", title="Plain", takes={}, max_count=1, rank=20),
    model(name="twice", title="Twice", routes=[route("first"), route("second")], rank=30),
    model(name="free", title="Free", routes=[FREE_ROUTE], rank=40),
    model(name="orphan", title="Orphan", routes=[route("nobody")], rank=1),
    model(name="deft", title="Deft", rank=50, tasks=PICTURE_TASKS),
)
MELT = only(name="melt", title="Melt", rank=60, tasks={"blend": BLEND})
SCRIBE = only(
    name="scribe", title="Scribe", rank=61, tasks={"describe": DESCRIBE, "enhance": ENHANCE}
)


class Watch:
    """The clock, unless the test stops it at a moment or puts it ahead."""

    def __init__(self) -> None:
        self.now: datetime | None = None
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return (self.now or utc_now()) + self.ahead


class Studio:
    """One process after the other on one database; `first` and `second` are its providers."""

    def __init__(self, db: Database, folder: Path, **settings: object) -> None:
        self.db = db
        self.first, self.second = Scripted(), Scripted()
        self.delivery = Recorder()
        self.outside = Outsider()
        self.clock = Watch()
        chosen = {"allowed_servers": frozenset({SERVER}), "monthly_budget_usd": 20.0, **settings}
        self.resources = Resources(
            db=db,
            settings=Settings(data_dir=folder, **chosen),
            catalog=Catalog(MODELS),
            routing=Routing({"first": self.first, "second": self.second}, Health()),
            media=Media(folder / "media"),
            clock=self.clock,
        )
        self._interaction_ids = itertools.count(1)
        self._renders: set[asyncio.Task[None]] = set()
        self.services = build_services(self.resources, self.delivery, self.outside)

    @property
    def renderer(self) -> Renderer:
        return self.services.dispatch._renderer

    def learn(self, *models: Model) -> None:
        """Put more models into the catalog, in place of those that were put there before."""
        self.resources.catalog.__init__((*MODELS, *models))

    def restart(self) -> Services:
        """Put another process in place of this one; the old one is as good as dead."""
        self.resources.routing.health = Health()
        self.services = build_services(self.resources, self.delivery, self.outside)
        return self.services

    async def crash(self) -> None:
        """Cut off everything this process does, paid requests on their way included."""
        submits = self.renderer._buying._submits
        tasks = {*self._renders, *self.services.dispatch._direct, *submits}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._renders.clear()

    async def crash_hard(self) -> None:
        """Cut this process off and its engine with it, without a word to anybody."""
        renders = self.renderer._tasks.values()
        self._renders |= {task for task in renders if task is not None}
        await self.crash()
        self.services.dispatch._sweeper.cancel()
        await self.services.dispatch._engine.stop()

    async def crash_and_render(self, job_id: int) -> Job:
        """Let another process carry on with a job that this one was cut off from."""
        await self.crash()
        self.restart()
        return await self.render(job_id)

    def origin(self, **changes: object) -> Origin:
        """Return a new interaction of Mia's."""
        interaction_id = next(self._interaction_ids)
        origin = Origin(
            interaction_id=interaction_id,
            application_id=2,
            token=f"token-{interaction_id}",
            server_id=SERVER,
            channel_id=3,
            user_id=MIA,
            locale="en-US",
            file_limit_bytes=10_000_000,
        )
        return replace(origin, **changes)

    async def imagine(
        self, *, count: int = 4, model: str = "fox", origin: Origin | None = None, **wish: object
    ) -> Accepted:
        """Ask for pictures as `/imagine` does."""
        asked = ImageWish(**{"prompt": PROMPT, "count": count, "model": model, **wish})
        return await self.services.making.request_images(origin or self.origin(), asked)

    async def accepted(self, **wish: object) -> int:
        """Ask for pictures and return the job's id."""
        return (await self.imagine(**wish)).view.id

    async def finished(self, **wish: object) -> Job:
        """Ask for pictures and carry the job to its end."""
        return await self.render(await self.accepted(**wish))

    async def render(self, job_id: int) -> Job:
        await self.renderer.render(job_id)
        return await self.job(job_id)

    def begin(self, job_id: int) -> asyncio.Task[None]:
        """Start to render in a task of its own."""
        task = asyncio.create_task(self.renderer.render(job_id))
        self._renders.add(task)
        return task

    async def is_over(self, job_id: int) -> Job:
        """Wait until somebody else has carried a job to its end."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                job = await self.job(job_id)
                if job.is_final:
                    return job
                await asyncio.sleep(0.01)

    async def job(self, job_id: int) -> Job:
        async with self.db.read() as conn:
            job = await jobs.get(conn, job_id)
        assert job is not None
        return job

    async def attempts(self, job_id: int) -> list[Attempt]:
        async with self.db.read() as conn:
            query = sa.select(attempts).where(attempts.c.job_id == job_id).order_by(attempts.c.id)
            return [Attempt(*row) for row in await conn.execute(query)]

    async def funds(self, user_id: int = MIA) -> tuple[int, int]:
        """Return what a person can spend, and what is held."""
        async with self.db.read() as conn:
            account = await ledger.find_account(conn, server_id=SERVER, user_id=user_id)
            funds = await ledger.read_funds(conn, account)
        return funds.available, funds.held

    async def give(self, amount: int, *, user_id: int = MIA) -> None:
        """Give somebody credits that the host adds to the treasury for it."""
        key = f"gift:{next(self._interaction_ids)}"
        async with self.db.write() as conn:
            account = await ledger.open_account(conn, server_id=SERVER, user_id=user_id)
            await ledger.fund(conn, key=f"{key}:fund", server_id=SERVER, amount=amount)
            await ledger.grant(conn, key=key, account_id=account, purse="granted", amount=amount)

    async def treasury(self) -> int:
        async with self.db.read() as conn:
            return await ledger.read_treasury(conn, SERVER)

    def lose_media(self) -> None:
        """Delete every picture file."""
        for file in (self.resources.settings.data_dir / "media").glob("*/*/*"):
            file.unlink()

    async def rows(self) -> dict[str, list[tuple]]:
        """Return the whole database, to compare."""
        async with self.db.read() as conn:
            return {
                table.name: sorted(
                    (tuple(row) for row in await conn.execute(table.select())), key=str
                )
                for table in metadata.sorted_tables
            }

    async def check_books(self) -> None:
        """Every job paid exactly for what lies in front of the person, and held while it runs."""
        async with self.db.read() as conn:
            assert await ledger.verify(conn) == []
            found = await conn.scalars(sa.select(job_rows.c.id))
            for job_id in list(found):
                job = await jobs.get(conn, job_id)
                assert job is not None
                entries = await conn.execute(
                    sa.select(ledger_entries).where(ledger_entries.c.job_id == job_id)
                )
                self._check_job(job, list(entries))

    def _check_job(self, job: Job, entries: list[sa.Row]) -> None:
        moved = {
            kind: sum(entry.amount for entry in entries if entry.kind == kind)
            for kind in ("hold", "capture", "release")
        }
        outcome = self.delivery.outcome(job.id)
        has_words = outcome is not None and outcome.view.answer and not outcome.view.failure
        on_board = 1 if has_words else len(outcome.files) if outcome else 0
        taken = on_board + (job.withheld_paid or 0)
        paid = job.unit_price * taken if job.is_final else 0
        back = job.price - paid if job.is_final else 0
        assert moved == {"hold": job.price, "capture": paid, "release": back}, job
        assert job.delivered == (on_board if job.is_final else 0), job
        assert (job.status == "done") == (job.is_final and job.failure is None), job
        assert job.status != "done" or on_board, job
