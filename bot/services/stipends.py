"""Stipends: what everybody with a role is granted once in a UTC day, ISO week or calendar month.

Nothing remembers that a period was paid but the ledger's keys, one for each person and period. So
it does not matter who pays, how often or after what; a period nobody was there for is over.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.db import take_turn
from bot.db.tables import accounts, ledger_entries, notes, stipends
from bot.errors import (
    BadAmount,
    BadChoice,
    OwnCredits,
    ServerNotAllowed,
    StipendThere,
    TooManyStipends,
    UnknownStipend,
)
from bot.services.accounts import Accounts
from bot.services.delivery import NotNow, Undeliverable
from bot.services.outside import Outside
from bot.services.payroll import Payroll
from bot.services.periods import EVERY, TIMES_A_MONTH, Every, name_of, start_of
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.staff import Deed, StaffLog
from bot.services.staff_credits import check_staff

log = structlog.get_logger()

MOST_STIPENDS = 25
MOST_ASKED = 300
"""Of how many people one round asks the roles; Discord counts every question."""

ASKED_AGAIN_AFTER = timedelta(hours=6)
"""Who had no role that is paid, or was not there, is not asked for again before that."""


@dataclass(frozen=True)
class Stipend:
    """So many credits for everybody with a role; a role id that is the server's is everybody.

    A role has one for each kind of period.
    """

    id: int
    server_id: int
    role_id: int
    amount: int
    every: Every
    created_by: int

    def prefix(self, now: datetime) -> str:
        """Return how the keys of the present period begin; the account follows.

        By the role, not by the row: one that is ended and begun again pays no period twice.
        """
        period = name_of(self.every, now)
        return f"stipend:{self.server_id}:{self.role_id}:{self.every}:{period}"


@dataclass(frozen=True)
class StipendSheet:
    """A stipend as staff see it: how many have had it in this period, and when the next begins.

    `monthly` is what it costs a month, going by the people paid in the fuller of the last two
    periods.
    """

    stipend: Stipend
    paid: int
    next_at: datetime
    monthly: int


@dataclass(frozen=True)
class _Due:
    server_id: int
    account_id: int
    user_id: int
    stipends: tuple[Stipend, ...]


@dataclass(frozen=True)
class _Heard:
    """What Discord last said of a person's roles; of somebody who is not there, none."""

    at: datetime
    role_ids: frozenset[int] = frozenset()


_COLUMNS = [stipends.c[field.name] for field in fields(Stipend)]


