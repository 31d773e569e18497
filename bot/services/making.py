"""Accepting work: from a wish to a job with its price held, or a refusal that cost nothing."""

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs, ledger
from bot.catalog import AUTO, Model
from bot.errors import (
    BadPrompt,
    BudgetUsedUp,
    InsufficientCredits,
    JobStillRunning,
    NoRoute,
    NoSuchPicture,
    OutOfRange,
    Restarting,
    UnknownJob,
    UnsupportedInput,
)
from bot.jobs import Job, NewJob, Picture
from bot.services.accounts import Accounts, month_start, next_month
from bot.services.credits import next_daily
from bot.services.requests import ImageWish, Origin
from bot.services.resources import Resources
from bot.services.views import JobView, Views

log = structlog.get_logger()

MAX_SEED = 2**32 - 1
FAST_SLOTS = 3
"""How many jobs of one account run at once."""

PICK_STANDS_FOR = timedelta(minutes=10)
"""A second press within this means the same message; a later one wants it again."""


@dataclass(frozen=True)
class _Order:
    """What a job is made from, once everything is decided."""

    model_name: str
    inputs: dict[str, Any]
    count: int
    price: int
    cost_usd_micros: int


@dataclass(frozen=True)
class Quote:
    """What a wish comes down to and costs: `price` in credits, all pictures together."""

    model: Model
    inputs: dict[str, Any]
    count: int
    price: int
    cost_usd_micros: int

    @property
    def order(self) -> _Order:
        """What a job of this quote is made from."""
        return _Order(self.model.name, self.inputs, self.count, self.price, self.cost_usd_micros)


@dataclass(frozen=True)
class Accepted:
    """A job, and whether this very call made it."""

    view: JobView
    is_new: bool


@dataclass(frozen=True)
class _Click:
    """Which command or button a job comes from; `key` is the same for the same press."""

    action: str
    parent: Job | None = None
    picture: Picture | None = None
    key: str | None = None


