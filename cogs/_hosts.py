"""Which Discord we talk to: the real one, or the one that the settings name."""

from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.config import Settings


def apply_hosts(settings: Settings) -> None:
    """Point the library at another API, once per process, before any client is made.

    The four attributes are the library's own and process-wide; without settings they stay.
    """
    if settings.discord_api_base:
        Route.BASE = settings.discord_api_base
    if settings.discord_gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(settings.discord_gateway_url)
    if settings.discord_cdn_base:
        # Typed as the one real host, and read as a variable.
        Asset.BASE = settings.discord_cdn_base  # pyright: ignore[reportAttributeAccessIssue]
