"""Every command, menu and button there is, after a restart: none is dead, none breaks."""

from bot.sandbox import seed
from cogs._buttons import LOOKS
from cogs._permissions import of_command
from tests.pictures import png

SUBCOMMAND, SUBCOMMAND_GROUP, USER_MENU, MESSAGE_MENU = 1, 2, 2, 3
PHOTO = {"image": ("photo.png", png(640, 480, "teal"))}
TWO = {"image1": PHOTO["image"], "image2": ("other.png", png(320, 480, "orange"))}
FILES = {"edit": PHOTO, "upscale": PHOTO, "describe": PHOTO, "blend": TWO}
FILES["filter import"] = {"file": ("words.txt", b"storm")}
COMMANDS = {
    "imagine": {"prompt": "a fox"},
    "cost": {"prompt": "a fox"},
    "edit": {"prompt": "make it night"},
    "upscale": {},
    "blend": {},
    "describe": {},
    "enhance": {"prompt": "a fox"},
    "jobs": {},
    "cancel": {"job_id": "1"},
    "show": {"job_id": "1"},
    "history": {},
    "models": {},
    "loras": {"query": "lighthouse"},
    "settings": {},
    "balance": {},
    "daily": {},
    "gift": {"user": str(seed.MAX_ID), "amount": 10},
    "leaderboard": {},
    "transactions": {},
    "help": {},
    "preset save": {"name": "foxes", "job_id": "2"},
    "preset use": {"name": "foxes", "prompt": "a wolf"},
    "preset list": {},
    "preset delete": {"name": "foxes"},
    "privacy export": {},
    "privacy delete": {},
    "credits add": {"user": "Mia", "amount": 5, "reason": "won"},
    "credits remove": {"user": "Mia", "amount": 5, "reason": "a slip"},
    "credits set": {"user": "Mia", "amount": 50, "reason": "as all"},
    "credits freeze": {"user": "Mia", "reason": "a look first"},
    "credits unfreeze": {"user": "Mia", "reason": "all is well"},
    "credits grant": {
        "role": str(seed.MODERATOR_ROLE_ID),
        "amount": 5,
        "reason": "summer",
    },
    "credits treasury": {},
    "credits audit": {"user": "Mia"},
    "credits stipend add": {
        "role": str(seed.MODERATOR_ROLE_ID),
        "amount": 5,
        "every": "day",
    },
    "credits stipend list": {},
    "credits stipend remove": {"stipend": "1"},
    "credits tier set": {"role": str(seed.MODERATOR_ROLE_ID), "slots": 5},
    "credits tier list": {},
    "credits tier remove": {"role": str(seed.MODERATOR_ROLE_ID)},
    "owner provider list": {},
    "owner provider test": {"name": "painter"},
    "owner provider disable": {"name": "painter"},
    "owner provider enable": {"name": "painter"},
    "owner provider cap": {"name": "painter", "usd": 5},
    "owner provider prefer": {"name-or-policy": "cheapest"},
    "owner price": {"model": "painter", "task": "imagine", "credits": 4},
    "owner budget": {"usd": 30},
    "owner grant": {"server": str(seed.GUILD_ID), "amount": 1000},
    "owner servers list": {},
    "owner servers deny": {"server": str(seed.GUILD_ID)},
    "owner servers allow": {"server": str(seed.GUILD_ID)},
    "stats": {},
    "setup": {},
    "config view": {},
    "config set": {"name": "daily_credits", "value": "30"},
    "config reset": {"name": "daily_credits"},
    "mod queue": {},
    "mod note": {"user": str(seed.MIA_ID), "words": "seen"},
    "mod warn": {"user": str(seed.MIA_ID), "reason": "no gore"},
    "mod suspend": {"user": str(seed.MIA_ID), "duration": "1d", "reason": "calm down"},
    "mod ban": {"user": str(seed.MIA_ID), "reason": "enough"},
    "mod unban": {"user": str(seed.MIA_ID), "reason": "talked"},
    "mod history": {"user": str(seed.MIA_ID)},
    "mod remove": {"job_id": "1"},
    "filter add": {"pattern": "massacre"},
    "filter allow": {"pattern": "massacre of time"},
    "filter list": {},
    "filter test": {"words": "a massacre"},
    "filter export": {},
    "filter import": {},
    "filter remove": {"rule": "1"},
}
# LoRAs are looked for without a key, so that the real site would be asked.
NOBODY = {"CIVITAI_BASE_URL": "http://127.0.0.1:9"}
ABOUT_MIA = tuple(
    f"credits {name}" for name in ("add", "remove", "set", "freeze", "unfreeze", "audit")
)
MENUS = ("Upscale", "Remix", "Job info", "Report to moderators", "Remove (staff)")
USER_MENUS = ("Credits", "Moderation history")


