"""The processes that act out histories, and whoever kills them."""

import multiprocessing
import random
import signal
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from tests.unit.ledger import history
from tests.unit.ledger.history import ACTORS, Part, Step

PATIENCE_S = 20.0


@dataclass
class Actor:
    """One process, the pipe to it, and what it is known to have done of its part."""

    number: int
    process: BaseProcess
    pipe: Connection
    done: set[Step] = field(default_factory=set)
    is_killed: bool = False


@dataclass
class Crew:
    """Acts out histories on one database and keeps what every command came to."""

    url: str
    actors: list[Actor] = field(default_factory=list)
    outcomes: dict[Step, list[str | None]] = field(default_factory=lambda: defaultdict(list))
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

    def act_out(self, histories: range, *, kills: int) -> None:
        """Let everybody act out some histories; `kills` times one is killed, and begins anew.

        Raises:
            TimeoutError: somebody waits for ever.
        """
        chance = random.Random(histories.start)
        # Somewhere in the first half of what there is to be heard, so that all of them happen.
        moments = sorted(chance.sample(range(len(histories)), kills))
        self._part = histories
        for actor in self.actors:
            actor.done.clear()
            actor.pipe.send(Part(histories))
        busy = {actor.pipe: actor for actor in self.actors}
        heard = 0
        while busy:
            ready = wait(list(busy), timeout=PATIENCE_S)
            if not ready:
                raise TimeoutError(f"{histories}: {sorted(a.number for a in busy.values())}")
            for pipe in ready:
                heard += 1
                self._hear(busy, busy.pop(pipe))
            while moments and heard >= moments[0] and busy:
                del moments[0]
                self._kill(chance.choice(list(busy.values())))
        self.counts["histories"] += len(histories)

    def _kill(self, actor: Actor) -> None:
        if not actor.is_killed:
            actor.process.kill()
            actor.is_killed = True
            self.counts["killed"] += 1

    def _hear(self, busy: dict[Connection, Actor], actor: Actor) -> None:
        try:
            step, outcome = actor.pipe.recv()
        except (EOFError, OSError):
            self._replace(busy, actor)
            return
        if outcome != history.DONE:
            actor.done.add(step)
            self.outcomes[step].append(outcome)
            self.counts[outcome or "written"] += 1
            busy[actor.pipe] = actor
        elif actor.is_killed:
            # It came to its end all the same; the pipe says next that it is gone.
            busy[actor.pipe] = actor

    def _replace(self, busy: dict[Connection, Actor], dead: Actor) -> None:
        dead.pipe.close()
        dead.process.join()
        assert dead.process.exitcode == -signal.SIGKILL, f"process {dead.number} broke"
        actor = self._start(dead.number)
        self.actors[self.actors.index(dead)] = actor
        actor.done = dead.done
        actor.pipe.send(Part(self._part, frozenset(dead.done)))
        busy[actor.pipe] = actor

    def _start(self, number: int) -> Actor:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=history.act, args=(self.url, number, theirs))
        process.start()
        theirs.close()
        return Actor(number, process, ours)
