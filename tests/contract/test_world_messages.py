"""The world judges messages by bot token, and the permissions they need, as Discord does."""

import io

import discord
import pytest

from bot.sandbox.permissions import Permission
from bot.sandbox.places import Overwrite
from bot.sandbox.seed import (
    AFTER_DARK_ID,
    BOT_ROLE_ID,
    GALLERY_ID,
    GENERAL_ID,
    GUILD_ID,
    MOD_LOG_ID,
)
from tests.contract.exchanges import code_of


def take_away(world, permission: Permission, channel_id: int = GENERAL_ID) -> None:
    overwrite = Overwrite(BOT_ROLE_ID, is_role=True, deny=int(permission))
    world.channels[channel_id].overwrites[BOT_ROLE_ID] = overwrite


@pytest.fixture
def general(bot):
    return bot.get_channel(GENERAL_ID)


async def test_message_is_sent_read_edited_and_deleted(world, bot, mia, general):
    sent = await general.send("one")
    read = await general.fetch_message(sent.id)
    await sent.edit(content="two")
    history = [message.content async for message in general.history()]
    await sent.delete()

    assert (read.content, read.edited_at, history) == ("one", None, ["two"])
    assert mia.messages(GENERAL_ID) == []


async def test_history_is_paged_from_the_newest(bot, mia, general):
    said = [await mia.say(GENERAL_ID, str(number)) for number in range(7)]
    middle = discord.Object(said[3].id)

    newest = [message.content async for message in general.history(limit=2)]
    before = [message.content async for message in general.history(limit=2, before=middle)]
    after = [message.content async for message in general.history(limit=2, after=middle)]
    around = [message.content async for message in general.history(limit=3, around=middle)]

    assert (newest, before, after) == (["6", "5"], ["2", "1"], ["4", "5"])
    assert sorted(around) == ["2", "3", "4"]


async def test_messages_are_deleted_in_bulk_by_staff_only(world, bot, mia):
    said = [await mia.say(GENERAL_ID, str(number)) for number in range(3)]
    ids = [str(message.id) for message in said]
    with pytest.raises(discord.Forbidden):
        await bot.http.delete_messages(GENERAL_ID, ids)

    world.guilds[GUILD_ID].roles[BOT_ROLE_ID].permissions |= Permission.MANAGE_MESSAGES
    await bot.http.delete_messages(GENERAL_ID, ids)

    assert mia.messages(GENERAL_ID) == []


@pytest.mark.rule("2.4/10003")
async def test_unknown_channel_is_refused(bot):
    with pytest.raises(discord.NotFound) as caught:
        await bot.get_partial_messageable(1).send("hello")

    assert code_of(caught) == (404, 10003)


@pytest.mark.rule("2.4/10008")
async def test_unknown_and_misplaced_messages_are_refused(bot, mia, general):
    said = await mia.say(GALLERY_ID, "elsewhere")

    for message_id in (said.id, 1):
        with pytest.raises(discord.NotFound) as caught:
            await general.fetch_message(message_id)
        assert code_of(caught) == (404, 10008)


@pytest.mark.rule("2.4/50001")
@pytest.mark.rule("4/hidden-channel")
async def test_channel_the_bot_cannot_see_is_refused(world, bot, general):
    take_away(world, Permission.VIEW_CHANNEL)

    with pytest.raises(discord.Forbidden) as caught:
        await general.send("hello")

    assert code_of(caught) == (403, 50001)


@pytest.mark.rule("2.4/50013")
@pytest.mark.rule("4/send-permissions")
@pytest.mark.parametrize(
    ("permission", "options"),
    [
        (Permission.SEND_MESSAGES, {"content": "hello"}),
        (Permission.ATTACH_FILES, {"file": None}),
        (Permission.EMBED_LINKS, {"embed": discord.Embed(title="hello")}),
    ],
)
async def test_missing_permission_is_refused(world, bot, general, permission, options):
    take_away(world, permission)
    if "file" in options:
        options = {"file": discord.File(io.BytesIO(b"fox"), "fox.txt")}

    with pytest.raises(discord.Forbidden) as caught:
        await general.send(**options)

    assert code_of(caught) == (403, 50013)


