"""The host decides: providers and prices, at once, for good, and nobody else."""

import pytest

from bot.sandbox import seed
from tests.e2e.stage import EPHEMERAL

FORBIDDEN = "Only the bot's host may do that."
EVERY = {
    "owner provider list": {},
    "owner provider test": {"name": "painter"},
    "owner provider enable": {"name": "painter"},
    "owner provider disable": {"name": "painter"},
    "owner provider cap": {"name": "painter", "usd": 1},
    "owner provider prefer": {"name-or-policy": "cheapest"},
    "owner price": {"model": "painter", "task": "imagine", "credits": 9},
}
SECRET = "fal-key-that-nobody-may-see"


async def owner(stage, path: str, **options) -> str:
    """Run one of the host's commands as Olga; return the words of its private answer."""
    person = stage.world.person("olga")
    invocation = await person.slash(stage.channel_id, f"owner {path}", options)
    await invocation.answered()
    await stage.until(lambda: stage.words(invocation))
    assert stage.message(invocation.message_id)["flags"] & EPHEMERAL
    return stage.words(invocation)


async def drawn(stage) -> str:
    """Draw a picture and return what its card says."""
    asked = await stage.imagine()
    await stage.finished(asked.message_id)
    return stage.text(asked.message_id)


async def choices(stage, path: str, typed: dict, focused: str, who: str = "olga") -> list[str]:
    person = stage.world.person(who)
    found = await person.autocomplete(stage.channel_id, f"owner {path}", typed, focused)
    return [choice["value"] for choice in found]


async def test_list_shows_every_provider_and_never_a_key(stage):
    await stage.start(FAL_KEY=SECRET)
    await drawn_by_painter(stage)

    words = await owner(stage, "provider list")

    assert "🟢 **painter** ready" in words
    assert "🟢 **fal** ready" in words
    assert "**replicate** without a key · set `REPLICATE_API_TOKEN`" in words
    assert "usually" in words
    assert "Providers are asked in the catalog's order." in words
    assert SECRET not in words + stage.log
    await stage.check_books()


async def drawn_by_painter(stage) -> None:
    asked = await stage.imagine(model="painter")
    await stage.finished(asked.message_id)


async def test_test_says_whether_a_provider_works(stage):
    await stage.start()

    good = await owner(stage, "provider test", name="painter")
    missing = await owner(stage, "provider test", name="fal")
    unknown = await owner(stage, "provider test", name="<@1> nobody")

    assert "✅ **painter** answers" in good
    assert "⚠️ **fal** does not work with the key that it has: FAL\\_KEY is not set" in missing
    assert "There is no provider" in unknown
    assert "<@1>" not in unknown


async def test_disabled_provider_serves_nobody_until_it_is_enabled(stage):
    await stage.start()

    disabled = await owner(stage, "provider disable", name="painter")
    refused = await stage.imagine()
    hidden = await choices_of_models(stage)
    enabled = await owner(stage, "provider enable", name="painter")
    card = await drawn(stage)

    assert "⏹️ **painter** disabled" in disabled
    assert "Nobody can serve" in stage.words(refused)
    assert stage.message(refused.message_id)["flags"] & EPHEMERAL
    assert hidden == []
    assert "🟢 **painter** ready" in enabled
    assert "Offline painter, not AI" in card
    assert len(stage.jobs()) == 1
    await stage.check_books()


async def choices_of_models(stage) -> list[str]:
    found = await stage.world.person("mia").autocomplete(stage.channel_id, "imagine", {}, "model")
    return [choice["value"] for choice in found]


async def test_cap_stops_a_provider_and_is_lifted(stage):
    await stage.start()

    nothing = await owner(stage, "provider cap", name="painter", usd=0)
    refused = await stage.imagine()
    some = await owner(stage, "provider cap", name="painter", usd=2.5)
    removed = await owner(stage, "provider cap", name="painter")
    await drawn(stage)

    assert "🟠 **painter** at its cap" in nothing
    assert "Nobody can serve" in stage.words(refused)
    assert "🟢 **painter** ready" in some
    assert "0.00 of 2.50 USD this month" in some
    assert "USD" not in removed
    await stage.check_books()


