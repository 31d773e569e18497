"""Following: a run that a provider took, watched to its end; what it gave is fetched and stored."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import structlog

from bot import jobs
from bot.catalog import WORD_TASKS
from bot.errors import ProviderError, ProviderFailed, ProviderLost, ProviderRejected
from bot.jobs import Attempt, Job, Picture
from bot.providers import Handle, Output, Progress, Provider
from bot.services.attempts import Attempts, failure_of
from bot.services.decency import Decency
from bot.services.delivery import Delivery, NotNow
from bot.services.progress import Relay, end
from bot.services.resources import Resources
from bot.services.screening import Screening
from bot.services.storing import Ways, keep, real_cost
from bot.services.views import Views

log = structlog.get_logger()

LONGEST_ANSWER = 1500
"""Characters of a description or of better words; more than that no model reads."""

RUN_TIMEOUT = timedelta(minutes=30)
MAX_PAUSE_S = 30.0
CANCEL_EVERY_S = 5.0
CANCEL_POLL_S = 10.0


class Following:
    """The step from a run to its pictures, or words, in our keeping."""

    def __init__(
        self,
        resources: Resources,
        *,
        decency: Decency,
        delivery: Delivery,
        screening: Screening,
        views: Views,
    ) -> None:
        self._db = resources.db
        self._catalog = resources.catalog
        self._routing = resources.routing
        self._health = resources.routing.health
        self._media = resources.media
        self._clock = resources.clock
        self._decency = decency
        self._screening = screening
        self._views = views
        self._delivery = delivery
        self._attempts = Attempts(resources.db)
        self._cancels: dict[int, asyncio.Event] = {}

    async def follow(self, job: Job) -> Job:
        """Step `running`: watch the run, relay its progress, fetch and store its pictures."""
        attempt = await self._attempts.last(job)
        provider = self._routing.provider(attempt.provider)
        if provider is None or attempt.handle is None:
            return await self._attempts.fail(job, attempt, "unavailable")
        try:
            async with asyncio.timeout(RUN_TIMEOUT.total_seconds()):
                outputs = await self._watch(job, provider, attempt.handle)
        except ProviderRejected as error:
            if await self._attempts.is_cancelled(job):
                return await self._attempts.fail(job, attempt, "cancelled", error)
            if isinstance(error, ProviderFailed):
                self._health.broke(attempt.provider)
                return await self._turn_elsewhere(job, attempt, error)
            self._health.worked(attempt.provider)
            return await self._attempts.fail(job, attempt, failure_of(error), error)
        except TimeoutError:
            with suppress(ProviderError):
                await provider.cancel(attempt.handle)
            return await self._attempts.fail(job, attempt, "timeout")
        return await self._store(job, attempt, outputs)

    def notice_cancel(self, job_id: int) -> None:
        """Look at a job's cancel flag now rather than at the next poll."""
        if job_id in self._cancels:
            self._cancels[job_id].set()

    async def _turn_elsewhere(self, job: Job, attempt: Attempt, error: ProviderFailed) -> Job:
        """Let another provider do what broke at this one, if there is another."""
        offer = self._catalog.get(job.model).tasks[job.task]
        avoid = {*job.inputs.get("avoid", ()), *await self._attempts.broke_at(job)}
        avoid.add(attempt.provider)
        if not self._routing.choices(offer, job.inputs, avoid=avoid):
            return await self._attempts.fail(job, attempt, failure_of(error), error)
        log.info("run broke, tried elsewhere", job_id=job.id, provider=attempt.provider)
        return await self._attempts.take_back(job, attempt, error)

    async def _watch(self, job: Job, provider: Provider, handle: Handle) -> list[Output]:
        async def show(progress: Progress) -> None:
            if progress.preview is not None and not await self._may_preview(job):
                progress = replace(progress, preview=None)
            async with self._db.read() as conn:
                view = await self._views.of(conn, await jobs.get(conn, job.id) or job, progress)
            await self._delivery.show(view)

        pause_s = 1.0
        async with Relay(show) as relay, self._cancelling(job, provider, handle, relay):
            while True:
                try:
                    async for progress in provider.follow(handle):
                        relay.tell(progress)
                    return await provider.fetch(handle)
                except ProviderLost as lost:
                    log.info("run out of reach", job_id=job.id, reason=str(lost))
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 2, MAX_PAUSE_S)

    async def _may_preview(self, job: Job) -> bool:
        try:
            return await self._decency.may_preview(job)
        except NotNow:
            return False

    @asynccontextmanager
    async def _cancelling(
        self, job: Job, provider: Provider, handle: Handle, relay: Relay
    ) -> AsyncGenerator[None]:
        """Pass a cancel request on to the provider; whether it stops is the provider's word."""
        told = self._cancels[job.id] = asyncio.Event()

        async def watch() -> None:
            while not await self._attempts.is_cancelled(job):
                # The event is this process's short cut; the flag alone crosses processes.
                with suppress(TimeoutError):
                    await asyncio.wait_for(told.wait(), CANCEL_POLL_S)
            relay.refresh()
            await _pass_on_cancel(provider, handle)

        task = asyncio.create_task(watch())
        try:
            yield
        finally:
            del self._cancels[job.id]
            await end(task)

    async def _store(self, job: Job, attempt: Attempt, outputs: list[Output]) -> Job:
        if job.task in WORD_TASKS:
            return await self._store_words(job, attempt, outputs)
        taken = outputs[: job.count]
        ways = await self._ways(job, attempt)
        made = await asyncio.gather(*(keep(self._media, one, ways, job_id=job.id) for one in taken))
        found = [one.facts for one in made if one.facts is not None]
        withheld = sum(one.is_withheld for one in made)
        if not found:
            failure = "withheld" if withheld else "no_pictures"
            return await self._attempts.fail(job, attempt, failure, withheld=withheld)
        pictures = [Picture(number=number, **facts) for number, facts in enumerate(found, start=1)]
        self._measure(attempt)
        async with self._db.write() as conn:
            # First, so that a runner which lost the job meanwhile stops before it writes.
            stored = await jobs.advance(conn, job, status="delivering", withheld=withheld)
            await jobs.add_pictures(conn, job.id, pictures)
            cost = real_cost(outputs)
            await jobs.close_attempt(conn, attempt.id, status="done", cost_usd_micros=cost)
            return stored

    async def _ways(self, job: Job, attempt: Attempt) -> Ways:
        model = self._catalog.get(job.model)
        async with self._db.read() as conn:
            is_of_adults = await self._decency.starts_from_adults(conn, job)
        return Ways(
            rating=model.rating_at(job.task, attempt.provider, attempt.endpoint),
            is_of_adults=is_of_adults,
        )

    async def _store_words(self, job: Job, attempt: Attempt, outputs: list[Output]) -> Job:
        words = " ".join(output.text.strip() for output in outputs if output.text)
        if not words:
            return await self._attempts.fail(job, attempt, "no_words")
        self._measure(attempt)
        told = words[:LONGEST_ANSWER]
        verdict = self._screening.look_at_answer(job, told)
        is_blocked = verdict.action == "block"
        async with self._db.write() as conn:
            stored = (
                await jobs.advance(conn, job, status="delivering", failure="moderated")
                if is_blocked
                else await jobs.advance(conn, job, status="delivering", answer=told)
            )
            if is_blocked:
                await self._screening.note_answer(conn, job, verdict, told)
            # The provider did its work, and is paid for it whatever it wrote.
            cost = real_cost(outputs)
            await jobs.close_attempt(conn, attempt.id, status="done", cost_usd_micros=cost)
        self._screening.nudge()
        return stored

    def _measure(self, attempt: Attempt) -> None:
        self._health.worked(attempt.provider)
        seconds = (self._clock() - attempt.created_at).total_seconds()
        self._health.measured(attempt.provider, attempt.endpoint, seconds)


async def _pass_on_cancel(provider: Provider, handle: Handle) -> None:
    """Ask a provider to stop a run until the question has reached it."""
    while True:
        try:
            await provider.cancel(handle)
        except ProviderError as error:
            log.info("cancel not passed on", reason=str(error))
            await asyncio.sleep(CANCEL_EVERY_S)
        else:
            return
