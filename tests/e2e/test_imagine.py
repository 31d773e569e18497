"""A member's first minutes: from the keystroke to the picture, and every button under it."""

import asyncio
import io

import pytest
from PIL import Image

from bot.sandbox import seed


async def test_imagine_becomes_pictures_with_alt_text_facts_prices_and_buttons(stage):
    await stage.start()

    invocation = await stage.imagine("a red fox in the snow", count=4, seed=7)
    await stage.finished(invocation.message_id, pictures=4)

    text = stage.text(invocation.message_id)
    assert invocation.response_type == 4
    assert "a red fox in the snow" in text
    for fact in ("Offline painter", "seed 7", "1024×1024", "12 credits", "not AI", "Reroll 12"):
        assert fact in text
    items = stage.pictures(invocation.message_id)
    assert [item["description"] for item in items] == [
        f"Picture {number} of 4: a red fox in the snow" for number in (1, 2, 3, 4)
    ]
    for action in ("pick:1:1", "pick:1:4", "reroll:1"):
        assert stage.button(invocation.message_id, action)
    assert not stage.button(invocation.message_id, "cancel")
    await stage.check_books()
    assert stage.amounts("capture") == 12


async def test_progress_reaches_the_card_and_the_picture_comes_as_a_real_file(stage):
    await stage.start(PAINTER_SECONDS="6")

    invocation = await stage.imagine("a calm sea at night", aspect_ratio="16:9")
    await stage.until(lambda: "▰" in stage.text(invocation.message_id))
    await stage.finished(invocation.message_id)

    (item,) = stage.pictures(invocation.message_id)
    file = stage.world.files.find(int(item["media"]["attachment_id"]))
    with Image.open(io.BytesIO(file.read())) as picture:
        assert picture.size == (1344, 768)


async def test_buttons_under_a_result_do_what_they_say(stage):
    await stage.start()
    grid = await stage.imagine(count=2, seed=3)
    await stage.finished(grid.message_id, pictures=2)

    picked = await stage.press(grid.message_id, "pick:1:2")
    rerolled = await stage.press(grid.message_id, "reroll:1", who="max")
    await stage.finished(picked.message_id)
    await stage.finished(rerolled.message_id, pictures=2)

    assert "picture 2 of job #1" in stage.text(picked.message_id)
    assert "free" in stage.text(picked.message_id)
    jobs = stage.jobs()
    assert [job["action"] for job in jobs] == ["imagine", "pick", "reroll"]
    assert jobs[2]["user_id"] == seed.MAX_ID
    assert jobs[2]["parent_id"] == 1
    await stage.check_books()
    assert stage.amounts("capture") == 12


async def test_ten_presses_of_u1_at_once_bring_one_picture(stage):
    await stage.start()
    grid = await stage.imagine(count=2)
    await stage.finished(grid.message_id, pictures=2)

    presses = await asyncio.gather(*(stage.press(grid.message_id, "pick:1:1") for _ in range(10)))
    await stage.settled()

    assert [job["action"] for job in stage.jobs()] == ["imagine", "pick"]
    public = [press for press in presses if not _is_private(stage, press)]
    assert len(public) == 1
    assert len(stage.pictures(public[0].message_id)) == 1
    await stage.check_books()


def _is_private(stage, invocation):
    return bool(stage.message(invocation.message_id)["flags"] & 64)


@pytest.mark.rule("10/once")
async def test_same_interaction_delivered_twice_is_one_job(stage):
    await stage.start()

    invocation = await stage.world.person("mia").slash(
        stage.channel_id, "imagine", {"prompt": "twice"}, deliver_twice=True
    )
    await invocation.answered()
    await stage.finished(invocation.message_id)

    assert len(stage.jobs()) == 1
    assert "Traceback" not in stage.log
    await stage.check_books()


async def test_cancel_gives_everything_back_and_offers_retry(stage):
    await stage.start(PAINTER_SECONDS="600")
    invocation = await stage.imagine(count=4)
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")

    await stage.press(invocation.message_id, "cancel:1")
    await stage.settled()
    await stage.until(lambda: "given back" in stage.text(invocation.message_id))

    assert stage.jobs()[0]["status"] == "cancelled"
    assert stage.button(invocation.message_id, "retry:1")
    assert stage.amounts("capture") == 0
    assert "100 credits" in await stage.command("balance")
    await stage.check_books()


