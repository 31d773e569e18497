"""The paid POST: what its errors carry. That it is sent once is the contract suite's matter.

And the downloads that follow it.
"""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from aiohttp import web

from bot.errors import (
    BadKey,
    EndpointGone,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderLost,
    ProviderRejected,
    SubmitUncertain,
)
from bot.providers import _http
from bot.providers._http import (
    LONGEST_MESSAGE,
    LONGEST_PAUSE_S,
    Bounds,
    _next_hop,
    download,
    post_for_answer,
    post_once,
    refusal_of,
)
from tests.standins import KEY, Fate
from tests.standins.answers import Answer
from tests.standins.kiosk import KioskAtHome

HEADERS = {"Authorization": f"Key {KEY}", "X-Retry": "1"}


@pytest.fixture
async def kiosk():
    async with KioskAtHome().open() as kiosk:
        yield kiosk


async def _post(kiosk, *, url=None, headers=HEADERS):
    order = {"name": "a", "inputs": {"prompt": "a fox"}}
    return await post_once(kiosk.client(), url or f"{kiosk.url}/runs", order, headers=headers)


async def _answered(kiosk, status, payload, headers=None):
    """Post once to a kiosk that answers this."""
    text = payload if isinstance(payload, str) else json.dumps(payload)
    await kiosk.next_submit(Answer(status, text, headers or {}))
    return await _post(kiosk)


async def test_answer_is_given_as_it_came(kiosk):
    assert await _post(kiosk) == {"run_id": "run-1"}
    assert kiosk.paid_posts == 1


async def test_answer_larger_than_we_read_may_have_bought_a_run(kiosk):
    await kiosk.next_submit(Answer(200, json.dumps({"run_id": "r", "rest": "x" * 5000}), {}))

    with pytest.raises(SubmitUncertain, match="ReadError"):
        await post_for_answer(
            kiosk.client(), f"{kiosk.url}/runs", {}, headers=HEADERS, bounds=Bounds(limit_bytes=900)
        )

    assert kiosk.paid_posts == 1


async def test_answer_that_trickles_is_given_up(kiosk, monkeypatch):
    """Each byte comes in time, the whole answer never does."""
    monkeypatch.setattr(_http, "_MARGIN_S", 0.2)

    async def trickle(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
        while not reader.at_eof() and not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.02)
            await reader.read(10_000) if reader._buffer else None
        writer.close()
        hung_up.set()

    hung_up = asyncio.Event()
    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SubmitUncertain, match="too long"):
            await post_once(kiosk.client(patience_s=0.3), f"http://127.0.0.1:{port}/", {})
        await asyncio.wait_for(hung_up.wait(), 20)


async def test_company_may_say_in_its_own_way_what_a_refusal_means(kiosk):
    await kiosk.next_submit(Answer(400, '{"odd": true}', {}))

    def name(response: httpx.Response) -> ProviderDown | None:
        return ProviderDown("closed today") if response.json().get("odd") else None

    with pytest.raises(ProviderDown, match="closed today"):
        await post_once(kiosk.client(), f"{kiosk.url}/runs", {}, headers=HEADERS, refusal=name)
    await kiosk.next_submit(Answer(400, '{"detail": "even"}', {}))
    with pytest.raises(ProviderRejected, match="even"):
        await post_once(kiosk.client(), f"{kiosk.url}/runs", {}, headers=HEADERS, refusal=name)


@pytest.mark.parametrize("fate", [Fate.MOVED, Fate.SEE_OTHER])
async def test_redirect_is_not_followed_even_by_a_client_that_would(kiosk, fate):
    client = kiosk.client()
    client.follow_redirects = True
    await kiosk.next_submit(fate)

    with pytest.raises(Exception, match="30"):
        await post_once(client, f"{kiosk.url}/runs", {}, headers=HEADERS)

    assert (kiosk.paid_posts, kiosk.other_posts) == (1, 0)


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("7", 7, 7),
        ("2.5", 2.5, 2.5),
        ("0", 1, 1),
        ("-30", 1, 1),
        ("86400", LONGEST_PAUSE_S, LONGEST_PAUSE_S),
        ("inf", 1, 60),
        ("soon", 1, 60),
        (timedelta(seconds=200), 60, 200),
        (timedelta(days=-1), 1, 1),
        ("Mon, 01 Jan 2024 00:00:00 -0000", 1, 1),
    ],
)
async def test_retry_after_is_read_as_seconds_or_date_and_bounded(kiosk, header, low, high):
    if isinstance(header, timedelta):
        header = format_datetime(datetime.now(UTC) + header, usegmt=True)
    with pytest.raises(ProviderBusy) as caught:
        await _answered(kiosk, 429, "", {"Retry-After": header})

    assert low <= caught.value.retry_after_s <= high


