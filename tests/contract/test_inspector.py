"""The inspector's socket: the bot's requests without its secrets, its rows, and trouble."""

import asyncio
import contextlib
import json
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox import rows
from bot.sandbox.exchanges import KEPT_EXCHANGES, MASK
from bot.sandbox.seed import GENERAL_ID, MIA_ID
from bot.sandbox.trouble import PROVIDER_TROUBLES, Trouble
from bot.sandbox.world import World
from tests.contract.visitor import Visitor, visiting
from tests.worlds import TOKEN, PlainBot, running_client

UNKNOWN = "a-webhook-token-of-another-shape"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def site() -> AsyncIterator[Visitor]:
    async with visiting() as visitor:
        yield visitor


@pytest.fixture
def bot_http(site: Visitor) -> "BotHttp":
    return BotHttp(site)


class BotHttp:
    """Asks as the bot's library does."""

    def __init__(self, site: Visitor) -> None:
        self._site = site

    async def ask(self, method: str, path: str, token: str = TOKEN, **request) -> int:
        headers = {"Authorization": f"Bot {token}"}
        url = self._site.url(f"/api/v10{path}")
        async with self._site.stranger.request(method, url, headers=headers, **request) as answer:
            await answer.read()
            return answer.status

    async def say(self, content: str) -> int:
        path = f"/channels/{GENERAL_ID}/messages"
        return await self.ask("POST", path, json={"content": content})


async def exchanges(site: Visitor, count: int = 1) -> list[dict]:
    """Open an inspector and return the first exchanges it is told, oldest first."""
    found: list[dict] = []
    async with site.inspector() as socket:
        while len(found) < count:
            found += (await told(socket, "exchanges"))["exchanges"]
    return found


async def told(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict:
    """Return the next message of a kind."""
    async with asyncio.timeout(20):
        while True:
            message = await socket.receive_json()
            if message["type"] == kind:
                return message


# Requests


async def test_request_is_told_with_body_status_and_time(site, bot_http):
    await bot_http.say("hello")

    (exchange,) = await exchanges(site)

    assert (exchange["method"], exchange["status"]) == ("POST", 200)
    assert exchange["path"] == f"/channels/{GENERAL_ID}/messages"
    assert json.loads(exchange["body"]) == {"content": "hello"}
    assert exchange["elapsed_ms"] > 0
    assert exchange["at"] == pytest.approx(site.world.clock.now(), abs=60)
    assert (exchange["refusal"], exchange["errors"]) == ("", "")


async def test_open_inspector_is_told_of_new_requests(site, bot_http):
    async with site.inspector() as socket:
        await told(socket, "state")
        await bot_http.say("one")
        first = (await told(socket, "exchanges"))["exchanges"]
        await bot_http.say("two")
        second = (await told(socket, "exchanges"))["exchanges"]

    assert [json.loads(one["body"])["content"] for one in first + second] == ["one", "two"]


async def test_refusal_is_told_with_code_and_tree(site, bot_http):
    await bot_http.say("x" * 2001)

    (exchange,) = await exchanges(site)

    assert exchange["status"] == 400
    assert exchange["refusal"] == "50035 Invalid Form Body"
    tree = json.loads(exchange["errors"])
    assert tree["content"]["_errors"][0]["code"] == "BASE_TYPE_MAX_LENGTH"


async def test_missing_permission_and_unknown_route_are_told(site, bot_http):
    await bot_http.ask("GET", "/channels/1")
    await bot_http.ask("GET", "/nothing/here")

    channel, nothing = await exchanges(site, 2)

    assert channel["refusal"] == "10003 Unknown Channel"
    assert (nothing["path"], nothing["status"]) == ("/nothing/here", 404)
    assert nothing["refusal"] == "404: Not Found"


async def test_rate_limit_and_its_bucket_are_told(site, bot_http):
    statuses = [await bot_http.say(str(number)) for number in range(6)]

    found = await exchanges(site, 6)

    limits = [exchange["limit"] for exchange in found]
    assert statuses[-1] == 429
    assert [limit["remaining"] for limit in limits] == ["4", "3", "2", "1", "0", "0"]
    assert len({limit["bucket"] for limit in limits}) == 1
    assert "You are being rate limited. Retry after" in found[-1]["refusal"]


@pytest.mark.parametrize(
    ("status", "told_status", "words"),
    [(503, 503, "503: Service Unavailable"), ("reset", 500, "")],
)
async def test_ordered_failure_is_told(site, bot_http, status, told_status, words):
    site.world.faults.next("POST", "/messages", status=status)
    with contextlib.suppress(aiohttp.ClientError):
        await bot_http.say("hello")

    (exchange,) = await exchanges(site)

    assert exchange["status"] == told_status
    assert words in exchange["refusal"]


async def test_interaction_that_was_never_answered_is_a_failure(site):
    async with running_client(site.world, PlainBot()) as bot:
        mia = site.world.person("mia")
        going = asyncio.create_task(mia.slash(GENERAL_ID, "go"))
        await bot.next_interaction()
        await going
        site.world.advance(4)

        found = await exchanges(site, 5)

    late = [one for one in found if one["status"] == 0]
    assert [one["refusal"] for one in late] == ["The application did not respond"]
    assert "go" in late[0]["path"]


async def test_long_texts_lists_and_files_are_shortened(site, bot_http):
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps({"content": "a" * 1900, "more": [*range(90)]}))
    form.add_field("files[0]", b"\x00" * 5000, filename="picture.bin")
    path = f"/channels/{GENERAL_ID}/messages"
    await bot_http.ask("POST", path, data=form)

    (exchange,) = await exchanges(site)

    body = json.loads(exchange["body"])
    assert body["content"] == "a" * 300 + "… (1900 characters)"
    assert body["more"][-1] == "… 40 more"
    assert exchange["files"] == ["picture.bin"]


