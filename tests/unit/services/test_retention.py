"""How long picture files are kept."""

from datetime import timedelta

from bot.services.retention import KEPT_FOR


async def hashes(studio, job_id):
    view = await studio.services.work.find_shown(studio.origin(), job_id)
    return [picture.sha256 for picture in view.pictures]


async def is_kept(studio, sha256):
    try:
        await studio.resources.media.read(sha256)
    except FileNotFoundError:
        return False
    return True


async def test_pictures_are_kept_for_a_month(studio):
    job = await studio.finished(count=2)
    made = await hashes(studio, job.id)

    studio.clock.ahead = KEPT_FOR - timedelta(hours=1)
    deleted_early = await studio.services.retention.sweep()
    studio.clock.ahead = KEPT_FOR + timedelta(hours=1)
    deleted_late = await studio.services.retention.sweep()

    assert (deleted_early, deleted_late) == (0, 2)
    assert [await is_kept(studio, sha256) for sha256 in made] == [False, False]


async def test_picture_that_was_delivered_again_since_is_kept(studio):
    job = await studio.finished(count=2)
    first, second = await hashes(studio, job.id)
    studio.clock.ahead = KEPT_FOR - timedelta(hours=1)
    picked = await studio.services.making.pick(studio.origin(), job.id, 2)
    await studio.render(picked.view.id)

    studio.clock.ahead = KEPT_FOR + timedelta(hours=1)
    await studio.services.retention.sweep()

    assert [await is_kept(studio, sha256) for sha256 in (first, second)] == [False, True]


async def test_picture_of_a_job_under_way_is_kept(studio):
    gate = studio.delivery.script.gate("deliver")
    job_id = await studio.accepted(count=1)
    rendering = studio.begin(job_id)
    await gate.reached()

    studio.clock.ahead = 2 * KEPT_FOR
    deleted = await studio.services.retention.sweep()
    gate.open()
    await rendering

    assert deleted == 0
