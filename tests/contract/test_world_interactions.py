"""Every kind of interaction reaches an unmodified client as Discord sends it."""

from datetime import UTC, datetime
from typing import Literal

import discord
import pytest
from discord import app_commands

from bot.sandbox.seed import AFTER_DARK_ID, GENERAL_ID, GUILD_ID, MODERATOR_ROLE_ID
from tests.pictures import png
from tests.worlds import PlainBot, running_client


async def sent(bot: PlainBot, person, view, **options) -> int:
    """Let the bot answer /go with a view; return the message's id."""
    invocation = await person.slash(GENERAL_ID, "go")
    interaction = await bot.next_interaction()
    await interaction.response.send_message(view=view, **options)
    return invocation.message_id


async def form_of(bot: PlainBot, person, *items):
    """Let the bot answer /go with a form of labelled items; return the invocation."""
    invocation = await person.slash(GENERAL_ID, "go")
    interaction = await bot.next_interaction()
    modal = discord.ui.Modal(title="Tell", custom_id="tell", timeout=60)
    for item in items:
        modal.add_item(item)
    await interaction.response.send_modal(modal)
    return invocation


def label(component) -> discord.ui.Label:
    return discord.ui.Label(text="Field", component=component)


@pytest.mark.rule("2.3/slash")
@pytest.mark.rule("2.1/sync-global")
async def test_slash_options_arrive_typed_as_declared(world, mia):
    bot, got = PlainBot(), {}

    @bot.tree.command()
    async def paint(
        interaction: discord.Interaction,
        prompt: str,
        count: app_commands.Range[int, 1, 4],
        style: Literal["oil", "ink"],
        *,
        strength: float,
        raw: bool,
    ) -> None:
        """Paint."""
        got.update(vars(interaction.namespace))
        await interaction.response.send_message("painted")

    given = {"prompt": "a fox", "count": 2, "style": "ink", "strength": 0.5, "raw": True}
    async with running_client(world, bot):
        await (await mia.slash(GENERAL_ID, "paint", given)).answered()

    assert got == given


@pytest.mark.rule("2.3/slash")
async def test_people_channels_and_roles_given_as_options_arrive_resolved(world, mia):
    bot, got = PlainBot(), []

    @bot.tree.command()
    async def show(
        interaction: discord.Interaction,
        friend: discord.Member,
        where: discord.TextChannel,
        role: discord.Role,
    ) -> None:
        """Show."""
        got.extend([friend.display_name, where.name, role.name])
        await interaction.response.send_message("shown")

    max_id = world.person("max").user_id
    given = {"friend": max_id, "where": AFTER_DARK_ID, "role": MODERATOR_ROLE_ID}
    async with running_client(world, bot):
        await (await mia.slash(GENERAL_ID, "show", given)).answered()

    assert got == ["Max", "after-dark", "Moderator"]


@pytest.mark.rule("2.3/subcommand")
async def test_groups_and_subcommands_arrive_nested(world, mia):
    bot, got = PlainBot(), []
    credit = app_commands.Group(name="credits", description="Credits")
    audit = app_commands.Group(name="audit", description="Audit", parent=credit)

    @credit.command(name="add")
    async def add(interaction: discord.Interaction, amount: int) -> None:
        """Add."""
        got.append(("add", amount))
        await interaction.response.send_message("added")

    @audit.command(name="last")
    async def last(interaction: discord.Interaction) -> None:
        """Audit."""
        got.append(("last",))
        await interaction.response.send_message("audited")

    bot.tree.add_command(credit)
    async with running_client(world, bot):
        await (await mia.slash(GENERAL_ID, "credits add", {"amount": 7})).answered()
        await (await mia.slash(GENERAL_ID, "credits audit last")).answered()

    assert got == [("add", 7), ("last",)]


@pytest.mark.rule("2.3/guild-command")
@pytest.mark.rule("2.1/sync-guild")
async def test_command_of_a_guild_reaches_the_guilds_own_tree(world, bot, mia):
    guild = discord.Object(GUILD_ID)

    @bot.tree.command(guild=guild)
    async def local(interaction: discord.Interaction) -> None:
        """Local."""
        await interaction.response.send_message("local")

    await bot.tree.sync(guild=guild)
    elsewhere = world.add_guild("Elsewhere")
    names = {command["name"] for command in mia.commands(GENERAL_ID)}
    await (await mia.slash(GENERAL_ID, "local")).answered()

    assert names == {"go", "local"}
    assert [command["name"] for command in world.commands.of(elsewhere.id)] == []
    assert mia.messages(GENERAL_ID)[0]["content"] == "local"


@pytest.mark.rule("2.3/option-file")
@pytest.mark.rule("1/attachment-url")
async def test_file_option_arrives_resolved_and_can_be_downloaded(world, mia):
    bot, got = PlainBot(), []
    picture = png(40, 30)

    @bot.tree.command()
    async def edit(interaction: discord.Interaction, image: discord.Attachment) -> None:
        """Edit."""
        got.append((image, await image.read()))
        await interaction.response.send_message("edited")

    async with running_client(world, bot):
        await (
            await mia.slash(GENERAL_ID, "edit", files={"image": ("fox.png", picture)})
        ).answered()

    [(attachment, body)] = got
    assert (attachment.filename, attachment.content_type) == ("fox.png", "image/png")
    assert (attachment.width, attachment.height, attachment.size) == (40, 30, len(picture))
    assert body == picture


