"""Errands: what was decided and has to be shown to somebody; done once Discord takes it.

They are written in the transaction that decides, so that nothing which happens to the process
afterwards loses one. Each leaves things as they should be, however often it is run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import errands
from bot.services.delivery import NotNow, TooLarge, Undeliverable
from bot.services.nudging import Nudged
from bot.services.resources import Resources

log = structlog.get_logger()

AT_ONCE = 50
CLAIMED_FOR = timedelta(minutes=5)
"""How long a process has an errand to itself, should it die over it."""

KEPT_FOR = timedelta(days=7)
"""What nobody could be shown for so long is not news any more."""

Errand = Callable[[int], Awaitable[None]]


class Errands:
    """Runs what is to be shown, the oldest first; each kind is known to the service it is of."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._kinds: dict[str, Errand] = {}
        self._running = Nudged(self._work)
        # One process at a time has a SQLite file, so what is claimed there was an earlier one's.
        self._has_dead_claims = self._db.is_sqlite
        self._turn = asyncio.Lock()

    def learn(self, kind: str, errand: Errand) -> None:
        """Run errands of a kind so: it is given the id that the errand is about."""
        self._kinds[kind] = errand

    def start(self) -> None:
        """Run what an earlier process left, and all that follows."""
        self._running.start()

    async def stop(self) -> None:
        """Run no more."""
        await self._running.stop()

    async def add(self, conn: AsyncConnection, kind: str, about_id: int) -> None:
        """Write an errand in the transaction that decides it."""
        assert kind in self._kinds, kind
        await conn.execute(
            errands.insert().values(kind=kind, about_id=about_id, created_at=self._clock())
        )

    def nudge(self) -> None:
        """Run what was written, soon. Called after the transaction."""
        self._running.nudge()

    async def run_all(self) -> bool:
        """Run what there is, unless another process does; return whether nothing is left."""
        is_done, last_id = True, 0
        async with self._turn:
            while found := await self._after(last_id):
                for row in found:
                    is_done &= await self._finish(row)
                last_id = found[-1].id
        return is_done

    async def _after(self, last_id: int) -> Sequence[sa.Row[Any]]:
        query = sa.select(errands).where(errands.c.id > last_id).order_by(errands.c.id)
        async with self._db.read() as conn:
            return (await conn.execute(query.limit(AT_ONCE))).all()

    async def _finish(self, row: sa.Row[Any]) -> bool:
        """Run an errand and strike it off; return whether that is so."""
        is_old = self._clock() - row.created_at > KEPT_FOR
        if not is_old and not await self._run_alone(row):
            return False
        async with self._db.write() as conn:
            await conn.execute(errands.delete().where(errands.c.id == row.id))
        return True

    async def _run_alone(self, row: sa.Row[Any]) -> bool:
        """Run an errand that no other process runs; return whether it is done with."""
        if not await self._claim(row.id):
            return False
        is_done = await self._run(row.kind, row.about_id)
        if not is_done:
            await self._release(errands.c.id == row.id)
        return is_done

    async def _claim(self, errand_id: int) -> bool:
        now = self._clock()
        is_free = errands.c.claimed_until.is_(None) | (errands.c.claimed_until < now)
        async with self._db.write() as conn:
            claimed = await conn.execute(
                errands.update()
                .where(errands.c.id == errand_id, is_free)
                .values(claimed_until=now + CLAIMED_FOR)
            )
        return claimed.rowcount == 1

    async def _release(self, *which: sa.ColumnElement[bool]) -> None:
        async with self._db.write() as conn:
            await conn.execute(errands.update().where(*which).values(claimed_until=None))

    async def _run(self, kind: str, about_id: int) -> bool:
        """Run one errand; return whether it is done with."""
        errand = self._kinds.get(kind)
        if errand is None:
            # Of another version.
            return True
        try:
            await errand(about_id)
        except NotNow as error:
            log.info("errand waits", kind=kind, about_id=about_id, reason=str(error))
            return False
        except (Undeliverable, TooLarge) as error:
            log.info("errand undeliverable", kind=kind, about_id=about_id, reason=str(error))
        except SQLAlchemyError as error:
            log.warning("errand not run", kind=kind, about_id=about_id, reason=str(error))
            return False
        except Exception:
            # One that is broken must not keep the others from being run.
            log.exception("errand broke", kind=kind, about_id=about_id)
            return False
        return True

    async def _work(self) -> bool:
        if self._has_dead_claims:
            await self._release()
            self._has_dead_claims = False
        return await self.run_all()
