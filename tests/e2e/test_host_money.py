"""The host's month: a budget that holds, alerts that arrive, servers, markup, and the figures."""

import contextlib
import io
import json
import sqlite3

import pytest
from PIL import Image

from bot.sandbox import seed
from tests.e2e.stage import EPHEMERAL
from tests.standins.fal import FalAtHome

FORBIDDEN = "Only the bot's host may do that."
SERVER = str(seed.GUILD_ID)
EVERY = {
    "owner budget": {"usd": 1000},
    "owner grant": {"server": SERVER, "amount": 5},
    "owner servers list": {},
    "owner servers allow": {"server": SERVER},
    "owner servers deny": {"server": SERVER},
    "stats": {"everywhere": True},
}


@pytest.fixture
async def fal():
    """fal.ai on the loopback."""
    async with FalAtHome().open() as at_home:
        yield at_home


async def private(stage, who: str, path: str, **options) -> str:
    """Run a command as somebody; return the words of its private answer."""
    person = stage.world.person(who)
    invocation = await person.slash(stage.channel_id, path, options, force=True)
    await invocation.answered()
    await stage.until(lambda: stage.words(invocation))
    assert stage.message(invocation.message_id)["flags"] & EPHEMERAL
    return stage.words(invocation)


async def drawn(stage, **options) -> str:
    """Draw with FLUX schnell, at 0.003 USD a picture; return what the card says."""
    asked = await stage.imagine(model="flux-schnell", **options)
    await stage.finished(asked.message_id, pictures=options.get("count", 1))
    return stage.text(asked.message_id)


async def refusal(stage, **options) -> str:
    asked = await stage.imagine(model="flux-schnell", **options)
    assert stage.message(asked.message_id)["flags"] & EPHEMERAL
    return stage.words(asked)


def told(stage) -> list[str]:
    """Return the direct messages."""
    public = {seed.GENERAL_ID, seed.GALLERY_ID, seed.AFTER_DARK_ID, seed.MOD_LOG_ID}
    messages = [one for one in stage.world.messages.all() if one.channel_id not in public]
    return [stage.text(one.id) for one in messages]


def mark_up(stage, percent: int) -> None:
    with contextlib.closing(sqlite3.connect(stage.data_dir / "atelier.sqlite")) as connection:
        connection.execute(
            "INSERT INTO server_settings (server_id, chosen, updated_at) VALUES (?, ?, ?)",
            (seed.GUILD_ID, json.dumps({"markup_percent": percent}), "2026-01-01 00:00:00.000000"),
        )
        connection.commit()


async def test_host_keeps_the_money_together(stage, fal):
    await stage.start(OWNER_IDS=str(seed.MAX_ID), **fal.environment)
    await nobody_else_may(stage)
    await budget_holds_and_the_host_is_told(stage)
    assert fal.paid_posts == 2
    await denied_server_is_refused_at_once(stage)

    await stage.terminate()
    mark_up(stage, 100)
    await stage.start(ALLOWED_SERVERS=SERVER, **fal.environment)
    await what_was_decided_still_counts(stage)
    await markup_counts_on_every_price(stage)
    await figures_are_a_picture(stage)
    await stage.check_books()


async def nobody_else_may(stage):
    """Olga is an administrator, and Max the host."""
    for path, options in EVERY.items():
        assert await private(stage, "olga", path, **options) == FORBIDDEN, path
    assert await private(stage, "mia", "stats") == "Only administrators may do that."
    assert "Nothing was made here" in await private(stage, "olga", "stats")


async def budget_holds_and_the_host_is_told(stage):
    # The treasury gets its share of what the bot was started with.
    await stage.command("daily")
    assert "budget: 0.01 USD" in await private(stage, "max", "owner budget", usd=0.01)
    await drawn(stage, count=2)
    assert told(stage) == []
    await drawn(stage)
    await stage.until(lambda: told(stage))
    assert "80 % of this month's budget" in told(stage)[0]
    assert "0.009 of 0.01 USD" in told(stage)[0]
    assert "budget of the bot's host is used up" in await refusal(stage)
    await stage.until(lambda: len(told(stage)) == 2)
    assert "This month's budget is used up" in told(stage)[1]
    shown = await private(stage, "max", "owner budget")
    assert "Spent **0.009 USD** · fal 0.009 USD" in shown
    assert "Left **0.001 USD**" in shown


async def denied_server_is_refused_at_once(stage):
    assert "⛔ **Atelier** denied" in await private(
        stage, "max", "owner servers deny", server="atelier"
    )
    assert "has not opened it for this server" in await refusal(stage)
    assert "**Atelier** denied" in await private(stage, "max", "owner servers list")
    assert "🟢 **Atelier** allowed" in await private(
        stage, "max", "owner servers allow", server=SERVER
    )
    granted = await private(stage, "max", "owner grant", server=SERVER, amount=5000)
    assert "+5,000 credits" in granted
    assert "0.009 USD this month" in granted
    unknown = await private(stage, "max", "owner grant", server="nowhere", amount=5)
    assert "in no server “nowhere”" in unknown


async def what_was_decided_still_counts(stage):
    assert "used up" in await refusal(stage)
    assert "started with it" in await private(stage, "olga", "owner budget", reset=True)
    assert "ALLOWED_SERVERS" in await private(stage, "olga", "owner servers deny", server=SERVER)
    offered = await stage.world.person("olga").autocomplete(
        stage.channel_id, "owner grant", {"server": "atel"}, "server"
    )
    assert [choice["value"] for choice in offered] == [SERVER]


async def markup_counts_on_every_price(stage):
    assert "**12 credits**" in await stage.command(
        "cost", prompt="a fox", count=2, model="flux-schnell"
    )
    choices = await stage.world.person("mia").autocomplete(
        stage.channel_id, "imagine", {"model": "schnell"}, "model"
    )
    names = {choice["value"]: choice["name"] for choice in choices}
    assert names["flux-schnell"] == "FLUX schnell · 6 credits a megapixel"
    assert "6 credits" in await drawn(stage)
    assert stage.jobs()[-1]["price"] == 6


async def figures_are_a_picture(stage):
    invocation = await stage.world.person("olga").slash(
        stage.channel_id, "stats", {"period": "week", "everywhere": True}
    )
    await invocation.answered()
    await stage.until(lambda: stage.pictures(invocation.message_id))
    assert stage.message(invocation.message_id)["flags"] & EPHEMERAL
    (shown,) = stage.pictures(invocation.message_id)
    words = stage.words(invocation)
    assert "**0.012 USD** spent · **15 credits** paid · **3** jobs" in words
    assert "The last 7 days: 0.012 USD spent" in shown["description"]
    file = stage.world.files.find(int(shown["media"]["attachment_id"]))
    with Image.open(io.BytesIO(file.read())) as image:
        assert image.format == "PNG"
        assert image.width >= 1000
