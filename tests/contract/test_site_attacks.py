"""Attacks on the sandbox over real sockets: what other sites, names and hosts cannot do to it."""

import asyncio
import base64
import io
import json
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from bot.sandbox.guard import TOKEN_HEADER
from bot.sandbox.seed import GENERAL_ID
from tests.contract.visitor import LEAP, PAGE_TOKEN, SAY, Visitor, visiting
from tests.worlds import TOKEN

ROUTES = [
    ("GET", "/"),
    ("GET", "/page/app.js"),
    ("GET", "/page/events?as=mia&token=" + PAGE_TOKEN),
    ("GET", "/page/inspector?token=" + PAGE_TOKEN),
    ("POST", "/page/act"),
    ("POST", "/page/trouble"),
]
BOTS_ROUTES = ["/api/v10/users/@me", "/gateway", "/attachments/1/2/a.png", "/cdn/x", "/nothing"]
FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:{port}",
    "localhost.evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1:{port}0",
    "127.0.0.1:0{port}",
    "127.0.0.1:{port}:{port}",
    "127.0.0.1.:{port}",
    "127.1:{port}",
    "0.0.0.0:{port}",
    "[::1]:{port}",
    "user@127.0.0.1:{port}",
]
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SCRIPT = b"<script>fetch('/')</script>"


@pytest.fixture
async def site() -> AsyncIterator[Visitor]:
    async with visiting() as visitor:
        yield visitor


# Names


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_foreign_name_for_the_loopback_is_refused(site, method, path, host):
    """A name of the attacker's that resolves to 127.0.0.1 must not make us the attacker's site."""
    answer = await site.request(method, path, Host=host.format(port=site.port), Origin=origin(site))

    assert answer.status == 403
    assert site.is_untouched()


@pytest.mark.parametrize("path", BOTS_ROUTES)
async def test_rebound_name_reaches_nothing_of_the_bots_either(site, path):
    """DNS rebinding: the victim's browser asks our port for a name that was pointed here since."""
    host = f"rebound.example:{site.port}"

    answer = await site.request(
        "GET", path, Host=host, Origin=f"http://{host}", Authorization=f"Bot {TOKEN}"
    )

    assert answer.status == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LocalHost"])
async def test_own_names_serve_the_page_and_its_acts(site, name):
    host = f"{name}:{site.port}"

    page = await site.request("GET", "/", Host=host)
    act = await site.request("POST", "/page/act", Host=host, Origin=f"http://{host.lower()}")

    assert (page.status, act.status) == (200, 200)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_page_may_open_sockets_to_the_name_it_was_loaded_by(site, name):
    page = await site.request("GET", "/", Host=f"{name}:{site.port}")

    assert f"ws://{name}:{site.port};" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "headers",
    [
        "",
        "Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n",
        "Host: evil.example\r\nHost: 127.0.0.1:{port}\r\n",
        "Host: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\n",
        "Host: 127.0.0.1:{port}, evil.example\r\n",
    ],
)
async def test_exactly_one_host_header_is_needed(site, headers):
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(f"GET / HTTP/1.0\r\n{headers.format(port=site.port)}\r\n".encode())

    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()

    assert int(answer.split()[1]) in {400, 403}
    assert PAGE_TOKEN not in answer


# Origins


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "foreign",
    [
        "http://evil.example",
        "null",
        "https://127.0.0.1:{port}",
        "http://localhost:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1",
        "",
    ],
)
async def test_other_origins_are_refused_even_with_the_token(site, method, path, foreign):
    answer = await site.request(method, path, Origin=foreign.format(port=site.port))

    assert answer.status == 403
    assert site.is_untouched()


@pytest.mark.parametrize("path", ["/page/act", "/page/trouble"])
async def test_act_without_an_origin_is_refused(site, path):
    """Every browser names the origin of a POST; what names none is no page of ours."""
    answer = await site.request("POST", path)

    assert answer.status == 403
    assert site.is_untouched()


@pytest.mark.parametrize("path", [path for _, path in ROUTES[2:4]])
@pytest.mark.parametrize("foreign", [None, "http://evil.example", "null"])
async def test_socket_of_another_origin_is_not_opened(site, path, foreign):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.stranger.ws_connect(site.url(path), origin=foreign)

    assert refused.value.status == 403


async def test_gateway_is_closed_to_pages(site):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.stranger.ws_connect(site.url("/gateway"), origin="http://evil.example")

    assert refused.value.status == 403


