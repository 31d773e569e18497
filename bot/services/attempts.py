"""Attempts: what the rows say of a job's tries, and how each one ends, in one transaction each."""

from bot import jobs
from bot.db import Database
from bot.errors import Moderated, ProviderError, ProviderRejected
from bot.jobs import Attempt, Job

# How a run can end for us while the provider wants its money all the same.
_MAY_COST = ("uncertain", "timeout", "no_pictures", "no_words", "unavailable", "withheld")


class Attempts:
    """Reads the attempts of jobs, and writes their ends."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def last(self, job: Job) -> Attempt:
        """Return the newest attempt of a job that has one."""
        async with self._db.read() as conn:
            attempt = await jobs.last_attempt(conn, job.id)
        assert attempt is not None, job
        return attempt

    async def broke_at(self, job: Job) -> set[str]:
        """Return the providers that took the job and could not do it."""
        async with self._db.read() as conn:
            tried = await jobs.attempts_for(conn, job.id)
        return {one.provider for one in tried if one.handle is not None and one.status == "failed"}

    async def is_cancelled(self, job: Job) -> bool:
        """Whether somebody wants the job stopped, as of now."""
        async with self._db.read() as conn:
            now = await jobs.get(conn, job.id)
        return now is not None and now.is_cancel_requested

    async def conclude(self, job: Job, failure: str, text: str | None = None) -> Job:
        """Give a job up before any provider took it."""
        async with self._db.write() as conn:
            return await jobs.advance(
                conn, job, status="delivering", failure=failure, failure_text=text
            )

    async def fail(
        self,
        job: Job,
        attempt: Attempt,
        failure: str,
        error: ProviderError | None = None,
        *,
        withheld: int = 0,
    ) -> Job:
        """Write how the attempt failed, and the job with it, of which some may be withheld."""
        text = str(error) if error else None
        async with self._db.write() as conn:
            await jobs.close_attempt(
                conn,
                attempt.id,
                status="uncertain" if failure == "uncertain" else "failed",
                # What may have been bought counts against the budget; a failed run does not.
                cost_usd_micros=None if _may_cost(failure, attempt) else 0,
                failure_text=text,
            )
            return await jobs.advance(
                conn,
                job,
                status="delivering",
                failure=failure,
                failure_text=text,
                withheld=withheld,
            )

    async def take_back(self, job: Job, attempt: Attempt, error: ProviderError) -> Job:
        """Note that nothing came of it; the job waits again as if it had never been sent."""
        async with self._db.write() as conn:
            await jobs.close_attempt(
                conn, attempt.id, status="failed", cost_usd_micros=0, failure_text=str(error)
            )
            return await jobs.advance(conn, job, status="queued")


def _may_cost(failure: str, attempt: Attempt) -> bool:
    # A run that is stopped is billed for what it did by then, at most providers.
    return failure in _MAY_COST or (failure == "cancelled" and attempt.handle is not None)


def failure_of(error: ProviderRejected) -> str:
    """Name the failure of a run that is over without pictures."""
    return "moderated" if isinstance(error, Moderated) else "rejected"
