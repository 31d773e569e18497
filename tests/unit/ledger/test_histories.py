"""Money under several processes on PostgreSQL, some of them killed in the middle of anything.

The book must be right, and must hold exactly what the processes were told: what was written is
there, once and as it was asked for, and nothing else is. And the purses must hold what the model
makes of the same commands in the order of their entries: who writes one has locked the purses it
moves between, so commands that meet in a purse have entries in the order of their commits.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db import Database
from bot.db.tables import accounts, ledger_entries, purses
from tests.unit.conftest import TOLD
from tests.unit.ledger import history
from tests.unit.ledger.crew import Crew
from tests.unit.ledger.history import HISTORIES
from tests.unit.ledger.model import PEOPLE, Command, Model

PROVED_EACH = 500
KILLS_EACH = 2
# Of a purse: whose it is, and of which kind. The treasury is user 0, the bank in server 0.
End = tuple[int, int, str]


@dataclass(frozen=True)
class Move:
    """One entry, with its purses spelled out."""

    kind: str
    amount: int
    left: End
    reached: End


def rule(command: Command) -> tuple[str, set[End], set[End], int]:
    """Return what a command's entries must be: kind, purses they leave and reach, and their sum."""
    treasury = {(command.server, 0, "funds")}

    def own(who: int, *kinds: str) -> set[End]:
        return {(command.server, who + 1, kind) for kind in kinds or ("earned", "granted")}

    amount = abs(command.amount)
    return {
        "fund": lambda: ("grant", {(0, 0, "bank")}, treasury, amount),
        "grant": lambda: ("grant", treasury, own(command.who, command.purse), amount),
        "hold": lambda: ("hold", own(command.who), own(command.who, "held"), amount),
        "transfer": lambda: ("transfer", own(command.who), own(command.other), amount),
        "adjust": lambda: (
            ("adjust", treasury, own(command.who, "granted"), amount)
            if command.amount > 0
            else ("adjust", own(command.who), treasury, amount)
        ),
    }[command.verb]()


def is_what_was_asked(command: Command, moves: list[Move]) -> bool:
    if command.verb in ("capture", "release"):
        captured = command.amount if command.verb == "capture" else 0
        return sum(move.amount for move in moves if move.kind == "capture") == captured
    kind, left, reached, amount = rule(command)
    return sum(move.amount for move in moves) == amount and all(
        move.kind == kind and move.left in left and move.reached in reached for move in moves
    )


def key_of(command: Command) -> str:
    return f"{command.key}:resolved" if command.verb in ("capture", "release") else command.key


@dataclass
class Book:
    """What stands in the database, read on from where it was read to before."""

    url: str
    moves: dict[str, list[Move]] = field(default_factory=lambda: defaultdict(list))
    models: dict[int, Model] = field(default_factory=lambda: defaultdict(Model))
    last_id: int = 0

    async def check(self, crew: Crew) -> None:
        db = Database(self.url)
        try:
            async with db.read() as conn:
                assert await ledger.verify(conn) == []
                query = sa.select(sa.func.min(purses.c.balance)).where(purses.c.kind != "bank")
                assert await conn.scalar(query) >= 0
                assert await conn.scalar(sa.select(sa.func.sum(purses.c.balance))) == 0
                new = await self._read(conn)
                self._check_what_was_told(crew)
                self._replay(new)
                await self._check_purses(conn)
        finally:
            await db.close()

    async def _read(self, conn) -> list[str]:
        """Read the entries that are new; return their keys in the order they were written."""
        left, reached = purses.alias(), purses.alias()
        giver, taker = accounts.alias(), accounts.alias()
        columns = [
            ledger_entries.c.id,
            ledger_entries.c.key,
            ledger_entries.c.kind,
            ledger_entries.c.amount,
            *(giver.c.server_id, giver.c.user_id, left.c.kind),
            *(taker.c.server_id, taker.c.user_id, reached.c.kind),
        ]
        query = (
            sa.select(*columns)
            .join(left, left.c.id == ledger_entries.c.debit_purse_id)
            .join(giver, giver.c.id == left.c.account_id)
            .join(reached, reached.c.id == ledger_entries.c.credit_purse_id)
            .join(taker, taker.c.id == reached.c.account_id)
            .where(ledger_entries.c.id > self.last_id)
            .order_by(ledger_entries.c.id)
        )
        keys: dict[str, None] = {}
        for entry_id, key, kind, amount, *ends in await conn.execute(query):
            self.moves[key].append(Move(kind, amount, tuple(ends[:3]), tuple(ends[3:])))
            self.last_id = entry_id
            keys[key] = None
        return list(keys)

    def _check_what_was_told(self, crew: Crew) -> None:
        written = set()
        for (number, index), outcomes in crew.outcomes.items():
            command = history.script(number)[index]
            key = key_of(command)
            if None in outcomes:
                written.add(key)
                assert is_what_was_asked(command, self.moves[key]), (command, self.moves[key])
            if "LedgerConflict" in outcomes and key == command.key:
                others = [one for one in history.script(number) if key_of(one) == key]
                assert any(other != command for other in others), command
        assert written == set(self.moves)

    def _replay(self, keys: list[str]) -> None:
        for key in keys:
            number = int(key.partition("/")[0])
            [command, *_] = [
                one
                for one in history.script(number)
                if key_of(one) == key and is_what_was_asked(one, self.moves[key])
            ]
            assert self.models[command.server].apply(command) is None, command

    async def _check_purses(self, conn) -> None:
        for server_id, model in self.models.items():
            assert await ledger.read_treasury(conn, server_id) == model.treasury
            for who in PEOPLE:
                account = await ledger.find_account(conn, server_id=server_id, user_id=who + 1)
                funds = await ledger.read_funds(conn, account)
                assert (funds.earned, funds.granted, funds.held) == model.funds(who)


@pytest.fixture
def url(postgres) -> str:
    return postgres.new_database()


def test_no_history_of_several_processes_breaks_the_book(url, record_property):
    book = Book(url)
    with Crew(url) as crew, asyncio.Runner() as runner:
        for first in range(0, HISTORIES, PROVED_EACH):
            crew.act_out(range(first, min(first + PROVED_EACH, HISTORIES)), kills=KILLS_EACH)
            runner.run(book.check(crew))

    counts = crew.counts
    record_property(
        TOLD,
        f"{counts['histories']} histories by {history.ACTORS} processes on PostgreSQL: "
        f"{sum(map(len, crew.outcomes.values()))} commands, {counts['written']} written, "
        f"{counts['killed']} processes killed",
    )
    assert [name for name in counts if name.startswith(history.BROKEN)] == []
    # A run in which hardly anything happened would prove nothing.
    assert counts["histories"] == HISTORIES
    assert counts["killed"] >= HISTORIES // PROVED_EACH
    for refusal in history.REFUSALS:
        assert counts[refusal.__name__] >= HISTORIES // 20, refusal
    assert counts["written"] >= HISTORIES
