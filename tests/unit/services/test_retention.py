"""How long picture files are kept."""

from datetime import timedelta

from bot.jobs import read_pictures
from bot.providers import Output
from bot.services.retention import KEPT_FOR
from tests.pictures import png
from tests.unit.services.studio import SERVER


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


async def test_each_server_keeps_what_it_shows_as_long_as_it_wants(make_studio):
    studio = make_studio(allowed_servers=frozenset({SERVER, 200, 300}))
    jobs = {}
    for server_id, colour in ((SERVER, "teal"), (200, "orange"), (300, "navy")):
        studio.first.outputs = [Output(png(48, 32, colour), is_nsfw=False)]
        jobs[server_id] = await studio.finished(count=1, origin=studio.origin(server_id=server_id))
    await keep_for(studio, SERVER, 2)
    await keep_for(studio, 300, 90)
    made = {server_id: (await pictures_of(studio, job.id))[0] for server_id, job in jobs.items()}

    days_kept = {}
    for day in (1, 3, 31, 91):
        studio.clock.ahead = timedelta(days=day)
        await studio.services.retention.sweep()
        days_kept[day] = [server for server in made if await is_kept(studio, made[server])]

    assert days_kept == {1: [SERVER, 200, 300], 3: [200, 300], 31: [300], 91: []}


async def test_what_several_servers_show_is_kept_for_the_longest(make_studio):
    studio = make_studio(allowed_servers=frozenset({SERVER, 200}))
    studio.first.outputs = [Output(png(48, 32), is_nsfw=False)]
    job = await studio.finished(count=1)
    await studio.finished(count=1, origin=studio.origin(server_id=200))
    await keep_for(studio, SERVER, 1)
    [picture] = await pictures_of(studio, job.id)

    studio.clock.ahead = timedelta(days=20)
    await studio.services.retention.sweep()

    assert await is_kept(studio, picture)


async def test_picture_that_somebody_gave_is_kept_as_long_as_what_was_made_of_it(make_studio):
    """Though another server wants its own gone at once."""
    studio = make_studio(allowed_servers=frozenset({SERVER, 200}))
    source = await studio.services.making.take_picture(png(640, 480, "navy"))
    await studio.finished(count=1, model="deft", task="edit", image=source)
    await keep_for(studio, 200, 1)

    studio.clock.ahead = timedelta(days=20)
    await studio.services.retention.sweep()
    early = await is_kept(studio, source.sha256)
    studio.clock.ahead = timedelta(days=31)
    await studio.services.retention.sweep()

    assert (early, await is_kept(studio, source.sha256)) == (True, False)


async def keep_for(studio, server_id, days):
    servers = studio.services.servers
    async with studio.db.write() as conn:
        await servers.write(conn, server_id, {"retention_days": days})
    await servers.refresh()


async def pictures_of(studio, job_id):
    async with studio.db.read() as conn:
        return [picture.sha256 for picture in await read_pictures(conn, job_id)]
