"""The words of the wizard that sets a server up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import discord

from bot.policy import ServerSettings, Tier, option_named
from cogs._config_texts import MOST_LISTED, value_text
from cogs._texts import credit_count

_USD_IN_CREDITS = 1000


@dataclass(frozen=True)
class Step:
    """One page: its title, and what is said above its selects."""

    title: str
    words: str


STEPS: Mapping[str, Step] = {
    "places": Step(
        "Places",
        "Where may pictures be made? Nothing chosen means everywhere. A thread counts as its "
        "channel.",
    ),
    "people": Step(
        "People",
        "Who may make pictures? Nothing chosen means everybody. And who may press what costs "
        "credits under somebody else's picture?",
    ),
    "safety": Step(
        "Safety",
        "Reports, and everything that moderators do, come into the mod log: choose a channel that "
        "only they see. Pictures for adults appear in age-restricted channels alone, or nowhere.",
    ),
    "limits": Step(
        "Limits",
        "How much may everybody ask for? `/credits tier set` gives a role more.",
    ),
    "check": Step(
        "Check",
        "Make a test picture: the offline painter draws it, and only you see it.",
    ),
}
NOTHING_CHOSEN = "none"
TEST = "Make a test picture"
TEST_PROMPT = "A lighthouse at dusk, the first picture of this server"
PICK_MAKER = "Channels where pictures are made"
PICK_CLOSED = "Channels where none are made"
PICK_ROLES = "Roles that may make pictures"
PICK_LOG = "The mod log's channel"
PICK_FEED = "The feed of public pictures"

BUTTONS = {
    "anyone": ("Buttons: anyone, paying their own", "They get a new picture, you keep yours"),
    "owner": ("Buttons: the owner of the picture alone", ""),
}
NSFW = {
    "age-restricted": ("For adults: in age-restricted channels", ""),
    "never": ("For adults: nowhere in this server", ""),
}
PERSONAL = {
    "block": ("Personal data in words: refused", "E-mail addresses, card and phone numbers"),
    "flag": ("Personal data in words: told to the mod log", ""),
    "allow": ("Personal data in words: let through", ""),
}
PACES = (5, 10, 20, 50, 100)
DAYS = (0, 50, 100, 250, 500, 1000, 5000)
DAILIES = (0, 10, 25, 50, 100)


def head(step: str) -> str:
    """Return the top of a page."""
    number = list(STEPS).index(step) + 1
    return f"**Setup · {number} of {len(STEPS)} · {STEPS[step].title}**\n{STEPS[step].words}"


def pace(count: int) -> str:
    """Return a limit of requests."""
    return f"Requests: {count} a minute for each person"


def day(count: int) -> str:
    """Return a limit of credits; 0 is none."""
    if not count:
        return "Spending: no limit but the purse"
    return f"Spending: {count:,} credits a day ({count / _USD_IN_CREDITS:g} USD)"


def daily(count: int) -> str:
    """Return what `/daily` gives."""
    return f"/daily gives {credit_count(count)}" if count else "/daily gives nothing"


def findings(settings: ServerSettings, tier: Tier, problems: Sequence[str]) -> str:
    """Return what the last page found."""
    places = _listed("maker_channels", settings.maker_channels)
    roles = _listed("maker_roles", settings.maker_roles)
    log = f"<#{settings.mod_log_channel}>" if settings.mod_log_channel else "⚠️ none chosen"
    lines = [
        f"Pictures in {places or 'every channel'}, by {roles or 'everybody'}",
        f"Mod log: {log}",
        f"{tier.requests_per_minute} requests a minute, {tier.slots} at once",
        *(problems or ["✅ I have every permission that I need in those channels."]),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _listed(name: str, ids: tuple[int, ...]) -> str:
    return value_text(option_named(name), ids, most=MOST_LISTED) if ids else ""


def beyond(name: str, count: int) -> str:
    """Return that a page has no select for what is chosen, and where it is changed."""
    return (
        f"⚠️ {count} {name.rpartition('_')[2]} are in `{name}`, more than a list here holds. "
        "Change them with `/config set`."
    )


def missing(channel: discord.abc.GuildChannel, permissions: Sequence[str]) -> str:
    """Return what we may not do in a channel."""
    names = ", ".join(name.replace("_", " ").title() for name in permissions)
    return f"⚠️ In <#{channel.id}> I lack: {names}"
