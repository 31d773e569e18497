"""A report from its button to its end, through everybody's eyes."""

import asyncio

from bot.config import Settings
from bot.db import Database, utc_now
from bot.db.tables import server_settings
from bot.sandbox import seed
from bot.sandbox.interactions import Invocation
from bot.sandbox.permissions import Permission
from bot.sandbox.places import DM, Role
from tests.e2e.stage import EPHEMERAL

LOG, FEED = seed.MOD_LOG_ID, seed.GALLERY_ID
CHANNELS = {"mod_log_channel": LOG, "feed_channel": FEED}


async def begin(stage) -> None:
    """Start the bot in a server with a feed, a mod log that all see, and two administrators."""
    stage.world.channels[LOG].overwrites.clear()
    role = Role(77, "Administrator", int(seed.EVERYONE | Permission.ADMINISTRATOR), position=3)
    stage.world.guilds[seed.GUILD_ID].roles[role.id] = role
    for name in ("ada", "abe"):
        stage.world.add_member(name, role_ids=(role.id,))
    stage.data_dir.mkdir(parents=True)
    db = Database(Settings(data_dir=stage.data_dir).async_database_url)
    await db.migrate()
    async with db.write() as conn:
        chosen = {"server_id": seed.GUILD_ID, "chosen": CHANNELS, "updated_at": utc_now()}
        await conn.execute(server_settings.insert().values(chosen))
    await db.close()
    await stage.start()


def posted(stage, channel_id: int, words: str) -> int | None:
    """Return the newest message of a channel that says something."""
    found = stage.world.messages.in_channel(channel_id)
    return next((one.id for one in reversed(found) if words in stage.text(one.id)), None)


def direct(stage, user_id: int, words: str) -> int | None:
    """Return the newest direct message to somebody that says something."""
    channels = stage.world.channels.values()
    mine = [one for one in channels if one.type == DM and one.recipient_id == user_id]
    return posted(stage, mine[0].id, words) if mine else None


async def fill(stage, who: str, opened: Invocation, **values: str) -> str:
    """Fill in the form that a press has opened; return the words of the answer."""
    sent = await stage.world.person(who).submit(opened, values)
    await sent.answered()
    return stage.words(sent)


async def refused(stage, words: str) -> int:
    """Ask for a picture and expect to be refused in private; return the refusal."""
    asked = await stage.imagine("one more")
    assert words in stage.words(asked)
    assert stage.message(asked.message_id)["flags"] & EPHEMERAL
    return asked.message_id


async def report_it(stage, made: Invocation, in_feed: int) -> int:
    """Let Max report it, as anybody may; return the card that staff get."""
    opened = await stage.press(in_feed, "report", who="max")
    values = {"reason": "violence", "note": "look at @everyone"}
    assert "Noted" in await fill(stage, "max", opened, **values)
    card = await stage.until(lambda: posted(stage, LOG, "Report #1"))
    assert "a fox" in stage.text(card)
    assert stage.pictures(card)[0]["spoiler"]
    again = await stage.press(made.message_id, "report", who="max")
    assert "already" in await fill(stage, "max", again, **values)
    return card


async def refuse_a_stranger(stage, card: int) -> None:
    """No button does anything for somebody who is no staff."""
    for action in ("remove", "warn", "suspend", "ban", "dismiss", "history"):
        pressed = await stage.press(card, f"mod:{action}", who="mia")
        assert stage.words(pressed) == "Only moderators may do that."
    assert stage.rows("SELECT * FROM sanctions") == []


async def keep_rank(stage) -> None:
    """Nobody moderates who stands as high as they do, by what Discord tells of their roles."""
    abe, max_ = (str(stage.world.person(name).user_id) for name in ("abe", "max"))
    owner = str(seed.OLGA_ID)
    for who, target, words in (
        ("max", abe, "They are an administrator."),
        ("max", owner, "They own this server"),
        ("ada", abe, "They are an administrator."),
        ("ada", owner, "They own this server"),
        ("ada", max_, "Noted about"),
        ("olga", abe, "Noted about"),
    ):
        assert words in await stage.command("mod note", who, user=target, words="hm")