@pytest.mark.rule("2.3/user-menu")
@pytest.mark.rule("2.3/message-menu")
async def test_menus_arrive_with_their_target(world, mia):
    bot, got = PlainBot(), []

    @bot.tree.context_menu(name="Credits")
    async def credit(interaction: discord.Interaction, user: discord.Member) -> None:
        got.append(user.display_name)
        await interaction.response.send_message("user")

    @bot.tree.context_menu(name="Remix")
    async def remix(interaction: discord.Interaction, message: discord.Message) -> None:
        got.append((message.content, message.attachments[0].filename, message.author.name))
        await interaction.response.send_message("message")

    async with running_client(world, bot):
        said = await mia.say(GENERAL_ID, "look", files=[("fox.png", png(4, 4))])
        max_id = world.person("max").user_id
        await (await mia.menu(GENERAL_ID, "Credits", user_id=max_id)).answered()
        await (await mia.menu(GENERAL_ID, "Remix", message_id=said.id)).answered()

    assert got == ["Max", ("look", "fox.png", "mia")]


@pytest.mark.rule("2.3/autocomplete")
@pytest.mark.rule("2.4/type-8")
async def test_autocomplete_arrives_with_the_focused_option_and_brings_choices(world, mia):
    bot, got = PlainBot(), []

    @bot.tree.command()
    async def use(interaction: discord.Interaction, model: str, lora: str = "") -> None:
        """Use."""

    @use.autocomplete("lora")
    async def loras(interaction: discord.Interaction, current: str):
        got.append((current, interaction.namespace.model))
        return [app_commands.Choice(name=current.upper(), value=current)]

    async with running_client(world, bot):
        choices = await mia.autocomplete(
            GENERAL_ID, "use", {"model": "flux", "lora": "ink"}, "lora"
        )

    assert got == [("ink", "flux")]
    assert choices == [{"name": "INK", "value": "ink"}]


@pytest.mark.rule("2.3/button")
async def test_press_arrives_with_the_whole_message(bot, mia):
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Go", custom_id="job:7"))
    message_id = await sent(bot, mia, view, content="look")

    await mia.press(message_id, "job:7")

    interaction = await bot.next_interaction()
    assert interaction.type is discord.InteractionType.component
    assert interaction.data["custom_id"] == "job:7"
    assert (interaction.message.id, interaction.message.content) == (message_id, "look")


@pytest.mark.rule("2.3/button")
@pytest.mark.rule("9/foreign-press")
async def test_someone_else_may_press_a_public_button(world, bot, mia):
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Go", custom_id="job:7"))
    message_id = await sent(bot, mia, view)

    await world.person("max").press(message_id, "job:7")

    interaction = await bot.next_interaction()
    assert interaction.user.display_name == "Max"
    assert interaction.message.interaction_metadata.user.id == mia.user_id


@pytest.mark.rule("2.3/select")
@pytest.mark.parametrize(
    ("make", "value", "resolved"),
    [
        (discord.ui.UserSelect, "max", "members"),
        (discord.ui.MentionableSelect, "max", "users"),
        (discord.ui.RoleSelect, str(GUILD_ID), "roles"),
        (discord.ui.ChannelSelect, str(AFTER_DARK_ID), "channels"),
    ],
)
async def test_select_arrives_with_what_was_chosen_resolved(world, bot, mia, make, value, resolved):
    view = discord.ui.View(timeout=None)
    view.add_item(make(custom_id="who"))
    message_id = await sent(bot, mia, view)
    chosen = str(world.person("max").user_id) if value == "max" else value

    await mia.select(message_id, "who", [chosen])

    interaction = await bot.next_interaction()
    assert interaction.data["values"] == [chosen]
    assert list(interaction.data["resolved"][resolved]) == [chosen]


@pytest.mark.rule("2.3/select")
async def test_view_receives_the_values_of_its_select(bot, mia):
    got = []

    class Picker(discord.ui.View):
        @discord.ui.select(options=[discord.SelectOption(label=n) for n in "abc"], max_values=2)
        async def pick(self, interaction: discord.Interaction, select: discord.ui.Select) -> None:
            got.extend(select.values)
            await interaction.response.edit_message(content="picked", view=None)

    view = Picker(timeout=None)
    message_id = await sent(bot, mia, view)

    await (await mia.select(message_id, view.pick.custom_id, ["a", "c"])).answered()

    assert got == ["a", "c"]


