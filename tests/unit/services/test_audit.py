"""The nightly audit: when it looks, and whom it tells."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.app import build_services
from bot.db.tables import purses
from bot.services import LedgerAlert
from bot.services.audit import last_audit_time
from bot.services.delivery import NotNow
from cogs._alerts import alert
from tests.unit.services.studio import Studio

EVENING = datetime(2026, 3, 31, 22, tzinfo=UTC)
NEXT_NIGHT = datetime(2026, 4, 1, 3, tzinfo=UTC)
DEADLINE_S = 20.0


@pytest.fixture
async def studio(unproved_db, tmp_path) -> Studio:
    """A studio whose ledger may be damaged; somebody has an account there."""
    studio = Studio(unproved_db, tmp_path)
    studio.clock.now = EVENING
    await studio.accepted()
    return studio


async def damage(studio, delta: int = 1) -> None:
    async with studio.db.write() as conn:
        changed = purses.update().where(purses.c.kind == "earned")
        await conn.execute(changed.values(balance=purses.c.balance + delta))


async def test_ledger_that_verifies_tells_nobody(studio):
    assert await studio.services.audit.run_if_due()

    assert studio.delivery.alerts == []


async def test_ledger_is_audited_once_a_night_whichever_process_is_there(studio):
    due = []
    for hours in (0, 1, 4.99, 5, 6, 28, 29):
        studio.clock.now = EVENING + timedelta(hours=hours)
        studio.services = build_services(studio.resources, studio.delivery, studio.outside)
        due.append((hours, await studio.services.audit.run_if_due()))

    # 22:00 the first time of all, then the two nights at 03:00.
    assert [hours for hours, was_due in due if was_due] == [0, 5, 29]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NEXT_NIGHT, NEXT_NIGHT),
        (NEXT_NIGHT - timedelta(microseconds=1), NEXT_NIGHT - timedelta(days=1)),
        (NEXT_NIGHT + timedelta(hours=23), NEXT_NIGHT),
    ],
)
def test_audit_time_is_three_in_the_morning(now, expected):
    assert last_audit_time(now) == expected


async def test_host_is_told_what_is_wrong_every_night_until_it_is_mended(studio):
    await damage(studio)
    for _ in range(2):
        await studio.services.audit.run_if_due()
    first = list(studio.delivery.alerts)
    studio.clock.now = NEXT_NIGHT
    await studio.services.audit.run_if_due()
    await damage(studio, -1)
    studio.clock.now = NEXT_NIGHT + timedelta(days=1)
    await studio.services.audit.run_if_due()

    [told] = first
    assert isinstance(told, LedgerAlert)
    assert len(told.wrong) == 2
    assert "(earned) says 89, its entries 88" in told.wrong[0]
    assert studio.delivery.alerts == [told, told]


async def test_host_who_cannot_be_told_is_told_at_the_next_look(studio):
    await damage(studio)
    studio.delivery.script.will("host", NotNow("Discord is away"))

    await studio.services.audit.run_if_due()
    unheard = list(studio.delivery.alerts)
    is_due_again = await studio.services.audit.run_if_due()

    assert unheard == []
    assert is_due_again
    assert len(studio.delivery.alerts) == 1


async def until(condition) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def test_started_audit_looks_at_once(studio):
    await damage(studio)

    studio.services.audit.start()
    await until(lambda: studio.delivery.alerts)
    await studio.services.audit.stop()

    assert len(studio.delivery.alerts) == 1


async def test_audit_goes_on_after_a_look_at_a_broken_database(studio):
    async with studio.db.write() as conn:
        await conn.execute(sa.text("ALTER TABLE ledger_entries RENAME TO hidden"))
    audit = studio.services.audit

    with capture_logs() as logs:
        audit.start()
        await until(lambda: any(line["event"] == "ledger not audited" for line in logs))
    is_over = audit._task.done()
    await audit.stop()

    assert not is_over


def test_words_name_the_first_faults_and_format_nothing():
    wrong = tuple(f"purse {number} (earned) says *1*, its entries 2" for number in range(900))

    words = alert(LedgerAlert(wrong))

    assert "900 found" in words
    assert "purse 0 (earned) says \\*1\\*" in words
    assert "main.py ledger verify" in words
    assert len(words) < 2000
