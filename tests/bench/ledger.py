"""What the ledger costs beside the same transaction written straight on sqlite3.

    python -m tests.bench.ledger [--transfers 1000] [--entries 1000000]

Prints figures and ratios; nothing here passes or fails.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bot import ledger
from bot.db import Database
from bot.db._database import _PRAGMAS

SERVER = 1
PEOPLE = 100
WRITERS = 16
FEW = 1_000
RICH = 10_000_000
ROUNDS = 5
_WRITTEN = "2026-01-01 00:00:00.000000"
# What `ledger.transfer` asks and writes, with nothing between it and the file.
_PURSES = (
    "SELECT purses.account_id, accounts.server_id, purses.id, purses.kind, purses.balance "
    "FROM purses JOIN accounts ON accounts.id = purses.account_id "
    "WHERE purses.account_id IN (?, ?) ORDER BY purses.account_id, purses.id"
)
_COLUMNS = "key, part, kind, debit_purse_id, credit_purse_id, amount, created_at"
_APPEND = (
    f"INSERT INTO ledger_entries ({_COLUMNS}) SELECT ?, 0, 'transfer', ?, ?, 1, ? "
    "WHERE NOT EXISTS (SELECT id FROM ledger_entries WHERE key = ?)"
)
_CHANGE_BALANCE = "UPDATE purses SET balance = balance + ? WHERE id = ?"
_FILL = f"INSERT INTO ledger_entries ({_COLUMNS}) VALUES (?, 0, 'transfer', ?, ?, 1, ?)"


class Book:
    """One database file with a hundred rich people."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = Database(f"sqlite+aiosqlite:///{path}")
        self.accounts: list[int] = []
        self._turns = 0

    async def open(self) -> None:
        """Make the file and give everybody enough for any number of transfers."""
        await self.db.migrate()
        async with self.db.write() as conn:
            await ledger.fund(conn, key="fund", server_id=SERVER, amount=PEOPLE * RICH)
            for person in range(1, PEOPLE + 1):
                account = await ledger.open_account(conn, server_id=SERVER, user_id=person)
                self.accounts.append(account)
                await ledger.grant(
                    conn, key=f"rich:{person}", account_id=account, purse="earned", amount=RICH
                )

    def fill(self, entries: int) -> None:
        """Write transfers in a circle until there are about so many entries.

        Everybody gives as much as they take, so the balances stay as they are.
        """
        with closing(self._connect()) as raw:
            [there] = raw.execute("SELECT count(*) FROM ledger_entries").fetchone()
            own = [self._earned(raw, account) for account in self.accounts]
            circle = [(one, own[(place + 1) % PEOPLE]) for place, one in enumerate(own)]
            rounds = range(there, max(there, entries), PEOPLE)
            raw.execute("BEGIN IMMEDIATE")
            for first in rounds:
                raw.executemany(
                    _FILL,
                    [(f"fill:{first + n}", *ends, _WRITTEN) for n, ends in enumerate(circle)],
                )
            raw.execute("COMMIT")

    async def transfer(self) -> float:
        """Transfer by the ledger; return the seconds it took."""
        giver, taker, key = self._next()
        start = time.perf_counter()
        async with self.db.write() as conn:
            await ledger.transfer(
                conn, key=key, from_account_id=giver, to_account_id=taker, amount=1
            )
        return time.perf_counter() - start

    def transfer_straight(self, raw: sqlite3.Connection) -> float:
        """Do the same on sqlite3 itself; return the seconds it took."""
        giver, taker, key = self._next()
        start = time.perf_counter()
        raw.execute("BEGIN IMMEDIATE")
        rows = raw.execute(_PURSES, (giver, taker)).fetchall()
        own = {(row[0], row[3]): row[2] for row in rows}
        ends = own[giver, "earned"], own[taker, "earned"]
        assert raw.execute(_APPEND, (key, *ends, _WRITTEN, key)).rowcount == 1
        raw.executemany(_CHANGE_BALANCE, zip((-1, 1), ends, strict=True))
        raw.execute("COMMIT")
        return time.perf_counter() - start

    def straight(self) -> sqlite3.Connection:
        """Open the file as `bot.db` does, without anything between."""
        raw = self._connect()
        for pragma in _PRAGMAS:
            raw.execute(pragma)
        return raw

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None)

    def _earned(self, raw: sqlite3.Connection, account_id: int) -> int:
        rows = raw.execute(_PURSES, (account_id, account_id))
        return next(row[2] for row in rows if row[3] == "earned")

    def _next(self) -> tuple[int, int, str]:
        self._turns += 1
        giver = self.accounts[self._turns % PEOPLE]
        taker = self.accounts[(self._turns + 1) % PEOPLE]
        return giver, taker, f"bench:{self._turns}"


async def measure_ledger(*, transfers: int = 1_000, entries: int = 1_000_000) -> None:
    """Print transfers per second, how they and `verify` grow, and what 16 writers wait."""
    with tempfile.TemporaryDirectory() as folder:
        book = Book(Path(folder) / "atelier.sqlite")
        await book.open()
        try:
            await asyncio.to_thread(book.fill, FEW)
            few = await _compare(book, transfers, FEW)
            await _measure_writers(book, transfers)
            await asyncio.to_thread(book.fill, entries)
            many = await _compare(book, transfers, entries)
            print(f"growth from {FEW:,} to {entries:,} entries: {many / few:.2f} times as long")
            start = time.perf_counter()
            async with book.db.read() as conn:
                wrong = await ledger.verify(conn)
            print(f"ledger verify: {time.perf_counter() - start:.1f} s for {entries:,} entries")
            assert wrong == [], wrong
        finally:
            await book.db.close()


async def _compare(book: Book, transfers: int, entries: int) -> float:
    """Print both rates, measured in turns; return the seconds of one transfer by the ledger."""
    ours: list[float] = []
    straight: list[float] = []
    with closing(book.straight()) as raw:
        for _ in range(ROUNDS):
            ours += [await book.transfer() for _ in range(transfers // ROUNDS)]
            straight += [book.transfer_straight(raw) for _ in range(transfers // ROUNDS)]
    rate, bare = len(ours) / sum(ours), len(straight) / sum(straight)
    print(
        f"ledger transfers with {entries:,} entries: {rate:.0f} a second, straight on sqlite3 "
        f"{bare:.0f} ({rate / bare:.2f} of it)"
    )
    return statistics.median(ours)


async def _measure_writers(book: Book, transfers: int) -> None:
    """Print what a transfer waits when 16 tasks write without a pause."""

    async def write() -> list[float]:
        return [await book.transfer() for _ in range(transfers // WRITERS)]

    start = time.perf_counter()
    waits = await asyncio.gather(*(write() for _ in range(WRITERS)))
    times = sorted(time_s for one in waits for time_s in one)
    took = time.perf_counter() - start
    print(
        f"{WRITERS} writers at once: p50 {times[len(times) // 2] * 1000:.1f} ms, "
        f"p99 {times[len(times) * 99 // 100] * 1000:.1f} ms, {len(times) / took:.0f} a second"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=1_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    options = parser.parse_args()
    asyncio.run(measure_ledger(transfers=options.transfers, entries=options.entries))
