"""A member's credits from the first look to the last line of the book, over a restart."""

import asyncio
import csv
import io

from bot.sandbox import seed
from bot.sandbox.layout import walk
from tests.e2e.stage import EPHEMERAL

WRONG_AMOUNTS = (0, -5, 9, 10**30, 1e30, "lots", "30", True)


async def ask(stage, path, who="mia", **options):
    """Run a command, check that its answer is private, and return it."""
    asked = await stage.world.person(who).slash(stage.channel_id, path, options, force=True)
    await asked.settled()
    assert stage.message(asked.message_id)["flags"] & EPHEMERAL, path
    return asked


async def said(stage, path, who="mia", **options):
    return stage.words(await ask(stage, path, who, **options))


def gift_to(user_id, amount=30, **options):
    return {"user": str(user_id), "amount": amount, **options}


def buttons(stage, message_id):
    return {
        part["label"]: part
        for part in walk(stage.message(message_id)["components"])
        if part.get("label") and part.get("custom_id")
    }


def file_of(stage, message_id):
    (attachment,) = stage.message(message_id)["attachments"]
    data = stage.world.files.find(int(attachment["id"])).read()
    return attachment["filename"], list(csv.DictReader(io.StringIO(data.decode())))


def told(stage, user_id):
    """Return the direct messages to a person."""
    everywhere = stage.world.messages.all()
    channels = {one.id for one in stage.world.channels_of(user_id) if one.guild_id is None}
    return [stage.text(one.id) for one in everywhere if one.channel_id in channels]


async def test_member_looks_claims_gives_and_reads_the_book(stage):
    await stage.start()
    await looks_and_claims(stage)
    await is_refused(stage)
    await gives(stage)
    await is_ranked(stage)
    await reads_the_book(stage)

    assert "Traceback" not in stage.log
    await stage.check_books()


async def looks_and_claims(stage):
    first = await said(stage, "balance")
    claims = await asyncio.gather(*(said(stage, "daily") for _ in range(10)))
    after = await said(stage, "balance")

    assert "100 credits** to spend" in first
    assert "`/daily` is ready" in first
    assert "20 requests a minute · 3 jobs at once" in first
    assert sum("+25 credits" in words for words in claims) == 1
    assert sum("You have had today's credits" in words for words in claims) == 9
    assert "125 credits** to spend" in after
    assert "Next `/daily` <t:" in after
    assert "streak 1 day" in after


async def is_refused(stage):
    amounts = [await said(stage, "gift", **gift_to(seed.MAX_ID, wrong)) for wrong in WRONG_AMOUNTS]
    others = {
        "Choose somebody else": gift_to(seed.MIA_ID),
        "Choose a person": gift_to(seed.BOT_ID),
        "You have 125 credits to spend": gift_to(seed.MAX_ID, 126),
        "500 credits a day": gift_to(seed.MAX_ID, 501),
    }

    assert {words.split(" ", 3)[0] for words in amounts} == {"Give", "The"}
    assert all("\n" not in words.strip() and "broke" not in words for words in amounts)
    for words, options in others.items():
        assert words in await said(stage, "gift", **options)
    assert stage.rows("SELECT * FROM gifts") == []


async def gives(stage):
    """Answer a question of before a restart, ten times at once."""
    asked = await ask(stage, "gift", **gift_to(seed.MAX_ID, message="for the *fox*"))
    yes = buttons(stage, asked.message_id)["Give 30 credits"]["custom_id"]
    await stage.kill()
    await stage.start()
    mia = stage.world.person("mia")

    pressed = [await mia.press(asked.message_id, yes) for _ in range(10)]
    await asyncio.gather(*(press.settled() for press in pressed))
    await stage.until(lambda: told(stage, seed.MAX_ID))

    assert f"You gave **30 credits** to <@{seed.MAX_ID}>" in stage.text(asked.message_id)
    assert stage.amounts("transfer") == 30
    (news,) = told(stage, seed.MAX_ID)
    assert f"<@{seed.MIA_ID}> gave you **30 credits**" in news
    assert r"for the \*fox\*" in news


async def is_ranked(stage):
    made = await stage.imagine("a fox")
    await stage.finished(made.message_id)
    board = await ask(stage, "leaderboard")
    mia = stage.world.person("mia")

    assert f"🥇 <@{seed.MIA_ID}> · 1 picture ← you" in stage.words(board)
    await (await mia.select(board.message_id, "v1:board:by", ["gifts"])).settled()
    await stage.until(lambda: f"<@{seed.MIA_ID}> · 30 credits" in stage.words(board))
    settings = await ask(stage, "settings")
    await (await mia.select(settings.message_id, "v1:set:is_ranked", ["no"])).settled()
    assert "You are not on it" in await said(stage, "leaderboard", by="streak")


async def reads_the_book(stage):
    book = await ask(stage, "transactions")
    file = buttons(stage, book.message_id)["All as CSV"]["custom_id"]
    sent = await (await stage.world.person("mia").press(book.message_id, file)).settled()
    name, rows = file_of(stage, sent.message_id)

    words = stage.words(book)
    for line in ("-30** 🔵 gift to", "+25** 🔵 daily", "reserved · job #1", "+100** 🔵"):
        assert line in words
    assert name == f"transactions-{seed.MIA_ID}.csv"
    assert [row["what"] for row in rows] == ["capture", "hold", "gift", "daily", "signup"]
    assert stage.message(sent.message_id)["flags"] & EPHEMERAL