async def test_form_of_another_site_cannot_act(site):
    """Without a script a page can post only forms and plain text, and no header of ours."""
    evil = {"Origin": "http://evil.example"}
    forms = [
        {"data": SAY, "headers": evil},
        {"data": json.dumps(SAY), "headers": evil | {"Content-Type": "text/plain"}},
    ]

    statuses = [await post(site, "/page/act", site.stranger, **form) for form in forms]

    assert statuses == [403, 403]
    assert site.is_untouched()


# Tokens


@pytest.mark.parametrize("token", ["", "wrong", PAGE_TOKEN[:-1], PAGE_TOKEN + "x", "töken", TOKEN])
async def test_nothing_is_told_or_done_without_the_token_of_this_run(site, token):
    header = {TOKEN_HEADER: token.encode().decode("latin-1"), "Origin": origin(site)}
    act = await site.request("POST", "/page/act", **header)
    trouble = await site.request("POST", "/page/trouble", **header)
    with pytest.raises(aiohttp.WSServerHandshakeError) as events:
        await site.events("mia", token)
    with pytest.raises(aiohttp.WSServerHandshakeError) as inspector:
        await site.inspector(token)

    statuses = (act.status, trouble.status, events.value.status, inspector.value.status)
    assert statuses == (403, 403, 403, 403)
    assert site.is_untouched()


@pytest.mark.parametrize(("path", "deed"), [("/page/act", SAY), ("/page/trouble", LEAP)])
async def test_token_in_an_address_does_not_let_an_act_through(site, path, deed):
    """Addresses end up in histories and logs; an act needs the header."""
    status = await post(site, f"{path}?token={PAGE_TOKEN}", site.http, json=deed)

    assert status == 403
    assert site.is_untouched()


@pytest.mark.parametrize("path", ["/page/events?as=mia", "/page/inspector", "/page/inspector?as=x"])
async def test_socket_without_a_token_is_not_opened(site, path):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.http.ws_connect(site.url(path))

    assert refused.value.status == 403


async def test_every_run_has_a_token_of_its_own(site):
    """A page that stayed open from an earlier run must be loaded again."""
    async with visiting() as other:
        status = await post(
            other, "/page/act", other.http, json=SAY, headers={TOKEN_HEADER: "an-earlier-run's"}
        )

    assert status == 403


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "/page/..%2fsite.py",
        "/page/%2e%2e%2fsite.py",
        "/page/..%5csite.py",
        "/page/%2fetc%2fpasswd",
        "/page/app.js%00.png",
        "/page/index.html",
        "/page/nothing.js",
        "/page/.",
        "/page/",
        "/../site.py",
        "/page/../../site.py",
        "/attachments/1/..%2f..%2fworld.json/a.png",
        "/attachments/../world.json",
        "/attachments/1/%D9%A1/a.png",
        "/cdn/embed/avatars/..%2f0.png",
    ],
)
async def test_only_files_that_belong_to_the_page_are_served(site, path):
    async with site.http.get(URL(site.url(path), encoded=True)) as answer:
        text = await answer.text(errors="replace")

    assert answer.status in {400, 404}
    assert "import" not in text