async def test_pause_is_read_from_the_body_when_no_header_names_it(kiosk):
    with pytest.raises(ProviderBusy) as caught:
        await _answered(kiosk, 429, {"detail": "throttled", "retry_after": 9})

    assert caught.value.retry_after_s == 9


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"detail": "prompt is empty"}, "prompt is empty"),
        ({"detail": [{"msg": "too wide"}, {"msg": "too high"}]}, "too wide; too high"),
        ({"error": {"message": "bad size", "code": 3}}, "bad size"),
        ({"error": "no such model"}, "no such model"),
        ({"title": "Invalid version", "detail": "not permitted"}, "not permitted"),
        ("just text", "422"),
        ("<html>oops</html>", "422"),
        ({"detail": {"detail": 3}}, "422"),
        ({"detail": "a\u0000b\r\nc\u202ed"}, "a b c d"),
    ],
)
async def test_refusal_is_told_in_the_provider_s_own_words(kiosk, payload, words):
    with pytest.raises(ProviderRejected) as caught:
        await _answered(kiosk, 422, payload)

    assert words in str(caught.value)
    assert "html" not in str(caught.value)


async def test_long_message_is_cut(kiosk):
    with pytest.raises(ProviderRejected) as caught:
        await _answered(kiosk, 422, {"detail": "x" * 100_000})

    assert str(caught.value) == "x" * (LONGEST_MESSAGE - 1) + "…"


async def test_deeply_nested_answer_is_survived(kiosk):
    with pytest.raises(ProviderRejected):
        await _answered(kiosk, 422, "[" * 900 + "]" * 900)
    with pytest.raises(ProviderRejected):
        await _answered(kiosk, 422, "[" * 100_000)


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (403, "User is locked. Reason: Exhausted balance. Top up your balance.", OutOfFunds),
        (403, "Insufficient Buzz", OutOfFunds),
        (403, "You have run out of credits", OutOfFunds),
        (406, "Not enough credits", OutOfFunds),
        (400, "insufficient funds", OutOfFunds),
        (402, "", OutOfFunds),
        (401, "No user found for Key ID and Secret", BadKey),
        (403, "this model is private", BadKey),
        (400, "width must be a multiple of 8", ProviderRejected),
        (422, "the prompt 'a man with insufficient funds' is refused", ProviderRejected),
    ],
)
async def test_empty_account_is_told_from_a_bad_key_and_a_bad_prompt(kiosk, status, text, expected):
    with pytest.raises(expected) as caught:
        await _answered(kiosk, status, {"detail": text})

    assert type(caught.value) is expected


@pytest.mark.parametrize(
    "quoted", [KEY, f"Key {KEY}", f"header 'Key {KEY}' is malformed", f"x={KEY}&y"]
)
async def test_key_that_the_provider_quotes_is_hidden(kiosk, quoted):
    with pytest.raises(BadKey) as caught:
        await _answered(kiosk, 401, {"detail": quoted})

    assert KEY not in str(caught.value)
    assert "[hidden]" in str(caught.value)


async def test_half_of_a_key_that_the_provider_quotes_is_hidden(kiosk):
    await kiosk.next_submit(Answer(401, json.dumps({"detail": f"no user with secret {KEY}"})))

    with pytest.raises(BadKey, match=r"no user with secret \[hidden\]$"):
        await _post(kiosk, headers={"Authorization": f"Key key-id:{KEY}"})


async def test_short_header_values_do_not_riddle_the_message(kiosk):
    with pytest.raises(ProviderRejected, match=r"^seed 1 is taken$"):
        await _answered(kiosk, 400, {"detail": "seed 1 is taken"})


async def test_secret_in_the_address_is_hidden(kiosk):
    await kiosk.next_submit(Answer(400, json.dumps({"detail": f"bad token {KEY}"})))

    with pytest.raises(ProviderRejected, match=r"^bad token \[hidden\]$"):
        await _post(kiosk, url=f"{kiosk.url}/runs?token={KEY}", headers={})


@pytest.mark.parametrize("bad", [f"{KEY}\n", f"{KEY}\u2026", f"{KEY}\x00"])
async def test_key_that_no_header_can_carry_is_a_bad_key_and_is_not_shown(kiosk, bad):
    with pytest.raises(BadKey) as caught:
        await _post(kiosk, headers={"Authorization": bad})

    assert KEY not in f"{caught.value!r} {caught.value.__context__!r} {caught.value.__cause__!r}"
    assert kiosk.paid_posts == 0


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/runs", "http://", "http://[::1", "http://nowhere.invalid/runs"]
)
async def test_address_that_cannot_be_reached_is_down(kiosk, url):
    with pytest.raises(ProviderDown):
        await _post(kiosk, url=url)


