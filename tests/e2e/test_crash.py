"""Power cuts, restarts and a hostile Discord: a job ends once, and is paid if it was delivered."""

import asyncio
import shutil

import pytest

from bot.sandbox import seed
from bot.sandbox.rules import ApiError
from tests.e2e.die_at import POINTS


@pytest.mark.parametrize("keeps_engine", [True, False], ids=["engine kept", "engine deleted"])
@pytest.mark.parametrize("point", POINTS)
async def test_killed_anywhere_the_job_ends_once_and_every_button_works(stage, point, keeps_engine):
    await stage.start(die_at=point)
    invocation = await stage.world.person("mia").slash(
        stage.channel_id, "imagine", {"prompt": "a fox", "count": 2, "seed": 1}
    )
    assert await stage.ended() == -9

    if not keeps_engine:
        for path in stage.data_dir.glob("engine.sqlite*"):
            path.unlink()
    await stage.start()
    await stage.settled()

    (job,) = stage.jobs()
    assert (job["status"], job["delivered"]) == ("done", 2)
    cards = [
        message
        for message in stage.world.person("mia").messages(stage.channel_id)
        if stage.pictures(int(message["id"]))
    ]
    assert len(cards) == 1
    assert int(cards[0]["id"]) == job["message_id"]
    if invocation.message_id is not None:
        assert job["message_id"] == invocation.message_id
    await stage.check_books()
    if not keeps_engine:
        return

    picked = await stage.press(job["message_id"], "pick:1:1")
    rerolled = await stage.press(job["message_id"], "reroll:1")
    await stage.finished(picked.message_id)
    await stage.finished(rerolled.message_id, pictures=2)
    await stage.check_books()


async def test_cancel_and_retry_work_on_cards_of_an_earlier_process(stage):
    await stage.start(PAINTER_SECONDS="600")
    invocation = await stage.imagine()
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")
    await stage.kill()

    await stage.start(PAINTER_SECONDS="600")
    await stage.press(invocation.message_id, "cancel:1")
    await stage.until(lambda: stage.button(invocation.message_id, "retry:1"))
    await stage.settled()
    await stage.kill()
    await stage.start()
    retried = await stage.press(invocation.message_id, "retry:1")
    await stage.finished(retried.message_id)

    assert [job["status"] for job in stage.jobs()] == ["cancelled", "done"]
    await stage.check_books()


async def test_waiting_jobs_of_a_dead_process_are_taken_up(stage):
    await stage.start(PAINTER_SECONDS="600")
    cards = [await stage.imagine(f"picture {number}") for number in range(5)]
    await stage.until(lambda: any(job["status"] == "running" for job in stage.jobs()))
    assert any(job["status"] == "queued" for job in stage.jobs())
    await stage.kill()

    await stage.start()
    for card in cards:
        await stage.finished(card.message_id)

    await stage.check_books()


@pytest.mark.rule("10/sigterm")
async def test_sigterm_leaves_the_job_to_the_next_process(stage):
    await stage.start(PAINTER_SECONDS="600")
    invocation = await stage.imagine()
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")

    assert await stage.terminate() == 0
    assert stage.jobs()[0]["status"] == "running"
    await stage.start()
    await stage.finished(invocation.message_id)

    assert len(stage.rows("SELECT * FROM attempts")) == 1
    await stage.check_books()


@pytest.mark.rule("10/bot-edit")
async def test_token_that_expires_mid_job_is_replaced_by_the_bots_own(stage):
    await stage.start(PAINTER_SECONDS="600")
    invocation = await stage.imagine()
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")
    await stage.kill()

    stage.world.advance(15 * 60)
    await stage.start()
    await stage.finished(invocation.message_id)

    await stage.check_books()


@pytest.mark.rule("9/expired-edit")
async def test_interaction_older_than_its_token_is_never_answered_by_it(stage):
    # The world's clock runs behind, so the bot sees an interaction that is 14.5 minutes old.
    stage.world.advance(-14.5 * 60)
    await stage.start()

    invocation = await stage.imagine()
    await stage.finished(invocation.message_id)

    edits = [request for request in stage.world.requests if request.method == "PATCH"]
    assert edits
    assert all(request.path.startswith("/channels/") for request in edits)


async def test_deleted_card_is_posted_again_and_only_once(stage):
    await stage.start(PAINTER_SECONDS="600")
    invocation = await stage.imagine()
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")
    await stage.kill()
    stage.world.delete_message(invocation.message_id)

    await stage.start(die_at="before settle")
    assert await stage.ended() == -9
    await stage.start()
    await stage.settled()

    (job,) = stage.jobs()
    assert job["status"] == "done"
    assert job["message_id"] != invocation.message_id
    cards = [
        message
        for message in stage.world.person("mia").messages(stage.channel_id)
        if stage.pictures(int(message["id"]))
    ]
    assert [int(card["id"]) for card in cards] == [job["message_id"]]
    await stage.check_books()


async def test_deleted_channel_sends_the_picture_by_direct_message(stage):
    await stage.start(PAINTER_SECONDS="600")
    stage.channel_id = seed.GALLERY_ID
    await stage.imagine()
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")
    await stage.kill()
    stage.world.delete_channel(seed.GALLERY_ID)

    await stage.start()
    await stage.settled()

    (job,) = stage.jobs()
    assert job["status"] == "done"
    assert stage.world.channel(job["channel_id"]).recipient_id == seed.MIA_ID
    assert stage.pictures(job["message_id"])
    await stage.check_books()


