"""What is withheld is given back, some a day; what goes beyond is charged, and staff read of it."""

from datetime import timedelta

from bot.errors import CoolingDown
from bot.providers import Output
from tests.unit.services.adults import close_place, decide, deeds, flagged, made_for_adults
from tests.unit.services.presses import pick, refused
from tests.unit.services.studio import MIA, SAM


async def test_some_a_day_are_given_back_and_more_are_charged(studio):
    await decide(studio, withheld_refunds_a_day=3)
    studio.first.outputs = flagged("xx")
    first = await studio.finished(count=2)

    second = await studio.finished(count=2)

    assert (first.withheld_paid, second.withheld_paid) == (0, 1)
    assert (second.status, second.delivered, second.charged) == ("failed", 0, 3)
    assert await studio.funds() == (97, 0)
    assert studio.delivery.outcome(second.id).view.withheld_paid == 1
    [deed] = await deeds(studio)
    assert (deed.action, deed.target_id, deed.staff_id, deed.after) == (
        "withheld",
        MIA,
        0,
        "1 charged",
    )


async def test_whoever_was_charged_cools_down_and_nobody_else(studio):
    await decide(studio, withheld_refunds_a_day=0)
    studio.first.outputs = flagged("x")
    await studio.finished(count=1)
    studio.first.outputs = None

    error = await refused(studio, studio.imagine(count=1), CoolingDown)
    others = await studio.imagine(count=1, origin=studio.origin(user_id=SAM))
    studio.clock.ahead = timedelta(minutes=11)
    later = await studio.imagine(count=1)

    assert error.until > studio.clock() - timedelta(minutes=11)
    assert others.is_new
    assert later.is_new


async def test_what_a_provider_withheld_counts_as_well_and_the_day_is_utc(studio):
    await decide(studio, withheld_refunds_a_day=1)
    studio.clock.now = studio.clock().replace(hour=23, minute=30)
    studio.first.outputs = [*flagged("-"), Output(b"", is_nsfw=True, is_withheld=True)]
    first = await studio.finished(count=2)
    studio.first.outputs = [Output(b"", is_withheld=True)]
    second = await studio.finished(count=1)

    studio.clock.now += timedelta(hours=1)
    third = await studio.finished(count=1)

    assert [job.withheld for job in (first, second, third)] == [1, 1, 1]
    assert [job.withheld_paid for job in (first, second, third)] == [0, 1, 0]
    assert [job.charged for job in (first, second, third)] == [3, 3, 0]


async def test_what_costs_nothing_is_not_counted(studio):
    await decide(studio, withheld_refunds_a_day=0)
    job = await made_for_adults(studio, "x")
    picked = await pick(studio, job.id, 1, is_nsfw_place=True)
    close_place(studio)

    shown = await studio.render(picked.view.id)

    assert (shown.failure, shown.hidden, shown.withheld_paid) == ("withheld", 1, 0)
    assert await deeds(studio) == []
