"""A day of a server's staff: credits changed, frozen and granted, a stipend, tiers, the audit."""

import contextlib
import json
import sqlite3

from bot.sandbox import seed

MIA = str(seed.MIA_ID)
EVERYBODY = str(seed.GUILD_ID)
MODERATORS = str(seed.MODERATOR_ROLE_ID)


async def staff(stage, path, who="max", **options):
    return await stage.command(f"credits {path}", who=who, **options)


async def forced(stage, path, who="mia", **options):
    """Run a command that the client does not offer."""
    person = stage.world.person(who)
    asked = await person.slash(stage.channel_id, f"credits {path}", options, force=True)
    await asked.answered()
    return stage.words(asked)


def write_settings(stage, **chosen):
    """Decide for the server while no bot runs."""
    path = stage.data_dir / "atelier.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO server_settings VALUES (?, ?, '2026-01-01 00:00:00.000000')",
            (seed.GUILD_ID, json.dumps(chosen)),
        )


def mod_log(stage):
    """Return what staff read in their channel, oldest first."""
    messages = stage.world.person("max").messages(seed.MOD_LOG_ID)
    return [stage.text(int(message["id"])) for message in messages]


def spendable(stage):
    [row] = stage.rows(
        "SELECT sum(balance) AS total FROM purses JOIN accounts ON accounts.id = account_id "
        f"WHERE user_id = {MIA} AND kind <> 'held'"
    )
    return row["total"]


async def test_moderators_and_administrators_look_after_credits(stage):
    await stage.start()
    await stage.command("balance")
    await stage.terminate()
    write_settings(stage, mod_log_channel=seed.MOD_LOG_ID)
    await stage.start()

    await change_and_freeze(stage)
    await refuse_whoever_may_not(stage)
    audit_id = await grant_and_begin_a_stipend(stage)
    # What a killed process has not posted waits for half a minute.
    await stage.until(lambda: not stage.rows("SELECT id FROM staff_actions WHERE NOT is_posted"))
    await stage.kill()
    mia = stage.world.guilds[seed.GUILD_ID].members[seed.MIA_ID]
    mia.role_ids.add(seed.MODERATOR_ROLE_ID)
    await stage.start()
    await stage.until(lambda: spendable(stage) == 57)
    await press_the_panel_of_before(stage, audit_id)
    await limit_everybody(stage)
    await stage.until(lambda: "**tier remove**" in mod_log(stage)[-1])

    assert "Traceback" not in stage.log
    assert not [words for words in stage.whispers("max") if "broke on our side" in words]
    await stage.check_books()


async def change_and_freeze(stage):
    """Every act is answered and written in the moderators' channel with before and after."""
    assert "100 → **150 credits**" in await staff(stage, "add", user=MIA, amount=50, reason="won")
    assert "150 → **40 credits**" in await staff(stage, "set", user=MIA, amount=40, reason="fair")
    assert "**frozen** now" in await staff(stage, "freeze", user=MIA, reason="a look first")
    assert "credits here are frozen" in stage.words(await stage.imagine())
    assert "**free** now" in await staff(stage, "unfreeze", user=MIA, reason="fine")
    await stage.until(lambda: len(mod_log(stage)) == 4)

    added, set_to, froze, _ = mod_log(stage)
    assert f"**credits add** · <@{MIA}> by <@{seed.MAX_ID}>" in added
    assert "100 → **150**" in added
    assert "won" in added
    assert "150 → **40**" in set_to
    assert "free → **frozen**" in froze


async def refuse_whoever_may_not(stage):
    """Nobody but staff, nobody for themselves, nothing for bots."""
    assert "Only moderators" in await forced(stage, "add", user=MIA, amount=5, reason="me")
    assert "Only moderators" in await forced(stage, "grant", role=EVERYBODY, amount=5, reason="us")
    assert "Only moderators" in await forced(stage, "audit")
    own = await staff(stage, "add", user=str(seed.MAX_ID), amount=5, reason="me")
    assert "your own credits" in own
    assert "Bots have no credits" in await staff(
        stage, "freeze", user=str(seed.BOT_ID), reason="it"
    )
    assert "Only administrators" in await staff(stage, "tier set", role=EVERYBODY, slots=5)
    assert spendable(stage) == 40


async def grant_and_begin_a_stipend(stage):
    """The stipend is for a role that Mia has not yet; return the message of the audit."""
    person = stage.world.person("max")
    options = {"role": EVERYBODY, "amount": 10, "reason": "summer"}
    granting = await person.slash(stage.channel_id, "credits grant", options)
    await granting.answered()
    await stage.until(lambda: "1 person, 10 credits" in stage.words(granting))
    assert spendable(stage) == 50
    added = await staff(stage, "stipend add", "olga", role=MODERATORS, amount=7, every="day")
    assert "7 credits a day" in added
    assert "0 paid" in await staff(stage, "stipend list")
    assert "in this server's treasury" in await staff(stage, "treasury")
    audit = await person.slash(stage.channel_id, "credits audit", {"user": MIA})
    await audit.answered()
    assert "**credits freeze**" in stage.words(audit)
    return audit.message_id


async def press_the_panel_of_before(stage, audit_id):
    assert "1 paid" in await staff(stage, "stipend list")
    table = await stage.world.person("max").press(audit_id, f"v1:audit:csv:{MIA}:30")
    await table.answered()

    [file] = stage.message(table.message_id)["attachments"]
    assert file["filename"] == f"credits-{MIA}.csv"


async def limit_everybody(stage):
    """Limits refuse with words and the moment when they lift."""
    limits = {"requests-per-minute": 2, "largest-count": 1, "credits-per-day": 5}
    told = await staff(stage, "tier set", "olga", role=EVERYBODY, **limits)
    assert "2 requests a minute" in told
    many = await stage.imagine(count=2)
    assert "1 picture at once, and this would be 2" in stage.words(many)
    await stage.finished((await stage.imagine("a fox")).message_id)
    too_dear = await stage.imagine("a wolf")
    assert "2 are left of today's. The next day begins <t:" in stage.words(too_dear)
    lifted = {"credits-per-day": 0}
    told = await staff(stage, "tier set", "olga", role=EVERYBODY, **lifted)
    assert "any number of credits a day" in told
    await stage.finished((await stage.imagine("an owl")).message_id)
    too_fast = await stage.imagine("a bear")
    assert "2 things a minute. You can go on <t:" in stage.words(too_fast)
    assert "Ended" in await staff(stage, "stipend remove", "olga", stipend="1")
    assert "no limits of its own" in await staff(stage, "tier remove", "olga", role=EVERYBODY)
