"""Money under any interleaving: several tasks of two processes, random verbs, one database.

Every step starts a few commands at once, each in a transaction and a task of its own that gives
way at random moments. The database decides the order; the model replays it and must agree on
every outcome, and now and then on every purse. The seed in a failing test's name brings the same
script again.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db import Database
from bot.db.tables import ledger_entries, purses
from bot.errors import InsufficientCredits, LedgerConflict, TreasuryEmpty
from tests.unit.conftest import TOLD
from tests.unit.ledger.history import HISTORIES
from tests.unit.ledger.model import PEOPLE, SERVER, Command, Model
from tests.unit.ledger.whim import Turn, Whim

SEEDS = range(4)
STEPS = max(250, HISTORIES // 2 // len(SEEDS))
PROVED_EACH = 50
TASKS = 4
REFUSALS = (InsufficientCredits, LedgerConflict, TreasuryEmpty)


@dataclass
class Run:
    """One database, opened as two processes would, with the model beside it."""

    processes: tuple[Database, Database]
    whim: Whim
    accounts: list[int] = field(default_factory=list)
    model: Model = field(default_factory=Model)
    log: list[tuple[Command, type[Exception] | None]] = field(default_factory=list)
    outcomes: Counter = field(default_factory=Counter)

    async def begin(self) -> None:
        async with self.processes[0].write() as conn:
            for who in PEOPLE:
                account = await ledger.open_account(conn, server_id=SERVER, user_id=who + 1)
                self.accounts.append(account)
        for who in PEOPLE:
            await self.take(Turn(Command("fund", f"fund:{who}", 70)))
            for purse in ("earned", "granted"):
                await self.take(Turn(Command("grant", f"{purse}:{who}", 25, who, purse=purse)))

    async def step(self) -> None:
        turns = [self.whim.turn() for _ in range(TASKS)]
        async with asyncio.TaskGroup() as group:
            for turn in turns:
                group.create_task(self.take(turn))

    async def take(self, turn: Turn) -> None:
        """Send a command in a transaction of its own, and log how it came out."""
        await give_way(turn.before)
        async with self.processes[turn.process].write() as conn:
            try:
                await turn.command.send(conn, self.accounts)
                outcome = None
            except REFUSALS as error:
                # Caught inside, so that what a refusal may have written is committed and seen.
                outcome = type(error)
            await give_way(turn.within)
            # The write lock is ours still: this is the order of the commits.
            self.log.append((turn.command, outcome))

    async def check(self) -> None:
        for asked, outcome in self.log:
            assert self.model.apply(asked) == outcome, asked
            self.outcomes[asked.verb, outcome] += 1
        self.log.clear()
        async with self.processes[0].read() as conn:
            assert await ledger.verify(conn) == []
            assert await ledger.read_treasury(conn, SERVER) == self.model.treasury
            for who, account in enumerate(self.accounts):
                funds = await ledger.read_funds(conn, account)
                assert (funds.earned, funds.granted, funds.held) == self.model.funds(who)
            await self._check_rows(conn)

    async def _check_rows(self, conn) -> None:
        balances = await conn.scalars(sa.select(purses.c.balance).where(purses.c.kind != "bank"))
        assert min(balances) >= 0
        assert await conn.scalar(sa.select(sa.func.sum(purses.c.balance))) == 0
        # Each key was written once, and no other was: a part 0 for each command that counted.
        written = await conn.scalars(
            sa.select(ledger_entries.c.key).where(ledger_entries.c.part == 0)
        )
        resolutions = [f"{key}:resolved" for key in self.model.resolved]
        assert sorted(written) == sorted([*self.model.written, *resolutions])


async def give_way(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


@pytest.fixture
async def second_db(database_url):
    """The same database, as another process has it open."""
    db = Database(database_url)
    yield db
    await db.close()


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_interleaving_breaks_the_book(db, second_db, seed, record_property):
    run = Run((db, second_db), Whim(seed))

    await run.begin()
    await run.check()
    for step in range(1, STEPS + 1):
        await run.step()
        if step % PROVED_EACH == 0 or step == STEPS:
            await run.check()
    record_property(
        TOLD,
        f"{STEPS} interleavings of {TASKS} tasks on SQLite: {sum(run.outcomes.values())} commands",
    )

    # A run in which hardly anything happened would prove nothing.
    assert run.outcomes["hold", None] >= STEPS // 4
    assert run.outcomes["capture", None] + run.outcomes["release", None] >= STEPS // 4
    assert run.outcomes["hold", InsufficientCredits] >= STEPS // 16
    assert sum(count for (_, outcome), count in run.outcomes.items() if outcome) >= STEPS