@pytest.mark.rule("4/send-permissions")
async def test_reading_history_needs_its_permission(world, bot, mia, general):
    said = await mia.say(GENERAL_ID, "hello")
    take_away(world, Permission.READ_MESSAGE_HISTORY)

    with pytest.raises(discord.Forbidden) as caught:
        await general.fetch_message(said.id)

    assert code_of(caught) == (403, 50013)


@pytest.mark.rule("4/thread-permissions")
async def test_thread_needs_the_permission_of_threads(world, bot, mia):
    thread = world.add_thread("talk", parent_id=GENERAL_ID)
    place = bot.get_partial_messageable(thread.id)
    await place.send("first")
    take_away(world, Permission.SEND_MESSAGES_IN_THREADS)

    with pytest.raises(discord.Forbidden) as caught:
        await place.send("second")

    assert code_of(caught) == (403, 50013)
    assert [message["content"] for message in mia.messages(thread.id)] == ["first"]


@pytest.mark.rule("2.4/50013")
async def test_bot_edits_only_its_own_messages_and_deletes_others_only_as_staff(bot, mia, general):
    said = await mia.say(GENERAL_ID, "mine")
    message = general.get_partial_message(said.id)

    with pytest.raises(discord.Forbidden) as edit:
        await message.edit(content="yours")
    with pytest.raises(discord.Forbidden) as delete:
        await message.delete()

    assert code_of(edit) == (403, 50005)
    assert code_of(delete) == (403, 50013)


@pytest.mark.rule("2.4/50006")
async def test_empty_message_is_refused(bot, general):
    with pytest.raises(discord.HTTPException) as caught:
        await general.send("")

    assert code_of(caught) == (400, 50006)


@pytest.mark.rule("2.4/50035")
@pytest.mark.rule("3/content")
async def test_too_long_message_is_refused_and_told_field_by_field(bot, mia, general):
    with pytest.raises(discord.HTTPException) as caught:
        await general.send("x" * 2001)

    assert code_of(caught) == (400, 50035)
    assert "content" in str(caught.value)
    assert mia.messages(GENERAL_ID) == []


@pytest.mark.rule("4/nonce")
async def test_repeated_nonce_returns_the_first_message(world, bot, mia, general):
    first = await general.send("once", nonce="job-7")
    again = await general.send("once", nonce="job-7")
    world.advance(3600)
    much_later = await general.send("once", nonce="job-7")

    assert first.id == again.id
    assert much_later.id != first.id
    assert len(mia.messages(GENERAL_ID)) == 2


@pytest.mark.rule("4/nonce")
async def test_send_whose_answer_was_lost_is_repeated_without_a_second_message(
    world, bot, mia, general
):
    world.faults.next("POST", f"/channels/{GENERAL_ID}/messages", status=500, after=True)

    await general.send("once")

    assert [record.status for record in world.requests.to("POST", "/messages")] == [500, 200]
    assert len(mia.messages(GENERAL_ID)) == 1


@pytest.mark.rule("2.4/30046")
async def test_old_message_takes_few_edits(world, bot, mia, general):
    sent = await general.send("0")
    for number in range(8):
        world.advance(10)
        await sent.edit(content=str(number))
    world.advance(3601)

    for number in range(5):
        await sent.edit(content=str(number))
        world.advance(10)
    with pytest.raises(discord.HTTPException) as caught:
        await sent.edit(content="one too many")

    assert code_of(caught) == (400, 30046)


