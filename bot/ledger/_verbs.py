"""The verbs: each writes a few entries in the caller's transaction."""

from dataclasses import dataclass

import sqlalchemy as sa

from bot.db import at_once
from bot.errors import InsufficientCredits, LedgerConflict, TreasuryEmpty
from bot.ledger._book import (
    HOST_SERVER_ID,
    MAX_AMOUNT,
    append,
    carry_out,
    find_purses,
    find_treasury,
    is_key_used,
    open_purses,
    read_account,
    read_accounts,
    read_hold,
    treasury_purse,
)
from bot.ledger._moves import Entry, Move

_PERSON_PURSES = ("earned", "granted", "held")
_SPENT_FIRST = ("earned", "granted")
_TAKEN_FIRST = ("granted", "earned")


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


@at_once
def find_account(conn: sa.Connection, *, server_id: int, user_id: int) -> int | None:
    """Return the account of a person in a server, if they have one."""
    return find_purses(conn, server_id=server_id, user_id=user_id)


@at_once
def open_account(conn: sa.Connection, *, server_id: int, user_id: int) -> int:
    """Return the account of a person in a server, opened with empty purses when it is new.

    Raises:
        ValueError: an id is not positive; those of the host and the treasuries are 0.
    """
    if server_id <= 0 or user_id <= 0:
        raise ValueError(f"no person's ids: server {server_id}, user {user_id}")
    return open_purses(conn, server_id=server_id, user_id=user_id, kinds=_PERSON_PURSES)


@at_once
def read_funds(conn: sa.Connection, account_id: int) -> Funds:
    """Return what a person's account has."""
    own = read_account(conn, account_id).purses
    return Funds(**{kind: own[kind].amount for kind in _PERSON_PURSES})


@at_once
def read_treasury(conn: sa.Connection, server_id: int) -> int:
    """Return what a server's treasury can grant, in credits."""
    funds = find_treasury(conn, server_id)
    return 0 if funds is None else funds.amount


@at_once
def is_written(conn: sa.Connection, key: str) -> bool:
    """Whether a write with this key happened."""
    return is_key_used(conn, key)


@at_once
def fund(conn: sa.Connection, *, key: str, server_id: int, amount: int) -> None:
    """Fill a server's treasury from the host's bank.

    Raises:
        ValueError: no write moves such an amount.
        LedgerConflict: `key` was used before with other content.
    """
    _check_amount(amount)
    bank = treasury_purse(conn, HOST_SERVER_ID)
    treasury = treasury_purse(conn, server_id)
    entries = [Entry("grant", bank.id, treasury.id, amount)]
    append(conn, key=key, entries=entries, is_same=entries.__eq__)


@at_once
def grant(conn: sa.Connection, *, key: str, account_id: int, purse: str, amount: int) -> None:
    """Give credits of the server's treasury to a person, into `earned` or `granted`.

    Raises:
        ValueError: no write moves such an amount, or nothing is granted into such a purse.
        TreasuryEmpty: nothing was written.
        LedgerConflict: `key` was used before with other content.
    """
    if purse not in _SPENT_FIRST:
        raise ValueError(f"nothing is granted into {purse}")
    _check_amount(amount)
    _grant(conn, kind="grant", key=key, account_id=account_id, purse=purse, amount=amount)


@at_once
def hold(conn: sa.Connection, *, key: str, account_id: int, job_id: int, amount: int) -> None:
    """Reserve credits for a job: the earned purse first, then the granted one.

    Raises:
        ValueError: no write moves such an amount.
        InsufficientCredits: nothing was written.
        LedgerConflict: `key` was used before with other content.
    """
    _check_amount(amount)
    own = read_account(conn, account_id).purses
    ends = [(own[kind], own["held"].id) for kind in _SPENT_FIRST]
    move = Move("hold", amount, ends, job_id)
    carry_out(conn, key=key, move=move, refusal=InsufficientCredits)


