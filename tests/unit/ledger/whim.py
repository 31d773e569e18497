"""Random commands, thought up from a seed."""

import random
from dataclasses import dataclass, replace

from tests.unit.ledger.model import PEOPLE, Command


@dataclass(frozen=True)
class Turn:
    """A command, the process that sends it, and how often its task gives way before and within."""

    command: Command
    process: int = 0
    before: int = 0
    within: int = 0


class Whim:
    """Thinks turns up. Purses are small and keys come back, so that commands meet."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._earlier: list[Command] = []

    def turn(self) -> Turn:
        command = self._again() if self._earlier and self._chance(0.25) else self._new()
        self._earlier.append(command)
        pauses = self._random.choices(range(4), k=2)
        return Turn(command, int(self._chance(0.2)), *pauses)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _again(self) -> Command:
        """Return an earlier command, as it was or with its key on something else."""
        earlier = self._random.choice(self._earlier[-12:])
        return earlier if self._chance(0.6) else replace(self._new(), key=earlier.key)

    def _new(self) -> Command:
        key, amount = f"key:{len(self._earlier)}", self._random.randint(1, 40)
        who, other = self._random.sample(PEOPLE, 2)
        purse = self._random.choice(["earned", "granted"])
        makers = {
            "fund": lambda: Command("fund", key, amount),
            "grant": lambda: Command("grant", key, amount, who, purse=purse),
            "hold": lambda: Command("hold", key, amount, who),
            "resolve": self._resolution,
            "transfer": lambda: Command("transfer", key, amount, who, other),
            "adjust": lambda: Command("adjust", key, self._random.choice([-amount, amount]), who),
        }
        weights = {"hold": 8, "resolve": 8, "transfer": 5, "adjust": 4, "grant": 7, "fund": 3}
        [verb] = self._random.choices(list(weights), list(weights.values()))
        if verb == "resolve" and not self._holds() and self._chance(0.8):
            verb = "hold"
        return makers[verb]()

    def _resolution(self) -> Command:
        key = self._random.choice(self._holds()[-10:] or ["nothing"])
        if self._chance(0.3):
            return Command("release", key)
        return Command("capture", key, self._random.randint(0, 30))

    def _holds(self) -> list[str]:
        return [command.key for command in self._earlier if command.verb == "hold"]
