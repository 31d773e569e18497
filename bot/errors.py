"""The product's errors. The class says what to do next; the words are the messages'.

AtelierError
├── UserError            show it privately to the person; not our fault, never logged as an error
├── ProviderError        what an adapter may raise
│   ├── ProviderBusy         surely not accepted; may be submitted again after a pause
│   ├── ProviderDown         surely not accepted; may be submitted elsewhere
│   │   └── EndpointGone         they do not serve this model any more
│   ├── ProviderRejected     final for this run: bad input
│   │   ├── Moderated            refused by their safety filter
│   │   └── ProviderFailed       failed on their side; another provider may do it
│   ├── ProviderLost         an accepted run that cannot be reached just now; ask again later
│   ├── OutOfFunds           the host's account there is empty: tell the host, route around
│   ├── BadKey               the host's key there is refused: tell the host, route around
│   └── SubmitUncertain      perhaps accepted: never submit again
└── LedgerConflict       a bug: one key, two contents; stop the job, tell the host

What keeps the process from starting is `bot.config.StartError`.
"""

from collections.abc import Iterable
from datetime import datetime


class AtelierError(Exception):
    """The root of everything this product raises on purpose."""


class LedgerConflict(AtelierError):
    """An idempotency key came back with other content. Nothing was written."""


class UserError(AtelierError):
    """Something the person can understand and mend. Nothing was spent.

    Attributes on the subclasses are what the words need; the words live in `cogs/_texts.py`.
    """


class InsufficientCredits(UserError):
    """The account has too little for the price. Nothing was written."""

    def __init__(self, *, needed: int, available: int) -> None:
        super().__init__(f"needs {needed} credits, has {available}")
        self.needed = needed
        self.available = available
        self.daily_at: datetime | None = None


class AlreadyClaimed(UserError):
    """Today's credits were claimed before."""

    def __init__(self, *, next_at: datetime) -> None:
        super().__init__(f"claimed already, next at {next_at:%Y-%m-%d %H:%M} UTC")
        self.next_at = next_at


class AccountFrozen(UserError):
    """Moderators froze the person's credits: none are spent, given or received."""


class DailyOff(UserError):
    """The server gives no daily credits."""


class GiftsOff(UserError):
    """The server allows no gifts."""


class GiftTooSmall(UserError):
    """A gift below the server's smallest; `least` is in credits."""

    def __init__(self, *, least: int) -> None:
        super().__init__(f"the smallest gift is {least}")
        self.least = least


class GiftCapReached(UserError):
    """More than one person may give away a day; `left` credits may still be given today."""

    def __init__(self, *, cap: int, left: int, resets_at: datetime) -> None:
        super().__init__(f"{left} of {cap} left to give today")
        self.cap = cap
        self.left = left
        self.resets_at = resets_at


class TooMuchGiven(UserError):
    """Somebody wants to give more than the `available` credits they have."""

    def __init__(self, *, available: int) -> None:
        super().__init__(f"only {available} to give")
        self.available = available


class GiftToSelf(UserError):
    """A gift needs somebody else."""


class TakesNoGifts(UserError):
    """The person takes no gifts, or may not at present."""


class NotAMember(UserError):
    """The person is not in this server."""


class DiscordSilent(UserError):
    """Discord does not answer what we must know first."""


class TreasuryEmpty(UserError):
    """The server's treasury cannot pay a grant. Nothing was written."""

    def __init__(self, *, needed: int, available: int) -> None:
        super().__init__(f"treasury needs {needed}, has {available}")
        self.needed = needed
        self.available = available


class BudgetUsedUp(UserError):
    """The host's monthly budget does not cover this job any more."""

    def __init__(self, *, resets_at: datetime) -> None:
        super().__init__("the monthly budget is used up")
        self.resets_at = resets_at


class ServerNotAllowed(UserError):
    """The host has not put this server on the allow-list."""


class BadPrompt(UserError):
    """The prompt is empty or too long; `limit` is in characters."""

    def __init__(self, *, length: int, limit: int) -> None:
        super().__init__(f"prompt of {length} characters, 1-{limit} allowed")
        self.length = length
        self.limit = limit


class PromptBlocked(UserError):
    """The screen refuses these words.

    `why` is "rules" (the server's), "minors", "garbled", "email", "card" or "phone".
    """

    def __init__(self, *, why: str) -> None:
        super().__init__(f"words refused: {why}")
        self.why = why


class PromptWarned(UserError):
    """The server's rules warn of these words; the same once more passes."""


class BadPattern(UserError):
    """A filter rule that cannot be matched; `reason` is a short phrase."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownRule(UserError):
    """The server's filter has no such rule."""


class RuleThere(UserError):
    """The server's filter has this very rule."""


class TooManyRules(UserError):
    """The server's filter has as many rules as it may have."""

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"up to {limit} rules")
        self.limit = limit