@at_once
def capture(conn: sa.Connection, *, hold_key: str, amount: int) -> None:
    """Resolve a hold: charge `amount` (0 up to what is held), give the rest back.

    What is given back returns to the purse it came from, granted first.

    Raises:
        ValueError: no write moves such an amount.
        LedgerConflict: there is no such hold, it is smaller, or it was resolved otherwise.
    """
    _check_amount(amount, least=0)
    _resolve(conn, hold_key, amount)


@at_once
def release(conn: sa.Connection, *, hold_key: str) -> None:
    """Resolve a hold by giving everything back.

    Raises:
        LedgerConflict: there is no such hold, or it was resolved otherwise.
    """
    _resolve(conn, hold_key, 0)


@at_once
def transfer(
    conn: sa.Connection, *, key: str, from_account_id: int, to_account_id: int, amount: int
) -> None:
    """Move credits between two people of one server, purse by purse, earned first.

    Raises:
        ValueError: no write moves such an amount, or the two are one, or of two servers.
        InsufficientCredits: nothing was written.
        LedgerConflict: `key` was used before with other content.
    """
    _check_amount(amount)
    found = read_accounts(conn, from_account_id, to_account_id)
    giver, taker = found[from_account_id], found[to_account_id]
    if giver is taker or giver.server_id != taker.server_id:
        raise ValueError(f"nothing goes from account {from_account_id} to {to_account_id}")
    ends = [(giver.purses[kind], taker.purses[kind].id) for kind in _SPENT_FIRST]
    move = Move("transfer", amount, ends)
    carry_out(conn, key=key, move=move, refusal=InsufficientCredits)


@at_once
def adjust(conn: sa.Connection, *, key: str, account_id: int, delta: int) -> None:
    """Correct a person's credits: more into `granted`, or back to the treasury, granted first.

    Raises:
        ValueError: no write moves such an amount.
        TreasuryEmpty, InsufficientCredits: nothing was written.
        LedgerConflict: `key` was used before with other content.
    """
    _check_amount(delta, least=-MAX_AMOUNT)
    _check_amount(abs(delta))
    if delta > 0:
        _grant(conn, kind="adjust", key=key, account_id=account_id, purse="granted", amount=delta)
        return
    own = read_account(conn, account_id)
    treasury = treasury_purse(conn, own.server_id)
    ends = [(own.purses[kind], treasury.id) for kind in _TAKEN_FIRST]
    move = Move("adjust", -delta, ends)
    carry_out(conn, key=key, move=move, refusal=InsufficientCredits)


def _grant(
    conn: sa.Connection, *, kind: str, key: str, account_id: int, purse: str, amount: int
) -> None:
    own = read_account(conn, account_id)
    treasury = treasury_purse(conn, own.server_id)
    move = Move(kind, amount, [(treasury, own.purses[purse].id)])
    carry_out(conn, key=key, move=move, refusal=TreasuryEmpty)


def _resolve(conn: sa.Connection, hold_key: str, amount: int) -> None:
    held = read_hold(conn, hold_key)
    if amount > held.amount:
        raise LedgerConflict(f"{hold_key}: cannot capture {amount} of {held.amount}")
    # A person's purses before the treasury, here as in every verb: two orders would deadlock.
    read_account(conn, held.account_id)
    treasury = treasury_purse(conn, held.server_id)
    entries: list[Entry] = []
    if amount:
        entries.append(Entry("capture", held.purse_id, treasury.id, amount, held.job_id))
    left = held.amount - amount
    for purse_id, part in reversed(held.parts):
        back = min(left, part)
        left -= back
        if back:
            entries.append(Entry("release", held.purse_id, purse_id, back, held.job_id))
    # One key for both outcomes: the unique index then resolves a hold once, whoever races.
    append(conn, key=f"{hold_key}:resolved", entries=entries, is_same=entries.__eq__)


def _check_amount(amount: int, *, least: int = 1) -> None:
    """Refuse what is no amount, `True` and 1.0 included, before anything is looked at.

    Raises:
        ValueError: it is none.
    """
    if type(amount) is not int or not least <= amount <= MAX_AMOUNT:
        raise ValueError(f"no amount of credits: {amount!r}")
