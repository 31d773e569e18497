"""What the other stories rely on: a bot from the nursery is as good as one started cold."""

import psutil

from tests.nursery import nursery

STANDARD_FILES_AND_ORDERS = 4


async def test_nursery_has_no_thread_and_no_file_that_a_bot_could_inherit(stage):
    await stage.cli("run", DISCORD_TOKEN="")

    warm = psutil.Process(nursery().pid)
    assert warm.num_threads() == 1
    assert warm.num_fds() == STANDARD_FILES_AND_ORDERS


async def test_bot_of_the_nursery_has_its_own_settings_and_nothing_of_others(stage):
    first, said = await stage.cli("run", LOG_LEVEL="loud")
    second, said_next = await stage.cli("run", SHARDS="5-1/2")

    assert (first, second) == (2, 2)
    assert ("LOG_LEVEL" in said, "SHARDS" in said_next) == (True, True)
    assert "LOG_LEVEL" not in said_next


async def test_nursery_tells_how_a_bot_ended(stage):
    await stage.start(ready=False)
    await stage.kill()
    killed = await stage.ended()
    await stage.start()

    assert (killed, await stage.terminate()) == (-9, 0)