class Making:
    """Turns wishes and buttons into jobs."""

    def __init__(self, resources: Resources, accounts: Accounts, views: Views) -> None:
        self._db = resources.db
        self._settings = resources.settings
        self._catalog = resources.catalog
        self._routing = resources.routing
        self._clock = resources.clock
        self._accounts = accounts
        self._views = views
        self._is_closed = False

    def close(self) -> None:
        """Take no more work; every request from now on raises `Restarting`."""
        self._is_closed = True

    def quote(self, wish: ImageWish) -> Quote:
        """Check a wish against its model and price it. Writes nothing.

        Raises:
            UserError: what is wrong with it, in a class of its own.
        """
        model = self._model(wish.model)
        prompt = wish.prompt.strip()
        if not 1 <= len(prompt) <= model.max_prompt:
            raise BadPrompt(length=len(prompt), limit=model.max_prompt)
        _check_range("count", wish.count, 1, model.max_count)
        ratio = wish.aspect_ratio or model.default_ratio
        if ratio not in model.sizes:
            raise UnsupportedInput(model_title=model.title, name=f"aspect ratio {ratio}")
        inputs: dict[str, Any] = {"prompt": prompt, "aspect_ratio": ratio}
        if wish.negative_prompt and wish.negative_prompt.strip():
            _check_takes(model, "negative_prompt", "negative prompt")
            inputs["negative_prompt"] = wish.negative_prompt.strip()[: model.max_prompt]
        if wish.seed is not None:
            _check_takes(model, "seed", "seed")
            _check_range("seed", wish.seed, 0, MAX_SEED)
        inputs["seed"] = random_seed() if wish.seed is None else wish.seed
        return self._quote(model, inputs, wish.count)

    async def request_images(self, origin: Origin, wish: ImageWish) -> Accepted:
        """Accept a wish: one transaction writes the job and holds its price.

        The same interaction again returns the job it was accepted as the first time.

        Raises:
            UserError: nothing was written.
        """
        quote = self.quote(wish)
        return await self._accept(origin, quote.order, _Click("imagine"))

    async def repeat(self, origin: Origin, job_id: int, *, action: str) -> Accepted:
        """Accept the same again: `reroll` with a new seed, `retry` as it was.

        Pressed again while its job is under way, that job is returned.

        Raises:
            UserError: nothing was written.
        """
        assert action in ("reroll", "retry"), action
        parent = await self._parent(origin, job_id)
        # Through the same checks as a new wish: the model may have changed since.
        wish = ImageWish(
            prompt=parent.inputs["prompt"],
            model=parent.model,
            aspect_ratio=parent.inputs["aspect_ratio"],
            count=parent.count,
            negative_prompt=parent.inputs.get("negative_prompt"),
            seed=parent.inputs["seed"] if action == "retry" else None,
        )
        key = f"{action}:{job_id}:{origin.user_id}"
        return await self._accept(origin, self.quote(wish).order, _Click(action, parent, key=key))

    async def pick(self, origin: Origin, job_id: int, number: int) -> Accepted:
        """Accept one picture of a job as a message of its own; free, and once per person.

        Raises:
            NoSuchPicture: the job has no picture of that number.
        """
        parent = await self._parent(origin, job_id)
        async with self._db.read() as conn:
            made = await jobs.read_pictures(conn, job_id)
        picture = next((picture for picture in made if picture.number == number), None)
        if picture is None:
            raise NoSuchPicture
        seed = parent.inputs["seed"] if picture.seed is None else picture.seed
        # By the model's name alone: a free button outlives its catalog entry.
        inputs = {**parent.inputs, "seed": seed}
        order = _Order(parent.model, inputs, count=1, price=0, cost_usd_micros=0)
        key = f"pick:{job_id}:{number}:{origin.user_id}"
        return await self._accept(origin, order, _Click("pick", parent, picture, key))

    def models(self, typed: str, *, limit: int) -> list[Model]:
        """Return the models that can be served now and match what was typed so far."""
        found = self._catalog.search(typed)
        return [model for model in found if self._routing.serves(model)][:limit]

    async def note_answer(self, job_id: int, message_id: int) -> None:
        """Remember which message answered the interaction: it is the job's card.

        Not knowing it costs nothing while the interaction's token lives.
        """
        try:
            async with self._db.write() as conn:
                await jobs.set_message(conn, job_id, message_id)
        except SQLAlchemyError as error:
            log.warning("card not noted", job_id=job_id, reason=type(error).__name__)

    def _model(self, name: str) -> Model:
        if name != AUTO:
            return self._catalog.get(name)
        for model in self._catalog.all():
            if self._routing.serves(model):
                return model
        raise NoRoute(model_title=AUTO)

    def _quote(self, model: Model, inputs: dict[str, Any], count: int) -> Quote:
        choice = self._routing.best(model)
        return Quote(
            model=model,
            inputs=inputs,
            count=count,
            price=model.price * count,
            cost_usd_micros=choice.route.cost_usd_micros * count,
        )

    async def _parent(self, origin: Origin, job_id: int) -> Job:
        async with self._db.read() as conn:
            parent = await jobs.get(conn, job_id)
        # A forged id of another server looks the same as one that never was.
        if parent is None or parent.server_id != origin.server_id:
            raise UnknownJob(job_id=str(job_id))
        if parent.is_private and parent.user_id != origin.user_id:
            raise UnknownJob(job_id=str(job_id))
        if not parent.is_final:
            raise JobStillRunning
        return parent

    async def _accept(self, origin: Origin, order: _Order, click: _Click) -> Accepted:
        if self._is_closed:
            raise Restarting
        try:
            async with self._db.write() as conn:
                known = await _find_known(conn, origin, click, self._clock())
                job = known or await self._write_job(conn, origin, order, click)
                return Accepted(view=await self._views.of(conn, job), is_new=known is None)
        except IntegrityError:
            # Another process accepted the same interaction or click between our look and our
            # write; it is there now.
            async with self._db.read() as conn:
                known = await _find_known(conn, origin, click, self._clock())
                if known is None:
                    raise
                return Accepted(view=await self._views.of(conn, known), is_new=False)

    async def _write_job(
        self, conn: AsyncConnection, origin: Origin, order: _Order, click: _Click
    ) -> Job:
        account_id = await self._accounts.admit(
            conn, server_id=origin.server_id, user_id=origin.user_id
        )
        await self._check_budget(conn, order)
        slot = await _freest_slot(conn, account_id)
        job = await jobs.accept(
            conn,
            NewJob(
                interaction_id=origin.interaction_id,
                application_id=origin.application_id,
                token=origin.token,
                server_id=origin.server_id,
                channel_id=origin.channel_id,
                user_id=origin.user_id,
                account_id=account_id,
                is_private=origin.is_private,
                locale=origin.locale,
                file_limit_bytes=origin.file_limit_bytes,
                action=click.action,
                parent_id=click.parent.id if click.parent else None,
                parent_picture=click.picture.number if click.picture else None,
                click_key=click.key,
                model=order.model_name,
                inputs=order.inputs,
                count=order.count,
                price=order.price,
                cost_usd_micros=order.cost_usd_micros,
                lane="fast",
                slot=slot,
                # A pick is there already: all that is left is to show it.
                status="delivering" if click.picture else "queued",
            ),
        )
        if click.picture:
            await jobs.add_pictures(conn, job.id, [replace(click.picture, number=1)])
        if job.price:
            await self._hold(conn, job)
        return job

    async def _check_budget(self, conn: AsyncConnection, order: _Order) -> None:
        """Refuse what the host's month cannot pay; what costs the host nothing always passes."""
        if order.cost_usd_micros == 0:
            return
        now = self._clock()
        committed = await jobs.committed_usd_micros(conn, since=month_start(now))
        left = self._settings.monthly_budget_usd_micros - committed
        if order.cost_usd_micros > left:
            raise BudgetUsedUp(resets_at=next_month(now))

    async def _hold(self, conn: AsyncConnection, job: Job) -> None:
        try:
            await ledger.hold(
                conn,
                key=job.hold_key,
                account_id=job.account_id,
                job_id=job.id,
                amount=job.price,
            )
        except InsufficientCredits as error:
            error.daily_at = await next_daily(conn, job.account_id, self._clock())
            raise


async def _find_known(
    conn: AsyncConnection, origin: Origin, click: _Click, now: datetime
) -> Job | None:
    """Return the job that this interaction, or this very press, was accepted as before."""
    known = await jobs.find_by_interaction(conn, origin.interaction_id)
    if known is not None or click.key is None:
        return known
    known = await jobs.find_by_click(conn, click.key)
    if known is None:
        return None
    if not known.is_final:
        return known
    # A paid click may be repeated once its job is over; a pick a while later, for its message
    # may be gone by then.
    is_fresh = now - known.created_at < PICK_STANDS_FOR
    return known if click.action == "pick" and known.status == "done" and is_fresh else None


async def _freest_slot(conn: AsyncConnection, account_id: int) -> int:
    busy = Counter(job.slot for job in await jobs.active_of(conn, account_id))
    return min(range(FAST_SLOTS), key=lambda slot: busy[slot])


def random_seed() -> int:
    """Return a seed that any provider takes."""
    return random.randint(0, MAX_SEED)  # noqa: S311 - a seed is no secret


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise OutOfRange(name=name, value=value, low=low, high=high)


def _check_takes(model: Model, name: str, words: str) -> None:
    if name not in model.takes:
        raise UnsupportedInput(model_title=model.title, name=words)
