"""The database: engine, tables, and the two ways to open a transaction."""

from bot.db._database import Database, at_once, is_writer, take_turn
from bot.db._upsert import upsert
from bot.db.clock import Clock, utc_now

__all__ = ["Clock", "Database", "at_once", "is_writer", "take_turn", "upsert", "utc_now"]
