"""Every sentence a person reads, in one place, ready for translation."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import discord
from discord import app_commands

from bot import errors
from bot.catalog import Model
from bot.errors import UserError
from bot.services import DAILY_CREDITS, Address, Balance, Change, JobView, Quote
from bot.services.progress import EXACT_BELOW

PROMPT_SHOWN = 1500
ALT_TEXT_SHOWN = 1000

ALREADY_UNDER_WAY = "That is under way already: {link}"
ALREADY_THERE = "That picture is here already: {link}"
BROKEN = "Something broke on our side (ref {ref}). Look at `/jobs` before you try again."
CANCEL_ASKED = "Stopping job #{job_id}. If it finishes all the same, you get it and pay for it."
NO_JOBS = "You have made nothing here yet. Try `/imagine`."
PICKED_WAIT = "Bringing picture {number} of job #{parent_id}…"

_PUNCTUATION = re.compile(r"([\\*_~`|<>\[\]#@])")


def plain(text: str, limit: int = PROMPT_SHOWN) -> str:
    """Return a person's text as one line that formats nothing and mentions nobody."""
    line = " ".join(text.split())
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return _PUNCTUATION.sub(r"\\\1", line)


def credit_count(amount: int) -> str:
    """Return `1 credit`, `1,200 credits`."""
    return f"{amount:,} credit{'' if amount == 1 else 's'}"


def ago(moment: datetime) -> str:
    """Return a moment as Discord's live relative time, in each reader's own words."""
    return discord.utils.format_dt(moment, "R")


def link(server_id: int, address: Address) -> str:
    """Return a link to a job's card, or words for a card that is not known yet."""
    if address.message_id is None:
        return "it is just being posted."
    return f"https://discord.com/channels/{server_id}/{address.channel_id}/{address.message_id}"


# Refusals: each says what to do next. A test sees to it that no class is without words.


def _insufficient(error: errors.InsufficientCredits) -> str:
    line = (
        f"This costs {credit_count(error.needed)} and you have {error.available:,}. "
        "Fewer pictures or a cheaper model cost less."
    )
    if error.daily_at is not None:
        line += f" `/daily` gives you more {ago(error.daily_at)}."
    return line


def _prompt(error: errors.BadPrompt) -> str:
    if error.length == 0:
        return "The prompt is empty. Say what to draw."
    return f"The prompt has {error.length:,} characters; up to {error.limit:,} fit. Shorten it."


def _range(error: errors.OutOfRange) -> str:
    return f"`{error.name}` must be from {error.low:,} to {error.high:,}; you gave {error.value:,}."


_REFUSALS: dict[type[UserError], str | Callable[[Any], str]] = {
    errors.InsufficientCredits: _insufficient,
    errors.AlreadyClaimed: lambda e: (
        f"You have had today's credits. The next come {ago(e.next_at)}."
    ),
    errors.TreasuryEmpty: "The server's treasury cannot pay that. Ask the bot's host to fill it.",
    errors.BudgetUsedUp: lambda e: (
        f"This month's budget of the bot's host is used up. It starts anew {ago(e.resets_at)}."
    ),
    errors.ServerNotAllowed: (
        "The bot's host has not opened it for this server yet. Ask them to add it."
    ),
    errors.BadPrompt: _prompt,
    errors.OutOfRange: _range,
    errors.UnknownModel: lambda e: (
        f"There is no model “{plain(e.name, 60)}”. Pick one from the list that `model` offers."
    ),
    errors.UnsupportedInput: lambda e: (
        f"{e.model_title} takes no {plain(e.name, 60)}. Leave it out or choose another model."
    ),
    errors.UnknownJob: lambda e: (
        f"There is no job “{plain(e.job_id, 20)}” here. `/jobs` lists yours."
    ),
    errors.NotYourJob: "That is somebody else's job. `/jobs` lists yours.",
    errors.JobOver: "That job is over already; there is nothing to stop.",
    errors.JobStillRunning: "That job is not finished yet. Wait for it, or `/cancel` it.",
    errors.NoSuchPicture: "That picture is not kept any more. Reroll makes a new one.",
    errors.NoRoute: lambda e: (
        f"Nobody can serve {e.model_title} just now. Choose another model, or try again later."
    ),
    errors.NotPermitted: "Only moderators may do that.",
    errors.BadAmount: lambda e: f"Give an amount from 1 to {e.high:,} credits.",
    errors.TooMuchTaken: lambda e: (
        f"They have {credit_count(e.available)} to spend. Take that or less."
    ),
    errors.BadTarget: "Bots have no credits. Choose a person.",
    errors.Restarting: "The bot is restarting. Please try again in a minute.",
    errors.ServerOnly: "This works in servers, not in direct messages.",
    errors.BadPicture: lambda e: f"That file cannot be used: {e.reason}.",
    errors.PictureTooLarge: lambda e: (
        f"That picture has {e.size_bytes / 1e6:.1f} MB; {e.limit_bytes / 1e6:.1f} MB fit."
    ),
}


