"""People at the client: what it offers, what it refuses to send, what a forged one sends."""

import discord
import pytest
from discord import app_commands

from bot.sandbox.composer import ClientRefused
from bot.sandbox.permissions import Permission
from bot.sandbox.places import Overwrite
from bot.sandbox.rules import ApiError
from bot.sandbox.seed import AFTER_DARK_ID, GENERAL_ID, GUILD_ID, MOD_LOG_ID
from tests.pictures import png
from tests.worlds import PlainBot, running_client


class PaintingBot(PlainBot):
    """A bot with a command of every bound that a client checks."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[dict] = []

        @self.tree.command()
        @app_commands.choices(style=[app_commands.Choice(name="Oil", value="oil")])
        async def paint(
            interaction: discord.Interaction,
            prompt: app_commands.Range[str, 3, 10],
            count: app_commands.Range[int, 1, 4] = 1,
            style: str = "oil",
            friend: discord.User | None = None,
            image: discord.Attachment | None = None,
        ) -> None:
            """Paint."""
            self.painted.append({"prompt": prompt, "count": count, "style": style})
            await interaction.response.send_message("painted")

        @paint.autocomplete("prompt")
        async def prompts(interaction: discord.Interaction, current: str):
            return []


@pytest.fixture
async def painter(world):
    async with running_client(world, PaintingBot()) as bot:
        yield bot


def names(person, channel_id: int = GENERAL_ID) -> set[str]:
    return {command["name"] for command in person.commands(channel_id)}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "prompt: This option is required"),
        ({"prompt": "ab"}, "prompt: At least 3 characters"),
        ({"prompt": "x" * 11}, "prompt: At most 10 characters"),
        ({"prompt": 12345}, "prompt: Input a valid text"),
        ({"prompt": "a fox", "count": 0}, "count: At least 1"),
        ({"prompt": "a fox", "count": 5}, "count: At most 4"),
        ({"prompt": "a fox", "count": 1.5}, "count: Input a valid integer"),
        ({"prompt": "a fox", "count": True}, "count: Input a valid integer"),
        ({"prompt": "a fox", "style": "ink"}, "style: Choose one of the listed options"),
        ({"prompt": "a fox", "friend": "max"}, "friend: Input a valid user"),
        ({"prompt": "a fox", "friend": 1}, "friend: Choose one that is listed"),
        ({"prompt": "a fox", "image": 1}, "image: Attach a file"),
        ({"prompt": "a fox", "typo": 1}, "There is no option typo"),
    ],
)
async def test_client_refuses_what_the_command_does_not_take(world, painter, mia, options, words):
    with pytest.raises(ClientRefused, match=words):
        await mia.slash(GENERAL_ID, "paint", options)

    assert world.interactions.all() == []


async def test_client_refuses_a_file_where_none_belongs_and_one_too_large(world, painter, mia):
    world.file_limit_bytes = 10
    file = {"image": ("fox.png", png(9, 9))}

    with pytest.raises(ClientRefused, match="takes no file"):
        await mia.slash(GENERAL_ID, "paint", {"prompt": "a fox"}, files={"prompt": ("a.txt", b"")})
    with pytest.raises(ClientRefused, match="too large"):
        await mia.slash(GENERAL_ID, "paint", {"prompt": "a fox"}, files=file)


async def test_forged_client_sends_what_it_likes(painter, mia):
    invocation = await mia.slash(GENERAL_ID, "paint", {"prompt": "x" * 50, "count": 99}, force=True)

    interaction = await painter.next_interaction()
    sent = {option["name"]: option["value"] for option in interaction.data["options"]}
    assert sent == {"prompt": "x" * 50, "count": 99}
    assert invocation.kind == "slash"


async def test_unknown_commands_and_groups_are_refused(painter, mia):
    for path in ("draw", "paint now", ""):
        with pytest.raises(ClientRefused, match="There is no command"):
            await mia.slash(GENERAL_ID, path)


@pytest.mark.rule("5/free-text")
async def test_autocompleted_option_takes_any_text(painter, mia):
    choices = await mia.autocomplete(GENERAL_ID, "paint", {"prompt": "zzz"}, "prompt")
    await (await mia.slash(GENERAL_ID, "paint", {"prompt": "free text"})).answered()

    assert choices == []
    assert painter.painted == [{"prompt": "free text", "count": 1, "style": "oil"}]


async def test_option_without_suggestions_is_not_asked(painter, mia):
    with pytest.raises(ClientRefused):
        await mia.autocomplete(GENERAL_ID, "paint", {"count": 1}, "count")


@pytest.mark.rule("5/nsfw")
@pytest.mark.rule("4/thread-permissions")
async def test_age_restricted_command_is_offered_in_age_restricted_places_only(world, mia):
    bot = PlainBot()
    bot.tree.add_command(
        app_commands.Command(name="dark", description="Dark", callback=_nothing, nsfw=True)
    )

    async with running_client(world, bot):
        thread = world.add_thread("talk", parent_id=AFTER_DARK_ID)
        offered = {place: names(mia, place) for place in (GENERAL_ID, AFTER_DARK_ID, thread.id)}
        with pytest.raises(ClientRefused):
            await mia.slash(GENERAL_ID, "dark")

    assert offered[GENERAL_ID] == {"go"}
    assert offered[AFTER_DARK_ID] == offered[thread.id] == {"go", "dark"}


@pytest.mark.rule("5/default-permissions")
async def test_command_is_offered_to_those_with_its_permissions(world, mia):
    bot = PlainBot()
    staff = app_commands.Command(name="staff", description="Staff", callback=_nothing)
    staff.default_permissions = discord.Permissions(manage_guild=True)
    owners = app_commands.Command(name="owners", description="Owners", callback=_nothing)
    owners.default_permissions = discord.Permissions.none()
    bot.tree.add_command(staff)
    bot.tree.add_command(owners)

    async with running_client(world, bot):
        offered = [names(world.person(name)) for name in ("mia", "max", "olga")]

    assert offered == [{"go"}, {"go", "staff"}, {"go", "staff", "owners"}]


@pytest.mark.rule("5/contexts")
async def test_command_is_offered_in_its_contexts_only(world, mia):
    bot = PlainBot()
    here = app_commands.Command(name="here", description="Here", callback=_nothing)
    here.allowed_contexts = app_commands.AppCommandContext(guild=True)
    bot.tree.add_command(here)

    async with running_client(world, bot):
        dm = world.open_dm(mia.user_id)

        assert names(mia) == {"go", "here"}
        assert names(mia, dm.id) == {"go"}


async def test_person_without_the_permission_is_offered_nothing(world, bot, mia):
    deny = int(Permission.USE_APPLICATION_COMMANDS)
    overwrite = Overwrite(GUILD_ID, is_role=True, deny=deny)

    world.channels[GENERAL_ID].overwrites[GUILD_ID] = overwrite

    assert names(mia) == set()


async def test_hidden_channel_and_foreign_dm_do_not_exist_for_a_person(world, bot, mia):
    dm = world.open_dm(world.person("max").user_id)

    for channel_id in (MOD_LOG_ID, dm.id, 1):
        with pytest.raises(ClientRefused, match="no such channel"):
            await mia.slash(channel_id, "go")


async def shown(bot, person, *items, ephemeral: bool = False):
    invocation = await person.slash(GENERAL_ID, "go")
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    await (await bot.next_interaction()).response.send_message(view=view, ephemeral=ephemeral)
    return invocation.message_id


async def test_client_does_not_press_what_is_disabled_or_not_there(world, bot, mia):
    message_id = await shown(
        bot,
        mia,
        discord.ui.Button(label="off", custom_id="off", disabled=True),
        discord.ui.Button(label="link", url="https://example.org/"),
        discord.ui.Select(custom_id="pick", options=[discord.SelectOption(label="a")]),
    )

    for custom_id in ("off", "nowhere", "pick"):
        with pytest.raises(ClientRefused):
            await mia.press(message_id, custom_id)
    await mia.press(message_id, "nowhere", force=True)

    forged = await bot.next_interaction()
    while forged.type is not discord.InteractionType.component:
        forged = await bot.next_interaction()
    assert forged.data["custom_id"] == "nowhere"


async def test_ephemeral_message_cannot_be_used_by_another_person(world, bot, mia):
    button = discord.ui.Button(label="on", custom_id="on")
    message_id = await shown(bot, mia, button, ephemeral=True)

    with pytest.raises(ClientRefused, match="no such message"):
        await world.person("max").press(message_id, "on", force=True)
    invocation = await mia.press(message_id, "on")

    assert invocation.source_message_id == message_id


@pytest.mark.parametrize("values", [[], ["a", "b", "c"], ["a", "a"], ["d"]])
async def test_client_does_not_choose_what_a_select_does_not_offer(bot, mia, values):
    options = [discord.SelectOption(label=name) for name in "abc"]
    select = discord.ui.Select(custom_id="pick", options=options, max_values=2)
    message_id = await shown(bot, mia, select)

    with pytest.raises(ClientRefused):
        await mia.select(message_id, "pick", values)


@pytest.mark.parametrize(
    ("values", "files"),
    [
        ({}, {}),
        ({"text": ""}, {}),
        ({"text": "ab"}, {}),
        ({"text": "x" * 21}, {}),
        ({"text": "fine", "other": "x"}, {}),
        ({"text": "fine"}, {"upload": [("a.png", b""), ("b.png", b"")]}),
    ],
)
async def test_client_does_not_send_a_form_that_is_not_filled_in(world, bot, mia, values, files):
    invocation = await mia.slash(GENERAL_ID, "go")
    modal = discord.ui.Modal(title="Tell", custom_id="tell", timeout=60)
    text = discord.ui.TextInput(custom_id="text", min_length=3, max_length=20)
    upload = discord.ui.FileUpload(custom_id="upload", required=False)
    modal.add_item(discord.ui.Label(text="Text", component=text))
    modal.add_item(discord.ui.Label(text="File", component=upload))
    await (await bot.next_interaction()).response.send_modal(modal)

    with pytest.raises(ClientRefused):
        await mia.submit(invocation, values, files=files)
    with pytest.raises(ClientRefused):
        await world.person("max").submit(invocation, {"text": "fine"})


async def test_person_writes_and_deletes_own_messages_and_staff_any(world, bot, mia):
    first = await mia.say(GENERAL_ID, "one")
    second = await mia.say(GENERAL_ID, "two")
    foreign = await world.person("olga").say(GENERAL_ID, "three")

    await mia.delete_message(first.id)
    with pytest.raises(ClientRefused):
        await mia.delete_message(foreign.id)
    await world.person("max").delete_message(str(second.id))

    assert [message["content"] for message in mia.messages(GENERAL_ID)] == ["three"]


async def test_person_cannot_write_too_much_or_where_it_is_forbidden(world, bot, mia):
    overwrite = Overwrite(GUILD_ID, is_role=True, deny=int(Permission.SEND_MESSAGES))
    world.channels[AFTER_DARK_ID].overwrites[GUILD_ID] = overwrite

    with pytest.raises(ApiError):
        await mia.say(GENERAL_ID, "x" * 2001)
    with pytest.raises(ClientRefused):
        await mia.say(AFTER_DARK_ID, "hello")


async def test_only_an_ephemeral_message_is_dismissed_and_only_by_its_person(world, bot, mia):
    public = await mia.say(GENERAL_ID, "public")
    button = discord.ui.Button(label="on", custom_id="on")
    private = await shown(bot, mia, button, ephemeral=True)

    with pytest.raises(ClientRefused):
        mia.dismiss(public.id)
    with pytest.raises(ClientRefused):
        world.person("max").dismiss(private)
    with pytest.raises(ClientRefused):
        await mia.delete_message(private)
    mia.dismiss(private)

    assert [message["content"] for message in mia.messages(GENERAL_ID)] == ["public"]


async def test_page_is_told_of_every_change(world, bot, mia):
    changes: list[dict] = []
    unsubscribe = world.subscribe(changes.append)
    button = discord.ui.Button(label="on", custom_id="on")

    private = await shown(bot, mia, button, ephemeral=True)
    mia.dismiss(private)
    unsubscribe()
    await mia.say(GENERAL_ID, "unheard")

    told = [(change["type"], change.get("state"), change.get("visible_to")) for change in changes]
    assert told == [
        ("interaction", "waiting", None),
        ("message_create", None, str(mia.user_id)),
        ("interaction", "answered", None),
        ("message_delete", None, str(mia.user_id)),
    ]
    assert "token" not in changes[0]


async def test_new_member_can_be_a_person_at_once(world, bot):
    nina = world.add_member("Nina")

    await nina.slash(GENERAL_ID, "go")

    interaction = await bot.next_interaction()
    assert interaction.user.display_name == "Nina"
    assert world.person("nina").user_id == nina.user_id
    with pytest.raises(KeyError):
        world.person("nobody")


async def _nothing(interaction: discord.Interaction) -> None:
    """Leave the answer to the test."""
