"""The page's routes: what they tell and do, and what other sites in the browser cannot."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox.messages import EPHEMERAL, Sending
from bot.sandbox.seed import GENERAL_ID, MIA_ID, MOD_LOG_ID
from bot.sandbox.server import WorldServer
from bot.sandbox.site import TOKEN_HEADER, add_site
from bot.sandbox.world import World
from tests.worlds import TOKEN

PAGE_TOKEN = "a-token-of-this-run"
ROUTES = [
    ("GET", "/"),
    ("GET", "/page/app.js"),
    ("GET", "/page/events?as=mia&token=" + PAGE_TOKEN),
    ("POST", "/page/act"),
]
SAY = {"act": "say", "as": "mia", "channel_id": str(GENERAL_ID), "content": "hello"}


class Site:
    """A served world and a visitor of its page."""

    def __init__(self, world: World, server: WorldServer, http: aiohttp.ClientSession) -> None:
        self.world, self.port, self.http = world, server.port, http

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def request(self, method: str, path: str, **headers: str) -> aiohttp.ClientResponse:
        """Ask as the page would: with its token, and a deed to do."""
        every = {TOKEN_HEADER: PAGE_TOKEN} | headers
        body = SAY if method == "POST" else None
        async with self.http.request(method, self.url(path), json=body, headers=every) as answer:
            await answer.read()
            return answer

    async def act(self, token: str = PAGE_TOKEN, **deed: object) -> dict:
        headers = {TOKEN_HEADER: token}
        url = self.url("/page/act")
        async with self.http.post(url, json={"as": "mia"} | deed, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    def events(self, name: str, token: str = PAGE_TOKEN):
        return self.http.ws_connect(self.url(f"/page/events?as={name}&token={token}"))

    def said(self) -> list[str]:
        return [message.content for message in self.world.messages.all()]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    world = World(TOKEN)
    server = WorldServer(world)
    add_site(server.app, world, token=PAGE_TOKEN)
    async with server, aiohttp.ClientSession() as http:
        yield Site(world, server, http)


# Attacks


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "localhost.evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "0.0.0.0:{port}",
        "user@127.0.0.1:{port}",
    ],
)
async def test_foreign_name_for_the_loopback_is_refused(site, method, path, host):
    """A name of the attacker's that resolves to 127.0.0.1 must not make us the attacker's site."""
    answer = await site.request(method, path, Host=host.format(port=site.port))

    assert answer.status == 403
    assert site.said() == []


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://localhost:{port}", ""],
)
async def test_other_origins_are_refused_even_with_the_token(site, method, path, origin):
    answer = await site.request(method, path, Origin=origin.format(port=site.port))

    assert answer.status == 403
    assert site.said() == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_both_own_names_serve_the_page_and_its_acts(site, name):
    host = f"{name}:{site.port}"

    page = await site.request("GET", "/", Host=host)
    act = await site.request("POST", "/page/act", Host=host, Origin=f"http://{host}")

    assert (page.status, act.status) == (200, 200)
    assert f"ws://{host};" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("headers", ["", "Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"])
async def test_one_host_header_is_needed(site, headers):
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(f"GET / HTTP/1.0\r\n{headers.format(port=site.port)}\r\n".encode())

    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()

    assert status in {400, 403}


@pytest.mark.parametrize("token", ["", "wrong", PAGE_TOKEN[:-1], PAGE_TOKEN + "x", "töken"])
async def test_nothing_is_told_or_done_without_the_token_of_this_run(site, token):
    header = token.encode().decode("latin-1")
    answer = await site.request("POST", "/page/act", **{TOKEN_HEADER: header})
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.events("mia", token)

    assert (answer.status, refused.value.status) == (403, 403)
    assert site.said() == []


async def test_form_of_another_site_cannot_act(site):
    """Without a script a page can post only forms and plain text, and no header of ours."""
    url = site.url("/page/act")
    forms = [{"data": SAY}, {"data": json.dumps(SAY), "headers": {"Content-Type": "text/plain"}}]

    statuses = []
    for form in forms:
        async with site.http.post(url, **form) as answer:
            statuses.append(answer.status)

    assert statuses == [403, 403]
    assert site.said() == []


async def test_act_is_json_or_a_form_with_files(site):
    headers = {TOKEN_HEADER: PAGE_TOKEN, "Content-Type": "text/plain"}
    async with site.http.post(site.url("/page/act"), data="{}", headers=headers) as answer:
        assert answer.status == 415


@pytest.mark.parametrize(
    "path", ["..%2fsite.py", "%2e%2e%2fsite.py", "..%5csite.py", "index.html", "nothing.js", "."]
)
async def test_only_the_pages_own_files_are_served(site, path):
    url = aiohttp.client.URL(site.url(f"/page/{path}"), encoded=True)
    async with site.http.get(url) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("path", "host", "status"), [("/", None, 200), ("/page/app.js", None, 200), ("/", "evil", 403)]
)
async def test_every_answer_is_hardened(site, path, host, status):
    answer = await site.request("GET", path, **({"Host": host} if host else {}))

    policy = answer.headers["Content-Security-Policy"]
    assert answer.status == status
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_hostile_attachment_cannot_run_on_the_pages_origin(site):
    page = ("evil.html", b"<script>fetch('/')</script>")
    message = await site.world.person("mia").say(GENERAL_ID, "look", files=[page])
    url = site.world.messages.wire(message)["attachments"][0]["url"]

    async with site.http.get(url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        sniffing = answer.headers["X-Content-Type-Options"]

    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert sniffing == "nosniff"


@pytest.mark.parametrize(
    "deed",
    [
        {"act": "burn"},
        {"act": "say", "channel_id": "abc", "content": "x"},
        {"act": "say", "channel_id": 5, "content": "x"},
        {"act": "say", "channel_id": "\uff11\uff12", "content": "x"},
        {"act": "slash", "channel_id": "1", "path": "a", "options": []},
        {"act": "select", "message_id": "1", "custom_id": "a", "values": [1]},
        {},
    ],
)
async def test_malformed_act_is_a_bad_request(site, deed):
    headers = {TOKEN_HEADER: PAGE_TOKEN}
    body = {"as": "mia"} | deed
    async with site.http.post(site.url("/page/act"), json=body, headers=headers) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(("body", "status"), [("[1]", 400), ("{", 400), ('{"act": "say"}', 404)])
async def test_malformed_body_is_refused(site, body, status):
    headers = {TOKEN_HEADER: PAGE_TOKEN, "Content-Type": "application/json"}
    body = body.replace("}", ', "as": "nobody"}')
    async with site.http.post(site.url("/page/act"), data=body, headers=headers) as answer:
        assert answer.status == status


async def test_form_with_too_many_files_is_refused(site):
    form = aiohttp.FormData({"act": json.dumps(SAY)})
    for index in range(12):
        form.add_field("file.message", b"x", filename=f"{index}.txt")

    headers = {TOKEN_HEADER: PAGE_TOKEN}
    async with site.http.post(site.url("/page/act"), data=form, headers=headers) as answer:
        assert answer.status == 400

    assert site.said() == []


# What is told


async def test_page_carries_the_token_and_no_other_host(site):
    async with site.http.get(site.url("/")) as answer:
        text = await answer.text()

    assert text.count(PAGE_TOKEN) == 1
    assert "://" not in text


async def test_snapshot_holds_what_this_person_sees(site):
    async with site.events("mia") as mia, site.events("max") as moderator:
        hers, his = await mia.receive_json(), await moderator.receive_json()

    assert hers["me"] == str(MIA_ID)
    assert [channel["name"] for channel in hers["channels"]] == ["general", "gallery", "after-dark"]
    assert str(MOD_LOG_ID) in his["messages"]
    assert [(one["name"], one["title"]) for one in hers["people"]] == [
        ("Mia", "member"),
        ("Max", "moderator"),
        ("Olga", "owner"),
    ]


async def test_private_message_is_told_to_its_person_only(site):
    world = site.world
    async with site.events("mia") as mia, site.events("max") as moderator:
        await mia.receive_json(), await moderator.receive_json()
        private = world.new_message(GENERAL_ID, world.bot.id, visible_to=MIA_ID, flags=EPHEMERAL)
        world.post(private, Sending({"content": "for Mia"}))
        await world.person("olga").say(GENERAL_ID, "for all")

        hers = [await mia.receive_json() for _ in range(2)]
        his = await moderator.receive_json()

    assert [change["message"]["content"] for change in hers] == ["for Mia", "for all"]
    assert his["message"]["content"] == "for all"


async def test_dismissed_message_is_gone_even_when_the_bot_edits_it(site):
    world = site.world
    async with site.events("mia") as mia, site.events("max") as moderator:
        await mia.receive_json(), await moderator.receive_json()
        private = world.new_message(GENERAL_ID, world.bot.id, visible_to=MIA_ID, flags=EPHEMERAL)
        world.post(private, Sending({"content": "for Mia"}))
        world.person("mia").dismiss(private.id)
        world.edit(private, Sending({"content": "for Mia again"}))
        await world.person("olga").say(GENERAL_ID, "for all")

        hers = [await mia.receive_json() for _ in range(2)]
        his = await moderator.receive_json()

    assert [change["type"] for change in hers] == ["message_delete", "message"]
    assert his["message"]["content"] == "for all"


async def test_change_of_a_hidden_channel_is_not_told(site):
    moderator = site.world.person("max")
    async with site.events("mia") as mia:
        await mia.receive_json()
        secret = await moderator.say(MOD_LOG_ID, "staff only")
        await moderator.delete_message(secret.id)
        await moderator.say(GENERAL_ID, "for all")

        told = await mia.receive_json()

    assert told["message"]["content"] == "for all"


async def test_new_channel_and_new_commands_are_told_as_a_snapshot(site):
    async with site.events("mia") as mia:
        await mia.receive_json()
        site.world.add_channel("new-place")
        with_channel = await mia.receive_json()
        site.world.commands.overwrite(None, [{"name": "hi", "description": "Say hi", "type": 1}])
        with_command = await mia.receive_json()

    assert "new-place" in [channel["name"] for channel in with_channel["channels"]]
    assert [one["name"] for one in with_command["commands"][str(GENERAL_ID)]] == ["hi"]


async def test_closed_page_is_forgotten(site):
    before = len(site.world.changes._subscribers)
    async with site.events("mia") as mia:
        await mia.receive_json()
        during = len(site.world.changes._subscribers)

    assert during == before + 1
    for _ in range(500):
        if len(site.world.changes._subscribers) == before:
            break
        await asyncio.sleep(0.01)
    assert len(site.world.changes._subscribers) == before


# What is done


async def test_refusal_of_the_client_comes_back_in_its_words(site):
    outcome = await site.act(act="say", channel_id=str(MOD_LOG_ID), content="hello")

    assert outcome == {"refused": "There is no such channel"}


async def test_broken_rule_comes_back_in_words(site):
    outcome = await site.act(act="say", channel_id=str(GENERAL_ID), content="x" * 2001)

    assert "refused" in outcome
    assert site.said() == []


async def test_silent_application_is_told_as_such(site):
    site.world.commands.overwrite(None, [{"name": "hi", "description": "Say hi", "type": 1}])
    deed = {"act": "slash", "channel_id": str(GENERAL_ID), "path": "hi", "options": {}}
    acting = asyncio.create_task(site.act(**deed))
    await site.world.wait_for(site.world.interactions.all, 5)

    site.world.advance(4)

    assert await acting == {"failed": "The application did not respond"}


async def test_files_travel_with_an_act(site):
    form = aiohttp.FormData({"act": json.dumps(SAY)}, quote_fields=False)
    form.add_field("file.message", b"abc", filename="a b.txt")

    headers = {TOKEN_HEADER: PAGE_TOKEN}
    async with site.http.post(site.url("/page/act"), data=form, headers=headers) as answer:
        outcome = await answer.json()

    message = site.world.messages.wire(site.world.messages.find(int(outcome["message_id"])))
    assert [(file["filename"], file["size"]) for file in message["attachments"]] == [("a_b.txt", 3)]


async def test_only_an_own_or_a_moderators_hand_deletes(site):
    message = await site.world.person("mia").say(GENERAL_ID, "mine")
    deed = {"act": "delete", "message_id": str(message.id)}

    by_nobody = await site.act(**deed | {"message_id": "1"})
    by_moderator = await site.act(**deed | {"as": "max"})

    assert by_nobody == {"refused": "There is no such message"}
    assert by_moderator == {}
    assert site.said() == []


async def test_form_of_somebody_else_cannot_be_submitted(site):
    outcome = await site.act(act="submit", interaction_id="123", values={})

    assert outcome == {"refused": "There is no open form"}
