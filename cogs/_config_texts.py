"""The words of a server's settings, and what typed words mean for them."""

import re
from collections.abc import Iterator, Sequence

import discord

from bot.errors import BadChoice, NothingCalled
from bot.policy import OPTIONS, TOPICS, Option, ServerSettings, Value
from bot.services import Configured
from cogs._panels import CHANNEL_TYPES
from cogs._texts import plain

_NUMBER = re.compile(r"-?[0-9]{1,15}")
NOTHING = ("none", "nothing", "no", "-")
MOST_LISTED = 10
"""How many channels, or roles, one setting of a whole topic is shown with."""
_MENTION = re.compile(r"<(?:#|@&)(\d{1,19})>|(\d{15,19})")

Named = discord.abc.GuildChannel | discord.Role


def read_value(option: Option, typed: str, guild: discord.Guild) -> object:
    """Return what somebody typed as a value; whether it can be is the option's word.

    Raises:
        BadChoice: it is no number where one is wanted.
        NothingCalled: no channel, or role, of the server is called that.
    """
    text = typed.strip()
    if option.kind == "number":
        # As people group digits: 1,000 and 1.000 and 1 000.
        digits = re.sub(r"[\s,._']", "", text)
        if not _NUMBER.fullmatch(digits):
            raise BadChoice(name=option.name)
        return int(digits)
    if option.kind == "text":
        return "" if text.casefold() in NOTHING else text
    if option.kind == "choice":
        return text.casefold()
    parts = [] if text.casefold() in NOTHING else [one for one in text.split(",") if one.strip()]
    ids = [id_ for part in parts for id_ in _read_ids(option, part.strip(), guild)]
    if option.kind != "channel":
        return tuple(ids)
    if len(ids) > 1:
        raise BadChoice(name=option.name)
    return ids[0] if ids else None


def _read_ids(option: Option, part: str, guild: discord.Guild) -> Iterator[int]:
    there = named(option, guild)
    found = [int(a or b) for a, b in _MENTION.findall(part)]
    if not found:
        name = part.lstrip("#@").casefold()
        found = [one.id for one in there if one.name.lstrip("@").casefold() == name][:1]
    if not found:
        raise NothingCalled(name=part, kind=option.kind.removesuffix("s"))
    yield from check_there(option, found, guild)


def check_there(option: Option, ids: Sequence[int], guild: discord.Guild) -> Sequence[int]:
    """Return ids of channels, or roles, that this very server has.

    Raises:
        NothingCalled: it has not all of them.
    """
    there = {one.id for one in named(option, guild)}
    for one in ids:
        if one not in there:
            raise NothingCalled(name=str(one), kind=option.kind.removesuffix("s"))
    return ids


def named(option: Option, guild: discord.Guild) -> Sequence[Named]:
    """Return what of a server an option may name."""
    if option.kind == "roles":
        return guild.roles
    return [channel for channel in guild.channels if channel.type in CHANNEL_TYPES]


def value_text(option: Option, value: Value, *, most: int | None = None) -> str:
    """Return a value as people read it: of channels and roles the first ones, `most` at most."""
    if option.kind in ("channel", "channels", "roles"):
        ids = value if isinstance(value, tuple) else () if value is None else (value,)
        mark = "<@&{}>" if option.kind == "roles" else "<#{}>"
        words = [mark.format(one) for one in ids[:most]]
        if len(ids) > len(words):
            words.append(f"and {len(ids) - len(words)} more")
        return " ".join(words) or "none"
    if isinstance(value, int):
        return f"{value:,}"
    return plain(str(value), 200) or "none"


def configured(done: Configured) -> str:
    """Return what was changed."""
    after = value_text(done.option, done.after)
    if done.before == done.after:
        return f"`{done.option.name}` is **{after}** already."
    before = value_text(done.option, done.before)
    return f"`{done.option.name}`: {before} → **{after}**. It counts from now on."


def topic_text(topic: str, settings: ServerSettings) -> str:
    """Return all settings of a topic; what differs from its default is marked."""
    lines = [f"**{topic}**"]
    for name in TOPICS[topic]:
        option = OPTIONS[name]
        value: Value = getattr(settings, name)
        mark = "🔸 " if value != option.default else ""
        shown = value_text(option, value, most=MOST_LISTED)
        lines.append(f"{mark}`{name}` **{shown}**\n-# {option.about}")
    return "\n".join(lines)


def setting_text(option: Option, value: Value) -> str:
    """Return one setting with everything about it."""
    lines = [
        f"`{option.name}` is **{value_text(option, value)}**",
        option.about + ".",
        f"-# {takes(option)} Usual: {value_text(option, option.default)}.",
    ]
    return "\n".join(lines)


def takes(option: Option) -> str:
    """Return what a setting takes, as a short sentence."""
    return {
        "number": f"A number from {option.low:,} to {option.high:,}.",
        "text": f"Up to {option.high:,} characters, or none.",
        "choice": f"One of {', '.join(option.choices)}.",
        "channel": "A channel, or none.",
        "channels": "Channels, separated by commas, or none.",
        "roles": "Roles, separated by commas, or none.",
    }[option.kind]


def closed_to_us(channel_id: int) -> str:
    """Return that a channel was chosen which takes no message of ours."""
    return (
        f"⚠️ I may not write in <#{channel_id}>. Give me View Channel, Send Messages, Embed Links "
        "and Attach Files there."
    )