async def test_nowhere_to_deliver_costs_nothing_and_show_brings_it(stage):
    await stage.start(PAINTER_SECONDS="600")
    stage.channel_id = seed.GALLERY_ID
    await stage.imagine()
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")
    await stage.kill()
    stage.world.delete_channel(seed.GALLERY_ID)
    stage.world.users[seed.MIA_ID].takes_dms = False

    await stage.start()
    await stage.settled()
    stage.channel_id = seed.GENERAL_ID
    shown = await stage.world.person("mia").slash(stage.channel_id, "show", {"job_id": "1"})
    await shown.answered()
    await stage.until(lambda: stage.pictures(shown.message_id))

    assert stage.jobs()[0]["failure"] == "undeliverable"
    assert stage.amounts("capture") == 0
    await stage.check_books()


async def test_dropped_gateway_mid_job_loses_nothing(stage):
    await stage.start(PAINTER_SECONDS="2")
    first = await stage.imagine("before the drop")
    await stage.world.gateway.drop()
    await stage.until(lambda: stage.world.gateway.connected)
    second = await stage.imagine("after the drop", who="max")

    await stage.finished(first.message_id)
    await stage.finished(second.message_id)

    await stage.check_books()


async def test_two_shards_serve_both_servers(stage):
    await stage.start(SHARDS="2")
    await stage.until(lambda: stage.world.gateway.connected == 2)

    invocation = await stage.imagine()
    await stage.finished(invocation.message_id)

    await stage.check_books()


async def test_fifty_jobs_at_once_cause_no_429(stage):
    await stage.start()
    people = ["mia", "max", "olga"]
    for name in people:
        user_id = str(stage.world.person(name).user_id)
        await stage.command("credits add", who="max", user=user_id, amount=500, reason="won")

    cards = await asyncio.gather(
        *(stage.imagine(f"picture {n}", who=people[n % 3]) for n in range(50))
    )
    async with asyncio.timeout(300):
        for card in cards:
            await stage.finished(card.message_id)

    assert stage.world.stats.too_many_requests == 0
    assert len(stage.jobs()) == 50
    await stage.check_books()


@pytest.mark.rule("6/reset")
@pytest.mark.parametrize(("fate", "count"), [("reset", 2), (500, 6)])
async def test_discord_failing_at_the_delivery_is_asked_again(stage, fate, count):
    # The library itself repeats a 5xx five times, so the sixth is ours.
    await stage.start()
    stage.world.faults.next("PATCH", "/webhooks/", status=fate, count=count, with_files=True)

    invocation = await stage.imagine()
    await stage.finished(invocation.message_id)

    assert "delivery put off" in stage.log
    await stage.check_books()


async def test_refused_pictures_cost_nothing_and_the_card_says_so(stage):
    await stage.start()
    refused = ApiError(400, 20009, "Explicit content cannot be sent to the desired recipient(s)")
    stage.world.faults.next("PATCH", "/webhooks/", status=refused, with_files=True)

    invocation = await stage.imagine()
    await stage.settled()

    assert "could not be posted" in stage.text(invocation.message_id)
    assert stage.jobs()[0]["failure"] == "undeliverable"
    assert stage.amounts("capture") == 0
    await stage.check_books()


async def test_reset_while_answering_is_no_reason_to_pay_twice(stage):
    await stage.start()
    stage.world.faults.next("POST", "/callback", status="reset", after=True)

    await stage.world.person("mia").slash(stage.channel_id, "imagine", {"prompt": "a fox"})
    await stage.until(stage.jobs)
    await stage.settled()

    (job,) = stage.jobs()
    assert job["status"] == "done"
    assert stage.pictures(job["message_id"])
    said = [message["content"] for message in stage.world.person("mia").messages(stage.channel_id)]
    assert not any("broke" in words for words in said)
    await stage.check_books()


async def test_an_answer_that_comes_too_late_still_ends_in_one_paid_picture(stage):
    await stage.start()
    stage.world.faults.next("POST", "/callback", status="hang", count=1)

    await stage.world.person("mia").slash(stage.channel_id, "imagine", {"prompt": "late"})
    await stage.until(stage.jobs)
    stage.world.advance(4)
    stage.world.faults.clear()
    await stage.settled()

    (job,) = stage.jobs()
    assert job["status"] == "done"
    assert stage.pictures(job["message_id"])
    await stage.check_books()


async def test_picture_no_longer_kept_is_read_from_its_message(stage):
    await stage.start()
    grid = await stage.imagine(count=2)
    await stage.finished(grid.message_id, pictures=2)
    shutil.rmtree(stage.data_dir / "media")

    picked = await stage.press(grid.message_id, "pick:1:2")
    await stage.finished(picked.message_id)

    bodies = [
        stage.world.files.find(int(item["media"]["attachment_id"])).read()
        for item in (stage.pictures(grid.message_id)[1], *stage.pictures(picked.message_id))
    ]
    assert bodies[0] == bodies[1]
    await stage.check_books()
