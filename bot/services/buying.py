"""Getting the pictures: submit once, follow, fetch. The paid request is the careful part."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import structlog

from bot import jobs
from bot.errors import (
    BadKey,
    BadPicture,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    ProviderLost,
    ProviderRejected,
    SubmitUncertain,
)
from bot.jobs import Attempt, Job, Picture
from bot.providers import Handle, Output, Progress, Provider
from bot.routing import Choice, inputs_for
from bot.services.delivery import Delivery
from bot.services.progress import Relay, end
from bot.services.resources import Resources
from bot.services.views import Views

log = structlog.get_logger()

BUSY_TRIES = 5
MAX_PAUSE_S = 30.0
RUN_TIMEOUT = timedelta(minutes=30)
RECOVER_EVERY_S = 5.0
CANCEL_EVERY_S = 5.0
SETTLE_DOWN_S = 20.0
CANCEL_POLL_S = 10.0

# How a run can end for us while the provider wants its money all the same.
_MAY_COST = ("uncertain", "timeout", "no_pictures", "unavailable")
_SURELY_NOT_ACCEPTED = (ProviderBusy, ProviderDown, OutOfFunds, BadKey)


class Buying:
    """The three steps between an accepted job and its pictures in our store."""

    def __init__(self, resources: Resources, views: Views, delivery: Delivery) -> None:
        self._db = resources.db
        self._catalog = resources.catalog
        self._routing = resources.routing
        self._media = resources.media
        self._clock = resources.clock
        self._views = views
        self._delivery = delivery
        self._submits: set[asyncio.Task[Job]] = set()
        self._cancels: dict[int, asyncio.Event] = {}

    async def submit(self, job: Job) -> Job:
        """Step `queued`: buy one run from the first provider that takes it."""
        if job.is_cancel_requested:
            return await self._conclude(job, "cancelled")
        model = self._catalog.get(job.model)
        reason = None
        for choice in self._routing.choices(model):
            try:
                return await self._submit_patiently(job, choice)
            except _SURELY_NOT_ACCEPTED as error:
                log.warning(
                    "provider took nothing",
                    job_id=job.id,
                    provider=choice.route.provider,
                    error=type(error).__name__,
                    reason=str(error),
                )
                reason = error
            if await self._is_cancelled(job):
                return await self._conclude(job, "cancelled")
        return await self._conclude(job, "unavailable", str(reason) if reason else None)

    async def recover(self, job: Job) -> Job:
        """Step `submitting`, met only after a crash: find out what became of the request."""
        attempt = await self._last_attempt(job)
        provider = self._routing.provider(attempt.provider)
        if provider is None:
            return await self._conclude_attempt(job, attempt, "uncertain")
        try:
            handle = await provider.find(attempt.endpoint, attempt.inputs, key=attempt.key)
        except SubmitUncertain as error:
            return await self._conclude_attempt(job, attempt, "uncertain", error)
        except (ProviderDown, ProviderRejected) as error:
            return await self._take_back(job, attempt, error)
        except ProviderLost as error:
            age = self._clock() - attempt.created_at
            if age > RUN_TIMEOUT or await self._is_cancelled(job):
                return await self._conclude_attempt(job, attempt, "uncertain", error)
            await asyncio.sleep(RECOVER_EVERY_S)
            return job
        return await self._start(job, attempt, handle)

    async def follow(self, job: Job) -> Job:
        """Step `running`: watch the run, relay its progress, fetch and store its pictures."""
        attempt = await self._last_attempt(job)
        provider = self._routing.provider(attempt.provider)
        if provider is None or attempt.handle is None:
            return await self._conclude_attempt(job, attempt, "unavailable")
        try:
            async with asyncio.timeout(RUN_TIMEOUT.total_seconds()):
                outputs = await self._watch(job, provider, attempt.handle)
        except ProviderRejected as error:
            reason = "cancelled" if await self._is_cancelled(job) else "rejected"
            return await self._conclude_attempt(job, attempt, reason, error)
        except TimeoutError:
            with suppress(ProviderError):
                await provider.cancel(attempt.handle)
            return await self._conclude_attempt(job, attempt, "timeout")
        return await self._store(job, attempt, outputs)

    def notice_cancel(self, job_id: int) -> None:
        """Look at a job's cancel flag now rather than at the next poll."""
        if job_id in self._cancels:
            self._cancels[job_id].set()

    async def settle_down(self) -> None:
        """Wait for paid requests on their way: cut off now, nobody would know what was bought."""
        if self._submits:
            await asyncio.wait(self._submits, timeout=SETTLE_DOWN_S)

    async def _submit_patiently(self, job: Job, choice: Choice) -> Job:
        for last in (False,) * (BUSY_TRIES - 1) + (True,):
            try:
                return await self._submit_once(job, choice)
            except ProviderBusy as busy:
                if last:
                    raise
                await asyncio.sleep(min(busy.retry_after_s, MAX_PAUSE_S))
                if await self._is_cancelled(job):
                    raise
        raise AssertionError

    async def _submit_once(self, job: Job, choice: Choice) -> Job:
        # A task of its own, so that a shutdown cannot cut between the request and its handle.
        task = asyncio.create_task(self._attempt(job, choice))
        self._submits.add(task)
        task.add_done_callback(self._submits.discard)
        return await asyncio.shield(task)

    async def _attempt(self, job: Job, choice: Choice) -> Job:
        route = choice.route
        model = self._catalog.get(job.model)
        inputs = inputs_for(model, job.inputs, count=job.count)
        async with self._db.write() as conn:
            attempt = await jobs.add_attempt(
                conn,
                job_id=job.id,
                provider=route.provider,
                endpoint=route.endpoint,
                inputs=inputs,
                cost_usd_micros=route.cost_usd_micros * job.count,
            )
            job = await jobs.advance(
                conn, job, status="submitting", started_at=job.started_at or self._clock()
            )
        try:
            handle = await choice.provider.submit(route.endpoint, inputs, key=attempt.key)
        except _SURELY_NOT_ACCEPTED as error:
            await self._take_back(job, attempt, error)
            raise
        except ProviderRejected as error:
            return await self._conclude_attempt(job, attempt, "rejected", error)
        except SubmitUncertain as error:
            return await self._conclude_attempt(job, attempt, "uncertain", error)
        return await self._start(job, attempt, handle)

    async def _start(self, job: Job, attempt: Attempt, handle: Handle) -> Job:
        async with self._db.write() as conn:
            await jobs.save_handle(conn, attempt.id, handle)
            return await jobs.advance(conn, job, status="running")

    async def _take_back(self, job: Job, attempt: Attempt, error: ProviderError) -> Job:
        """Note that nothing was bought; the job waits again as if it had never been sent."""
        async with self._db.write() as conn:
            await jobs.close_attempt(
                conn, attempt.id, status="failed", cost_usd_micros=0, failure_text=str(error)
            )
            return await jobs.advance(conn, job, status="queued")

    async def _watch(self, job: Job, provider: Provider, handle: Handle) -> list[Output]:
        async def show(progress: Progress) -> None:
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

    @asynccontextmanager
    async def _cancelling(
        self, job: Job, provider: Provider, handle: Handle, relay: Relay
    ) -> AsyncGenerator[None]:
        """Pass a cancel request on to the provider; whether it stops is the provider's word."""
        told = self._cancels[job.id] = asyncio.Event()

        async def watch() -> None:
            while not await self._is_cancelled(job):
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
        made = [await self._keep(job, output) for output in outputs[: job.count]]
        pictures = [picture for picture in made if picture is not None]
        if not pictures:
            return await self._conclude_attempt(job, attempt, "no_pictures")
        numbered = [
            Picture(number=number, **facts) for number, facts in enumerate(pictures, start=1)
        ]
        async with self._db.write() as conn:
            # First, so that a runner which lost the job meanwhile stops before it writes.
            stored = await jobs.advance(conn, job, status="delivering")
            await jobs.add_pictures(conn, job.id, numbered)
            await jobs.close_attempt(conn, attempt.id, status="done")
            return stored

    async def _keep(self, job: Job, output: Output) -> dict[str, Any] | None:
        try:
            facts = await self._media.store(await self._media.tag(output.data))
        except BadPicture as error:
            log.warning("provider sent no picture", job_id=job.id, reason=error.reason)
            return None
        return {
            "sha256": facts.sha256,
            "mime": facts.mime,
            "width": facts.width,
            "height": facts.height,
            "size_bytes": facts.size_bytes,
            "seed": output.seed,
            "is_nsfw": output.is_nsfw,
        }

    async def _is_cancelled(self, job: Job) -> bool:
        async with self._db.read() as conn:
            now = await jobs.get(conn, job.id)
        return now is not None and now.is_cancel_requested

    async def _last_attempt(self, job: Job) -> Attempt:
        async with self._db.read() as conn:
            attempt = await jobs.last_attempt(conn, job.id)
        assert attempt is not None, job
        return attempt

    async def _conclude(self, job: Job, failure: str, text: str | None = None) -> Job:
        async with self._db.write() as conn:
            return await jobs.advance(
                conn, job, status="delivering", failure=failure, failure_text=text
            )

    async def _conclude_attempt(
        self, job: Job, attempt: Attempt, failure: str, error: ProviderError | None = None
    ) -> Job:
        """Write how the attempt failed and what the job makes of it, in one transaction."""
        text = str(error) if error else None
        async with self._db.write() as conn:
            await jobs.close_attempt(
                conn,
                attempt.id,
                status="uncertain" if failure == "uncertain" else "failed",
                # What may have been bought counts against the budget; a failed run does not.
                cost_usd_micros=None if failure in _MAY_COST else 0,
                failure_text=text,
            )
            return await jobs.advance(
                conn, job, status="delivering", failure=failure, failure_text=text
            )


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
