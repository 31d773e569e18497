"""Setting a server up: the wizard and `/config`, effective at once, after a restart too."""

from bot.sandbox import seed

SELECTS = "v1:setup:set:"


async def turn(stage, panel, page):
    """Press a page's button of the wizard."""
    return await stage.world.person("olga").press(panel.message_id, f"v1:setup:page:{page}")


async def choose(stage, panel, name, *values):
    asked = await stage.world.person("olga").select(
        panel.message_id, SELECTS + name, [str(value) for value in values]
    )
    return await asked.answered()


async def test_administrator_sets_a_server_up(stage):
    await stage.start()
    stage.channel_id = seed.GENERAL_ID
    panel = await stage.world.person("olga").slash(stage.channel_id, "setup", {})
    await panel.answered()
    assert "1 of 5 · Places" in stage.words(panel)

    await choose(stage, panel, "maker_channels", seed.GALLERY_ID)
    refused = await stage.command("imagine", prompt="a fox")
    assert f"Go to <#{seed.GALLERY_ID}>" in refused

    # Halfway through, the process goes away; the panel that was posted works on.
    await stage.kill()
    await stage.start()
    await (await turn(stage, panel, "safety")).answered()
    assert "3 of 5 · Safety" in stage.words(panel)
    forged = await choose(stage, panel, "feed_channel", seed.MIA_ID)
    assert "There is no channel" in stage.words(forged)
    await choose(stage, panel, "mod_log_channel", seed.MOD_LOG_ID)
    await choose(stage, panel, "nsfw", "never")
    await (await turn(stage, panel, "limits")).answered()
    await choose(stage, panel, "requests_per_minute", 100)
    await choose(stage, panel, "daily_credits", 50)
    await (await turn(stage, panel, "check")).answered()
    found = stage.words(panel)
    assert f"Pictures in <#{seed.GALLERY_ID}>" in found
    assert "100 requests a minute" in found
    assert "every permission that I need" in found

    # The test picture goes the ordinary way: refused here, drawn where pictures are made.
    test = await stage.world.person("olga").press(panel.message_id, "v1:setup:test")
    assert "No pictures are made in this channel" in stage.words(await test.answered())
    await choose_none(stage, panel)
    test = await stage.world.person("olga").press(panel.message_id, "v1:setup:test")
    await stage.finished((await test.answered()).message_id)

    await stage.until(lambda: "config nsfw" in log_of(stage))
    assert "age-restricted → **never**" in log_of(stage)
    assert await stage.command("daily") != ""
    assert "+50 credits" in "".join(stage.whispers())
    await strangers(stage)
    await config(stage)
    await stage.check_books()


async def choose_none(stage, panel):
    await (await turn(stage, panel, "places")).answered()
    await choose(stage, panel, "maker_channels")
    await (await turn(stage, panel, "check")).answered()


def log_of(stage):
    """Return all that the mod log says."""
    posted = stage.world.person("olga").messages(seed.MOD_LOG_ID)
    return "\n".join(stage.text(int(message["id"])) for message in posted)


async def strangers(stage):
    """Neither members nor moderators set anything up."""
    for who in ("mia", "max"):
        for path, options in (
            ("setup", {}),
            ("config view", {}),
            ("config set", {"name": "nsfw", "value": "age-restricted"}),
        ):
            asked = await stage.world.person(who).slash(stage.channel_id, path, options, force=True)
            assert "administrators" in stage.words(await asked.answered())
    assert "never" in stage.rows("SELECT chosen FROM server_settings")[0]["chosen"]


async def config(stage):
    """Typed settings are read kindly and refused clearly."""

    async def run(path, **options):
        return await stage.command(f"config {path}", "olga", **options)

    assert "#gallery" not in await run("set", name="closed_channels", value="#gallery, general")
    closed = next(iter(stage.rows("SELECT chosen FROM server_settings")))["chosen"]
    assert str(seed.GALLERY_ID) in closed
    assert str(seed.GENERAL_ID) in closed
    assert "**none**" in await run("reset", name="closed_channels")
    assert "1,500" in await run("set", name="gift_daily_cap", value="1.500")
    for name, value, words in (
        ("gift_least", "many", "cannot be that"),
        ("gift_least", "0", "from 1 to"),
        ("mod_log_channel", "#nowhere", "There is no channel"),
        ("maker_roles", "@nobody", "There is no role"),
        ("closed_channels", f"<#{seed.MIA_ID}>", "There is no channel"),
        ("moon", "1", "There is no setting"),
    ):
        assert words in await run("set", name=name, value=value), name
    assert "🔸 `gift_daily_cap`" in await run("view")
    assert "Usual: 100" in await run("view", name="sign_up_credits")
    assert "Moderator" in [
        one["name"].strip("@")
        for one in await stage.world.person("olga").autocomplete(
            stage.channel_id, "config set", {"name": "maker_roles", "value": ""}, "value"
        )
    ]
