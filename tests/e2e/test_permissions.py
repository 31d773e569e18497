"""Everybody types and presses everything, everywhere: allowed exactly as the table says."""

import asyncio
import random
from collections.abc import Iterator

from bot import errors
from bot.sandbox import seed
from bot.sandbox.interactions import DidNotRespond
from bot.sandbox.messages import V2, Sending
from bot.sandbox.permissions import Permission as Bit
from bot.sandbox.places import Role
from cogs._buttons import LOOKS
from cogs._mod_buttons import LABELS
from cogs._panels import PANELS
from cogs._permissions import BUTTONS, Permission, of_command
from cogs._refusals import refusal
from tests.e2e.stage import EPHEMERAL
from tests.pictures import png

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, NUMBER, ATTACHMENT = 3, 4, 5, 6, 7, 8, 10, 11
SUBCOMMANDS = (1, 2)
PHOTO = ("photo.png", png(64, 48, "teal"))
ADMINISTRATORS = 77
HIERARCHY = ("everybody", "moderators", "administrators", "host")
PEOPLE = {
    "mia": "everybody",
    "max": "moderators",
    "ada": "administrators",
    "olga": "host",
    "bea": "banned",
    "sue": "suspended",
}
REFUSALS = (
    refusal(errors.NotPermitted()),
    refusal(errors.AdministratorsOnly()),
    refusal(errors.HostOnly()),
    refusal(errors.ServerOnly()),
    "The moderators banned you",
    "The moderators suspended you",
)
STANDING = ("banned", "suspended")


def commands(stage) -> Iterator[tuple[str, list[dict]]]:
    """Yield the path and the options of everything that can be typed."""
    for command in stage.world.commands.of(None):
        if command.get("type", 1) == 1:
            yield from inside(command, command["name"])


def inside(command: dict, path: str) -> Iterator[tuple[str, list[dict]]]:
    inner = [one for one in command.get("options", ()) if one["type"] in SUBCOMMANDS]
    if not inner:
        yield path, command.get("options", [])
    for one in inner:
        yield from inside(one, f"{path} {one['name']}")


def filled(options: list[dict], zed: int) -> tuple[dict, dict]:
    """Return something for every option that must be given, and the files among them."""
    needed = [option for option in options if option.get("required")]
    given = {
        option["name"]: something(option, zed) for option in needed if option["type"] != ATTACHMENT
    }
    return given, {option["name"]: PHOTO for option in needed if option["type"] == ATTACHMENT}


def something(option: dict, zed: int) -> object:
    if option.get("choices"):
        return option["choices"][0]["value"]
    if option["type"] in (INTEGER, NUMBER):
        return max(option.get("min_value", 1), 1)
    anything = {
        STRING: "a fox",
        BOOLEAN: True,
        USER: str(zed),
        CHANNEL: str(seed.GENERAL_ID),
        ROLE: str(seed.BOT_ROLE_ID),
    }
    return anything[option["type"]]


def may(who: str, permission: Permission, *, in_dm: bool = False) -> bool:
    """Return what the table says."""
    role = PEOPLE[who]
    if in_dm:
        return permission.in_messages
    if role == "banned" and permission.standing != "any":
        return False
    if role == "suspended" and permission.standing == "good":
        return False
    rank = 0 if role in STANDING else HIERARCHY.index(role)
    return rank >= HIERARCHY.index(permission.who)


def is_refused(words: str) -> bool:
    return words.startswith(REFUSALS)


async def peopled(stage) -> int:
    """Let everybody come, nobody with a credit; return somebody whom staff may pick on."""
    guild = stage.world.guilds[seed.GUILD_ID]
    guild.roles[ADMINISTRATORS] = Role(
        ADMINISTRATORS, "Administrator", int(seed.EVERYONE | Bit.ADMINISTRATOR), position=3
    )
    for name, roles in (("ada", (ADMINISTRATORS,)), ("bea", ()), ("sue", ()), ("zed", ())):
        stage.world.add_member(name, role_ids=roles)
    await stage.start()
    for name in ("sign_up_credits", "daily_credits"):
        await stage.command("config set", "olga", name=name, value="0")
    return stage.world.person("zed").user_id


async def punish(stage) -> None:
    for who, path, more in (("bea", "mod ban", {}), ("sue", "mod suspend", {"duration": "3d"})):
        target = str(stage.world.person(who).user_id)
        await stage.command(path, "max", user=target, reason="rude", **more)


async def answer_to(stage, who, channel_id, path, options, zed) -> str:
    """Return the last word that somebody gets; what was checked first has a second one."""
    given, files = filled(options, zed)
    before = len(whispers(stage, who, channel_id))
    asked = await stage.world.person(who).slash(channel_id, path, given, files=files, force=True)
    await asked.answered()
    if asked.modal is not None:
        return "a form"

    def told() -> str:
        new = whispers(stage, who, channel_id)[before:]
        words = stage.words(asked, gone="") or (new[-1] if new else "")
        return "" if "Checking your picture" in words else words

    return await stage.until(told)


def whispers(stage, who, channel_id) -> list[str]:
    """Return what only they see in a channel; in a direct message, all of it."""
    return [
        stage.text(int(message["id"]))
        for message in stage.world.person(who).messages(channel_id)
        if message["flags"] & EPHEMERAL or stage.world.channel(channel_id).guild_id is None
    ]