def paths(command: dict, before: str = "") -> list[str]:
    """Return the ways of typing a command and all that is inside it."""
    path = f"{before} {command['name']}".strip()
    kinds = (SUBCOMMAND, SUBCOMMAND_GROUP)
    inner = [one for one in command.get("options", ()) if one["type"] in kinds]
    return [way for one in inner for way in paths(one, path)] or [path]


def who_may(path: str) -> str:
    """Return somebody who may run a command."""
    permission = of_command(path)
    assert permission is not None, path
    # A moderator may not see to a role of their own.
    if permission.who in ("administrators", "host") or path == "credits stipend add":
        return "olga"
    return "max" if permission.who == "moderators" else "mia"


async def two_results(stage) -> tuple[int, int]:
    """Make a grid (job 1) and a single wide picture (job 2)."""
    grid = await stage.imagine("a lake", count=2)
    await stage.finished(grid.message_id, pictures=2)
    wide = await stage.imagine("a fox", aspect_ratio="16:9")
    await stage.finished(wide.message_id)
    return grid.message_id, wide.message_id


async def test_every_command_and_menu_is_answered_after_a_restart(stage):
    await stage.start()
    _, wide = await two_results(stage)
    known = stage.world.commands.of(None)
    menus = {one["name"] for one in known if one.get("type") in (USER_MENU, MESSAGE_MENU)}
    typed = {way for one in known if one["name"] not in menus for way in paths(one)}
    assert (typed, menus) == (set(COMMANDS), {*MENUS, *USER_MENUS})
    await stage.kill()
    await stage.start(**NOBODY)

    for path, options in COMMANDS.items():
        person = stage.world.person(who_may(path))
        who = {"user": str(stage.world.person("mia").user_id)} if path in ABOUT_MIA else {}
        whole = {**options, **who}
        asked = await person.slash(stage.channel_id, path, whole, files=FILES.get(path))
        await asked.answered()
        assert asked.message_id is not None, path
    for menu in MENUS:
        person = stage.world.person("max" if menu == "Remove (staff)" else "mia")
        asked = await person.menu(stage.channel_id, menu, message_id=wide)
        await asked.answered()
    for menu in USER_MENUS:
        asked = await stage.world.person("max").menu(stage.channel_id, menu, user_id=seed.MIA_ID)
        await asked.answered()
    await stage.settled()

    assert not [words for words in stage.whispers() if "broke on our side" in words]
    assert "Traceback" not in stage.log
    await stage.check_books()


async def test_every_button_is_answered_after_a_restart(stage):
    await stage.start()
    grid, wide = await two_results(stage)
    words = await stage.card(await stage.attach("describe", PHOTO))
    await stage.settled()
    await stage.kill()
    await stage.start(PAINTER_SECONDS="600")
    running = await stage.imagine("slow")
    await stage.until(lambda: stage.jobs()[-1]["status"] == "running")
    pressed = {"cancel": await stage.press(running.message_id, "cancel")}
    await stage.until(lambda: stage.button(running.message_id, "retry"))
    await stage.kill()
    await stage.start()

    # Whoever has the painter alone is offered neither; test_words.py presses them.
    offered = set(LOOKS) - {"elsewhere", "final"}
    for action in [*sorted(offered - {"cancel", "delete"}), "delete"]:
        places = (running.message_id, wide, grid, words)
        place = next(one for one in places if stage.button(one, action))
        pressed[action] = await stage.press(place, action)
    await stage.settled()

    assert set(pressed) == offered
    assert not [words for words in stage.whispers() if "broke on our side" in words]
    assert "Traceback" not in stage.log
    await stage.check_books()
