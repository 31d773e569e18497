"""The database: engine, tables, and the two ways to open a transaction."""

from bot.db._database import Database
from bot.db.clock import Clock, utc_now

__all__ = ["Clock", "Database", "utc_now"]