def refusal(error: UserError) -> str:
    """Return what a person is told when a request is refused."""
    words = _REFUSALS[type(error)]
    return words if isinstance(words, str) else words(error)


# Failures: how a job that was accepted ended without pictures.

_FAILURES = {
    "cancelled": "Stopped.",
    "rejected": "The provider refused it: {text}",
    "unavailable": "No provider could take it just now.",
    "uncertain": "The provider's answer was lost, so we cannot tell whether it ran.",
    "timeout": "It took too long, so we gave up waiting.",
    "no_pictures": "The provider sent no usable picture.",
    "undeliverable": "It is done, but could not be posted. `/show {job_id}` brings it.",
    "internal": "Something broke on our side (ref {job_id}).",
}


def failure(view: JobView) -> str:
    """Return how a job failed and what became of the credits."""
    reason = _FAILURES[view.failure or "internal"].format(
        text=plain(view.failure_text or "no reason given", 300), job_id=view.id
    )
    return f"{reason} {credit_count(view.price)} given back." if view.price else reason


# Cards.


def headline(view: JobView) -> str:
    """Return the prompt and who asked."""
    return f"**{plain(view.prompt)}**\n-# by <@{view.user_id}>"


def progress(view: JobView) -> str:
    """Return where a job stands."""
    if view.is_cancel_requested:
        return "Stopping…"
    if view.status == "queued":
        return f"Waiting · {view.ahead} ahead of it" if view.ahead else "Starting…"
    since = f" · started {ago(view.started_at)}" if view.started_at else ""
    if view.ahead:
        ahead = f"{view.ahead}{'+' if view.ahead >= EXACT_BELOW else ''}"
        return f"In the provider's queue · {ahead} ahead{since}"
    if view.percent is not None:
        return f"{_bar(view.percent)} {view.percent} %{since}"
    return f"Drawing{since}"


def _bar(percent: int) -> str:
    filled = round(percent / 10)
    return "▰" * filled + "▱" * (10 - filled)


def plan(view: JobView) -> str:
    """Return what was asked for and what it will cost."""
    pictures = f"{view.count} picture{'' if view.count == 1 else 's'}"
    return f"-# {view.model_title} · {pictures} · {credit_count(view.price)} · job #{view.id}"


def names_job(line: str, job_id: int) -> bool:
    """Tell whether a line of a card is the one that ends with this job's number."""
    return line.endswith(f"· job #{job_id}")


def facts(view: JobView, *, shown: int) -> str:
    """Return what was made, by whom and for how much; `shown` pictures are paid for."""
    first = view.pictures[0]
    parts = [view.model_title, f"seed {view.seed}", f"{first.width}×{first.height}"]
    if view.provider and view.provider != "painter":
        parts.insert(1, f"by {view.provider}")
    if view.action == "pick":
        parts += [f"picture {view.parent_picture} of job #{view.parent_id}", "free"]
    else:
        parts += _cost_parts(view, shown)
    return "-# " + " · ".join([*parts, f"job #{view.id}"])


