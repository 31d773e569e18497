"""What a server's staff decide, as values; nothing here reads a database or the network."""

from bot.policy._settings import OPTIONS, Kind, Option, ServerSettings, option_named
from bot.policy._tiers import LANES, MOST, Tier, best_tier

__all__ = [
    "LANES",
    "MOST",
    "OPTIONS",
    "Kind",
    "Option",
    "ServerSettings",
    "Tier",
    "best_tier",
    "option_named",
]
