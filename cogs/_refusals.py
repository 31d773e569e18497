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


_BLOCKED = {
    "rules": (
        "This server's rules do not allow something in your words. Say it differently; nothing was "
        "spent."
    ),
    "minors": (
        "Sexual content with minors is never made here, and no setting changes that. If you meant "
        "something else, say it in other words. Nothing was spent."
    ),
    "garbled": (
        "There are so many signs and digits within your words that nobody can read them. Write "
        "them plainly; nothing was spent."
    ),
    "email": "There seems to be an e-mail address in your words. Take it out; nothing was spent.",
    "card": "There seems to be a card number in your words. Take it out; nothing was spent.",
    "phone": "There seems to be a phone number in your words. Take it out; nothing was spent.",
}

_UNTOUCHABLE = {
    "self": "You cannot moderate yourself. Ask another moderator.",
    "bot": "Bots make nothing here. Choose a person.",
    "staff": "They are staff themselves. Only administrators may do that.",
    "administrator": "They are an administrator. Only the owner of the server may do that.",
    "owner": "They own this server or host the bot. Nobody may do that.",
}


def _untouchable(error: errors.Untouchable) -> str:
    return _UNTOUCHABLE[error.why]


def _quoted(reason: str) -> str:
    return f"“{plain(reason, 600)}”" if reason else "they gave no reason"


def _adults_only(error: errors.AdultsOnly) -> str:
    if error.model_title:
        what = f"{error.model_title} runs without a safety filter just now"
        where = "choose another model"
    else:
        what, where = "That is for adults", "its owner's `/show` brings it there"
    if error.is_never:
        return f"{what}, and this server shows no pictures for adults. Ask its administrators."
    return f"{what}, so it works in age-restricted channels only. Go to one, or {where}."


def _closed_place(error: errors.ClosedPlace) -> str:
    if not error.channel_ids:
        return "No pictures are made in this channel. Try another one."
    where = " or ".join(f"<#{channel_id}>" for channel_id in error.channel_ids[:5])
    return f"No pictures are made in this channel. Go to {where}."


def _missing_role(error: errors.MissingRole) -> str:
    roles = " or ".join(f"<@&{role_id}>" for role_id in error.role_ids[:5])
    return f"Pictures are for members with {roles}. Ask this server's moderators for it."