async def test_server_without_tls_is_down_before_anything_was_sent(kiosk):
    with pytest.raises(ProviderDown):
        await _post(kiosk, url=kiosk.url.replace("http:", "https:") + "/runs")

    assert kiosk.paid_posts == 0


@asynccontextmanager
async def _silent_server():
    """Accept connections and never say a word, so that TLS never gets ready."""
    over = asyncio.Event()

    async def keep(_reader, writer) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    over.set()
    server.close()
    await server.wait_closed()


async def test_handshake_that_never_ends_is_down(kiosk):
    async with _silent_server() as port:
        client = kiosk.client(patience_s=0.3)

        with pytest.raises(ProviderDown):
            await post_once(client, f"https://127.0.0.1:{port}/runs", {}, headers=HEADERS)


async def test_full_pool_is_our_own_jam_and_not_uncertain(kiosk):
    limits = httpx.Limits(max_connections=1)
    timeout = httpx.Timeout(20, pool=0.2)
    await kiosk.next_submit(Fate.HANGING)
    async with httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False) as client:
        order = {"name": "a", "inputs": {}}
        first = asyncio.create_task(post_once(client, f"{kiosk.url}/runs", order, headers=HEADERS))
        await kiosk.first_post.wait()

        with pytest.raises(ProviderBusy):
            await post_once(client, f"{kiosk.url}/runs", order, headers=HEADERS)

        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    assert kiosk.paid_posts == 1


@asynccontextmanager
async def _shelf(give):
    """Answer GET /{name} by a function of the name and the base address."""
    app = web.Application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await give(request, request.match_info["name"])

    app.router.add_get("/{name}", answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        yield client, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def _hop(request: web.Request, name: str) -> web.StreamResponse:
    """Redirect from 3 to 2 to 1 to the file 0."""
    if name == "0":
        return web.Response(body=b"picture")
    return web.Response(status=302, headers={"Location": f"/{int(name) - 1}"})


@pytest.mark.parametrize(("hops", "expected"), [(0, b"picture"), (3, b"picture"), (4, b"")])
async def test_download_follows_a_few_redirects(hops, expected):
    async with _shelf(_hop) as (client, url):
        assert await download(client, f"{url}/{hops}", limit_bytes=10) == expected


@pytest.mark.parametrize("there", ["ftp://127.0.0.1/x", "file:///etc/passwd"])
async def test_download_is_redirected_to_nothing_but_the_web(there):
    async def give(request, name):
        return web.Response(status=307, headers={"Location": there})

    async with _shelf(give) as (client, url):
        assert await download(client, f"{url}/a", limit_bytes=10) == b""


@pytest.mark.parametrize(
    ("here", "there", "is_fine"),
    [
        ("https://a.example/x", "https://b.example/x", True),
        ("http://a.example/x", "https://b.example/x", True),
        ("http://a.example/x", "http://b.example/x", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "ftp://a.example/x", False),
    ],
)
def test_download_is_not_redirected_out_of_https(here, there, is_fine):
    if is_fine:
        assert _next_hop(httpx.URL(here), httpx.URL(there)) == there
    else:
        with pytest.raises(httpx.InvalidURL):
            _next_hop(httpx.URL(here), httpx.URL(there))


@pytest.mark.parametrize(("size", "expected"), [(1000, b"x" * 1000), (1001, b"")])
async def test_download_is_bounded_whatever_the_answer_says_of_its_length(size, expected):
    async def give(request, name):
        response = web.Response(body=b"x" * size)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with _shelf(give) as (client, url):
        assert await download(client, f"{url}/a", limit_bytes=1000) == expected


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_download_that_may_work_later_is_lost(status):
    async def give(request, name):
        return web.Response(status=status)

    async with _shelf(give) as (client, url):
        with pytest.raises(ProviderLost):
            await download(client, f"{url}/a", limit_bytes=10)


async def test_download_logs_no_address(capsys):
    async def give(request, name):
        return web.Response(status=404)

    async with _shelf(give) as (client, url):
        await download(client, f"{url}/secret-name", limit_bytes=10)

    logged = capsys.readouterr().out
    assert "404" in logged
    assert "secret-name" not in logged


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (401, {}, BadKey),
        (402, {}, OutOfFunds),
        (404, {}, EndpointGone),
        (422, {}, ProviderDown),
        (429, {}, ProviderBusy),
        (500, {}, ProviderDown),
        (503, {"Retry-After": "3"}, ProviderBusy),
    ],
)
async def test_refusal_of_a_request_that_buys_nothing_is_never_uncertain(status, headers, expected):
    request = httpx.Request("POST", "https://127.0.0.1/files")

    refusal = refusal_of(httpx.Response(status, headers=headers, request=request))

    assert type(refusal) is expected
