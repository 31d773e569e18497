"""One catalog entry."""

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Size(NamedTuple):
    """Pixels."""

    width: int
    height: int


class Route(BaseModel):
    """One provider's endpoint that serves a model."""

    model_config = _STRICT

    provider: str
    endpoint: str
    cost_usd_micros: int = Field(ge=0)
    """What one picture costs the host, in 1e-6 USD."""


class Model(BaseModel):
    """A model that people can choose."""

    model_config = _STRICT

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,59}$")
    title: str = Field(min_length=1, max_length=60)
    description: str = Field(min_length=1, max_length=200)
    label: str
    """What stands under every picture; it says whether an AI made it."""
    price: int = Field(ge=0)
    """Credits per picture."""
    rank: int
    """`auto` takes the lowest rank that some route can serve."""
    max_count: int = Field(ge=1, le=4)
    max_prompt: int = Field(ge=1, le=4000)
    takes: frozenset[Literal["negative_prompt", "seed"]]
    sizes: dict[str, Size] = Field(min_length=1)
    """Pixels for each aspect ratio; the first one is the default."""
    routes: tuple[Route, ...] = Field(min_length=1)

    @property
    def default_ratio(self) -> str:
        """The aspect ratio of a request that names none."""
        return next(iter(self.sizes))
