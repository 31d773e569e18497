"""The verbs: each writes a few entries in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import ledger_entries
from bot.errors import InsufficientCredits, LedgerConflict, TreasuryEmpty
from bot.ledger._book import (
    TREASURY_USER_ID,
    Entry,
    Move,
    Purse,
    append,
    bank_purse,
    find_account,
    is_repeat,
    open_purses,
    read_hold,
    read_purses,
    server_of,
    treasury_purse,
    write,
)

_PERSON_PURSES = ("earned", "granted", "held")


@dataclass(frozen=True)
class Funds:
    """What one person has, in credits."""

    earned: int
    granted: int
    held: int

    @property
    def available(self) -> int:
        """What can be spent now."""
        return self.earned + self.granted

    @property
    def balance(self) -> int:
        """What is theirs, the held part included."""
        return self.available + self.held


async def open_account(conn: AsyncConnection, *, server_id: int, user_id: int) -> int:
    """Return the account of a person in a server, opened with empty purses when it is new."""
    assert server_id > 0, server_id
    assert user_id > 0, user_id
    return await open_purses(conn, server_id=server_id, user_id=user_id, kinds=_PERSON_PURSES)


async def read_funds(conn: AsyncConnection, account_id: int) -> Funds:
    """Return what a person's account has."""
    balances = await read_purses(conn, account_id)
    return Funds(
        earned=balances["earned"].amount,
        granted=balances["granted"].amount,
        held=balances["held"].amount,
    )


async def read_treasury(conn: AsyncConnection, server_id: int) -> int:
    """Return what a server's treasury can grant, in credits."""
    treasury = await find_account(conn, server_id=server_id, user_id=TREASURY_USER_ID)
    if treasury is None:
        return 0
    return (await read_purses(conn, treasury))["funds"].amount


async def is_written(conn: AsyncConnection, key: str) -> bool:
    """Whether a write with this key happened."""
    found = await conn.scalar(sa.select(ledger_entries.c.id).where(ledger_entries.c.key == key))
    return found is not None


async def fund(conn: AsyncConnection, *, key: str, server_id: int, amount: int) -> None:
    """Fill a server's treasury from the host's bank.

    Raises:
        LedgerConflict: `key` was used before with other content.
    """
    bank = await bank_purse(conn)
    treasury = await treasury_purse(conn, server_id)
    await write(conn, key=key, entries=[Entry("grant", bank.id, treasury.id, amount)])


async def grant(
    conn: AsyncConnection, *, key: str, account_id: int, purse: str, amount: int
) -> None:
    """Give credits of the server's treasury to a person, into `earned` or `granted`.

    Raises:
        TreasuryEmpty: nothing was written.
        LedgerConflict: `key` was used before with other content.
    """
    assert purse in ("earned", "granted"), purse
    await _grant(conn, kind="grant", key=key, account_id=account_id, purse=purse, amount=amount)


async def hold(
    conn: AsyncConnection, *, key: str, account_id: int, job_id: int, amount: int
) -> None:
    """Reserve credits for a job: the earned purse first, then the granted one.

    Raises:
        InsufficientCredits: nothing was written.
        LedgerConflict: `key` was used before with other content.
    """
    own = await read_purses(conn, account_id)
    held = own["held"].id
    if await is_repeat(conn, key, Move("hold", amount, _ids(own), frozenset({held}), job_id)):
        return
    parts = _draw(own, ("earned", "granted"), amount)
    entries = [Entry("hold", purse.id, held, part, job_id) for purse, part in parts]
    await append(conn, key=key, entries=entries)


