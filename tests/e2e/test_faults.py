"""What goes wrong around a healthy job: slow database, dying client, forged clicks, nosy logs."""

import contextlib
import sqlite3
from itertools import pairwise

import pytest

from bot.sandbox import seed
from bot.sandbox.interactions import DidNotRespond
from bot.sandbox.layout import walk

DEFERRED = 5
BUTTON = 2


@contextlib.contextmanager
def locked_database(stage):
    """Keep every writer waiting, as a slow disk would."""
    path = stage.data_dir / "atelier.sqlite"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


async def test_slow_decision_is_deferred_and_still_becomes_the_picture(stage):
    await stage.start()

    with locked_database(stage):
        invocation = await stage.imagine()
        assert invocation.response_type == DEFERRED
    await stage.finished(invocation.message_id)

    await stage.check_books()


async def test_slow_private_picture_never_shows_in_public(stage):
    """Preferred to be private, accepted late: a public "thinking" must not become its card."""
    await stage.start()
    mia = stage.world.person("mia")
    panel = await (await mia.slash(stage.channel_id, "settings", {})).settled()
    await (await mia.select(panel.message_id, "v1:set:visibility", ["private"])).settled()

    with locked_database(stage):
        invocation = await stage.imagine("a secret")
        assert invocation.response_type == DEFERRED
    await stage.until(lambda: stage.jobs() and stage.jobs()[0]["message_id"])
    (job,) = stage.jobs()
    await stage.finished(job["message_id"])

    assert job["is_private"]
    assert stage.world.person("max").messages(stage.channel_id) == []
    await stage.check_books()


async def test_slow_refusal_is_private_all_the_same(stage):
    await stage.start()
    await stage.command(
        "credits remove", who="max", user=str(seed.MIA_ID), amount=99, reason="spent"
    )
    before = len(stage.world.person("max").messages(stage.channel_id))

    with locked_database(stage):
        await stage.imagine()
    words = await stage.until(
        lambda: next(
            (
                message["content"]
                for message in stage.world.person("mia").messages(stage.channel_id)
                if "costs 3 credits" in message["content"]
            ),
            None,
        )
    )

    assert "you have 1" in words
    assert len(stage.world.person("max").messages(stage.channel_id)) == before


async def test_client_that_dies_of_a_bad_event_is_replaced(stage):
    await stage.start()
    sessions = set(stage.world.gateway.sessions)
    channel = stage.world.channel(stage.channel_id)

    stage.world.gateway.dispatch("INTERACTION_CREATE", {"id": "1"}, channel=channel)
    await stage.until(
        lambda: stage.world.gateway.connected and set(stage.world.gateway.sessions) - sessions
    )
    invocation = await stage.imagine()
    await stage.finished(invocation.message_id)

    assert "client died" in stage.log
    await stage.check_books()


@pytest.mark.rule("10/token-secret")
async def test_neither_tokens_nor_prompts_reach_the_log(stage):
    await stage.start(LOG_LEVEL="DEBUG")
    invocation = await stage.imagine("a secret garden")
    await stage.finished(invocation.message_id)
    await stage.terminate()

    assert invocation.token not in stage.log
    assert stage.world.token not in stage.log
    assert "secret garden" not in stage.log


@pytest.mark.rule("6/progress")
async def test_progress_edits_are_few_and_the_last_is_the_picture(stage):
    await stage.start(PAINTER_SECONDS="7")
    invocation = await stage.imagine()
    await stage.finished(invocation.message_id)

    edits = [request for request in stage.world.requests if request.method == "PATCH"]
    # The painter tells 20 steps; one edit at most per two seconds leaves a handful.
    assert 2 <= len(edits) <= 8
    assert edits[-1].files
    assert not any(edit.files for edit in edits[:-1])
    bodies = [str(edit.body) for edit in edits]
    assert all(one != other for one, other in pairwise(bodies))


async def test_waiting_job_says_how_many_are_ahead_and_moves_up(stage):
    await stage.start(PAINTER_SECONDS="600")
    cards = [await stage.imagine(f"picture {number}") for number in range(7)]

    assert "Waiting · 2 ahead" in stage.text(cards[6].message_id)
    await stage.press(cards[0].message_id, "cancel:1")
    await stage.until(lambda: "Waiting · 1 ahead" in stage.text(cards[6].message_id))


async def test_click_on_a_button_the_message_never_had_does_nothing(stage):
    await stage.start()
    grid = await stage.imagine()
    await stage.finished(grid.message_id)

    pressed = await stage.world.person("max").press(grid.message_id, "v1:retry:1:0", force=True)
    with pytest.raises(DidNotRespond):
        await pressed.answered()

    assert len(stage.jobs()) == 1


async def test_second_server_has_its_own_credits_and_cannot_see_the_firsts_jobs(stage):
    foreign = stage.world.add_guild("Elsewhere")
    stage.world.add_member("mia", guild_id=foreign.id)
    await stage.start()
    grid = await stage.imagine()
    await stage.finished(grid.message_id)

    stage.channel_id = next(
        channel.id for channel in stage.world.channels.values() if channel.guild_id == foreign.id
    )
    shown = await stage.command("show", job_id="1")
    balance = await stage.command("balance")

    assert "no job" in shown
    assert "100 credits" in balance


async def test_server_off_the_hosts_list_is_refused_privately(stage):
    await stage.start(ALLOWED_SERVERS="1")

    refused = await stage.imagine()

    assert "not opened it for this server" in stage.words(refused)
    assert stage.jobs() == []


@pytest.mark.rule("9/dynamic-only")
async def test_every_button_ever_sent_is_one_of_ours(stage):
    await stage.start(PAINTER_SECONDS="600")
    running = await stage.imagine(count=2)
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")
    await stage.press(running.message_id, "cancel:1")
    await stage.settled()
    await stage.kill()
    await stage.start()
    grid = await stage.imagine(count=2)
    await stage.finished(grid.message_id, pictures=2)

    buttons = [
        part
        for message in stage.world.person("mia").messages(stage.channel_id)
        for part in walk(message.get("components", ()))
        if part["type"] == BUTTON
    ]
    assert buttons
    assert all(button["custom_id"].startswith("v1:") for button in buttons)


async def test_autocomplete_offers_models_with_their_price(stage):
    await stage.start()

    choices = await stage.world.person("mia").autocomplete(
        stage.channel_id, "imagine", {"model": "paint"}, "model"
    )

    assert [choice["value"] for choice in choices] == ["painter"]
    assert "3 credits a picture" in choices[0]["name"]
