"""Rate limits, ordered failures and plain HTTP, seen by the library and by a bare client."""

import asyncio

import aiohttp
import discord
import pytest

from bot.sandbox.rules import ApiError
from bot.sandbox.seed import APPLICATION_ID, GENERAL_ID, GUILD_ID
from tests.worlds import TOKEN, PlainBot, running_client

AUTHORIZED = {"Authorization": f"Bot {TOKEN}"}


@pytest.fixture
async def http(world):
    async with aiohttp.ClientSession(
        f"{world.files.base_url}/api/v10/", headers=AUTHORIZED
    ) as http:
        yield http


@pytest.fixture
def general(bot):
    return bot.get_channel(GENERAL_ID)


async def started(bot: PlainBot, person) -> discord.Interaction:
    await person.slash(GENERAL_ID, "go")
    return await bot.next_interaction()


@pytest.mark.rule("6/headers")
async def test_limited_route_tells_its_limit(http):
    async with http.post(f"channels/{GENERAL_ID}/messages", json={"content": "x"}) as response:
        headers = response.headers

    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("5", "4")
    assert 0 < float(headers["X-RateLimit-Reset-After"]) <= 5
    assert headers["X-RateLimit-Bucket"]


@pytest.mark.rule("6/refusal")
@pytest.mark.rule("1/429-via")
@pytest.mark.rule("6/buckets")
async def test_sixth_send_is_refused_in_its_own_channel_only(world, http):
    other = world.add_channel("other")
    for _ in range(5):
        async with http.post(f"channels/{GENERAL_ID}/messages", json={"content": "x"}) as response:
            assert response.status == 200

    async with http.post(f"channels/{GENERAL_ID}/messages", json={"content": "x"}) as response:
        refused, body = response, await response.json()
    async with http.post(f"channels/{other.id}/messages", json={"content": "x"}) as response:
        elsewhere = response.status

    assert refused.status == 429
    assert refused.headers["Via"]
    assert refused.headers["X-RateLimit-Scope"] == "user"
    assert 0 < body["retry_after"] <= 5
    assert not body["global"]
    assert elsewhere == 200
    assert world.stats.too_many_requests == 1


@pytest.mark.rule("6/waits")
async def test_library_waits_instead_of_being_refused(world, bot, general):
    for number in range(6):
        await general.send(str(number))

    assert world.stats.too_many_requests == 0
    assert len(world.person("mia").messages(GENERAL_ID)) == 6


@pytest.mark.rule("6/global")
async def test_bots_routes_share_fifty_a_second(world, http):
    async def status(path: str) -> tuple[int, str | None]:
        async with http.get(path) as response:
            return response.status, response.headers.get("X-RateLimit-Global")

    half = [status("users/@me") for _ in range(30)]
    others = [status(f"guilds/{GUILD_ID}") for _ in range(30)]
    answers = await asyncio.gather(*half, *others)

    assert answers.count((429, "true")) >= 1
    assert {answer for answer in answers if answer[0] == 429} == {(429, "true")}


@pytest.mark.rule("6/exempt")
async def test_interactions_are_exempt_from_the_global_limit(world, bot, mia):
    while world.rate_limits.take_global().retry_after_s is None:
        pass

    interaction = await started(bot, mia)
    await interaction.response.defer()
    await interaction.edit_original_response(content="done")

    assert world.stats.too_many_requests == 0
    assert mia.messages(GENERAL_ID)[0]["content"] == "done"


@pytest.mark.rule("6/buckets")
async def test_edits_of_one_interaction_do_not_slow_another(world, bot, mia):
    first, second = await started(bot, mia), await started(bot, mia)
    await first.response.defer()
    await second.response.defer()
    for number in range(5):
        await first.edit_original_response(content=str(number))

    sixth = asyncio.create_task(first.edit_original_response(content="has to wait"))
    await second.edit_original_response(content="at once")

    assert not sixth.done()
    await sixth
    assert world.stats.too_many_requests == 0


@pytest.mark.rule("6/retries")
async def test_library_repeats_after_5xx_and_429(world, bot, mia, general):
    for status in (500, 429):
        world.faults.next("POST", f"/channels/{GENERAL_ID}/messages", status=status)

        await general.send(f"after {status}")

    statuses = [record.status for record in world.requests.to("POST", "/messages")]
    assert statuses == [500, 200, 429, 200]


@pytest.mark.rule("6/retries")
async def test_503_of_a_bot_route_is_raised_at_once(world, bot, general):
    world.faults.next("POST", f"/channels/{GENERAL_ID}/messages", status=503)

    with pytest.raises(discord.DiscordServerError):
        await general.send("hello")

    assert len(world.requests.to("POST", "/messages")) == 1


@pytest.mark.rule("1/429-via")
async def test_429_without_via_is_raised_at_once(world, bot, general):
    world.faults.next("POST", f"/channels/{GENERAL_ID}/messages", status=429, headers={})

    with pytest.raises(discord.HTTPException) as caught:
        await general.send("hello")

    assert caught.value.status == 429
    assert len(world.requests.to("POST", "/messages")) == 1


async def test_reset_connection_is_not_repeated_by_the_library(world, bot, mia, general):
    world.faults.next("POST", f"/channels/{GENERAL_ID}/messages", status="reset")

    with pytest.raises((OSError, aiohttp.ClientError)):
        await general.send("hello")

    assert mia.messages(GENERAL_ID) == []


