"""Alembic's entry: runs the revisions on the connection that `bot.db` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # Our own transaction is open already, and SQLite can roll DDL back.
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
