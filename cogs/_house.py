"""Every sentence about what only the host decides: providers, their order, and prices."""

from collections.abc import Iterator, Sequence

from discord import app_commands

from bot.errors import BadKey, OutOfFunds, ProviderError
from bot.services import Order, PriceSheet, ProviderSheet, State
from cogs._texts import ago, credit_count, fitted, plain, usd

LONGEST_LIST = 4000
"""Characters of text that one message of components holds."""

_STATES: dict[State, tuple[str, str]] = {
    "ready": ("🟢", "ready"),
    "paused": ("🟡", "asked for a pause"),
    "failing": ("🔴", "failing"),
    "disabled": ("⏹️", "disabled"),
    "capped": ("🟠", "at its cap for this month"),
    "keyless": ("⚪", "without a key"),
}

_POLICIES = {
    "catalog": "in the catalog's order",
    "cheapest": "the cheapest first",
    "fastest": "the fastest first",
}


def provider_list(sheets: Sequence[ProviderSheet], order: Order) -> str:
    """Return all providers, a line each."""
    lines = [provider_line(sheet) for sheet in sheets]
    return fitted(["**Providers**", *lines, f"-# {order_words(order)}"], LONGEST_LIST)


def provider_line(sheet: ProviderSheet) -> str:
    """Return how a provider is."""
    mark, state = _STATES[sheet.state]
    return " · ".join([f"{mark} **{sheet.name}** {state}", *_provider_parts(sheet)])


def _provider_parts(sheet: ProviderSheet) -> Iterator[str]:
    if not sheet.has_key and sheet.key_env:
        yield f"set `{sheet.key_env}` and restart the bot"
    if not sheet.has_key and not sheet.is_enabled:
        yield "disabled"
    if sheet.until and sheet.state in ("paused", "failing"):
        yield f"tried again {ago(sheet.until)}"
    yield f"{sheet.models} model{'' if sheet.models == 1 else 's'}"
    if sheet.usual_s is not None:
        yield f"usually {sheet.usual_s:.1f} s"
    if sheet.cap_usd_micros is not None:
        spent = usd(sheet.spent_usd_micros).removesuffix(" USD")
        yield f"{spent} of {usd(sheet.cap_usd_micros)} this month"
    elif sheet.spent_usd_micros:
        yield f"{usd(sheet.spent_usd_micros)} this month"


def order_words(order: Order) -> str:
    """Return who is asked first."""
    words = f"Providers are asked {_POLICIES[order.policy]}"
    return f"{words}, {order.preferred} before all others." if order.preferred else f"{words}."


def passed(name: str, seconds: float) -> str:
    """Return that a provider works."""
    return f"✅ **{plain(name, 30)}** answers, and takes the key. {seconds:.1f} s"


def not_passed(name: str, error: ProviderError) -> str:
    """Return why a provider does not work."""
    what = "cannot be asked just now"
    if isinstance(error, BadKey):
        what = "does not work with the key that it has"
    elif isinstance(error, OutOfFunds):
        what = "has no funds left"
    return f"⚠️ **{plain(name, 30)}** {what}: {plain(str(error), 300)}"


def priced(sheet: PriceSheet) -> str:
    """Return what a model takes now, and what it would without the host's word."""
    offer = sheet.model.tasks[sheet.task]
    words = (
        f"**{sheet.model.title}**, `{sheet.task}`: {credit_count(sheet.price)} a {offer.unit} "
        "from now on. Jobs under way keep their price."
    )
    if sheet.price != offer.price:
        words += f"\n-# The catalog says {offer.price:,}; without `credits`, the command resets it."
    return words


def price_choice(sheet: PriceSheet) -> app_commands.Choice[str]:
    """Return a model as an autocomplete entry, with what it takes for a task."""
    unit = sheet.model.tasks[sheet.task].unit
    name = f"{sheet.model.title} · {sheet.task} {credit_count(sheet.price)} a {unit}"
    return app_commands.Choice(name=name[:100], value=sheet.model.name)
