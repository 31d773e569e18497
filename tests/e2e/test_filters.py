"""A server's filter, from the first rule to the last: what moderators type, and members meet."""

import asyncio

from bot.config import Settings
from bot.db import Database, utc_now
from bot.db.tables import server_settings
from bot.sandbox import seed
from tests.e2e.stage import EPHEMERAL

LOG = seed.MOD_LOG_ID
WORDS = "\n".join(f"quibble{number}" for number in range(40))


async def test_filter_from_the_first_rule_to_the_last(stage):
    await begin(stage)
    await forbid_and_try(stage)
    await refuse_before_anything_is_spent(stage)
    await warn_once_and_flag(stage)
    await turn_pages_after_a_restart(stage)
    await export_and_remove(stage)
    assert "Traceback" not in stage.log
    await stage.check_books()


async def begin(stage) -> None:
    """Start the bot in a server with a mod log that it may write to."""
    stage.world.channels[LOG].overwrites.clear()
    stage.data_dir.mkdir(parents=True)
    db = Database(Settings(data_dir=stage.data_dir).async_database_url)
    await db.migrate()
    async with db.write() as conn:
        chosen = {"mod_log_channel": LOG}
        row = {"server_id": seed.GUILD_ID, "chosen": chosen, "updated_at": utc_now()}
        await conn.execute(server_settings.insert().values(row))
    await db.close()
    await stage.start()


async def staff(stage, path, who="max", **options) -> str:
    person = stage.world.person(who)
    asked = await person.slash(stage.channel_id, f"filter {path}", options, force=True)
    await asked.answered()
    return stage.words(asked)


async def forbid_and_try(stage) -> None:
    assert "no rules of its own" in await staff(stage, "list")
    assert "Only moderators" in await staff(stage, "add", "mia", pattern="massacre")
    assert "asterisk" in await staff(stage, "add", pattern="mass*acre")
    assert "no regular expression" in await staff(stage, "add", pattern="(a", kind="regex")
    told = await staff(stage, "add", pattern="massacre")
    assert "**#1** word “massacre” · **block**" in told
    assert "massacre*" in told
    assert "there already" in await staff(stage, "add", pattern="massacre")

    tried = await staff(
        stage, "test", words="the M.4.S.S.A.C.R.E of <@1>", **{"negative-prompt": "x"}
    )
    assert "Blocked** by rule #1, word “massacre”" in tried
    assert "> the **M.4.S.S.A.C.R.E** of \\<\\@1\\>" in tried
    assert "sexual content with minors" in await staff(stage, "test", words="nude child")
    assert "Nothing found" in await staff(stage, "test", words="a massacres of crows")
    await staff(stage, "allow", pattern="massacre of time")
    assert "Nothing found" in await staff(stage, "test", words="the massacre of time")


async def refuse_before_anything_is_spent(stage) -> None:
    """Whatever the way, one private line, no job and no credit less."""
    made = await stage.imagine("a fox")
    await stage.finished(made.message_id)
    before = await stage.command("balance")

    asked = [await stage.imagine("a massacre"), await stage.imagine("a fox --no massacre")]
    opened = await stage.press(made.message_id, "remix")
    asked.append(await stage.world.person("mia").submit(opened, {"prompt": "m a s s a c r e"}))
    await asked[-1].answered()
    for refused in asked:
        assert "rules do not allow something in your words" in stage.words(refused)
        assert "massacre" not in stage.words(refused)
        assert stage.message(refused.message_id)["flags"] & EPHEMERAL
    assert "Sexual content with minors" in stage.words(await stage.imagine("nude child"))
    assert "e-mail address" in await stage.command("enhance", prompt="me@example.com")
    gift = {"user": str(seed.MAX_ID), "amount": 10, "message": "a massacre"}
    assert "rules do not allow" in await stage.command("gift", **gift)

    assert len(stage.jobs()) == 1
    assert await stage.command("balance") == before
    await stage.until(lambda: in_log(stage, "blocked prompt", "“massacre”"))
    assert len(stage.rows("SELECT * FROM staff_actions WHERE action = 'blocked prompt'")) == 6


async def warn_once_and_flag(stage) -> None:
    await staff(stage, "add", pattern="election", action="warn")
    first = await stage.imagine("an election poster")
    assert "once more" in stage.words(first)
    second = await stage.imagine("an election poster")
    await stage.finished(second.message_id)
    await stage.until(lambda: in_log(stage, "flagged prompt", "“election”"))


async def turn_pages_after_a_restart(stage) -> None:
    files = {"file": ("words.txt", WORDS.encode())}
    imported = await stage.world.person("max").slash(
        stage.channel_id, "filter import", {}, files=files
    )
    await imported.answered()
    await stage.until(lambda: "40 new rules" in stage.words(imported))
    listed = await stage.world.person("max").slash(stage.channel_id, "filter list", {})
    await listed.answered()
    assert "**43 rules**" in stage.words(listed)
    await stage.kill()
    await stage.start()

    custom_id = "v1:filter:1:"
    presses = [stage.world.person("max").press(listed.message_id, custom_id) for _ in range(10)]
    await asyncio.gather(*[(await press).answered() for press in presses])
    assert "quibble20" in stage.words(listed)
    assert "quibble39" not in stage.words(listed)
    assert "rules do not allow" in stage.words(await stage.imagine("quibble39"))


async def export_and_remove(stage) -> None:
    asked = await stage.world.person("max").slash(stage.channel_id, "filter export", {})
    await asked.answered()
    (attachment,) = stage.message(asked.message_id)["attachments"]
    table = stage.world.files.find(int(attachment["id"])).read().decode()
    assert table.splitlines()[:3] == [
        "kind,pattern,action,channel_id,exempt_role_ids",
        "word,massacre,block,,",
        "allow,massacre of time,,,",
    ]
    offered = await stage.world.person("max").autocomplete(
        stage.channel_id, "filter remove", {"rule": "massa"}, "rule"
    )
    assert [choice["value"] for choice in offered] == ["2", "1"]
    assert "Removed: **#1**" in await staff(stage, "remove", rule="1")
    assert "no such rule" in await staff(stage, "remove", rule="1")
    made = await stage.imagine("a massacre")
    await stage.finished(made.message_id)


def in_log(stage, *words: str) -> bool:
    found = stage.world.messages.in_channel(LOG)
    return any(all(word in stage.text(one.id) for word in words) for one in found)
