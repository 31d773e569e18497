"""Accepting work: from a wish to a job with its price held, or a refusal that cost nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs, ledger
from bot.catalog import Model, Task
from bot.db import take_turn
from bot.errors import (
    InsufficientCredits,
    JobStillRunning,
    NoRoute,
    NoSuchPicture,
    Restarting,
    UnknownJob,
)
from bot.jobs import Job, NewJob, Picture
from bot.policy import Verdict
from bot.services.accounts import SPENDING, Accounts
from bot.services.credits import next_daily
from bot.services.followups import (
    FOLLOWUPS,
    SAME_AGAIN,
    again,
    elsewhere,
    final_of,
    from_picture,
    is_shown_anew,
)
from bot.services.gates import Asked, Gate, asked_by
from bot.services.lineage import with_lineage
from bot.services.orders import Click, Order, find_known, find_settled, freest_slot, order_for
from bot.services.quoting import Quote, Quoting
from bot.services.requests import ImageWish, Origin, Source
from bot.services.resources import Resources
from bot.services.screening import Screening
from bot.services.views import JobView, Views

log = structlog.get_logger()


@dataclass(frozen=True)
class Accepted:
    """A job, and whether this very call made it."""

    view: JobView
    is_new: bool


class Making:
    """Turns wishes and buttons into jobs."""

    def __init__(
        self,
        resources: Resources,
        *,
        accounts: Accounts,
        gates: Sequence[Gate],
        quoting: Quoting,
        screening: Screening,
        views: Views,
    ) -> None:
        self._db = resources.db
        self._catalog = resources.catalog
        self._media = resources.media
        self._clock = resources.clock
        self._accounts = accounts
        self._budget = accounts.budget
        self._gates = gates
        self._quoting = quoting
        self._screening = screening
        self._servers = screening.servers
        self._views = views
        self._is_closed = False

    def close(self) -> None:
        """Take no more work; every request from now on raises `Restarting`."""
        self._is_closed = True

    def quote(self, wish: ImageWish, *, server_id: int | None) -> Quote:
        """Check a wish against its model and price it for a server. Writes nothing.

        Raises:
            UserError: what is wrong with it, in a class of its own.
        """
        return self._quoting.at(server_id).quote(wish)

    async def take_picture(self, data: bytes) -> Source:
        """Keep a picture that somebody gave us, upright, bounded and without its metadata.

        Raises:
            BadPicture: it is none, or none that is safe to decode. Nothing was written.
        """
        kept = await self._media.take_in(data)
        # A copy of what we made is still for adults, and still an AI's work.
        given = await self._media.hash_of(data)
        async with self._db.read() as conn:
            is_known = bool(await jobs.made_as(conn, {given}))
        known_as = given if is_known else None
        return Source(kept.sha256, kept.width, kept.height, known_as=known_as)

    async def take_mask(self, data: bytes, image: Source) -> Source:
        """Keep a mask for a picture: what is white in it is painted anew.

        Raises:
            BadPicture: it is no picture, or has another shape. Nothing was written.
        """
        kept = await self._media.take_mask(data, width=image.width, height=image.height)
        return Source(kept.sha256, kept.width, kept.height)

    async def rehearse(self, origin: Origin, wish: ImageWish) -> None:
        """Refuse a wish, for somebody who has an account, before its pictures are looked at.

        Raises:
            UserError: what a gate says. Nothing is written.
        """
        order = order_for(self._quoting, self._servers.of(origin.server_id), origin, wish)
        async with self._db.read() as conn:
            account_id = await ledger.find_account(
                conn, server_id=origin.server_id, user_id=origin.user_id
            )
            assert account_id is not None, origin.user_id
            await self._checked(conn, account_id, origin, order, Click(wish.task))

    async def request_images(
        self, origin: Origin, wish: ImageWish, *, action: str = "imagine"
    ) -> Accepted:
        """Accept a wish: one transaction writes the job and holds its price.

        The same interaction again returns the job it was accepted as the first time. What was made
        before with the same seed is shown again for nothing.

        Raises:
            UserError: nothing was written.
        """
        order = order_for(self._quoting, self._servers.of(origin.server_id), origin, wish)
        before = await self._made_before(origin, order.likeness)
        if before is not None:
            free = replace(order, price=0, cost_usd_micros=0)
            return await self._accept(origin, free, before)
        return await self._accept(origin, order, Click(action))

    async def has_made(self, origin: Origin, quote: Quote) -> bool:
        """Whether the very same pictures are there, for this person to be shown for nothing."""
        return await self._made_before(origin, quote.likeness) is not None

    async def follow_up(
        self, origin: Origin, job_id: int, number: int, *, action: str, prompt: str | None = None
    ) -> Accepted:
        """Accept what a button asks for: the job again, or something from one of its pictures.

        `reroll` and `remix` take a new seed, `retry` and `elsewhere` the old one, `remix` other
        words; `elsewhere` asks none of the providers that had a go, `final` makes a draft's
        picture as well as can be, `draw` a picture of the words that it gave. Pressed again while
        its job is under way, that job is returned.

        Raises:
            UserError: nothing was written.
        """
        parent = await self._parent(origin, job_id)
        is_hidden = parent.is_private and not is_shown_anew(parent, action)
        origin = replace(origin, is_private=origin.is_private or is_hidden)
        wish = await self._wish(parent, number, action, prompt)
        # Other words are another wish, however soon they follow.
        key = f"{action}:{job_id}:{number}:{origin.user_id}" if prompt is None else None
        # Through the same checks as a new wish: the model may have changed since.
        order = order_for(self._quoting, self._servers.of(origin.server_id), origin, wish)
        return await self._accept(origin, order, Click(action, parent, number=number, key=key))

    async def quote_of(
        self, origin: Origin, job_id: int, number: int, *, action: str, prompt: str | None = None
    ) -> Quote:
        """Return what `follow_up` would be, with its price; raises as it does."""
        parent = await self._parent(origin, job_id)
        wish = await self._wish(parent, number, action, prompt)
        return self.quote(wish, server_id=origin.server_id)

    async def pick(self, origin: Origin, job_id: int, number: int) -> Accepted:
        """Accept one picture of a job as a message of its own; free, and once per person.

        Raises:
            NoSuchPicture: the job has no picture of that number.
        """
        parent = await self._parent(origin, job_id)
        origin = replace(origin, is_private=origin.is_private or parent.is_private)
        picture = await self._picture(parent, number)
        inputs = {**parent.inputs, "count": parent.inputs.get("count", parent.count)}
        if picture.seed is not None:
            inputs["seed"] = picture.seed
        # By the model's name alone: a free button outlives its catalog entry.
        order = Order(
            parent.model,
            parent.model,
            parent.task,
            inputs,
            count=1,
            price=0,
            cost_usd_micros=0,
            lane=parent.lane,
        )
        key = f"pick:{job_id}:{number}:{origin.user_id}"
        click = Click("pick", parent, number=number, key=key, pictures=(picture,))
        return await self._accept(origin, order, click)

    async def words_of(self, origin: Origin, job_id: int) -> str:
        """Return the words of a job, or those that it gave, for somebody who wants to change them.

        Raises:
            UserError: there is no such job for them.
        """
        parent = await self._parent(origin, job_id)
        return parent.answer or parent.inputs["prompt"]

    def models(
        self, typed: str, *, server_id: int | None, task: Task = "imagine", limit: int = 25
    ) -> list[Model]:
        """Return the models that can be had now and match what was typed so far."""
        return self._quoting.at(server_id).models(typed, task, limit=limit)

    def presets(self, typed: str = "", *, server_id: int | None) -> list[Model]:
        """Return the fixed changes that can be had now and match what was typed so far."""
        return self._quoting.at(server_id).presets(typed)

    async def note_answer(self, job_id: int, message_id: int) -> None:
        """Remember which message answered the interaction: it is the job's card.

        Not knowing it costs nothing while the interaction's token lives.
        """
        try:
            async with self._db.write() as conn:
                await jobs.set_message(conn, job_id, message_id)
        except SQLAlchemyError as error:
            log.warning("card not noted", job_id=job_id, reason=type(error).__name__)

    async def _wish(self, parent: Job, number: int, action: str, prompt: str | None) -> ImageWish:
        if action in FOLLOWUPS:
            picture = await self._picture(parent, number)
            return from_picture(parent, picture, action, self._quoting)
        assert action in SAME_AGAIN, action
        if action == "final":
            return final_of(parent, await self._picture(parent, number or 1))
        if action == "elsewhere":
            async with self._db.read() as conn:
                tried = await jobs.attempts_for(conn, parent.id)
            return elsewhere(parent, {attempt.provider for attempt in tried})
        return again(parent, action, prompt)

    async def _picture(self, parent: Job, number: int) -> Picture:
        async with self._db.read() as conn:
            made = await jobs.read_pictures(conn, parent.id)
        picture = next((picture for picture in made if picture.number == number), None)
        if picture is None:
            raise NoSuchPicture
        return picture

    async def _parent(self, origin: Origin, job_id: int) -> Job:
        parent = await find_settled(self._db, job_id)
        # A forged id of another server looks the same as one that never was.
        if parent is None or parent.server_id != origin.server_id:
            raise UnknownJob(job_id=str(job_id))
        if parent.is_private and parent.user_id != origin.user_id:
            raise UnknownJob(job_id=str(job_id))
        if not parent.is_final:
            raise JobStillRunning
        jobs.check_shown(parent)
        return parent

    async def _accept(self, origin: Origin, order: Order, click: Click) -> Accepted:
        if self._is_closed:
            raise Restarting
        verdict = await self._screening.check_order(origin, order, click)
        try:
            try:
                return await self._find_or_write(origin, order, click, verdict)
            except IntegrityError:
                # Another process accepted the same interaction or click, or took the number of
                # the job, between our look and our write; it is there now.
                return await self._find_or_write(origin, order, click, verdict)
        finally:
            self._budget.nudge()
            self._screening.nudge()

    async def _find_or_write(
        self, origin: Origin, order: Order, click: Click, verdict: Verdict
    ) -> Accepted:
        async with self._db.write() as conn:
            known = await find_known(conn, origin, click, self._clock())
            marked = replace(order, inputs=jobs.with_held(order.inputs, verdict.held))
            job = known or await self._write_job(conn, origin, marked, click)
            if known is None:
                await self._screening.note(conn, origin, verdict, job)
            return Accepted(view=await self._views.of(conn, job), is_new=known is None)

    async def _made_before(self, origin: Origin, likeness: str | None) -> Click | None:
        """Return the click that shows the very same pictures again, if they are all still kept."""
        if likeness is None:
            return None
        async with self._db.read() as conn:
            account_id = await ledger.find_account(
                conn, server_id=origin.server_id, user_id=origin.user_id
            )
            alike = await jobs.find_alike(
                conn, likeness, account_id=account_id, server_id=origin.server_id
            )
            made = () if alike is None else tuple(await jobs.read_pictures(conn, alike.id))
        for picture in made:
            if not await self._media.has(picture.sha256):
                return None
        return Click("reuse", alike, pictures=made) if made else None

    async def _write_job(
        self, conn: AsyncConnection, origin: Origin, order: Order, click: Click
    ) -> Job:
        if not order.is_served and not click.pictures:
            # Every provider of it is failing just now.
            raise NoRoute(model_title=order.model_title)
        if order.cost_usd_micros:
            # Two who see the same budget left would both spend it: on PostgreSQL their looks and
            # writes overlap. Before any purse is locked, so that nobody waits in a circle.
            await take_turn(conn, SPENDING)
        # Two requests of one person at the same moment would both find room for one more.
        await take_turn(conn, f"requests:{origin.server_id}:{origin.user_id}")
        account_id = await self._accounts.admit(
            conn, server_id=origin.server_id, user_id=origin.user_id
        )
        asked = await self._checked(conn, account_id, origin, order, click)
        order = asked.order
        if order.cost_usd_micros:
            await self._budget.check(conn, order.cost_usd_micros)
        slot = await freest_slot(conn, account_id, order.lane, slots=asked.tier.slots)
        job = await jobs.accept(
            conn,
            NewJob(
                interaction_id=await jobs.number_for(
                    conn, origin.interaction_id, user_id=origin.user_id
                ),
                application_id=origin.application_id,
                token=origin.token,
                server_id=origin.server_id,
                channel_id=origin.channel_id,
                user_id=origin.user_id,
                account_id=account_id,
                is_private=origin.is_private,
                has_followup=origin.has_followup,
                locale=origin.locale,
                file_limit_bytes=origin.file_limit_bytes,
                action=click.action,
                parent_id=click.parent.id if click.parent else None,
                parent_picture=click.number or None,
                click_key=click.key,
                model=order.model_name,
                task=order.task,
                inputs=await with_lineage(conn, self._catalog, order.inputs),
                count=order.count,
                price=order.price,
                cost_usd_micros=order.cost_usd_micros,
                lane=order.lane,
                slot=slot,
                likeness=order.likeness,
                is_spoiler=order.is_spoiler,
                # What is there already has only to be shown.
                status="delivering" if click.pictures else "queued",
            ),
        )
        if click.pictures:
            numbered = enumerate(click.pictures, start=1)
            made = [replace(picture, number=number) for number, picture in numbered]
            await jobs.add_pictures(conn, job.id, made)
        if job.price:
            await self._hold(conn, job)
        return job

    async def _checked(
        self, conn: AsyncConnection, account_id: int, origin: Origin, order: Order, click: Click
    ) -> Asked:
        """Ask every gate; return what was asked for, as the server's staff let it be made."""
        servers, now = self._servers, self._clock()
        asked = asked_by(origin, order, click, account_id=account_id, servers=servers, now=now)
        for gate in self._gates:
            await gate.check(conn, asked)
        return asked

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
            if self._servers.of(job.server_id).daily_credits:
                error.daily_at = await next_daily(conn, job.account_id, self._clock())
            raise