async def test_answer_lost_after_it_took_effect_leaves_the_message(world, bot, mia):
    interaction = await started(bot, mia)
    world.faults.next("POST", "/callback", status="reset", after=True)

    with pytest.raises((OSError, aiohttp.ClientError)):
        await interaction.response.send_message("hello")

    assert mia.messages(GENERAL_ID)[0]["content"] == "hello"


async def test_hanging_request_answers_never_and_ends_with_the_world(world, bot, general):
    world.faults.next("POST", f"/channels/{GENERAL_ID}/messages", status="hang")

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(general.send("hello"), 0.2)


@pytest.mark.rule("2.4/not-accepted")
@pytest.mark.parametrize(("status", "code"), [(400, 20009), (400, 200000), (403, 400001)])
async def test_refusals_for_content_can_be_ordered(world, bot, mia, status, code):
    interaction = await started(bot, mia)
    world.faults.next("POST", "/callback", status=ApiError(status, code, "Not accepted here"))

    with pytest.raises(discord.HTTPException) as caught:
        await interaction.response.send_message("hello")

    assert (caught.value.status, caught.value.code) == (status, code)


async def test_failures_come_in_order_and_as_often_as_ordered(world, http):
    world.faults.next("GET", "/gateway", status=500, count=2)
    world.faults.next("GET", "/gateway", status=502)

    statuses = []
    for _ in range(4):
        async with http.get("gateway") as response:
            statuses.append(response.status)

    assert statuses == [500, 500, 502, 200]


@pytest.mark.rule("6/token-lock")
async def test_calls_on_one_interaction_are_serialised_by_the_library(world, bot, mia):
    first, second = await started(bot, mia), await started(bot, mia)
    await first.response.defer()
    await second.response.defer()
    world.faults.next("PATCH", first.token, status="hang")

    slow = asyncio.create_task(first.edit_original_response(content="slow"))
    behind = asyncio.create_task(first.edit_original_response(content="behind"))
    await second.edit_original_response(content="free")

    assert not slow.done()
    assert not behind.done()
    slow.cancel()
    await behind


@pytest.mark.rule("1/authorization")
async def test_bot_routes_want_the_token_and_interaction_routes_none(world, bot, mia):
    interaction = await started(bot, mia)
    url = f"{world.files.base_url}/api/v10"

    async with aiohttp.ClientSession() as bare:
        async with bare.get(f"{url}/users/@me") as refused:
            body = await refused.json()
        callback = f"{url}/interactions/{interaction.id}/{interaction.token}/callback"
        async with bare.post(callback, json={"type": 4, "data": {"content": "x"}}) as answered:
            status = answered.status

    assert (refused.status, body) == (401, {"message": "401: Unauthorized", "code": 0})
    assert status == 204
    assert mia.messages(GENERAL_ID)[0]["content"] == "x"


@pytest.mark.rule("1/json-type")
async def test_json_is_typed_without_a_charset(http):
    for path in ("gateway", "nowhere", "users/1"):
        async with http.get(path) as response:
            assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "nowhere", (404, 0)),
        ("GET", "users/1", (404, 10013)),
        ("GET", "guilds/1", (404, 10004)),
        ("GET", "channels/seven", (400, 50035)),
        ("GET", f"applications/{APPLICATION_ID}/commands/1", (404, 10063)),
        ("GET", "applications/1/commands", (404, 10002)),
        ("PATCH", "webhooks/1/token/messages/@original", (404, 10015)),
        ("PATCH", f"webhooks/{APPLICATION_ID}/token/messages/@original", (404, 10015)),
        ("POST", f"channels/{GENERAL_ID}/messages", (400, 50109)),
    ],
)
async def test_mistakes_are_answered_with_discords_codes(http, method, path, expected):
    body = "{not json" if method == "POST" else None
    async with http.request(method, path, data=body) as response:
        body = await response.json()

    assert (response.status, body["code"]) == expected


@pytest.mark.rule("3/daily-creates")
async def test_too_many_new_commands_a_day_are_refused(world):
    commands = [{"name": f"c{n}", "type": 1, "description": "d"} for n in range(100)]
    world.commands.overwrite(GUILD_ID, commands)
    world.commands.overwrite(GUILD_ID, commands)
    renamed = [command | {"name": f"d{n}"} for n, command in enumerate(commands)]
    world.commands.overwrite(GUILD_ID, renamed)

    with pytest.raises(ApiError) as caught:
        world.commands.overwrite(GUILD_ID, commands)
    world.commands.overwrite(None, commands)
    world.advance(86_401)
    world.commands.overwrite(GUILD_ID, commands)

    assert caught.value.code == 30034


async def test_command_keeps_its_id_over_a_sync(world, mia):
    async with running_client(world, PlainBot()):
        [before] = mia.commands(GENERAL_ID)
    async with running_client(world, PlainBot()) as bot:
        [after] = mia.commands(GENERAL_ID)
        [fetched] = await bot.tree.fetch_commands()

    assert before["id"] == after["id"] == str(fetched.id)


async def test_single_command_is_edited_and_deleted(world, bot, mia):
    [command] = await bot.tree.fetch_commands()

    await command.edit(description="Go on")
    [changed] = mia.commands(GENERAL_ID)
    await command.delete()

    assert changed["description"] == "Go on"
    assert mia.commands(GENERAL_ID) == []


async def test_default_avatar_is_painted(world, bot, mia):
    user = await bot.fetch_user(mia.user_id)

    body = await user.default_avatar.read()

    assert body.startswith(b"\x89PNG")
