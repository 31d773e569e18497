"""What stands in the book, and what a verb asks of it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One row: an amount that leaves the debit purse and arrives in the credit purse."""

    kind: str
    debit_purse_id: int
    credit_purse_id: int
    amount: int
    job_id: int | None = None


@dataclass(frozen=True)
class Purse:
    """One of an account's purses and what is in it, in credits."""

    id: int
    kind: str
    amount: int


@dataclass(frozen=True)
class Account:
    """A person's purses by kind, and their server."""

    server_id: int
    purses: dict[str, Purse]


@dataclass(frozen=True)
class Move:
    """What a verb is asked for: an amount out of the first purse, and when it is empty the next.

    `ends` are the purses it may leave, each with the id of the purse that it then reaches.
    """

    kind: str
    amount: int
    ends: Sequence[tuple[Purse, int]]
    job_id: int | None = None

    @property
    def available(self) -> int:
        """What the purses have together, in credits."""
        return sum(purse.amount for purse, _ in self.ends)

    def draw(self) -> list[Entry]:
        """Return the entries that this makes of the purses as they are."""
        left = self.amount
        entries: list[Entry] = []
        for purse, reached in self.ends:
            part = min(left, purse.amount)
            left -= part
            if part:
                entries.append(Entry(self.kind, purse.id, reached, part, self.job_id))
        return entries

    def made(self, entries: Sequence[Entry]) -> bool:
        """Whether these entries are what was asked for, whatever was in the purses then."""
        ends = {(purse.id, reached) for purse, reached in self.ends}
        return sum(entry.amount for entry in entries) == self.amount and all(
            (entry.kind, entry.job_id) == (self.kind, self.job_id)
            and (entry.debit_purse_id, entry.credit_purse_id) in ends
            for entry in entries
        )


@dataclass(frozen=True)
class Hold:
    """A reservation: the purse it waits in, and the purses it came from."""

    purse_id: int
    account_id: int
    server_id: int
    job_id: int | None
    amount: int
    parts: tuple[tuple[int, int], ...]
