"""Run the alembic revisions of `migrations/` inside a connection of ours."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

_MIGRATIONS = Path(__file__).parents[2] / "migrations"


def config(connection: sa.Connection | None = None) -> Config:
    """Describe our migrations to alembic; `env.py` takes the connection from `attributes`."""
    settings = Config()
    settings.set_main_option("script_location", str(_MIGRATIONS))
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Apply what is missing, in the transaction the connection is in."""
    command.upgrade(config(connection), revision)
