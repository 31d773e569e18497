"""Refusals about what was asked for, and about the jobs and pictures it is about."""

from collections.abc import Iterable

from bot.errors._root import UserError


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