async def warn_by_form(stage, card: int) -> None:
    """Let Olga warn by the form: several at once warn once, and everybody is told."""
    forged = await stage.press(card, "mod:warn", who="olga")
    assert "`reason` cannot be that" in await fill(stage, "olga", forged, reason=" ")
    forms = [await stage.press(card, "mod:warn", who="olga") for _ in range(3)]
    filled = {"reason": "no gore here", "picture": "keep"}
    answers = await asyncio.gather(*(fill(stage, "olga", one, **filled) for one in forms))
    assert sorted("Warned" in words for words in answers) == [False, False, True]
    await stage.until(lambda: "Warned" in stage.text(card))
    assert stage.button(card, "mod:ban") is None
    await stage.until(lambda: direct(stage, seed.MAX_ID, "they warned who made it"))
    await stage.until(lambda: direct(stage, seed.MIA_ID, "You were warned"))
    await stage.until(lambda: posted(stage, LOG, "**warn**"))


async def acknowledge_and_go_on(stage) -> int:
    """Let Mia say that she read it, after a restart; return another picture that she makes."""
    await stage.kill()
    await stage.start()
    refusal = await refused(stage, "no gore here")
    await stage.press(refusal, "mod:ack")
    await stage.until(lambda: "Thank you" in stage.text(refusal))
    more = await stage.imagine("a wolf")
    await stage.finished(more.message_id)
    return more.message_id


async def suspend_and_appeal(stage) -> None:
    """A suspension is appealed from the direct message, and lifted."""
    words = await stage.command(
        "mod suspend", "max", user=str(seed.MIA_ID), duration="3d", reason="calm down"
    )
    assert "Suspended" in words
    notice = await stage.until(lambda: direct(stage, seed.MIA_ID, "You were suspended"))
    await refused(stage, "calm down")
    appeal = await stage.press(notice, "mod:appeal")
    assert "Noted" in await fill(stage, "mia", appeal, words="I am calm now")
    case = await stage.until(lambda: posted(stage, LOG, "I am calm now"))
    queue = await stage.world.person("max").slash(stage.channel_id, "mod queue", {})
    await queue.answered()
    assert "1 to decide" in stage.words(queue)
    granted = await stage.press(case, "mod:grant", who="max")
    assert "Granted" in await fill(stage, "max", granted, words="Be kind from now on")
    answer = await stage.until(lambda: direct(stage, seed.MIA_ID, "granted your appeal"))
    assert "Be kind from now on" in stage.text(answer)
    await stage.until(lambda: "Granted" in stage.text(case))


async def report_from_a_direct_message(stage, wolf: int) -> None:
    """What one has in a direct message is reported there; staff remove it and give it back."""
    await stage.press(wolf, "send")
    sent = await stage.until(lambda: direct(stage, seed.MIA_ID, "a wolf"))
    opened = await stage.press(sent, "report")
    assert "Noted" in await fill(stage, "mia", opened, reason="other", note="not what I meant")
    card = await stage.until(lambda: posted(stage, LOG, "not what I meant"))
    form = await stage.press(card, "mod:remove", who="max")
    filled = {"reason": "as she wished", "picture": "refund"}
    assert "Removed. 3 credits given back." in await fill(stage, "max", form, **filled)
    await stage.until(lambda: not stage.exists(wolf) and not stage.exists(sent))
    await stage.until(lambda: posted(stage, LOG, "as she wished"))


async def remove_it(stage, made: Invocation, in_feed: int) -> None:
    """The picture goes wherever it is, and its credits come back."""
    removed = await stage.command("mod remove", "max", job_id="1", refund=True)
    assert "3 credits given back" in removed
    await stage.until(lambda: not stage.exists(made.message_id) and not stage.exists(in_feed))
    assert "Moderators removed that" in await stage.command("show", job_id="1")
    history = await stage.command("mod history", "max", user=str(seed.MIA_ID))
    assert "lifted by" in history
    assert "no gore here" in history


async def test_report_leads_to_a_warning_a_suspension_an_appeal_and_a_removal(stage):
    await begin(stage)
    made = await stage.imagine("a fox", count=1)
    await stage.finished(made.message_id)
    in_feed = await stage.until(lambda: posted(stage, FEED, "a fox"))
    assert len(stage.pictures(in_feed)) == 1

    card = await report_it(stage, made, in_feed)
    await refuse_a_stranger(stage, card)
    await keep_rank(stage)
    await warn_by_form(stage, card)
    wolf = await acknowledge_and_go_on(stage)
    await suspend_and_appeal(stage)
    await report_from_a_direct_message(stage, wolf)
    await remove_it(stage, made, in_feed)

    assert "Traceback" not in stage.log
    await stage.check_books()
