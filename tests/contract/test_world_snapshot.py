"""A world that was saved goes on where it was."""

import json

import aiohttp
import discord
import pytest

from bot.sandbox.seed import GENERAL_ID
from bot.sandbox.world import World
from tests.pictures import png
from tests.worlds import TOKEN, PlainBot, running_client, running_server


async def test_messages_files_dms_commands_and_channels_survive(tmp_path):
    world = World(TOKEN)
    async with running_server(world, folder=tmp_path) as server:
        port = server.port
        mia = world.person("mia")
        async with running_client(world, PlainBot()) as bot:
            await (await bot.fetch_user(mia.user_id)).send("hello")
        channel = world.add_channel("new", nsfw=True)
        nina = world.add_member("Nina")
        await nina.say(channel.id, "look", files=[("fox.png", png(4, 4))])
        before = nina.messages(channel.id)

    again = World.load(tmp_path, token=TOKEN)
    async with running_server(again, port=port, folder=tmp_path):
        nina = again.person("nina")
        after = nina.messages(channel.id)
        url = after[0]["attachments"][0]["url"]
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            body = await response.read()

        assert after == before
        assert body == png(4, 4)
        assert again.is_nsfw(again.channel(channel.id))
        assert [command["name"] for command in nina.commands(channel.id)] == ["go"]
        dm = again.open_dm(again.person("mia").user_id)
        assert [m["content"] for m in again.person("mia").messages(dm.id)] == ["hello"]


@pytest.mark.rule("10/token-edit")
@pytest.mark.rule("10/buttons-live")
async def test_interactions_and_buttons_live_on_over_a_restart(tmp_path):
    world = World(TOKEN)
    async with running_server(world, folder=tmp_path) as server:
        port = server.port
        async with running_client(world, PlainBot()) as bot:
            invocation = await world.person("mia").slash(GENERAL_ID, "go")
            interaction = await bot.next_interaction()
            view = discord.ui.View(timeout=None)
            view.add_item(discord.ui.Button(label="Again", custom_id="again"))
            await interaction.response.send_message("press", view=view, ephemeral=True)

    again = World.load(tmp_path, token=TOKEN)
    async with running_server(again, port=port), running_client(again, PlainBot()) as bot:
        webhook = discord.Webhook.partial(bot.application_id, interaction.token, client=bot)
        await webhook.edit_message(invocation.message_id, content="later")
        mia = again.person("mia")
        await mia.press(invocation.message_id, "again")
        press = await bot.next_interaction()

        assert press.data["custom_id"] == "again"
        assert press.message.content == "later"


async def test_unfinished_deferral_still_fails_in_time_after_a_restart(tmp_path):
    world = World(TOKEN)
    async with running_server(world, folder=tmp_path), running_client(world, PlainBot()) as bot:
        invocation = await world.person("mia").slash(GENERAL_ID, "go")
        await (await bot.next_interaction()).response.defer()

    again = World.load(tmp_path, token=TOKEN)
    async with running_server(again):
        kept = again.interactions.find(invocation.id)
        again.advance(15 * 60)

        assert kept.state == "failed"


async def test_server_saves_by_itself_soon_after_a_change(tmp_path):
    world = World(TOKEN)
    async with running_server(world, folder=tmp_path) as server:
        await world.person("mia").say(GENERAL_ID, "hello")
        await server.saved()

        kept = json.loads((tmp_path / "world.json").read_text())
        assert [message["content"] for message in kept["messages"]] == ["hello"]


async def test_folder_without_a_snapshot_is_a_new_world(tmp_path):
    world = World.load(tmp_path, token=TOKEN)

    assert len(world.guilds) == 1


async def test_snapshot_cut_short_leaves_the_last_one(tmp_path, monkeypatch):
    world = World(TOKEN)
    world.save(tmp_path)
    before = (tmp_path / "world.json").read_text()
    world.add_user("Nina")

    with monkeypatch.context() as patch:
        patch.setattr(json, "dumps", _fail)
        with pytest.raises(OSError, match="disk full"):
            world.save(tmp_path)

    assert (tmp_path / "world.json").read_text() == before


def _fail(*_: object) -> str:
    raise OSError("disk full")
