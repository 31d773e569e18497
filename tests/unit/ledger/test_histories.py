"""Money under several processes on PostgreSQL, some of them killed in the middle of anything.

Nothing is compared with a model, because only the database knows the order. The book alone must
be right, and must hold exactly what the processes were told: what was written once is there,
once and as it was asked for, and nothing else is.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from bot import ledger
from bot.db import Database
from bot.db.tables import accounts, ledger_entries, purses
from tests.unit.conftest import TOLD
from tests.unit.ledger import history
from tests.unit.ledger.crew import ACTORS, Crew
from tests.unit.ledger.model import Command

HISTORIES = 16
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


async def read_book(db: Database) -> dict[str, list[Move]]:
    """Return every entry under its key."""
    left, reached = purses.alias(), purses.alias()
    giver, taker = accounts.alias(), accounts.alias()
    columns = [
        ledger_entries.c.key,
        ledger_entries.c.kind,
        ledger_entries.c.amount,
        *(giver.c.server_id, giver.c.user_id, left.c.kind),
        *(taker.c.server_id, taker.c.user_id, reached.c.kind),
    ]
    joined = (
        sa.select(*columns)
        .join(left, left.c.id == ledger_entries.c.debit_purse_id)
        .join(giver, giver.c.id == left.c.account_id)
        .join(reached, reached.c.id == ledger_entries.c.credit_purse_id)
        .join(taker, taker.c.id == reached.c.account_id)
    )
    book: dict[str, list[Move]] = defaultdict(list)
    async with db.read() as conn:
        for key, kind, amount, *ends in await conn.execute(joined):
            book[key].append(Move(kind, amount, tuple(ends[:3]), tuple(ends[3:])))
    return book


async def check_book(url: str, crew: Crew) -> None:
    db = Database(url)
    try:
        async with db.read() as conn:
            assert await ledger.verify(conn) == []
            query = sa.select(sa.func.min(purses.c.balance)).where(purses.c.kind != "bank")
            assert await conn.scalar(query) >= 0
            assert await conn.scalar(sa.select(sa.func.sum(purses.c.balance))) == 0
        book = await read_book(db)
    finally:
        await db.close()
    written = set()
    for (number, index), outcomes in crew.outcomes.items():
        command = history.script(number)[index]
        is_resolution = command.verb in ("capture", "release")
        key = f"{command.key}:resolved" if is_resolution else command.key
        if None in outcomes:
            written.add(key)
            assert is_what_was_asked(command, book[key]), (command, book[key])
        if "LedgerConflict" in outcomes and not is_resolution:
            others = [other for other in history.script(number) if other.key == command.key]
            assert any(other != command for other in others), command
    assert written == set(book)


@pytest.fixture
def url(postgres) -> str:
    return postgres.new_database()


def test_no_history_of_several_processes_breaks_the_book(url, record_property):
    with Crew(url) as crew:
        for number in range(HISTORIES):
            crew.act_out(number)

    counts = crew.counts
    record_property(
        TOLD,
        f"{counts['histories']} histories by {ACTORS} processes on PostgreSQL: "
        f"{sum(map(len, crew.outcomes.values()))} commands, {counts['written']} written, "
        f"{counts['killed']} processes killed",
    )
    assert [name for name in counts if name.startswith(history.BROKEN)] == []
    with asyncio.Runner() as runner:
        runner.run(check_book(url, crew))
    # A run in which hardly anything happened would prove nothing.
    assert counts["histories"] == HISTORIES
    assert counts["killed"] >= HISTORIES // 10
    for refusal in history.REFUSALS:
        assert counts[refusal.__name__] >= HISTORIES // 2, refusal
    assert counts["written"] >= 10 * HISTORIES