class BadRules(UserError):
    """A file of filter rules that cannot be read; `reason` is a short phrase."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutOfRange(UserError):
    """A number is outside what this model takes."""

    def __init__(self, *, name: str, value: float, low: float, high: float) -> None:
        super().__init__(f"{name} {value:g} is not in {low:g}-{high:g}")
        self.name = name
        self.value = value
        self.low = low
        self.high = high


class UnknownModel(UserError):
    """No catalog entry of this name."""

    def __init__(self, *, name: str) -> None:
        super().__init__(f"no model {name!r}")
        self.name = name


class UnknownProvider(UserError):
    """No adapter of this name."""

    def __init__(self, *, name: str) -> None:
        super().__init__(f"no provider {name!r}")
        self.name = name


class UnsupportedInput(UserError):
    """The model does not take this input; it is never dropped silently."""

    def __init__(self, *, model_title: str, name: str) -> None:
        super().__init__(f"{model_title} takes no {name}")
        self.model_title = model_title
        self.name = name


class UnknownLora(UserError):
    """A LoRA is named as on Hugging Face: owner/name."""

    def __init__(self, *, name: str) -> None:
        super().__init__(f"no LoRA {name!r}")
        self.name = name


class UnfitLora(UserError):
    """A LoRA was made for another base model, `name`; `names` are the titles that can use it.

    `model_title` is None where the choice was ours and no model here can use it.
    """

    def __init__(self, *, name: str, model_title: str | None, names: Iterable[str]) -> None:
        super().__init__(f"made for {name!r}, which is not {model_title}")
        self.name = name
        self.model_title = model_title
        self.names = tuple(names)


class LoraSiteDown(UserError):
    """CivitAI's website does not answer, so there is nothing to look through."""


class UnknownFlag(UserError):
    """Flags inside a prompt that mean nothing here; `is_known` says that they are Midjourney's.

    `names` are all of them, without dashes, each once; `name` is the first.
    """

    def __init__(self, *, names: Iterable[str], is_known: bool) -> None:
        self.names = tuple(dict.fromkeys(names))
        self.name = self.names[0]
        self.is_known = is_known
        super().__init__(f"no flag {', '.join(self.names)}")


class BadFlag(UserError):
    """A flag inside a prompt with a `value` that it does not take; empty where one is missing.

    `expected` is a short phrase that follows "expected" and holds nothing that people typed.
    """

    def __init__(self, *, name: str, value: str, expected: str) -> None:
        super().__init__(f"flag {name}: expected {expected}, found {value!r}")
        self.name = name
        self.value = value
        self.expected = expected


class TooManyPrompts(UserError):
    """The lists and repeats of one prompt make too many; counting `count` stops at 1000."""

    def __init__(self, *, count: int, limit: int) -> None:
        super().__init__(f"{count} prompts in one, {limit} allowed")
        self.count = count
        self.limit = limit


class UnknownJob(UserError):
    """No such job that this person may see."""

    def __init__(self, *, job_id: str) -> None:
        super().__init__(f"no job {job_id}")
        self.job_id = job_id


class NotYourJob(UserError):
    """Only the person who asked for a job may do this with it."""


class JobOver(UserError):
    """The job has ended, so there is nothing to cancel."""


class JobStillRunning(UserError):
    """The job has not ended, so there is nothing to show or repeat yet."""


class NoSuchPicture(UserError):
    """The job has no picture of that number, or it is not kept any more."""


class NoRoute(UserError):
    """No provider can serve this model just now."""

    def __init__(self, *, model_title: str) -> None:
        super().__init__(f"no provider serves {model_title} just now")
        self.model_title = model_title


class NotPermitted(UserError):
    """This needs a permission the person does not have."""


class HostOnly(UserError):
    """This is for whoever hosts the bot, not for a server's staff."""


class ServersFixed(UserError):
    """The host's settings say which servers are served, and no command changes that."""


class UnknownServer(UserError):
    """The bot was never in a server of this id or name."""

    def __init__(self, *, name: str) -> None:
        super().__init__(f"no server {name!r}")
        self.name = name


class BadAmount(UserError):
    """An amount of credits that cannot be moved; `high` is the most in one go."""

    def __init__(self, *, high: int) -> None:
        super().__init__(f"amount is not in 1-{high}")
        self.high = high


class TooMuchTaken(UserError):
    """A moderator wants to take more than the person has to spend."""

    def __init__(self, *, available: int) -> None:
        super().__init__(f"only {available} to take")
        self.available = available


class BadTarget(UserError):
    """Credits cannot go to a bot."""


class OwnCredits(UserError):
    """Moderators change nobody's credits to their own advantage; administrators may."""


class AdministratorsOnly(UserError):
    """Only a server's administrators decide this."""