@pytest.mark.rule("2.3/modal")
async def test_form_arrives_with_every_field(bot, mia):
    text = discord.ui.TextInput(custom_id="text", style=discord.TextStyle.paragraph)
    select = discord.ui.Select(custom_id="select", options=[discord.SelectOption(label="oil")])
    radio = discord.ui.RadioGroup(
        custom_id="radio",
        options=[discord.RadioGroupOption(label="a"), discord.RadioGroupOption(label="b")],
    )
    boxes = discord.ui.CheckboxGroup(
        custom_id="boxes",
        options=[discord.CheckboxGroupOption(label="x"), discord.CheckboxGroupOption(label="y")],
    )
    box = discord.ui.Checkbox(custom_id="box")
    invocation = await form_of(
        bot, mia, label(text), label(select), label(radio), label(boxes), label(box)
    )

    values = {"text": "a fox", "select": ["oil"], "radio": "b", "boxes": ["x"], "box": True}
    await mia.submit(invocation, values)

    await bot.next_interaction()
    assert text.value == "a fox"
    assert select.values == ["oil"]
    assert (radio.value, boxes.values, box.value) == ("b", ["x"], True)


@pytest.mark.rule("2.3/modal")
async def test_user_chosen_in_a_form_arrives_resolved(world, bot, mia):
    select = discord.ui.UserSelect(custom_id="who")
    invocation = await form_of(bot, mia, label(select), discord.ui.TextDisplay("Who?"))

    await mia.submit(invocation, {"who": [str(world.person("max").user_id)]})

    await bot.next_interaction()
    assert [user.display_name for user in select.values] == ["Max"]


@pytest.mark.rule("2.3/modal-files")
async def test_file_uploaded_in_a_form_arrives_resolved(bot, mia):
    upload = discord.ui.FileUpload(custom_id="mask")
    invocation = await form_of(bot, mia, label(upload))

    await mia.submit(invocation, {}, files={"mask": [("mask.png", png(8, 8))]})

    await bot.next_interaction()
    [attachment] = upload.values
    assert attachment.filename == "mask.png"
    assert await attachment.read() == png(8, 8)


@pytest.mark.rule("2.3/modal-message")
@pytest.mark.rule("2.4/type-7")
async def test_form_opened_by_a_button_arrives_with_its_message_and_may_update_it(bot, mia):
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Remix", custom_id="remix"))
    message_id = await sent(bot, mia, view, content="before")
    invocation = await mia.press(message_id, "remix")
    press = await bot.next_interaction()
    modal = discord.ui.Modal(title="Remix", custom_id="remix:7", timeout=60)
    modal.add_item(label(discord.ui.TextInput(custom_id="prompt")))
    await press.response.send_modal(modal)

    await mia.submit(invocation, {"prompt": "a fox"})
    submitted = await bot.next_interaction()
    await submitted.response.edit_message(content="after")

    assert submitted.message.id == message_id
    assert mia.messages(GENERAL_ID)[0]["content"] == "after"


async def test_form_opened_by_a_command_has_no_message_to_update(bot, mia):
    invocation = await form_of(bot, mia, label(discord.ui.TextInput(custom_id="prompt")))
    await mia.submit(invocation, {"prompt": "a fox"})
    submitted = await bot.next_interaction()

    with pytest.raises(discord.HTTPException) as caught:
        await bot.http.request(
            discord.http.Route(
                "POST", f"/interactions/{submitted.id}/{submitted.token}/callback?with_response=1"
            ),
            json={"type": 7, "data": {"content": "after"}},
        )

    assert submitted.message is None
    assert (caught.value.status, caught.value.code) == (400, 50035)


@pytest.mark.rule("2.3/dm")
async def test_interaction_in_a_dm_has_a_user_and_no_guild(world, bot, mia):
    channel = world.open_dm(mia.user_id)

    await mia.slash(channel.id, "go")

    interaction = await bot.next_interaction()
    assert interaction.guild is None
    assert (interaction.user.id, interaction.channel.id) == (mia.user_id, channel.id)
    assert interaction.context.dm_channel
    assert isinstance(interaction.user, discord.User)


@pytest.mark.rule("2.3/size-limit")
@pytest.mark.rule("2.3/permissions")
@pytest.mark.rule("2.3/locale")
async def test_interaction_tells_limit_permissions_and_locale(world, bot):
    await world.person("max").slash(GENERAL_ID, "go")

    interaction = await bot.next_interaction()
    assert interaction.filesize_limit == 10 * 1024 * 1024
    assert interaction.permissions.manage_guild
    assert not interaction.app_permissions.manage_guild
    assert interaction.app_permissions.attach_files
    assert str(interaction.locale) == str(interaction.guild_locale) == "en-US"


@pytest.mark.rule("2.3/snowflake")
async def test_interactions_id_tells_its_time(world, bot, mia):
    world.advance(3600)
    before = datetime.fromtimestamp(world.clock.now() - 1, UTC)

    await mia.slash(GENERAL_ID, "go")

    interaction = await bot.next_interaction()
    age = interaction.created_at - before
    assert 0 <= age.total_seconds() < 20


@pytest.mark.rule("4/thread-permissions")
async def test_interaction_in_a_thread_has_the_threads_channel(world, bot, mia):
    thread = world.add_thread("talk", parent_id=AFTER_DARK_ID)

    await mia.slash(thread.id, "go")

    interaction = await bot.next_interaction()
    assert isinstance(interaction.channel, discord.Thread)
    assert interaction.channel.is_nsfw()
