"""What a host meets at the command line: one line each, and no traceback."""

import asyncio
import contextlib
import csv
import socket
import sqlite3
import sys
from datetime import datetime

import pytest

from tests.e2e.stage import ROOT

EXIT_MISCONFIGURED = 2


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"DISCORD_TOKEN": ""}, ["DISCORD_TOKEN", "main.py sandbox"]),
        ({"DISCORD_TOKEN": "wrong"}, ["DISCORD_TOKEN", "refuses"]),
        ({"DATABASE_URL": "mysql://x/y"}, ["DATABASE_URL", "postgresql://"]),
        ({"DATABASE_URL": "postgresql://127.0.0.1:9/nothing"}, ["DATABASE_URL", "cannot open"]),
        ({"DATA_DIR": "/proc/nowhere"}, ["DATA_DIR", "/proc/nowhere"]),
        ({"MONTHLY_BUDGET_USD": "lots"}, ["MONTHLY_BUDGET_USD"]),
        ({"SHARDS": "5-1/2"}, ["SHARDS", "0-3/8"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_what_the_host_must_mend_is_one_line_and_exit_code_2(stage, env, words):
    code, output = await stage.cli("run", **env)

    lines = [line for line in output.splitlines() if "level=" not in line]
    assert code == EXIT_MISCONFIGURED
    assert len(lines) == 1, output
    assert all(word in lines[0] for word in words), lines


async def test_second_process_on_one_database_is_refused(stage):
    await stage.start()

    code, output = await stage.cli("run")

    assert code == EXIT_MISCONFIGURED
    assert "another process" in output
    assert "Traceback" not in output


async def test_check_says_what_is_well_and_what_to_mend(stage):
    good, found = await stage.cli("check")
    bad, missing = await stage.cli("check", DISCORD_TOKEN="")

    assert good == 0
    assert found.count("✓") == 6, found
    assert "Discord knows it as atelier" in found
    assert bad == EXIT_MISCONFIGURED
    assert "✗ token: DISCORD_TOKEN is not set" in missing


async def test_ledger_verify_finds_a_tampered_balance(stage):
    await stage.start()
    await stage.command("balance")
    await stage.terminate()
    with contextlib.closing(sqlite3.connect(stage.data_dir / "atelier.sqlite")) as connection:
        connection.execute("UPDATE purses SET balance = balance + 1 WHERE kind = 'earned'")
        connection.commit()

    code, output = await stage.cli("ledger", "verify")

    assert code == 1
    assert "its entries" in output


async def test_ledger_is_exported_without_names(stage):
    await stage.start()
    await stage.imagine()
    path = stage.data_dir / "book.csv"

    # Beside the running bot.
    code, _ = await stage.cli("ledger", "export", str(path))
    shown, output = await stage.cli("ledger", "export", "-")
    proved, _ = await stage.cli("ledger", "verify")

    assert (code, shown, proved) == (0, 0, 0)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert list(rows[0]) == output.splitlines()[0].split(",")
    held = [row for row in rows if row["kind"] == "hold"]
    assert held[0]["key"] == "job:1"
    assert (held[0]["from_purse"], held[0]["to_purse"], held[0]["job_id"]) == (
        "earned",
        "held",
        "1",
    )
    assert datetime.fromisoformat(held[0]["created_at"]).tzinfo is not None
    assert "mia" not in path.read_text().lower()


async def test_ledger_that_cannot_be_exported_is_one_line(stage, tmp_path):
    earlier = tmp_path / "book.csv"
    earlier.write_text("an earlier export")
    missing, words = await stage.cli("ledger", "export", str(earlier))
    await stage.start()
    refused, reason = await stage.cli("ledger", "export", "/proc/nowhere/book.csv")

    assert (missing, refused) == (EXIT_MISCONFIGURED, EXIT_MISCONFIGURED)
    assert "there is no ledger yet" in words
    assert earlier.read_text() == "an earlier export"
    assert list(tmp_path.glob("*.part")) == []
    assert "/proc/nowhere/book.csv: cannot write there" in reason
    assert "Traceback" not in words + reason


@pytest.mark.rule("5/sync-once")
async def test_commands_are_synced_once_and_again_only_when_changed(stage):
    # Each in a Python of its own, where sets have an order of their own.
    await stage.start(is_cold=True)
    await stage.terminate()
    await stage.start(is_cold=True)

    syncs = [request for request in stage.world.requests if request.method == "PUT"]
    assert len(syncs) == 1


async def test_sandbox_serves_a_page_and_a_bot_and_refuses_a_taken_port(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    env = {"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path), "ENV_FILE": ""}
    command = [sys.executable, "main.py", "sandbox", "--port", port]
    first = await _spawn(command, env)
    async with asyncio.timeout(30):
        assert first.stdout is not None
        line = (await first.stdout.readline()).decode()
    second = await _spawn(command, env)
    output, _ = await second.communicate()
    first.terminate()
    async with asyncio.timeout(30):
        await first.communicate()

    assert f"http://127.0.0.1:{port}" in line
    assert second.returncode == EXIT_MISCONFIGURED
    assert f"port {port} is in use" in output.decode()
    assert first.returncode == 0


async def _spawn(command, env):
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
