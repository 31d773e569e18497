"""A database in which account 1 exists, because every job belongs to an account."""

import pytest

from bot import jobs, ledger
from tests.unit.jobs.drafts import draft


@pytest.fixture
async def db(db):
    async with db.write() as conn:
        assert await ledger.open_account(conn, server_id=100, user_id=4) == 1
        assert await ledger.open_account(conn, server_id=100, user_id=5) == 2
    return db


@pytest.fixture
def accept(db):
    """Accept a job in a transaction of its own: `await accept(slot=1)`."""
    interaction_ids = iter(range(1, 1000))

    async def accept(**changes):
        changes.setdefault("interaction_id", next(interaction_ids))
        async with db.write() as conn:
            return await jobs.accept(conn, draft(**changes))

    return accept
