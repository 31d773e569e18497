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
