"""Refusals that a server's staff, or the bot's host, decided."""

from collections.abc import Iterable
from datetime import datetime

from bot.errors._root import UserError


class DiscordSilent(UserError):
    """Discord does not answer what we must know first."""


class ServerNotAllowed(UserError):
    """The host has not put this server on the allow-list."""


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


class AdministratorsOnly(UserError):
    """Only a server's administrators decide this."""


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
