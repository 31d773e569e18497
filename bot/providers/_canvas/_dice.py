"""Chance that comes out the same every time."""

import hashlib
from random import Random
from typing import Self


class Dice(Random):
    """A source of chance with a name; the same name always falls the same way."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    @classmethod
    def thrown(cls, *texts: str) -> Self:
        """Throw the dice for texts: any other text makes them fall differently."""
        return cls(hashlib.sha256("\0".join(texts).encode()).hexdigest())

    def child(self, name: str) -> Self:
        """Give one layer its own dice, so that layers do not disturb each other."""
        return type(self)(f"{self.name}/{name}")

    def says(self, chance: float) -> bool:
        """Decide yes with this chance (0-1)."""
        return self.random() < chance

    def near(self, value: float, spread: float) -> float:
        """Vary a value by up to `spread` of itself."""
        return value * (1 + self.uniform(-spread, spread))
