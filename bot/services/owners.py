"""Owners: the account that a person's own things belong to."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.db.tables import accounts
from bot.services.accounts import Accounts
from bot.services.requests import Origin


async def find_owner(conn: AsyncConnection, origin: Origin) -> int | None:
    """Return the account of who asks, if they have one; looking opens none."""
    return await ledger.find_account(conn, server_id=origin.server_id, user_id=origin.user_id)


async def admit_owner(conn: AsyncConnection, admitting: Accounts, origin: Origin) -> int:
    """Return the account of who asks, locked until the transaction ends.

    What is theirs is read, changed and written back: two changes at once must not lose one.

    Raises:
        ServerNotAllowed: nothing was written.
    """
    account_id = await admitting.admit(conn, server_id=origin.server_id, user_id=origin.user_id)
    await lock(conn, account_id)
    return account_id


async def lock(conn: AsyncConnection, account_id: int) -> None:
    """Keep other changes of an account's things waiting; SQLite has one writer anyhow."""
    await conn.execute(
        sa.select(accounts.c.id).where(accounts.c.id == account_id).with_for_update()
    )
