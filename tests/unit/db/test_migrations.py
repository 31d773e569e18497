"""The migrations: from blank they lead to exactly what `tables` says."""

import asyncio

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.db import Database
from bot.db.tables import metadata
from tests.postgres import ON_BOTH


def differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))


def check_constraints(connection: sa.Connection) -> dict[str, set[str]]:
    inspector = sa.inspect(connection)
    return {
        table: {str(check["name"]) for check in inspector.get_check_constraints(table)}
        for table in metadata.tables
    }


def schema(connection: sa.Connection) -> list[tuple[object, ...]]:
    query = sa.text("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")
    return [tuple(row) for row in connection.execute(query)]


@ON_BOTH
async def test_migrations_from_blank_make_the_tables(db):
    async with db.read() as conn:
        assert await conn.run_sync(differences) == []


@ON_BOTH
async def test_migrations_make_the_check_constraints(db):
    expected = {
        name: {
            str(check.name) for check in table.constraints if isinstance(check, sa.CheckConstraint)
        }
        for name, table in metadata.tables.items()
    }

    async with db.read() as conn:
        assert await conn.run_sync(check_constraints) == expected
    assert any(expected.values())


async def test_migrating_again_changes_nothing(db, database_url):
    async with db.read() as conn:
        before = await conn.run_sync(schema)
        revision = await conn.scalar(sa.text("SELECT version_num FROM alembic_version"))

    again = Database(database_url)
    await again.migrate()
    await again.close()

    async with db.read() as conn:
        assert await conn.run_sync(schema) == before
        assert await conn.scalar(sa.text("SELECT version_num FROM alembic_version")) == revision


async def test_processes_that_migrate_at_once_make_one_schema(tmp_path):
    url = f"sqlite+aiosqlite:///{tmp_path / 'new.sqlite'}"
    processes = [Database(url) for _ in range(3)]
    # A new file becomes a WAL file at its first opening, which SQLite wants to do alone.
    await processes[0].check()

    await asyncio.gather(*(process.migrate() for process in processes))

    async with processes[0].read() as conn:
        assert await conn.run_sync(differences) == []
    for process in processes:
        await process.close()


async def test_processes_that_migrate_a_new_postgresql_at_once_make_one_schema(postgres):
    url = postgres.new_database(template="template0")
    processes = [Database(url) for _ in range(3)]

    await asyncio.gather(*(process.migrate() for process in processes))

    async with processes[0].read() as conn:
        assert await conn.run_sync(differences) == []
    for process in processes:
        await process.close()
