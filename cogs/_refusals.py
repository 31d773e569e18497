"""What people are told when a request is refused: one line for every class of `UserError`.

Each says what to do next. A test sees to it that no class is without words.
"""

from collections.abc import Callable
from typing import Any

from bot import errors
from bot.errors import UserError
from cogs._texts import ago, credit_count, plain

UNCOUNTED = 1000


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
    low, high, value = (f"{number:,.10g}" for number in (error.low, error.high, error.value))
    return f"`{error.name}` must be from {low} to {high}; you gave {value}."


def _unknown_flag(error: errors.UnknownFlag) -> str:
    flags = ", ".join(f"`--{plain(name, 20)}`" for name in error.names[:5])
    why = "Midjourney knows that, I do not" if error.is_known else "I do not know that"
    return (
        f"{flags}: {why}. I understand `--ar --no --seed --q --repeat --iw --fast --relax`; "
        "write the rest in words."
    )


def _unfit_lora(error: errors.UnfitLora) -> str:
    whom = f", not for {error.model_title}" if error.model_title else ""
    line = f"That LoRA was made for {plain(error.name, 60)}{whom}. "
    if error.names:
        return line + f"Choose {' or '.join(error.names)}, or another LoRA."
    return line + "No model here can use it; `/loras` finds others."


def _up_to(count: int) -> str:
    return f"{count:,}" if count < UNCOUNTED else f"{UNCOUNTED:,} or more"


def _bad_flag(error: errors.BadFlag) -> str:
    found = f"you gave “{plain(str(error.value), 60)}”" if error.value else "nothing follows it"
    return f"`--{plain(error.name, 20)}` takes {error.expected}; {found}."


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
    errors.UnknownProvider: lambda e: (
        f"There is no provider “{plain(e.name, 60)}”. `/owner provider list` shows them."
    ),
    errors.UnsupportedInput: lambda e: (
        f"{e.model_title} takes no {plain(e.name, 60)}. Leave it out or choose another model."
    ),
    errors.UnknownLora: lambda e: (
        f"“{plain(e.name, 60)}” names no LoRA. Give its name on Hugging Face, as in `owner/name`."
    ),
    errors.UnfitLora: _unfit_lora,
    errors.LoraSiteDown: "CivitAI does not answer just now. Try again in a minute.",
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
    errors.HostOnly: "Only the bot's host may do that.",
    errors.BadAmount: lambda e: f"Give an amount from 1 to {e.high:,} credits.",
    errors.TooMuchTaken: lambda e: (
        f"They have {credit_count(e.available)} to spend. Take that or less."
    ),
    errors.BadTarget: "Bots have no credits. Choose a person.",
    errors.UnknownFlag: _unknown_flag,
    errors.BadFlag: _bad_flag,
    errors.TooManyPrompts: lambda e: (
        f"Its lists make {_up_to(e.count)} prompts of one; {e.limit} at a time are allowed."
    ),
    errors.NeedsAnswer: lambda e: (
        f"That is {e.count} job{'' if e.count == 1 else 's'} for **{credit_count(e.price)}** "
        "together. Shall I?"
    ),
    errors.AskOver: "That was answered already, or too long ago. Ask once more.",
    errors.NotShared: "Its owner keeps the buttons to themselves. `/imagine` makes your own.",
    errors.NoDirectMessages: (
        "You take no direct messages from this server, so it could not be sent."
    ),
    errors.NothingThere: "There is no picture in that message that I could use.",
    errors.Restarting: "The bot is restarting. Please try again in a minute.",
    errors.ServerOnly: "This works in servers, not in direct messages.",
    errors.BadPicture: lambda e: f"That file cannot be used: {e.reason}.",
    errors.PictureTooLarge: lambda e: (
        f"That picture has {e.size_bytes / 1e6:.1f} MB; {e.limit_bytes / 1e6:.1f} MB fit."
    ),
    errors.JobForgotten: "The words of that job were deleted at its owner's wish.",
    errors.BadChoice: lambda e: f"`{e.name}` cannot be that. Pick one of the list.",
    errors.UnknownSetting: lambda e: (
        f"There is no setting “{plain(e.name, 60)}”. Pick one from the list that `name` offers."
    ),
    errors.BadName: lambda e: f"A name has 1 to {e.limit} characters. Choose another one.",
    errors.UnknownPreset: lambda e: (
        f"You have no preset “{plain(e.name, 60)}”. `/preset list` shows yours."
    ),
    errors.TooManyPresets: lambda e: (
        f"You have {e.limit} presets, as many as fit. `/preset delete` makes room."
    ),
    errors.NoPreset: (
        "That job's model needs a picture to start from. Save a preset from an `/imagine` job."
    ),
    errors.WorkUnderWay: (
        "Some of your jobs are still under way. Wait for them, or `/cancel` them, and try again."
    ),
    errors.ExportTooLarge: lambda e: (
        f"It has {e.size_bytes / 1e6:.1f} MB; {e.limit_bytes / 1e6:.1f} MB fit here. "
        "Ask the bot's host for it."
    ),
}


def refusal(error: UserError) -> str:
    """Return what a person is told when a request is refused."""
    words = _REFUSALS[type(error)]
    return words if isinstance(words, str) else words(error)