def _cost_parts(view: JobView, shown: int) -> list[str]:
    parts: list[str] = []
    if view.started_at:
        end = view.finished_at or discord.utils.utcnow()
        parts.append(f"{(end - view.started_at).total_seconds():.1f} s")
    unit = view.price // view.count
    parts.append(credit_count(unit * shown))
    if shown < view.count:
        back = credit_count(unit * (view.count - shown))
        parts.append(f"{shown} of {view.count} pictures, {back} given back")
    return parts


def prices(view: JobView) -> str:
    """Return what each button costs."""
    parts = ["U free"] if len(view.pictures) > 1 else []
    if view.reroll_price is not None and view.action != "pick":
        parts.append(f"Reroll {view.reroll_price}")
    return " · ".join(parts)


def alt_text(view: JobView, number: int) -> str:
    """Return a picture's words for those who do not see it."""
    which = f"Picture {number} of {len(view.pictures)}: " if len(view.pictures) > 1 else ""
    return f"{which}{view.prompt}"[:ALT_TEXT_SHOWN]


# Private answers.


def quote(priced: Quote) -> str:
    """Return what a wish would cost."""
    pictures = f"{priced.count} × {priced.model.price:,}"
    return (
        f"**{priced.model.title}**, {priced.inputs['aspect_ratio']}: {pictures} = "
        f"**{credit_count(priced.price)}**. You pay only for pictures you receive."
    )


def balance(amount: Balance, *, owner: str, now: datetime) -> str:
    """Return what somebody has."""
    funds = amount.funds
    lines = [
        f"{owner}: **{credit_count(funds.available)}** to spend",
        f"-# earned {funds.earned:,} (spent first) · granted {funds.granted:,}"
        f" · held for running jobs {funds.held:,}",
    ]
    if amount.daily_at <= now:
        lines.append("-# `/daily` is ready for you.")
    else:
        lines.append(f"-# Next `/daily` {ago(amount.daily_at)}.")
    return "\n".join(lines)


def daily(amount: Balance) -> str:
    """Return what the daily claim brought."""
    return (
        f"+{credit_count(DAILY_CREDITS)}. You have **{amount.funds.available:,}** to spend. "
        f"The next come {ago(amount.daily_at)}."
    )


def change(user_id: int, changed: Change, reason: str) -> str:
    """Return what a moderator changed."""
    why = f"\n-# {plain(reason, 300)}" if reason else ""
    return f"<@{user_id}>: {changed.before:,} → **{credit_count(changed.after)}**{why}"


_MARKS = {"done": "✅", "failed": "⚠️", "cancelled": "⏹️"}


def job_line(view: JobView) -> str:
    """Return one job as a line of a list."""
    prompt = plain(view.prompt, 80)
    if not view.is_final:
        return f"⏳ **#{view.id}** {prompt} · {progress(view)}"
    where = f" · {link(view.server_id, view.address)}" if view.address.message_id else ""
    return f"{_MARKS[view.status]} **#{view.id}** {prompt} · {view.charged:,} credits{where}"


def fitted(lines: Sequence[str], limit: int = 2000) -> str:
    """Return as many lines as one message holds."""
    text = ""
    for line in lines:
        if len(text) + len(line) + 1 > limit:
            break
        text += line + "\n"
    return text.rstrip()


def model_choice(model: Model) -> app_commands.Choice[str]:
    """Return a model as an autocomplete entry, with its price."""
    name = f"{model.title} · {credit_count(model.price)} a picture"
    return app_commands.Choice(name=name[:100], value=model.name)


def job_choice(view: JobView) -> app_commands.Choice[str]:
    """Return a job as an autocomplete entry."""
    return app_commands.Choice(name=f"#{view.id} {view.prompt}"[:100], value=str(view.id))


HELP = """**Make pictures**
`/imagine` draws from your words · `/cost` says what it would cost
**Your work**
`/jobs` what runs and what you made · `/show` posts a job again · `/cancel` stops one
**Credits**
`/balance` what you have · `/daily` a few more every day (UTC)
You pay only for pictures you receive: what fails or is stopped costs nothing.
Under a result, U1-U4 bring one picture alone, free; 🔄 draws the same words anew."""

HELP_STAFF = """
**Moderators**
`/credits add` and `/credits remove` change somebody's credits"""
