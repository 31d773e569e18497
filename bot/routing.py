"""Routing: which provider serves a job, and what it is asked for.

A model's routes stand in its catalog entry. A route is skipped when its provider has no key, was
disabled by the host, has spent its cap, or is failing just now; the rest are tried in the order
that the host's policy gives.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from bot.catalog import Model, Offer, Route, Task, Value
from bot.health import Health
from bot.providers import Provider

Policy = Literal["catalog", "cheapest", "fastest"]
POLICIES: tuple[Policy, ...] = get_args(Policy)


@dataclass(frozen=True)
class Rule:
    """What the host decided about a provider; `cap_usd_micros` is per calendar month (UTC)."""

    is_enabled: bool = True
    cap_usd_micros: int | None = None


@dataclass(frozen=True)
class Rules:
    """Everything the host decided; a `preferred` provider goes before the policy."""

    providers: Mapping[str, Rule] = field(default_factory=dict[str, Rule])
    policy: Policy = "catalog"
    preferred: str | None = None
    prices: Mapping[tuple[str, Task], int] = field(default_factory=dict[tuple[str, Task], int])
    """Credits per unit that replace those of the catalog, by model and task."""
    budget_usd_micros: int | None = None
    """What a calendar month may cost in place of the settings' word, in 1e-6 USD."""

    def of(self, provider: str) -> Rule:
        """Return the rule for a provider."""
        return self.providers.get(provider, Rule())


@dataclass(frozen=True)
class Choice:
    """A route and the adapter that serves it."""

    route: Route
    provider: Provider


class Routing:
    """Knows which providers are there, how they are, and what the host decided about them."""

    def __init__(self, providers: Mapping[str, Provider], health: Health) -> None:
        self._providers = providers
        self.health = health
        self.rules = Rules()
        self._spent: Mapping[str, int] = {}

    def provider(self, name: str) -> Provider | None:
        """Return the adapter of this name, if it is there (still)."""
        return self._providers.get(name)

    def learn(self, rules: Rules, *, spent_usd_micros: Mapping[str, int]) -> None:
        """Take over what the host decided, and what each provider cost this month."""
        self.rules = rules
        self._spent = spent_usd_micros

    def price_of(self, model: Model, task: Task, *, markup_percent: int = 0) -> int:
        """Return the credits per unit: the host's, else the catalog's, with a server's markup.

        Rounded up to whole credits; what is free stays free.
        """
        price = self.rules.prices.get((model.name, task), model.tasks[task].price)
        return -(-price * (100 + markup_percent) // 100)

    def priced(self, model: Model, *, markup_percent: int = 0) -> Model:
        """Return a model of the catalog with what people pay in place of the catalog's prices."""
        if not markup_percent and not any(name == model.name for name, _ in self.rules.prices):
            return model
        offers = {
            task: offer.model_copy(
                update={"price": self.price_of(model, task, markup_percent=markup_percent)}
            )
            for task, offer in model.tasks.items()
        }
        return model.model_copy(update={"tasks": offers})

    def is_open_to(self, name: str) -> bool:
        """Whether the host lets a provider be used: it is enabled and below its cap."""
        rule = self.rules.of(name)
        cap = rule.cap_usd_micros
        return rule.is_enabled and (cap is None or self._spent.get(name, 0) < cap)

    def choices(
        self, offer: Offer, inputs: Mapping[str, Any] | None = None, *, avoid: Collection[str] = ()
    ) -> list[Choice]:
        """Return the ways to serve an offer, the preferred one first.

        Only those that can be told everything which `inputs` insist on, by no provider of `avoid`.
        """
        return [
            choice
            for choice in self.routes(offer, inputs, avoid=avoid)
            if self.health.admits(choice.route.provider)
        ]

    def routes(
        self, offer: Offer, inputs: Mapping[str, Any] | None = None, *, avoid: Collection[str] = ()
    ) -> list[Choice]:
        """Return the same, with those whose provider is failing just now."""
        found = [
            choice
            for choice in self._there(offer)
            if choice.route.provider not in avoid
            and (inputs is None or choice.route.serves(inputs))
        ]
        # Sorting is stable: what is equally good stays in the catalog's order.
        found.sort(key=self._merit)
        return sorted(found, key=lambda choice: choice.route.provider != self.rules.preferred)

    def serves(self, model: Model, task: Task) -> bool:
        """Whether a model does a task, and a provider of it is there, well or not."""
        offer = model.tasks.get(task)
        return offer is not None and any(True for _ in self._there(offer))

    def _there(self, offer: Offer) -> Iterator[Choice]:
        for route in offer.routes:
            provider = self._providers.get(route.provider)
            is_gone = self.health.is_gone(route.provider, route.endpoint)
            if provider is not None and not is_gone and self._affords(route):
                yield Choice(route, provider)

    def _affords(self, route: Route) -> bool:
        """Whether the provider is open to us, and its cap leaves enough for one unit."""
        cap = self.rules.of(route.provider).cap_usd_micros
        left = None if cap is None else cap - self._spent.get(route.provider, 0)
        has_enough = left is None or route.cost_usd_micros <= left
        return has_enough and self.is_open_to(route.provider)

    def _merit(self, choice: Choice) -> float:
        route = choice.route
        if self.rules.policy == "cheapest":
            return route.cost_usd_micros
        if self.rules.policy == "fastest":
            # One that was never measured goes first: only being used can measure it.
            return self.health.usual_seconds(route.provider, route.endpoint) or 0.0
        return 0.0


def inputs_for(
    offer: Offer,
    route: Route,
    wish: Mapping[str, object],
    *,
    count: int,
    pictures: Mapping[str, object],
) -> dict[str, Any]:
    """Name what a job wants as the endpoint names it; what the endpoint does not take is absent.

    `pictures` are what stands for `image`, `mask` and `images` at the provider.
    """
    values: dict[str, object] = {**wish, **pictures, "count": count, **_loras_in(wish)}
    if "image" in pictures:
        values["images"] = [pictures["image"]]
    ratio = str(wish.get("aspect_ratio"))
    size = route.sizes.get(ratio) or offer.sizes.get(ratio)
    if size is not None:
        values |= size._asdict()
        values |= {"size": size._asdict(), "size_text": f"{size.width}x{size.height}"}
    sent = {name: _named(route, value, values.get(value)) for name, value in route.sends.items()}
    # Empty words would take the place of those that an endpoint has by itself.
    return {
        **route.fixed,
        **{name: found for name, found in sent.items() if found not in (None, "")},
    }


def _loras_in(wish: Mapping[str, Any]) -> dict[str, object]:
    """Return the only LoRA in the shape of endpoints that take just one."""
    for lora in wish.get("loras", ())[:1]:
        return {"lora_reference": f"huggingface.co/{lora['path']}", "lora_scale": lora["scale"]}
    return {}


def _named(route: Route, value: Value, found: object) -> object:
    names = route.names.get(value)
    return found if names is None or found is None else names.get(str(found))
