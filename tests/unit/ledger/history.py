"""Histories: a few random commands about one server, which several processes act out at once.

Every command is sent by one process at least and by some of the others, each in an order of its
own and a few at a time. So the same command comes from everywhere, keys are used for other things,
one process resolves what another holds, and the histories of one server meet in its purses.
"""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing.connection import Connection

from bot import ledger
from bot.config import environment
from bot.db import Database
from bot.errors import InsufficientCredits, LedgerConflict, TreasuryEmpty
from tests.unit.ledger.model import PEOPLE, Command
from tests.unit.ledger.whim import Whim

HISTORIES = int(environment().get("LEDGER_HISTORIES", "2000"))
"""How many to try; more where there is the time, such as at night."""
ACTORS = 3
SERVERS = tuple(range(1000, 1004))
COMMANDS = 3
TASKS = 3
ECHO = 0.2
"""How likely one more process sends the same command."""
AT_ONCE = 6
"""So many histories are under way at once, in each process."""
REFUSALS = (InsufficientCredits, LedgerConflict, TreasuryEmpty)

DONE = "done"
BROKEN = "broken"

Step = tuple[int, int]
"""A history, and which of its commands."""


@dataclass(frozen=True)
class Part:
    """What one process is to act out: histories, but for what it has done of them before."""

    histories: range
    done: frozenset[Step] = frozenset()


@lru_cache(maxsize=1000)
def script(number: int) -> list[Command]:
    """Return what a history is about. The first of each server's are its treasury and credits."""
    server = SERVERS[number % len(SERVERS)]
    if number < len(SERVERS):
        commands = [Command("fund", "fund", 200)]
        commands += [Command("grant", f"grant:{who}", 40, who) for who in PEOPLE]
    else:
        whim = Whim(number)
        commands = [whim.turn().command for _ in range(COMMANDS)]
    return [replace(command, key=f"{number}/{command.key}", server=server) for command in commands]


def steps(part: Part, actor: int) -> list[Step]:
    """Return what one process does, in its own order."""
    chance = random.Random(f"{part.histories} {actor}")
    ordered: list[Step] = []
    for first in part.histories[::AT_ONCE]:
        together = [
            (number, index)
            for number in range(first, min(first + AT_ONCE, part.histories.stop))
            for index in range(len(script(number)))
            if (number + index) % ACTORS == actor or chance.random() < ECHO
        ]
        chance.shuffle(together)
        ordered += together
    return [step for step in ordered if step not in part.done]


def act(url: str, actor: int, pipe: Connection) -> None:
    """Be one process: act out each part that is asked for, until the pipe closes."""
    asyncio.run(_act(url, actor, pipe))


async def _act(url: str, actor: int, pipe: Connection) -> None:
    db = Database(url)
    accounts: dict[int, list[int]] = {}
    try:
        while True:
            part = await asyncio.to_thread(pipe.recv)
            mine = iter(steps(part, actor))
            async with asyncio.TaskGroup() as group:
                for _ in range(TASKS):
                    group.create_task(_take(db, mine, accounts, pipe))
            pipe.send((None, DONE))
    except (EOFError, OSError):
        # The test is over.
        return
    finally:
        await db.close()


async def _take(
    db: Database, mine: Iterator[Step], accounts: dict[int, list[int]], pipe: Connection
) -> None:
    for number, index in mine:
        pipe.send(((number, index), await _outcome(db, script(number)[index], accounts)))


async def _outcome(db: Database, command: Command, accounts: dict[int, list[int]]) -> str | None:
    """Send a command in a transaction of its own; return the refusal, if it was one.

    `accounts` are those of each server, known when somebody's commit has made them sure.
    """
    try:
        async with db.write() as conn:
            opened = accounts.get(command.server) or [
                await ledger.open_account(conn, server_id=command.server, user_id=who + 1)
                for who in PEOPLE
            ]
            await command.send(conn, opened)
        accounts[command.server] = opened
    except REFUSALS as refusal:
        return type(refusal).__name__
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the test is after
        return f"{BROKEN}: {error!r}"
    return None
