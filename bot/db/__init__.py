"""The database: engine, tables, and the two ways to open a transaction."""

from bot.db._database import Database, is_writer, take_turn
from bot.db.clock import Clock, utc_now

__all__ = ["Clock", "Database", "is_writer", "take_turn", "utc_now"]
