"""Pictures for adults appear where Discord asks people for their age, and nowhere else."""

import pytest

from bot.errors import AdultsOnly
from bot.services import NotNow, Undeliverable
from tests.unit.services.adults import (
    close_place,
    decide,
    flagged,
    made_for_adults,
    open_place,
    shown_of,
)
from tests.unit.services.studio import model

WILD = model(name="wild", title="Wild", rating="nsfw")


async def test_flagged_pictures_are_delivered_where_they_may_appear(studio):
    job = await made_for_adults(studio, "xx")

    assert shown_of(studio, job.id) == [1, 2]
    assert await studio.funds() == (94, 0)


async def test_flagged_part_is_withheld_and_given_back(studio):
    studio.first.outputs = flagged("-x--")

    job = await studio.finished()

    assert (job.status, job.delivered, job.hidden, job.withheld_paid) == ("done", 3, 1, 0)
    assert shown_of(studio, job.id) == [1, 3, 4]
    assert await studio.funds() == (91, 0)


async def test_job_of_which_all_is_flagged_fails_and_is_there_to_be_shown_elsewhere(studio):
    studio.first.outputs = flagged("xx")

    job = await studio.finished(count=2)

    view = studio.delivery.outcome(job.id).view
    assert (job.status, job.failure, shown_of(studio, job.id)) == ("failed", "withheld", [])
    assert (view.failure, view.withheld, view.withheld_paid) == ("withheld", 2, 0)
    assert await studio.funds() == (100, 0)
    origin = open_place(studio)()
    again = await studio.services.work.find_shown(origin, job.id)
    files = await studio.services.work.files_of(again, limit_bytes=10**7, origin=origin)
    assert [file.is_for_adults for file in files] == [True, True]


async def test_unflagged_picture_of_a_route_that_nobody_filters_counts_as_flagged(studio):
    studio.learn(WILD)
    origin = open_place(studio)
    studio.first.outputs = flagged("?")
    job_id = await studio.accepted(count=1, model="wild", origin=origin())
    close_place(studio)

    job = await studio.render(job_id)

    assert (job.failure, shown_of(studio, job_id)) == ("withheld", [])


async def test_place_is_asked_at_each_showing_not_at_the_asking(studio):
    origin = open_place(studio)
    studio.first.outputs = flagged("x")
    away = studio.delivery.script.gate("deliver", then=NotNow("away"))
    job_id = await studio.accepted(count=1, origin=origin())
    rendering = studio.begin(job_id)
    await away.reached()

    close_place(studio)
    away.open()
    await rendering

    job = await studio.job(job_id)
    assert (job.failure, shown_of(studio, job_id)) == ("withheld", [])


async def test_restart_between_download_and_delivery_asks_again(studio):
    origin = open_place(studio)
    studio.first.outputs = flagged("x-")
    gate = studio.delivery.script.gate("deliver")
    job_id = await studio.accepted(count=2, origin=origin())
    studio.begin(job_id)
    await gate.reached()
    close_place(studio)

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.delivered, shown_of(studio, job_id)) == ("done", 1, [2])
    assert await studio.funds() == (97, 0)


async def test_restart_between_showing_and_settling_decides_the_same(studio):
    studio.first.outputs = flagged("x-")
    gate = studio.delivery.script.gate("delivered")
    job_id = await studio.accepted(count=2)
    studio.begin(job_id)
    await gate.reached()
    before = await studio.job(job_id)

    job = await studio.crash_and_render(job_id)

    assert (before.hidden, before.withheld_paid) == (job.hidden, job.withheld_paid) == (1, 0)
    assert {tuple(file.number for file in one.files) for one in studio.delivery.posted} == {(2,)}


async def test_place_that_cannot_be_asked_is_asked_again(studio):
    origin = open_place(studio)
    studio.first.outputs = flagged("x")
    studio.outside.script.will("nsfw", NotNow("away"))

    job = await studio.finished(count=1, origin=origin())

    assert (job.status, shown_of(studio, job.id)) == ("done", [1])


async def test_place_that_is_gone_is_none_for_adults(studio):
    origin = open_place(studio)
    studio.first.outputs = flagged("x")
    studio.outside.script.will("nsfw", Undeliverable("gone"))

    job = await studio.finished(count=1, origin=origin())

    assert (job.failure, shown_of(studio, job.id)) == ("withheld", [])


async def test_server_that_wants_none_gets_none_anywhere(studio):
    origin = open_place(studio)
    await decide(studio, nsfw="never")
    studio.first.outputs = flagged("x")

    job = await studio.finished(count=1, origin=origin())

    assert (job.failure, shown_of(studio, job.id)) == ("withheld", [])
    with pytest.raises(AdultsOnly) as caught:
        await studio.services.work.find_shown(origin(), job.id)
    assert caught.value.is_never


async def test_show_brings_them_to_no_other_place(studio):
    job = await made_for_adults(studio, "x")
    work = studio.services.work

    with pytest.raises(AdultsOnly):
        await work.find_shown(studio.origin(), job.id)
    view = await work.look(studio.origin(), job.id)
    with pytest.raises(AdultsOnly):
        work.check_decent(view)

    assert await work.files_of(view, limit_bytes=10**7) == []
    assert await work.files_of(view, limit_bytes=10**7, origin=studio.origin()) == []


async def test_show_brings_the_others(studio):
    job = await made_for_adults(studio, "x-")
    work = studio.services.work

    view = await work.find_shown(studio.origin(), job.id)
    files = await work.files_of(view, limit_bytes=10**7, origin=studio.origin())
    sent = await work.files_of(view, limit_bytes=10**7)

    assert [file.number for file in files] == [file.number for file in sent] == [2]