async def test_huge_body_is_cut_as_a_whole(site, bot_http):
    path = f"/channels/{GENERAL_ID}/messages"
    await bot_http.ask("POST", path, json={str(number): "b" * 290 for number in range(200)})

    (exchange,) = await exchanges(site)

    assert len(exchange["body"]) < 20_100
    assert exchange["body"].endswith(" characters)")


async def test_only_the_newest_are_kept(site, bot_http):
    extra = 7
    for number in range(KEPT_EXCHANGES + extra):
        await bot_http.ask("GET", f"/nothing/{number}")

    found = await exchanges(site, KEPT_EXCHANGES)

    assert len(found) == KEPT_EXCHANGES
    assert found[0]["path"] == f"/nothing/{extra}"
    assert [one["id"] for one in found] == sorted(one["id"] for one in found)


async def test_html_in_a_request_stays_text(site, bot_http):
    await bot_http.say(HOSTILE)

    (exchange,) = await exchanges(site)

    assert json.loads(exchange["body"]) == {"content": HOSTILE}


# Secrets


async def test_no_token_ever_reaches_the_inspector(site):
    """Not in paths, not in bodies, not in refusals, not cut in half."""
    async with running_client(site.world, PlainBot()) as bot:
        going = asyncio.create_task(site.world.person("mia").slash(GENERAL_ID, "go"))
        interaction = await bot.next_interaction()
        await going
        token = interaction.token
        await interaction.response.send_message(f"{TOKEN} {token} {'x' * 280}"[:2000])
        await interaction.followup.send("z" * 290 + token)
        await interaction.edit_original_response(content=f"edit {token[:60]}")
        await leak(site, token)
        found = await exchanges(site, 9)

    text = json.dumps(found)
    assert TOKEN not in text
    assert token not in text
    assert token[:40] not in text
    assert TOKEN[:20] not in text
    assert UNKNOWN not in text
    assert any(f"/webhooks/{site.world.application_id}/{MASK}" in one["path"] for one in found)
    assert any(f"/{MASK}/callback" in one["path"] for one in found)


async def leak(site: Visitor, token: str) -> None:
    """Put tokens wherever a bot might by mistake."""
    bot_http = BotHttp(site)
    await bot_http.ask("GET", f"/nothing/{token}?token={TOKEN}")
    await bot_http.ask("POST", f"/webhooks/{site.world.application_id}/not-{token}", json={})
    await bot_http.ask("POST", f"/webhooks/{site.world.application_id}/{UNKNOWN}", json={})
    await bot_http.ask("GET", f"/channels/{TOKEN}")
    path = f"/channels/{GENERAL_ID}/messages"
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps({token: TOKEN, "deep": [{"er": [token, TOKEN]}]}))
    form.add_field("files[0]", b"x", filename=f"{token}.png")
    await bot_http.ask("POST", path, data=form)


async def test_wrong_bot_token_is_not_told_either(site, bot_http):
    await bot_http.ask("GET", "/users/@me", token="another-bots-secret")

    found = await exchanges(site)

    assert found[0]["status"] == 401
    assert "another-bots-secret" not in json.dumps(found)


# Rows

SECRET_HANDLE = "handle-that-buys-things"


