"""The processes that act out histories, and whoever kills them."""

import multiprocessing
import random
import signal
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from tests.unit.ledger import history

ACTORS = 3
KILLED_SHARE = 0.2
PATIENCE_S = 20.0


@dataclass
class Actor:
    """One process, the pipe to it, and what it is to do before it is killed."""

    number: int
    process: BaseProcess
    pipe: Connection
    acts_left: int | None = None
    is_killed: bool = False


@dataclass
class Crew:
    """Acts out histories on one database and keeps what every command came to."""

    url: str
    actors: list[Actor] = field(default_factory=list)
    outcomes: dict[tuple[int, int], list[str | None]] = field(
        default_factory=lambda: defaultdict(list)
    )
    counts: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> "Crew":
        # Forked from a process that has everything imported and nothing running.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["__main__", history.__name__])
        self.actors = [self._start(number) for number in range(ACTORS)]
        return self

    def __exit__(self, *_error: object) -> None:
        for actor in self.actors:
            actor.pipe.close()
            actor.process.kill()
            actor.process.join()

    def act_out(self, number: int) -> None:
        """Let everybody act out one history; now and then one is killed, and another begins anew.

        Raises:
            TimeoutError: somebody waits for ever.
        """
        chance = random.Random(number)
        for actor in self.actors:
            actor.acts_left = None
            actor.pipe.send(number)
        if chance.random() < KILLED_SHARE:
            last = len(history.script(number)) - 1
            chance.choice(self.actors).acts_left = chance.randint(0, last)
        busy = {actor.pipe: actor for actor in self.actors}
        while busy:
            ready = wait(list(busy), timeout=PATIENCE_S)
            if not ready:
                raise TimeoutError(f"history {number}: {sorted(a.number for a in busy.values())}")
            for pipe in ready:
                self._hear(number, busy, busy.pop(pipe))
        self.counts["histories"] += 1

    def _hear(self, number: int, busy: dict[Connection, Actor], actor: Actor) -> None:
        if actor.acts_left == 0:
            actor.process.kill()
            actor.acts_left = None
            actor.is_killed = True
            self.counts["killed"] += 1
        try:
            index, outcome = actor.pipe.recv()
        except (EOFError, OSError):
            self._replace(number, busy, actor)
            return
        if index == history.DONE:
            if actor.is_killed:
                # It came to its end all the same; the pipe says next that it is gone.
                busy[actor.pipe] = actor
            return
        if actor.acts_left is not None:
            actor.acts_left -= 1
        self.outcomes[number, index].append(outcome)
        self.counts[outcome or "written"] += 1
        busy[actor.pipe] = actor

    def _replace(self, number: int, busy: dict[Connection, Actor], dead: Actor) -> None:
        dead.pipe.close()
        dead.process.join()
        assert dead.process.exitcode == -signal.SIGKILL, f"history {number}: somebody broke"
        actor = self._start(dead.number)
        self.actors[self.actors.index(dead)] = actor
        actor.pipe.send(number)
        busy[actor.pipe] = actor

    def _start(self, number: int) -> Actor:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=history.act, args=(self.url, number, theirs))
        process.start()
        theirs.close()
        return Actor(number, process, ours)
