"""Buying: one run for a job, from the first provider that takes it. Sent once, and never twice."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.catalog import Offer, Task
from bot.db import take_turn
from bot.errors import (
    BadKey,
    BadPicture,
    EndpointGone,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    ProviderFailed,
    ProviderLost,
    ProviderRejected,
    SubmitUncertain,
)
from bot.jobs import Attempt, Job
from bot.providers import Handle, Inputs
from bot.routing import Choice, inputs_for
from bot.services.accounts import SPENDING
from bot.services.alerts import Alerts
from bot.services.attempts import Attempts, failure_of
from bot.services.budget import Budget
from bot.services.days import month_start
from bot.services.preparing import Preparing
from bot.services.resources import Resources

log = structlog.get_logger()

USUAL_WORDS: Mapping[Task, str] = {"blend": "one natural picture that brings all of these together"}
"""What an endpoint is told when nobody says anything: those that can blend need some words."""

BUSY_ROUNDS = 5
PROBE_S = 120.0
"""How long a run tried through an open circuit keeps the others from trying as well."""

MAX_PAUSE_S = 30.0
RECOVER_FOR = timedelta(minutes=30)
RECOVER_EVERY_S = 5.0
SETTLE_DOWN_S = 95.0
"""As long as APIs take that answer with the picture; whoever stops us should wait that long."""

_SURELY_NOT_ACCEPTED = (ProviderBusy, ProviderDown, OutOfFunds, BadKey)
_HOST_CAN_HELP = (OutOfFunds, BadKey)


class _TooDear(Exception):
    """The month's budget or the provider's cap does not cover this run. Nothing was written."""


@dataclass
class _Search:
    """The search for a provider: who is out of the question, who asked for a pause, and why."""

    avoid: set[str]
    pauses: list[float] = field(default_factory=list[float])
    failure: str = "unavailable"
    reason: str | None = None

    def note(self, error: Exception) -> None:
        """Remember what the last provider said."""
        self.failure = "rejected" if isinstance(error, ProviderRejected) else "unavailable"
        self.reason = str(error)
        if isinstance(error, ProviderBusy):
            self.pauses.append(error.retry_after_s)


class Buying:
    """The step from an accepted job to a run that somebody works on."""

    def __init__(
        self, resources: Resources, *, alerts: Alerts, budget: Budget, preparing: Preparing
    ) -> None:
        self._db = resources.db
        self._budget = budget
        self._catalog = resources.catalog
        self._routing = resources.routing
        self._health = resources.routing.health
        self._clock = resources.clock
        self._alerts = alerts
        self._preparing = preparing
        self._attempts = Attempts(resources.db)
        self._submits: set[asyncio.Task[Job]] = set()

    async def submit(self, job: Job) -> Job:
        """Step `queued`: buy one run from the first provider that takes it."""
        if job.is_cancel_requested:
            return await self._attempts.conclude(job, "cancelled")
        offer = self._catalog.get(job.model).tasks[job.task]
        search = _Search(avoid={*job.inputs.get("avoid", ()), *await self._attempts.broke_at(job)})
        for _ in range(BUSY_ROUNDS):
            moved_on = await self._go_round(job, offer, search)
            if moved_on is not None:
                return moved_on
            if not search.pauses:
                break
            await asyncio.sleep(min(*search.pauses, MAX_PAUSE_S))
            if await self._attempts.is_cancelled(job):
                return await self._attempts.conclude(job, "cancelled")
        return await self._attempts.conclude(job, search.failure, search.reason)

    async def recover(self, job: Job) -> Job:
        """Step `submitting`, met only after a crash: find out what became of the request."""
        attempt = await self._attempts.last(job)
        provider = self._routing.provider(attempt.provider)
        if provider is None:
            return await self._attempts.fail(job, attempt, "uncertain")
        try:
            handle = await provider.find(attempt.endpoint, attempt.inputs, key=attempt.key)
        except SubmitUncertain as error:
            return await self._attempts.fail(job, attempt, "uncertain", error)
        except (ProviderDown, ProviderRejected) as error:
            return await self._attempts.take_back(job, attempt, error)
        except ProviderLost as error:
            age = self._clock() - attempt.created_at
            if age > RECOVER_FOR or await self._attempts.is_cancelled(job):
                return await self._attempts.fail(job, attempt, "uncertain", error)
            await asyncio.sleep(RECOVER_EVERY_S)
            return job
        return await self._start(job, attempt, handle)

    async def settle_down(self) -> None:
        """Wait for paid requests on their way: cut off now, nobody would know what was bought."""
        if self._submits:
            await asyncio.wait(self._submits, timeout=SETTLE_DOWN_S)

    async def _go_round(self, job: Job, offer: Offer, search: _Search) -> Job | None:
        """Ask each provider once that has not asked for a pause; None when nobody took the job."""
        search.pauses.clear()
        for choice in self._routing.choices(offer, job.inputs, avoid=search.avoid):
            provider = choice.route.provider
            if not (self._health.admits(provider) and self._routing.is_open_to(provider)):
                # That may have changed while an earlier one was asked.
                continue
            if pause_s := self._health.busy_s(provider):
                search.pauses.append(pause_s)
                continue
            try:
                return await self._submit_once(job, offer, choice)
            except ProviderBusy as busy:
                search.note(busy)
            except (*_SURELY_NOT_ACCEPTED, ProviderFailed, _TooDear) as error:
                search.avoid.add(provider)
                search.note(error)
            except (FileNotFoundError, BadPicture) as error:
                log.warning("input picture is gone", job_id=job.id, reason=str(error))
                return await self._attempts.conclude(job, "input_gone")
            if await self._attempts.is_cancelled(job):
                return await self._attempts.conclude(job, "cancelled")
        return None

    async def _note(self, job: Job, choice: Choice, error: ProviderError) -> None:
        """Remember what a provider answered instead of taking a run."""
        route = choice.route
        log.warning(
            "provider took nothing",
            job_id=job.id,
            provider=route.provider,
            error=type(error).__name__,
            reason=str(error),
        )
        is_hosts = isinstance(error, _HOST_CAN_HELP)
        if isinstance(error, ProviderBusy):
            self._health.busy(route.provider, error.retry_after_s)
        elif isinstance(error, EndpointGone):
            self._health.gone(route.provider, route.endpoint)
        else:
            self._health.failed(route.provider, for_good=is_hosts)
        if is_hosts:
            await self._alerts.provider_refuses(route.provider, error)

    async def _submit_once(self, job: Job, offer: Offer, choice: Choice) -> Job:
        self._health.began(choice.route.provider, patience_s=PROBE_S)
        try:
            return await self._submit_prepared(job, offer, choice)
        except BaseException:
            self._health.released(choice.route.provider)
            raise

    async def _submit_prepared(self, job: Job, offer: Offer, choice: Choice) -> Job:
        try:
            pictures = await self._preparing.pictures_for(job, offer, choice.provider)
        except _SURELY_NOT_ACCEPTED as error:
            await self._note(job, choice, error)
            raise
        wanted = {**job.inputs, "prompt": job.inputs["prompt"] or USUAL_WORDS.get(job.task, "")}
        inputs = inputs_for(offer, choice.route, wanted, count=job.count, pictures=pictures)
        cost = offer.cost_of(choice.route, job.inputs.get("pixels", 0)) * job.count
        # A task of its own, so that a shutdown cannot cut between the request and its handle.
        task = asyncio.create_task(self._attempt(job, choice, inputs, cost))
        self._submits.add(task)
        task.add_done_callback(self._submits.discard)
        return await asyncio.shield(task)

    async def _attempt(self, job: Job, choice: Choice, inputs: Inputs, cost: int) -> Job:
        route = choice.route
        async with self._db.write() as conn:
            await self._check_spending(conn, job, route.provider, cost)
            attempt = await jobs.add_attempt(
                conn,
                job_id=job.id,
                provider=route.provider,
                endpoint=route.endpoint,
                inputs=inputs,
                cost_usd_micros=cost,
            )
            job = await jobs.advance(
                conn, job, status="submitting", started_at=job.started_at or self._clock()
            )
            if job.is_cancel_requested:
                # Asked while its pictures were on their way: nothing has been bought yet.
                await jobs.close_attempt(conn, attempt.id, status="failed", cost_usd_micros=0)
                return await jobs.advance(conn, job, status="delivering", failure="cancelled")
        try:
            handle = await choice.provider.submit(route.endpoint, inputs, key=attempt.key)
        except (*_SURELY_NOT_ACCEPTED, ProviderFailed) as error:
            # Before all else: until it is written, nobody knows that nothing was bought.
            await self._attempts.take_back(job, attempt, error)
            await self._note(job, choice, error)
            raise
        except ProviderRejected as error:
            self._health.took(route.provider)
            return await self._attempts.fail(job, attempt, failure_of(error), error)
        except SubmitUncertain as error:
            log.warning("paid request uncertain", job_id=job.id, reason=str(error))
            self._health.failed(route.provider)
            # As after a crash: where runs can be found, `recover` finds it.
            return job
        self._health.took(route.provider)
        return await self._start(job, attempt, handle)

    async def _check_spending(
        self, conn: AsyncConnection, job: Job, provider: str, cost: int
    ) -> None:
        """Refuse what the host's month, or the cap for a provider, does not cover.

        Asked again here because another route may be dearer than the one that was quoted.
        """
        if cost == 0:
            return
        await take_turn(conn, SPENDING)
        # The job still waits, so what it was expected to cost is in the sum.
        if not await self._budget.covers(conn, cost, promised_usd_micros=job.cost_usd_micros):
            raise _TooDear("the month's budget is used up")
        cap = self._routing.rules.of(provider).cap_usd_micros
        if cap is None:
            return
        spent = await jobs.spent_usd_micros(conn, since=month_start(self._clock()))
        if spent.get(provider, 0) + cost > cap:
            log.warning("provider is at its cap", provider=provider)
            raise _TooDear(f"the monthly cap for {provider} is used up")

    async def _start(self, job: Job, attempt: Attempt, handle: Handle) -> Job:
        async with self._db.write() as conn:
            await jobs.save_handle(conn, attempt.id, handle)
            return await jobs.advance(conn, job, status="running")
