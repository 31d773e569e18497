"""Moderation: sanctions, what they keep people from, and what is told, once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.db.tables import staff_actions
from bot.errors import (
    BadDuration,
    Banned,
    MustAcknowledge,
    NotPermitted,
    NotSanctioned,
    Suspended,
    Untouchable,
)
from bot.services import Penalty, Rank, SanctionNotice, Standing, read_duration
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER

MAX = 13
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def staff(studio, **changes):
    return studio.origin(**{"user_id": MAX, "is_staff": True, **changes})


def warning(points=1, user_id=MIA):
    return Penalty("warn", user_id, "no gore", points=points)


def punish(studio, penalty, **changes):
    return studio.services.moderation.punish(staff(studio, **changes), penalty)


async def deeds(studio):
    async with studio.db.read() as conn:
        action = staff_actions.c
        found = await conn.execute(
            sa.select(
                action.action, action.staff_id, action.target_id, action.before, action.after
            ).order_by(action.id)
        )
        return [tuple(row) for row in found]


async def test_warned_person_acknowledges_before_the_next_job(studio):
    done = await punish(studio, warning())
    error = await refused(studio, studio.imagine(), MustAcknowledge)

    await studio.services.moderation.acknowledge(MIA, error.sanction_id)
    await studio.services.moderation.acknowledge(MIA, error.sanction_id)

    assert (error.sanction_id, error.reason) == (done.sanction.id, "no gore")
    assert (await studio.imagine()).is_new
    assert await deeds(studio) == [("warn", MAX, MIA, "0 points", "1 point")]


async def test_somebody_elses_warning_is_not_acknowledged(studio):
    done = await punish(studio, warning())

    with pytest.raises(NotSanctioned):
        await studio.services.moderation.acknowledge(SAM, done.sanction.id)

    await refused(studio, studio.imagine(), MustAcknowledge)


async def test_suspension_ends_by_itself_and_ban_by_staff(studio):
    moderation = studio.services.moderation
    await punish(studio, Penalty("suspend", MIA, "calm down", duration=timedelta(hours=2)))
    suspended = await refused(studio, studio.imagine(), Suspended)
    studio.clock.ahead = timedelta(hours=3)
    free = await moderation.standing(SERVER, MIA)

    await punish(studio, Penalty("ban", MIA, "enough"))
    await refused(studio, studio.imagine(), Banned)
    await moderation.lift(staff(studio), MIA, "talked")

    assert suspended.until is not None
    assert free == Standing()
    assert (await studio.imagine()).is_new
    with pytest.raises(NotSanctioned):
        await moderation.lift(staff(studio), MIA, "again")
    assert [(one[0], one[4].split(" until")[0]) for one in await deeds(studio)] == [
        ("suspend", "suspended"),
        ("ban", "banned"),
        ("unban", "free"),
    ]


async def test_ban_counts_more_than_a_longer_suspension(studio):
    await punish(studio, Penalty("ban", MIA, "a day off", duration=timedelta(days=1)))
    await punish(studio, Penalty("suspend", MIA, "a week off", duration=timedelta(days=7)))

    standing = await studio.services.moderation.standing(SERVER, MIA)

    assert standing.is_banned
    assert standing.reason == "a day off"


async def test_points_suspend_for_a_day_and_expire(studio):
    studio.clock.now = NOON
    first = await punish(studio, warning(2))
    studio.clock.ahead = timedelta(days=91)
    late = await punish(studio, warning(2))
    enough = await punish(studio, warning(1))

    assert (first.points, late.points, enough.points) == (2, 2, 3)
    assert first.suspended is None
    assert late.suspended is None
    assert enough.suspended is not None
    assert enough.suspended.until == NOON + timedelta(days=92)
    assert (await studio.services.moderation.standing(SERVER, MIA)).is_suspended
    assert [one[0] for one in await deeds(studio)] == ["warn", "warn", "warn", "suspend"]


@pytest.mark.parametrize(("hours", "suspends"), [(1, True), (48, False)])
async def test_points_suspend_unless_somebody_is_suspended_for_longer(studio, hours, suspends):
    studio.clock.now = NOON
    await punish(studio, Penalty("suspend", MIA, "calm down", duration=timedelta(hours=hours)))

    done = await punish(studio, warning(3))

    assert (done.suspended is not None) == suspends
    standing = await studio.services.moderation.standing(SERVER, MIA)
    assert standing.until == NOON + timedelta(hours=max(hours, 24))


async def test_what_was_made_may_still_be_looked_at(studio):
    job = await studio.finished()
    await punish(studio, Penalty("ban", MIA, "enough"))

    view = await studio.services.work.find_shown(studio.origin(), job.id)

    assert view.id == job.id


@pytest.mark.parametrize(
    ("target", "changes", "expected"),
    [
        (MIA, {"is_staff": False}, NotPermitted),
        (MAX, {}, Untouchable),
        (SAM, {}, Untouchable),
    ],
)
async def test_nobody_but_staff_and_not_each_other(studio, target, changes, expected):
    studio.outside.ranks[SERVER, SAM] = Rank.MODERATOR

    await refused(studio, punish(studio, warning(user_id=target), **changes), expected)


@pytest.mark.parametrize(
    ("own", "target", "why"),
    [
        (Rank.MODERATOR, Rank.MODERATOR, "staff"),
        (Rank.MODERATOR, Rank.OWNER, "owner"),
        (Rank.ADMINISTRATOR, Rank.MODERATOR, None),
        (Rank.ADMINISTRATOR, Rank.ADMINISTRATOR, "administrator"),
        (Rank.ADMINISTRATOR, Rank.OWNER, "owner"),
        (Rank.OWNER, Rank.ADMINISTRATOR, None),
        (Rank.OWNER, Rank.OWNER, "owner"),
    ],
)
async def test_staff_moderate_those_below_them(studio, own, target, why):
    studio.outside.ranks |= {(SERVER, MAX): own, (SERVER, SAM): target}
    warning_sam = punish(studio, warning(user_id=SAM), is_admin=own >= Rank.ADMINISTRATOR)

    if why is None:
        assert (await warning_sam).points == 1
    else:
        assert (await refused(studio, warning_sam, Untouchable)).why == why


async def test_person_is_told_once_and_closed_messages_are_no_failure(studio):
    errands = studio.services.errands
    await punish(studio, warning())
    studio.outside.closed.add(SAM)
    await punish(studio, warning(user_id=SAM))
    await punish(studio, Penalty("note", MIA, "watch out"))

    assert await errands.run_all()
    assert await errands.run_all()

    assert [user_id for user_id, _ in studio.outside.told] == [MIA]
    told = studio.outside.told[0][1]
    assert isinstance(told, SanctionNotice)
    assert told.sanction.reason == "no gore"


async def test_record_pages_through_everything_for_staff_alone(studio):
    for _ in range(8):
        await punish(studio, Penalty("note", MIA, "seen"))
    moderation = studio.services.moderation

    first = await moderation.record(staff(studio), MIA)
    last = await moderation.record(staff(studio), MIA, 99)

    assert (len(first.sanctions), first.pages, len(last.sanctions)) == (6, 2, 2)
    with pytest.raises(NotPermitted):
        await moderation.record(studio.origin(), MIA)


async def test_interaction_that_comes_twice_warns_once(studio):
    origin = staff(studio)
    moderation = studio.services.moderation

    done = await asyncio.gather(*(moderation.punish(origin, warning()) for _ in range(2)))

    assert {(one.sanction.id, one.points) for one in done} == {(1, 1)}
    assert len(await deeds(studio)) == 1


async def test_warnings_at_once_suspend_once(studio):
    done = await asyncio.gather(*(punish(studio, warning()) for _ in range(5)))

    assert sorted(one.points for one in done) == [1, 2, 3, 4, 5]
    assert len([one for one in done if one.suspended]) == 1


@pytest.mark.parametrize(
    ("text", "hours"), [("12h", 12), (" 3D ", 72), ("1w 2d", 216), ("90m", 1.5)]
)
def test_durations_are_read_as_people_write_them(text, hours):
    assert read_duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "3", "d", "0h", "-1d", "3 moons", "366d", "99999w", "1d!"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(BadDuration):
        read_duration(text)