_REFUSALS: dict[type[UserError], str | Callable[[Any], str]] = {
    errors.InsufficientCredits: _insufficient,
    errors.AlreadyClaimed: lambda e: (
        f"You have had today's credits. The next come {ago(e.next_at)}."
    ),
    errors.AccountFrozen: "Your credits here are frozen. Ask this server's moderators why.",
    errors.DailyOff: "This server gives no daily credits. `/balance` shows what you have.",
    errors.GiftsOff: "This server allows no gifts. Its administrators may turn them on.",
    errors.GiftTooSmall: lambda e: (
        f"The smallest gift here is {credit_count(e.least)}. Give that or more."
    ),
    errors.GiftCapReached: lambda e: (
        f"You may give away {credit_count(e.cap)} a day, {e.left:,} more today. "
        f"It starts anew {ago(e.resets_at)}."
    ),
    errors.TooMuchGiven: lambda e: (
        f"You have {credit_count(e.available)} to spend. Give that or less."
    ),
    errors.GiftToSelf: "A gift to yourself changes nothing. Choose somebody else.",
    errors.TakesNoGifts: "They take no gifts just now. Nothing was given.",
    errors.NotAMember: "They are not in this server. Choose one of its members.",
    errors.DiscordSilent: "Discord does not answer just now. Try again in a minute.",
    errors.TreasuryEmpty: "The server's treasury cannot pay that. Ask the bot's host to fill it.",
    errors.BudgetUsedUp: lambda e: (
        f"This month's budget of the bot's host is used up. It starts anew {ago(e.resets_at)}."
    ),
    errors.ServerNotAllowed: (
        "The bot's host has not opened it for this server yet. Ask them to add it."
    ),
    errors.BadPrompt: _prompt,
    errors.PromptBlocked: lambda e: _BLOCKED.get(e.why, _BLOCKED["rules"]),
    errors.PromptWarned: (
        "This server's rules advise against something in your words, and its moderators will see "
        "them. Nothing was spent. Send the same once more to go on."
    ),
    errors.BadPattern: lambda e: f"That rule cannot be used: {e.reason}.",
    errors.UnknownRule: "There is no such rule. Pick one from the list.",
    errors.RuleThere: "That rule is there already. `/filter list` shows it.",
    errors.TooManyRules: lambda e: (
        f"A filter holds up to {e.limit:,} rules. Remove some with `/filter remove`."
    ),
    errors.BadRules: lambda e: f"That file cannot be imported: {e.reason}. Nothing was changed.",
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
    errors.ServersFixed: (
        "`ALLOWED_SERVERS` in the bot's environment says which servers are served. Change it "
        "there and restart the bot."
    ),
    errors.UnknownServer: lambda e: (
        f"The bot is in no server “{plain(e.name, 60)}”. Pick one from the list that `server` "
        "offers."
    ),
    errors.BadAmount: lambda e: f"Give an amount from 1 to {e.high:,} credits.",
    errors.TooMuchTaken: lambda e: (
        f"They have {credit_count(e.available)} to spend. Take that or less."
    ),
    errors.BadTarget: "Bots have no credits. Choose a person.",
    errors.OwnCredits: "That would change your own credits. Ask an administrator to do it.",
    errors.AdministratorsOnly: "Only administrators may do that.",
    errors.UnknownStipend: "No such stipend is paid here. Pick one from the list of `stipend`.",
    errors.StipendThere: lambda e: (
        f"That role has stipend #{e.stipend_id} for the same period. End it with "
        "`/credits stipend remove` first, then add this one."
    ),
    errors.TooManyStipends: lambda e: (
        f"This server pays {e.limit} stipends, as many as it may. End one first."
    ),
    errors.UnknownTier: "That role has no limits of its own. Pick one from the list of `role`.",
    errors.TooFast: lambda e: (
        f"You may ask for {e.limit:,} things a minute. You can go on {ago(e.lifts_at)}."
    ),
    errors.DayUsedUp: lambda e: (
        f"You may spend {credit_count(e.limit)} a day, and {e.left:,} are left of today's. "
        f"The next day begins {ago(e.lifts_at)}."
    ),
    errors.TooManyPictures: lambda e: (
        f"You may ask for {e.limit} picture{'' if e.limit == 1 else 's'} at once, "
        f"and this would be {e.count}. Ask for fewer."
    ),
    errors.TooManyMegapixels: lambda e: (
        f"Your pictures may have {e.limit} megapixel{'' if e.limit == 1 else 's'}, and this "
        f"would have {e.pixels / 1024**2:.1f}. Choose a smaller size or another model."
    ),
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
    errors.JobRemoved: "Moderators removed that. Ask them if you think that they should not have.",
    errors.Sanctioned: "The moderators keep you from that here.",
    errors.MustAcknowledge: lambda e: (
        f"The moderators warned you: {_quoted(e.reason)}. Say that you read it, then try again."
    ),
    errors.Suspended: lambda e: (
        f"The moderators suspended you: {_quoted(e.reason)}. It ends {ago(e.until)}."
    ),
    errors.Banned: lambda e: (
        f"The moderators banned you from making anything here: {_quoted(e.reason)}."
    ),
    errors.NotSanctioned: "There is nothing of that kind (any more).",
    errors.Untouchable: _untouchable,
    errors.BadDuration: lambda e: (
        f"“{plain(e.text, 40)}” is no length of time. Write `12h`, `3d` or `2w`, "
        f"{e.limit_days:,} days at most."
    ),
    errors.AlreadyReported: "You have reported that picture already. The moderators know.",
    errors.TooManyReports: lambda e: (
        f"You have {e.limit} reports waiting for the moderators, as many as fit in a day. Tell "
        "them directly, or wait until they have decided some."
    ),
    errors.AlreadyAppealed: "You have appealed that already. The moderators answer once.",
    errors.CaseClosed: lambda e: f"<@{e.staff_id}> has decided that already.",
    errors.UnknownCase: "There is no such report or appeal here.",
    errors.AdultsOnly: _adults_only,
    errors.CoolingDown: lambda e: (
        f"Too many of your pictures were withheld today. You can ask again {ago(e.until)}; other "
        "words may pass."
    ),
    # Where there is no button to offer.
    errors.NeedsConsent: "This server has terms to agree to. Ask once more and press “I agree”.",
    errors.BadChoice: lambda e: f"`{e.name}` cannot be that. Pick one of the list.",
    errors.UnknownSetting: lambda e: (
        f"There is no setting “{plain(e.name, 60)}”. Pick one from the list that `name` offers."
    ),
    errors.NothingCalled: lambda e: (
        f"There is no {e.kind} “{plain(e.name, 60)}” here. Pick one from the list, or mention it."
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
    errors.ClosedPlace: _closed_place,
    errors.MissingRole: _missing_role,
    errors.ButtonsKept: (
        "In this server only its owner presses these buttons. `/imagine` makes your own."
    ),
    errors.TooNew: lambda e: f"You are too new here to make pictures. You may {ago(e.may_at)}.",
    errors.TooSoon: lambda e: f"One request at a time here. You may ask again {ago(e.may_at)}.",
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
