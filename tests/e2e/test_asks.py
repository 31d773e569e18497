"""What asks before it is paid, what is told afterwards, and the small buttons and menus."""

import asyncio
import re

from bot.sandbox import seed
from bot.sandbox.layout import walk
from tests.pictures import png

PHOTO = ("photo.png", png(640, 480, "teal"))


def button(stage, message_id: int, start: str) -> str:
    """Return the custom id of the button that starts so."""
    ids = [part.get("custom_id") or "" for part in walk(stage.message(message_id)["components"])]
    return next(one for one in ids if one.startswith(start))


async def single(stage, **options) -> int:
    made = await stage.imagine("a fox", seed=5, **options)
    await stage.finished(made.message_id)
    return made.message_id


# Lists.


async def test_list_asks_first_and_brings_a_card_for_each(stage):
    await stage.start()

    asked = await stage.imagine("a {red, blue} fox --ar 16:9")
    assert "2 jobs" in stage.words(asked)
    assert "6 credits" in stage.words(asked)
    assert stage.jobs() == []
    await stage.kill()
    await stage.start()
    pressed = await stage.world.person("mia").press(
        asked.message_id, button(stage, asked.message_id, "v1:yes")
    )
    await stage.until(lambda: len(pressed.followup_ids) == 2)
    for message_id in pressed.followup_ids:
        await stage.finished(message_id)

    assert "On their way" in stage.text(asked.message_id)
    texts = [stage.text(message_id) for message_id in pressed.followup_ids]
    assert ["a red fox" in texts[0], "a blue fox" in texts[1]] == [True, True]
    await stage.check_books()


async def test_answering_an_ask_ten_times_makes_its_jobs_once(stage):
    await stage.start()
    asked = await stage.imagine("a {red, blue} fox")
    yes = button(stage, asked.message_id, "v1:yes")
    mia = stage.world.person("mia")

    await asyncio.gather(*(mia.press(asked.message_id, yes) for _ in range(10)))
    await stage.until(lambda: len(stage.jobs()) == 2)
    await stage.settled()

    assert len(stage.jobs()) == 2
    await stage.check_books()


async def test_no_makes_nothing(stage):
    await stage.start()
    asked = await stage.imagine("a {red, blue} fox")

    no = button(stage, asked.message_id, "v1:no")
    await stage.world.person("mia").press(asked.message_id, no)
    await stage.until(lambda: "Nothing was made" in stage.text(asked.message_id))

    assert stage.jobs() == []


async def test_unknown_flag_is_named_in_private(stage):
    await stage.start()

    asked = await stage.imagine("a fox --stylize 250")

    assert "`--s`" in stage.words(asked)
    assert stage.jobs() == []


# The small buttons.


async def test_info_says_how_it_was_made_to_who_asks(stage):
    await stage.start()
    message_id = await single(stage)

    told = await stage.press(message_id, "info:1", who="max")

    for fact in ("Job #1", "a fox", "seed 5", "1024×1024", "3 credits"):
        assert fact in stage.words(told)
    assert message_id != told.message_id


async def test_picture_is_sent_by_direct_message(stage):
    await stage.start()
    message_id = await single(stage)

    told = await stage.press(message_id, "send:1")
    await stage.until(lambda: "direct messages" in stage.words(told))

    everywhere = stage.world.messages.all()
    (sent,) = [one for one in everywhere if one.channel_id != stage.channel_id]
    assert len(stage.pictures(sent.id)) == 1


async def test_delete_is_for_the_owner_and_staff(stage):
    stage.world.add_member("Guest")
    await stage.start()
    mias, other = await single(stage), await single(stage)

    refused = await stage.press(mias, "delete:1", who="Guest")
    await stage.press(mias, "delete:1")
    await stage.until(lambda: not stage.exists(mias))
    await stage.press(other, "delete:2", who="max")
    await stage.until(lambda: not stage.exists(other))

    assert "somebody else" in stage.words(refused)
    shown = await stage.world.person("mia").slash(stage.channel_id, "show", {"job_id": "1"})
    await shown.settled()
    assert stage.pictures(shown.message_id)


async def test_favourite_of_a_grid_asks_which_and_can_be_taken_back(stage):
    await stage.start()
    grid = await stage.imagine(count=2)
    await stage.finished(grid.message_id, pictures=2)

    which = await stage.press(grid.message_id, "favourite:1:0")
    marked = await stage.press(which.message_id, "favourite:1:2")
    again = await stage.press(which.message_id, "favourite:1:2")

    assert "among your favourites" in stage.words(marked)
    assert "not among" in stage.words(again)


# Menus on messages.


async def test_menus_work_on_a_result(stage):
    await stage.start()
    message_id = await single(stage)
    mia = stage.world.person("mia")

    larger = await (await mia.menu(stage.channel_id, "Upscale", message_id=message_id)).answered()
    told = await (await mia.menu(stage.channel_id, "Job info", message_id=message_id)).answered()
    form = await (await mia.menu(stage.channel_id, "Remix", message_id=message_id)).answered()
    await stage.finished(larger.message_id)

    assert "enlarges picture 1 of job #1" in stage.text(larger.message_id)
    assert "Job #1" in stage.words(told)
    assert form.modal is not None
    await stage.check_books()


async def test_upscale_menu_takes_anybodys_picture(stage):
    await stage.start()
    said = await stage.world.person("max").say(stage.channel_id, "look", files=[PHOTO])

    asked = await stage.world.person("mia").menu(stage.channel_id, "Upscale", message_id=said.id)
    message_id = await stage.card(asked)
    await stage.finished(message_id)

    (job,) = stage.jobs()
    assert (job["action"], job["user_id"]) == ("upscale", seed.MIA_ID)


async def test_menus_say_so_where_there_is_nothing(stage):
    await stage.start()
    said = await stage.world.person("max").say(stage.channel_id, "hello")

    for menu in ("Upscale", "Remix", "Job info"):
        told = await stage.world.person("mia").menu(stage.channel_id, menu, message_id=said.id)
        await told.answered()
        assert "no picture in that message" in stage.words(told)


# Told when it is over.


async def test_person_who_wants_to_be_told_is_mentioned_and_nobody_else(stage):
    await stage.start()
    mia = stage.world.person("mia")
    panel = await (await mia.slash(stage.channel_id, "settings", {})).settled()
    await (await mia.select(panel.message_id, "v1:set:notify", ["always"])).settled()
    message_id = await single(stage)

    told = await stage.until(
        lambda: next(
            (
                one
                for one in stage.world.person("max").messages(stage.channel_id)
                if "is ready" in one["content"]
            ),
            None,
        )
    )

    assert re.findall(r"<@(\d+)>", told["content"]) == [str(seed.MIA_ID)]
    assert [one["id"] for one in told["mentions"]] == [str(seed.MIA_ID)]
    assert told["message_reference"]["message_id"] == str(message_id)
