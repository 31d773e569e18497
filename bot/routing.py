"""Routing: which provider serves a job, and what it is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.catalog import Model, Route
from bot.errors import NoRoute
from bot.providers import Inputs, Provider


@dataclass(frozen=True)
class Choice:
    """A route and the adapter that serves it."""

    route: Route
    provider: Provider


class Routing:
    """Knows which providers are there; a provider without a key is not."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers

    def provider(self, name: str) -> Provider | None:
        """Return the adapter of this name, if it is there (still)."""
        return self._providers.get(name)

    def choices(self, model: Model) -> Iterator[Choice]:
        """Yield the ways to serve a model, the preferred one first."""
        for route in model.routes:
            provider = self._providers.get(route.provider)
            if provider is not None:
                yield Choice(route, provider)

    def best(self, model: Model) -> Choice:
        """Return the preferred way to serve a model.

        Raises:
            NoRoute: nobody serves it just now.
        """
        choice = next(self.choices(model), None)
        if choice is None:
            raise NoRoute(model_title=model.title)
        return choice

    def serves(self, model: Model) -> bool:
        """Whether some provider serves the model just now."""
        return next(self.choices(model), None) is not None


def inputs_for(model: Model, wish: Mapping[str, object], *, count: int) -> Inputs:
    """Name what a job wants as the endpoint names it; what the model does not take is absent."""
    size = model.sizes[str(wish["aspect_ratio"])]
    inputs: dict[str, object] = {
        "prompt": wish["prompt"],
        "width": size.width,
        "height": size.height,
        "count": count,
    }
    if "seed" in model.takes:
        inputs["seed"] = wish["seed"]
    if wish.get("negative_prompt"):
        inputs["negative_prompt"] = wish["negative_prompt"]
    return inputs
