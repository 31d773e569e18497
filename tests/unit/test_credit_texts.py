"""The words about credits: what is said to whom, and that nobody's text formats anything."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.ledger import Funds
from bot.policy import Tier
from bot.services import Board, Entry, EntryPage, Gift, Statement, Streak, Usage
from bot.services.credits import Balance, Claim
from bot.services.gifts import LONGEST_MESSAGE
from bot.services.leaderboard import BOARD_SIZE, Ranking
from bot.services.transactions import PER_PAGE
from cogs import _credit_texts as texts

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=12)
LIVE = f"<t:{LATER.timestamp():.0f}:R>"
FUNDS = Funds(earned=1200, granted=30, held=12)
FULL = Tier(
    requests_per_minute=100,
    slots=1,
    credits_per_day=5000,
    largest_count=1,
    largest_megapixels=4,
    lane="relax",
)
HOSTILE = "**@everyone** <@1> [x](http://x) `" * 10
MOST_TEXT = 4000


def usage(**changes):
    usual = {"requests": 0, "requests_lift_at": None, "credits": 120, "credits_lift_at": LATER}
    return Usage(**{**usual, **changes})


def statement(**changes):
    usual = {
        "balance": Balance(FUNDS, daily_at=LATER),
        "streak": Streak(days=8),
        "is_frozen": False,
        "tier": FULL,
        "usage": usage(),
    }
    told = Statement(**{**usual, **changes})
    return texts.statement(told, owner="<@1>", now=NOON)


def gift(message=""):
    return Gift(1, 100, giver_id=11, taker_id=12, amount=50, message=message, status="given")


def test_statement_tells_purses_streak_and_every_limit():
    words = statement()

    assert "**1,230 credits** to spend" in words
    assert "earned 1,200 (spent first) · 🟡 granted 30 · held for running jobs 12" in words
    assert f"Next `/daily` {LIVE} · streak 8 days" in words
    assert (
        f"100 requests a minute · 1 job at once · 120 of 5,000 credits used today, anew {LIVE} · "
        "up to 1 picture a job · up to 4 MP · relax lane"
    ) in words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_frozen": True}, "Frozen by the moderators"),
        ({"balance": Balance(FUNDS, daily_at=NOON)}, "`/daily` is ready"),
        ({"balance": Balance(FUNDS, daily_at=None)}, "gives no daily credits"),
        ({"usage": usage(requests_lift_at=LATER)}, f"used up, again {LIVE}"),
        ({"tier": Tier()}, "no daily limit of credits (120 used today)"),
    ],
)
def test_statement_says_what_is_special(changes, words):
    assert words in statement(**changes)


def test_statement_of_somebody_whose_roles_nobody_tells_has_no_limits():
    assert "Limits" not in statement(tier=None, usage=None)


def test_daily_names_the_bonus_only_where_there_is_one():
    plain, more = (
        texts.daily(Claim(25, Streak(days=days), FUNDS, daily_at=LATER)) for days in (1, 7)
    )

    assert plain.startswith("+25 credits. You have **1,230**")
    assert more.startswith("+25 credits and 5 more for your streak.")
    assert LIVE in more


@pytest.mark.parametrize("words", [texts.gift_question, texts.given, texts.gift_news])
def test_message_of_a_gift_formats_nothing(words):
    said = words(gift(HOSTILE[:LONGEST_MESSAGE]))

    assert r"\*\*\@everyone\*\* \<\@1\>" in said
    assert "\n>" not in words(gift())


def test_longest_pages_fit_into_a_message():
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    entry = Entry(10**15, moment, "staff", -(10**9), 10**9, "granted", reason=HOSTILE)
    book = texts.transactions(EntryPage((entry,) * PER_PAGE))
    place = Ranking(10**6, 2**63, 10**9)
    board = texts.board(
        Board("favourites", 10**5, 10**6, (place,) * BOARD_SIZE, place), user_id=place.user_id
    )

    assert max(len(book), len(board)) < MOST_TEXT


def test_entry_of_no_known_kind_says_which_way_it_went():
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    came, went = (Entry(1, moment, "novel", change, 5, "earned") for change in (5, -5))

    assert "**+5** 🔵 from the treasury" in texts.transactions(EntryPage((came,)))
    assert "**-5** 🔵 to the treasury" in texts.transactions(EntryPage((went,)))