async def capture(conn: AsyncConnection, *, hold_key: str, amount: int) -> None:
    """Resolve a hold: charge `amount` (0 up to what is held), give the rest back.

    What is given back returns to the purse it came from, granted first.

    Raises:
        LedgerConflict: there is no such hold, or it was resolved otherwise.
    """
    held = await read_hold(conn, hold_key)
    if not 0 <= amount <= held.amount:
        raise LedgerConflict(f"{hold_key}: cannot capture {amount} of {held.amount}")
    # A person's purses before the treasury, here as in every verb: two orders would deadlock.
    await read_purses(conn, held.account_id)
    treasury = await treasury_purse(conn, held.server_id)
    entries: list[Entry] = []
    if amount:
        entries.append(Entry("capture", held.purse_id, treasury.id, amount, held.job_id))
    left = held.amount - amount
    for purse_id, part in reversed(held.parts):
        back = min(left, part)
        left -= back
        if back:
            entries.append(Entry("release", held.purse_id, purse_id, back, held.job_id))
    await write(conn, key=_resolution(hold_key), entries=entries)


async def release(conn: AsyncConnection, *, hold_key: str) -> None:
    """Resolve a hold by giving everything back.

    Raises:
        LedgerConflict: there is no such hold, or it was resolved otherwise.
    """
    await capture(conn, hold_key=hold_key, amount=0)


async def transfer(
    conn: AsyncConnection, *, key: str, from_account_id: int, to_account_id: int, amount: int
) -> None:
    """Move credits between two people of one server, purse by purse, earned first.

    Raises:
        InsufficientCredits: nothing was written.
        LedgerConflict: `key` was used before with other content.
    """
    assert from_account_id != to_account_id, from_account_id
    # Locked in one order, whoever gives: two people who give each other would deadlock.
    both = [from_account_id, to_account_id]
    own = {account_id: await read_purses(conn, account_id) for account_id in sorted(both)}
    giver, taker = own[from_account_id], own[to_account_id]
    if await is_repeat(conn, key, Move("transfer", amount, _ids(giver), _ids(taker))):
        return
    parts = _draw(giver, ("earned", "granted"), amount)
    entries = [Entry("transfer", purse.id, taker[purse.kind].id, part) for purse, part in parts]
    await append(conn, key=key, entries=entries)


async def adjust(conn: AsyncConnection, *, key: str, account_id: int, delta: int) -> None:
    """Correct a person's credits: more into `granted`, or back to the treasury, granted first.

    Raises:
        TreasuryEmpty, InsufficientCredits: nothing was written.
        LedgerConflict: `key` was used before with other content.
    """
    if delta > 0:
        await _grant(
            conn, kind="adjust", key=key, account_id=account_id, purse="granted", amount=delta
        )
        return
    own = await read_purses(conn, account_id)
    treasury = await treasury_purse(conn, await server_of(conn, account_id))
    move = Move("adjust", -delta, _ids(own), frozenset({treasury.id}))
    if await is_repeat(conn, key, move):
        return
    parts = _draw(own, ("granted", "earned"), -delta)
    entries = [Entry("adjust", purse.id, treasury.id, part) for purse, part in parts]
    await append(conn, key=key, entries=entries)


def _ids(own: dict[str, Purse]) -> frozenset[int]:
    return frozenset(purse.id for purse in own.values())


def _resolution(hold_key: str) -> str:
    # One key for both outcomes: the unique index then resolves a hold once, whoever races.
    return f"{hold_key}:resolved"


def _draw(own: dict[str, Purse], order: Sequence[str], amount: int) -> list[tuple[Purse, int]]:
    available = sum(own[kind].amount for kind in order)
    if amount > available:
        raise InsufficientCredits(needed=amount, available=available)
    parts: list[tuple[Purse, int]] = []
    for kind in order:
        part = min(amount, own[kind].amount)
        amount -= part
        if part:
            parts.append((own[kind], part))
    return parts


async def _grant(
    conn: AsyncConnection, *, kind: str, key: str, account_id: int, purse: str, amount: int
) -> None:
    taker = (await read_purses(conn, account_id))[purse].id
    treasury = await treasury_purse(conn, await server_of(conn, account_id))
    move = Move(kind, amount, frozenset({treasury.id}), frozenset({taker}))
    if await is_repeat(conn, key, move):
        return
    if treasury.amount < amount:
        raise TreasuryEmpty(needed=amount, available=treasury.amount)
    entry = Entry(kind, treasury.id, taker, amount)
    await append(conn, key=key, entries=[entry])
