"""Every sentence about one's own credits: balance, daily, gifts, leaderboard, transactions."""

from collections.abc import Iterator
from datetime import datetime

from bot.policy import Tier
from bot.services import (
    Board,
    Claim,
    Entry,
    EntryFile,
    EntryPage,
    Gift,
    Statement,
    Streak,
    Usage,
)
from bot.services.streaks import BONUS_A_WEEK, MOST_BONUS
from cogs._texts import ago, credit_count, plain

# Balance and daily.


def statement(told: Statement, *, owner: str, now: datetime) -> str:
    """Return all about somebody's credits."""
    funds = told.balance.funds
    lines = [
        f"{owner}: **{credit_count(funds.available)}** to spend",
        f"🔵 earned {funds.earned:,} (spent first) · 🟡 granted {funds.granted:,}"
        f" · held for running jobs {funds.held:,}",
    ]
    if told.is_frozen:
        lines.append("🧊 **Frozen by the moderators**: nothing is spent, given or received.")
    lines.append(" · ".join(_daily_parts(told, now)))
    if told.tier is not None and told.usage is not None:
        lines.append("-# Limits: " + " · ".join(_limits(told.tier, told.usage)))
    return "\n".join(lines)


def _daily_parts(told: Statement, now: datetime) -> Iterator[str]:
    daily_at = told.balance.daily_at
    if daily_at is None:
        yield "This server gives no daily credits"
        return
    yield "`/daily` is ready" if daily_at <= now else f"Next `/daily` {ago(daily_at)}"
    if told.streak.days:
        yield f"streak {_days(told.streak.days)}"


def _limits(tier: Tier, usage: Usage) -> Iterator[str]:
    minute = f"{tier.requests_per_minute:,} requests a minute"
    if usage.requests_lift_at is not None:
        minute += f" (used up, again {ago(usage.requests_lift_at)})"
    yield minute
    yield f"{tier.slots} job{'' if tier.slots == 1 else 's'} at once"
    if tier.credits_per_day is None:
        yield f"no daily limit of credits ({usage.credits:,} used today)"
    else:
        used = f"{usage.credits:,} of {credit_count(tier.credits_per_day)} used today"
        yield f"{used}, anew {ago(usage.credits_lift_at)}"
    if tier.largest_count is not None:
        yield f"up to {tier.largest_count} picture{'' if tier.largest_count == 1 else 's'} a job"
    if tier.largest_megapixels is not None:
        yield f"up to {tier.largest_megapixels} MP"
    yield f"{tier.lane} lane"


def daily(claim: Claim) -> str:
    """Return what the daily claim brought."""
    bonus = f" and {claim.streak.bonus:,} more for your streak" if claim.streak.bonus else ""
    return (
        f"+{credit_count(claim.amount)}{bonus}. You have **{claim.funds.available:,}** to spend. "
        f"The next come {ago(claim.daily_at)}.\n-# {_streak_words(claim.streak)}"
    )


def _streak_words(streak: Streak) -> str:
    return (
        f"Your streak: {_days(streak.days)}. Each full week adds {BONUS_A_WEEK} credits a day, up "
        f"to {MOST_BONUS}; one missed day is forgiven, the next one after seven more claims."
    )


def _days(days: int) -> str:
    return f"{days:,} day{'' if days == 1 else 's'}"


# Gifts.

GIVE = "Give {amount}"
DROP = "No"
NOTHING_GIVEN = "Nothing was given."


def gift_question(gift: Gift) -> str:
    """Return what is asked before a gift."""
    return _with_message(f"Give **{credit_count(gift.amount)}** to <@{gift.taker_id}>?", gift)


def given(gift: Gift) -> str:
    """Return what was given."""
    return _with_message(f"You gave **{credit_count(gift.amount)}** to <@{gift.taker_id}>.", gift)


def gift_news(gift: Gift) -> str:
    """Return what the taker of a gift is told."""
    server = f"https://discord.com/channels/{gift.server_id}"
    words = f"🎁 <@{gift.giver_id}> gave you **{credit_count(gift.amount)}** in {server}"
    return _with_message(words, gift) + "\n-# `/settings` there decides whether you take gifts."


def _with_message(words: str, gift: Gift) -> str:
    return f"{words}\n> {plain(gift.message)}" if gift.message else words


# The leaderboard.

BOARDS = {
    "pictures": "Pictures made this month",
    "favourites": "Favourites received",
    "streak": "Daily streak",
    "gifts": "Credits given away",
}
_UNITS = {"pictures": "picture", "favourites": "favourite", "streak": "day", "gifts": "credit"}
_MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}
BEFORE = "◀ Before"
AFTER = "After ▶"


def board(page: Board, *, user_id: int) -> str:
    """Return a page of the leaderboard."""
    lines = [f"**{BOARDS[page.by]}**"]
    for place in page.places:
        mark = _MEDALS.get(place.rank, f"`{place.rank:,}`")
        is_own = " ← you" if place.user_id == user_id else ""
        lines.append(f"{mark} <@{place.user_id}> · {_score(page.by, place.score)}{is_own}")
    if not page.places:
        lines.append("Nobody is on it yet.")
    pages = f" · page {page.number + 1:,} of {page.count:,}" if page.count > 1 else ""
    lines.append(f"-# {_own_place(page)}{pages}")
    return "\n".join(lines)


def _own_place(page: Board) -> str:
    if page.own is None:
        return "You are not on it"
    return f"You: place {page.own.rank:,} with {_score(page.by, page.own.score)}"


def _score(by: str, score: int) -> str:
    return f"{score:,} {_UNITS[by]}{'' if score == 1 else 's'}"


# Transactions.

NEWER = "◀ Newer"
OLDER = "Older ▶"
AS_FILE = "All as CSV"

_WHATS = {
    "signup": "welcome",
    "daily": "daily credits",
    "first": "first picture of the day",
    "stipend": "stipend",
    "staff": "changed by the moderators",
    "grant": "granted by the moderators",
    "fav": "somebody's favourite",
    "hold": "reserved",
    "capture": "of it paid for what you received",
    "release": "given back",
    "refund": "given back by the moderators",
}
_PURSES = {"earned": " 🔵", "granted": " 🟡"}


def transactions(page: EntryPage) -> str:
    """Return a page of somebody's ledger entries."""
    lines = [_entry_line(entry) for entry in page.entries]
    title = "**Your transactions** · 🔵 earned · 🟡 granted"
    return "\n".join([title, *(lines or ["There are none yet. Try `/daily`."])])


def _entry_line(entry: Entry) -> str:
    sign = "+" if entry.change > 0 else "-" if entry.change else ""
    parts = [f"**{sign}{entry.amount:,}**{_PURSES.get(entry.purse, '')} {_what(entry)}"]
    if entry.job_id is not None:
        parts.append(f"job #{entry.job_id}")
    if entry.reason:
        parts.append(f"“{plain(entry.reason, 100)}”")
    return " · ".join([*parts, ago(entry.at)])


def _what(entry: Entry) -> str:
    if entry.other_id is not None:
        return f"gift {'from' if entry.change > 0 else 'to'} <@{entry.other_id}>"
    return _WHATS.get(entry.what, "from the treasury" if entry.change > 0 else "to the treasury")


def entries_file(file: EntryFile) -> str:
    """Return what is said with the file of somebody's entries."""
    if file.is_whole:
        return "All your transactions in this server, the newest first."
    return "Your newest transactions in this server; the older ones are too many for one file."