async def test_price_counts_for_the_next_quote_and_not_for_a_job_under_way(stage):
    await stage.start(PAINTER_SECONDS="600")
    asked = await stage.imagine(count=2)
    await stage.until(lambda: stage.jobs()[-1]["status"] == "running")

    changed = await owner(stage, "price", model="painter", task="imagine", credits=7)
    quote = await stage.command("cost", prompt="a fox", count=2)
    await stage.kill()
    await stage.start()
    await stage.finished(asked.message_id, pictures=2)
    quote_later = await stage.command("cost", prompt="a fox", count=2)
    reset = await owner(stage, "price", model="painter", task="imagine")
    quote_reset = await stage.command("cost", prompt="a fox", count=2)

    assert "7 credits a picture from now on" in changed
    assert "**14 credits**" in quote
    assert quote_later == quote
    assert stage.amounts("capture") == 6
    assert "3 credits a picture" in reset
    assert "**6 credits**" in quote_reset
    await stage.check_books()


async def test_everything_counts_after_a_restart(stage):
    await stage.start()
    await owner(stage, "provider disable", name="painter")
    await owner(stage, "provider cap", name="fal", usd=5)
    await owner(stage, "provider prefer", **{"name-or-policy": "fastest"})
    await owner(stage, "provider prefer", **{"name-or-policy": "fal"})
    before = await owner(stage, "provider list")

    await stage.kill()
    await stage.start()

    refused = await stage.imagine()
    after = await owner(stage, "provider list")
    assert "Nobody can serve" in stage.words(refused)
    assert after == before
    assert "⏹️ **painter** disabled" in after
    assert "of 5.00 USD this month" in after
    assert "asked the fastest first, fal before all others" in after


@pytest.mark.parametrize("who", ["mia", "max"])
async def test_nobody_but_the_host_may(stage, who):
    await stage.start()
    offered = {one["name"] for one in stage.world.person(who).commands(stage.channel_id)}

    for path, options in EVERY.items():
        person = stage.world.person(who)
        forged = await person.slash(stage.channel_id, path, options, force=True)
        await forged.answered()
        assert stage.words(forged) == FORBIDDEN, path

    assert "owner" not in offered
    assert stage.rows("SELECT * FROM provider_rules") == []
    assert stage.rows("SELECT * FROM price_rules") == []
    assert stage.rows("SELECT * FROM staff_actions") == []
    await drawn(stage)


async def test_host_is_whom_the_settings_name(stage):
    await stage.start(OWNER_IDS=str(seed.MAX_ID))

    person = stage.world.person("max")
    allowed = await person.slash(stage.channel_id, "owner provider list", {}, force=True)
    await allowed.answered()
    refused = await owner(stage, "provider list")
    offered = await choices(stage, "provider test", {}, "name")

    assert "**painter**" in stage.words(allowed)
    assert refused == FORBIDDEN
    assert offered == []


async def test_names_are_offered_while_they_are_typed(stage):
    await stage.start()

    names = await choices(stage, "provider enable", {"name": "paint"}, "name")
    targets = await choices(stage, "provider prefer", {"name-or-policy": "est"}, "name-or-policy")
    models = await choices(stage, "price", {"model": "offline"}, "model")
    every = await choices(stage, "price", {}, "model")

    assert names == ["painter"]
    assert targets == ["cheapest", "fastest"]
    assert models == ["painter"]
    assert len(every) == 25


@pytest.mark.parametrize(
    ("path", "options", "words"),
    [
        ("provider enable", {"name": "nobody"}, "There is no provider “nobody”"),
        ("provider prefer", {"name-or-policy": "nobody"}, "There is no provider “nobody”"),
        ("price", {"model": "nobody", "task": "imagine"}, "There is no model “nobody”"),
        ("price", {"model": "clarity", "task": "imagine"}, "`task` cannot be that"),
    ],
)
async def test_refused_decision_says_why(stage, path, options, words):
    await stage.start()

    assert words in await owner(stage, path, **options)
    assert stage.rows("SELECT * FROM staff_actions") == []
