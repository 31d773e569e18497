"""The world's gateway lets an unmodified client log in, stay, come back and shard."""

import asyncio
import json

import aiohttp
import discord
import pytest

from bot.sandbox.seed import APPLICATION_ID, GENERAL_ID, GUILD_ID, OLGA_ID
from bot.sandbox.sessions import Session
from tests.worlds import GUILDS, TOKEN, PlainBot, pointed_at, running_client, running_world

OTHER_SHARD_GUILD_ID = (1 << 22) | 5 if (GUILD_ID >> 22) % 2 == 0 else (2 << 22) | 5


async def events(bot: discord.Client, name: str):
    """Wait for one dispatched event of a client."""
    return await bot.wait_for(name, timeout=20)


async def frames_of(socket: aiohttp.ClientWebSocketResponse, *, until: str) -> list[dict]:
    """Read frames up to the event `until`."""
    frames: list[dict] = []
    while not frames or frames[-1].get("t") != until:
        frames.append(json.loads((await socket.receive(timeout=5)).data))
    return frames


def guilds_told(session: Session) -> list[int]:
    """Return the guilds of every GUILD_CREATE that a session was sent."""
    frames = [json.loads(frame) for _, frame in session.frames]
    return [int(frame["d"]["id"]) for frame in frames if frame["t"] == "GUILD_CREATE"]


def identify(**changes) -> dict:
    data = {"token": TOKEN, "intents": 1, "properties": {}} | changes
    return {"op": 2, "d": data}


async def closing_code(world, *frames) -> int:
    """Send frames to a new socket and return the code it is closed with."""
    async with aiohttp.ClientSession() as session, session.ws_connect(world.gateway.url) as socket:
        for frame in frames:
            await socket.send_json(frame)
        while (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        return socket.close_code or 0


@pytest.mark.rule("2.1/me")
@pytest.mark.rule("2.1/application")
@pytest.mark.rule("2.2/ready")
@pytest.mark.rule("2.2/own-member")
@pytest.mark.rule("1/text-frames")
async def test_client_logs_in_and_receives_its_guild(bot):
    application = await bot.application_info()

    assert bot.user.id == bot.application_id == APPLICATION_ID
    assert application.owner.id == OLGA_ID
    [guild] = bot.guilds
    assert guild.id == GUILD_ID
    assert guild.me.id == bot.user.id
    assert [channel.name for channel in guild.text_channels][:2] == ["general", "gallery"]
    assert guild.get_channel(GENERAL_ID).permissions_for(guild.me).attach_files


@pytest.mark.rule("2.1/401")
async def test_wrong_token_fails_the_login(world):
    with pytest.raises(discord.LoginFailure):
        async with running_client(world, PlainBot(), token="wrong"):
            pass


@pytest.mark.rule("2.1/gateway-bot")
async def test_session_start_limit_counts_identifies(world, bot):
    limits = await bot.fetch_session_start_limits()

    assert (limits.total, limits.remaining) == (1000, 999)
    assert world.stats.identifies == 1


@pytest.mark.rule("1/gateway-url")
async def test_client_with_given_shard_count_uses_the_default_gateway(world):
    async with running_client(world, PlainBot(shard_count=1)) as bot:
        assert bot.is_ready()

    assert world.requests.to("GET", "/gateway/bot") == []


@pytest.mark.rule("2.2/hello")
@pytest.mark.rule("2.2/heartbeat")
async def test_server_speaks_first_and_acknowledges_the_first_heartbeat(world):
    async with aiohttp.ClientSession() as session, session.ws_connect(world.gateway.url) as socket:
        hello = await socket.receive_json(timeout=5)
        await socket.send_json({"op": 1, "d": None})
        acknowledged = await socket.receive_json(timeout=5)

    assert hello == {"op": 10, "d": {"heartbeat_interval": 41250}}
    assert acknowledged == {"op": 11}


@pytest.mark.rule("2.2/sequence")
@pytest.mark.rule("2.2/ready")
async def test_dispatches_are_numbered_and_ready_comes_first(world):
    async with aiohttp.ClientSession() as session, session.ws_connect(world.gateway.url) as socket:
        await socket.send_json(identify())
        frames = await frames_of(socket, until="GUILD_CREATE")

    assert [(frame["t"], frame["s"]) for frame in frames[1:]] == [("READY", 1), ("GUILD_CREATE", 2)]


@pytest.mark.rule("2.2/4004")
async def test_identify_with_a_wrong_token_is_closed_with_4004(world):
    assert await closing_code(world, identify(token="wrong")) == 4004


async def test_session_with_a_wrong_token_cannot_be_resumed(world, bot):
    [session] = world.gateway.sessions.values()
    resume = {"op": 6, "d": {"token": "wrong", "session_id": session.id, "seq": 1}}

    assert await closing_code(world, resume) == 4004


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([{"op": 3, "d": {}}], 4003),
        ([identify(), identify()], 4005),
        ([identify(), {"op": 77, "d": {}}], 4001),
        ([{"no": "op"}], 4002),
        ([identify(shard=[2, 2])], 4010),
        ([identify(intents=1 << 40)], 4013),
        ([identify(intents=1 << 1)], 4014),
        ([{"op": 1, "d": None}] * 121, 4008),
    ],
)
async def test_gateway_closes_with_the_code_of_the_mistake(world, frames, code):
    assert await closing_code(world, *frames) == code


