"""Tiers: how much a member may do, by the roles they have."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.errors import BadChoice, OutOfRange

MOST = {
    "requests_per_minute": 10_000,
    "slots": 20,
    "credits_per_day": 1_000_000_000,
    "largest_count": 10,
    "largest_megapixels": 100,
}
"""The highest value of each limit; the lowest is 1."""

LANES = ("fast", "relax")


@dataclass(frozen=True)
class Tier:
    """The limits of one tier; None is none beyond those of model and purse.

    `slots` are jobs that run at once; further ones wait in line. `lane` is the best one may use.
    """

    requests_per_minute: int = 20
    slots: int = 3
    credits_per_day: int | None = None
    largest_count: int | None = None
    largest_megapixels: int | None = None
    lane: Literal["fast", "relax"] = "fast"

    def check(self) -> "Tier":
        """Return this tier if every limit is one that can be kept.

        Raises:
            OutOfRange, BadChoice: one cannot.
        """
        for name, most in MOST.items():
            value = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                raise OutOfRange(name=name, value=value, low=1, high=most)
        if self.lane not in LANES:
            raise BadChoice(name="lane")
        return self

    @property
    def limits(self) -> dict[str, Any]:
        """The limits, ready for JSON."""
        return asdict(self)


def best_tier(tiers: Mapping[int, Tier], role_ids: Collection[int], *, server_id: int) -> Tier:
    """Return what somebody may do: of each limit, the most that any of their roles gives.

    `tiers` are a server's by role; the server's own id stands for everybody.
    """
    mine = [tiers[role_id] for role_id in role_ids if role_id in tiers]
    base = tiers.get(server_id)
    if base is not None or not mine:
        mine.append(base or Tier())
    return Tier(
        requests_per_minute=max(tier.requests_per_minute for tier in mine),
        slots=max(tier.slots for tier in mine),
        credits_per_day=_most(tier.credits_per_day for tier in mine),
        largest_count=_most(tier.largest_count for tier in mine),
        largest_megapixels=_most(tier.largest_megapixels for tier in mine),
        lane="fast" if any(tier.lane == "fast" for tier in mine) else "relax",
    )


def _most(limits: Iterable[int | None]) -> int | None:
    known: list[int] = []
    for limit in limits:
        if limit is None:
            return None
        known.append(limit)
    return max(known)
