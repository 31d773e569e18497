"""The leaderboard: who made, received and gave how much; never how much somebody has."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from bot.catalog import WORD_TASKS
from bot.db.tables import accounts, favourites, gifts, jobs, preferences, streaks
from bot.errors import BadChoice
from bot.jobs import SHOWN_ONLY
from bot.services.days import month_start
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.streaks import is_alive

By = Literal["pictures", "favourites", "streak", "gifts"]

BOARD_SIZE = 10


@dataclass(frozen=True)
class Ranking:
    """A person's place; people with the same score share one."""

    rank: int
    user_id: int
    score: int


@dataclass(frozen=True)
class Board:
    """A page of the leaderboard, from `number` 0 on; `own` is the place of who asks, if any."""

    by: str
    number: int
    count: int
    places: tuple[Ranking, ...]
    own: Ranking | None


class Leaderboard:
    """Ranks the members of one server; who does not want that is left out."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._clock = resources.clock

    async def page(self, origin: Origin, by: str, number: int = 0) -> Board:
        """Return a page, or the last one when there are fewer.

        Raises:
            BadChoice: nothing is ranked by that.
        """
        if by not in get_args(By):
            raise BadChoice(name="by")
        ranked = _ranked(_SCORES[by](origin.server_id, self._clock()), origin.server_id)
        async with self._db.read() as conn:
            rows = (await conn.execute(_page(ranked, origin.user_id, max(number, 0)))).all()
        if not rows:
            return Board(by, 0, 1, (), own=None)
        number, count = rows[0].number, -(-rows[0].total // BOARD_SIZE)
        found = [(row.place, Ranking(row.rank, row.user_id, int(row.score))) for row in rows]
        shown = range(number * BOARD_SIZE, (number + 1) * BOARD_SIZE)
        places = tuple(ranking for place, ranking in found if place in shown)
        own = next((one for _, one in found if one.user_id == origin.user_id), None)
        return Board(by, number, count, places, own)


def _page(ranked: sa.Subquery, user_id: int, number: int) -> sa.Select[*tuple[Any, ...]]:
    """Ask for the people of a page and for one person, wherever they are, in one go."""
    last = (ranked.c.total - 1) // BOARD_SIZE
    shown = sa.case((last < number, last), else_=number).label("number")
    is_shown = ranked.c.place.between(shown * BOARD_SIZE, shown * BOARD_SIZE + BOARD_SIZE - 1)
    query = sa.select(ranked, shown).where(is_shown | (ranked.c.user_id == user_id))
    return query.order_by(ranked.c.place)


def _ranked(scores: sa.Subquery, server_id: int) -> sa.Subquery:
    """Rank people by their scores, without those who do not want it; `place` counts them from 0."""
    best = scores.c.score.desc()
    wants = sa.func.coalesce(preferences.c.chosen["is_ranked"].as_boolean(), sa.true())
    return (
        sa.select(
            sa.func.rank().over(order_by=best).label("rank"),
            (sa.func.row_number().over(order_by=(best, accounts.c.user_id)) - 1).label("place"),
            sa.func.count().over().label("total"),
            accounts.c.user_id,
            scores.c.score,
        )
        .join(accounts, accounts.c.user_id == scores.c.user_id)
        .outerjoin(preferences, preferences.c.account_id == accounts.c.id)
        .where(accounts.c.server_id == server_id, wants, scores.c.score > 0)
        .subquery()
    )


def _pictures(server_id: int, now: datetime) -> sa.Subquery:
    """Count the pictures that were made this month, UTC, and delivered."""
    # Found from the newest job back, so that the years before are not read.
    before = (
        sa.select(jobs.c.id)
        .where(jobs.c.server_id == server_id, jobs.c.created_at < month_start(now))
        .order_by(jobs.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(jobs.c.user_id, sa.func.sum(jobs.c.delivered).label("score"))
        .where(
            jobs.c.server_id == server_id,
            jobs.c.id > sa.func.coalesce(before, 0),
            jobs.c.task.not_in(WORD_TASKS),
            jobs.c.action.not_in(SHOWN_ONLY),
            ~jobs.c.is_removed,
        )
        .group_by(jobs.c.user_id)
        .subquery()
    )


def _favourites(server_id: int, _now: datetime) -> sa.Subquery:
    """Count the marks that others put on somebody's pictures."""
    return (
        sa.select(jobs.c.user_id, sa.func.count().label("score"))
        .join(favourites, favourites.c.job_id == jobs.c.id)
        .where(
            jobs.c.server_id == server_id,
            favourites.c.account_id != jobs.c.account_id,
            ~jobs.c.is_removed,
        )
        .group_by(jobs.c.user_id)
        .subquery()
    )


def _streak(server_id: int, now: datetime) -> sa.Subquery:
    return (
        sa.select(accounts.c.user_id, streaks.c.days.label("score"))
        .join(streaks, streaks.c.account_id == accounts.c.id)
        .where(accounts.c.server_id == server_id, is_alive(now.astimezone(UTC).date()))
        .subquery()
    )


def _gifts(server_id: int, _now: datetime) -> sa.Subquery:
    return (
        sa.select(gifts.c.giver_id.label("user_id"), sa.func.sum(gifts.c.amount).label("score"))
        .where(gifts.c.server_id == server_id, gifts.c.status == "given")
        .group_by(gifts.c.giver_id)
        .subquery()
    )


_SCORES = {"pictures": _pictures, "favourites": _favourites, "streak": _streak, "gifts": _gifts}
