"""A row that is there afterwards, whether or not it was before."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def upsert(conn: AsyncConnection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Insert a row, or change the one that has its primary key.

    Safe beside others who do the same: to look first, or to delete first, is not.
    """
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    keys = [column.name for column in table.primary_key]
    changes = {name: value for name, value in row.items() if name not in keys}
    await conn.execute(
        insert(table).values(row).on_conflict_do_update(index_elements=keys, set_=changes)
    )