@pytest.mark.rule("2.4/50007")
async def test_person_who_takes_no_dms_is_refused(world, bot, mia):
    user = await bot.fetch_user(mia.user_id)
    await user.send("first")
    mia.close_dms()

    with pytest.raises(discord.Forbidden) as caught:
        await user.send("second")

    dm = world.open_dm(mia.user_id)
    assert code_of(caught) == (403, 50007)
    assert [message["content"] for message in mia.messages(dm.id)] == ["first"]


async def test_person_without_a_common_server_takes_no_dms(world, bot):
    stranger = world.add_user("Stranger")
    user = await bot.fetch_user(stranger.id)

    with pytest.raises(discord.Forbidden) as caught:
        await user.send("hello")

    assert code_of(caught) == (403, 50007)


async def test_dm_is_opened_once_and_seen_by_its_person_alone(world, bot, mia):
    user = await bot.fetch_user(mia.user_id)

    first, second = await user.create_dm(), await bot.create_dm(user)
    await first.send("hello")

    assert first.id == second.id
    assert [channel.id for channel in mia.channels()][-1] == first.id
    assert first.id not in [channel.id for channel in world.person("max").channels()]


async def test_reply_refers_to_its_message_and_needs_it_to_be_there(bot, mia, general):
    said = await mia.say(GENERAL_ID, "question")
    question = general.get_partial_message(said.id)

    await general.send("answer", reference=question)
    with pytest.raises(discord.HTTPException) as caught:
        await general.send("answer", reference=general.get_partial_message(1))

    assert mia.messages(GENERAL_ID)[-1]["message_reference"]["message_id"] == str(said.id)
    assert code_of(caught) == (400, 50035)


@pytest.mark.rule("4/mentions")
async def test_channel_message_mentions_everyone_by_default(bot, mia, general):
    await general.send("@everyone")

    assert mia.messages(GENERAL_ID)[0]["mention_everyone"]


async def test_members_roles_channels_and_guilds_are_fetched(world, bot):
    guild = await bot.fetch_guild(GUILD_ID)

    member = await guild.fetch_member(world.person("max").user_id)
    channels = await guild.fetch_channels()
    roles = await guild.fetch_roles()
    channel = await bot.fetch_channel(MOD_LOG_ID)
    with pytest.raises(discord.NotFound) as caught:
        await guild.fetch_member(1)

    assert member.display_name == "Max"
    assert {channel.name for channel in channels} == {"general", "gallery", "after-dark", "mod-log"}
    assert [role.name for role in roles] == ["@everyone", "Atelier", "Moderator"]
    assert channel.name == "mod-log"
    assert code_of(caught) == (404, 10007)


async def test_guild_the_bot_left_is_out_of_reach(world, bot):
    guild = world.add_guild("Elsewhere", with_bot=False)
    [channel] = [each for each in world.channels.values() if each.guild_id == guild.id]

    with pytest.raises(discord.Forbidden) as caught:
        await bot.get_partial_messageable(channel.id).send("hello")

    assert code_of(caught) == (403, 50001)


async def test_typing_is_shown(world, bot, general):
    changes: list[dict] = []
    world.subscribe(changes.append)

    async with general.typing():
        pass

    assert {"type": "typing", "channel_id": str(GENERAL_ID)} in changes


@pytest.mark.rule("4/overwrites")
@pytest.mark.rule("4/owner-all")
async def test_staff_channel_is_seen_by_staff_and_the_owner(world, bot, mia):
    await bot.get_channel(MOD_LOG_ID).send("noted")

    names = {name: [c.name for c in world.person(name).channels()] for name in ("max", "olga")}
    assert "mod-log" in names["max"]
    assert "mod-log" in names["olga"]
    assert "mod-log" not in [channel.name for channel in mia.channels()]
    assert len(world.person("max").messages(MOD_LOG_ID)) == 1
    assert mia.messages(MOD_LOG_ID) == []


async def test_age_restriction_is_told(bot):
    assert bot.get_channel(AFTER_DARK_ID).is_nsfw()
    assert not bot.get_channel(GENERAL_ID).is_nsfw()