def make_database(path: Path) -> None:
    """Write what the bot's database looks like, with a secret in each column that may hold one."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE accounts (id INTEGER PRIMARY KEY, server_id INT, user_id INT);
            CREATE TABLE purses (id INTEGER PRIMARY KEY, account_id INT, kind TEXT, balance INT);
            CREATE TABLE ledger_entries (id INTEGER PRIMARY KEY, key TEXT, part INT, kind TEXT,
                debit_purse_id INT, credit_purse_id INT, amount INT, job_id INT, created_at TEXT);
            CREATE TABLE jobs (id INTEGER PRIMARY KEY, token TEXT, user_id INT, status TEXT,
                inputs TEXT, failure_text TEXT, hidden_since_tomorrow TEXT);
            CREATE TABLE attempts (id INTEGER PRIMARY KEY, job_id INT, handle TEXT, inputs TEXT,
                status TEXT);
            """
        )
        job = (MIA_ID, json.dumps({"prompt": HOSTILE, "style": "öl"}), f"lost {TOKEN}")
        connection.execute(
            "INSERT INTO jobs VALUES (1, 'job-token', ?, 'done', ?, ?, 'new-secret')", job
        )
        connection.execute("INSERT INTO attempts VALUES (1, 1, ?, 'in', 'done')", (SECRET_HANDLE,))
        connection.execute("INSERT INTO accounts VALUES (1, 5, 0), (2, 5, ?)", (MIA_ID,))
        connection.execute("INSERT INTO purses VALUES (1, 1, 'bank', 90), (2, 2, 'earned', 10)")
        connection.executemany(
            "INSERT INTO ledger_entries VALUES (?, 'k', 0, 'grant', 1, 2, 10, NULL, 'now')",
            [(number,) for number in range(1, 61)],
        )
        connection.commit()


def table(message: dict, name: str) -> list[dict]:
    """Return the rows of a table as dicts."""
    (found,) = (one for one in message["tables"] if one["name"] == name)
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


@pytest.fixture
async def with_rows(tmp_path: Path) -> AsyncIterator[tuple[Visitor, Path]]:
    database = tmp_path / "atelier ?#.sqlite"
    make_database(database)
    async with visiting(database=database) as visitor:
        yield visitor, database


async def test_rows_are_told_by_name_newest_first_and_bounded(with_rows):
    site, _ = with_rows
    async with site.inspector() as socket:
        message = await told(socket, "rows")

    entries = table(message, "ledger_entries")
    assert [entry["id"] for entry in entries] == [str(number) for number in range(60, 10, -1)]
    assert entries[0]["from_user_id"] == "treasury"
    assert (entries[0]["to_user_id"], entries[0]["to_purse"]) == ("Mia", "earned")
    assert [row["balance"] for row in table(message, "purses")] == ["10", "90"]
    assert json.loads(table(message, "jobs")[0]["inputs"]) == {"prompt": HOSTILE, "style": "öl"}


async def test_tokens_and_handles_of_rows_are_never_told(with_rows):
    """Nor is a column that a later version adds: only named ones are shown."""
    site, _ = with_rows
    async with site.inspector() as socket:
        message = await told(socket, "rows")

    text = json.dumps(message)
    assert table(message, "jobs")[0]["failure_text"] == f"lost {MASK}"
    for secret in ("job-token", SECRET_HANDLE, "new-secret", TOKEN, '"token"', '"handle"'):
        assert secret not in text


async def test_changed_row_is_told_while_the_inspector_is_open(with_rows):
    site, database = with_rows
    async with site.inspector() as socket:
        before = await told(socket, "rows")
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("UPDATE jobs SET status = 'failed'")
            connection.commit()
        after = await told(socket, "rows")

    assert table(before, "jobs")[0]["status"] == "done"
    assert table(after, "jobs")[0]["status"] == "failed"


async def test_rows_are_read_beside_the_loop_and_only_for_an_open_inspector(with_rows, monkeypatch):
    site, _ = with_rows
    threads: list[threading.Thread] = []

    def read(*arguments: object) -> list[dict]:
        threads.append(threading.current_thread())
        return rows.read_tables(*arguments)

    monkeypatch.setattr("bot.sandbox.inspector.read_tables", read)
    await BotHttp(site).say("nobody looks")
    read_before = len(threads)
    async with site.inspector() as socket:
        await told(socket, "rows")

    assert read_before == 0
    assert threading.main_thread() not in threads