async def test_raw_traversal_is_not_followed(site):
    """A client that does not tidy the path, as browsers and libraries do."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    head = f"Host: 127.0.0.1:{site.port}\r\nConnection: close\r\n\r\n"
    writer.write(f"GET /page/../site.py HTTP/1.1\r\n{head}".encode())

    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()

    assert int(answer.split()[1]) in {400, 404}
    assert "import" not in answer


# Bodies


async def test_act_is_json_or_a_form_with_files(site):
    headers = {TOKEN_HEADER: PAGE_TOKEN, "Content-Type": "text/plain"}

    assert await post(site, "/page/act", site.http, data="{}", headers=headers) == 415


@pytest.mark.parametrize("path", ["/page/act", "/page/trouble"])
async def test_oversized_json_is_refused(site, path):
    headers = {TOKEN_HEADER: PAGE_TOKEN, "Content-Type": "application/json"}
    body = io.BytesIO(json.dumps(SAY | LEAP | {"more": "x" * 1024 * 1024}).encode())

    assert await post(site, path, site.http, data=body, headers=headers) == 413
    assert site.is_untouched()


async def test_oversized_file_is_refused(site):
    form = aiohttp.FormData({"act": json.dumps(SAY)})
    form.add_field("file.message", io.BytesIO(bytes(64 * 1024 * 1024 + 1)), filename="large.bin")

    status = await post(site, "/page/act", site.http, data=form, headers=own_token())

    assert status == 413
    assert site.is_untouched()


async def test_form_that_is_oversized_as_a_whole_is_refused(site):
    form = aiohttp.FormData({"act": json.dumps(SAY)})
    for index in range(3):
        form.add_field("file.message", io.BytesIO(bytes(48 * 1024 * 1024)), filename=f"{index}.bin")

    status = await post(site, "/page/act", site.http, data=form, headers=own_token())

    assert status == 413
    assert site.is_untouched()


async def test_form_with_too_many_files_is_refused(site):
    form = aiohttp.FormData({"act": json.dumps(SAY)})
    for index in range(12):
        form.add_field("file.message", b"x", filename=f"{index}.txt")

    status = await post(site, "/page/act", site.http, data=form, headers=own_token())

    assert status == 400
    assert site.is_untouched()


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
    body = {"as": "mia"} | deed

    assert await post(site, "/page/act", site.http, json=body, headers=own_token()) == 400


@pytest.mark.parametrize(("body", "status"), [("[1]", 400), ("{", 400), ('{"act": "say"}', 404)])
async def test_malformed_body_is_refused(site, body, status):
    headers = own_token() | {"Content-Type": "application/json"}
    body = body.replace("}", ', "as": "nobody"}')

    assert await post(site, "/page/act", site.http, data=body, headers=headers) == status


@pytest.mark.parametrize("deed", [{}, {"trouble": 1}, {"trouble": None}, {"act": "leap"}])
async def test_malformed_trouble_is_a_bad_request(site, deed):
    assert await post(site, "/page/trouble", site.http, json=deed, headers=own_token()) == 400


# Answers


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [("/", None, 200), ("/page/app.js", None, 200), ("/", "evil", 403), ("/page/none", None, 404)],
)
async def test_every_answer_of_the_page_is_hardened(site, path, host, status):
    answer = await site.request("GET", path, **({"Host": host} if host else {}))

    policy = answer.headers["Content-Security-Policy"]
    assert answer.status == status
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", [*BOTS_ROUTES, "/page/events", "/cdn/embed/avatars/0.png"])
async def test_every_other_answer_is_hardened_too(site, path):
    answer = await site.request("GET", path)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("filename", "body", "is_shown"),
    [
        ("mine.png", PICTURE, True),
        ("mine.png", PICTURE + SCRIPT, True),
        ("mine.png", SCRIPT, True),
        ("evil.html", SCRIPT, False),
        ("evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", False),
        ("evil.xhtml", SCRIPT, False),
        ("notes.txt", SCRIPT, False),
    ],
)
async def test_stored_file_cannot_run_on_the_pages_origin(site, filename, body, is_shown):
    """Only pictures, films and sounds open in the browser; HTML in one of them stays inert."""
    message = await site.world.person("mia").say(GENERAL_ID, "look", files=[(filename, body)])
    url = site.world.messages.wire(message)["attachments"][0]["url"]

    async with site.http.get(url) as answer:
        headers = answer.headers

    assert headers["Content-Disposition"].startswith("inline" if is_shown else "attachment")
    assert not is_shown or headers["Content-Type"] == "image/png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "allow-scripts" not in headers["Content-Security-Policy"]


# Addresses


async def test_server_is_bound_to_the_loopback_only(site):
    """Not on 0.0.0.0: even 127.0.0.2, which is this machine too, is refused."""
    names = {"127.0.0.2", "::1", own_address()} - {"127.0.0.1"}

    answered = [name for name in names if await answers(name, site.port)]

    assert answered == []
    assert await answers("127.0.0.1", site.port)


async def answers(name: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(name, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def own_address() -> str:
    """Return the address other machines know this one by; 127.0.0.1 where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # chooses an address, sends nothing
        except OSError:
            return "127.0.0.1"
        return probe.getsockname()[0]


def origin(site: Visitor) -> str:
    return f"http://127.0.0.1:{site.port}"


def own_token() -> dict[str, str]:
    return {TOKEN_HEADER: PAGE_TOKEN}


async def post(site: Visitor, path: str, session: aiohttp.ClientSession, **request) -> int:
    async with session.post(site.url(path), **request) as answer:
        await answer.read()
        return answer.status