class Stipends:
    """Keeps every server's stipends, and pays what is due."""

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
        self._clock = resources.clock
        self._accounts = accounts
        self._outside = outside
        self._payroll = payroll
        self._staff = staff
        # By account, of those whom something is still due to; and the servers that we are not in.
        self._heard: dict[int, _Heard] = {}
        self._left: dict[int, datetime] = {}

    async def add(self, origin: Origin, *, role_id: int, amount: int, every: Every) -> Stipend:
        """Begin to pay a stipend; the very same one again is the one that is there.

        Raises:
            NotPermitted, OwnCredits, BadAmount, BadChoice, StipendThere, TooManyStipends: nothing
                was written.
        """
        check_staff(origin)
        if role_id in (*origin.role_ids, origin.server_id) and not origin.is_admin:
            raise OwnCredits
        if not 0 < amount <= ledger.MAX_AMOUNT:
            raise BadAmount(high=ledger.MAX_AMOUNT)
        if every not in EVERY:
            raise BadChoice(name="every")
        async with self._db.write() as conn:
            await take_turn(conn, f"stipends:{origin.server_id}")
            await self._accounts.check_allowed(conn, origin.server_id)
            there = await _active(conn, origin.server_id)
            for one in there:
                if (one.role_id, one.every) == (role_id, every):
                    if one.amount == amount:
                        return one
                    raise StipendThere(stipend_id=one.id)
            if len(there) >= MOST_STIPENDS:
                raise TooManyStipends(limit=MOST_STIPENDS)
            stipend = await self._insert(conn, origin, role_id, amount, every)
            deed = Deed("stipend add", after=_words(stipend))
            await self._staff.write(conn, origin, deed)
        self._staff.nudge()
        return stipend

    async def remove(self, origin: Origin, stipend_id: int) -> Stipend:
        """Pay a stipend no more; what was paid stays paid.

        Raises:
            NotPermitted, UnknownStipend: nothing was written.
        """
        check_staff(origin)
        async with self._db.write() as conn:
            await take_turn(conn, f"stipends:{origin.server_id}")
            there = {one.id: one for one in await _active(conn, origin.server_id)}
            stipend = there.get(stipend_id)
            if stipend is None:
                raise UnknownStipend
            await conn.execute(
                stipends.update().where(stipends.c.id == stipend_id).values(ended_at=self._clock())
            )
            await self._staff.write(conn, origin, Deed("stipend remove", before=_words(stipend)))
        self._staff.nudge()
        return stipend

    async def of(self, origin: Origin) -> list[StipendSheet]:
        """Return a server's stipends, with how many were paid.

        Raises:
            NotPermitted: who asks is no staff.
        """
        check_staff(origin)
        async with self._db.read() as conn:
            return await self.sheets(conn, origin.server_id)

    async def names(self, origin: Origin) -> list[Stipend]:
        """Return a server's stipends, the oldest first, and count nothing.

        Raises:
            NotPermitted: who asks is no staff.
        """
        check_staff(origin)
        async with self._db.read() as conn:
            return await _active(conn, origin.server_id)

    async def sheets(self, conn: AsyncConnection, server_id: int) -> list[StipendSheet]:
        """Return a server's stipends, the oldest first."""
        now = self._clock()
        found: list[StipendSheet] = []
        for stipend in await _active(conn, server_id):
            paid = await _count_paid(conn, stipend, now)
            before = await _count_paid(conn, stipend, start_of(stipend.every, now, ago=1))
            monthly = max(paid, before) * stipend.amount * TIMES_A_MONTH[stipend.every]
            next_at = start_of(stipend.every, now, ago=-1)
            found.append(StipendSheet(stipend, paid, next_at, round(monthly)))
        return found

    async def pay_due(self) -> int:
        """Pay whoever has a role and was not paid in its period; return how many were.

        Each server has its turn; trouble at one keeps none of the others waiting.

        Raises:
            NotNow: Discord could not be asked everything; those already paid are.
        """
        async with self._db.read() as conn:
            due = await self._all_due(conn)
        self._heard = {
            one.account_id: self._heard[one.account_id]
            for one in due
            if one.account_id in self._heard
        }
        asked = sorted(filter(self._is_worth_asking, due), key=self._heard_at)[:MOST_ASKED]
        by_server: dict[int, list[_Due]] = {}
        for one in asked:
            by_server.setdefault(one.server_id, []).append(one)
        paid, silence = 0, None
        for server_id, people in by_server.items():
            unfunded: set[int] = set()
            try:
                for person in people:
                    paid += await self._pay_person(person, unfunded)
            except NotNow as error:
                silence = error
            except (ServerNotAllowed, Undeliverable) as error:
                self._left[server_id] = self._clock()
                log.info("no stipends", server_id=server_id, reason=repr(error))
        if silence is not None:
            raise silence
        return paid

    async def _all_due(self, conn: AsyncConnection) -> list[_Due]:
        """Return whom all servers may have to pay, a person of each server in turn."""
        query = sa.select(stipends.c.server_id).where(stipends.c.ended_at.is_(None)).distinct()
        by_server: list[list[_Due]] = []
        for server_id in list(await conn.scalars(query.order_by(stipends.c.server_id))):
            left_at = self._left.get(server_id)
            if left_at is not None and self._clock() - left_at < ASKED_AGAIN_AFTER:
                continue
            try:
                await self._accounts.check_allowed(conn, server_id)
            except ServerNotAllowed:
                continue
            by_server.append(await self._due_in(conn, server_id))
        return [one for turn in zip_longest(*by_server) for one in turn if one is not None]

    async def _due_in(self, conn: AsyncConnection, server_id: int) -> list[_Due]:
        now = self._clock()
        by_person: dict[tuple[int, int], list[Stipend]] = {}
        for stipend in await _active(conn, server_id):
            for person in await _unpaid(conn, stipend, now):
                by_person.setdefault(person, []).append(stipend)
        return [_Due(server_id, *person, tuple(due)) for person, due in by_person.items()]

    def _heard_at(self, person: _Due) -> datetime:
        heard = self._heard.get(person.account_id)
        return datetime.min.replace(tzinfo=UTC) if heard is None else heard.at

    def _is_worth_asking(self, person: _Due) -> bool:
        """Whether somebody may have a role by now that something is due for."""
        heard = self._heard.get(person.account_id)
        if heard is None or self._clock() - heard.at >= ASKED_AGAIN_AFTER:
            return True
        return any(one.role_id in heard.role_ids for one in person.stipends)

    async def _pay_person(self, person: _Due, unfunded: set[int]) -> int:
        """Pay what is due to somebody for the roles they have now; return how much of it was."""
        due = [one for one in person.stipends if one.id not in unfunded]
        if not due:
            return 0
        roles = await self._outside.roles_of(person.server_id, person.user_id)
        # Everybody who is there has the role that is named like the server.
        own = frozenset[int]() if roles is None else roles | {person.server_id}
        self._heard[person.account_id] = _Heard(self._clock(), own)
        paid = 0
        for stipend in due:
            if stipend.role_id in own:
                payment = await self._pay(stipend, person)
                paid += payment == "paid"
                if payment == "unfunded":
                    unfunded.add(stipend.id)
                    await self._tell_unfunded(stipend)
        return paid

    async def _pay(self, stipend: Stipend, person: _Due) -> str:
        return await self._payroll.pay(
            server_id=stipend.server_id,
            user_id=person.user_id,
            prefix=stipend.prefix(self._clock()),
            amount=stipend.amount,
        )

    async def _tell_unfunded(self, stipend: Stipend) -> None:
        """Tell staff, once a period, that the treasury cannot pay everybody."""
        name = f"stipend unfunded:{stipend.id}"
        period = stipend.prefix(self._clock())
        async with self._db.write() as conn:
            await take_turn(conn, name)
            told = await conn.scalar(sa.select(notes.c.value).where(notes.c.name == name))
            if told == period:
                return
            await conn.execute(notes.delete().where(notes.c.name == name))
            await conn.execute(notes.insert().values(name=name, value=period))
            deed = Deed(
                "stipend waits",
                before=_words(stipend),
                after="the treasury is empty",
                reason="Whoever was not paid is paid as soon as it is filled.",
            )
            await self._staff.write_for(conn, stipend.server_id, 0, deed)
        self._staff.nudge()

    async def _insert(
        self, conn: AsyncConnection, origin: Origin, role_id: int, amount: int, every: Every
    ) -> Stipend:
        written = await conn.execute(
            stipends.insert()
            .values(
                server_id=origin.server_id,
                role_id=role_id,
                amount=amount,
                every=every,
                created_by=origin.user_id,
                created_at=self._clock(),
            )
            .returning(*_COLUMNS)
        )
        return Stipend(*written.one())