@pytest.mark.rule("7/no-privilege")
async def test_privileged_intents_must_be_switched_on(world):
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running_client(world, PlainBot(intents=discord.Intents.all())):
            pass


async def test_switched_on_member_intent_brings_all_members():
    wanted = discord.Intents(guilds=True, members=True)

    async with (
        running_world(privileged_intents=wanted.value) as world,
        running_client(world, PlainBot(intents=wanted)) as bot,
    ):
        names = {member.display_name for member in bot.guilds[0].members}

    assert names == {"Mia", "Max", "Olga", "atelier"}


async def test_members_are_found_by_query(world, bot):
    [member] = await bot.guilds[0].query_members("mi")

    assert member.display_name == "Mia"


@pytest.mark.rule("7/no-privilege")
async def test_interactions_arrive_with_the_guilds_intent_alone(bot, mia):
    await mia.slash(GENERAL_ID, "go")

    interaction = await bot.next_interaction()
    assert interaction.channel.name == "general"


async def test_messages_arrive_only_with_their_intent_and_blank_without_the_other(world):
    intents = GUILDS | discord.Intents(guild_messages=True)

    async with running_client(world, PlainBot(intents=intents)) as bot:
        heard = asyncio.create_task(events(bot, "message"))
        await asyncio.sleep(0)
        await world.person("mia").say(GENERAL_ID, "psst")
        message = await heard

    assert (message.author.display_name, message.content) == ("Mia", "")


async def test_message_content_intent_shows_the_words():
    intents = GUILDS | discord.Intents(guild_messages=True, message_content=True)

    async with (
        running_world(privileged_intents=discord.Intents(message_content=True).value) as world,
        running_client(world, PlainBot(intents=intents)) as bot,
    ):
        heard = asyncio.create_task(events(bot, "message"))
        await asyncio.sleep(0)
        await world.person("mia").say(GENERAL_ID, "aloud")

        assert (await heard).content == "aloud"


@pytest.mark.rule("2.2/guild-join")
async def test_new_guild_is_joined_and_left(world, bot):
    joined = asyncio.create_task(events(bot, "guild_join"))
    await asyncio.sleep(0)
    guild = world.add_guild("Elsewhere")
    arrived = await joined
    removed = asyncio.create_task(events(bot, "guild_remove"))
    await asyncio.sleep(0)
    await arrived.leave()
    left = await removed

    assert (arrived.id, arrived.name) == (guild.id, "Elsewhere")
    assert left.id == guild.id
    assert world.bot.id not in guild.members


async def test_new_and_deleted_channels_are_told(world, bot):
    created = asyncio.create_task(events(bot, "guild_channel_create"))
    await asyncio.sleep(0)
    channel = world.add_channel("new")
    assert (await created).id == channel.id

    deleted = asyncio.create_task(events(bot, "guild_channel_delete"))
    await asyncio.sleep(0)
    world.delete_channel(channel.id)
    assert (await deleted).id == channel.id


async def test_new_thread_is_told(world, bot):
    created = asyncio.create_task(events(bot, "thread_create"))
    await asyncio.sleep(0)
    thread = world.add_thread("talk", parent_id=GENERAL_ID)

    assert (await created).parent_id == GENERAL_ID
    assert bot.guilds[0].get_thread(thread.id).name == "talk"


@pytest.mark.rule("2.2/resume")
async def test_dropped_client_resumes_and_receives_what_it_missed(world, bot, mia):
    await world.gateway.drop()
    await mia.slash(GENERAL_ID, "go")

    interaction = await bot.next_interaction()
    await interaction.response.send_message("caught up")
    await world.wait_for(lambda: world.stats.resumes == 1)
    assert world.stats.identifies == 1
    assert mia.messages(GENERAL_ID)[0]["content"] == "caught up"


@pytest.mark.rule("2.2/resume")
async def test_resume_replays_exactly_what_was_missed_and_then_says_so(world):
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(world.gateway.url) as socket:
            await socket.send_json(identify())
            ready = (await frames_of(socket, until="GUILD_CREATE"))[1]
            await socket.close(code=4000)
        world.add_channel("missed")
        async with session.ws_connect(world.gateway.url) as socket:
            session_id = ready["d"]["session_id"]
            data = {"token": TOKEN, "session_id": session_id, "seq": 2}
            await socket.send_json({"op": 6, "d": data})
            frames = await frames_of(socket, until="RESUMED")

    assert [frame["t"] for frame in frames[1:]] == ["CHANNEL_CREATE", "RESUMED"]
    assert [frame["s"] for frame in frames[1:]] == [3, 4]


