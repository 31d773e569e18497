"""The job engine: DBOS, used for its queues and nothing else.

It carries job ids and records no steps; our rows are the truth, so its database is disposable.
What it gives us: two lanes, one job at a time in each of an account's slots, and a clock whose
ticks reach one process each, across processes.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from datetime import datetime
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

from bot.config import Settings
from bot.jobs import Job

log = structlog.get_logger()

Render = Callable[[int], Coroutine[Any, Any, None]]
Tick = Callable[[], Coroutine[Any, Any, None]]

LANES = ("fast", "relax")
POLL_S = 0.2
UPKEEP_CRON = "*/5 * * * *"
"""Every five minutes. Measured with DBOS 3.4: 17 ms at the start, one thread, half a megabyte."""


class Engine:
    """Runs `render(job_id)` for every enqueued job when its slot is free; ticks like a clock.

    `upkeep` is called at each tick; it only says that it is time, and returns at once.
    """

    def __init__(self, settings: Settings, process_id: str, render: Render, upkeep: Tick) -> None:
        self._settings = settings
        self._process_id = process_id
        self._render = render
        self._upkeep = upkeep
        self._workflow: Render | None = None
        self._broken: Counter[int] = Counter()

    async def start(self) -> None:
        """Open the engine's database and begin to take jobs from the lanes."""
        config = DBOSConfig(
            name="atelier",
            system_database_url=self._settings.engine_database_url,
            # Never the default id: two processes under one id take up each other's jobs.
            executor_id=self._process_id,
            # Fixed, because jobs must outlive an upgrade: their state is not the engine's.
            application_version="1",
            log_level="WARNING",
            use_listen_notify=not self._settings.is_sqlite,
            # It has nothing to listen for, but a stop waits until it has looked once more.
            notification_listener_polling_interval_sec=POLL_S,
        )
        logging.getLogger("dbos").setLevel(logging.WARNING)
        DBOS(config=config)
        self._workflow = DBOS.workflow(name="render")(self._make_workflow())
        upkeep = DBOS.workflow(name="upkeep")(self._make_upkeep())
        # On this thread although it blocks a moment: the engine runs our jobs on the loop that
        # it is launched from.
        DBOS.launch()
        for lane in LANES:
            await DBOS.register_queue_async(
                lane, partition_concurrency=1, polling_interval_sec=POLL_S
            )
        # Again at every start, because the engine's database may have been deleted.
        await DBOS.apply_schedules_async(
            [{"schedule_name": "upkeep", "workflow_fn": upkeep, "schedule": UPKEEP_CRON}]
        )

    async def enqueue(self, job: Job) -> None:
        """Put a job in line for its slot; again does nothing while it waits there."""
        assert self._workflow is not None
        with (
            # Counted on, because the engine never runs an id twice, not even one that broke.
            SetWorkflowID(f"{job.id}@{self._process_id}.{self._broken[job.id]}"),
            SetEnqueueOptions(queue_partition_key=f"{job.account_id}:{job.slot}"),
        ):
            await DBOS.enqueue_workflow_async(job.lane, self._workflow, job.id)

    async def bury(self, live: Collection[str]) -> None:
        """Free the slots that dead processes still occupy in the engine's eyes."""
        pending = await DBOS.list_workflows_async(status="PENDING", load_input=False)
        dead = [workflow.workflow_id for workflow in pending if workflow.executor_id not in live]
        if dead:
            await DBOS.cancel_workflows_async(dead)

    async def stop(self) -> None:
        """Take no more jobs. Those that run go on until the renderer stops them."""
        # In a thread, because its wait for running jobs would freeze the loop they run on.
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)

    def _make_upkeep(self) -> Callable[[datetime, Any], Coroutine[Any, Any, None]]:
        async def upkeep(_due_at: datetime, _context: object) -> None:
            await self._upkeep()

        return upkeep

    def _make_workflow(self) -> Render:
        # The engine writes attributes on what it is given, which a bound method refuses.
        async def render(job_id: int) -> None:
            try:
                await self._render(job_id)
            except Exception:
                self._broken[job_id] += 1
                raise

        return render