async def _active(conn: AsyncConnection, server_id: int) -> list[Stipend]:
    query = sa.select(*_COLUMNS).where(
        stipends.c.server_id == server_id, stipends.c.ended_at.is_(None)
    )
    return [Stipend(*row) for row in await conn.execute(query.order_by(stipends.c.id))]


async def _unpaid(conn: AsyncConnection, stipend: Stipend, now: datetime) -> list[tuple[int, int]]:
    """Return account and person of everybody here whom a stipend's period did not pay yet."""
    key = sa.literal(f"{stipend.prefix(now)}:") + sa.cast(accounts.c.id, sa.String)
    is_paid = sa.exists().where(ledger_entries.c.key == key)
    query = sa.select(accounts.c.id, accounts.c.user_id).where(
        accounts.c.server_id == stipend.server_id,
        accounts.c.user_id > 0,
        ~accounts.c.is_frozen,
        ~is_paid,
    )
    return [(row.id, row.user_id) for row in await conn.execute(query.order_by(accounts.c.id))]


async def _count_paid(conn: AsyncConnection, stipend: Stipend, now: datetime) -> int:
    key = sa.literal(f"{stipend.prefix(now)}:") + sa.cast(accounts.c.id, sa.String)
    query = (
        sa.select(sa.func.count())
        .select_from(accounts)
        .where(
            accounts.c.server_id == stipend.server_id,
            sa.exists().where(ledger_entries.c.key == key),
        )
    )
    return await conn.scalar(query) or 0


def _words(stipend: Stipend) -> str:
    return f"{stipend.amount:,} credits a {stipend.every} for <@&{stipend.role_id}>"