@pytest.mark.rule("7/late-replay")
async def test_interaction_replayed_too_late_cannot_be_answered(world, bot, mia):
    await world.gateway.drop()
    await mia.slash(GENERAL_ID, "go")
    world.advance(4)

    interaction = await bot.next_interaction()
    with pytest.raises(discord.NotFound) as caught:
        await interaction.response.send_message("late")

    assert caught.value.code == 10062


@pytest.mark.rule("2.2/op-7")
async def test_client_told_to_reconnect_resumes(world, bot):
    world.gateway.reconnect()

    await world.wait_for(lambda: world.stats.resumes == 1)
    assert world.stats.identifies == 1


@pytest.mark.rule("2.2/op-9-true")
async def test_resumable_invalid_session_is_resumed(world, bot):
    world.gateway.invalidate(resumable=True)

    await world.wait_for(lambda: world.stats.resumes == 1)
    assert world.stats.identifies == 1


@pytest.mark.rule("2.2/op-9-false")
@pytest.mark.rule("9/ready-again")
async def test_invalid_session_identifies_afresh_and_is_ready_again(world, bot):
    again = asyncio.create_task(events(bot, "ready"))
    await asyncio.sleep(0)

    world.gateway.invalidate(resumable=False)

    await again
    assert (world.stats.identifies, world.stats.resumes) == (2, 0)


@pytest.mark.rule("2.2/op-9-false")
async def test_session_of_long_ago_cannot_be_resumed(world, bot):
    await world.gateway.drop()
    world.advance(600)

    await world.wait_for(lambda: world.stats.identifies == 2, timeout_s=20)
    assert world.stats.resumes == 0


async def test_client_that_says_goodbye_gives_its_session_up(world):
    async with running_client(world, PlainBot()):
        assert world.gateway.connected == 1

    await world.wait_for(lambda: not world.gateway.sessions)


async def test_client_obeys_a_heartbeat_request(world, bot):
    before = world.stats.heartbeats

    world.gateway.beat_now()

    await world.wait_for(lambda: world.stats.heartbeats == before + 1)


@pytest.mark.rule("2.2/two-shards")
@pytest.mark.rule("7/guild-shard")
async def test_two_shards_have_their_own_guilds(world):
    other = world.add_guild("Elsewhere", guild_id=OTHER_SHARD_GUILD_ID)

    async with running_client(world, PlainBot(shard_count=2)) as bot:
        known = {guild.id for guild in bot.guilds}
        told = {s.shard_id: guilds_told(s) for s in world.gateway.sessions.values()}

    assert known == {GUILD_ID, other.id}
    assert told == {(GUILD_ID >> 22) % 2: [GUILD_ID], (other.id >> 22) % 2: [other.id]}
    assert world.stats.identifies == 2


@pytest.mark.rule("7/dm-shard")
async def test_direct_messages_belong_to_the_first_shard(world, mia):
    async with running_client(world, PlainBot(shard_count=2)) as bot:
        dm = world.open_dm(mia.user_id)
        before = {s.shard_id: s.sequence for s in world.gateway.sessions.values()}
        await mia.slash(dm.id, "go")
        interaction = await bot.next_interaction()
        after = {s.shard_id: s.sequence for s in world.gateway.sessions.values()}

    assert interaction.guild is None
    assert after == {0: before[0] + 1, 1: before[1]}


@pytest.mark.rule("7/same-shard")
@pytest.mark.rule("10/overlap")
async def test_two_sessions_of_one_shard_both_hear_and_one_answers(world, bot, mia):
    async with running_client(world, PlainBot()) as other:
        await mia.slash(GENERAL_ID, "go")
        first, second = await bot.next_interaction(), await other.next_interaction()
        await first.response.send_message("mine")
        with pytest.raises(discord.HTTPException) as caught:
            await second.response.send_message("mine too")

    assert caught.value.code == 40060


@pytest.mark.rule("2.2/parse-error")
async def test_event_the_library_cannot_parse_ends_the_client(world, mia):
    bot = PlainBot()
    async with bot:
        with pointed_at(world):
            await bot.login(TOKEN)
            running = asyncio.create_task(bot.connect())
            await world.wait_for(lambda: world.gateway.connected)

            world.gateway.dispatch("INTERACTION_CREATE", {"id": "1"})

            with pytest.raises(KeyError):
                await asyncio.wait_for(running, 10)


async def test_simple_client_without_shards_works_too(world, mia):
    client = discord.Client(intents=GUILDS)

    async with running_client(world, client):
        assert client.guilds[0].id == GUILD_ID

    assert world.requests.to("GET", "/gateway/bot") == []
