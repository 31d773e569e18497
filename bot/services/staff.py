"""What staff did: written with the deed, and posted where the staff look."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import staff_actions
from bot.services.delivery import NotNow, Undeliverable
from bot.services.nudging import Nudged
from bot.services.outside import Outside, Post
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.servers import Servers

log = structlog.get_logger()

AT_ONCE = 20


@dataclass(frozen=True)
class Deed:
    """What staff do: to whom (0 is nobody), and what is so before and after, in words."""

    action: str
    target_id: int = 0
    before: object = ""
    after: object = ""
    reason: str = ""


@dataclass(frozen=True)
class StaffAction(Post):
    """A deed as it was written."""

    id: int
    server_id: int
    staff_id: int
    target_id: int
    action: str
    before: str
    after: str
    reason: str
    created_at: datetime


_ROW = [
    staff_actions.c[name]
    for name in (
        "id",
        "server_id",
        "staff_id",
        "target_id",
        "action",
        "before",
        "after",
        "reason",
        "created_at",
    )
]


class StaffLog:
    """Writes what staff do, and posts it in the server's mod log, if it has one."""

    def __init__(self, resources: Resources, *, servers: Servers, outside: Outside) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._servers = servers
        self._outside = outside
        self._posting = Nudged(self.post_new)

    def start(self) -> None:
        """Post what an earlier process left, and all that follows."""
        self._posting.start()

    async def stop(self) -> None:
        """Post no more."""
        await self._posting.stop()

    async def write(self, conn: AsyncConnection, origin: Origin, deed: Deed) -> None:
        """Write a deed in the transaction that does it."""
        await self.write_for(
            conn, origin.server_id, origin.user_id, deed, interaction_id=origin.interaction_id
        )

    async def write_for(
        self,
        conn: AsyncConnection,
        server_id: int,
        staff_id: int,
        deed: Deed,
        *,
        interaction_id: int | None = None,
    ) -> None:
        """Write a deed that is done long after it was asked for; nobody (0) is the bot itself."""
        await conn.execute(
            staff_actions.insert().values(
                server_id=server_id,
                staff_id=staff_id,
                target_id=deed.target_id,
                action=deed.action,
                before=str(deed.before),
                after=str(deed.after),
                reason=deed.reason,
                created_at=self._clock(),
                interaction_id=interaction_id,
            )
        )

    async def note(
        self, conn: AsyncConnection, server_id: int, deed: Deed, *, is_quiet: bool = False
    ) -> None:
        """Write what nobody did and staff should know; its `staff_id` is 0.

        With `is_quiet` it is counted, and not posted in the mod log.
        """
        await conn.execute(
            staff_actions.insert().values(
                server_id=server_id,
                staff_id=0,
                target_id=deed.target_id,
                action=deed.action,
                before=str(deed.before),
                after=str(deed.after),
                reason=deed.reason,
                created_at=self._clock(),
                is_posted=is_quiet,
            )
        )

    def nudge(self) -> None:
        """Post what was written, soon. Called after the transaction."""
        self._posting.nudge()

    async def post_new(self) -> bool:
        """Post what is not posted yet, the oldest first; return whether all of it is.

        A server whose log cannot be reached just now keeps no other waiting.
        """
        waiting: set[int] = set()
        while found := await self._new_but(waiting):
            for action in found:
                if action.server_id in waiting:
                    continue
                try:
                    await self._post(action)
                except NotNow as error:
                    log.info("mod log waits", server_id=action.server_id, reason=str(error))
                    waiting.add(action.server_id)
                    continue
                async with self._db.write() as conn:
                    mine = staff_actions.c.id == action.id
                    await conn.execute(staff_actions.update().where(mine).values(is_posted=True))
        return not waiting

    async def _new_but(self, server_ids: Collection[int]) -> list[StaffAction]:
        """Return some deeds that are not posted, the oldest first, of all but some servers."""
        action = staff_actions.c
        is_due = ~action.is_posted & action.server_id.not_in(server_ids)
        query = sa.select(*_ROW).where(is_due).order_by(action.id).limit(AT_ONCE)
        async with self._db.read() as conn:
            return [StaffAction(*row) for row in await conn.execute(query)]

    async def _post(self, action: StaffAction) -> None:
        channel_id = self._servers.of(action.server_id).mod_log_channel
        if channel_id is None:
            return
        try:
            await self._outside.post(channel_id, action, nonce=f"deed-{action.id}")
        except Undeliverable as error:
            # The row stays, and `/mod history` shows it.
            log.warning("mod log takes no message", channel_id=channel_id, reason=str(error))
