"""The mod log: every deed is posted once, also after Discord was away or the process restarted."""

from bot.services import Deed, NotNow, StaffAction
from bot.services.staff import AT_ONCE
from tests.unit.services.studio import MIA, SERVER

LOG = 77
OTHER = 101


async def set_log(studio, server_id=SERVER, channel_id=LOG):
    servers = studio.services.servers
    async with studio.db.write() as conn:
        await servers.write(conn, server_id, {"mod_log_channel": channel_id})
    await servers.refresh()


async def write(studio, action="credits add", **origin):
    async with studio.db.write() as conn:
        deed = Deed(action, target_id=MIA, before=1, after=2, reason="kindness")
        await studio.services.staff.write(conn, studio.origin(is_staff=True, **origin), deed)


async def test_deeds_are_posted_once_in_order(studio):
    await set_log(studio)
    await write(studio)
    await write(studio, "credits remove")

    assert await studio.services.staff.post_new()
    assert await studio.services.staff.post_new()

    posted = list(studio.outside.posted.values())
    assert [one.action for one in posted] == ["credits add", "credits remove"]
    assert isinstance(posted[0], StaffAction)
    assert (posted[0].target_id, posted[0].before, posted[0].after) == (MIA, "1", "2")


async def test_what_could_not_be_posted_is_posted_by_the_next_process(studio):
    await set_log(studio)
    await write(studio)
    studio.outside.script.will("post", NotNow("away"))

    assert not await studio.services.staff.post_new()
    studio.restart()
    await studio.services.servers.start()
    assert await studio.services.staff.post_new()

    assert len(studio.outside.posted) == 1


async def test_without_a_channel_nothing_is_posted_later_either(studio):
    await write(studio)

    await studio.services.staff.post_new()
    await set_log(studio)
    await studio.services.staff.post_new()

    assert studio.outside.posted == {}


async def test_channel_that_takes_nothing_holds_nothing_up(studio):
    await set_log(studio)
    studio.outside.closed.add(LOG)
    await write(studio)

    assert await studio.services.staff.post_new()


async def test_server_that_cannot_be_reached_keeps_no_other_waiting(studio):
    await set_log(studio)
    await set_log(studio, OTHER, LOG + 1)
    for number in range(AT_ONCE + 1):
        await write(studio, f"deed {number}")
    await write(studio, "elsewhere", server_id=OTHER)
    studio.outside.script.will("post", NotNow("away"))

    assert not await studio.services.staff.post_new()

    assert [one.action for one in studio.outside.posted.values()] == ["elsewhere"]
    assert await studio.services.staff.post_new()
    assert len(studio.outside.posted) == AT_ONCE + 2
