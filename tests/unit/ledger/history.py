"""Histories: scripts of random commands that several processes act out at once, some to be killed.

Each history has a server of its own, whose people, treasury and purses begin with it. Everybody
acts out the same script, each in an order of their own and a few commands at a time, so the same
command comes from everywhere, keys are used for other things, and one process resolves what
another holds.
"""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection

from bot import ledger
from bot.db import Database
from bot.errors import InsufficientCredits, LedgerConflict, TreasuryEmpty
from tests.unit.ledger.model import PEOPLE, Command
from tests.unit.ledger.whim import Whim

FIRST_SERVER = 1000
COMMANDS = 10
TASKS = 2
REFUSALS = (InsufficientCredits, LedgerConflict, TreasuryEmpty)

DONE = "done"
BROKEN = "broken"


def script(number: int) -> list[Command]:
    """Return what a history is about: a treasury, some first credits, then anything."""
    whim = Whim(number)
    first = [Command("fund", "first:fund", 120)]
    first += [Command("grant", f"first:{who}", 20, who) for who in PEOPLE]
    random_ones = [whim.turn().command for _ in range(COMMANDS)]
    server = FIRST_SERVER + number
    return [
        replace(command, key=f"{number}/{command.key}", server=server)
        for command in first + random_ones
    ]


def order(number: int, actor: int) -> list[int]:
    """Return in which order one process acts out a script: the first credits first."""
    chance = random.Random(number * 10 + actor)
    begin = len(PEOPLE) + 1
    late = list(range(begin, begin + COMMANDS))
    chance.shuffle(late)
    return [*chance.sample(range(begin), begin), *late]


def act(url: str, actor: int, pipe: Connection) -> None:
    """Be one process: act out each history that is asked for, until the pipe closes."""
    asyncio.run(_act(url, actor, pipe))


async def _act(url: str, actor: int, pipe: Connection) -> None:
    db = Database(url)
    try:
        while True:
            number = await asyncio.to_thread(pipe.recv)
            steps = iter(order(number, actor))
            async with asyncio.TaskGroup() as group:
                for _ in range(TASKS):
                    group.create_task(_take_steps(db, number, steps, pipe))
            pipe.send((DONE, None))
    except (EOFError, OSError):
        # The test is over.
        return
    finally:
        await db.close()


async def _take_steps(db: Database, number: int, steps: Iterator[int], pipe: Connection) -> None:
    commands = script(number)
    accounts: list[int] = []
    for index in steps:
        pipe.send((index, await _outcome(db, commands[index], accounts)))


async def _outcome(db: Database, command: Command, accounts: list[int]) -> str | None:
    """Send a command in a transaction of its own; return the refusal, if it was one.

    `accounts` are filled in by the first that is written.
    """
    try:
        async with db.write() as conn:
            opened = accounts or [
                await ledger.open_account(conn, server_id=command.server, user_id=who + 1)
                for who in PEOPLE
            ]
            await command.send(conn, opened)
        accounts[:] = opened
    except REFUSALS as refusal:
        return type(refusal).__name__
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the test is after
        return f"{BROKEN}: {error!r}"
    return None