class UnknownStipend(UserError):
    """The server has no such stipend that is paid."""


class StipendThere(UserError):
    """The role has another stipend for the same kind of period."""

    def __init__(self, *, stipend_id: int) -> None:
        super().__init__(f"stipend {stipend_id} is paid for it")
        self.stipend_id = stipend_id


class TooManyStipends(UserError):
    """The server pays as many stipends as it may."""

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"{limit} stipends are there already")
        self.limit = limit


class UnknownTier(UserError):
    """The role has no limits of its own."""


class TooFast(UserError):
    """More requests in a minute than the person's tier allows."""

    def __init__(self, *, limit: int, lifts_at: datetime) -> None:
        super().__init__(f"{limit} requests a minute are allowed")
        self.limit = limit
        self.lifts_at = lifts_at


class DayUsedUp(UserError):
    """More credits on one UTC day than the person's tier allows; `left` can still be spent."""

    def __init__(self, *, limit: int, left: int, lifts_at: datetime) -> None:
        super().__init__(f"{limit} credits a day are allowed, {left} are left")
        self.limit = limit
        self.left = left
        self.lifts_at = lifts_at


class TooManyPictures(UserError):
    """More pictures in one request than the person's tier allows."""

    def __init__(self, *, count: int, limit: int) -> None:
        super().__init__(f"{count} pictures, {limit} allowed")
        self.count = count
        self.limit = limit


class TooManyMegapixels(UserError):
    """A larger picture than the person's tier allows; `limit` counts 1024 × 1024 pixels."""

    def __init__(self, *, pixels: int, limit: int) -> None:
        super().__init__(f"{pixels} pixels, {limit} megapixels allowed")
        self.pixels = pixels
        self.limit = limit


class NeedsAnswer(UserError):
    """Many jobs at once, or a price above what the person spends unasked: they must confirm."""

    def __init__(self, *, ask_id: int, count: int, price: int) -> None:
        super().__init__(f"{count} jobs for {price} credits wait for an answer")
        self.ask_id = ask_id
        self.count = count
        self.price = price


class AskOver(UserError):
    """What was to be confirmed was answered before, or too long ago."""


class NotShared(UserError):
    """The owner of the job keeps its buttons to themselves."""


class NoDirectMessages(UserError):
    """The person takes no direct messages from us."""


class NothingThere(UserError):
    """The message is none of ours, or shows nothing that could be used."""


class Restarting(UserError):
    """The process is shutting down and takes no new work."""


class ServerOnly(UserError):
    """The command works in servers, not in direct messages."""


class BadPicture(UserError):
    """A file that is not a picture we can safely decode; `reason` is a short phrase."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PictureTooLarge(UserError):
    """A picture that must not be rewritten and does not fit."""

    def __init__(self, *, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"{size_bytes} bytes, {limit_bytes} allowed")
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class JobForgotten(UserError):
    """The words of this job were deleted at its owner's wish."""


class JobRemoved(UserError):
    """Moderators took this job's pictures away."""


class Sanctioned(UserError):
    """Moderators keep the person from this; `reason` is theirs, `sanction_id` may be appealed."""

    def __init__(
        self, *, sanction_id: int, server_id: int, reason: str, until: datetime | None = None
    ) -> None:
        super().__init__(f"sanction {sanction_id}")
        self.sanction_id = sanction_id
        self.server_id = server_id
        self.reason = reason
        self.until = until


class MustAcknowledge(Sanctioned):
    """The person was warned and has to say that they read it."""


class Suspended(Sanctioned):
    """The person may make nothing until a moment."""


class Banned(Sanctioned):
    """The person may make nothing until moderators change their mind."""


class NotSanctioned(UserError):
    """There is nothing (any more) to lift, to acknowledge or to appeal."""


class Untouchable(UserError):
    """Nobody moderates themselves (`self`), bots (`bot`), or who stands as high as they do.

    `why` says who that is: `staff`, `administrator`, or `owner` of the server or host of the bot.
    """

    def __init__(self, *, why: str) -> None:
        super().__init__(f"nobody moderates {why}")
        self.why = why


class BadDuration(UserError):
    """A length of time as nobody writes it, or out of bounds; `limit_days` is the longest."""

    def __init__(self, *, text: str, limit_days: int) -> None:
        super().__init__(f"no duration {text!r}")
        self.text = text
        self.limit_days = limit_days


class AlreadyReported(UserError):
    """The person has reported this picture before."""


class TooManyReports(UserError):
    """The person has as many reports waiting for a decision as anybody may have in a day."""

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"{limit} reports wait")
        self.limit = limit


class AlreadyAppealed(UserError):
    """A sanction can be appealed once, and was."""


class CaseClosed(UserError):
    """Another moderator decided a report or an appeal before; `staff_id` says who."""

    def __init__(self, *, staff_id: int) -> None:
        super().__init__(f"decided by {staff_id}")
        self.staff_id = staff_id


