"""Every company up, then failing one by one while jobs flow: nothing is lost or bought twice.

The product below Discord, with the real adapters and the real engine, over real sockets.
"""

import asyncio
import itertools
import logging
import pkgutil
import statistics
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from importlib import import_module

import pytest
import sqlalchemy as sa

import bot.providers
from bot import config, jobs, ledger
from bot.app import open_app
from bot.db.tables import FINAL_STATUSES, attempts, metadata
from bot.db.tables import jobs as job_rows
from bot.jobs import Attempt, Job
from bot.services import ImageWish, Origin
from tests.standins import KEY, Fate
from tests.standins.fal import FAL_KEY
from tests.unit.services.outsider import Outsider
from tests.unit.services.recording import Recorder

COMPANIES = [
    module.name
    for module in pkgutil.iter_modules(bot.providers.__path__)
    if not module.name.startswith("_") and module.name != "painter"
]
SURVIVOR = "civitai"
"""It has a route for every model that is asked for here."""

MODELS = ("flux-schnell", "flux-dev", "flux-pro")
JOBS, PER_PERSON = 200, 3
SERVER = 100
DEADLINE_S = 240
# However a company fails, it surely took nothing: so somebody else may.
WAYS_TO_FAIL = (Fate.DOWN, Fate.NO_FUNDS, Fate.REFUSED, Fate.BAD_KEY, Fate.OVERLOADED, Fate.UNKNOWN)


@pytest.fixture
async def companies(monkeypatch, tmp_path):
    """Open a stand-in for every company, and point the settings at them."""
    monkeypatch.setenv("ENV_FILE", "")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ALLOWED_SERVERS", str(SERVER))
    monkeypatch.setenv("MONTHLY_BUDGET_USD", "1000")
    async with AsyncExitStack() as stack:
        opened = {}
        for name in COMPANIES:
            module = import_module(f"tests.standins.{name}")
            opened[name] = await stack.enter_async_context(module.open_stand_in())
            for variable, value in opened[name].environment.items():
                monkeypatch.setenv(variable, value)
        yield opened


def origins() -> Iterator[Origin]:
    """Yield new interactions, a few of each person."""
    for number in itertools.count(1):
        yield Origin(
            interaction_id=number,
            application_id=2,
            token=f"token-{number}",
            server_id=SERVER,
            channel_id=3,
            user_id=1000 + number // PER_PERSON,
            locale="en-US",
            file_limit_bytes=10_000_000,
        )


@asynccontextmanager
async def started(app) -> AsyncIterator[None]:
    await app.start()
    try:
        yield
    finally:
        await app.stop()


async def fail(company, fate: Fate) -> None:
    """Let a company take no order any more; its runs cannot be reached for now either."""
    for _ in range(1 if fate is Fate.REFUSED else JOBS):
        await company.next_submit(fate)
    company.lose_looks()


async def ask(app, origin: Origin, number: int) -> int:
    wish = ImageWish(f"fox number {number}", MODELS[origin.interaction_id % len(MODELS)])
    accepted = await app.services.making.request_images(origin, wish)
    await app.services.dispatch.send(accepted.view.id)
    return accepted.view.id


async def ended(db, job_ids: list[int]) -> list[Job]:
    """Wait until every job is over."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            async with db.read() as conn:
                under_way = job_rows.c.status.not_in(FINAL_STATUSES)
                if await conn.scalar(sa.select(job_rows.c.id).where(under_way).limit(1)) is None:
                    return [await jobs.get(conn, job_id) for job_id in job_ids]
            await asyncio.sleep(0.2)


async def every_attempt(db) -> list[Attempt]:
    async with db.read() as conn:
        return [Attempt(*row) for row in await conn.execute(sa.select(attempts))]


async def test_companies_fail_one_by_one_and_no_job_is_lost(companies, caplog):
    caplog.set_level(logging.DEBUG)
    delivery, begun = Recorder(), origins()
    dying = [name for name in COMPANIES if name != SURVIVOR]
    per_round = JOBS // (len(dying) + 1)
    job_ids: list[int] = []
    async with open_app(config.load_settings(), delivery, Outsider()) as app, started(app):
        db = app.services.making._db
        for name, way in zip([None, *dying], itertools.cycle(WAYS_TO_FAIL), strict=False):
            if name is not None:
                await fail(companies[name], way)
            job_ids += [await ask(app, next(begun), number) for number in range(per_round)]
            await asyncio.sleep(0.3)
            if name is not None:
                # What it took before is still there, and is followed to its end.
                companies[name].find_looks()
        found = await ended(db, job_ids)
        tried = await every_attempt(db)
        await check(db, companies, delivery, found, tried)
        await check_secrets(db, delivery, caplog.text)
    report(found, tried)


async def check(db, companies, delivery, found: list[Job], tried: list[Attempt]) -> None:
    assert len(found) == len({job.id for job in found}) >= JOBS - len(companies)
    assert {job.status for job in found} == {"done"}, Counter(job.failure_text for job in found)
    shown = Counter(outcome.view.id for outcome in delivery.posted)
    assert set(shown.values()) == {1}, "a job was delivered twice"
    bought = Counter(attempt.job_id for attempt in tried if attempt.handle is not None)
    assert set(bought.values()) == {1}, "a job was bought twice"
    orders = Counter(attempt.provider for attempt in tried)
    for name, company in companies.items():
        assert company.paid_posts <= orders[name], f"{name} got an order twice"
    async with db.read() as conn:
        assert await ledger.verify(conn) == []


async def check_secrets(db, delivery, logged: str) -> None:
    """No key is in a row, a log line or anything that people see."""
    async with db.read() as conn:
        rows = [str(list(await conn.execute(table.select()))) for table in metadata.sorted_tables]
    said = [*rows, logged, *(repr(outcome.view) for outcome in delivery.posted)]
    said += [repr(told) for told in delivery.alerts]
    for secret in (KEY, FAL_KEY, FAL_KEY.partition(":")[0]):
        assert not [text[:80] for text in said if secret in text]


def report(found: list[Job], tried: list[Attempt]) -> None:
    """Print how often another company had to do it, and how much longer that took."""
    begun: dict[int, list[datetime]] = {}
    for attempt in tried:
        begun.setdefault(attempt.job_id, []).append(attempt.created_at)
    added = [(max(at) - min(at)).total_seconds() for at in begun.values() if len(at) > 1]
    taken = [(job.finished_at - job.started_at).total_seconds() for job in found]
    lines = [
        f"{len(found)} jobs by {len({one.provider for one in tried})} companies",
        f"fallback rate {len(added) / len(found):.0%}, {len(tried)} attempts",
        f"median from first attempt to picture: {statistics.median(taken):.2f} s",
        f"  of which lost on companies that took nothing: {statistics.median(added):.2f} s",
    ]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