async def test_everybody_types_everything_everywhere(stage):
    zed = await peopled(stage)
    await punish(stage)
    thread = stage.world.add_thread("aside", parent_id=seed.GENERAL_ID).id
    places = {"general": seed.GENERAL_ID, "after dark": seed.AFTER_DARK_ID, "thread": thread}
    wrong = []

    for path, options in commands(stage):
        permission = of_command(path)
        assert permission is not None, path
        for who in PEOPLE:
            # Whoever they are, the table is the same in every channel: one person in each place.
            for place in places if who == "mia" else ("general",):
                words = await answer_to(stage, who, places[place], path, options, zed)
                if is_refused(words) == may(who, permission):
                    wrong.append((path, who, place, words[:100]))
        private = stage.world.open_dm(stage.world.person("mia").user_id).id
        words = await answer_to(stage, "mia", private, path, options, zed)
        if not is_refused(words):
            wrong.append((path, "mia", "direct message", words[:100]))

    assert not wrong, "\n".join(map(str, wrong))
    assert "Traceback" not in stage.log
    assert [(job["task"], job["user_id"], job["price"]) for job in stage.jobs()] == []


async def results(stage) -> dict[str, int]:
    """Let Mia make a public and a private picture, then nobody has a credit left."""
    await stage.command(
        "credits add", "max", user=str(stage.world.person("mia").user_id), amount=9, reason="test"
    )
    shown = await stage.imagine("a secret lake", count=2)
    await stage.finished(shown.message_id, pictures=2)
    hidden = await stage.imagine("a secret fox", visibility="private")
    await stage.finished(hidden.message_id)
    return {"public": shown.message_id, "private": hidden.message_id}


async def pressed(stage, who, custom_id) -> str:
    """Press a button of a message that the bot is taken to have posted, and return the answer."""
    message_id, before = posted(stage, custom_id), len(whispers(stage, who, stage.channel_id))
    asked = await stage.world.person(who).press(message_id, custom_id)
    await asked.answered()
    if asked.modal is not None:
        return "a form"

    def told() -> str:
        if not stage.exists(message_id):
            return "it was done"
        new = whispers(stage, who, stage.channel_id)[before:]
        return new[-1] if new else stage.text(asked.message_id or message_id)

    return await stage.until(told)


def posted(stage, custom_id: str, channel_id: int = seed.GENERAL_ID) -> int:
    """Let the bot's account post a message with a button: the library hears no others."""
    world = stage.world
    button = {"type": 2, "style": 2, "label": "Press", "custom_id": custom_id}
    layout = {"flags": V2, "components": [{"type": 1, "components": [button]}]}
    draft = world.new_message(channel_id, world.bot.id)
    world.post(draft, Sending(layout, []))
    return draft.id


BY_DOOR = {
    **{f"panel {name}": f"v1:{name}:x" for name in PANELS},
    **{name: f"v1:mod:{name}:1" for name in LABELS},
    **{name: f"v1:{name}:1:{{number}}" for name in LOOKS},
    "yes": "v1:yes:1",
    "no": "v1:no:1",
    "gift yes": "v1:gift:yes:1",
    "gift no": "v1:gift:no:1",
}
OF_A_PICTURE = ("pick", "vary", "favourite", "report")


async def test_everybody_presses_everything(stage):
    await peopled(stage)
    await results(stage)
    await punish(stage)
    wrong = []

    for name in sorted(BUTTONS.keys() & BY_DOOR.keys() - {"delete"}):
        custom_id = BY_DOOR[name].format(number=int(name in OF_A_PICTURE))
        for who in PEOPLE:
            words = await pressed(stage, who, custom_id)
            if is_refused(words) == may(who, BUTTONS[name]):
                wrong.append((name, who, words[:100]))

    assert not wrong, "\n".join(map(str, wrong))
    assert "Traceback" not in stage.log


async def test_tampered_and_strange_buttons_do_nothing_and_tell_nothing(stage):
    await peopled(stage)
    await results(stage)
    other = stage.world.add_guild("Elsewhere")
    stage.world.add_member("nora", guild_id=other.id)
    (away,) = [one.id for one in stage.world.channels.values() if one.guild_id == other.id]
    before = stage.rows("SELECT id, status FROM jobs")
    (public, private) = [job["id"] for job in stage.jobs()]
    dice = random.Random(7)

    heard = [
        # Jobs of another server.
        *[
            await pressed_in(stage, "nora", away, f"v1:{name}:{job_id}:1")
            for job_id in (public, private)
            for name in LOOKS
        ],
        # Another member's private job.
        *[
            await pressed_in(stage, "sue", seed.GENERAL_ID, f"v1:{name}:{private}:1")
            for name in LOOKS
        ],
        # Nobody answers what no button of ours says, all within the same three seconds.
        *await asyncio.gather(
            *(
                pressed_in(stage, "zed", seed.GENERAL_ID, tampered(dice, private))
                for _ in range(200)
            )
        ),
    ]

    assert stage.rows("SELECT id, status FROM jobs") == before
    assert not [words for words in heard if "secret" in words]
    assert not [words for words in heard if "broke on our side" in words]
    assert "Traceback" not in stage.log
    await stage.check_books()


def tampered(dice: random.Random, job_id: int) -> str:
    """Return a custom id that no message of ours has."""
    version = dice.choice(["v1", "v0", "v2", "V1", ""])
    names = [*LOOKS, *LABELS, *PANELS, "gift:yes", "mod:ban", "mod:grant", "yes", "agree", "../x"]
    number = dice.choice([job_id, 0, -1, 10**17, 10**30, "x", "1 OR 1=1", ""])
    return f"{version}:{dice.choice(names)}:{number}:{dice.choice([0, 9, 99, 'y', ''])}"[:100]


async def pressed_in(stage, who, channel_id, custom_id) -> str:
    """Return what somebody hears of a press, if anything."""
    asked = await stage.world.person(who).press(posted(stage, custom_id, channel_id), custom_id)
    try:
        await asked.answered()
    except DidNotRespond:
        return ""
    return str(asked.modal or "") + (stage.words(asked, gone="") if asked.message_id else "")
