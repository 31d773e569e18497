"""Two people in one server, with some credits, and ways to look at the book."""

from dataclasses import dataclass

import sqlalchemy as sa

from bot import ledger
from bot.db import Database
from bot.db.tables import ledger_entries, purses

SERVER = 100
TREASURY = 1000
EARNED = 30
GRANTED = 50


@dataclass(frozen=True)
class Scene:
    """Alice has 30 earned and 50 granted credits, Bob the same, the treasury what is left."""

    db: Database
    alice: int
    bob: int

    async def funds(self, account_id: int) -> tuple[int, int, int]:
        async with self.db.read() as conn:
            funds = await ledger.read_funds(conn, account_id)
        return funds.earned, funds.granted, funds.held

    async def treasury(self) -> int:
        async with self.db.read() as conn:
            return await ledger.read_treasury(conn, SERVER)

    async def book(self) -> tuple[list, dict]:
        """Return every entry, and every purse that has something in it."""
        async with self.db.read() as conn:
            entries = list(await conn.execute(sa.select(ledger_entries)))
            rows = await conn.execute(sa.select(purses.c.id, purses.c.balance))
            return entries, {row.id: row.balance for row in rows if row.balance}


async def make_scene(db: Database) -> Scene:
    async with db.write() as conn:
        alice = await ledger.open_account(conn, server_id=SERVER, user_id=1)
        bob = await ledger.open_account(conn, server_id=SERVER, user_id=2)
        total = TREASURY + 2 * (EARNED + GRANTED)
        await ledger.fund(conn, key="setup", server_id=SERVER, amount=total)
        for who in (alice, bob):
            for purse, amount in (("earned", EARNED), ("granted", GRANTED)):
                await ledger.grant(
                    conn, key=f"{who}:{purse}", account_id=who, purse=purse, amount=amount
                )
    return Scene(db, alice, bob)
