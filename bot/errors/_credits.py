"""Refusals about credits: what is too little, too much or too often."""

from datetime import datetime

from bot.errors._root import UserError


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


class UnknownStipend(UserError):
    """The server has no such stipend that is paid."""


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


class StipendThere(UserError):
    """The role has another stipend for the same kind of period."""

    def __init__(self, *, stipend_id: int) -> None:
        super().__init__(f"stipend {stipend_id} is paid for it")
        self.stipend_id = stipend_id