class UnknownCase(UserError):
    """There is no such report or appeal in this server."""


class AdultsOnly(UserError):
    """Pictures for adults may not appear here, and in a server where `is_never`, nowhere.

    With `model_title`, that model would draw where nobody filters or flags what comes of it.
    """

    def __init__(self, *, model_title: str | None = None, is_never: bool = False) -> None:
        super().__init__("pictures for adults may not appear here")
        self.model_title = model_title
        self.is_never = is_never


class CoolingDown(UserError):
    """More of the person's pictures were withheld today than is given back; so they wait."""

    def __init__(self, *, until: datetime) -> None:
        super().__init__(f"cooling down until {until:%H:%M} UTC")
        self.until = until


class NeedsConsent(UserError):
    """The server's terms have to be agreed to first; `digest` is the hash of their words."""

    def __init__(self, *, server_id: int, terms: str, digest: str) -> None:
        super().__init__("the terms wait for consent")
        self.server_id = server_id
        self.terms = terms
        self.digest = digest


class BadChoice(UserError):
    """A setting that takes one of a few values was given another one."""

    def __init__(self, *, name: str) -> None:
        super().__init__(f"{name} takes one of a few values")
        self.name = name


class UnknownSetting(UserError):
    """A server has no setting of this name."""

    def __init__(self, *, name: str) -> None:
        super().__init__(f"no setting {name!r}")
        self.name = name


class NothingCalled(UserError):
    """The server has no such `kind` (channel, role) of this name."""

    def __init__(self, *, name: str, kind: str) -> None:
        super().__init__(f"no {kind} {name!r}")
        self.name = name
        self.kind = kind


class BadName(UserError):
    """A name that is empty or too long; `limit` is in characters."""

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"a name has 1-{limit} characters")
        self.limit = limit


class UnknownPreset(UserError):
    """The person has no preset of this name."""

    def __init__(self, *, name: str) -> None:
        super().__init__(f"no preset {name!r}")
        self.name = name


class TooManyPresets(UserError):
    """The person has as many presets as they may have."""

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"{limit} presets are there already")
        self.limit = limit


class NoPreset(UserError):
    """The job's model makes nothing from words alone, so no preset comes of it."""


class ClosedPlace(UserError):
    """No pictures are made in this channel; `channel_ids` are where they are, if it is a few."""

    def __init__(self, *, channel_ids: Iterable[int]) -> None:
        super().__init__("nothing is made in this channel")
        self.channel_ids = tuple(channel_ids)


class MissingRole(UserError):
    """Pictures are for people with one of `role_ids`."""

    def __init__(self, *, role_ids: Iterable[int]) -> None:
        super().__init__("the person has none of the roles that make pictures")
        self.role_ids = tuple(role_ids)


class ButtonsKept(UserError):
    """In this server what costs credits is pressed by the job's owner alone."""


class TooNew(UserError):
    """The account, or the membership, is younger than this server wants; `may_at` it is not."""

    def __init__(self, *, may_at: datetime) -> None:
        super().__init__(f"may make pictures from {may_at:%Y-%m-%d %H:%M} UTC on")
        self.may_at = may_at


class TooSoon(UserError):
    """The person asked for something less than the server's pause ago."""

    def __init__(self, *, may_at: datetime) -> None:
        super().__init__(f"may ask again at {may_at:%H:%M:%S} UTC")
        self.may_at = may_at


class WorkUnderWay(UserError):
    """Something needs all the person's jobs to be over, and one is not."""


class ExportTooLarge(UserError):
    """Everything about a person does not fit into one file here."""

    def __init__(self, *, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"{size_bytes} bytes, {limit_bytes} allowed")
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class ProviderError(AtelierError):
    """A failure at a provider, translated once, in its adapter."""


class ProviderBusy(ProviderError):
    """Surely not accepted, but may be later: 429, or 503 with a delay."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderDown(ProviderError):
    """Surely not accepted: the request was never written, or a gateway said so."""


class EndpointGone(ProviderDown):
    """The provider knows no such endpoint (any more). Surely not accepted."""


class ProviderRejected(ProviderError):
    """The run is over without pictures; the message is fit for the person to read."""


class ProviderFailed(ProviderRejected):
    """The run broke on the provider's side, and not for what was asked of it."""


class Moderated(ProviderRejected):
    """The provider's safety filter refused the words or the picture."""


class ProviderLost(ProviderError):
    """The accepted run could not be reached; the same question may be asked again."""


class OutOfFunds(ProviderError):
    """The host's account at the provider cannot pay. Surely not accepted."""


class BadKey(ProviderError):
    """The provider refuses the host's key. Surely not accepted."""


class SubmitUncertain(ProviderError):
    """The paid request may have been accepted and no handle came back."""
