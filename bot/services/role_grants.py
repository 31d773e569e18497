"""Grants to a role: everybody here who has it gets the same once, also after a restart."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, replace

import sqlalchemy as sa
import structlog

from bot import ledger
from bot.db.tables import accounts, notes, staff_actions
from bot.errors import BadAmount, ServerNotAllowed
from bot.services.accounts import Accounts
from bot.services.delivery import NotNow, Undeliverable
from bot.services.outside import Outside
from bot.services.payroll import Payroll
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.staff import Deed, StaffLog
from bot.services.staff_credits import check_staff

log = structlog.get_logger()

_NAME = "grant:"


@dataclass(frozen=True)
class RoleGrant:
    """What is to be granted, by whom; a role id that is the server's is everybody."""

    interaction_id: int
    server_id: int
    staff_id: int
    is_admin: bool
    role_id: int
    amount: int
    reason: str

    @property
    def key(self) -> str:
        """How the keys of its ledger entries begin, and the name of its note."""
        return f"{_NAME}{self.interaction_id}"


@dataclass(frozen=True)
class Tally:
    """How far a grant has come: people paid, who could not be, and how many of all were asked.

    `is_left_out` says that the moderator has the role and gets nothing by their own hand;
    `is_interrupted` that the rest follows by itself.
    """

    people: int = 0
    credits: int = 0
    unpaid: tuple[int, ...] = field(default=())
    asked: int = 0
    of: int = 0
    is_left_out: bool = False
    is_interrupted: bool = False


Progress = Callable[[Tally], Awaitable[None]]


class RoleGrants:
    """Grants to roles; what is under way is noted until its outcome is written."""

    def __init__(
        self,
        resources: Resources,
        *,
        accounts: Accounts,
        outside: Outside,
        payroll: Payroll,
        staff: StaffLog,
    ) -> None:
        self._db = resources.db
        self._accounts = accounts
        self._outside = outside
        self._payroll = payroll
        self._staff = staff
        self._running: dict[str, asyncio.Task[Tally]] = {}

    async def grant(
        self, origin: Origin, *, role_id: int, amount: int, reason: str, progress: Progress
    ) -> Tally:
        """Grant to everybody with a role who has an account here; the same interaction once.

        Raises:
            NotPermitted, BadAmount, ServerNotAllowed: nothing was written.
        """
        check_staff(origin)
        if not 0 < amount <= ledger.MAX_AMOUNT:
            raise BadAmount(high=ledger.MAX_AMOUNT)
        grant = RoleGrant(
            interaction_id=origin.interaction_id,
            server_id=origin.server_id,
            staff_id=origin.user_id,
            is_admin=origin.is_admin,
            role_id=role_id,
            amount=amount,
            reason=reason,
        )
        if not await self._note(grant):
            return Tally()
        # By a task of its own: who asked may be gone before everybody is paid.
        return await asyncio.shield(self._begin(grant, progress))

    async def resume(self) -> None:
        """Carry on with what an earlier process, or Discord's silence, left unfinished."""
        async with self._db.read() as conn:
            query = sa.select(notes.c.value).where(notes.c.name.startswith(_NAME, autoescape=True))
            left = [RoleGrant(**json.loads(value)) for value in await conn.scalars(query)]
        for grant in left:
            if grant.key in self._running:
                continue
            try:
                tally = await self._begin(grant, _tell_nobody)
            except ServerNotAllowed:
                # It is carried on when the server is allowed again; the others do not wait for it.
                log.info("grant waits: server not allowed", key=grant.key)
            else:
                log.info("grant taken up", key=grant.key, people=tally.people)

    async def stop(self) -> None:
        """Leave the rest to the next process; when this returns, nothing uses the database."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _note(self, grant: RoleGrant) -> bool:
        """Note what is to be done; return False when this very interaction was done before."""
        async with self._db.write() as conn:
            await self._accounts.check_allowed(conn, grant.server_id)
            is_done = await conn.scalar(
                sa.select(staff_actions.c.id).where(
                    staff_actions.c.server_id == grant.server_id,
                    staff_actions.c.interaction_id == grant.interaction_id,
                )
            )
            is_noted = await conn.scalar(sa.select(notes.c.name).where(notes.c.name == grant.key))
            if is_done is None and is_noted is None:
                value = json.dumps(asdict(grant))
                await conn.execute(notes.insert().values(name=grant.key, value=value))
            return is_done is None

    def _begin(self, grant: RoleGrant, progress: Progress) -> asyncio.Task[Tally]:
        if grant.key not in self._running:
            task = asyncio.create_task(self._carry_out(grant, progress))
            self._running[grant.key] = task
            task.add_done_callback(lambda _: self._running.pop(grant.key, None))
        return self._running[grant.key]

    async def _carry_out(self, grant: RoleGrant, progress: Progress) -> Tally:
        people = await self._people(grant.server_id)
        tally = Tally(of=len(people))
        for user_id in people:
            try:
                tally = await self._serve(grant, user_id, tally)
            except (NotNow, Undeliverable) as error:
                log.info("grant waits", key=grant.key, reason=str(error))
                return replace(tally, is_interrupted=True)
            await progress(tally)
        await self._finish(grant, tally)
        return tally

    async def _serve(self, grant: RoleGrant, user_id: int, tally: Tally) -> Tally:
        tally = replace(tally, asked=tally.asked + 1)
        roles = await self._outside.roles_of(grant.server_id, user_id)
        if roles is None or grant.role_id not in (*roles, grant.server_id):
            return tally
        if user_id == grant.staff_id and not grant.is_admin:
            return replace(tally, is_left_out=True)
        payment = await self._payroll.pay(
            server_id=grant.server_id, user_id=user_id, prefix=grant.key, amount=grant.amount
        )
        if payment in ("paid", "known"):
            total = tally.credits + grant.amount
            return replace(tally, people=tally.people + 1, credits=total)
        return replace(tally, unpaid=(*tally.unpaid, user_id))

    async def _finish(self, grant: RoleGrant, tally: Tally) -> None:
        async with self._db.write() as conn:
            # Whoever takes the note away writes the outcome, should two have done the work.
            gone = await conn.execute(notes.delete().where(notes.c.name == grant.key))
            if not gone.rowcount:
                return
            deed = Deed(
                "credits grant",
                before=f"{grant.amount:,} for <@&{grant.role_id}>",
                after=tally_words(tally),
                reason=grant.reason,
            )
            await self._staff.write_for(
                conn,
                grant.server_id,
                grant.staff_id,
                deed,
                interaction_id=grant.interaction_id,
            )
        self._staff.nudge()

    async def _people(self, server_id: int) -> list[int]:
        async with self._db.read() as conn:
            query = sa.select(accounts.c.user_id).where(
                accounts.c.server_id == server_id, accounts.c.user_id > 0
            )
            return list(await conn.scalars(query.order_by(accounts.c.id)))


def tally_words(tally: Tally) -> str:
    """Return what a grant came to, in a line."""
    people = f"{tally.people:,} {'person' if tally.people == 1 else 'people'}"
    words = f"{people}, {tally.credits:,} credits"
    return f"{words}, {len(tally.unpaid):,} could not be paid" if tally.unpaid else words


async def _tell_nobody(_tally: Tally) -> None:
    """Take note of nothing: whoever asked is not there any more."""
