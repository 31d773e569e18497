"""Every sentence about what only the host decides: providers, prices, the budget, servers."""

from collections.abc import Iterator, Sequence

from discord import Guild, app_commands

from bot.errors import BadKey, OutOfFunds, ProviderError
from bot.services import (
    BudgetSheet,
    Drift,
    Order,
    PriceSheet,
    ProviderSheet,
    ServerSheet,
    State,
)
from cogs._alerts import drift_line
from cogs._texts import ago, credit_count, fitted, per_unit, plain, usd

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
        f"**{sheet.model.title}**, `{sheet.task}`: {credit_count(sheet.price)} "
        f"{per_unit(sheet.task, offer.unit)} from now on. Jobs under way keep their price."
    )
    if sheet.price != offer.price:
        words += f"\n-# The catalog says {offer.price:,}; without `credits`, the command resets it."
    return words


def price_choice(sheet: PriceSheet) -> app_commands.Choice[str]:
    """Return a model as an autocomplete entry, with what it takes for a task."""
    each = per_unit(sheet.task, sheet.model.tasks[sheet.task].unit)
    name = f"{sheet.model.title} · {sheet.task} {credit_count(sheet.price)} {each}"
    return app_commands.Choice(name=name[:100], value=sheet.model.name)


def budget(sheet: BudgetSheet, drifts: Sequence[Drift]) -> str:
    """Return how the month's budget stands, and what costs something else than was thought."""
    providers = [
        f"{one.provider} {usd(one.spent_usd_micros)}"
        for one in sheet.providers
        if one.spent_usd_micros
    ]
    lines = [
        f"**This month's budget: {usd(sheet.usd_micros)}**",
        f"Spent **{usd(sheet.spent_usd_micros)}**" + "".join(f" · {one}" for one in providers),
        f"Promised to jobs under way **{usd(sheet.committed_usd_micros)}**",
        f"Left **{usd(sheet.left_usd_micros)}**",
        f"By the end of the month, at the pace of the last days: {usd(sheet.forecast_usd_micros)}"
        + (" ⚠️" if sheet.forecast_usd_micros > sheet.usd_micros else ""),
        f"-# It starts anew {ago(sheet.resets_at)}. {_origin(sheet)}",
    ]
    if drifts:
        lines += ["**What costs something else than the catalog says**", *map(drift_line, drifts)]
    return fitted(lines, LONGEST_LIST)


def budget_set(sheet: BudgetSheet) -> str:
    """Return what a month may cost from now on."""
    return (
        f"{budget(sheet, ())}\n-# Treasuries get their share of it from next month on; "
        "`/owner grant` fills one now."
    )


def _origin(sheet: BudgetSheet) -> str:
    if sheet.is_chosen:
        return "`/owner budget reset:True` goes back to what the bot was started with."
    return "The bot was started with it; `/owner budget usd:` sets another one."


# Servers. A server is shown by its name, as far as Discord has told us, and by its id.

_FIXED = "-# `ALLOWED_SERVERS` in the bot's environment says which servers are served."


def server_list(sheets: Sequence[tuple[ServerSheet, Guild | None]], *, is_fixed: bool) -> str:
    """Return servers, a line each, as many as fit."""
    lines = [server_line(sheet, guild) for sheet, guild in sheets]
    room = LONGEST_LIST - 300
    shown = fitted(["**Servers**", *(lines or ["There is none of that name."])], room)
    left_out = len(lines) - shown.count("\n") if lines else 0
    more = [f"-# {left_out:,} more; `name` finds one."] if left_out else []
    return "\n".join([shown, *more, *([_FIXED] if is_fixed else [])])


def server_line(sheet: ServerSheet, guild: Guild | None) -> str:
    """Return how a server is."""
    is_allowed = sheet.state == "allowed"
    name = plain(guild.name, 60) if guild else "a server that the bot is not in just now"
    members = guild.member_count if guild else None
    parts = [
        f"{'🟢' if is_allowed else '⛔'} **{name}** {sheet.state}",
        f"{members:,} member{'' if members == 1 else 's'}" if members is not None else None,
        f"{usd(sheet.cost_usd_micros)} this month",
        f"{credit_count(sheet.treasury)} in its treasury",
        f"`{sheet.server_id}`",
    ]
    return " · ".join(part for part in parts if part)


def granted(sheet: ServerSheet, guild: Guild | None, amount: int) -> str:
    """Return what a treasury got."""
    return f"+{credit_count(amount)}. {server_line(sheet, guild)}"


def server_choice(guild: Guild) -> app_commands.Choice[str]:
    """Return a server as an autocomplete entry."""
    return app_commands.Choice(name=guild.name[:100], value=str(guild.id))
