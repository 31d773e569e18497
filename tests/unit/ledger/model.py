"""The ledger as a few dictionaries: what every verb must come to, in the order of the commits."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.errors import InsufficientCredits, LedgerConflict, TreasuryEmpty

SERVER = 100
PEOPLE = (0, 1, 2)
SPENT_FIRST = ("earned", "granted")
TAKEN_FIRST = ("granted", "earned")


@dataclass(frozen=True)
class Command:
    """One verb with its arguments; people are numbered, `key` is one of a few."""

    verb: str
    key: str
    amount: int = 0
    who: int = 0
    other: int = 1
    purse: str = "earned"
    server: int = SERVER

    async def send(self, conn: AsyncConnection, accounts: list[int]) -> None:
        """Ask the real ledger."""
        await _SENDERS[self.verb](self, conn, accounts)


async def _fund(command: Command, conn, accounts) -> None:
    await ledger.fund(conn, key=command.key, server_id=command.server, amount=command.amount)


async def _grant(command: Command, conn, accounts) -> None:
    await ledger.grant(
        conn,
        key=command.key,
        account_id=accounts[command.who],
        purse=command.purse,
        amount=command.amount,
    )


async def _hold(command: Command, conn, accounts) -> None:
    await ledger.hold(
        conn, key=command.key, account_id=accounts[command.who], job_id=1, amount=command.amount
    )


async def _capture(command: Command, conn, accounts) -> None:
    await ledger.capture(conn, hold_key=command.key, amount=command.amount)


async def _release(command: Command, conn, accounts) -> None:
    await ledger.release(conn, hold_key=command.key)


async def _transfer(command: Command, conn, accounts) -> None:
    await ledger.transfer(
        conn,
        key=command.key,
        from_account_id=accounts[command.who],
        to_account_id=accounts[command.other],
        amount=command.amount,
    )


async def _adjust(command: Command, conn, accounts) -> None:
    await ledger.adjust(
        conn, key=command.key, account_id=accounts[command.who], delta=command.amount
    )


_SENDERS: dict[str, Callable[[Command, AsyncConnection, list[int]], Awaitable[None]]] = {
    "fund": _fund,
    "grant": _grant,
    "hold": _hold,
    "capture": _capture,
    "release": _release,
    "transfer": _transfer,
    "adjust": _adjust,
}


@dataclass
class Hold:
    """A hold of the model: who, and how much from which purse."""

    who: int
    parts: list[tuple[str, int]]

    @property
    def amount(self) -> int:
        return sum(part for _, part in self.parts)


@dataclass
class Model:
    """What everybody must have. `written` keeps, for each key, the command that wrote it."""

    treasury: int = 0
    purses: Counter = field(default_factory=Counter)
    holds: dict[str, Hold] = field(default_factory=dict)
    resolved: dict[str, int] = field(default_factory=dict)
    written: dict[str, Command] = field(default_factory=dict)

    def apply(self, command: Command) -> type[Exception] | None:
        """Do what the ledger must do; return the refusal that it must raise, if any."""
        if command.verb in ("capture", "release"):
            return self._resolve(command)
        if command.key in self.written:
            return None if self.written[command.key] == command else LedgerConflict
        refusal = getattr(self, f"_{command.verb}")(command)
        if refusal is None:
            self.written[command.key] = command
        return refusal

    def funds(self, who: int) -> tuple[int, int, int]:
        held = sum(
            hold.amount
            for key, hold in self.holds.items()
            if hold.who == who and key not in self.resolved
        )
        return self.purses[who, "earned"], self.purses[who, "granted"], held

    def _draw(self, who: int, order: tuple[str, ...], amount: int) -> list[tuple[str, int]] | None:
        if amount > sum(self.purses[who, purse] for purse in order):
            return None
        parts = []
        for purse in order:
            part = min(amount, self.purses[who, purse])
            self.purses[who, purse] -= part
            amount -= part
            parts.append((purse, part))
        return parts

    def _fund(self, command: Command) -> None:
        self.treasury += command.amount

    def _grant(self, command: Command) -> type[Exception] | None:
        if command.amount > self.treasury:
            return TreasuryEmpty
        self.treasury -= command.amount
        self.purses[command.who, command.purse] += command.amount
        return None

    def _hold(self, command: Command) -> type[Exception] | None:
        parts = self._draw(command.who, SPENT_FIRST, command.amount)
        if parts is None:
            return InsufficientCredits
        self.holds[command.key] = Hold(command.who, parts)
        return None

    def _transfer(self, command: Command) -> type[Exception] | None:
        parts = self._draw(command.who, SPENT_FIRST, command.amount)
        if parts is None:
            return InsufficientCredits
        for purse, part in parts:
            self.purses[command.other, purse] += part
        return None

    def _adjust(self, command: Command) -> type[Exception] | None:
        if command.amount > self.treasury:
            return TreasuryEmpty
        if command.amount < 0:
            if self._draw(command.who, TAKEN_FIRST, -command.amount) is None:
                return InsufficientCredits
        else:
            self.purses[command.who, "granted"] += command.amount
        self.treasury -= command.amount
        return None

    def _resolve(self, command: Command) -> type[Exception] | None:
        hold = self.holds.get(command.key)
        captured = command.amount if command.verb == "capture" else 0
        if hold is None or captured > hold.amount:
            return LedgerConflict
        if command.key in self.resolved:
            return None if self.resolved[command.key] == captured else LedgerConflict
        self.resolved[command.key] = captured
        self.treasury += captured
        # Charged in the order it was drawn in, which is: given back granted first.
        for purse, part in hold.parts:
            charged = min(captured, part)
            captured -= charged
            self.purses[hold.who, purse] += part - charged
        return None