def test_database_is_opened_read_only(tmp_path, monkeypatch):
    """Looking could not change anything even if a query tried."""
    database = tmp_path / "atelier.sqlite"
    make_database(database)
    purge = rows._Table("DELETE FROM jobs WHERE id < ? RETURNING id", ("id",))
    monkeypatch.setattr(rows, "_TABLES", {"jobs": purge})

    (found,) = rows.read_tables(database, lambda _, value: str(value))

    assert "readonly" in found["note"]
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (1,)


@pytest.mark.parametrize("kind", ["missing", "garbage", "locked", "older"])
async def test_database_that_cannot_be_read_is_empty_tables_with_a_word(tmp_path, kind):
    database = tmp_path / "atelier.sqlite"
    spoil = {"garbage": spoil_file, "locked": lock, "older": make_older}.get(kind)
    held = spoil(database) if spoil else contextlib.nullcontext()
    with held:
        async with visiting(database=database) as site, site.inspector() as socket:
            message = await told(socket, "rows")

    words = {"missing": "has not made", "older": "no such table", "locked": "locked"}
    assert [one["rows"] for one in message["tables"]] == [[], [], [], []]
    assert all(words.get(kind, "cannot be read") in one["note"] for one in message["tables"])


@contextlib.contextmanager
def spoil_file(database: Path) -> Iterator[None]:
    database.write_bytes(b"this is no database" * 100)
    yield


@contextlib.contextmanager
def make_older(database: Path) -> Iterator[None]:
    """Make a database of a version that had none of the tables."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE revisions (id)")
    yield


@contextlib.contextmanager
def lock(database: Path) -> Iterator[None]:
    """Hold a database so that nobody else may even read it."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE jobs (id)")
        connection.execute("BEGIN EXCLUSIVE")
        yield


# Trouble


async def test_dropped_gateway_is_resumed_by_the_bot(site):
    async with running_client(site.world, PlainBot()):
        identified = site.world.stats.identifies

        outcome = await site.make("drop")

        await site.world.wait_for(lambda: site.world.stats.resumes, 20)
    assert "dropped" in outcome["done"]
    assert site.world.stats.identifies == identified


async def test_fifteen_minutes_make_tokens_worthless(site):
    async with running_client(site.world, PlainBot()) as bot, site.inspector() as socket:
        going = asyncio.create_task(site.world.person("mia").slash(GENERAL_ID, "go"))
        interaction = await bot.next_interaction()
        await going
        await interaction.response.send_message("hello")
        await told(socket, "state")

        outcome = await site.make("leap")

        path = f"/webhooks/{site.world.application_id}/{interaction.token}/messages/@original"
        status = await BotHttp(site).ask("PATCH", path, json={"content": "late"})
        ahead_s = 0
        while not ahead_s:
            ahead_s = (await told(socket, "state"))["ahead_s"]
    assert "15 minutes" in outcome["done"]
    assert status == 401
    assert ahead_s == 900


async def test_state_tells_when_the_bot_comes_and_goes(site):
    async with site.inspector() as socket:
        states = [await told(socket, "state")]
        async with running_client(site.world, PlainBot()):
            states.append(await told(socket, "state"))
        states.append(await told(socket, "state"))

    assert [state["bot"] for state in states] == ["connecting", "online", "connecting"]


@pytest.mark.parametrize("kind", PROVIDER_TROUBLES)
async def test_provider_trouble_is_written_for_the_painter(tmp_path, kind):
    file = tmp_path / "trouble"
    async with visiting(Trouble(World(TOKEN), painter_file=file)) as site:
        outcome = await site.make(kind)
        async with site.inspector() as socket:
            state = await told(socket, "state")

    assert "done" in outcome
    assert file.read_text() == kind
    assert state["provider"] == kind
    assert [path.name for path in tmp_path.iterdir()] == ["trouble"]


@pytest.mark.parametrize("kind", ["restart", "kill", "down", "burn"])
async def test_trouble_that_is_not_to_be_had_is_refused_in_words(site, kind):
    outcome = await site.make(kind)

    assert outcome["refused"]
    async with site.inspector() as socket:
        state = await told(socket, "state")
    assert (state["has_child"], state["provider"]) == (False, None)


async def test_closed_inspector_is_forgotten(site):
    async with site.inspector() as socket:
        await told(socket, "state")
        during = telling()

    for _ in range(500):
        if not telling():
            break
        await asyncio.sleep(0.01)
    assert (during, telling()) == (1, 0)


def telling() -> int:
    """Return how many inspectors are being told."""
    names = (getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks())
    return sum(name == "Inspector.tell" for name in names)