@pytest.mark.rule("9/item-errors")
async def test_strangers_cannot_cancel_but_moderators_can(stage):
    await stage.start(PAINTER_SECONDS="600")
    invocation = await stage.imagine(who="olga")
    await stage.until(lambda: stage.jobs()[0]["status"] == "running")

    refused = await stage.press(invocation.message_id, "cancel:1", who="mia")
    allowed = await stage.press(invocation.message_id, "cancel:1", who="max")
    await stage.settled()

    assert "somebody else's job" in stage.words(refused)
    assert "Stopping job #1" in stage.words(allowed)
    assert stage.jobs()[0]["status"] == "cancelled"


async def test_commands_about_ones_work_and_credits(stage):
    await stage.start()
    grid = await stage.imagine("a lighthouse", seed=5)
    await stage.finished(grid.message_id)

    answers = {path: await stage.command(path) for path in ("balance", "daily", "jobs", "help")}
    cost = await stage.command("cost", prompt="a lighthouse", count=3)
    shown = await stage.world.person("mia").slash(stage.channel_id, "show", {"job_id": "#1"})
    await shown.answered()
    await stage.until(lambda: shown.state == "answered" and stage.pictures(shown.message_id))

    assert "97 credits" in answers["balance"]
    assert "+25 credits" in answers["daily"]
    assert "a lighthouse" in answers["jobs"]
    assert "/imagine" in answers["help"]
    assert "9 credits" in cost
    assert stage.button(shown.message_id, "reroll:1")
    assert "You have had today's credits" in await stage.command("daily")


async def test_moderator_changes_credits_with_before_and_after(stage):
    await stage.start()

    added = await stage.command(
        "credits add", who="max", user=str(seed.MIA_ID), amount=50, reason="contest"
    )
    removed = await stage.command(
        "credits remove", who="max", user=str(seed.MIA_ID), amount=20, reason="too much"
    )
    refused = await stage.world.person("mia").slash(
        stage.channel_id,
        "credits add",
        {"user": str(seed.MIA_ID), "amount": 5, "reason": "too much"},
        force=True,
    )
    await refused.answered()

    assert "100 → **150 credits**" in added
    assert "contest" in added
    assert "150 → **130 credits**" in removed
    assert "Only moderators" in stage.words(refused)
    assert len(stage.rows("SELECT * FROM staff_actions")) == 2
    await stage.check_books()


@pytest.mark.rule("9/command-errors")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prompt": "   "}, "The prompt is empty"),
        ({"prompt": "x" * 4001}, "up to 4,000 fit"),
        ({"count": 9}, "`count` must be from 1 to 4"),
        ({"model": "nonesuch"}, "There is no model"),
        ({"seed": -5}, "`seed` must be from 0"),
    ],
)
async def test_bad_input_gets_one_private_line_and_spends_nothing(stage, options, words):
    await stage.start()

    invocation = await stage.world.person("mia").slash(
        stage.channel_id, "imagine", {"prompt": "a fox", **options}, force=True
    )
    await invocation.answered()

    assert words in stage.words(invocation)
    assert _is_private(stage, invocation)
    assert stage.jobs() == []
    assert "error" not in stage.log.lower()


async def test_too_few_credits_names_price_balance_and_next_daily(stage):
    await stage.start()
    await stage.command(
        "credits remove", who="max", user=str(seed.MIA_ID), amount=95, reason="too much"
    )
    await stage.command("daily")
    await stage.command(
        "credits remove", who="max", user=str(seed.MIA_ID), amount=25, reason="too much"
    )

    refused = await stage.imagine(count=4)

    assert "costs 12 credits and you have 5" in stage.words(refused)
    assert "`/daily` gives you more <t:" in stage.words(refused)
    assert stage.jobs() == []


@pytest.mark.parametrize("path", ["cancel", "show"])
@pytest.mark.parametrize(("job_id", "words"), [("99", "no job"), ("x'); --", "no job")])
async def test_unknown_job_id_is_refused(stage, path, job_id, words):
    await stage.start()

    assert words in await stage.command(path, job_id=job_id)


async def test_somebody_elses_job_is_not_shown(stage):
    await stage.start()
    grid = await stage.imagine()
    await stage.finished(grid.message_id)

    assert "somebody else's job" in await stage.command("show", who="max", job_id="1")
